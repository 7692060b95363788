"""GM/T 0010-2012 (GB/T 35275-2017): SignedData and EnvelopedData with SM2, SM3 and SM4.

The shapes are those of PKCS #7 1.5 under OIDs of their own. Exactly one signer or recipient,
known beforehand: there is no chain to build, the certificate in hand must be the one named.
"""

import os
from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.x509 import ObjectIdentifier

from idp.crypto.sm2 import PrivateKey, ShangmiError, SigningKey
from idp.crypto.sm2_certificates import SM2_WITH_SM3, Certificate

LARGEST = 1_048_576
"""Messages beyond this many bytes are not looked at."""

_DATA = ObjectIdentifier("1.2.156.10197.6.1.4.2.1")
_SIGNED = ObjectIdentifier("1.2.156.10197.6.1.4.2.2")
_ENVELOPED = ObjectIdentifier("1.2.156.10197.6.1.4.2.3")
_SM2_SIGNATURE = ObjectIdentifier("1.2.156.10197.1.301.1")
_SM2_ENCRYPTION = ObjectIdentifier("1.2.156.10197.1.301.3")
_SM3 = ObjectIdentifier("1.2.156.10197.1.401")
_SM4_CBC = ObjectIdentifier("1.2.156.10197.1.104.2")
_BLOCK = 16


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _CipherAlgorithm:
    algorithm: ObjectIdentifier
    iv: Annotated[bytes, asn1.Size(min=_BLOCK, max=_BLOCK)]


@asn1.sequence
class _IssuerAndSerial:
    issuer: asn1.TLV
    serial: int


@asn1.sequence
class _Content:
    kind: ObjectIdentifier
    content: Annotated[bytes | None, asn1.Explicit(0)]


@asn1.sequence
class _SignerInfo:
    version: int
    signer: _IssuerAndSerial
    digest: _Algorithm
    attributes: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    algorithm: _Algorithm
    signature: bytes


@asn1.sequence
class _SignedData:
    version: int
    digests: asn1.SetOf[_Algorithm]
    content: _Content
    certificates: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(0)]
    revoked: Annotated[asn1.SetOf[asn1.TLV] | None, asn1.Implicit(1)]
    signers: asn1.SetOf[_SignerInfo]


@asn1.sequence
class _Signed:
    kind: ObjectIdentifier
    content: Annotated[_SignedData, asn1.Explicit(0)]


@asn1.sequence
class _RecipientInfo:
    version: int
    recipient: _IssuerAndSerial
    algorithm: _Algorithm
    key: bytes


@asn1.sequence
class _EncryptedContent:
    kind: ObjectIdentifier
    algorithm: _CipherAlgorithm
    content: Annotated[bytes, asn1.Implicit(0)]


@asn1.sequence
class _EnvelopedData:
    version: int
    recipients: asn1.SetOf[_RecipientInfo]
    content: _EncryptedContent


@asn1.sequence
class _Enveloped:
    kind: ObjectIdentifier
    content: Annotated[_EnvelopedData, asn1.Explicit(0)]


def sign(
    content: bytes, key: SigningKey, certificate: Certificate, *, detached: bool = True
) -> bytes:
    """Return SignedData over *content*, which it also carries unless *detached*."""
    signer = _SignerInfo(
        version=1,
        signer=_named(certificate),
        digest=_with_null(_SM3),
        attributes=None,
        algorithm=_with_null(_SM2_SIGNATURE),
        signature=key.sign(content),
    )
    signed = _SignedData(
        version=1,
        digests=asn1.SetOf([_with_null(_SM3)]),
        content=_Content(kind=_DATA, content=None if detached else content),
        certificates=asn1.SetOf([asn1.decode_der(asn1.TLV, certificate.der)]),
        revoked=None,
        signers=asn1.SetOf([signer]),
    )
    return asn1.encode_der(_Signed(kind=_SIGNED, content=signed))


def verify(message: bytes, certificate: Certificate, content: bytes | None = None) -> bytes:
    """Return what the holder of *certificate* signed: *content*, or what *message* carries.

    Raises:
        ShangmiError: the signature is not that holder's, or not over *content*.
    """
    try:
        _bound(message)
        outer = asn1.decode_der(_Signed, message)
    except ValueError as error:
        raise ShangmiError(detail=f"no SignedData: {error}") from None
    signed = outer.content
    carried = signed.content.content
    if outer.kind != _SIGNED or signed.version != 1 or signed.content.kind != _DATA:
        raise ShangmiError(detail="no SignedData over data")
    if content is not None and carried not in (None, content):
        raise ShangmiError(detail="the signature carries another content")
    content = carried if content is None else content
    if content is None:
        raise ShangmiError(detail="the signature is detached")
    _check_certificates(signed, certificate)
    signature = _signature(signed.signers.as_list(), certificate)
    if not certificate.key.verifies(content, signature):
        raise ShangmiError(detail="the signature does not verify")
    return content


