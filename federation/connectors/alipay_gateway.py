"""Alipay's gateway: requests signed over their raw parameters, answers over their raw octets.

The official SDK cannot be pointed at another host or port and reads one spelling of a private
key only, so this is a client of our own (it is 33 MB beside).
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, padding, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from federation.connectors.errors import UpstreamSetupError
from federation.connectors.line import Line, decoded, raw_members, read_object, unusable
from idp import clock

_BLOCK = 128
_AES_128 = 16
_NO_VECTOR = bytes(16)  # as Alipay has it; the key is one of ours and theirs alone
_RSA_SIGNED = "1.2.840.113549.1.1"
_ERROR = "error_response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves us to Alipay, and Alipay to us.

    *certificates* are the values `app_cert_sn` and `alipay_root_cert_sn` where our app is in
    certificate mode, and *certificate_sn* that of the certificate that answers must name.
    """

    app_id: str
    key: RSAPrivateKey = field(repr=False)
    alipay_key: RSAPublicKey = field(repr=False)
    aes_key: bytes | None = field(default=None, repr=False)
    certificates: Mapping[str, str] = field(default_factory=dict)
    certificate_sn: str = ""


class Gateway:
    """Calls methods of the gateway at *url*."""

    def __init__(self, url: str, credentials: Credentials, line: Line) -> None:
        self._url = url
        self._credentials = credentials
        self._line = line

    def call(
        self, method: str, business: Mapping[str, str], *, auth_token: str = ""
    ) -> dict[str, Any]:
        """Return what the node of *method* holds, or that of the error.

        Raises:
            UpstreamAwayError: no answer.
            UpstreamAnswerError: none that Alipay has signed.
        """
        common = self._common(method, auth_token)
        sent = dict(business)
        if self._credentials.aes_key and "biz_content" in sent:
            sent["biz_content"] = encrypt(self._credentials.aes_key, sent["biz_content"])
        common["sign"] = sign(self._credentials.key, {**common, **sent})
        answer = self._line.post_form(
            f"{self._url}?{urlencode(common)}",
            sent,
            {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
        )
        return self._read(decoded(answer), f"{method.replace('.', '_')}_response")

    def _common(self, method: str, auth_token: str) -> dict[str, str]:
        now = clock.now().astimezone(clock.SHANGHAI)
        common = {
            "app_id": self._credentials.app_id,
            "method": method,
            "format": "json",
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": f"{now:%Y-%m-%d %H:%M:%S}",
            "version": "1.0",
            **self._credentials.certificates,
        }
        if auth_token:
            common["auth_token"] = auth_token
        if self._credentials.aes_key:
            common["encrypt_type"] = "AES"
        return common

    def _read(self, text: str, name: str) -> dict[str, Any]:
        """Return the node, verified over the very octets that were sent."""
        members = dict(raw_members(text))
        node = name if name in members else _ERROR
        raw = members.get(node, "")
        signature = read_object(text).get("sign")
        if isinstance(signature, str) and signature:
            self._verify(raw, signature, read_object(text).get("alipay_cert_sn", ""))
        elif node != _ERROR:  # an error needs no signature: it lets nobody in
            unusable("the answer is not signed")
        if raw.startswith('"') and self._credentials.aes_key:
            return read_object(decrypt(self._credentials.aes_key, json.loads(raw)))
        return read_object(raw)

    def _verify(self, raw: str, signature: str, certificate_sn: object) -> None:
        wanted = self._credentials.certificate_sn
        if wanted and certificate_sn != wanted:
            raise UpstreamSetupError(detail="Alipay signs under another certificate")
        if not is_signed(self._credentials.alipay_key, raw, signature):
            unusable("the signature does not verify")


def string_to_sign(parameters: Mapping[str, str]) -> str:
    """Return what is signed: sorted by name, empty ones left out, in clear and not URL-encoded."""
    kept = sorted((name, value) for name, value in parameters.items() if name != "sign" and value)
    return "&".join(f"{name}={value}" for name, value in kept)


def sign(key: RSAPrivateKey, parameters: Mapping[str, str]) -> str:
    """Return the RSA2 signature (RSASSA-PKCS1-v1_5 with SHA-256) of *parameters*, in base64."""
    signature = key.sign(string_to_sign(parameters).encode(), PKCS1v15(), hashes.SHA256())
    return b64encode(signature).decode()


def is_signed(key: RSAPublicKey, text: str, signature: str) -> bool:
    """Say whether *signature*, in base64, is one of *text*."""
    try:
        octets = b64decode(signature, validate=True)
        key.verify(octets, text.encode(), PKCS1v15(), hashes.SHA256())
    except (ValueError, InvalidSignature):
        return False
    return True


def encrypt(key: bytes, text: str) -> str:
    """Return *text* under AES-128-CBC as Alipay has it, in base64."""
    padder = padding.PKCS7(_BLOCK).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(_NO_VECTOR)).encryptor()
    return b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def decrypt(key: bytes, text: str) -> str:
    """Return what `encrypt` took; its signature has been verified, so it is no oracle.

    Raises:
        UpstreamAnswerError: it was enciphered otherwise.
    """
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(_NO_VECTOR)).decryptor()
        padded = decryptor.update(b64decode(text, validate=True)) + decryptor.finalize()
        unpadder = padding.PKCS7(_BLOCK).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        unusable("it was not enciphered for us")


def private_key(text: str) -> RSAPrivateKey:
    """Read a key as PEM, or as the bare base64 that Alipay's tools print; PKCS#1 or PKCS#8.

    Raises:
        ValueError: it is none.
    """
    if "-----BEGIN" in text:
        key = serialization.load_pem_private_key(text.encode(), None)
    else:
        key = serialization.load_der_private_key(b64decode(text), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("not an RSA key")
    return key


def public_key(text: str) -> RSAPublicKey:
    """Read a key as PEM, as bare base64, or out of a certificate.

    Raises:
        ValueError: it is none.
    """
    key: object
    if "BEGIN CERTIFICATE" in text:
        key = x509.load_pem_x509_certificate(text.encode()).public_key()
    elif "-----BEGIN" in text:
        key = serialization.load_pem_public_key(text.encode())
    else:
        key = serialization.load_der_public_key(b64decode(text))
    if not isinstance(key, RSAPublicKey):
        raise TypeError("not an RSA key")
    return key


def aes_key(text: str) -> bytes | None:
    """Read an AES key in base64; None for the empty text.

    Raises:
        ValueError: it is none of 128 bits.
    """
    if not text:
        return None
    key = b64decode(text, validate=True)
    if len(key) != _AES_128:
        raise ValueError("not 128 bits")
    return key


def certificate_sn(certificate: x509.Certificate) -> str:
    """Return what Alipay calls a certificate: MD5 over its issuer and serial number."""
    named = f"{certificate.issuer.rfc4514_string()}{certificate.serial_number}"
    return hashlib.md5(named.encode(), usedforsecurity=False).hexdigest()


def root_sn(pem: str) -> str:
    """Return the names of the RSA certificates in a bundle of roots, joined."""
    roots = x509.load_pem_x509_certificates(pem.encode())
    signed = [root for root in roots if _is_rsa_signed(root)]
    return "_".join(map(certificate_sn, signed))


def _is_rsa_signed(certificate: x509.Certificate) -> bool:
    return certificate.signature_algorithm_oid.dotted_string.startswith(_RSA_SIGNED)
