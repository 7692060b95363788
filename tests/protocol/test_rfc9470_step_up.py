"""RFC 9470: a resource server asks for more than a token has, and the citizen is led to it."""

import json
import re
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from idp import clock
from idp.proofing import verifications
from tests.people import Inbox

from .proven import new_number, prove
from .wire import Answer

AAL2, IAL2 = "urn:manyou:aal:2", "urn:manyou:ial:2"


@dataclass(frozen=True, slots=True)
class Resource:
    """A department's service: it lets nobody in whose sign-in is too weak, or too long ago."""

    provider: object
    acr: str = ""
    max_age: int | None = None

    def get(self, token: str) -> tuple[int, str]:
        """Return the status, and the WWW-Authenticate header (§3)."""
        keys = self.provider.keys()
        claims = jwt.decode(token, keys, algorithms=["ES256", "RS256"]).claims
        weak = bool(self.acr) and claims["acr"] != self.acr
        old = self.max_age is not None and clock.epoch() - claims["auth_time"] > self.max_age
        if not (weak or old):
            return 200, ""
        wanted = f', acr_values="{self.acr}"' if self.acr else ""
        wanted += "" if self.max_age is None else f', max_age="{self.max_age}"'
        return 401, f'Bearer error="insufficient_user_authentication"{wanted}'


def asked_by(challenge: str) -> dict[str, str]:
    """Return the parameters that a site passes on from a challenge to /authorize (§4)."""
    assert 'error="insufficient_user_authentication"' in challenge
    return dict(re.findall(r'(acr_values|max_age)="([^"]+)"', challenge))


def essential(*values: str) -> str:
    return json.dumps({"id_token": {"acr": {"essential": True, "values": values}}})


@pytest.fixture
def phone():
    return f"137{time.time_ns() % 10**8:08d}"


@pytest.fixture
def visit(enter, deployment, phone):
    """Somebody with a password and a phone, on the way into a site."""
    return enter(citizen=deployment.add_citizen(phone=phone))


@pytest.fixture
def confirm_by_code(visit, deployment, phone):
    """Do what the page of the second factor asks, and return what comes after."""

    def confirm(answer: Answer) -> Answer:
        page = visit.agent.follow(answer)
        assert path_of(page) == "/confirm"
        page = visit.agent.submit(page, page.form(having="send-code"), press="send-code")
        page = visit.agent.follow(page)
        code = Inbox(deployment.app).code(f"+86{phone}")
        return visit.walk(visit.agent.submit(page, page.form(having="code"), code=code))

    return confirm


def path_of(answer: Answer) -> str:
    return urlsplit(answer.url).path


def next_of(answer: Answer) -> str:
    return parse_qs(urlsplit(answer.location or answer.url).query)["next"][0]


class TestTheLoop:
    """§3-§5: challenge, upgrade, accepted."""

    def test_a_second_factor(self, visit, deployment, confirm_by_code):
        """§4: acr_values from the challenge; the new token carries what was reached."""
        resource = Resource(deployment, acr=AAL2)
        status, challenge = resource.get(visit.tokens()["access_token"])
        assert status == 401

        back = confirm_by_code(visit.ask(**asked_by(challenge)))
        tokens = visit.site.redeem(back.fields["code"]).json

        assert resource.get(tokens["access_token"]) == (200, "")
        assert visit.site.read(tokens["id_token"])["amr"] == ["pwd", "sms", "mfa"]

    def test_a_proven_name(self, visit, deployment):
        """§4: the same for an identity level: parked, proven, resumed."""
        resource = Resource(deployment, acr=IAL2)
        status, challenge = resource.get(visit.tokens()["access_token"])
        assert status == 401

        away = visit.ask(**asked_by(challenge))
        assert urlsplit(away.location).path == "/account/real-name"
        assert parse_qs(urlsplit(away.location).query)["level"] == ["2"]
        prove(deployment, visit.citizen.person_id, new_number())
        back = visit.agent.get(next_of(away))
        tokens = visit.site.redeem(back.fields["code"]).json

        assert resource.get(tokens["access_token"]) == (200, "")

    def test_a_fresh_sign_in(self, visit, deployment, later):
        """§4: max_age from the challenge; auth_time is new."""
        resource = Resource(deployment, max_age=300)
        tokens = visit.tokens()
        assert resource.get(tokens["access_token"])[0] == 200
        later(301)
        status, challenge = resource.get(tokens["access_token"])
        assert (status, asked_by(challenge)) == (401, {"max_age": "300"})

        tokens = visit.tokens(**asked_by(challenge))

        assert visit.asked == ["confirm"]
        assert resource.get(tokens["access_token"]) == (200, "")

    def test_introspection_tells_the_same(self, visit, confirm_by_code):
        """§6.2: acr and auth_time in the answer of introspection."""
        back = confirm_by_code(start(visit, acr_values=AAL2))
        token = visit.site.redeem(back.fields["code"]).json["access_token"]

        told = visit.site.provider.post("/introspect", {"token": token}, **visit.site.basic).json

        assert told["acr"] == AAL2
        assert abs(told["auth_time"] - clock.epoch()) < 60