def seal(content: bytes, recipient: Certificate) -> bytes:
    """Return EnvelopedData that only the holder of *recipient*'s key opens.

    SM4-CBC under a fresh key, which SM2 wraps. Nothing in it says who sealed it, and it can be
    altered unnoticed: whatever carries it must be signed.
    """
    key, iv = os.urandom(_BLOCK), os.urandom(_BLOCK)
    padder = PKCS7(8 * _BLOCK).padder()
    encryptor = Cipher(SM4(key), CBC(iv)).encryptor()
    sealed = encryptor.update(padder.update(content) + padder.finalize()) + encryptor.finalize()
    wrapped = _RecipientInfo(
        version=0,
        recipient=_named(recipient),
        algorithm=_with_null(_SM2_ENCRYPTION),
        key=recipient.key.encrypt(key),
    )
    enveloped = _EnvelopedData(
        version=0,
        recipients=asn1.SetOf([wrapped]),
        content=_EncryptedContent(
            kind=_DATA, algorithm=_CipherAlgorithm(algorithm=_SM4_CBC, iv=iv), content=sealed
        ),
    )
    return asn1.encode_der(_Enveloped(kind=_ENVELOPED, content=enveloped))


def unseal(message: bytes, key: PrivateKey, certificate: Certificate) -> bytes:
    """Return what `seal` was given.

    Raises:
        ShangmiError: it was altered, or sealed for somebody else; it does not say which.
    """
    try:
        _bound(message)
        outer = asn1.decode_der(_Enveloped, message)
        wrapped, content = _for(certificate, outer)
        decryptor = Cipher(SM4(key.decrypt(wrapped)), CBC(content.algorithm.iv)).decryptor()
        padded = decryptor.update(content.content) + decryptor.finalize()
        unpadder = PKCS7(8 * _BLOCK).unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (ValueError, ShangmiError):
        raise ShangmiError(detail="the envelope does not open") from None


def _bound(message: bytes) -> None:
    if len(message) > LARGEST:
        raise ShangmiError(detail="the message is too large")


def _with_null(algorithm: ObjectIdentifier) -> _Algorithm:
    return _Algorithm(algorithm=algorithm, parameters=asn1.Null())


def _named(certificate: Certificate) -> _IssuerAndSerial:
    issuer = asn1.decode_der(asn1.TLV, certificate.issuer)
    return _IssuerAndSerial(issuer=issuer, serial=certificate.serial)


def _names(named: _IssuerAndSerial, certificate: Certificate) -> bool:
    same = asn1.encode_der(named.issuer) == certificate.issuer
    return same and named.serial == certificate.serial


def _check_certificates(signed: _SignedData, expected: Certificate) -> None:
    """Certificates may be left out; if any come along, the one in hand is among them."""
    carried = signed.certificates.as_list() if signed.certificates else []
    if carried and expected.der not in map(asn1.encode_der, carried):
        raise ShangmiError(detail="the signer's certificate is another")


def _signature(signers: list[_SignerInfo], certificate: Certificate) -> bytes:
    if len(signers) != 1:
        raise ShangmiError(detail="there is not exactly one signer")
    (signer,) = signers
    known = signer.version == 1 and signer.digest.algorithm == _SM3
    if not known or signer.algorithm.algorithm not in (_SM2_SIGNATURE, SM2_WITH_SM3):
        raise ShangmiError(detail="not signed with SM2 and SM3")
    if signer.attributes is not None:
        raise ShangmiError(detail="signed attributes are not used here")
    if not _names(signer.signer, certificate):
        raise ShangmiError(detail="signed by somebody else")
    return signer.signature


def _for(certificate: Certificate, outer: _Enveloped) -> tuple[bytes, _EncryptedContent]:
    enveloped = outer.content
    recipients = enveloped.recipients.as_list()
    kinds = (outer.kind, enveloped.content.kind, enveloped.content.algorithm.algorithm)
    if kinds != (_ENVELOPED, _DATA, _SM4_CBC) or len(recipients) != 1:
        raise ShangmiError(detail="no EnvelopedData with SM4")
    (recipient,) = recipients
    if recipient.algorithm.algorithm != _SM2_ENCRYPTION or not _names(
        recipient.recipient, certificate
    ):
        raise ShangmiError(detail="sealed for somebody else")
    return recipient.key, enveloped.content
