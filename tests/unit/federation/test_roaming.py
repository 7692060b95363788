"""Come from another house like ours, and leave: chains, levels passed on, logout both ways."""

import json
import time
from base64 import urlsafe_b64decode
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from federation.catalogue import catalogue, entries
from idp.authentication.views import surroundings
from idp.authentication.views.surroundings import Demand
from idp.clients import metadata, registration
from idp.clients.rules import Policy
from idp.crypto.signatures import generate
from idp.sessions import service as sessions
from idp.web import house
from tests.people import ISSUER as HERE
from tests.people import rows
from tests.unit.federation.test_oidc import ISSUER, OFFERED, Provider
from tests.unit.federation.test_sign_in import TRUSTED, code_of, open_account, sign_in, who

EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT = {"typ": "logout+jwt"}
NUMBER = "11010119900307002X"


def asked_of(response):
    return dict(parse_qsl(urlsplit(response.headers["Location"]).query))


class Nation(Provider):
    """A house like ours, written down, at which people sign in and out."""

    def __init__(self, script):
        super().__init__(script)
        self.offers(**OFFERED)

    def visit(self, browser, key="nation", following="", **claims):
        """Let *browser* go there and come back as whom the *claims* say."""
        there = browser.get(f"/federation/{key}" + (f"?next={following}" if following else ""))
        return self.send_back(browser, asked_of(there), key, **claims)

    def send_back(self, browser, asked, key="nation", **claims):
        self.script.answers["/token"] = []
        self.script.answers["/userinfo"] = []
        self.answers(SimpleNamespace(nonce=asked["nonce"]), **{"sid": "n1", **claims})
        query = f"state={asked['state']}&code=C&iss={ISSUER}"
        return browser.get(f"/federation/{key}/callback?{query}")

    def logout_token(self, header=None, key=None, **changed):
        """Sign a logout token (§2.4); *changed* members replace its own, None takes them away."""
        claims = {"sub": "s1", "sid": "n1", "jti": f"j{time.perf_counter_ns()}"}
        claims |= {"events": {EVENT: {}}, "auth_time": None, "nonce": None} | changed
        flow = SimpleNamespace(nonce=None)
        return self.token(flow, LOGOUT if header is None else header, key, **claims)


@pytest.fixture
def nation(app, script):
    """The nation, as an upstream that is believed up to level 3."""
    app.extensions[catalogue.KEY]._outbound = script
    there = Nation(script)
    offer_nation(app)
    return there


def offer_nation(app, key="nation", trust=TRUSTED, **options):
    document = {
        "key": key,
        "kind": "oidc",
        "name_en": key.title(),
        "trust": trust,
        "options": {"issuer": ISSUER, "client_id": "c1", "client_secret": "s", "like_us": True}
        | options,
    }
    with app.app_context(), house.database().write() as tx:
        entry = entries.read_document(document)
        entries.create(tx, house.vault(), entry, actor="test", enabled=True)
    app.extensions[catalogue.KEY]._second = -1  # what was read this second is read anew


def tell(browser, token, key="nation", **further):
    """Bring a logout token as the upstream does: without cookies or forms of ours."""
    there = f"/federation/{key}/backchannel-logout"
    data = {"logout_token": token, **further}
    return browser.client.post(there, data=data, **browser._manners())


@pytest.fixture
def roamer(app, nation, browser):
    """Somebody who came from the nation, and is signed in."""
    one = browser()
    assert open_account(one, nation.visit(one)).status_code == 303
    assert one.is_signed_in()
    return one


