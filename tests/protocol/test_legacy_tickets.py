"""Signed tickets, the profile of docs/reference/legacy.md: ticket, token, user, logout."""

import hmac
import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest

import wsgi
from idp import clock
from idp.clients import legacy_index, registration
from idp.db import Statement
from idp.legacy import signing
from idp.sessions import service as sessions
from idp.web.house import KEY as HOUSE
from tests import openssl

from .old_sites import OldSite, OldVisit, add_old_site, signature, visit_to
from .proven import NAME, add_proven
from .site import Deployment
from .wire import Answer

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "legacy.md").read_text("utf-8")
KEY = "kZ3v8Jm2Qp7Xw4Tn6Rb1Yc5Hd9Lf0Ga2Se8Ui4Oy6Mk"
# Each made by the OpenSSL command line, which makes it again below.
VECTORS: tuple[tuple[str, dict[str, str], str], ...] = (
    (
        "login",
        {
            "app_id": "shebao_2009",
            "time": "1767268800",
            "nonce": "5f2c9a1e7b3d4068",
            "back_url": "https://shebao.jiangbei.example/sso/back?from=idp&lang=zh",
            "state": "办理 a=b&c",
        },
        "9de62388c703c953e91980cb1dd4aea5e56c8197207ad1dbda642887057d3fe9",
    ),
    (
        "token",
        {
            "app_id": "shebao_2009",
            "time": "1767268860",
            "nonce": "0123456789abcdef0123456789abcdef",
            "back_url": "https://shebao.jiangbei.example/sso/back?from=idp&lang=zh",
            "ticket": "T-" + "0" * 62 + "aa",
        },
        "3aba3c0690bb25959b4d9aa08757f0d3ca3a5a5a8a13ff69aa9f9c624264359c",
    ),
    (
        "ended",
        {
            "app_id": "shebao_2009",
            "time": "1767272400",
            "nonce": "0123456789abcdef0123456789abcdef",
            "session": "9a1e7b3d40685f2c9a1e7b3d40685f2c",
        },
        "417fe392c7f16995bac1d8192382f41d5aa8f710d0d43b145052ad91139f667f",
    ),
)
OF_CLIENT = Statement("""
    SELECT sid, session_id, notice FROM client_session WHERE client_id = :client_id""")


@pytest.fixture
def old(deployment: Deployment) -> OldSite:
    return add_old_site(deployment)


@pytest.fixture
def guest(old: OldSite) -> OldVisit:
    """A citizen, not signed in yet, before an old site."""
    return visit_to(old)


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.error


# Signing.


@pytest.mark.parametrize(("endpoint", "parameters", "right"), VECTORS)
def test_signatures_are_as_the_page_says(
    endpoint: str, parameters: dict[str, str], right: str
) -> None:
    """OpenSSL, the product and the documentation agree."""
    lines = [f"{name}={parameters[name]}" for name in sorted(parameters)]
    text = "\n".join(["manyou-ticket-1", endpoint, *lines])
    said = openssl.run("dgst", "-sha256", "-hmac", KEY, given=text.encode()).decode()

    assert said.split()[-1] == right
    assert signing.sign(KEY, endpoint, parameters) == right
    assert signing.sign(KEY, endpoint, {**parameters, "sign": right}) == right
    assert right in PAGE
    assert KEY in PAGE


# The road.


def test_a_ticket_buys_a_token_and_that_tells_who_came(guest: OldVisit) -> None:
    answer = guest.open(guest.site.signed_login(state="办理 1"))
    bought = guest.site.exchange(answer.fields["ticket"])
    told = guest.site.user(bought.json["token"])

    assert guest.asked == ["sign-in", "consent"]
    assert answer.location.startswith(f"{guest.site.back_url}&ticket=T-")
    assert answer.fields["state"] == "办理 1"
    assert bought.status == 200
    assert bought.header("Cache-Control") == "no-store"
    assert (bought.json["party"], bought.json["expires_in"]) == ("person", 1800)
    assert told.json["user"] not in (guest.citizen.username, guest.citizen.person_id)
    assert (told.json["party"], told.json["ial"], told.json["aal"]) == ("person", 1, 1)
    assert told.json["session"] == bought.json["session"]


