"""What a SAML provider answers: a Response around an assertion, in the canonical form to sign."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from sandbox.upstreams.xml_signatures import element, sign, text

ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic"
STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"
LIFE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, every part of which may be told wrongly; *now* is in seconds since 1970."""

    issuer: str
    audience: str
    recipient: str
    request_id: str
    subject: str
    now: float
    attributes: Mapping[str, str] = field(default_factory=dict)
    name_format: str = PERSISTENT
    context: str = PASSWORD
    life: float = LIFE
    mark: str = field(default_factory=lambda: f"_{secrets.token_hex(16)}")

    @property
    def issued(self) -> str:
        return _instant(self.now)

    def assertion(self, key: RSAPrivateKey | None, certificate: str = "") -> str:
        """Return the assertion, signed where there is a *key*."""
        ends = _instant(self.now + self.life)
        issuer = element("saml:Issuer", {}, text(self.issuer))
        written = element(
            "saml:Assertion",
            {"ID": self.mark, "IssueInstant": self.issued, "Version": "2.0"},
            issuer,
            self._subject(ends),
            self._conditions(ends),
            self._statement(),
            self._attributes(),
            spaces={"saml": ASSERTION},
        )
        return sign(written, self.mark, issuer, key, certificate) if key else written

    def response(
        self, inside: str, status: tuple[str, ...] = ("Success",), key: RSAPrivateKey | None = None
    ) -> str:
        """Return the response around *inside*, itself signed where there is a *key*."""
        mark = f"_{secrets.token_hex(16)}"
        issuer = element("saml:Issuer", {}, text(self.issuer), spaces={"saml": ASSERTION})
        code = ""
        for word in reversed(status):
            code = element("samlp:StatusCode", {"Value": STATUS + word}, code)
        attributes = {
            "Destination": self.recipient,
            "ID": mark,
            "InResponseTo": self.request_id,
            "IssueInstant": self.issued,
            "Version": "2.0",
        }
        told = (issuer, element("samlp:Status", {}, code), inside)
        written = element("samlp:Response", attributes, *told, spaces={"samlp": PROTOCOL})
        return sign(written, mark, issuer, key) if key else written

    def _subject(self, ends: str) -> str:
        told = {
            "InResponseTo": self.request_id,
            "NotOnOrAfter": ends,
            "Recipient": self.recipient,
        }
        data = element("saml:SubjectConfirmationData", told)
        name = element("saml:NameID", {"Format": self.name_format}, text(self.subject))
        confirmed = element("saml:SubjectConfirmation", {"Method": BEARER}, data)
        return element("saml:Subject", {}, name, confirmed)

    def _conditions(self, ends: str) -> str:
        audience = element("saml:Audience", {}, text(self.audience))
        period = {"NotBefore": self.issued, "NotOnOrAfter": ends}
        return element("saml:Conditions", period, element("saml:AudienceRestriction", {}, audience))

    def _statement(self) -> str:
        context = element("saml:AuthnContextClassRef", {}, text(self.context))
        told = {"AuthnInstant": self.issued, "SessionIndex": f"s{self.mark[1:9]}"}
        return element("saml:AuthnStatement", told, element("saml:AuthnContext", {}, context))

    def _attributes(self) -> str:
        if not self.attributes:
            return ""
        return element(
            "saml:AttributeStatement",
            {},
            *(
                element(
                    "saml:Attribute",
                    {"Name": name, "NameFormat": BASIC},
                    element("saml:AttributeValue", {}, text(value)),
                )
                for name, value in self.attributes.items()
            ),
        )


def _instant(moment: float) -> str:
    return f"{datetime.fromtimestamp(int(moment), UTC):%Y-%m-%dT%H:%M:%SZ}"