class TestTheWayThere:
    """What is asked of the other house."""

    @pytest.fixture
    def wants(self, app):
        def want(*demand):
            there = app.extensions[surroundings.KEY]
            app.extensions[surroundings.KEY] = replace(
                there, demand_for_next=lambda _path: Demand(*demand)
            )

        return want

    def test_what_the_waiting_site_wants_is_passed_on(self, nation, browser, wants):
        """A level, the real name that it stands on, and that the sign-in be fresh."""
        wants(3, 2, True)

        asked = asked_of(browser().get("/federation/nation?next=/account"))

        assert asked["acr_values"] == "urn:manyou:ial:3:aal:2"
        verified = json.loads(asked["claims"])["userinfo"]["verified_claims"]
        assert set(verified["claims"]) == {"name", "id_number"}
        assert (asked["prompt"], asked["max_age"]) == ("login", "0")

    def test_nobody_is_asked_for_a_name_that_no_site_wants(self, nation, browser):
        asked = asked_of(browser().get("/federation/nation"))

        assert not asked.keys() & {"acr_values", "claims", "prompt"}

    def test_no_more_is_asked_than_would_be_believed(self, app, nation, browser, wants):
        """A province that is trusted up to 2 is not asked for 3."""
        offer_nation(app, "province", trust={"ial": 2, "claims": ["identity"]})
        wants(3, 2, False)

        asked = asked_of(browser().get("/federation/province?next=/account"))

        assert asked["acr_values"] == "urn:manyou:ial:2:aal:1"


class TestLevels:
    """What comes back counts as far as the house is trusted."""

    @pytest.mark.parametrize(
        ("claimed", "trust", "reached"), [(4, 3, 3), (2, 3, 2), (3, 2, 2), (1, 3, 1)]
    )
    def test_no_house_raises_a_level_beyond_its_trust(
        self, app, nation, browser, claimed, trust, reached
    ):
        offer_nation(app, "province", trust={**TRUSTED, "ial": trust})
        told = {"verification": {}, "claims": {"name": "张三", "id_number": NUMBER}}
        one = browser()
        response = nation.visit(
            one, "province", acr=f"urn:manyou:ial:{claimed}:aal:1", verified_claims=told
        )
        open_account(one, response)

        found = rows(app, "SELECT ial FROM verification")
        assert found == ([(reached,)] if reached > 1 else [])

    def test_a_session_is_as_old_as_the_sign_in_it_came_by(self, app, nation, browser):
        """Whoever signed in there an hour ago has shown nobody anything since."""
        one, then = browser(), int(time.time()) - 3600
        open_account(one, nation.visit(one, auth_time=then))

        assert rows(app, "SELECT auth_time FROM sso_session") == [(then,)]
        assert one.get("/account/links").status_code == 200
        away = one.post("/account/links/add/nation")
        assert "/confirm?" in away.headers["Location"]  # a link needs a fresh factor

    def test_whoever_has_no_other_factor_confirms_where_they_came_from(self, app, nation, browser):
        one, now = browser(), int(time.time())
        open_account(one, nation.visit(one, auth_time=now - 3600))
        page = one.get("/confirm?next=/account/links").text
        assert 'id="upstream-nation"' in page

        away = one.get("/federation/nation?next=/account/links&afresh=1")
        asked = asked_of(away)
        stale = nation.send_back(one, asked, auth_time=now - 3600)
        assert code_of(stale) == "upstream_answer_invalid"
        asked = asked_of(one.get("/federation/nation?next=/account/links&afresh=1"))
        nation.send_back(one, asked, auth_time=now)

        ((shown_at,),) = rows(app, "SELECT auth_time FROM sso_session WHERE ended_at IS NULL")
        assert shown_at >= now


