"""What an assertion must say to be the answer to our question, and what it says of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lxml import etree

from federation.connectors.line import unusable
from federation.connectors.saml_xml import A, only, words
from idp import clock

PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_LATE, _EARLY = 30, 60  # seconds a clock may run behind ours, and ahead
_KNOWN_CONDITIONS = frozenset({f"{A}AudienceRestriction", f"{A}OneTimeUse", f"{A}ProxyRestriction"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What an assertion has to answer."""

    request_id: str
    issuer: str
    audience: str
    recipient: str
    afresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an assertion says, read after every check."""

    name_id: str = field(repr=False)
    name_format: str
    attributes: Mapping[str, Sequence[str]] = field(repr=False)
    context: str
    authenticated: int
    session_index: str = field(repr=False)


def answer(assertion: etree._Element, question: Question) -> Told:
    """Return what *assertion* tells.

    That it is good once needs no list of assertions seen: it answers one request (InResponseTo),
    and the journey of that request is claimed once.

    Raises:
        UpstreamAnswerError: it answers another question, another house, or at another time.
    """
    if assertion.get("Version") != "2.0" or not assertion.get("ID"):
        unusable("the assertion: Version or ID")
    if words(only(assertion, f"{A}Issuer")) != question.issuer:
        unusable("the assertion: Issuer")
    subject = only(assertion, f"{A}Subject")
    _is_confirmed(subject, question)
    _is_for_us(only(assertion, f"{A}Conditions"), question)
    name = only(subject, f"{A}NameID")
    if name.get("SPNameQualifier", question.audience) != question.audience:
        unusable("the assertion: SPNameQualifier")
    statement = only(assertion, f"{A}AuthnStatement")
    shown = _moment(statement, "AuthnInstant")
    ends = (
        _moment(statement, "SessionNotOnOrAfter")
        if "SessionNotOnOrAfter" in statement.attrib
        else None
    )
    now = clock.epoch()
    if shown > now + _EARLY or (ends is not None and ends + _LATE <= now):
        unusable("the assertion: AuthnStatement")
    if question.afresh and now - shown > _LATE + _EARLY:
        unusable("the assertion: AuthnInstant")
    context = only(statement, f"{A}AuthnContext").find(f"{A}AuthnContextClassRef")
    return Told(
        name_id=words(name),
        name_format=name.get("Format", ""),
        attributes=_attributes(assertion),
        context=words(context).strip(),
        authenticated=shown,
        session_index=statement.get("SessionIndex", ""),
    )


def _is_confirmed(subject: etree._Element, question: Question) -> None:
    """See that whoever brings it may, to us, now, and for this request (Profiles §4.1.4.2)."""
    for confirmation in subject.findall(f"{A}SubjectConfirmation"):
        data = confirmation.find(f"{A}SubjectConfirmationData")
        if confirmation.get("Method") == _BEARER and data is not None:
            fits = (
                data.get("Recipient") == question.recipient,
                data.get("InResponseTo") == question.request_id,
                _is_now(data, must_end=True),
            )
            if all(fits):
                return
    unusable("the assertion: SubjectConfirmation")


def _is_for_us(conditions: etree._Element, question: Question) -> None:
    """See that every condition holds; one that we do not understand does not (Core §2.5.1)."""
    if not _is_now(conditions, must_end=False):
        unusable("the assertion: Conditions")
    if any(condition.tag not in _KNOWN_CONDITIONS for condition in conditions):
        unusable("the assertion: an unknown condition")
    restrictions = conditions.findall(f"{A}AudienceRestriction")
    for restriction in restrictions:
        named = [words(audience) for audience in restriction.findall(f"{A}Audience")]
        if question.audience not in named:
            unusable("the assertion: Audience")
    if not restrictions:
        unusable("the assertion: Audience")


def _is_now(element: etree._Element, *, must_end: bool) -> bool:
    now = clock.epoch()
    begins = "NotBefore" not in element.attrib or _moment(element, "NotBefore") <= now + _EARLY
    if "NotOnOrAfter" not in element.attrib:
        return begins and not must_end
    return begins and _moment(element, "NotOnOrAfter") + _LATE > now


def _moment(element: etree._Element, name: str) -> int:
    """Return an instant, which must say that it is UTC (Core §1.3.3)."""
    told = element.get(name, "")
    try:
        found = datetime.fromisoformat(told)
    except ValueError:
        unusable(f"the assertion: {name}")
    if found.tzinfo is None:
        unusable(f"the assertion: {name}")
    return int(found.timestamp())


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for element in assertion.iterfind(f"{A}AttributeStatement/{A}Attribute"):
        name = element.get("Name", "")
        if not name or name in found:
            unusable("the assertion: an attribute twice")
        values = element.findall(f"{A}AttributeValue")
        found[name] = tuple(words(value) if not len(value) else "" for value in values)
    return found
