"""The Central Authentication Service protocol, 1.0 to 3.0, on the one session of all."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode
from xml.etree import ElementTree as ET

import pytest

import wsgi
from idp.clients import metadata as client_metadata
from idp.clients import registration
from idp.clients.errors import InvalidMetadataError
from idp.clients.rules import Policy
from idp.db import Statement
from idp.sessions import service as sessions

from .old_sites import OldSite, OldVisit, add_old_site, visit_to
from .proven import NAME, add_proven
from .site import Deployment, Visit

CAS = "{http://www.yale.edu/tp/cas}"
OF_CLIENT = Statement("""
    SELECT sid, session_id, notice, notice_attempts, ended_at FROM client_session
     WHERE client_id = :client_id""")
NEWEST = Statement("""
    SELECT session_id FROM client_session WHERE client_id = :client_id AND ended_at IS NULL""")


@pytest.fixture
def old(deployment: Deployment) -> OldSite:
    return add_old_site(deployment)


@pytest.fixture
def guest(old: OldSite) -> OldVisit:
    """A citizen, not signed in yet, before an old site."""
    return visit_to(old)


def entry_of(site: OldSite) -> Any:
    with site.provider.desk.database.read() as tx:
        return tx.one(OF_CLIENT, client_id=site.client_id)


def work(provider: Deployment) -> None:
    at_work = wsgi.create_worker(provider.app)
    while at_work.run_once():
        pass


# Signing in.


def test_a_service_gets_a_ticket_and_learns_who_came(guest: OldVisit) -> None:
    """§2.1, §2.5: sign in and agree once; the user is an identifier of this site's own."""
    ticket = guest.ticket()
    root = ET.fromstring(guest.site.validate(ticket, way="serviceValidate").body)

    user = root.find(f"{CAS}authenticationSuccess/{CAS}user")
    assert guest.asked == ["sign-in", "consent"]
    assert ticket.startswith("ST-")
    assert len(ticket) <= 256
    assert user is not None
    assert user.text not in (guest.citizen.username, guest.citizen.person_id)
    assert root.find(f"{CAS}authenticationSuccess/{CAS}attributes") is None


def test_the_second_time_nothing_is_asked(guest: OldVisit) -> None:
    """Single sign-on: the same session, another ticket, the same user."""
    first = guest.site.success(guest.ticket())
    second = guest.site.success(guest.ticket())

    assert guest.asked == []
    assert first["user"] == second["user"]


def test_one_session_serves_old_and_new_sites(deployment: Deployment, old: OldSite) -> None:
    """Who entered a site by OpenID Connect enters an old one without a password."""
    visit = Visit(deployment.add_site(), deployment.agent(), deployment.add_citizen())
    visit.sign_in()
    guest = visit_to(old, visit.citizen, visit.agent)

    guest.ticket()

    assert guest.asked == ["consent"]


def test_two_sites_know_a_person_by_two_names(deployment: Deployment, guest: OldVisit) -> None:
    """Pairwise, as for OpenID Connect (Core §8)."""
    other = visit_to(add_old_site(deployment), guest.citizen, guest.agent)

    assert guest.site.success(guest.ticket())["user"] != other.site.success(other.ticket())["user"]


