"""The citizen's page about being alive, and what an officer records at a counter."""

import json

import pytest
from click.testing import CliRunner

from liveness import alive_cli
from tests.departments import question, resident

from .face_scans import ALIVE, face_department
from .office import CROWD
from .site import Visit
from .test_alive_proof_api import _prove, _proven


@pytest.fixture
def visit(office):
    """Somebody who has proven to be one of the crowd, signed in."""
    from idp.accounts import profiles
    from idp.accounts.profiles import Details

    citizen = _proven(office, CROWD[290])
    with office.desk.database.write() as tx:
        profiles.write(tx, office.desk.vault, citizen.person_id, Details(real_name="王芳"))
    made = Visit(office.add_site(), office.agent(), citizen)
    made.sign_in()
    yield made
    from idp.accounts import identifiers

    with office.desk.database.write() as tx:
        identifiers.remove(tx, citizen.person_id, identifiers.ID_NUMBER)


def _officer(office, command, *words):
    with office.app.app_context():
        return CliRunner().invoke(command, words)


def test_the_page_tells_who_asks_and_until_when_it_holds(office, visit):
    bureau = face_department(office)
    asked = question(CROWD[290], remind=True)
    bureau.send("POST", ALIVE, json.dumps(asked).encode())
    before = visit.agent.get(f"{office.issuer}/account/alive")
    proof_id = _prove(office, CROWD[290], person_id=visit.citizen.person_id)

    page = visit.agent.get(f"{office.issuer}/account/alive")

    assert "You have not given one yet" in before.text
    assert "Social Security Bureau" in page.text
    assert proof_id in page.text
    assert "At a counter" in page.text
    assert CROWD[290].id_number not in page.text


def test_a_scan_is_begun_from_the_page(office, visit):
    """The stage carries a ticket; the other ways are one press away."""
    page = visit.agent.get(f"{office.issuer}/account/alive")
    stage = visit.agent.submit(page, page.form(having="scan-now"), press="scan-now")

    assert stage.status == 200
    assert 'ticket="' in stage.text
    assert "/account/alive#other-ways" in stage.text


def test_who_has_proven_no_name_is_led_there_first(office):
    visit = Visit(office.add_site(), office.agent(), office.add_citizen())
    visit.sign_in()

    page = visit.agent.get(f"{office.issuer}/account/alive")

    assert "verify your real name" in page.text
    assert 'id="scan-now"' not in page.text


def test_an_officer_records_shows_and_withdraws(office):
    """Whoever was seen needs no account; the register must know name and number."""
    person = ("--name", CROWD[291].name, "--id-number", CROWD[291].id_number)
    seen = ("--officer", "officer:7", "--document", "citizen_card")

    made = _officer(office, alive_cli.record, *person, *seen)
    shown = _officer(office, alive_cli.show, "--id-number", CROWD[291].id_number)
    proof_id = json.loads(made.output)["proof_id"]
    gone = _officer(office, alive_cli.withdraw, proof_id, "--because", "another person")
    again = _officer(office, alive_cli.withdraw, proof_id, "--because", "another person")
    after = _officer(office, alive_cli.show, "--id-number", CROWD[291].id_number)

    assert [one["proof_id"] for one in json.loads(shown.output)] == [proof_id]
    assert json.loads(shown.output)[0]["lasts"] is True
    assert (gone.exit_code, again.exit_code) == (0, 1)
    assert "alive_proof_unknown" in again.output
    assert json.loads(after.output) == []


def test_an_officer_records_nobody_whom_the_register_does_not_know(office):
    nobody = resident(999)
    words = ("--officer", "officer:7", "--document", "citizen_card", "--name", "王芳")

    refused = _officer(office, alive_cli.record, *words, "--id-number", nobody.id_number)
    mistyped = _officer(office, alive_cli.record, *words, "--id-number", "123")

    assert refused.exit_code == 1
    assert "NO_RECORD" in refused.output
    assert mistyped.exit_code == 1