class TestChain:
    """The houses that vouched: told on, never in a circle, never too many."""

    def test_a_session_knows_the_houses_that_it_came_by(self, app, nation, browser):
        one = browser()
        open_account(one, nation.visit(one, upstream=["https://b.example"]))

        assert rows(app, "SELECT chain FROM upstream_session") == [(f"{ISSUER} https://b.example",)]

    @pytest.mark.parametrize(
        "houses",
        [[HERE], ["https://b.example", HERE], [ISSUER],
         [f"https://{name}.example" for name in "bcde"]],
        ids=["here", "here-behind-another", "twice", "five"],
    )  # fmt: skip
    def test_a_circle_signs_nobody_in(self, app, nation, browser, houses):
        one = browser()

        refused = nation.visit(one, upstream=houses)

        assert (refused.status_code, code_of(refused)) == (403, "upstream_circle")
        assert who(app) == []

    def test_a_sites_token_tells_the_houses(self, app, nation, browser):
        """`upstream`, the nearest first; of whoever came by none it says nothing."""
        one = browser()
        open_account(one, nation.visit(one, upstream=["https://b.example"]))

        assert id_token_for(app, one)["upstream"] == [ISSUER, "https://b.example"]

    def test_whoever_signed_in_here_came_by_no_house(self, app, nation, person, browser):
        person(username="zhang_san")
        one = browser()
        sign_in(one, "zhang_san")

        assert "upstream" not in id_token_for(app, one)

    def test_four_houses_are_not_too_many(self, nation, browser):
        one = browser()
        response = nation.visit(one, upstream=[f"https://{name}.example" for name in "bcd"])

        assert open_account(one, response).status_code == 303


