"""The OpenSSL command line as another implementation of SM2, SM4 and DER than the product's."""

import subprocess
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography import x509

ID = "distid:1234567812345678"
DATA = "06 0a 2a811ccf550601040201"
SIGNED = "06 0a 2a811ccf550601040202"
ENVELOPED = "06 0a 2a811ccf550601040203"
SM3 = "30 0c 06 08 2a811ccf55018311 0500"
SM2_SIGNATURE = "30 0d 06 09 2a811ccf5501822d01 0500"


def run(*words, given=b""):
    done = _openssl(words, given)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def accepts(*words, given=b""):
    return _openssl(words, given).returncode == 0


def _openssl(words, given):
    command = ["openssl", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, check=False)


class Holder:
    """Somebody with an SM2 key and a certificate, both made by OpenSSL, in files."""

    def __init__(self, directory: Path, name: str, *, days: int = 30) -> None:
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.pem"
        curve = ("ec_paramgen_curve:SM2", "ec_param_enc:named_curve")
        run("genpkey", "-algorithm", "EC", "-pkeyopt", curve[0], "-pkeyopt", curve[1],
            "-out", self.key)  # fmt: skip
        run("req", "-x509", "-new", "-key", self.key, "-sm3", "-sigopt", ID, "-days", days,
            "-subj", f"/C=CN/O=Trial/CN={name}", "-out", self.certificate)  # fmt: skip
        parsed = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        self.der = b64decode("".join(self.certificate.read_text().splitlines()[1:-1]))
        self.name = parsed.issuer.public_bytes()
        self.serial = parsed.serial_number

    def sign(self, message: bytes) -> bytes:
        return run("dgst", "-sm3", "-sign", self.key, "-sigopt", ID, given=message)

    def verifies(self, message: bytes, signature: bytes, directory: Path) -> bool:
        public, kept = directory / "public.pem", directory / "signature"
        public.write_bytes(run("pkey", "-in", self.key, "-pubout"))
        kept.write_bytes(signature)
        return accepts("dgst", "-sm3", "-verify", public, "-sigopt", ID, "-signature", kept,
                       given=message)  # fmt: skip

    def encrypt(self, plain: bytes) -> bytes:
        return run("pkeyutl", "-encrypt", "-inkey", self.key, given=plain)

    def decrypt(self, cipher: bytes) -> bytes:
        return run("pkeyutl", "-decrypt", "-inkey", self.key, given=cipher)

    def named(self) -> bytes:
        return der(0x30, self.name + number(self.serial))

    def signed_data(self, content: bytes, *, carried: bytes | None = None, **other) -> bytes:
        """SignedData of GM/T 0010, put together here by hand."""
        signer = b"".join((
            number(1), other.get("named") or self.named(), octets(SM3),
            other.get("attributes", b""), octets(other.get("algorithm", SM2_SIGNATURE)),
            der(0x04, other.get("signature") or self.sign(content)),
        ))  # fmt: skip
        inside = b"" if carried is None else der(0xA0, der(0x04, carried))
        signed = b"".join((
            number(1), der(0x31, octets(SM3)), der(0x30, octets(DATA) + inside),
            der(0xA0, other.get("certificate", self.der)),
            der(0x31, der(0x30, signer) * other.get("signers", 1)),
        ))  # fmt: skip
        return der(0x30, octets(SIGNED) + der(0xA0, der(0x30, signed)))

    def open_envelope(self, message: bytes) -> bytes:
        """Open EnvelopedData of GM/T 0010 (SM4-CBC), taken apart here by hand."""
        kind, outer = children(message)
        assert kind == octets(ENVELOPED)
        version, recipients, content = children(children(outer)[0])
        (recipient,) = children(recipients)
        assert version == number(0)
        _, named, _, key = children(recipient)
        assert named == self.named()
        content_kind, algorithm, sealed = children(content)
        assert content_kind == octets(DATA)
        _, iv = children(algorithm)
        plain_key = self.decrypt(value(key))
        return run("enc", "-d", "-sm4-cbc", "-K", plain_key.hex(), "-iv", value(iv).hex(),
                   given=value(sealed))  # fmt: skip

    def verifies_signed_data(self, message: bytes, content: bytes, directory: Path) -> bool:
        """Check a detached SignedData: its shape by hand, its signature by OpenSSL."""
        kind, outer = children(message)
        version, digests, inner, certificates, signers = children(children(outer)[0])
        assert (kind, version, digests) == (octets(SIGNED), number(1), der(0x31, octets(SM3)))
        assert inner == der(0x30, octets(DATA))
        assert value(certificates) == self.der
        (signer,) = children(signers)
        _, named, digest, algorithm, signature = children(signer)
        assert (named, digest, algorithm) == (self.named(), octets(SM3), octets(SM2_SIGNATURE))
        return self.verifies(content, value(signature), directory)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def der(tag: int, inside: bytes) -> bytes:
    size = len(inside)
    if size < 0x80:
        return bytes([tag, size]) + inside
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + inside


def number(value: int) -> bytes:
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def value(element: bytes) -> bytes:
    head = 2 + (element[1] & 0x7F if element[1] & 0x80 else 0)
    return element[head:]


def children(element: bytes) -> list[bytes]:
    found, rest = [], value(element)
    while rest:
        size = rest[1]
        head = 2
        if size & 0x80:
            head += size & 0x7F
            size = int.from_bytes(rest[2:head], "big")
        found.append(rest[: head + size])
        rest = rest[head + size :]
    return found


def text_of(message: bytes) -> str:
    return b64encode(message).decode()
