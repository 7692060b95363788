"""Signed XML without an XML library: it is written in canonical form from the start.

Elements have no white space between them, no empty tags, attributes in the order that Exclusive
Canonicalization (W3C, 2002) wants; so the octets written are those that a verifier digests.
"""

import hashlib
from base64 import b64encode
from collections.abc import Mapping

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

DSIG = "http://www.w3.org/2000/09/xmldsig#"
EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = f"{DSIG}enveloped-signature"
RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"


def element(
    name: str,
    attributes: Mapping[str, str] | None = None,
    *inside: str,
    spaces: Mapping[str, str] | None = None,
) -> str:
    """Return an element in canonical form; *spaces* are the prefixes that it declares."""
    declared = sorted((spaces or {}).items())
    told = [f'xmlns:{prefix}="{_quoted(uri)}"' for prefix, uri in declared]
    told += [f'{key}="{_quoted(value)}"' for key, value in sorted((attributes or {}).items())]
    return f"<{' '.join((name, *told))}>{''.join(inside)}</{name}>"


def text(told: str) -> str:
    """Return *told* as the content of an element."""
    escapes = {"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"}
    return "".join(escapes.get(letter, letter) for letter in told)


def _quoted(told: str) -> str:
    escapes = {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;"}
    return "".join((escapes | {"\r": "&#xD;"}).get(letter, letter) for letter in told)


def sign(document: str, mark: str, after: str, key: RSAPrivateKey, certificate: str = "") -> str:
    """Return *document*, whose ID is *mark*, with a signature of all of it behind *after*.

    *after* is the text that the signature follows: in SAML, the end of the first Issuer.
    """
    digest = b64encode(hashlib.sha256(document.encode()).digest()).decode()
    info = _signed_info(mark, digest)
    alone = info.replace("<ds:SignedInfo>", f'<ds:SignedInfo xmlns:ds="{DSIG}">', 1)
    value = key.sign(alone.encode(), padding.PKCS1v15(), hashes.SHA256())
    parts = [info, element("ds:SignatureValue", {}, b64encode(value).decode())]
    if certificate:
        held = element("ds:X509Certificate", {}, certificate)
        parts.append(element("ds:KeyInfo", {}, element("ds:X509Data", {}, held)))
    signature = element("ds:Signature", {}, *parts, spaces={"ds": DSIG})
    place = document.index(after) + len(after)
    return document[:place] + signature + document[place:]


def _signed_info(mark: str, digest: str) -> str:
    transforms = (element("ds:Transform", {"Algorithm": name}) for name in (ENVELOPED, EXCLUSIVE))
    reference = element(
        "ds:Reference",
        {"URI": f"#{mark}"},
        element("ds:Transforms", {}, *transforms),
        element("ds:DigestMethod", {"Algorithm": SHA256}),
        element("ds:DigestValue", {}, digest),
    )
    return element(
        "ds:SignedInfo",
        {},
        element("ds:CanonicalizationMethod", {"Algorithm": EXCLUSIVE}),
        element("ds:SignatureMethod", {"Algorithm": RSA_SHA256}),
        reference,
    )
