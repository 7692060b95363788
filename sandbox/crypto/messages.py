"""Signed data and envelopes of GM/T 0010 (GB/T 35275), in the shape that CTID speaks."""

import secrets

from sandbox.crypto import sm4
from sandbox.crypto.certificates import Certificate
from sandbox.crypto.der import (
    CONTEXT,
    NOTHING,
    OCTETS,
    SEQUENCE,
    SET,
    Node,
    integer,
    oid,
    sequence,
    wrap,
)
from sandbox.crypto.sm2 import PrivateKey, encrypt, verify

KIND = "1.2.156.10197.6.1.4.2"
DATA, SIGNED, ENVELOPED = f"{KIND}.1", f"{KIND}.2", f"{KIND}.3"
SM3, SM4_CBC = "1.2.156.10197.1.401", "1.2.156.10197.1.104.2"
SM2_SIGN, SM2_SIGN_SM3 = "1.2.156.10197.1.301.1", "1.2.156.10197.1.501"
SM2_ENCRYPT = "1.2.156.10197.1.301.3"
IMPLICIT = 0x80


class MessageError(ValueError):
    """A signature or an envelope that is not to be believed; the message says why."""


def sign(content: bytes, key: PrivateKey, certificate: Certificate) -> bytes:
    """Return a detached signature over *content*."""
    digest = sequence(oid(SM3), NOTHING)
    signer = sequence(
        integer(1),
        certificate.issuer_and_serial,
        digest,
        sequence(oid(SM2_SIGN), NOTHING),
        wrap(OCTETS, key.sign(content)),
    )
    signed = sequence(
        integer(1),
        wrap(SET, digest),
        sequence(oid(DATA)),
        wrap(CONTEXT, certificate.raw),
        wrap(SET, signer),
    )
    return sequence(oid(SIGNED), wrap(CONTEXT, signed))


def check(signed: bytes, content: bytes, certificate: Certificate) -> None:
    """See that *signed* is the signature of *certificate*'s holder over *content*.

    Raises:
        MessageError: it is not.
    """
    try:
        parts = list(_inner(signed, SIGNED))
        _refuse_other_content(parts[2], content)
        (signer,) = parts[-1].expect(SET)
        _, who, _, algorithm, signature = signer
    except (ValueError, IndexError) as error:
        raise MessageError("no signed data") from error
    _expect(who.raw == certificate.issuer_and_serial, "signed by somebody else")
    known = next(iter(algorithm)).is_oid(SM2_SIGN, SM2_SIGN_SM3)
    _expect(known, "signed with another algorithm")
    _expect(verify(certificate.public, content, signature.content), "the signature does not fit")


def _refuse_other_content(inner: Node, content: bytes) -> None:
    """Refuse a signature that carries something else along (attached content must be ours)."""
    kind, *attached = inner
    if not kind.is_oid(DATA):
        raise MessageError("no data was signed")
    if attached and Node.whole(attached[0].content, OCTETS).content != content:
        raise MessageError("something else was signed")


def open_envelope(envelope: bytes, key: PrivateKey, certificate: Certificate) -> bytes:
    """Return what is in *envelope*, if it was sealed for *certificate*'s holder.

    Raises:
        MessageError: it was not, or it is damaged.
    """
    try:
        _, recipients, encrypted = _inner(envelope, ENVELOPED)
        (recipient,) = recipients.expect(SET)
        _, who, _, wrapped = recipient
        kind, algorithm, sealed = encrypted
        cipher, vector = algorithm
        _expect(who.raw == certificate.issuer_and_serial, "sealed for somebody else")
        _expect(kind.is_oid(DATA) and cipher.is_oid(SM4_CBC), "sealed in another manner")
        session = key.decrypt(wrapped.expect(OCTETS).content)
        return _unseal(session, vector.expect(OCTETS).content, sealed.expect(IMPLICIT).content)
    except MessageError:
        raise
    except ValueError as error:
        raise MessageError("no envelope of ours") from error


def _expect(good: bool, otherwise: str) -> None:  # noqa: FBT001 - a check and its sentence
    if not good:
        raise MessageError(otherwise)


def _unseal(session: bytes, vector: bytes, sealed: bytes) -> bytes:
    if {len(session), len(vector)} != {sm4.BLOCK} or not sealed or len(sealed) % sm4.BLOCK:
        raise MessageError("no block cipher's text")
    return sm4.decrypt(session, vector, sealed)


def seal(content: bytes, certificate: Certificate, vector: bytes) -> bytes:
    """Return *content* in an envelope for *certificate*'s holder."""
    session = secrets.token_bytes(sm4.BLOCK)
    recipient = sequence(
        integer(0),
        certificate.issuer_and_serial,
        sequence(oid(SM2_ENCRYPT), NOTHING),
        wrap(OCTETS, encrypt(certificate.public, session)),
    )
    sealed = sm4.encrypt(session, vector, content)
    encrypted = sequence(
        oid(DATA), sequence(oid(SM4_CBC), wrap(OCTETS, vector)), wrap(IMPLICIT, sealed)
    )
    inner = sequence(integer(0), wrap(SET, recipient), encrypted)
    return sequence(oid(ENVELOPED), wrap(CONTEXT, inner))


def _inner(octets: bytes, kind: str) -> Node:
    """Return the sequence inside of a ContentInfo of *kind*."""
    stated, content = Node.whole(octets)
    if not stated.is_oid(kind):
        raise MessageError("a message of another kind")
    return Node.whole(content.expect(CONTEXT).content, SEQUENCE)
