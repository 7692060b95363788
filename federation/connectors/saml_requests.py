"""What we say to a SAML provider: small documents in the query of a redirect, signed if we can."""

import secrets
import zlib
from base64 import b64encode
from collections.abc import Mapping
from urllib.parse import urlencode
from xml.sax.saxutils import escape, quoteattr

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from federation.connectors.saml_assertion import PERSISTENT
from federation.connectors.saml_xml import ASSERTION, PROTOCOL
from idp import clock

_POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
_RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"


def new_id() -> str:
    """Return a name for a request that nobody can foresee (Core §1.3.4)."""
    return f"_{secrets.token_hex(20)}"


def sign_in(
    request_id: str,
    *,
    issuer: str,
    url: str,
    callback: str,
    contexts: tuple[str, ...] = (),
    afresh: bool = False,
) -> str:
    """Return an AuthnRequest; any of *contexts* will do (Core §3.4.1)."""
    inner = f'<p:NameIDPolicy Format={quoteattr(PERSISTENT)} AllowCreate="true"/>'
    if contexts:
        classes = (
            f"<a:AuthnContextClassRef>{escape(n)}</a:AuthnContextClassRef>" for n in contexts
        )
        inner += f"<p:RequestedAuthnContext>{''.join(classes)}</p:RequestedAuthnContext>"
    attributes = {"AssertionConsumerServiceURL": callback, "ProtocolBinding": _POST}
    if afresh:
        attributes["ForceAuthn"] = "true"
    return _message("AuthnRequest", request_id, issuer, url, attributes, inner)


def sign_out(session: Mapping[str, str], *, issuer: str, url: str) -> str:
    """Return a LogoutRequest for *session* (Core §3.7.1)."""
    form = quoteattr(session.get("name_format", ""))
    inner = f"<a:NameID Format={form}>{escape(session['name_id'])}</a:NameID>"
    if session.get("session_index"):
        inner += f"<p:SessionIndex>{escape(session['session_index'])}</p:SessionIndex>"
    return _message("LogoutRequest", new_id(), issuer, url, {}, inner)


def redirect(url: str, message: str, state: str, key: RSAPrivateKey | None) -> str:
    """Return *url* with the message, signed where there is a *key* (Bindings §3.4.4.1)."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = packer.compress(message.encode()) + packer.flush()
    query = {"SAMLRequest": b64encode(packed).decode()}
    if state:
        query["RelayState"] = state
    if key is not None:
        query["SigAlg"] = _RSA_SHA256
        signature = key.sign(urlencode(query).encode(), padding.PKCS1v15(), hashes.SHA256())
        query["Signature"] = b64encode(signature).decode()
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def _message(
    name: str, mark: str, issuer: str, url: str, attributes: Mapping[str, str], inner: str
) -> str:
    told = {
        "ID": mark,
        "Version": "2.0",
        "IssueInstant": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "Destination": url,
        **attributes,
    }
    written = " ".join(f"{key}={quoteattr(value)}" for key, value in told.items())
    return (
        f'<p:{name} xmlns:p="{PROTOCOL}" xmlns:a="{ASSERTION}" {written}>'
        f"<a:Issuer>{escape(issuer)}</a:Issuer>{inner}</p:{name}>"
    )
