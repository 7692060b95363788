"""The sandbox's own SM2, SM3 and SM4, against the standards' examples and other people's tools."""

import subprocess
from contextlib import suppress

import pytest

from sandbox.crypto import certificates, messages, sm2, sm4
from sandbox.crypto.curve import G, N, combine, lies_on_curve
from sandbox.crypto.der import DerError, Node, integer, oid, sequence
from sandbox.crypto.pem import read_key, write_key
from sandbox.crypto.sm3 import derive, sm3

# GB/T 32918.5-2017 appendix A: the key, the random number, and what comes of them.
SECRET = 0x3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8
RANDOM = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
PUBLIC = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
R = 0xF5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3
S = 0xB1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA
C1 = (
    0x04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73,
    0xE858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0,
)
C3 = "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
C2 = "21886ca989ca9c7d58087307ca93092d651efa"

KEY = sm2.PrivateKey.of(SECRET)


def test_the_public_key_of_the_standards_example():
    assert KEY.public.hex() == PUBLIC


def test_the_signature_of_the_standards_example():
    """Appendix A.2: "message digest", signed with the example's random number."""
    signature = KEY.sign(b"message digest", lambda: RANDOM)

    assert [node.integer() for node in Node.whole(signature)] == [R, S]
    assert sm2.verify(KEY.public, b"message digest", signature)


def test_the_encryption_of_the_standards_example():
    """Appendix A.3: "encryption standard", as the SM2Cipher of GM/T 0009."""
    x, y, c3, c2 = Node.whole(
        cipher := sm2.encrypt(KEY.public, b"encryption standard", lambda: RANDOM)
    )

    assert (x.integer(), y.integer()) == C1
    assert (c3.content.hex(), c2.content.hex()) == (C3, C2)
    assert KEY.decrypt(cipher) == b"encryption standard"


def test_sm3_and_sm4_of_the_standards_examples():
    """GB/T 32905 appendix A.1; GB/T 32907 appendix A.1, one block."""
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    block = bytes.fromhex("0123456789abcdeffedcba9876543210")
    sealed = sm4.encrypt(block, bytes(16), block)
    assert sealed[:16].hex() == "681edf34d206965e86b3e94f536e4246"
    assert sm4.decrypt(block, bytes(16), sealed) == block


def test_the_curve_has_its_order():
    assert lies_on_curve(G)
    assert combine((N, G)) is None
    assert combine((N - 1, G), (1, G)) is None
    assert combine((2, G), (3, G)) == combine((5, G))
    assert combine((1, G), (1, G)) == combine((2, G))


@pytest.mark.parametrize("size", [1, 31, 32, 33, 64, 100])
def test_the_key_derivation_is_as_long_as_asked(size):
    assert len(derive(b"secret", size)) == size
    assert derive(b"secret", 100).startswith(derive(b"secret", size))


def test_no_other_message_key_or_signature_verifies():
    signature = KEY.sign(b"yes")
    r, s = (node.integer() for node in Node.whole(signature))

    assert sm2.verify(KEY.public, b"yes", signature)
    assert not sm2.verify(KEY.public, b"no", signature)
    assert not sm2.verify(sm2.PrivateKey.new().public, b"yes", signature)
    for bad in ((0, s), (r, 0), (r, N), (N, s), (r, N - r), (r, s + N), (s, r), (-r, s)):
        assert not sm2.verify(KEY.public, b"yes", sequence(*map(integer, bad)))
    for bad in (b"", signature[:-1], signature + b"\x00", b"\x30\x80" + signature[2:]):
        assert not sm2.verify(KEY.public, b"yes", bad)
    assert not sm2.verify(bytes(64), b"yes", signature)


def test_a_changed_cipher_is_refused():
    cipher = bytearray(sm2.encrypt(KEY.public, b"secret"))
    cipher[-1] ^= 1

    with pytest.raises(sm2.SealError):
        KEY.decrypt(bytes(cipher))


@pytest.mark.parametrize(
    "octets",
    ["3080", "308100", "30820001ff", "3003020100ff", "30030200", "300402020001", "0203", ""],
)
def test_only_the_strict_encoding_is_read(octets):
    with pytest.raises(DerError):
        [node.integer() for node in Node.whole(bytes.fromhex(octets))]


