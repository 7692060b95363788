"""SAML: what is signed is what is read, and hostile documents cost nothing."""

import base64
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from pydantic import ValidationError

from federation.connectors import errors, saml
from federation.connectors.ports import Arrival
from sandbox.upstreams.saml_answers import BEARER, PERSISTENT, Answer
from sandbox.upstreams.xml_signatures import element, sign
from tests.unit.federation import saml_attacks

IDP, SP = "https://idp.example/saml", "https://id.example/saml"
HIGH = "urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI"
CALLBACK = "https://id.example/federation/one/callback"
REQUEST = "_question"
XENC = "http://www.w3.org/2001/04/xmlenc#"
XENC11 = "http://www.w3.org/2009/xmlenc11#"


def certificate(key, *, days=365):
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "idp")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=400))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


def pem(key):
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key.private_bytes(*form).decode()


@pytest.fixture(scope="module")
def idp():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def ours():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(scope="module")
def stranger():
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def options(idp):
    return {
        "issuer": IDP,
        "sso_url": "https://idp.example/sso",
        "slo_url": "https://idp.example/slo",
        "certificates": certificate(idp),
        "entity_id": SP,
        "attributes": {"real_name": "cn", "id_number": "idNumber", "phone": "mobile"},
        "levels": {HIGH: (3, 2)},
    }


@pytest.fixture
def provider(options, line):
    return saml.KIND.build(saml.Options(**options), line)


@pytest.fixture
def told():
    return Answer(
        issuer=IDP,
        audience=SP,
        recipient=CALLBACK,
        request_id=REQUEST,
        subject="p-1",
        now=time.time(),
        attributes={"displayName": "小陈", "cn": "陈雨桐", "idNumber": "n1", "mobile": "m1"},
    )


@pytest.fixture
def arrive(provider, flow):
    """Bring a document back."""

    def bring(document, method="POST", parameter="SAMLResponse", to=None, **further):
        octets = document if isinstance(document, bytes) else document.encode()
        packed = base64.b64encode(octets).decode()
        arrival = Arrival(parameters={parameter: packed}, method=method)
        asked = replace(flow, redirect_uri=CALLBACK, **further)
        return (to or provider).arrive(asked, {"id": REQUEST}, arrival)

    return bring


def refused(arrive, document, **further):
    begun = time.perf_counter()
    with pytest.raises(errors.UpstreamAnswerError):
        arrive(document, **further)
    assert time.perf_counter() - begun < 1


class TestTheQuestion:
    """What leaves us."""

    def question(self, departure):
        query = dict(parse_qsl(urlsplit(departure.url).query))
        octets = zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15)
        return etree.fromstring(octets), query

    def test_the_request_names_us_and_our_callback(self, provider, flow):
        departure = provider.depart(flow)

        asked, query = self.question(departure)
        assert asked.get("AssertionConsumerServiceURL") == flow.redirect_uri
        assert asked.get("ID") == departure.notes["id"]
        assert asked.findtext("{*}Issuer") == SP
        assert asked.get("Destination") == "https://idp.example/sso"
        assert query["RelayState"] == flow.state
        assert len(query["RelayState"].encode()) <= 80  # Bindings §3.4.3
        assert "Signature" not in query

    def test_with_a_key_the_query_is_signed_as_it_is_sent(self, options, line, flow, ours):
        provider = saml.KIND.build(saml.Options(**options, private_key=pem(ours)), line)

        sent, _, packed = urlsplit(provider.depart(flow).url).query.partition("&Signature=")

        assert sent.startswith("SAMLRequest=")
        assert [name for name, _ in parse_qsl(sent)] == ["SAMLRequest", "RelayState", "SigAlg"]
        signature = base64.b64decode(parse_qs(f"s={packed}")["s"][0])
        ours.public_key().verify(signature, sent.encode(), padding.PKCS1v15(), hashes.SHA256())

    def test_a_level_and_a_fresh_proof_are_asked_for(self, provider, flow):
        asked, _ = self.question(provider.depart(replace(flow, ial=3, afresh=True)))

        assert asked.get("ForceAuthn") == "true"
        assert asked.findtext(".//{*}AuthnContextClassRef") == HIGH

    def test_what_is_written_cannot_break_out(self, options, line, flow):
        odd = {**options, "entity_id": '<x y="&'}
        provider = saml.KIND.build(saml.Options(**odd), line)

        asked, _ = self.question(provider.depart(replace(flow, redirect_uri='https://x/"><a b="')))

        assert asked.findtext("{*}Issuer") == '<x y="&'
        assert asked.get("AssertionConsumerServiceURL") == 'https://x/"><a b="'


