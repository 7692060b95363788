"""The clerk's desk: a question goes out as the provider wants it, and the receipt is not believed
unless it is the provider's, for this department, about this question.
"""

import json
import secrets
import time
from collections.abc import Iterator

import pytest
from flask import Flask, jsonify, request
from joserfc import jws
from joserfc.jwk import ECKey, KeySet
from werkzeug.serving import make_server

from sandbox.addresses import Country
from sandbox.department.agency import Agency, commitment
from sandbox.department.introduction import metadata
from sandbox.nation import Nation
from sandbox.people import everyone
from sandbox.phone import create_phone

CHEN = everyone()[0]
FORM = {
    "name": CHEN.name,
    "id_number": CHEN.id_number,
    "purpose": "benefits",
    "legal_basis": "consent",
}


class Office:
    """A provider's office for checks: real signatures, and a drawer of lies."""

    def __init__(self):
        self.key = ECKey.generate_key("P-256", {"kid": "1", "alg": "ES256"})
        self.signing = self.key
        self.asked, self.tokens = [], []
        self.lies, self.header, self.refusal = {}, {}, None
        app = Flask("office")
        app.post("/token")(self._token)
        app.get("/jwks")(lambda: KeySet([self.key]).as_dict(private=False))
        app.post("/verifications/real-name")(self._check)
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.issuer = f"http://127.0.0.1:{self.server.port}"

    def _token(self):
        self.tokens.append((request.authorization.username, request.form.to_dict()))
        return jsonify(access_token="opaque", expires_in=600)

    def _check(self):
        self.asked.append((dict(request.headers), request.get_json()))
        if self.refusal:
            return jsonify(self.refusal[1]), self.refusal[0]
        question = request.get_json()
        about = {k: v for k, v in question.items() if k in ("name", "id_number", "validity")}
        nonce = secrets.token_urlsafe(32)
        said = {
            "iss": self.issuer,
            "aud": "agency",
            "iat": int(time.time()),
            "result": "MATCH",
            "elements": list(about),
            "commitment": commitment(nonce, about),
        } | self.lies
        header = {"alg": "ES256", "kid": "1", "typ": "verification-receipt+jwt"} | self.header
        receipt = jws.serialize_compact(header, json.dumps(said).encode(), self.signing)
        return jsonify(result="MATCH", receipt=receipt, nonce=nonce)


@pytest.fixture
def office() -> Iterator[Office]:
    import threading

    here = Office()
    thread = threading.Thread(target=here.server.serve_forever, daemon=True)
    thread.start()
    yield here
    here.server.shutdown()
    here.server.server_close()
    thread.join(timeout=5)


@pytest.fixture
def clerk(office):
    agency = Agency(issuer=office.issuer, client_id="agency", secret="s")
    return create_phone(Country(), Nation(agency=agency)).test_client()


def lamps(page):
    return [
        page.split(f'id="{name}"')[0].rsplit("lamp ", 1)[1].split('"')[0]
        for name in ("genuine", "fits")
    ]


def test_a_question_goes_out_with_purpose_key_and_audience(clerk, office):
    page = clerk.post("/department", data=FORM).text

    (headers, question), (who, asked) = office.asked[0], office.tokens[0]
    assert question == FORM
    assert headers["Authorization"] == "Bearer opaque"
    assert len(headers["Idempotency-Key"]) >= 16
    assert (who, asked["scope"]) == ("agency", "verification:real-name")
    assert asked["resource"] == f"{office.issuer}/verifications"
    assert 'data-result="MATCH"' in page
    assert lamps(page) == ["good", "good"]


def test_each_question_has_a_key_of_its_own_and_shares_the_token(clerk, office):
    for _ in range(3):
        clerk.post("/department", data=FORM)

    assert len({headers["Idempotency-Key"] for headers, _ in office.asked}) == 3
    assert len(office.tokens) == 1


@pytest.mark.parametrize(("ends", "told"), [("2044-05-20", "2044-05-20"), ("", "long-term")])
def test_the_validity_of_a_card_may_be_asked_too(clerk, office, ends, told):
    clerk.post("/department", data=FORM | {"begins": "2024-05-20", "ends": ends})

    assert office.asked[0][1]["validity"] == {"begins": "2024-05-20", "ends": told}


def test_a_receipt_signed_by_somebody_else_is_not_believed(clerk, office):
    office.signing = ECKey.generate_key("P-256", {"kid": "1"})

    assert lamps(clerk.post("/department", data=FORM).text) == ["bad", "bad"]


@pytest.mark.parametrize("lie", [{"aud": "another"}, {"iss": "http://elsewhere"}], ids=str)
def test_a_receipt_for_another_department_is_not_believed(clerk, office, lie):
    office.lies = lie

    assert lamps(clerk.post("/department", data=FORM).text) == ["bad", "good"]


def test_a_token_of_another_kind_is_no_receipt(clerk, office):
    office.header = {"typ": "JWT"}

    assert lamps(clerk.post("/department", data=FORM).text) == ["bad", "good"]


def test_a_receipt_about_something_else_does_not_fit(clerk, office):
    office.lies = {"commitment": commitment("AAAA", {"name": "另一位"})}

    assert lamps(clerk.post("/department", data=FORM).text) == ["good", "bad"]


@pytest.mark.parametrize(
    ("refusal", "shown"),
    [
        ((503, {"error": "authority_unavailable"}), "Nothing was concluded"),
        ((403, {"error": "check_purpose_refused"}), "did not accept"),
        ((400, {"error": "check_input_invalid", "fields": {"id_number": "x"}}), 'id="id_number-f'),
        ((200, []), "cannot be reached"),
    ],
)
def test_a_refusal_is_said_kindly_and_keeps_what_was_entered(clerk, office, refusal, shown):
    office.refusal = refusal

    page = clerk.post("/department?lang=en", data=FORM).text

    assert shown in page
    assert CHEN.name in page
    assert 'id="verdict"' not in page


def test_a_demo_without_a_department_says_so():
    page = create_phone(Country()).test_client().post("/department?lang=en", data=FORM)

    assert page.status_code == 502
    assert "--reset" in page.text


def test_the_department_may_check_only_for_its_purposes():
    told = metadata(Country())

    assert told["scope"].split() == [
        f"verification:{what}" for what in ("real-name", "face", "alive")
    ]
    assert told["verification"]["faces"]["origins"] == [Country().phone]
    assert told["grant_types"] == ["client_credentials"]
    assert "benefits" in told["verification"]["purposes"]