class TestTheSecondFactor:
    """What was not shown yet is asked for, and nothing else counts."""

    def test_the_password_is_not_asked_for_twice(self, visit):
        """The page offers the other factor alone, and a way on without it."""
        page = visit.agent.follow(start(visit, acr_values=AAL2))

        assert path_of(page) == "/confirm"
        assert not any("password" in form.fields for form in page.forms)
        assert 'id="decline-link"' in page.text

    def test_the_password_again_is_no_second_factor(self, visit):
        """Whoever posts it all the same is asked again."""
        page = visit.agent.follow(start(visit, acr_values=AAL2))
        form = page.form(having="send-code")
        form.action = form.action.replace("/confirm/send", "/confirm")

        again = visit.agent.follow(visit.agent.submit(page, form, password=visit.citizen.password))

        assert path_of(again) == "/confirm"
        assert "factor=sms" in again.url

    def test_after_a_code_the_password_is_the_other_one(self, visit, deployment, phone):
        """Signed in by SMS: the page asks for the password, and for no further code."""
        page = visit.agent.follow(visit.ask(acr_values=AAL2))
        query = urlsplit(page.url).query
        page = visit.agent.get(f"/sign-in/code?{query}")
        page = visit.agent.submit(page, page.form(having="phone"), phone=phone)
        page = visit.agent.follow(page)
        code = Inbox(deployment.app).code(f"+86{phone}")
        page = visit.agent.follow(visit.agent.submit(page, page.form(having="code"), code=code))
        assert path_of(page) == "/confirm"
        assert not any("send-code" in form.buttons for form in page.forms)

        back = visit.walk(page)

        claims = visit.site.read(visit.site.redeem(back.fields["code"]).json["id_token"])
        assert (claims["acr"], claims["amr"]) == (AAL2, ["sms", "pwd", "mfa"])

    def test_nobody_is_asked_for_a_factor_they_do_not_have(self, enter, deployment):
        """No phone: what a site would like is out of reach, and it is told what there is."""
        visit = enter(citizen=deployment.add_citizen())
        visit.sign_in()

        answer = visit.ask(acr_values=AAL2)

        claims = visit.site.read(visit.site.redeem(answer.fields["code"]).json["id_token"])
        assert claims["acr"] == "urn:manyou:ial:1:aal:1"

    def test_what_is_needed_and_out_of_reach_is_an_error(self, enter, deployment):
        """Unmet Authentication Requirements §2."""
        visit = enter(citizen=deployment.add_citizen())
        visit.sign_in()

        assert visit.ask(claims=essential(AAL2)).error == "unmet_authentication_requirements"

    def test_both_levels_one_after_the_other(self, visit, deployment, confirm_by_code):
        """`urn:manyou:ial:2:aal:2`: first the factor, then the name, then the site."""
        both = "urn:manyou:ial:2:aal:2"

        page = confirm_by_code(start(visit, claims=essential(both)))
        assert "/account/real-name" in page.url
        prove(deployment, visit.citizen.person_id, new_number())
        back = visit.agent.get(next_of(page))

        claims = visit.site.read(visit.site.redeem(back.fields["code"]).json["id_token"])
        assert claims["acr"] == both


