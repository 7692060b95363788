"""SM2: the examples of GB/T 32918.5-2017, and OpenSSL as the other side, both ways."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from idp.crypto import sm2, sm2_certificates, sm2_keys
from idp.crypto.sm2 import ShangmiError, ShangmiKeyError
from tests import openssl

# GB/T 32918.5-2017 Annex A: the key of both examples.
SECRET = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
POINT = bytes.fromhex(
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
MESSAGE = b"message digest"
DIGEST = "f0b43e94ba45accaace692ed534382eb17e6ab5a19ce7b31f4486fdfc0d28640"
SIGNATURE = bytes.fromhex(
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
CIPHER = bytes.fromhex(
    "04"
    "04EBFC718E8D1798620432268E77FEB6415E2EDE0E073C0F4F640ECD2E149A73"
    "E858F9D81E5430A57B36DAAB8F950A3C64E6EE6A63094D99283AFF767E124DF0"
    "59983C18F809E262923C53AEC295D30383B54E39D609D160AFCB1908D0BD8766"
    "21886CA989CA9C7D58087307CA93092D651EFA"
)
KEY = sm2.PrivateKey(sm2.PublicKey(POINT), SECRET)
SIGNED = sm2.signature_from_raw(SIGNATURE)
ORDER = sm2.ORDER


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("sm2")


@pytest.fixture(scope="module")
def holder(directory):
    return openssl.Holder(directory, "holder")


def test_sm3_of_the_standard():
    """GB/T 32905-2016 A.1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"

    assert sm2.sm3(b"abc").hex() == expected


def test_the_digest_binds_signer_and_message():
    """GB/T 32918.5-2017 A.2: e = SM3(ZA ‖ M) for the ID 1234567812345678."""
    assert KEY.public.digest(MESSAGE).hex() == DIGEST


def test_the_signature_of_the_standard_verifies():
    """GB/T 32918.5-2017 A.2."""
    assert KEY.public.verifies(MESSAGE, SIGNED)
    assert not KEY.public.verifies(MESSAGE + b".", SIGNED)
    assert not KEY.public.verifies(MESSAGE, SIGNED, identity=b"ALICE123@YAHOO.COM")


def test_the_cipher_of_the_standard_opens():
    """GB/T 32918.5-2017 A.3, C1 ‖ C3 ‖ C2."""
    assert KEY.decrypt(sm2.cipher_from_raw(CIPHER)) == b"encryption standard"


def test_openssl_verifies_what_we_sign(holder, directory):
    key = sm2_keys.load_private_key(holder.key.read_text())

    assert holder.verifies(b"hello", key.sign(b"hello"), directory)
    assert not holder.verifies(b"hellp", key.sign(b"hello"), directory)


def test_we_verify_what_openssl_signs(holder):
    public = sm2_certificates.load(holder.certificate.read_text()).key

    assert public.verifies(b"hello", holder.sign(b"hello"))
    assert not public.verifies(b"hellp", holder.sign(b"hello"))


def test_openssl_opens_what_we_encrypt_and_we_what_it_does(holder):
    key = sm2_keys.load_private_key(holder.key.read_text())

    assert holder.decrypt(key.public.encrypt(b"0123456789abcdef")) == b"0123456789abcdef"
    assert key.decrypt(holder.encrypt(b"fedcba9876543210")) == b"fedcba9876543210"


def test_openssl_reads_our_keys_and_certificates(directory):
    """PKCS#8, and a self-signed certificate that verifies under SM2-with-SM3."""
    key = sm2.generate()
    certificate = sm2_certificates.self_signed(key, "漫游", days=10_000)
    files = directory / "ours.key", directory / "ours.pem"
    files[0].write_text(sm2_keys.dump_private_key(key))
    files[1].write_text(certificate.pem)

    point = openssl.run("pkey", "-in", files[0], "-pubout", "-outform", "DER")[-64:]
    assert point == key.public.point
    assert openssl.accepts("verify", "-CAfile", files[1], "-vfyopt", openssl.ID, files[1])
    assert sm2_certificates.load(certificate.pem) == certificate
    assert certificate.current


def test_a_key_survives_its_file():
    key = sm2.generate()

    assert sm2_keys.load_private_key(sm2_keys.dump_private_key(key)) == key


