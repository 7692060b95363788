"""The department's page for face scans: the provider's component, and what is believed of it."""

import pytest

from sandbox.addresses import Country
from sandbox.department.agency import AgencyError, Answer
from sandbox.nation import Nation
from sandbox.people import everyone
from sandbox.phone import create_phone

CHEN = everyone()[0]
FORM = {"name": CHEN.name, "id_number": CHEN.id_number}
ISSUER = "https://id.example"


class Agency:
    """Answers as the provider would, and remembers what it was asked."""

    issuer = ISSUER

    def __init__(self):
        self.asked, self.result, self.fails = [], "MATCH", None

    def _answer(self):
        if self.fails:
            raise AgencyError(self.fails)
        return Answer(verdict={"result": self.result}, receipt={}, genuine=True, fits=True)

    def order_scan(self, question):
        self.asked.append(question)
        if self.fails:
            raise AgencyError(self.fails)
        return {"scan_id": "5ca9", "ticket": "5ca9.1.mac", "capture_url": f"{ISSUER}/face/check/x"}

    def fetch(self, scan_id, question):
        self.asked.append((scan_id, question))
        return self._answer()

    def ask_alive(self, question):
        self.asked.append(question)
        return self._answer()


@pytest.fixture
def agency():
    return Agency()


@pytest.fixture
def citizen(agency):
    return create_phone(Country(), Nation(agency=agency)).test_client()


def test_the_page_embeds_the_component_and_lets_it_speak_to_the_provider_alone(citizen, agency):
    """The ticket goes to the component; the policy names the provider, and no other stranger."""
    page = citizen.post("/department/face", data=FORM)

    assert '<face-scan id="face-scan" ticket="5ca9.1.mac"' in page.text
    assert f'endpoint="{ISSUER}/face"' in page.text
    policy = page.headers["Content-Security-Policy"]
    for directive in ("script-src", "style-src", "connect-src"):
        assert f"{directive} 'self' {ISSUER};" in policy
    assert agency.asked[0]["origin"] == "http://localhost"
    assert ISSUER not in citizen.get("/department").headers["Content-Security-Policy"]


def test_the_verdict_is_the_back_ends(citizen, agency):
    citizen.post("/department/face", data=FORM)

    page = citizen.post("/department/face/verdict", data={"scan_id": "5ca9", "result": "MATCH"})

    assert agency.asked[-1] == ("5ca9", FORM)
    assert 'data-result="MATCH"' in page.text


@pytest.mark.parametrize("code", ["face_scan_running", "face_verdict_fetched", "odd"])
def test_a_verdict_that_is_not_there_is_told(citizen, agency, code):
    citizen.post("/department/face", data=FORM)
    agency.fails = code

    page = citizen.post("/department/face/verdict", data={"scan_id": "5ca9"})

    assert page.status_code == 502
    assert code in page.text


def test_who_prefers_it_is_scanned_at_the_providers(citizen, agency):
    """There by redirect and back by the registered address; the verdict is fetched then."""
    there = citizen.post("/department/face", data=FORM | {"elsewhere": "1"})
    back = citizen.get("/department/face?scan_id=5ca9&scan=done")

    assert there.headers["Location"] == f"{ISSUER}/face/check/x"
    assert agency.asked[0]["return_uri"] == "http://localhost/department/face"
    assert 'data-result="MATCH"' in back.text


def test_a_pension_bureau_asks_for_the_proof_of_being_alive(citizen, agency):
    agency.result = "NO_RECORD"

    page = citizen.post("/department/face?lang=en", data=FORM | {"alive": "1"})

    assert agency.asked[0]["within_days"] == 365
    assert "No proof within a year" in page.text