def test_cas_and_tickets_know_a_person_by_one_name(guest: OldVisit) -> None:
    token = guest.site.exchange(guest.signed_ticket()).json["token"]

    assert guest.site.success(guest.ticket())["user"] == guest.site.user(token).json["user"]


def test_what_is_told_was_permitted_and_agreed_to(deployment: Deployment) -> None:
    ticket = {"attributes": ["real_name", "id_number"], "user": "username"}
    old = add_old_site(deployment, ticket=ticket, identity_claims=["name", "id_number"])
    citizen, number = add_proven(deployment)
    guest = visit_to(old, citizen)

    told = old.user(old.exchange(guest.signed_ticket()).json["token"]).json

    assert told["user"] == citizen.username
    assert told["attributes"] == {"real_name": NAME, "id_number": number}
    assert told["ial"] == 2


def test_who_takes_consent_back_is_told_of_no_more(deployment: Deployment) -> None:
    """The token dies with the session at the site."""
    old = add_old_site(deployment, ticket={"attributes": ["name"]})
    guest = visit_to(old)
    token = old.exchange(guest.signed_ticket()).json["token"]
    page = guest.agent.get(f"{deployment.issuer}/account/sites")

    guest.agent.submit(page, page.form(to=f"/{old.client_id}/withdraw"))

    assert refusal(old.user(token)) == (401, "ticket_token_invalid")


def test_a_legal_person_is_asked_for_in_vain_as_yet(guest: OldVisit) -> None:
    """The switch of party: coded, so that a site can offer the person's own business."""
    token = guest.site.exchange(guest.signed_ticket()).json["token"]

    assert guest.site.user(token, party="person").status == 200
    assert refusal(guest.site.user(token, party="legal")) == (409, "party_unavailable")
    assert refusal(guest.site.user(token, party="dog")) == (400, "invalid_request")


def test_a_site_hears_why_not(guest: OldVisit) -> None:
    """prompt=none without a session, and a person who does not agree: a code, and the state."""
    silent = guest.agent.get(guest.site.signed_login(prompt="none", state="s"))
    denied = guest.walk(guest.agent.get(guest.site.signed_login()), decision="consent-deny")

    assert silent.fields == {"from": "idp", "error": "login_required", "state": "s"}
    assert denied.fields == {"from": "idp", "error": "access_denied"}


def test_a_fresh_sign_in_may_be_asked_for(guest: OldVisit) -> None:
    guest.signed_ticket()
    guest.signed_ticket()
    assert guest.asked == []

    guest.signed_ticket(prompt="login")

    assert guest.asked == ["confirm"]


def test_a_request_may_raise_the_level_never_lower_it(deployment: Deployment) -> None:
    old = add_old_site(deployment, ticket={"acr": "urn:manyou:ial:2"})
    guest = visit_to(old)

    lower = guest.open(old.signed_login(acr="urn:manyou:ial:1"))
    plain = visit_to(add_old_site(deployment), guest.citizen, guest.agent)
    raised = plain.open(plain.site.signed_login(acr="urn:manyou:ial:3"))
    nonsense = plain.agent.get(plain.site.signed_login(acr="gold"))

    assert "/account/real-name" in lower.url
    assert "/account/real-name" in raised.url
    assert nonsense.status == 400


# What a ticket does not buy.


def test_a_ticket_is_good_once(guest: OldVisit) -> None:
    ticket = guest.signed_ticket()

    assert guest.site.exchange(ticket).status == 200
    assert refusal(guest.site.exchange(ticket)) == (400, "ticket_invalid")


def test_a_ticket_raced_twenty_fold_is_good_once(guest: OldVisit) -> None:
    """Each request well signed, with a nonce of its own."""
    for _ in range(3):
        ticket = guest.signed_ticket()
        with ThreadPoolExecutor(20) as lanes:
            answers = list(lanes.map(guest.site.exchange, [ticket] * 20))

        assert sorted(answer.status for answer in answers) == [200] + [400] * 19