def test_a_site_that_moves_to_openid_connect_keeps_its_people(deployment: Deployment) -> None:
    """The sector is the host, by whichever protocol it asks."""
    old = add_old_site(deployment)
    guest = visit_to(old)
    user = guest.site.success(guest.ticket())["user"]
    host = old.service.split("/")[2]
    changed = {
        **old.metadata,
        "redirect_uris": [f"https://{host}/callback"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "client_secret_basic",
    }
    checked = client_metadata.check(changed, Policy("operator"), None)
    with deployment.desk.database.write() as tx:
        made = registration.update(tx, old.client_id, checked)
    deployment.desk.registry.forget(old.client_id)

    from .site import Site

    new = Site(deployment, old.client_id, made.secret, dict(made.metadata))
    claims = Visit(new, guest.agent, guest.citizen).claims()

    assert claims["sub"] == user


def test_a_ticket_may_come_by_post(guest: OldVisit) -> None:
    """CAS 3.0 §2.1.1, `method`: the ticket travels in a form, out of logs and histories."""
    guest.ticket()

    page = guest.agent.get(guest.site.login(method="POST"))

    form = page.form(having="ticket")
    assert form.action == guest.site.service
    assert guest.site.success(form.fields["ticket"])["user"]


def test_without_a_service_one_is_just_signed_in(guest: OldVisit) -> None:
    """§2.1.1: the account page says so, and asks for it first."""
    answer = guest.agent.follow(guest.agent.get(f"{guest.site.provider.issuer}/cas/login"))

    assert "/sign-in" in answer.url


def test_renew_asks_for_a_factor_again(guest: OldVisit) -> None:
    """§2.1.1, §2.5.1: renew at login makes a ticket that validates with renew; others do not."""
    usual = guest.ticket()
    again = guest.ticket()
    assert guest.asked == []

    fresh = guest.ticket(renew="true")

    assert guest.asked == ["confirm"]
    assert guest.site.failure(again, renew="true") == "INVALID_TICKET"
    assert guest.site.success(fresh, renew="true")["attributes"]["isFromNewLogin"] is True
    assert guest.site.success(usual, renew="false")["attributes"]["isFromNewLogin"] is True


def test_gateway_asks_nobody(guest: OldVisit) -> None:
    """§2.1.1: without a session the browser goes back without a ticket; with one, with one."""
    nothing = guest.agent.get(guest.site.login(gateway="true"))
    guest.ticket()
    something = guest.agent.get(guest.site.login(gateway="true"))

    assert nothing.status == 303
    assert nothing.location == guest.site.service
    assert something.fields["ticket"]


def test_renew_beats_gateway(guest: OldVisit) -> None:
    guest.ticket()

    guest.ticket(renew="true", gateway="true")

    assert guest.asked == ["confirm"]


def test_who_does_not_agree_gets_no_ticket(guest: OldVisit) -> None:
    """CAS has no way to say no to a service: a coded page says it to the person."""
    answer = guest.walk(guest.agent.get(guest.site.login()), decision="consent-deny")

    assert answer.status == 403
    assert "access_denied" in answer.text


# Levels, and what a site may know.


def test_a_site_may_demand_a_level(deployment: Deployment) -> None:
    """Who has not reached it is led to prove their name; who has passes."""
    old = add_old_site(deployment, cas={"acr": "urn:manyou:ial:2"})
    stranger, (proven, _) = visit_to(old), add_proven(deployment)

    led = stranger.open(old.login())
    known = visit_to(old, proven)

    assert "/account/real-name" in led.url
    assert known.site.success(known.ticket())["attributes"]["acr"].startswith("urn:manyou:ial:")
    gateway = stranger.agent.get(old.login(gateway="true"))
    assert gateway.location == old.service


def test_attributes_are_what_was_permitted_and_agreed_to(deployment: Deployment) -> None:
    """The operator lists them, the person sees them before agreeing, p3 tells them."""
    old = add_old_site(
        deployment,
        cas={"attributes": ["preferred_username", "real_name", "phone_number"]},
        identity_claims=["name"],
    )
    citizen, _ = add_proven(deployment, phone="13800138000")
    guest = visit_to(old, citizen)

    answer = old.validate(guest.ticket())
    plain = old.validate(guest.ticket(), way="serviceValidate")

    attributes = ET.fromstring(answer.body).find(f".//{CAS}attributes")
    assert attributes is not None
    told = {element.tag.removeprefix(CAS): element.text for element in attributes}
    assert told["real_name"] == NAME
    assert told["preferred_username"] == citizen.username
    assert told["phone_number"].endswith("13800138000")
    assert "id_number" not in told
    assert NAME not in plain.text


def test_a_first_party_site_still_asks_for_proven_names(deployment: Deployment) -> None:
    """The law that spares it the question about signing in opens no legal name to it."""
    plain = visit_to(add_old_site(deployment, first_party=True))
    named = visit_to(
        add_old_site(
            deployment,
            first_party=True,
            identity_claims=["name"],
            cas={"attributes": ["real_name"]},
        )
    )

    plain.ticket()
    named.ticket()

    assert plain.asked == ["sign-in"]
    assert named.asked == ["sign-in", "consent"]


def test_what_is_taken_back_is_told_no_more(deployment: Deployment) -> None:
    """The operator's permission counts as it is at validation."""
    old = add_old_site(deployment, identity_claims=["name"], cas={"attributes": ["real_name"]})
    citizen, _ = add_proven(deployment)
    guest = visit_to(old, citizen)
    ticket = guest.ticket()
    legacy = {**old.metadata["legacy"], "cas": {"services": [old.service]}}
    changed = {**old.metadata, "legacy": legacy, "identity_claims": []}
    checked = client_metadata.check(changed, Policy("operator"), None)
    with deployment.desk.database.write() as tx:
        registration.update(tx, old.client_id, checked)
    deployment.desk.registry.forget(old.client_id)

    assert "real_name" not in old.success(ticket)["attributes"]


def test_an_operator_may_let_a_site_know_the_user_name(deployment: Deployment) -> None:
    """Old software keys its tables by it; the person is asked."""
    guest = visit_to(add_old_site(deployment, cas={"user": "username"}))

    assert guest.site.success(guest.ticket())["user"] == guest.citizen.username
    assert guest.asked == ["sign-in", "consent"]


# Validation.


def test_cas_1_says_yes_or_no_in_a_line(guest: OldVisit) -> None:
    """§2.4.2."""
    ticket = guest.ticket()

    yes, no = (guest.site.validate(ticket, way="validate") for _ in range(2))

    assert yes.text == f"yes\n{guest.site.success(guest.ticket())['user']}\n"
    assert yes.header("Content-Type").startswith("text/plain")
    assert no.text == "no\n\n"


def test_a_ticket_is_good_once(guest: OldVisit) -> None:
    """§3.1.1."""
    ticket = guest.ticket()

    assert guest.site.success(ticket)
    assert guest.site.failure(ticket) == "INVALID_TICKET"


def test_a_ticket_raced_twenty_fold_is_good_once(guest: OldVisit) -> None:
    for _ in range(3):
        ticket = guest.ticket()
        with ThreadPoolExecutor(20) as lanes:
            answers = list(lanes.map(guest.site.validate, [ticket] * 20))

        assert [answer.status for answer in answers] == [200] * 20
        assert sum("authenticationSuccess" in answer.text for answer in answers) == 1


def test_a_ticket_lives_a_minute(guest: OldVisit, later: Callable[[float], None]) -> None:
    young, old = guest.ticket(), guest.ticket()

    later(55)
    assert guest.site.success(young)
    later(6)

    assert guest.site.failure(old) == "INVALID_TICKET"


def test_a_ticket_for_another_service_is_spent_on_the_wrong_one(guest: OldVisit) -> None:
    """§2.5.3, INVALID_SERVICE: and it is not good at the right one afterwards."""
    ticket = guest.ticket()

    assert guest.site.failure(ticket, service=guest.site.service + "?a=1") == "INVALID_SERVICE"
    assert guest.site.failure(ticket) == "INVALID_TICKET"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ticket": ""}, "INVALID_REQUEST"),
        ({"service": ""}, "INVALID_REQUEST"),
        ({"ticket": "ST-invented"}, "INVALID_TICKET"),
        ({"ticket": "PT-1-abc"}, "INVALID_TICKET_SPEC"),
        ({"ticket": "TGT-1-abc"}, "INVALID_TICKET_SPEC"),
        ({"ticket": "ST-" + "\u0430" * 3000}, "INVALID_TICKET"),
        ({"pgtUrl": "https://proxy.example/"}, "INVALID_PROXY_CALLBACK"),
    ],
)
def test_each_refusal_has_its_code(old: OldSite, changes: dict[str, str], code: str) -> None:
    """§2.5.3; every answer is a service response, whatever was sent."""
    assert old.failure(**{"ticket": "ST-x", **changes}) == code


