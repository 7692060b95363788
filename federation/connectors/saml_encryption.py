"""Encrypted assertions: RSA-OAEP around AES-GCM, and nothing that could be asked as an oracle."""

import binascii
from base64 import b64decode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from lxml import etree

from federation.connectors.line import unusable
from federation.connectors.saml_xml import A, only, read, words

_XENC, _XENC11 = "http://www.w3.org/2001/04/xmlenc#", "http://www.w3.org/2009/xmlenc11#"
_X, _DS = f"{{{_XENC}}}", "{http://www.w3.org/2000/09/xmldsig#}"
_OAEP = {f"{_XENC}rsa-oaep-mgf1p", f"{_XENC11}rsa-oaep"}
_HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "http://www.w3.org/2000/09/xmldsig#sha1": hashes.SHA1,
    f"{_XENC}sha256": hashes.SHA256,
    f"{_XENC}sha512": hashes.SHA512,
}
_MGF: dict[str, type[hashes.HashAlgorithm]] = {
    f"{_XENC11}mgf1sha1": hashes.SHA1,
    f"{_XENC11}mgf1sha256": hashes.SHA256,
    f"{_XENC11}mgf1sha512": hashes.SHA512,
}
_KEY_SIZES = {f"{_XENC11}aes128-gcm": 16, f"{_XENC11}aes256-gcm": 32}
_NONCE = 12


def opened(encrypted: etree._Element, key: RSAPrivateKey | None) -> etree._Element:
    """Return the assertion in *encrypted*; AES-CBC and RSA 1.5 are refused, as padding tells.

    Raises:
        UpstreamAnswerError: it was not encrypted for us, or not in a safe way.
    """
    if key is None:
        unusable("it is encrypted, and we have no key")
    data = only(encrypted, f"{_X}EncryptedData")
    size = _KEY_SIZES.get(_algorithm(data))
    if size is None:
        unusable("encrypted by another cipher than AES-GCM")
    wrapped = data.find(f"{_DS}KeyInfo/{_X}EncryptedKey")
    wrapped = encrypted.find(f"{_X}EncryptedKey") if wrapped is None else wrapped
    if wrapped is None:
        unusable("EncryptedKey: one is expected")
    try:
        secret = key.decrypt(_octets(wrapped), _padding(wrapped))
        sealed = _octets(data)
        plain = AESGCM(secret).decrypt(sealed[:_NONCE], sealed[_NONCE:], None)
    except (ValueError, InvalidTag):
        unusable("it was not encrypted for us")
    if len(secret) != size:
        unusable("the key is of another length")
    found = read(plain)
    if found.tag != f"{A}Assertion":
        unusable("what was encrypted is no assertion")
    return found


def _padding(wrapped: etree._Element) -> padding.OAEP:
    method = only(wrapped, f"{_X}EncryptionMethod")
    digest = method.find(f"{_DS}DigestMethod")
    mask = method.find(f"{{{_XENC11}}}MGF")
    inner = _HASHES.get(digest.get("Algorithm", "") if digest is not None else f"{_DS[1:-1]}sha1")
    outer = _MGF.get(mask.get("Algorithm", "") if mask is not None else f"{_XENC11}mgf1sha1")
    if method.get("Algorithm") not in _OAEP or inner is None or outer is None:
        unusable("the key is not wrapped by RSA-OAEP")
    return padding.OAEP(padding.MGF1(outer()), inner(), None)


def _algorithm(data: etree._Element) -> str:
    return str(only(data, f"{_X}EncryptionMethod").get("Algorithm", ""))


def _octets(element: etree._Element) -> bytes:
    value = only(only(element, f"{_X}CipherData"), f"{_X}CipherValue")
    try:
        return b64decode("".join(words(value).split()), validate=True)
    except binascii.Error:
        unusable("CipherValue is no base64")