def test_a_request_raced_twenty_fold_is_good_once(guest: OldVisit) -> None:
    """One signed request, sent twenty times: one nonce."""
    token = guest.site.exchange(guest.signed_ticket()).json["token"]
    sent = guest.site.signed("user", token=token)

    def post(_: int) -> Answer:
        return guest.site.provider.post("/ticket/user", sent)

    with ThreadPoolExecutor(20) as lanes:
        answers = list(lanes.map(post, range(20)))

    assert sorted(answer.status for answer in answers) == [200] + [401] * 19
    assert {answer.error for answer in answers} == {"", "signature_replayed"}


def test_a_ticket_lives_a_minute(guest: OldVisit, later: Callable[[float], None]) -> None:
    ticket = guest.signed_ticket()

    later(61)

    assert refusal(guest.site.exchange(ticket)) == (400, "ticket_invalid")


def test_a_ticket_is_bound_to_app_and_address(deployment: Deployment, guest: OldVisit) -> None:
    """Whoever shows it elsewhere has spent it."""
    other = add_old_site(deployment)
    stolen, strayed = guest.signed_ticket(), guest.signed_ticket()

    assert refusal(other.exchange(stolen)) == (400, "ticket_invalid")
    assert refusal(guest.site.exchange(stolen)) == (400, "ticket_invalid")
    wrong = guest.site.exchange(strayed, back_url="https://a.example/")
    assert refusal(wrong) == (400, "ticket_invalid")
    assert refusal(guest.site.exchange(strayed)) == (400, "ticket_invalid")


def test_tickets_of_one_kind_buy_nothing_of_the_other(guest: OldVisit) -> None:
    """The same site, both old ways: they do not mix."""
    cas, signed = guest.ticket(), guest.signed_ticket()

    assert refusal(guest.site.exchange(cas)) == (400, "ticket_invalid")
    assert guest.site.failure(signed) == "INVALID_TICKET_SPEC"
    assert guest.site.failure("ST-" + signed[2:]) == "INVALID_TICKET"


def test_a_token_is_its_sites_own_and_dies_with_the_session(
    deployment: Deployment, guest: OldVisit, later: Callable[[float], None]
) -> None:
    token = guest.site.exchange(guest.signed_ticket()).json["token"]
    other = add_old_site(deployment)

    assert refusal(other.user(token)) == (401, "ticket_token_invalid")
    assert refusal(guest.site.user("K-invented")) == (401, "ticket_token_invalid")
    assert guest.site.user(token).status == 200
    with deployment.desk.database.write() as tx:
        entry = tx.one(OF_CLIENT, client_id=guest.site.client_id)
        sessions.end(tx, entry.session_id)
    assert refusal(guest.site.user(token)) == (401, "ticket_token_invalid")


def test_a_token_expires(guest: OldVisit, later: Callable[[float], None]) -> None:
    token = guest.site.exchange(guest.signed_ticket()).json["token"]

    later(1801)

    assert refusal(guest.site.user(token)) == (401, "ticket_token_invalid")


# Hostile requests.


def forged(site: OldSite, **changes: Any) -> dict[str, str]:
    """Return a signed login request, changed after it was signed; None takes away."""
    asked = {**site.signed("login", back_url=site.back_url), **changes}
    return {name: value for name, value in asked.items() if value is not None}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"back_url": "https://evil.example/"}, (401, "signature_invalid")),
        ({"state": "added"}, (401, "signature_invalid")),
        ({"app_id": "nobody"}, (401, "signature_invalid")),
        ({"app_id": "x" * 5000}, (401, "signature_invalid")),
        ({"app_id": None}, (401, "signature_invalid")),
        ({"nonce": "0" * 32}, (401, "signature_invalid")),
        ({"sign": "0" * 64}, (401, "signature_invalid")),
        ({"sign": None}, (400, "invalid_request")),
        ({"sign": "A" * 64}, (400, "invalid_request")),
        ({"sign": "0" * 32}, (400, "invalid_request")),
        ({"time": "20260101120000"}, (400, "invalid_request")),
        ({"time": "now"}, (400, "invalid_request")),
        ({"nonce": "short"}, (400, "invalid_request")),
        ({"nonce": None}, (400, "invalid_request")),
        ({"extra": "1"}, (400, "invalid_request")),
        ({"state": "a\nb"}, (400, "invalid_request")),
    ],
)
def test_what_was_not_signed_goes_nowhere(
    deployment: Deployment, old: OldSite, changes: Any, expected: tuple[int, str]
) -> None:
    answer = deployment.call("GET", f"/ticket/login?{urlencode(forged(old, **changes))}")

    assert refusal(answer) == expected
    assert not answer.location


