"""A SAML 2.0 identity provider: a request by redirect, a signed response by automatic POST."""

import binascii
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from flask import Blueprint, Response, g, make_response, render_template, request
from lxml import etree

from sandbox.upstreams import counter
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import Desk, Upstream, desk
from sandbox.upstreams.saml_answers import Answer
from sandbox.upstreams.wallets import Holder, holders
from sandbox.upstreams.xml_signatures import element
from sandbox.wording import Both

LARGEST, WORST = 16_384, 65_536
CARD = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
_A = "{urn:oasis:names:tc:SAML:2.0:assertion}"

pages = Blueprint("saml_pages", __name__, url_prefix="/saml")
wire = Blueprint("saml_api", __name__, url_prefix="/saml")

UPSTREAM = Upstream(
    key="saml",
    name=Both("某部委（SAML）", "A ministry (SAML)"),
    about=Both(
        "请求经重定向送来并验签；断言签名后由浏览器 POST 回去。",
        "Requests come by redirect and are verified; a signed assertion goes back by POST.",
    ),
    genuine=True,
    signatures="XML Signature, RSA-SHA256",
    faults=(
        Fault.DENIED,
        Fault.WRONG_CALLBACK,
        Fault.WRONG_APP,
        Fault.CODE_REPLAYED,
        Fault.CODE_EXPIRED,
        Fault.BAD_SIGNATURE,
        Fault.CLOCK_FAST,
        Fault.CLOCK_SLOW,
        Fault.WRONG_ISSUER,
        Fault.WRONG_AUDIENCE,
        Fault.WRONG_NONCE,
        Fault.UNSIGNED,
        Fault.WRAPPED,
        Fault.GARBAGE,
        Fault.TRUNCATED,
    ),
    pages=pages,
    wire=wire,
    skin="foreign",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What an AuthnRequest says, if it is one of ours."""

    mark: str
    callback: str


def _asked(here: Desk) -> Asked | None:
    """Return the request in the query, whose signature fits, or None."""
    if "asked" not in g:
        g.asked = _read(here)
    found: Asked | None = g.asked
    return found


def _read(here: Desk) -> Asked | None:
    packed = request.args.get("SAMLRequest", "")
    if len(packed) > LARGEST or not _is_signed(here):
        return None
    try:
        unpacker = zlib.decompressobj(-15)
        octets = unpacker.decompress(b64decode(packed, validate=True), WORST)
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        root = etree.fromstring(octets, parser)
    except (binascii.Error, zlib.error, etree.XMLSyntaxError):
        return None
    known = root.findtext(f"{_A}Issuer") == here.credentials["entity_id"]
    here_too = root.get("Destination") == f"{_base(here)}/sso"
    if not known or not here_too or b"<!" in octets:
        return None
    return Asked(root.get("ID", ""), root.get("AssertionConsumerServiceURL", ""))


def _is_signed(here: Desk) -> bool:
    """Whether the query is signed by our service provider's key (Bindings §3.4.4.1)."""
    told, _, _ = request.query_string.partition(b"&Signature=")
    certificate = load_pem_x509_certificate(here.credentials["provider_certificate"].encode())
    key: Any = certificate.public_key()
    try:
        signature = b64decode(request.args.get("Signature", ""), validate=True)
        key.verify(signature, told, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error):
        return False
    return True


def _back(here: Desk, holder: Holder | None) -> Response:
    """Send the browser back by POST; the address is out of a signed request."""
    asked = _asked(here)
    assert asked is not None  # noqa: S101 - the page was shown for it
    document = _document(here, asked, holder)
    values = {
        "SAMLResponse": b64encode(document.encode()).decode(),
        "RelayState": request.args.get("RelayState", ""),
    }
    page = render_template("upstreams/post.html", url=asked.callback, values=values)
    return make_response(page)


counter.open_at(
    pages,
    "/sso",
    knows=lambda here: _asked(here) is not None,
    callback=lambda here: found.callback if (found := _asked(here)) else "",
    back=_back,
    items=counter.NAME_AND_NUMBER,
)


@wire.get("/metadata")
def metadata() -> Response:
    """Say who this is, where it is asked, and by which key it signs."""
    here = desk()
    held = element("ds:X509Certificate", {}, _certificate(here))
    info = element("ds:KeyInfo", {}, element("ds:X509Data", {}, held), spaces={"ds": DSIG})
    where = {"Binding": REDIRECT, "Location": f"{_base(here)}/sso"}
    role = element(
        "md:IDPSSODescriptor",
        {"protocolSupportEnumeration": "urn:oasis:names:tc:SAML:2.0:protocol"},
        element("md:KeyDescriptor", {"use": "signing"}, info),
        element("md:SingleSignOnService", where),
    )
    told = element(
        "md:EntityDescriptor", {"entityID": _entity(here)}, role, spaces={"md": METADATA}
    )
    return Response(told, content_type="application/samlmetadata+xml")


def _document(here: Desk, asked: Asked, holder: Holder | None) -> str:
    """Return the response, with whatever is wrong today."""
    fault = here.fault
    if fault is Fault.GARBAGE:
        return "<html><body>系统升级维护中</body></html>"
    key = _key(here)
    told = _told(here, asked, holder)
    if holder is None:
        return told.response("", ("Responder", "RequestDenied"))
    if fault is Fault.UNSIGNED:
        return told.response(told.assertion(None))
    document = told.response(told.assertion(key, _certificate(here)))
    if fault is Fault.BAD_SIGNATURE:
        return document.replace(told.subject, told.subject[::-1])
    if fault is Fault.WRAPPED:
        other = next(one for one in holders(here.register) if one != holder)
        evil = replace(told, subject=_subject(other), mark="_another").assertion(None)
        place = document.index("<saml:Assertion")
        return document[:place] + evil + document[place:]
    return document[: len(document) * 2 // 3] if fault is Fault.TRUNCATED else document


def _told(here: Desk, asked: Asked, holder: Holder | None) -> Answer:
    fault = here.fault
    stale = -2 * counter.HOUR if fault is Fault.CODE_EXPIRED else 0
    wrong = fault in (Fault.WRONG_NONCE, Fault.CODE_REPLAYED)
    return Answer(
        issuer="https://elsewhere.example" if fault is Fault.WRONG_ISSUER else _entity(here),
        audience="https://elsewhere.example"
        if fault is Fault.WRONG_AUDIENCE
        else here.credentials["entity_id"],
        recipient=asked.callback,
        request_id="_of-before" if wrong else asked.mark,
        subject=_subject(holder) if holder else "",
        now=here.clock() + stale,
        context=CARD,
        attributes={
            "displayName": holder.name,
            "cn": holder.name,
            "idNumber": holder.id_number,
            "mobile": holder.phone,
        }
        if holder
        else {},
    )


def _subject(holder: Holder) -> str:
    return holder.stable("saml")[:32]


def _base(here: Desk) -> str:
    return f"{request.host_url}{here.upstream.key}"


def _entity(here: Desk) -> str:
    return f"{_base(here)}/metadata"


def _certificate(here: Desk) -> str:
    return "".join(here.credentials["certificate"].strip().splitlines()[1:-1])


def _key(here: Desk) -> RSAPrivateKey:
    key = load_pem_private_key(here.credentials["signing_key"].encode(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - we made it
    return key