def test_raw_and_der_are_the_same_signature():
    assert sm2.signature_to_raw(SIGNED) == SIGNATURE
    assert sm2.cipher_to_raw(sm2.cipher_from_raw(CIPHER)) == CIPHER


@pytest.mark.parametrize(
    ("r", "s"),
    [(0, 1), (1, 0), (ORDER, 1), (1, ORDER), (1, ORDER - 1), (-1, 1), (1 << 256, 1)],
)
def test_r_and_s_lie_within_the_order(r, s):
    """GB/T 32918.2 §7.1 B1, B2 and B5: 1 ≤ r, s ≤ n − 1, and r + s is not 0."""
    signature = sm2.asn1.encode_der(sm2.Signature(r=r, s=s))

    assert not KEY.public.verifies(MESSAGE, signature)


@pytest.mark.parametrize(
    "point", [b"", bytes(64), b"\xff" * 64, POINT[:-1] + b"\x00", POINT + b"0"]
)
def test_a_public_key_lies_on_the_curve(point):
    """An invalid point would let a stranger learn the secret bit by bit."""
    with pytest.raises(ShangmiError):
        sm2.PublicKey(point)


def test_a_cipher_whose_point_is_off_the_curve_is_not_opened():
    with pytest.raises(ShangmiError):
        KEY.decrypt(sm2.cipher_from_raw(CIPHER[:40] + b"\x00" + CIPHER[41:]))


def test_somebody_else_opens_nothing():
    with pytest.raises(ShangmiError):
        sm2.generate().decrypt(sm2.cipher_from_raw(CIPHER))


@given(octets=st.binary(max_size=200))
@example(octets=b"\x30\x80\x00\x00")
@example(octets=SIGNED + b"0")
@example(octets=b"\x30\x84\xff\xff\xff\xff")
def test_hostile_bytes_are_no_signature_and_no_cipher(octets):
    """Whatever comes, it is refused with our own error."""
    assert not KEY.public.verifies(MESSAGE, octets)
    with pytest.raises(ShangmiError):
        KEY.decrypt(octets)
    with pytest.raises(ShangmiError):
        sm2_certificates.parse(octets)


@settings(max_examples=50, suppress_health_check=[HealthCheck.differing_executors])
@given(at=st.integers(0, len(SIGNED) - 1), bit=st.integers(0, 7))
def test_a_signature_altered_anywhere_is_none(at, bit):
    altered = bytearray(SIGNED)
    altered[at] ^= 1 << bit

    assert not KEY.public.verifies(MESSAGE, bytes(altered))


@settings(max_examples=300)
@given(at=st.integers(0, 10_000), octet=st.integers(0, 255))
def test_a_certificate_altered_anywhere_is_refused_or_read(holder, at, octet):
    """It is pinned, so nobody checks its signature here: but nothing may fell the parser."""
    at %= len(holder.der)
    altered = holder.der[:at] + bytes([octet]) + holder.der[at + 1 :]

    with suppress(ShangmiError):
        assert sm2_certificates.parse(altered).der == altered


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "no PEM",
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n!!!!\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n" + "A" * 20_000,
    ],
)
def test_what_is_no_key_says_so(pem):
    with pytest.raises(ShangmiKeyError, match="shangmi_key_invalid"):
        sm2_keys.load_private_key(pem)
    with pytest.raises(ShangmiKeyError, match="shangmi_key_invalid"):
        sm2_certificates.load(pem)


def test_a_key_on_another_curve_is_refused():
    pem = openssl.run("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")

    with pytest.raises(ShangmiKeyError) as refused:
        sm2_keys.load_private_key(pem.decode())

    assert refused.value.detail == "the key is on another curve"


def test_halves_of_two_keys_make_none():
    """A file patched together would sign what nobody can verify."""
    mixed = sm2.PrivateKey(KEY.public, sm2.generate().secret)

    with pytest.raises(ShangmiKeyError, match="shangmi_key_invalid") as refused:
        sm2_keys.load_private_key(sm2_keys.dump_private_key(mixed))
    assert refused.value.detail == "the halves of the key do not belong together"


def test_secrets_stay_out_of_repr():
    assert SECRET.hex() not in repr(KEY)
    assert repr(SECRET) not in repr(KEY)
