"""Any SAML 2.0 identity provider: a request by redirect, a signed assertion by POST."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509 import Certificate, load_pem_x509_certificates
from lxml import etree
from pydantic import Field, SecretStr, field_validator

from config.schema import Room
from federation.connectors.errors import (
    UpstreamAnswerError,
    UpstreamAwayError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.saml_assertion import PERSISTENT, Question, Told, answer
from federation.connectors.saml_encryption import opened
from federation.connectors.saml_requests import new_id, redirect, sign_in, sign_out
from federation.connectors.saml_xml import A, P, is_signed, only, read, signed
from federation.connectors.saml_xml import words as text_in
from federation.connectors.upstream import UpstreamIdentity

_STATUS = "urn:oasis:names:tc:SAML:2.0:status:"
_OK = 200
_LEAST_BITS = 2048
_REFUSALS: Mapping[str, type[UpstreamError]] = {
    "AuthnFailed": UpstreamDeniedError,
    "RequestDenied": UpstreamDeniedError,
    "NoAuthnContext": UpstreamDeniedError,
    "NoPassive": UpstreamDeniedError,
    "UnknownPrincipal": UpstreamDeniedError,
    "Requester": UpstreamSetupError,
    "VersionMismatch": UpstreamSetupError,
    "Responder": UpstreamAwayError,
}


class AttributeNames(Room):
    """The attributes under which a provider tells what; an empty one is not believed."""

    subject: str = Field(
        default="", description="Names a person for good; empty: the persistent NameID."
    )
    display_name: str = Field(default="displayName", description="What a page may call them.")
    real_name: str = Field(default="", description="The legal name.")
    id_number: str = Field(default="", description="The ID number.")
    phone: str = Field(default="", description="The phone, verified by the provider.")


class Options(Room):
    """Our registration at the provider, and how its words are read."""

    issuer: str = Field(min_length=1, description="Its entity id, byte for byte.")
    sso_url: str = Field(pattern=r"^https?://", description="Its sign-in address (redirect).")
    slo_url: str = Field(default="", description="Its sign-out address (redirect), if any.")
    metadata_url: str = Field(default="", description="Its metadata: looked at by probes alone.")
    certificates: str = Field(description="What it signs with: PEM, one after another.")
    entity_id: str = Field(min_length=1, description="Who we are there.")
    private_key: SecretStr = Field(
        default=SecretStr(""), description="Our RSA key (PEM): signs requests, opens assertions."
    )
    attributes: AttributeNames = Field(default=AttributeNames(), description="Where it tells what.")
    levels: dict[str, tuple[int, int]] = Field(
        default_factory=dict,
        description="Its context classes, each with our identity and authenticator level.",
    )

    @field_validator("certificates")
    @classmethod
    def _are_certificates(cls, told: str) -> str:
        load_pem_x509_certificates(told.encode())
        return told

    @field_validator("private_key")
    @classmethod
    def _is_a_key(cls, told: SecretStr) -> SecretStr:
        _private_key(told)
        return told


class Saml:
    """Speaks SAML as the service provider in *options*."""

    kind = "saml"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._certificates: Sequence[Certificate] = load_pem_x509_certificates(
            options.certificates.encode()
        )
        self._key = _private_key(options.private_key)

    def depart(self, flow: Flow) -> Departure:
        """Write the request, and remember its id: the answer must name it."""
        request_id, options = new_id(), self._options
        higher = flow.ial > 1 or flow.aal > 1
        fit = (n for n, (ial, aal) in options.levels.items() if ial >= flow.ial and aal >= flow.aal)
        message = sign_in(
            request_id,
            issuer=options.entity_id,
            url=options.sso_url,
            callback=flow.redirect_uri,
            contexts=tuple(fit) if higher else (),
            afresh=flow.afresh,
        )
        url = redirect(options.sso_url, message, flow.state, self._key)
        return Departure(url=url, notes={"id": request_id})

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Read the assertion, as far as it is signed.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        packed = arrival.parameters.get("SAMLResponse")
        if not packed or arrival.method != "POST":
            unusable("a SAMLResponse by POST is expected")
        try:
            octets = b64decode("".join(packed.split()), validate=True)
        except (binascii.Error, ValueError):
            unusable("SAMLResponse is no base64")
        question = Question(
            request_id=notes["id"],
            issuer=self._options.issuer,
            audience=self._options.entity_id,
            recipient=flow.redirect_uri,
            afresh=flow.afresh,
        )
        return self._identity(answer(self._assertion(read(octets), question), question))

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return the provider's sign-out; back come people where it knows that we want them.

        SAML has no address in the request to return to: that one is in our registration there.
        """
        options = self._options
        if not options.slo_url or self._key is None or not session.get("name_id"):
            return None
        message = sign_out(session, issuer=options.entity_id, url=options.slo_url)
        return redirect(options.slo_url, message, "", self._key)

    def probe(self) -> None:
        """See that it answers and, where its metadata is known, that we know how it signs.

        Raises:
            UpstreamError: it is away, or signs by other keys than ours.
        """
        if not self._options.metadata_url:
            self._line.get(self._options.sso_url)
            return
        found = self._line.get(self._options.metadata_url)
        if found.status != _OK:
            raise UpstreamSetupError(detail=f"metadata: HTTP {found.status}")
        try:
            root = read(found.body)
        except UpstreamAnswerError:
            raise UpstreamSetupError(detail="the metadata are none") from None
        published = {
            "".join((e.text or "").split()) for e in root.iterfind(".//{*}X509Certificate")
        }
        ours = {
            b64encode(certificate.public_bytes(Encoding.DER)).decode()
            for certificate in self._certificates
        }
        if root.get("entityID") != self._options.issuer or not ours & published:
            raise UpstreamSetupError(detail="the metadata are another's, or of other keys")

    def _assertion(self, response: etree._Element, question: Question) -> etree._Element:
        """Return the one assertion, out of what is signed: the response around it, or itself."""
        if response.tag != f"{P}Response":
            unusable("it is no Response")
        _is_of_this_request(response, question)
        whole = is_signed(response)
        if whole:
            response = signed(response, self._certificates)
            _is_of_this_request(response, question)
        _is_alone(response)
        found = response.find(f"{A}Assertion")
        if found is None:
            found = opened(only(response, f"{A}EncryptedAssertion"), self._key)
        return found if whole else signed(found, self._certificates)

    def _identity(self, told: Told) -> UpstreamIdentity:
        names = self._options.attributes
        subject = told.name_id
        if names.subject:
            subject = _first(told, names.subject)
        elif told.name_format != PERSISTENT:
            unusable("the NameID is not persistent")
        if not subject:
            unusable("the subject is missing")
        ial, aal = self._options.levels.get(told.context, (1, 1))
        phone = _first(told, names.phone)
        return UpstreamIdentity(
            subject=subject,
            display_name=_first(told, names.display_name),
            real_name=_first(told, names.real_name) or None,
            id_number=_first(told, names.id_number) or None,
            phone=phone or None,
            phone_verified=bool(phone),
            ial=ial,
            aal=aal,
            auth_time=told.authenticated,
            session={
                "name_id": told.name_id,
                "name_format": told.name_format,
                "session_index": told.session_index,
            },
        )