def test_a_parameter_that_stands_twice_is_refused_in_kind(deployment: Deployment) -> None:
    answer = deployment.call("GET", "/cas/serviceValidate?ticket=a&ticket=b&service=c")

    assert answer.status == 200
    assert 'code="INVALID_REQUEST"' in answer.text


@pytest.mark.parametrize("ticket", ["%00", "%ff", "ST-%0d%0a", "ST-<x>", "%22%27--"])
@pytest.mark.parametrize("way", ["validate", "serviceValidate", "p3/serviceValidate"])
def test_nonsense_is_no_fault_of_ours(deployment: Deployment, way: str, ticket: str) -> None:
    answer = deployment.call("GET", f"/cas/{way}?ticket={ticket}&service=https://a.example/")

    assert answer.status in (200, 400)
    assert "authenticationSuccess" not in answer.text
    assert not answer.text.startswith("yes")


def test_nobody_gets_a_proxy_ticket(deployment: Deployment) -> None:
    """§2.7.3."""
    answer = deployment.call("GET", "/cas/proxy?pgt=PGT-1&targetService=https://a.example/")

    assert 'code="UNAUTHORIZED_SERVICE_PROXY"' in answer.text


def test_markup_in_an_attribute_stays_text(deployment: Deployment) -> None:
    old = add_old_site(deployment, cas={"attributes": ["name"]})
    name = "<cas:user>admin</cas:user> & ]]>"
    guest = visit_to(old, deployment.add_citizen(display_name=name))

    root = ET.fromstring(old.validate(guest.ticket()).body)

    assert root.findtext(f".//{CAS}name") == name
    assert len(root.findall(f".//{CAS}user")) == 1