def test_a_repeated_parameter_is_refused(deployment: Deployment, old: OldSite) -> None:
    query = urlencode(forged(old)) + "&back_url=https://evil.example/"

    assert refusal(deployment.call("GET", f"/ticket/login?{query}")) == (400, "invalid_request")


def test_lines_cannot_be_pushed_from_one_parameter_to_another(old: OldSite) -> None:
    """`a=1\\nb=2` in a value would read as two parameters: control characters are refused."""
    one = {"app_id": "a", "state": "x\ntime=1"}
    two = {"app_id": "a", "state": "x", "time": "1"}

    assert signature(old.key, "login", one) == signature(old.key, "login", two)
    answer = old.provider.call(
        "GET", f"/ticket/login?{urlencode(forged(old, state='x' + chr(10) + 'time=1'))}"
    )
    assert refusal(answer) == (400, "invalid_request")


def test_a_signature_for_one_endpoint_is_none_for_another(guest: OldVisit) -> None:
    token = guest.site.exchange(guest.signed_ticket()).json["token"]
    sent = guest.site.signed("logout", token=token)

    answer = guest.site.provider.post("/ticket/user", sent)

    assert refusal(answer) == (401, "signature_invalid")


def test_md5_signs_nothing(deployment: Deployment, old: OldSite) -> None:
    """What such portals often take: md5(app + key + time), as 32 digits or padded to 64."""
    asked = {"app_id": old.app_id, "time": str(clock.epoch()), "nonce": secrets.token_hex(16)}
    asked["back_url"] = old.back_url
    weak = md5(f"{old.app_id}{old.key}{asked['time']}".encode(), usedforsecurity=False).hexdigest()

    for sign, expected in ((weak, 400), (weak * 2, 401)):
        query = urlencode({**asked, "sign": sign})
        assert deployment.call("GET", f"/ticket/login?{query}").status == expected


@pytest.mark.parametrize("ago", [310, -310, 10**6])
def test_an_old_signature_is_stale(deployment: Deployment, old: OldSite, ago: int) -> None:
    query = urlencode(old.signed("login", back_url=old.back_url, time=str(clock.epoch() - ago)))

    assert refusal(deployment.call("GET", f"/ticket/login?{query}")) == (401, "signature_stale")


@pytest.mark.parametrize("ago", [290, -290])
def test_clocks_may_differ_by_five_minutes(old: OldSite, ago: int) -> None:
    guest = visit_to(old)

    assert guest.signed_ticket(time=str(clock.epoch() - ago))


def test_a_signed_address_is_good_once(guest: OldVisit) -> None:
    """Replayed in another browser it signs nobody in."""
    url = guest.site.signed_login()
    guest.open(url)

    again = guest.agent.get(url)
    elsewhere = guest.site.provider.agent().get(url)

    assert (again.status, elsewhere.status) == (401, 401)
    assert "signature_replayed" in again.text


def test_an_address_that_was_not_registered_is_not_gone_to(guest: OldVisit) -> None:
    """Well signed, but nobody's: a site whose key leaks leaks no tickets."""
    for back_url in ("https://evil.example/", f"{guest.site.back_url}&x=1"):
        answer = guest.agent.get(guest.site.signed_login(back_url=back_url))

        assert answer.status == 403
        assert not answer.location


def test_only_a_posted_form_is_read(deployment: Deployment, old: OldSite) -> None:
    sent = old.signed("token", ticket="T-x", back_url=old.back_url)
    json = deployment.call(
        "POST", "/ticket/token", headers={"Content-Type": "application/json"}, body=b"{}"
    )

    assert deployment.call("GET", f"/ticket/token?{urlencode(sent)}").status == 405
    assert refusal(json) == (400, "invalid_request")


def test_a_new_key_replaces_the_old(guest: OldVisit) -> None:
    site, key = guest.site, guest.site.key
    vault = site.provider.app.extensions[HOUSE].vault
    with site.provider.desk.database.write() as tx:
        site.key = legacy_index.new_secret(tx, vault, site.client_id, actor="test")
    ticket = guest.signed_ticket()

    site.key, new = key, site.key
    stale = site.exchange(ticket)
    site.key = new

    assert refusal(stale) == (401, "signature_invalid")
    assert site.exchange(ticket).status == 200


