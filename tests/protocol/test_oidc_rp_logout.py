"""OpenID Connect RP-Initiated Logout 1.0."""

from urllib.parse import urlencode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey


@pytest.fixture
def hint(visit):
    return visit.tokens()["id_token"]


@pytest.fixture
def bye(visit):
    return visit.site.metadata["post_logout_redirect_uris"][0]


def out(visit, **parameters):
    return visit.agent.get(f"/end_session?{urlencode(parameters)}")


def signed_in(visit) -> bool:
    return "code" in visit.ask(prompt="none").fields


def test_a_site_signs_its_person_out_and_gets_them_back(visit, hint, bye):
    """§2, §3: with id_token_hint and a registered URI, at once, and the state comes along."""
    answer = out(visit, id_token_hint=hint, post_logout_redirect_uri=bye, state="a b")

    assert (answer.status, answer.location) == (303, f"{bye}?state=a%20b")
    assert visit.ask(prompt="none").fields["error"] == "login_required"


def test_without_a_state_none_comes_back(visit, hint, bye):
    """§3: state is passed back if it was sent."""
    assert out(visit, id_token_hint=hint, post_logout_redirect_uri=bye).location == bye


def test_it_may_be_posted(visit, hint, bye):
    """§2: OPs MUST support GET and POST."""
    form = {"id_token_hint": hint, "post_logout_redirect_uri": bye}

    assert visit.agent.post("/end_session", form).location == bye
    assert not signed_in(visit)


def test_client_id_may_confirm_the_hint(visit, hint, bye):
    """§2: both present: they must match."""
    answer = out(
        visit,
        id_token_hint=hint,
        client_id=visit.site.client_id,
        post_logout_redirect_uri=bye,
    )

    assert answer.location == bye


def test_an_expired_hint_is_good(visit, hint, bye, later):
    """§2, §4: the OP SHOULD accept ID tokens when the RP's session is still alive, expired too."""
    later(700)

    assert out(visit, id_token_hint=hint, post_logout_redirect_uri=bye).location == bye
    assert not signed_in(visit)


def test_without_a_uri_a_page_says_so(visit, hint):
    """§3: signed out, and a page of our own."""
    answer = visit.agent.follow(out(visit, id_token_hint=hint))

    assert (answer.status, answer.is_page) == (200, True)
    assert not signed_in(visit)


def test_without_a_hint_the_person_is_asked(visit, hint):
    """§2, §6: the OP MUST ask whether to log out when no id_token_hint was given."""
    page = out(visit)

    assert "logout-confirm" in page.form(having="logout-confirm").buttons
    assert signed_in(visit)
    visit.agent.submit(page, page.form(having="logout-confirm"), press="logout-confirm")
    assert not signed_in(visit)


def test_a_confirmation_needs_the_form_of_this_browser(visit, hint):
    """§6: nobody is signed out by an image on a page elsewhere."""
    assert visit.agent.post("/end_session/confirm", {}).status == 403
    assert signed_in(visit)


# fmt: off
NOT_BACK = {
    "unregistered":     {"post_logout_redirect_uri": "https://evil.example/"},
    "added query":      {"post_logout_redirect_uri": "{bye}?x=1"},
    "trailing slash":   {"post_logout_redirect_uri": "{bye}/"},
    "upper case":       {"post_logout_redirect_uri": "{upper}"},
    "userinfo":         {"post_logout_redirect_uri": "https://evil.example@{host}"},
    "backslash":        {"post_logout_redirect_uri": "{bye}\\@evil.example"},
    "CR LF":            {"post_logout_redirect_uri": "{bye}\r\nX: 1"},
    "the callback":     {"post_logout_redirect_uri": "{callback}"},
    "another client":   {"client_id": "nobody"},
    "made-up hint":     {"id_token_hint": "x.y.z"},
    "no hint":          {"id_token_hint": None},
    "hint alg none":    {"id_token_hint": "{none}"},
    "foreign key":      {"id_token_hint": "{foreign}"},
    "client_id alone":  {"id_token_hint": None, "client_id": "{client_id}"},
    "an access token":  {"id_token_hint": "{access}"},
}
# fmt: on


@pytest.mark.parametrize("change", NOT_BACK.values(), ids=NOT_BACK.keys())
@pytest.mark.parametrize("session", ["signed in", "signed out"])
def test_nobody_is_sent_where_no_site_proved_it_lives(visit, bye, change, session):
    """§2, §3, §6: no redirect; a page asks or says it is done; never a failure of ours."""
    tokens = visit.tokens()
    _, payload, _ = tokens["id_token"].split(".")
    claims = visit.site.read(tokens["id_token"])
    foreign = jwt.encode({"alg": "ES256", "typ": "JWT"}, claims, ECKey.generate_key("P-256"))
    words = {
        "bye": bye,
        "upper": bye.replace("/bye", "/BYE"),
        "host": bye.removeprefix("https://"),
        "callback": visit.site.redirect_uri,
        "none": f"eyJhbGciOiJub25lIn0.{payload}.",
        "foreign": foreign,
        "client_id": visit.site.client_id,
        "access": tokens["access_token"],
    }
    asked = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": bye, **change}
    sent = {name: value.format(**words) for name, value in asked.items() if value is not None}
    if session == "signed out":
        visit.agent.cookies.clear()

    answer = out(visit, **sent)

    assert answer.status in (200, 303, 400)
    assert not answer.location or answer.location.startswith("https://id.example/signed-out")


def test_after_the_question_the_site_is_not_reached_either(visit, hint):
    """§3: what was not believed before the question is not believed after it."""
    page = out(visit, post_logout_redirect_uri="https://evil.example/", state="s")
    form = page.form(having="logout-confirm")

    answer = visit.agent.submit(
        page, form, press="logout-confirm", post_logout_redirect_uri="https://evil.example/"
    )

    assert visit.agent.is_home(answer.location)
    assert not signed_in(visit)


def test_another_persons_hint_signs_nobody_out(visit, hint, bye, enter, deployment):
    """§2: the hint must mean this session; else the person is asked."""
    other = enter(visit.site, agent=deployment.agent())
    other.sign_in()

    page = out(other, id_token_hint=hint, post_logout_redirect_uri=bye)

    assert page.form(having="logout-confirm")
    assert signed_in(other)
    assert signed_in(visit)


def test_signed_out_already_goes_straight_back(visit, hint, bye):
    """§3: nobody to sign out, nothing to ask, and the site proved where it lives."""
    out(visit, id_token_hint=hint)

    assert out(visit, id_token_hint=hint, post_logout_redirect_uri=bye).location == bye


def test_a_repeated_parameter_is_refused(visit, hint, bye):
    """§2, RFC 6749 §3.1: 400, and nobody is signed out."""
    answer = visit.agent.get(
        f"/end_session?{urlencode([('id_token_hint', hint), ('id_token_hint', hint)])}"
    )

    assert (answer.status, answer.location) == (400, "")
    assert signed_in(visit)


def test_the_metadata_names_the_endpoint(deployment):
    """§2.1: end_session_endpoint."""
    document = deployment.call("GET", "/.well-known/openid-configuration").json

    assert document["end_session_endpoint"] == f"{deployment.issuer}/end_session"
