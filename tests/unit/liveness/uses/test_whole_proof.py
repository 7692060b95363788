"""A site needs level 3, and a citizen shows a face: the whole road, and everything on it real."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest

import wsgi
from idp.proofing import verifications
from idp.registry.local import keys, portraits
from idp.registry.local.fingerprints import maker
from idp.registry.results import Result
from tests.faces.phone import Phone
from tests.faces.portraits import jpeg
from tests.protocol.site import Deployment, Visit

NAME, NUMBER = "\u674e\u6653\u660e", "110101199003070011"
IAL3 = "urn:manyou:ial:3"
NEEDED = json.dumps({"id_token": {"acr": {"essential": True, "values": [IAL3]}}})
REAL_NAME = "/account/real-name"


@pytest.fixture
def limits(vision):
    return {
        "MANYOU_LIVENESS__SOCKET": str(vision),
        "MANYOU_LIVENESS__ANSWER_EVERY": "0",
        "MANYOU_LIVENESS__PATIENCE": "60",
    }


@pytest.fixture
def deployment(app, clock):
    return Deployment(app, wsgi.enclose(app))


@pytest.fixture
def register(registry_database, vault, take_in):
    """Let the register of population know the citizen, and return what gives it a portrait."""
    take_in("population", {"id_number": NUMBER, "name": NAME, "ryzt": "0"})

    def keep(picture):
        with registry_database.write() as tx:
            person = maker(keys.find(tx, vault, "population"))("person", NUMBER, "")
            portraits.keep(tx, portraits.safe(tx, vault), person, jpeg(picture))

    return keep


@pytest.fixture
def visit(deployment, register):
    site = deployment.add_site(identity_claims=["name"])
    return Visit(site, deployment.agent(), deployment.add_citizen(phone="+8613800138000"))


@pytest.fixture
def level(deployment, visit):
    def read():
        with deployment.desk.database.read() as tx:
            return verifications.level_of(tx, visit.citizen.person_id)

    return read


def walk_to_camera(visit):
    """Choose the face, agree, and say who one is; return the page before the camera."""
    agent, issuer = visit.agent, visit.site.provider.issuer
    page = agent.follow(agent.submit(*_form(agent.get(f"{issuer}{REAL_NAME}"), "way"), way="face"))
    page = agent.follow(agent.submit(*_form(page, "agree"), press="agree"))
    told = {"real_name": NAME, "id_number": NUMBER}
    return agent.follow(agent.submit(*_form(page, "id_number"), **told))


def _form(page, having):
    if having == "way":
        return page, page.form(to=REAL_NAME)
    return page, page.form(having=having)


def camera(visit, page, make_client, clock):
    """Open the camera, and return the phone that holds the ticket, in the same browser."""
    shown = visit.agent.submit(page, page.form(having="scan"), press="scan")
    assert shown.status == 200, shown
    ticket = re.search(r"[0-9a-f]{32}\.[0-9]+\.[\w-]{43}", shown.text)[0]
    client = make_client()
    for name, value in visit.agent.cookies.items():
        client.set_cookie(name, value, domain="id.example", secure=True)
    return Phone(client, clock, ticket)


def finish(visit, answer):
    """Go where the scan's page leads, and on to the site."""
    return visit.walk(visit.agent.get(f"{visit.site.provider.issuer}{answer.json['next']}"))


def test_a_face_leads_to_level_three_and_back_to_the_site(
    visit, register, film, portrait, level, make_client, clock
):
    """Essential acr, no session: sign in, prove by face, consent, and a token that says so."""
    register(portrait("obama-speaking"))
    away = visit.walk(visit.ask(claims=NEEDED, scope="openid"))
    assert urlsplit(away.url).path == REAL_NAME
    phone = camera(visit, walk_to_camera(visit), make_client, clock)
    assert phone.begin().status_code == 200

    answer = phone.perform(film())

    assert answer.json["status"] == "passed", answer.json
    assert level() == 3
    back = finish(visit, answer)
    tokens = visit.site.redeem(back.fields["code"]).json
    assert visit.site.read(tokens["id_token"])["acr"] == IAL3