def test_a_disabled_site_is_told_nothing(guest: OldVisit) -> None:
    ticket = guest.signed_ticket()
    with guest.site.provider.desk.database.write() as tx:
        registration.set_status(tx, guest.site.client_id, "disabled", actor="test")
    guest.site.provider.desk.registry.forget(guest.site.client_id)

    assert refusal(guest.site.exchange(ticket)) == (401, "signature_invalid")


def test_the_key_is_sealed(old: OldSite) -> None:
    """A look into the database shows no key, and no ticket."""
    read = Statement("SELECT sealed FROM legacy_secret WHERE client_id = :client_id")
    guest = visit_to(old)
    ticket = guest.ticket()
    tickets = Statement("SELECT sealed, fingerprint FROM service_ticket WHERE sid = :sid")
    with old.provider.desk.database.read() as tx:
        sealed = bytes(tx.one(read, client_id=old.client_id).sealed)
        sid = tx.one(OF_CLIENT, client_id=old.client_id).sid
        row = tx.one(tickets, sid=sid)

    assert old.key.encode() not in sealed
    assert ticket.encode() not in bytes(row.sealed)
    assert bytes(row.fingerprint) == sha256(ticket.encode()).digest()


# Signing out.


def test_a_site_signs_its_person_out_with_their_token(guest: OldVisit) -> None:
    token = guest.site.exchange(guest.signed_ticket()).json["token"]
    asked = guest.site.signed("logout", token=token, back_url=guest.site.back_url, state="x")

    done = guest.agent.get(f"{guest.site.provider.issuer}/ticket/logout?{urlencode(asked)}")
    after = guest.agent.get(guest.site.signed_login())

    assert done.location == f"{guest.site.back_url}&state=x"
    assert "/sign-in" in after.location


def test_without_their_token_the_person_is_asked(deployment: Deployment, guest: OldVisit) -> None:
    """A signed link that reaches somebody else signs them out of nothing by itself."""
    guest.signed_ticket()
    stranger = visit_to(guest.site)
    token = guest.site.exchange(stranger.signed_ticket()).json["token"]
    asked = guest.site.signed("logout", token=token, back_url=guest.site.back_url)

    page = guest.agent.get(f"{deployment.issuer}/ticket/logout?{urlencode(asked)}")
    still = guest.agent.get(guest.site.signed_login())
    done = guest.agent.submit(page, page.form(having="logout-confirm"))

    assert still.fields["ticket"]
    assert done.location == guest.site.back_url


def test_an_unsigned_logout_is_refused(deployment: Deployment, guest: OldVisit) -> None:
    guest.signed_ticket()
    query = urlencode({"app_id": guest.site.app_id, "back_url": guest.site.back_url})

    assert guest.agent.get(f"{deployment.issuer}/ticket/logout?{query}").status == 400
    assert guest.agent.post(f"{deployment.issuer}/ticket/logout", {}).status == 403


@pytest.fixture
def listener() -> Iterator[Any]:
    """A site's own server, which takes every notice."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.told.append(dict(parse_qsl(body)))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.told = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_site_is_told_of_the_end_by_a_signed_notice(
    deployment: Deployment, listener: Any
) -> None:
    """Signed with the site's own key, naming the session that the token came with."""
    slo = f"http://127.0.0.1:{listener.server_port}/ended"
    old = add_old_site(deployment, profile="test", ticket={"slo": slo})
    guest = visit_to(old)
    session = old.exchange(guest.signed_ticket()).json["session"]
    with deployment.desk.database.write() as tx:
        sessions.end(tx, tx.one(OF_CLIENT, client_id=old.client_id).session_id)

    at_work = wsgi.create_worker(deployment.app)
    while at_work.run_once():
        pass

    [notice] = listener.told
    sign = notice.pop("sign")
    assert hmac.compare_digest(sign, signature(old.key, "ended", notice))
    assert (notice["session"], notice["app_id"]) == (session, old.app_id)
    with deployment.desk.database.read() as tx:
        assert tx.one(OF_CLIENT, client_id=old.client_id).notice == "told"