def _is_of_this_request(response: etree._Element, question: Question) -> None:
    """See whose answer it is, to what, and that it says yes."""
    issuer = response.find(f"{A}Issuer")
    faults = (
        ("Version", response.get("Version") != "2.0"),
        ("InResponseTo", response.get("InResponseTo") != question.request_id),
        ("Destination", response.get("Destination", question.recipient) != question.recipient),
        ("Issuer", issuer is not None and text_in(issuer) != question.issuer),
    )
    for name, wrong in faults:
        if wrong:
            unusable(f"the response: {name}")
    codes = [code.get("Value", "") for code in only(response, f"{P}Status").iter(f"{P}StatusCode")]
    if codes[:1] == [f"{_STATUS}Success"]:
        return
    for code in reversed(codes):  # the second, where there is one, says more
        refusal = _REFUSALS.get(code.removeprefix(_STATUS))
        if refusal is not None:
            raise refusal(detail=code.removeprefix(_STATUS))
    raise UpstreamCodeError(detail="a status that is no success")


def _is_alone(response: etree._Element) -> None:
    """See that there is one assertion, in its place: no other could be taken for it."""
    kinds = (f"{A}Assertion", f"{A}EncryptedAssertion")
    anywhere = [element for element in response.iter() if element.tag in kinds]
    if len(anywhere) != 1 or anywhere[0].getparent() is not response:
        unusable("one assertion is expected")
    if sum(1 for _ in response.iter(f"{P}Response")) != 1:
        unusable("one response is expected")


def _first(told: Told, name: str) -> str:
    """Return the only value of an attribute; several would leave open which is meant."""
    values = told.attributes.get(name, ()) if name else ()
    if len(values) > 1:
        unusable("an attribute of several values")
    return values[0] if values else ""


def _private_key(told: SecretStr) -> RSAPrivateKey | None:
    pem = told.get_secret_value()
    if not pem:
        return None
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_BITS:
        raise ValueError("must be an RSA key of 2048 bits or more")
    return key


KIND = Kind(
    name=Saml.kind,
    title="SAML 2.0",
    title_zh="SAML 2.0",
    standing=Standing.STANDARD,
    options=Options,
    build=Saml,
    icon="house",
    state_parameter="RelayState",
    ial=4,
)