class TestHearing:
    """A logout token ends what came by its session, and nothing else (Back-Channel Logout §2)."""

    def test_a_logout_there_is_one_here_and_at_our_sites(self, app, nation, roamer):
        enter_site(app, roamer)

        answer = tell(roamer, nation.logout_token())

        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
        assert not roamer.is_signed_in()
        assert rows(app, "SELECT notice FROM client_session") == [("pending",)]
        assert rows(app, "SELECT COUNT(*) FROM job WHERE kind = 'backchannel_logout'") == [(1,)]

    def test_it_is_good_once(self, nation, roamer):
        """§2.6: a jti of late is refused."""
        token = nation.logout_token()
        tell(roamer, token)

        again = tell(roamer, token)

        assert (again.status_code, again.json) == (400, {"error": "invalid_request"})

    def test_what_has_ended_already_is_no_error(self, app, nation, roamer):
        """§2.7: so that nobody tells us for ever; and nobody is told twice."""
        enter_site(app, roamer)
        tell(roamer, nation.logout_token())

        assert tell(roamer, nation.logout_token()).status_code == 200
        assert rows(app, "SELECT COUNT(*) FROM job WHERE kind = 'backchannel_logout'") == [(1,)]

    def test_without_a_sid_every_session_of_the_person_ends(self, app, nation, roamer, browser):
        another = browser()
        nation.visit(another, sid="n2")
        assert another.is_signed_in()

        tell(roamer, nation.logout_token(sid=None))

        assert not roamer.is_signed_in()
        assert not another.is_signed_in()

    def test_without_a_sub_the_session_ends(self, nation, roamer):
        assert tell(roamer, nation.logout_token(sub=None)).status_code == 200
        assert not roamer.is_signed_in()

    @pytest.mark.parametrize("changed", [{"sid": "n2"}, {"sub": "s2"}, {"sub": "S1", "sid": None}])
    def test_another_session_is_left_alone(self, nation, roamer, changed):
        assert tell(roamer, nation.logout_token(**changed)).status_code == 200
        assert roamer.is_signed_in()

    def test_one_upstream_ends_nothing_that_came_by_another(self, app, nation, roamer):
        offer_nation(app, "province")

        assert tell(roamer, nation.logout_token(), "province").status_code == 200
        assert roamer.is_signed_in()

    def test_a_session_of_another_way_in_is_left_alone(self, nation, roamer, person, browser):
        person(username="zhang_san")
        local = browser()
        sign_in(local, "zhang_san")
        tell(roamer, nation.logout_token(sid=None))

        assert local.is_signed_in()

    @pytest.mark.parametrize(
        "changed",
        [
            {"iss": "https://evil.example"},
            {"aud": "c2"},
            {"aud": ["c1", "c2"]},
            {"nonce": "n"},
            {"nonce": ""},
            {"events": None},
            {"events": {}},
            {"events": [EVENT]},
            {"events": {EVENT: True}},
            {"events": {EVENT + "2": {}}},
            {"jti": None},
            {"jti": ""},
            {"jti": 7},
            {"jti": "x" * 256},
            {"sid": None, "sub": None},
            {"sid": "", "sub": ""},
            {"sid": 7},
            {"sub": ["s1"]},
            {"iat": None},
            {"iat": True},
            {"iat": 4102444800},
            {"iat": 1_600_000_000},
            {"exp": None},
            {"exp": 1},
            {"nbf": 4102444800},
        ],
        ids=repr,
    )
    def test_a_token_that_is_none_ends_nothing(self, nation, roamer, changed):
        answer = tell(roamer, nation.logout_token(**changed))

        assert (answer.status_code, answer.json) == (400, {"error": "invalid_request"})
        assert roamer.is_signed_in()

    @pytest.mark.parametrize(
        "header",
        [{}, {"typ": "JWT"}, {"typ": "at+jwt"}, {"typ": "logout+jwt", "alg": "none"},
         {"typ": "logout+jwt", "alg": "HS256"}, {"typ": "logout+jwt", "kid": "k2"},
         {"typ": "logout+jwt", "jwk": {"kty": "oct", "k": "eA"}},
         {"typ": "logout+jwt", "crit": ["b64"], "b64": False}],
        ids=repr,
    )  # fmt: skip
    def test_a_token_of_another_type_or_key_ends_nothing(self, nation, roamer, header):
        assert tell(roamer, nation.logout_token(header)).status_code == 400
        assert roamer.is_signed_in()

    def test_a_forged_token_ends_nothing(self, nation, roamer):
        assert tell(roamer, nation.logout_token(key=generate("ES256"))).status_code == 400
        assert roamer.is_signed_in()

    def test_an_id_token_is_no_logout_token(self, nation, roamer):
        token = nation.token(SimpleNamespace(nonce=None), {"typ": "JWT"}, sid="n1", jti="1")

        assert tell(roamer, token).status_code == 400
        assert roamer.is_signed_in()

    @pytest.mark.parametrize(
        "body", [b"", b"logout_token=", b"logout_token=a&logout_token=b", b"logout_token=a.b.c"]
    )
    def test_a_request_that_brings_no_token_ends_nothing(self, nation, roamer, body):
        answer = roamer.client.post(
            "/federation/nation/backchannel-logout",
            data=body,
            content_type="application/x-www-form-urlencoded",
            **roamer._manners(),
        )

        assert answer.status_code == 400
        assert roamer.is_signed_in()

    def test_an_upstream_that_tells_of_no_logout_is_not_heard(self, offer, pages, browser):
        offer("north")

        assert tell(browser(), "a.b.c", "north").status_code == 400
        assert tell(browser(), "a.b.c", "nowhere").status_code == 404

    def test_a_session_that_ended_on_the_way_signs_nobody_in(self, app, nation, roamer, browser):
        """The token is faster than the browser: signed out there, nobody arrives here."""
        late = browser()
        asked = asked_of(late.get("/federation/nation"))
        tell(late, nation.logout_token(sid="n9"))

        refused = nation.send_back(late, asked, sid="n9")

        assert (refused.status_code, code_of(refused)) == (403, "upstream_session_over")
        assert not late.is_signed_in()

    def test_the_next_session_there_is_another(self, nation, roamer):
        tell(roamer, nation.logout_token())

        nation.visit(roamer, sid="n2")

        assert roamer.is_signed_in()