class TestTheAnswer:
    """What comes back."""

    @pytest.mark.parametrize("place", ["assertion", "response", "both"])
    def test_a_person_is_read_where_either_is_signed(self, arrive, told, idp, place):
        inner = told.assertion(idp if place != "response" else None)
        document = told.response(inner, key=idp if place != "assertion" else None)

        person = arrive(document)

        assert (person.subject, person.display_name) == ("p-1", "小陈")
        assert (person.real_name, person.id_number, person.phone) == ("陈雨桐", "n1", "m1")
        assert (person.ial, person.aal) == (1, 1)
        assert abs(person.auth_time - told.now) < 2

    def test_the_context_tells_the_levels(self, arrive, told, idp):
        person = arrive(told.response(replace(told, context=HIGH).assertion(idp)))

        assert (person.ial, person.aal) == (3, 2)

    def test_an_attribute_may_be_the_subject(self, arrive, told, idp, options, line):
        names = {**options["attributes"], "subject": "displayName"}
        provider = saml.KIND.build(saml.Options(**(options | {"attributes": names})), line)

        transient = replace(told, name_format="urn:oasis:names:tc:SAML:2.0:nameid-format:transient")
        assert arrive(told.response(transient.assertion(idp)), to=provider).subject == "小陈"

    def test_either_of_two_certificates_will_do(self, arrive, told, idp, stranger, options, line):
        both = certificate(stranger) + certificate(idp)
        provider = saml.KIND.build(saml.Options(**(options | {"certificates": both})), line)

        assert arrive(told.response(told.assertion(idp)), to=provider).subject == "p-1"

    @pytest.mark.parametrize(
        "wrong",
        [
            {"issuer": "https://other.example"},
            {"issuer": IDP + " "},
            {"audience": "https://other.example"},
            {"recipient": "https://id.example/federation/two/callback"},
            {"request_id": "_another"},
            {"request_id": ""},
            {"subject": ""},
            {"name_format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"},
            {"name_format": ""},
            {"now": time.time() - 3600},
            {"now": time.time() + 3600},
            {"life": -60},
        ],
        ids="-".join,
    )
    def test_another_answer_signs_nobody_in(self, arrive, told, idp, wrong):
        refused(arrive, told.response(replace(told, **wrong).assertion(idp)))

    def test_a_fresh_proof_must_be_fresh(self, arrive, told, idp):
        before = replace(told, now=time.time() - 200, life=600)
        document = told.response(before.assertion(idp))

        assert arrive(document).subject == "p-1"
        refused(arrive, document, afresh=True)

    def test_a_replay_answers_no_other_question(self, provider, told, idp, flow):
        """One-time by InResponseTo: the next journey asks under another id."""
        packed = base64.b64encode(told.response(told.assertion(idp)).encode()).decode()
        arrival = Arrival(parameters={"SAMLResponse": packed}, method="POST")
        asked = replace(flow, redirect_uri=CALLBACK)
        provider.arrive(asked, {"id": REQUEST}, arrival)

        ids = {provider.depart(flow).notes["id"] for _ in range(20)}
        assert len(ids) == 20
        with pytest.raises(errors.UpstreamAnswerError):
            provider.arrive(asked, {"id": ids.pop()}, arrival)

    @pytest.mark.parametrize(
        ("status", "kind"),
        [
            (("Responder", "AuthnFailed"), errors.UpstreamDeniedError),
            (("Responder", "RequestDenied"), errors.UpstreamDeniedError),
            (("Requester",), errors.UpstreamSetupError),
            (("Responder",), errors.UpstreamAwayError),
            (("Odd",), errors.UpstreamCodeError),
        ],
    )
    def test_a_status_that_is_no_success_says_why(self, arrive, told, idp, status, kind):
        for inner in ("", told.assertion(idp)):
            with pytest.raises(errors.UpstreamError) as caught:
                arrive(told.response(inner, status=status))
            assert type(caught.value) is kind

    @pytest.mark.parametrize("tampered", [("p-1", "p-2"), ("陈雨桐", "周明远")])
    def test_a_changed_letter_breaks_the_signature(self, arrive, told, idp, tampered):
        refused(arrive, told.response(told.assertion(idp)).replace(*tampered))

    def test_a_certificate_out_of_date_is_a_fault_of_the_setup(
        self, arrive, told, idp, options, line
    ):
        old = options | {"certificates": certificate(idp, days=-1)}
        provider = saml.KIND.build(saml.Options(**old), line)

        with pytest.raises(errors.UpstreamSetupError):
            arrive(told.response(told.assertion(idp)), to=provider)

    def test_by_redirect_nothing_is_taken(self, arrive, told, idp):
        refused(arrive, told.response(told.assertion(idp)), method="GET")
        refused(arrive, "", parameter="SAMLart")

    def test_conditions_that_nobody_knows_do_not_hold(self, arrive, told, idp):
        odd = told.assertion(None).replace(
            "<saml:AudienceRestriction>", "<saml:Condition/><saml:AudienceRestriction>"
        )
        canonical = odd.replace("<saml:Condition/>", "<saml:Condition></saml:Condition>")
        document = told.response(sign(canonical, told.mark, "</saml:Issuer>", idp))
        refused(arrive, document)