def test_a_ticket_dies_with_its_session(guest: OldVisit) -> None:
    """Who signed out before the site asked was never there."""
    ticket = guest.ticket()
    with guest.site.provider.desk.database.write() as tx:
        assert sessions.end(tx, entry_of(guest.site).session_id)

    assert guest.site.failure(ticket) == "INVALID_TICKET"


# Addresses: nobody is sent anywhere that was not registered.


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url + "/",
        lambda url: url + "?x=1",
        lambda url: url + "#f",
        lambda url: url.upper(),
        lambda url: url.replace("https://", "http://"),
        lambda url: url.replace("https://", "https://evil.example@"),
        lambda url: url.replace(".example", ".example.evil.example"),
        lambda url: url.replace(".example", ".example:8443"),
        lambda url: url.replace("/index", "/../index"),
        lambda url: url + "\r\nX: y",
        lambda url: "javascript:alert(1)//" + url,
        lambda url: "//evil.example/",
        lambda url: url + "\u3002evil.example",
        lambda _: "x" * 5000,
    ],
)
def test_only_a_registered_service_is_gone_to(guest: OldVisit, change: Any) -> None:
    """To the byte: anything else ends on a coded page of ours, signed in or not."""
    guest.ticket()

    answer = guest.agent.get(guest.site.login(service=change(guest.site.service)))

    assert answer.status == 403
    assert not answer.location
    assert "legacy_service_unknown" in answer.text


def test_a_prefix_only_if_the_operator_says_so(deployment: Deployment) -> None:
    """Plain addresses below it, and none that a server might read as another."""
    host = f"https://{deployment.add_citizen().username}.example"
    old = add_old_site(deployment, cas={"services": [], "prefixes": [f"{host}/app/"]})
    guest = visit_to(old)
    deep = f"{host}/app/a/b;v=1/c.do?x=1&y=%E4%BD%A0"

    ticket = guest.open(old.login(service=deep)).fields["ticket"]
    told = old.success(ticket, service=deep)
    refused = [
        guest.agent.get(old.login(service=url)).status
        for url in (
            f"{host}/app",
            f"{host}/apple/",
            f"{host}/app/../admin",
            f"{host}/app/%2e%2e/admin",
            f"{host}/app/..;/admin",
            f"{host}/app/x#y",
            f"{host}/app/\\evil",
            f"{host}/other/",
            f"{host}.evil.example/app/",
            f"{host}/" + "a/" * 60,
        )
    ]

    assert told["user"]
    assert refused == [403] * 10


def test_the_longest_prefix_wins(deployment: Deployment) -> None:
    """Two sites on one host: each gets its own tickets."""
    host = f"https://{deployment.add_citizen().username}.example"
    wide = add_old_site(deployment, cas={"services": [], "prefixes": [f"{host}/"]})
    narrow = add_old_site(deployment, cas={"services": [], "prefixes": [f"{host}/b/"]})
    guest = visit_to(narrow)

    guest.open(narrow.login(service=f"{host}/b/x"))

    assert entry_of(narrow) is not None
    assert entry_of(wide) is None


def test_an_address_belongs_to_one_site(deployment: Deployment, old: OldSite) -> None:
    with pytest.raises(InvalidMetadataError, match="Another site"):
        add_old_site(deployment, cas={"services": [old.service]})


def test_it_is_off_by_default(deployment: Deployment) -> None:
    """A site of OpenID Connect gets no tickets, and no stranger can open the way to itself."""
    site = deployment.add_site()
    agent = deployment.agent()
    login = f"{deployment.issuer}/cas/login?{urlencode({'service': site.redirect_uri})}"
    document = {"redirect_uris": ["https://a.example/"], "legacy": {"cas": {"services": ["x"]}}}

    stranger = client_metadata.check(document, Policy("dynamic"), None)

    assert agent.get(login).status == 403
    assert "legacy" not in stranger.values