def test_object_identifiers_are_spelt_as_published():
    assert oid("1.2.156.10197.1.301").hex() == "06082a811ccf5501822d"


class TestBesideOpenssl:
    """OpenSSL reads what we write, and we read what it writes."""

    def run(self, folder, *words):
        done = subprocess.run(
            ["openssl", *words], cwd=folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def test_openssl_believes_our_certificate(self, tmp_path):
        key = sm2.PrivateKey.new()
        (tmp_path / "k.pem").write_text(write_key(key))
        (tmp_path / "c.pem").write_text(certificates.self_signed(key, "somebody"))
        distid = ("-vfyopt", "distid:1234567812345678")

        assert "OK" in self.run(tmp_path, "verify", "-CAfile", "c.pem", *distid, "c.pem")
        assert "valid" in self.run(tmp_path, "pkey", "-in", "k.pem", "-noout", "-check")

    def test_we_believe_openssls(self, tmp_path):
        curve = ("-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve")
        self.run(tmp_path, "genpkey", "-algorithm", "EC", *curve, "-out", "k.pem")
        self.run(
            tmp_path,
            *("req", "-x509", "-new", "-key", "k.pem", "-sm3", "-out", "c.pem", "-subj"),
            *("/C=CN/O=X/CN=Y", "-sigopt", "distid:1234567812345678"),
        )

        key = read_key((tmp_path / "k.pem").read_text())
        holder = certificates.read((tmp_path / "c.pem").read_text())
        assert holder.public == key.public

        (tmp_path / "m").write_bytes(b"a message")
        (tmp_path / "s").write_bytes(key.sign(b"a message"))
        self.run(
            tmp_path,
            *("pkeyutl", "-verify", "-inkey", "k.pem", "-rawin", "-in", "m", "-sigfile", "s"),
            *("-digest", "sm3", "-pkeyopt", "distid:1234567812345678"),
        )


class TestMessages:
    """GM/T 0010: signed data and envelopes."""

    holder = certificates.read(certificates.self_signed(KEY, "holder"))
    other_key = sm2.PrivateKey.new()
    other = certificates.read(certificates.self_signed(other_key, "other"))

    def test_a_signature_is_bound_to_content_and_signer(self):
        signed = messages.sign(b"content", KEY, self.holder)

        messages.check(signed, b"content", self.holder)
        for content, holder in ((b"contents", self.holder), (b"content", self.other)):
            with pytest.raises(messages.MessageError):
                messages.check(signed, content, holder)

    def test_a_signature_in_anothers_name_is_refused(self):
        forged = messages.sign(b"content", self.other_key, self.holder)

        with pytest.raises(messages.MessageError, match="does not fit"):
            messages.check(forged, b"content", self.holder)

    def test_an_envelope_opens_for_its_addressee_alone(self):
        sealed = messages.seal("内容".encode(), self.holder, bytes(range(16)))

        assert messages.open_envelope(sealed, KEY, self.holder).decode() == "内容"
        with pytest.raises(messages.MessageError):
            messages.open_envelope(sealed, self.other_key, self.other)
        with pytest.raises(messages.MessageError):
            messages.open_envelope(sealed, self.other_key, self.holder)

    def test_a_damaged_message_is_refused_in_one_way(self):
        """Whatever is damaged: an error of ours, or, in the last block, another text."""
        sealed = messages.seal(b"0123456789abcdef0123", self.holder, bytes(16))
        signed = messages.sign(b"content", KEY, self.holder)
        for place in range(0, len(sealed), 7):
            with suppress(messages.MessageError):
                messages.open_envelope(damaged(sealed, place), KEY, self.holder)
        for place in range(0, len(signed), 7):
            with suppress(messages.MessageError):
                messages.check(damaged(signed, place), b"content", self.holder)
        with pytest.raises(messages.MessageError):
            messages.check(damaged(signed, len(signed) - 1), b"content", self.holder)


def damaged(octets, place):
    return octets[:place] + bytes((octets[place] ^ 0x41,)) + octets[place + 1 :]