class TestSignatures:
    """Nothing unsigned is read."""

    def test_an_unsigned_answer_signs_nobody_in(self, arrive, told):
        refused(arrive, told.response(told.assertion(None)))

    def test_a_strangers_signature_is_none_even_with_the_certificate_along(
        self, arrive, told, stranger
    ):
        held = "".join(certificate(stranger).splitlines()[1:-1])

        refused(arrive, told.response(told.assertion(stranger, held)))

    @pytest.mark.parametrize("attack", saml_attacks.ON_ASSERTIONS, ids=lambda a: a.__name__)
    def test_wrapping_a_signed_assertion(self, arrive, told, idp, attack):
        document = attack(etree.fromstring(told.response(told.assertion(idp))))

        octets = etree.tostring(document)
        assert saml_attacks.EVIL.encode() in octets
        refused(arrive, octets)

    @pytest.mark.parametrize("attack", saml_attacks.ON_RESPONSES, ids=lambda a: a.__name__)
    def test_wrapping_a_signed_response(self, arrive, told, idp, attack):
        document = attack(etree.fromstring(told.response(told.assertion(None), key=idp)))

        octets = etree.tostring(document)
        assert saml_attacks.EVIL.encode() in octets
        refused(arrive, octets)

    def test_a_signature_of_a_part_signs_the_part_alone(self, arrive, told, idp):
        """The issuer's own element is signed, and the assertion around it is not."""
        spaces = {"saml": "urn:oasis:names:tc:SAML:2.0:assertion"}
        part = element("saml:Issuer", {"ID": "_part"}, "x", spaces=spaces)
        signature = sign(part, "_part", ">x", idp).removeprefix(part[: part.index(">x") + 2])
        signature = signature.removesuffix("</saml:Issuer>")
        issuer = element("saml:Issuer", {}, IDP)
        forged = told.assertion(None).replace(issuer, issuer + signature, 1)

        refused(arrive, told.response(forged + part))

    @pytest.mark.parametrize(
        ("good", "weak"),
        [
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
             "http://www.w3.org/2000/09/xmldsig#rsa-sha1"),
            ("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
             "http://www.w3.org/2000/09/xmldsig#hmac-sha1"),
            ("http://www.w3.org/2001/04/xmlenc#sha256", "http://www.w3.org/2000/09/xmldsig#sha1"),
        ],
    )  # fmt: skip
    def test_weak_algorithms_are_refused(self, arrive, told, idp, good, weak):
        refused(arrive, told.response(told.assertion(idp)).replace(good, weak))

    def test_two_signatures_or_two_assertions_are_refused(self, arrive, told, idp):
        one = told.assertion(idp)
        other = replace(told, mark="_other").assertion(idp)

        refused(arrive, told.response(one + other))
        refused(arrive, told.response(one + one))


