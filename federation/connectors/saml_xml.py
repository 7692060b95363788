"""SAML's XML, read so that there is one reading of it: no declarations, and only what is signed."""

import re
from collections.abc import Iterator, Sequence

from cryptography.x509 import Certificate
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import InvalidCertificate, SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from federation.connectors.errors import UpstreamAnswerError, UpstreamSetupError
from federation.connectors.line import unusable
from idp import clock

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
P, A = f"{{{PROTOCOL}}}", f"{{{ASSERTION}}}"
_DSIG = "{http://www.w3.org/2000/09/xmldsig#}Signature"
_LARGEST = 128 * 1024
_DEEPEST, _MOST = 32, 2000
_PROLOGUE = re.compile(
    r"""\s*(<\?xml\s+version=["']1\.0["'](\s+encoding=["']utf-8["'])?(\s+standalone=["']\w+["'])?\s*\?>)?""",
    re.ASCII | re.IGNORECASE,
)
_METHODS = frozenset(
    {
        SignatureMethod.RSA_SHA256,
        SignatureMethod.RSA_SHA384,
        SignatureMethod.RSA_SHA512,
        SignatureMethod.SHA256_RSA_MGF1,
        SignatureMethod.ECDSA_SHA256,
        SignatureMethod.ECDSA_SHA384,
    }
)
_DIGESTS = frozenset({DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512})


def read(octets: bytes) -> etree._Element:
    """Return the document in *octets*.

    It is UTF-8 and holds no declaration, comment, CDATA section or processing instruction: so
    there is no entity to expand, and no text that two parsers would join differently.

    Raises:
        UpstreamAnswerError: it is anything else, or larger and deeper than any answer.
    """
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError:
        unusable("the XML is not UTF-8")
    start = _PROLOGUE.match(text)
    body = text[start.end() if start else 0 :]
    if len(octets) > _LARGEST or "<!" in body or "<?" in body:
        unusable("the XML declares or hides something, or is too large")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False
    )
    try:
        root = etree.fromstring(body.encode(), parser)
    except etree.XMLSyntaxError:
        unusable("it is no XML")
    _measure(root)
    return root


def _measure(root: etree._Element) -> None:
    """Refuse what is larger than any answer, and an ID that stands twice."""
    seen: set[str] = set()
    for count, (depth, element) in enumerate(_walk(root)):
        if count > _MOST or depth > _DEEPEST:
            unusable("the XML is too large")
        for name in ("ID", "Id", "id"):
            mark = element.get(name)
            if mark is not None and (mark in seen or not mark):
                unusable("an ID stands twice")
            seen.add(mark or "")


def _walk(root: etree._Element) -> Iterator[tuple[int, etree._Element]]:
    waiting = [(0, root)]
    while waiting:
        depth, element = waiting.pop()
        yield depth, element
        waiting.extend((depth + 1, child) for child in element)


def is_signed(element: etree._Element) -> bool:
    """Say whether *element* bears a signature of its own."""
    return element.find(_DSIG) is not None


def signed(element: etree._Element, certificates: Sequence[Certificate]) -> etree._Element:
    """Return what one of *certificates* has signed of *element*, which must be all of it.

    The tree that is returned was made anew from the octets that the signature covers; whoever
    reads on reads nothing else (SAML Core §5.4, XML Signature Best Practices §2.1.4).

    Raises:
        UpstreamAnswerError: nobody of them signed it.
        UpstreamSetupError: the certificates are out of date.
    """
    if len(element.findall(_DSIG)) != 1:
        unusable("one signature is expected")
    octets = etree.tostring(element, with_tail=False)
    setup = SignatureConfiguration(
        location="./",
        signature_methods=_METHODS,
        digest_algorithms=_DIGESTS,
        verification_time=clock.now(),
    )
    stale = 0
    for certificate in certificates:
        try:
            result = XMLVerifier().verify(
                octets, x509_cert=certificate, id_attribute="ID", expect_config=setup
            )
        except InvalidCertificate:
            stale += 1
            continue
        except (SignXMLException, etree.LxmlError, ValueError, TypeError, AttributeError):
            continue
        found = None if isinstance(result, list) else result.signed_xml
        if found is not None and (found.tag, found.get("ID")) == (element.tag, element.get("ID")):
            return found
    if stale == len(certificates):
        raise UpstreamSetupError(detail="its certificates are out of date")
    raise UpstreamAnswerError(detail="the signature")


def only(element: etree._Element, name: str) -> etree._Element:
    """Return the one child called *name*.

    Raises:
        UpstreamAnswerError: there is none, or more than one.
    """
    found = element.findall(name)
    if len(found) != 1:
        unusable(f"{etree.QName(name).localname}: one is expected")
    return found[0]


def words(element: etree._Element | None) -> str:
    """Return the text of *element*, which holds nothing else; empty where there is no element.

    Raises:
        UpstreamAnswerError: it holds something else.
    """
    if element is None:
        return ""
    if len(element):
        unusable(f"{etree.QName(element).localname}: text is expected")
    return element.text or ""