def test_a_disabled_site_gets_nothing(guest: OldVisit) -> None:
    ticket = guest.ticket()
    with guest.site.provider.desk.database.write() as tx:
        registration.set_status(tx, guest.site.client_id, "disabled", actor="test")
    guest.site.provider.desk.registry.forget(guest.site.client_id)

    assert guest.site.failure(ticket) == "INVALID_SERVICE"
    assert guest.agent.get(guest.site.login()).status == 403


@pytest.mark.parametrize(
    "legacy",
    [
        {},
        {"cas": {}},
        {"saml": {}},
        {"cas": {"services": ["https://a.example/*"]}},
        {"cas": {"services": ["http://a.example/"]}},
        {"cas": {"services": ["https://a.example/"], "proxy": True}},
        {"cas": {"prefixes": ["https://a.example/app"]}},
        {"cas": {"services": ["https://a.example/"], "attributes": ["password"]}},
        {"cas": {"services": ["https://a.example/"], "attributes": ["real_name"]}},
        {"cas": {"services": ["https://a.example/"], "acr": "high"}},
        {"cas": {"services": ["https://a.example/"], "user": "phone"}},
        {"cas": {"services": ["https://a.example/"], "slo": "ftp://a.example/"}},
        {"ticket": {"app_id": "a b", "back_urls": ["https://a.example/"]}},
        {"ticket": {"app_id": "abc", "back_urls": []}},
    ],
)
def test_a_slip_of_the_operator_is_told(legacy: dict[str, Any]) -> None:
    with pytest.raises(InvalidMetadataError):
        client_metadata.check({"legacy": legacy}, Policy("operator"), None)


# Signing out.