class TestHostileDocuments:
    """Each is refused at once; the worker lives."""

    @pytest.mark.parametrize(
        "document",
        [
            b"",
            b"\x00" * 10,
            b"{}",
            b"<a>",
            b"<a/><b/>",
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            b'<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/">%x;]><a/>',
            (
                b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'
                b"<a>&c;</a>"
            ),
            b'<?xml version="1.0" encoding="utf-16"?><a/>',
            '<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"),
            b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>',
            b'<?xml-stylesheet href="x"?><a/>',
            b"<a><![CDATA[x]]></a>",
            b"<a>" * 5000 + b"</a>" * 5000,
            b"<a>" + b"<b/>" * 20_000 + b"</a>",
            b"<a>" + b"x" * 200_000 + b"</a>",
            b"<a " + b" ".join(b'b%d="1"' % n for n in range(3000)) + b"/>",
            zlib.compress(b"<a>" + b" " * 50_000_000 + b"</a>"),
        ],
        ids=range(19),
    )
    def test_what_is_no_plain_document_is_refused(self, arrive, document):
        refused(arrive, document)

    def test_a_comment_in_the_name_is_refused_and_does_not_cut_it(self, arrive, told, idp):
        """CVE-2017-11427 and its kin: the canonical form drops comments, text APIs stop at them."""
        victim = replace(told, subject="victim@example.mallory")
        document = told.response(victim.assertion(idp))

        refused(arrive, document.replace("victim@example", "victim@example<!-- -->"))

    def test_elements_in_the_name_are_refused(self, arrive, told, idp):
        document = told.response(told.assertion(None), key=None)

        refused(arrive, document.replace(">p-1<", "><b>p-1</b><"))

    @pytest.mark.parametrize("packed", ["!!!", "a", "é", "AAAA\x00", "=" * 40])
    def test_what_is_no_base64_is_refused(self, provider, flow, packed):
        arrival = Arrival(parameters={"SAMLResponse": packed}, method="POST")

        with pytest.raises(errors.UpstreamAnswerError):
            provider.arrive(flow, {"id": REQUEST}, arrival)


class TestEncryption:
    """AES-GCM under RSA-OAEP; the rest is refused."""

    @pytest.fixture
    def provider(self, options, line, ours):
        return saml.KIND.build(saml.Options(**options, private_key=pem(ours)), line)

    def encrypted(self, assertion, key, cipher="aes256-gcm", wrap=None, method="rsa-oaep-mgf1p"):
        secret, nonce = b"k" * 32, b"n" * 12
        sealed = nonce + AESGCM(secret).encrypt(nonce, assertion.encode(), None)
        wrap = wrap or padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
        wrapped = key.public_key().encrypt(secret, wrap)
        inner = self.part("EncryptedKey", XENC + method, wrapped)
        inner = inner.replace(f' xmlns:x="{XENC}"', "")  # canonical: the data declare it already
        info = f'<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#">{inner}</ds:KeyInfo>'
        data = self.part("EncryptedData", XENC11 + cipher, sealed, info)
        space = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
        return f"<saml:EncryptedAssertion {space}>{data}</saml:EncryptedAssertion>"

    def part(self, name, algorithm, octets, info=""):
        value = base64.b64encode(octets).decode()
        return (
            f'<x:{name} xmlns:x="{XENC}">'
            f'<x:EncryptionMethod Algorithm="{algorithm}"></x:EncryptionMethod>'
            f"{info}<x:CipherData><x:CipherValue>{value}</x:CipherValue></x:CipherData></x:{name}>"
        )

    def test_a_signed_assertion_is_opened_and_read(self, arrive, told, idp, ours):
        assert arrive(told.response(self.encrypted(told.assertion(idp), ours))).subject == "p-1"

    def test_so_is_one_in_a_signed_response(self, arrive, told, idp, ours):
        document = told.response(self.encrypted(told.assertion(None), ours), key=idp)

        assert arrive(document).subject == "p-1"

    def test_encryption_is_no_signature(self, arrive, told, ours, stranger):
        """Anybody has our public key."""
        refused(arrive, told.response(self.encrypted(told.assertion(None), ours)))
        refused(arrive, told.response(self.encrypted(told.assertion(stranger), ours)))

    def test_hostile_plaintext_is_refused_as_well(self, arrive, told, idp, ours):
        inside = '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'

        refused(arrive, told.response(self.encrypted(inside, ours), key=idp))

    def test_other_ciphers_and_wraps_are_refused(self, arrive, told, idp, ours):
        good = told.assertion(idp)

        refused(arrive, told.response(self.encrypted(good, ours, cipher="aes256-cbc")))
        refused(arrive, told.response(self.encrypted(good, ours, method="rsa-1_5")))
        refused(arrive, told.response(self.encrypted(good, ours, wrap=padding.PKCS1v15())))

    def test_for_somebody_else_it_stays_closed(self, arrive, told, idp, stranger):
        refused(arrive, told.response(self.encrypted(told.assertion(idp), stranger)))

    def test_without_a_key_nothing_is_opened(self, arrive, told, idp, ours, options, line):
        provider = saml.KIND.build(saml.Options(**options), line)

        refused(arrive, told.response(self.encrypted(told.assertion(idp), ours)), to=provider)