class TestPreference:
    """OIDC Core §3.1.2.1, §5.5.1.1: acr_values is voluntary."""

    def test_one_may_go_on_without(self, visit):
        """Declined: the site gets the lower level and decides; nobody is asked twice."""
        page = visit.agent.follow(start(visit, acr_values=AAL2))
        link = re.search(r'id="decline-link" href="([^"]+)"', page.text)

        back = visit.agent.follow(visit.agent.get(link[1]))

        claims = visit.site.read(visit.site.redeem(back.fields["code"]).json["id_token"])
        assert claims["acr"] == "urn:manyou:ial:1:aal:1"

    @pytest.mark.parametrize("value", ["urn:manyou:aal:3", "urn:manyou:ial:4"])
    def test_a_claim_that_is_not_essential_is_a_preference(self, visit, value):
        """§5.5.1: without `essential`, beyond reach is no error."""
        wish = json.dumps({"id_token": {"acr": {"values": [value]}}})

        assert start(visit, claims=wish).fields["code"]

    @pytest.mark.parametrize("needed", [True, False])
    def test_the_way_to_a_name_may_be_declined_too(self, visit, needed):
        """The pages of the proof offer to go on without, where the site allows it."""
        asked = {"claims": essential(IAL2)} if needed else {"acr_values": IAL2}

        page = visit.agent.follow(start(visit, **asked))

        assert page.status == 200
        assert ('id="decline-link"' in page.text) is not needed
        if not needed:
            link = re.search(r'id="decline-link" href="([^"]+)"', page.text)
            assert visit.agent.follow(visit.agent.get(link[1])).fields["code"]

    def test_what_is_needed_cannot_be_declined(self, visit):
        """Essential: no such link, and its address changes nothing."""
        page = visit.agent.follow(start(visit, claims=essential(AAL2)))
        assert "decline-link" not in page.text
        handle = next_of(page).rpartition("/")[2]

        again = visit.agent.follow(visit.agent.get(f"/authorize/decline/{handle}"))

        assert path_of(again) == "/confirm"

    def test_nobody_declines_for_another_browser(self, visit, deployment):
        """The handle is bound to the browser it was made for."""
        handle = next_of(start(visit, acr_values=AAL2)).rpartition("/")[2]

        assert deployment.agent().get(f"/authorize/decline/{handle}").status == 400
        assert path_of(visit.agent.follow(visit.agent.get(f"/authorize/resume/{handle}"))) == (
            "/confirm"
        )

    def test_a_cancelled_way_is_told_as_such(self, visit):
        """RFC 6749 §4.1.2.1."""
        handle = next_of(start(visit, claims=essential(IAL2))).rpartition("/")[2]

        assert visit.agent.get(f"/authorize/cancel/{handle}").error == "access_denied"

    def test_whoever_has_one_of_them_is_not_asked(self, visit):
        """Any listed level that holds is enough, wherever it stands in the list."""
        visit.sign_in()

        assert visit.ask(acr_values=f"{AAL2} urn:manyou:ial:1").fields["code"]

    def test_the_first_in_reach_is_offered(self, visit):
        """Unknown values and those that nobody reaches at a screen are passed over."""
        wanted = f"phr urn:manyou:aal:3 urn:manyou:ial:4 {IAL2} {AAL2}"

        assert urlsplit(start(visit, acr_values=wanted).location).path == "/account/real-name"

    @pytest.mark.parametrize("wanted", ["phr", "urn:manyou:aal:3", "urn:manyou:ial:4", "x y z"])
    def test_what_nobody_reaches_is_not_offered(self, visit, wanted):
        """Nobody is sent away to come back with nothing."""
        assert start(visit, acr_values=wanted).fields["code"]

    def test_what_is_needed_may_take_a_counter(self, visit):
        """An essential level 4: the pages say how, even if it takes another day."""
        away = start(visit, claims=essential("urn:manyou:ial:4"))

        assert parse_qs(urlsplit(away.location).query)["level"] == ["4"]

    def test_an_essential_value_is_not_met_by_a_voluntary_one(self, visit):
        """§5.5.1.1: the acr MUST be one of those that the essential claim names."""
        away = start(visit, acr_values="urn:manyou:ial:1", claims=essential(IAL2))

        assert urlsplit(away.location).path == "/account/real-name"

    def test_a_registration_may_wish_too(self, enter, deployment, phone):
        """Registration §2, default_acr_values: for requests that say nothing themselves."""
        citizen = deployment.add_citizen(phone=phone)
        visit = enter(citizen=citizen, default_acr_values=[AAL2], first_party=True)

        assert visit.code(acr_values="urn:manyou:aal:1")
        assert path_of(visit.agent.follow(visit.ask())) == "/confirm"


