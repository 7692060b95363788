"""SignedData and EnvelopedData of GM/T 0010, against messages put together by another hand."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from idp.crypto import gmt0010, sm2, sm2_certificates, sm2_keys
from idp.crypto.sm2 import ShangmiError
from tests import openssl

CONTENT = '{"name":"张三"}'.encode()


class Side:
    """One holder, as OpenSSL has it and as we read it."""

    def __init__(self, directory, name):
        self.other = openssl.Holder(directory, name)
        self.key = sm2_keys.load_private_key(self.other.key.read_text())
        self.certificate = sm2_certificates.load(self.other.certificate.read_text())


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("gmt0010")


@pytest.fixture(scope="module")
def signer(directory):
    return Side(directory, "signer")


@pytest.fixture(scope="module")
def stranger(directory):
    return Side(directory, "stranger")


def test_what_we_sign_has_the_shape_of_the_standard(signer, directory):
    """Taken apart by hand; the signature within is checked by OpenSSL."""
    message = gmt0010.sign(CONTENT, signer.key, signer.certificate)

    assert signer.other.verifies_signed_data(message, CONTENT, directory)
    assert openssl.accepts("asn1parse", "-inform", "DER", given=message)


def test_detached_and_attached_messages_of_others_verify(signer):
    detached = signer.other.signed_data(CONTENT)
    attached = signer.other.signed_data(CONTENT, carried=CONTENT)

    assert gmt0010.verify(detached, signer.certificate, CONTENT) == CONTENT
    assert gmt0010.verify(attached, signer.certificate) == CONTENT
    assert gmt0010.verify(attached, signer.certificate, CONTENT) == CONTENT


def test_our_attached_message_carries_its_content(signer):
    message = gmt0010.sign(CONTENT, signer.key, signer.certificate, detached=False)

    assert gmt0010.verify(message, signer.certificate) == CONTENT


def test_a_message_without_certificate_verifies_under_the_known_one(signer):
    """GM/T 0010: certificates are optional."""
    message = signer.other.signed_data(CONTENT, certificate=b"")

    assert gmt0010.verify(message, signer.certificate, CONTENT)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"carried": b"another"}, "carries another content"),
        ({"attributes": openssl.der(0xA0, openssl.der(0x30, b""))}, "attributes"),
        ({"algorithm": openssl.SM3}, "not signed with SM2"),
        ({"signers": 2}, "exactly one signer"),
        ({"signers": 0}, "exactly one signer"),
        ({"signature": b"0"}, "does not verify"),
        ({"certificate": openssl.der(0x30, b"")}, "certificate is another"),
    ],
)
def test_other_shapes_are_refused(signer, change, why):
    message = signer.other.signed_data(CONTENT, **change)

    with pytest.raises(ShangmiError) as refused:
        gmt0010.verify(message, signer.certificate, CONTENT)

    assert why in refused.value.detail


def test_a_signature_needs_a_content(signer):
    with pytest.raises(ShangmiError) as refused:
        gmt0010.verify(signer.other.signed_data(CONTENT), signer.certificate)

    assert refused.value.detail == "the signature is detached"


def test_a_stranger_may_not_sign_in_the_signers_name(signer, stranger):
    """Neither under his own name, nor under the signer's, nor with the signer's certificate."""
    own = stranger.other.signed_data(CONTENT)
    borrowed = stranger.other.signed_data(
        CONTENT, named=signer.other.named(), certificate=signer.other.der
    )

    for message in (own, borrowed):
        with pytest.raises(ShangmiError):
            gmt0010.verify(message, signer.certificate, CONTENT)


def test_a_signature_is_over_these_bytes_only(signer):
    message = signer.other.signed_data(CONTENT)

    with pytest.raises(ShangmiError):
        gmt0010.verify(message, signer.certificate, CONTENT + b" ")


def test_openssl_opens_our_envelope(signer):
    """SM4-CBC under a key wrapped by SM2; every envelope is another one."""
    envelope = gmt0010.seal(CONTENT, signer.certificate)

    assert signer.other.open_envelope(envelope) == CONTENT
    assert gmt0010.seal(CONTENT, signer.certificate) != envelope


@given(content=st.binary(max_size=200))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_sealed_opens_again(signer, content):
    envelope = gmt0010.seal(content, signer.certificate)

    assert gmt0010.unseal(envelope, signer.key, signer.certificate) == content


def test_an_envelope_is_for_its_recipient(signer, stranger):
    envelope = gmt0010.seal(CONTENT, signer.certificate)

    for key, certificate in (
        (stranger.key, stranger.certificate),
        (stranger.key, signer.certificate),
    ):
        with pytest.raises(ShangmiError) as refused:
            gmt0010.unseal(envelope, key, certificate)
        assert refused.value.detail == "the envelope does not open"


@given(octets=st.binary(max_size=300))
def test_hostile_bytes_are_refused_with_our_own_error(signer, octets):
    with pytest.raises(ShangmiError):
        gmt0010.verify(octets, signer.certificate, CONTENT)
    with pytest.raises(ShangmiError):
        gmt0010.unseal(octets, signer.key, signer.certificate)


@given(data=st.data())
@settings(max_examples=300)
def test_a_message_altered_anywhere_verifies_only_over_the_same_content(signer, data):
    """What may stay valid is a change beside the point (a parameter): never one of the content."""
    message = _message(signer)
    at = data.draw(st.integers(0, len(message) - 1))
    octet = data.draw(st.integers(0, 255))
    altered = message[:at] + bytes([octet]) + message[at + 1 :]

    try:
        content = gmt0010.verify(altered, signer.certificate)
    except ShangmiError:
        return
    assert content == CONTENT


@given(at=st.integers(0, 10_000), octet=st.integers(0, 255))
@settings(max_examples=200)
def test_an_envelope_altered_anywhere_does_not_crash(signer, at, octet):
    """It promises secrecy, not integrity: it opens to something, or is refused with our error."""
    envelope = gmt0010.seal(CONTENT, signer.certificate)
    at %= len(envelope)
    altered = envelope[:at] + bytes([octet]) + envelope[at + 1 :]

    with suppress(ShangmiError):
        gmt0010.unseal(altered, signer.key, signer.certificate)


def test_messages_have_a_largest_size(signer):
    with pytest.raises(ShangmiError) as refused:
        gmt0010.verify(bytes(gmt0010.LARGEST + 1), signer.certificate, CONTENT)

    assert "too large" in refused.value.detail


def test_deep_nesting_is_refused(signer):
    """A parser that calls itself once per level would be felled by this."""
    deep = b""
    for _ in range(3_000):
        deep = openssl.der(0x30, deep)

    with pytest.raises(ShangmiError):
        gmt0010.verify(deep, signer.certificate, CONTENT)


def test_a_hardware_key_needs_public_and_sign_only(signer):
    """Whatever has these two may sign: `SigningKey` asks for no more."""

    class Module:
        public = signer.key.public

        def sign(self, message):
            return signer.key.sign(message)

    message = gmt0010.sign(CONTENT, Module(), signer.certificate)

    assert gmt0010.verify(message, signer.certificate, CONTENT)
    assert sm2_certificates.self_signed(Module(), "module", days=1).key == sm2.PublicKey(
        signer.key.public.point
    )


_MESSAGES = {}


def _message(side):
    if side not in _MESSAGES:
        _MESSAGES[side] = side.other.signed_data(CONTENT, carried=CONTENT)
    return _MESSAGES[side]