@pytest.fixture
def listener() -> Iterator[Any]:
    """A site's own server: it answers with the statuses in `answers`, then with 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            server.told.append(parse_qs(body))
            self.send_response(server.answers.pop(0) if server.answers else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server: Any = HTTPServer(("127.0.0.1", 0), Handler)
    server.told, server.answers = [], []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def told_site(deployment: Deployment, listener: Any) -> OldSite:
    """A site that wants to be told when a session ends."""
    slo = f"http://127.0.0.1:{listener.server_port}/slo"
    return add_old_site(deployment, profile="test", cas={"slo": slo})


def test_a_site_is_told_of_every_ticket_that_it_took(told_site: OldSite, listener: Any) -> None:
    """§2.3.3: a SAML logout request for each session it began; never for a ticket it never saw."""
    guest = visit_to(told_site)
    taken = [guest.ticket(), guest.ticket()]
    guest.ticket()
    for ticket in taken:
        told_site.success(ticket)
    guest.agent.post(
        f"{told_site.provider.issuer}/cas/logout", _confirm(guest, service=told_site.service)
    )
    assert entry_of(told_site).notice == "pending"

    work(told_site.provider)

    named = {
        ET.fromstring(form["logoutRequest"][0]).findtext(
            "{urn:oasis:names:tc:SAML:2.0:protocol}SessionIndex"
        )
        for form in listener.told
    }
    assert named == set(taken)
    assert len(listener.told) == 2
    assert entry_of(told_site).notice == "told"


def test_a_site_that_stumbles_is_told_the_rest_again(
    told_site: OldSite, listener: Any, later: Callable[[float], None]
) -> None:
    """What was taken is not said again; the citizen sees how it stands."""
    listener.answers = [200, 500]
    guest = visit_to(told_site)
    for _ in range(3):
        told_site.success(guest.ticket())
    with told_site.provider.desk.database.write() as tx:
        sessions.end(tx, entry_of(told_site).session_id)

    work(told_site.provider)
    first = (entry_of(told_site).notice, len(listener.told))
    later(3600)
    work(told_site.provider)

    assert first == ("pending", 2)
    assert (entry_of(told_site).notice, len(listener.told)) == ("told", 4)
    assert entry_of(told_site).notice_attempts == 2


def test_a_ticket_raced_with_sign_out_never_outlives_it(told_site: OldSite, listener: Any) -> None:
    """Either it is void, or the site is told that what it began is over."""
    lived = []
    for _ in range(8):
        guest = visit_to(told_site)
        ticket = guest.ticket()
        with told_site.provider.desk.database.read() as tx:
            session_id = tx.all(NEWEST, client_id=told_site.client_id)[0].session_id

        def leave(session_id: str) -> None:
            with told_site.provider.desk.database.write() as tx:
                sessions.end(tx, session_id)

        with ThreadPoolExecutor(2) as lanes:
            left = lanes.submit(leave, session_id)
            answer = lanes.submit(told_site.validate, ticket).result()
            left.result()
        if "authenticationSuccess" in answer.text:
            lived.append(ticket)

    work(told_site.provider)

    told = "".join(form["logoutRequest"][0] for form in listener.told)
    assert all(ticket in told for ticket in lived)


@pytest.mark.parametrize(("status", "notice"), [(200, "told"), (302, "told"), (404, "pending")])
def test_a_page_under_guard_takes_a_notice_and_redirects(
    told_site: OldSite, listener: Any, status: int, notice: str
) -> None:
    """As mod_auth_cas does: it reads the notice, and has nobody signed in to show the page to."""
    listener.answers = [status]
    guest = visit_to(told_site)
    told_site.success(guest.ticket())
    with told_site.provider.desk.database.write() as tx:
        sessions.end(tx, entry_of(told_site).session_id)

    work(told_site.provider)

    assert entry_of(told_site).notice == notice
    assert len(listener.told) == 1


def test_a_site_left_on_the_account_page_is_told(told_site: OldSite, listener: Any) -> None:
    """Withdrawing what was agreed to signs out there, and the page shows it was told."""
    guest = visit_to(told_site)
    told_site.success(guest.ticket())
    issuer = told_site.provider.issuer
    page = guest.agent.get(f"{issuer}/account/sites")
    form = page.form(to=f"/{told_site.client_id}/withdraw")

    guest.agent.submit(page, form)
    work(told_site.provider)

    assert len(listener.told) == 1
    assert entry_of(told_site).notice == "told"


def _confirm(guest: OldVisit, **query: str) -> dict[str, str]:
    issuer = guest.site.provider.issuer
    page = guest.agent.get(f"{issuer}/cas/logout?{urlencode(query)}")
    return page.form(having="logout-confirm").fields


def test_signing_out_asks_and_goes_back(guest: OldVisit) -> None:
    """§2.3: a link that anybody can send signs nobody out by itself; then all is over."""
    ticket = guest.ticket()
    issuer, service = guest.site.provider.issuer, guest.site.service

    asked = _confirm(guest, service=service)
    still = guest.agent.get(guest.site.login())
    done = guest.agent.post(f"{issuer}/cas/logout", asked)
    after = guest.agent.get(guest.site.login())

    assert still.fields["ticket"]
    assert done.location == service
    assert "/sign-in" in after.location
    assert guest.site.failure(ticket) == "INVALID_TICKET"


def test_signing_out_takes_a_form_of_ours(guest: OldVisit) -> None:
    guest.ticket()

    forged = guest.agent.post(f"{guest.site.provider.issuer}/cas/logout", {})

    assert forged.status == 403
    assert guest.agent.get(guest.site.login()).fields["ticket"]


def test_an_operator_may_spare_the_question(deployment: Deployment) -> None:
    """Only to a site that the person is at."""
    old = add_old_site(deployment, cas={"logout": "at_once"})
    other = add_old_site(deployment, cas={"logout": "at_once"})
    guest = visit_to(old)
    guest.ticket()
    logout = f"{deployment.issuer}/cas/logout?service="

    elsewhere = guest.agent.get(logout + quote(other.service, safe=""))
    here = guest.agent.get(logout + quote(old.service, safe=""))

    assert elsewhere.form(having="logout-confirm")
    assert here.location == old.service


def test_signing_out_leads_to_no_stranger(guest: OldVisit) -> None:
    """An unregistered service, or `url` of CAS 2.0: done, and said on a page of ours."""
    guest.ticket()
    issuer = guest.site.provider.issuer

    fields = _confirm(guest, url="https://evil.example/")
    done = guest.agent.post(f"{issuer}/cas/logout", {**fields, "service": "https://evil.example/"})
    gone = guest.agent.get(f"{issuer}/cas/logout?url=https://evil.example/")

    assert done.location.startswith(f"{issuer}/signed-out")
    assert gone.location == f"{issuer}/signed-out"