class TestSilence:
    """prompt=none never asks anybody (OIDC Core §3.1.2.1)."""

    def test_a_voluntary_level_is_answered_as_it_is(self, visit):
        """The lower level, at once."""
        visit.sign_in()

        answer = visit.ask(prompt="none", acr_values=f"{AAL2} {IAL2}")

        claims = visit.site.read(visit.site.redeem(answer.fields["code"]).json["id_token"])
        assert claims["acr"] == "urn:manyou:ial:1:aal:1"

    @pytest.mark.parametrize("value", [AAL2, IAL2, "urn:manyou:ial:4"])
    def test_an_essential_one_is_refused(self, visit, value):
        """It could be reached, but nobody may be asked."""
        visit.sign_in()

        answer = visit.ask(prompt="none", claims=essential(value))

        assert answer.error == "unmet_authentication_requirements"


class TestFreshness:
    """To prove a name shows no factor."""

    def test_a_proven_name_is_no_fresh_sign_in(self, visit, deployment):
        """prompt=login: whoever wanders off to prove a name has still to sign in again."""
        visit.sign_in()
        away = visit.ask(prompt="login", acr_values=IAL2)
        assert urlsplit(away.location).path == "/confirm"
        prove(deployment, visit.citizen.person_id, new_number())

        again = visit.agent.get(next_of(away))

        assert urlsplit(again.location).path == "/confirm"

    def test_nor_does_max_age_forget(self, visit, deployment, later):
        """max_age: the same, and auth_time stays what it was."""
        before = visit.claims()["auth_time"]
        later(100)
        away = visit.ask(acr_values=IAL2)
        prove(deployment, visit.citizen.person_id, new_number())
        back = visit.agent.get(next_of(away))

        claims = visit.site.read(visit.site.redeem(back.fields["code"]).json["id_token"])
        assert claims["auth_time"] == before
        stale = visit.ask(acr_values=IAL2, max_age="60")
        assert urlsplit(stale.location).path == "/confirm"

    def test_signed_in_again_then_proven_is_enough(self, visit, deployment):
        """prompt=login and a level: once each, in this order."""
        visit.sign_in()

        page = visit.enter(prompt="login", acr_values=IAL2)

        assert visit.asked == ["confirm"]
        assert "/account/real-name" in page.url
        prove(deployment, visit.citizen.person_id, new_number())
        assert visit.agent.get(next_of(page)).fields["code"]


def start(visit, **asked: str) -> Answer:
    """Sign in, and ask for more than that."""
    visit.sign_in()
    return visit.ask(**asked)


@pytest.mark.parametrize("acr", [IAL2, "urn:manyou:ial:2:aal:1"])
def test_a_token_claims_no_level_that_was_withdrawn(visit, deployment, acr):
    """What was proven at the sign-in need not hold any more when the next tokens are made."""
    prove(deployment, visit.citizen.person_id, new_number())
    tokens = visit.tokens(acr_values=acr)
    code = visit.code(acr_values=acr)
    assert visit.site.read(tokens["id_token"])["acr"] == acr

    with deployment.desk.database.write() as tx:
        verifications.withdraw_all(tx, visit.citizen.person_id, "it was fraud")
    redeemed = visit.site.redeem(code).json
    refreshed = visit.site.refresh(tokens["refresh_token"]).json

    for answer in (redeemed, refreshed):
        assert visit.site.read(answer["id_token"])["acr"] == "urn:manyou:ial:1:aal:1"
        held = jwt.decode(answer["access_token"], deployment.keys(), algorithms=["ES256"])
        assert held.claims["acr"] == "urn:manyou:ial:1:aal:1"


def test_max_age_zero_is_never_met_silently(visit):
    """OIDC Core §3.1.2.1: not even by somebody who signed in within this very second."""
    visit.sign_in()

    assert visit.ask(max_age="0", prompt="none").error == "login_required"
    assert visit.ask(max_age="0").location.partition("?")[0].endswith("/confirm")
    assert "code" in visit.enter(max_age="0").fields