def test_another_face_proves_nothing_and_may_take_another_way(
    visit, register, film, portrait, level, make_client, clock
):
    """The right name and number before somebody else's face."""
    register(portrait("biden"))
    visit.walk(visit.ask(claims=NEEDED, scope="openid"))
    phone = camera(visit, walk_to_camera(visit), make_client, clock)
    phone.begin()

    answer = phone.perform(film())

    assert (answer.json["status"], answer.json["code"]) == ("refused", "face_not_confirmed")
    assert level() == 1
    page = finish(visit, answer)
    assert 'id="error-code">face_not_confirmed<' in page.text
    assert "move-unable" in page.text
    assert 'id="cancel-link"' in page.text


def test_without_a_portrait_it_is_nobodys_fault(visit, film, level, make_client, clock, app):
    """NO_PHOTO: to a counter, and nothing is held against anybody."""
    visit.walk(visit.ask(claims=NEEDED, scope="openid"))
    phone = camera(visit, walk_to_camera(visit), make_client, clock)
    phone.begin()

    answer = phone.perform(film())

    assert answer.json["code"] == "face_not_checkable"
    page = finish(visit, answer)
    assert 'id="error-code">face_not_checkable<' in page.text
    assert "move-visit" in page.text
    assert level() == 1
    with visit.site.provider.desk.database.read() as tx:
        (record,) = verifications.of_person(tx, visit.citizen.person_id)
    assert record.result is Result.NO_PHOTO


def test_who_has_a_proven_name_is_asked_for_the_face_alone(
    visit, register, film, portrait, level, make_client, clock, deployment
):
    """Level 2 comes in: from the site to the notice, and from there to the camera."""
    register(portrait("obama-speaking"))
    agent, issuer = visit.agent, deployment.issuer
    visit.walk(visit.ask())
    page = agent.follow(agent.get(f"{issuer}{REAL_NAME}"))
    page = agent.follow(agent.submit(page, page.form(to=REAL_NAME), way="name_id"))
    page = agent.follow(agent.submit(page, page.form(having="agree"), press="agree"))
    told = {"real_name": NAME, "id_number": NUMBER}
    agent.follow(agent.submit(page, page.form(having="id_number"), **told))
    assert level() == 2

    page = visit.walk(visit.ask(claims=NEEDED, scope="openid"))
    assert urlsplit(page.url).path == f"{REAL_NAME}/face"
    page = agent.follow(agent.submit(page, page.form(having="agree"), press="agree"))
    assert urlsplit(page.url).path == f"{REAL_NAME}/face/ready"
    phone = camera(visit, page, make_client, clock)
    phone.begin()
    answer = phone.perform(film())

    assert level() == 3
    tokens = visit.site.redeem(finish(visit, answer).fields["code"]).json
    assert visit.site.read(tokens["id_token"])["acr"] == IAL3


def test_what_a_site_would_merely_like_may_be_declined(visit, register):
    """Level 3 is offered at a screen now, and its face is nobody's duty."""
    visit.walk(visit.ask())
    page = visit.agent.follow(visit.ask(acr_values=IAL3))

    assert urlsplit(page.url).path == REAL_NAME
    declined = visit.agent.get(re.search(r'id="decline-link" href="([^"]+)"', page.text)[1])
    back = visit.walk(declined)
    assert parse_qs(urlsplit(back.location).query)["code"]
    tokens = visit.site.redeem(back.fields["code"]).json
    assert visit.site.read(tokens["id_token"])["acr"] == "urn:manyou:ial:1:aal:1"


def test_another_browser_cannot_use_the_ticket(visit, register, portrait, make_client, clock):
    """The scan is for the browser that asked for it."""
    register(portrait("obama-speaking"))
    visit.walk(visit.ask())
    phone = camera(visit, walk_to_camera(visit), make_client, clock)
    phone.client = make_client()

    assert phone.begin().status_code == 401
