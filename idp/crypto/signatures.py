"""Sign and verify with the algorithms of RFC 7518 and RFC 8037 that we stand behind."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS, AsymmetricPadding, PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from joserfc.jwk import ECKey, OKPKey, RSAKey

from idp.errors import IdentityError

Jwk = ECKey | RSAKey | OKPKey
Sign = Callable[[bytes], bytes]
Verify = Callable[[bytes, bytes], bool]

ALGORITHMS = ("ES256", "PS256", "EdDSA", "RS256")
_RSA_BITS = 2048
_HALF = 32  # bytes of r and of s, RFC 7518 §3.4
_HASH = SHA256()
_ECDSA = ECDSA(_HASH)
_PADDINGS: dict[str, AsymmetricPadding] = {
    "RS256": PKCS1v15(),
    "PS256": PSS(MGF1(_HASH), _HASH.digest_size),
}


class KeyUnfitError(IdentityError):
    """A key does not belong to the algorithm it is used with (RFC 8725 §3.1)."""

    code = "invalid_token"
    status = 401
    description = "The key does not fit the algorithm."


def generate(algorithm: str) -> Jwk:
    """Return a new private key for *algorithm*.

    Raises:
        KeyUnfitError: we do not stand behind that algorithm.
    """
    if algorithm == "ES256":
        return ECKey.generate_key("P-256")
    if algorithm == "EdDSA":
        return OKPKey.generate_key("Ed25519")
    if algorithm in _PADDINGS:
        return RSAKey.generate_key(_RSA_BITS)
    raise KeyUnfitError(detail=f"algorithm {algorithm!r}")


def signing(algorithm: str, private: object) -> Sign:
    """Return the function that signs bytes with *private*, a key of `cryptography`.

    Raises:
        KeyUnfitError: the key is of another kind than the algorithm.
    """
    if algorithm == "ES256" and isinstance(private, EllipticCurvePrivateKey):
        return _ecdsa_signing(private)
    if algorithm == "EdDSA" and isinstance(private, Ed25519PrivateKey):
        return private.sign
    if algorithm in _PADDINGS and isinstance(private, RSAPrivateKey):
        padding = _PADDINGS[algorithm]
        return lambda message: private.sign(message, padding, _HASH)
    raise KeyUnfitError(detail=f"{algorithm} with {type(private).__name__}")


def verifying(algorithm: str, public: object) -> Verify:
    """Return the function that says whether (message, signature) was signed with *public*'s half.

    Raises:
        KeyUnfitError: the key is of another kind than the algorithm, or too short.
    """
    if algorithm == "ES256" and isinstance(public, EllipticCurvePublicKey):
        if isinstance(public.curve, SECP256R1):
            return _ecdsa_verifying(public)
    elif algorithm == "EdDSA" and isinstance(public, Ed25519PublicKey):
        return _quiet(lambda message, signature: public.verify(signature, message))
    elif algorithm in _PADDINGS and isinstance(public, RSAPublicKey):
        padding = _PADDINGS[algorithm]
        if public.key_size >= _RSA_BITS:
            return _quiet(
                lambda message, signature: public.verify(signature, message, padding, _HASH)
            )
    raise KeyUnfitError(detail=f"{algorithm} with {type(public).__name__}")


def _ecdsa_signing(private: EllipticCurvePrivateKey) -> Sign:
    def sign(message: bytes) -> bytes:
        r, s = decode_dss_signature(private.sign(message, _ECDSA))
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)

    return sign


def _ecdsa_verifying(public: EllipticCurvePublicKey) -> Verify:
    def check(message: bytes, signature: bytes) -> None:
        if len(signature) != 2 * _HALF:
            raise InvalidSignature
        r, s = int.from_bytes(signature[:_HALF]), int.from_bytes(signature[_HALF:])
        public.verify(encode_dss_signature(r, s), message, _ECDSA)

    return _quiet(check)


def _quiet(check: Callable[[bytes, bytes], None]) -> Verify:
    def verify(message: bytes, signature: bytes) -> bool:
        try:
            check(message, signature)
        except InvalidSignature:
            return False
        return True

    return verify
