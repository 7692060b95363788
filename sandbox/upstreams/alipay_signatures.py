"""How Alipay signs and enciphers: over raw strings, octet by octet."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping

from cryptography import x509
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from sandbox.crypto.rsa import PrivateKey, PublicKey

BLOCK = 16
SHORT = {"commonName": "CN", "organizationName": "O", "countryName": "C"}


def content(parameters: Mapping[str, str]) -> str:
    """Return what is signed of *parameters*: all but the signature, in order, none empty."""
    pairs = [f"{k}={parameters[k]}" for k in sorted(parameters) if k != "sign" and parameters[k]]
    return "&".join(pairs)


def sign(key: PrivateKey, text: str) -> str:
    return b64encode(key.sign(text.encode())).decode()


def verify(key: PublicKey, text: str, signature: str) -> bool:
    """Whether *signature* (base64) is over *text*."""
    try:
        return key.verify(text.encode(), b64decode(signature, validate=True))
    except ValueError:
        return False


def encipher(key: str, text: str) -> str:
    """Return *text* under AES-128-CBC with a vector of zeros, in base64."""
    pad = PKCS7(BLOCK * 8).padder()
    cipher = _aes(key).encryptor()
    padded = pad.update(text.encode()) + pad.finalize()
    return b64encode(cipher.update(padded) + cipher.finalize()).decode()


def decipher(key: str, text: str) -> str:
    """Return what `encipher` took.

    Raises:
        ValueError: it was enciphered otherwise.
    """
    pad = PKCS7(BLOCK * 8).unpadder()
    cipher = _aes(key).decryptor()
    padded = cipher.update(b64decode(text, validate=True)) + cipher.finalize()
    return (pad.update(padded) + pad.finalize()).decode()


def _aes(key: str) -> Cipher[modes.CBC]:
    return Cipher(algorithms.AES(b64decode(key, validate=True)), modes.CBC(bytes(BLOCK)))


def serial_of(pem: str) -> str:
    """Return how Alipay calls a certificate: MD5 over its issuer, last name first, and serial."""
    certificate = x509.load_pem_x509_certificate(pem.encode())
    names = [f"{SHORT[part.oid._name]}={part.value!s}" for part in certificate.issuer]  # noqa: SLF001
    told = ",".join(reversed(names)) + str(certificate.serial_number)
    return hashlib.md5(told.encode(), usedforsecurity=False).hexdigest()