class TestLeaving:
    """Signed out here, somebody may sign out there too; nobody does it for them."""

    def farewell(self, roamer):
        there = roamer.post("/end_session/confirm")
        assert there.status_code == 303
        return there.headers["Location"]

    def test_the_other_house_is_offered_and_not_touched(self, nation, roamer, script):
        before = len(script.asked)
        there = self.farewell(roamer)

        page = roamer.get(there).text

        assert not roamer.is_signed_in()
        assert "/federation/farewell/" in there
        assert "You came by Nation" in page
        assert len(script.asked) == before

    def test_who_asks_for_it_goes_there_and_comes_back(self, nation, roamer):
        away = roamer.get(self.farewell(roamer) + "/leave")
        asked = asked_of(away)
        assert away.headers["Location"].startswith(f"{ISSUER}/logout?")
        assert asked["post_logout_redirect_uri"] == f"{HERE}/federation/nation/signed-out"
        assert asked["client_id"] == "c1"
        assert asked["id_token_hint"].count(".") == 2

        back = roamer.get(f"/federation/nation/signed-out?state={asked['state']}")

        assert back.headers["Location"].startswith("/signed-out?session=")
        assert roamer.get(back.headers["Location"]).status_code == 200

    def test_what_it_carries_is_good_in_this_browser_alone(self, nation, roamer, browser):
        """It leads to an ID token: nobody else may follow it."""
        there = self.farewell(roamer)
        for path in (there, f"{there}/leave", "/federation/farewell/AAAA"):
            assert code_of(browser().get(path)) == "farewell_over"
        state = there.rpartition("/")[2]
        stranger = browser().get(f"/federation/nation/signed-out?state={state}")
        assert code_of(stranger) == "farewell_over"

    def test_whoever_came_by_nobody_is_offered_nothing(self, nation, person, browser):
        person(username="zhang_san")
        local = browser()
        sign_in(local, "zhang_san")

        assert "/signed-out?session=" in self.farewell(local)

    def test_an_upstream_without_a_sign_out_is_not_offered(self, offer, pages, browser):
        from tests.unit.federation.upstream import somebody, visit

        offer("north")
        pages.says = [somebody(session={"sid": "1"})]
        one = browser()
        open_account(one, visit(one))

        assert "/signed-out?session=" in self.farewell(one)

    def test_the_account_page_offers_it_too(self, nation, roamer):
        there = roamer.post("/account/sessions/end-all")

        assert "/federation/farewell/" in there.headers["Location"]

    def test_a_logout_there_while_leaving_ends_in_peace(self, nation, roamer):
        """Its token for us finds nothing left, and tells nobody anything."""
        roamer.get(self.farewell(roamer) + "/leave")

        assert tell(roamer, nation.logout_token()).status_code == 200


def enter_site(app, browser):
    """Let the person of *browser* enter a site."""
    with app.app_context(), house.database().write() as tx:
        token = browser.cookie("__Host-manyou-session")
        session = sessions.find(tx, token, house.settings().sessions)
        parameters = sessions.entering(session, "site")
        tx.run(sessions_enter(), **parameters)


def sessions_enter():
    from idp.db import Statement

    return Statement(sessions.ENTER)


def id_token_for(app, browser):
    """Return what a site is told of whoever is signed in, in its ID token."""
    site = {"client_name": "Site", "redirect_uris": ["https://site.example/back"]}
    site |= {"first_party": True, "require_pkce": False, "scope": "openid"}
    site["token_endpoint_auth_method"] = "client_secret_post"
    with app.app_context(), house.database().write() as tx:
        checked = metadata.check(site, Policy("operator"), house.outbound())
        made = registration.create(tx, checked, actor="test").document()
    query = {"client_id": made["client_id"], "redirect_uri": site["redirect_uris"][0]}
    answer = browser.get(
        f"/authorize?{urlencode(query | {'response_type': 'code', 'scope': 'openid'})}"
    )
    code = asked_of(answer)["code"]
    given = browser.client.post(
        "/token",
        data={"grant_type": "authorization_code", "code": code, **query}
        | {"client_secret": made["client_secret"]},
        **browser._manners(),
    )
    body = given.json["id_token"].split(".")[1]
    return json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