class TestTheRest:
    """Sign-out, probes and what operators may write."""

    def test_sign_out_names_the_session(self, options, line, ours, arrive, told, idp):
        provider = saml.KIND.build(saml.Options(**options, private_key=pem(ours)), line)
        person = arrive(told.response(told.assertion(idp)), to=provider)

        url = provider.leave(person.session, "https://id.example/")

        query = dict(parse_qsl(urlsplit(url).query))
        asked = etree.fromstring(zlib.decompress(base64.b64decode(query["SAMLRequest"]), -15))
        assert etree.QName(asked).localname == "LogoutRequest"
        assert asked.findtext("{*}NameID") == "p-1"
        assert asked.find("{*}NameID").get("Format") == PERSISTENT
        assert asked.findtext("{*}SessionIndex") == person.session["session_index"] != ""
        assert query["Signature"]

    def test_without_a_key_or_an_address_there_is_no_sign_out(self, provider):
        assert provider.leave({"name_id": "p-1"}, "https://id.example/") is None

    def metadata(self, key, entity=IDP):
        held = "".join(certificate(key).splitlines()[1:-1])
        return (
            f'<md:EntityDescriptor xmlns:md="urn:x" entityID="{entity}">'
            f'<d:X509Certificate xmlns:d="u">'
            f"{held}</d:X509Certificate></md:EntityDescriptor>"
        ).encode()

    def test_a_probe_sees_keys_that_have_changed(self, options, line, script, idp, stranger):
        known = {**options, "metadata_url": "https://idp.example/metadata"}
        provider = saml.KIND.build(saml.Options(**known), line)
        held = "".join(options["certificates"].splitlines()[1:-1])
        good = self.metadata(idp).replace(
            "".join(certificate(idp).splitlines()[1:-1]).encode(), held.encode()
        )
        script.says("/metadata", good)
        script.says("/metadata", self.metadata(stranger))
        script.says("/metadata", self.metadata(idp, entity="https://other.example"))
        script.says("/metadata", b"<html>", status=404)

        provider.probe()
        for _ in range(3):
            with pytest.raises(errors.UpstreamSetupError):
                provider.probe()

    @pytest.mark.parametrize(
        "wrong", [{"certificates": "none"}, {"private_key": "none"}, {"sso_url": "javascript:x"}]
    )
    def test_options_that_are_none_are_refused(self, options, wrong):
        with pytest.raises(ValidationError):
            saml.Options(**(options | wrong))

    def test_a_bearer_is_what_is_confirmed(self, arrive, told, idp):
        other = told.assertion(None).replace(BEARER, BEARER.replace("bearer", "sender-vouches"))
        refused(arrive, told.response(sign(other, told.mark, "</saml:Issuer>", idp)))
