"""RFC 6749 §3.1: what a request must look like."""

import json
from urllib.parse import quote, urlencode

import pytest

from .wire import FORM

REGISTERED = "https://site.example/callback"
PATHED = "https://site.example/app/callback?tenant=7"


@pytest.fixture
def visit(enter):
    return enter(redirect_uris=[REGISTERED, PATHED], post_logout_redirect_uris=[])


@pytest.mark.parametrize(
    "name", ["scope", "state", "nonce", "code_challenge", "response_type", "prompt", "unknown"]
)
def test_a_repeated_parameter_is_refused(visit, name):
    """§3.1: MUST NOT be included more than once; the site is told."""
    query = urlencode([*visit.site.request(state="s").items(), (name, "x"), (name, "y")])

    answer = visit.agent.get(f"/authorize?{query}")

    assert answer.location.startswith(REGISTERED)
    assert answer.fields["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_whoever_asks_or_is_answered_stands_once(visit, name, method):
    """§3.1, §4.1.2.1: two of these, even alike, leave nobody to tell it to."""
    parameters = visit.site.request()
    pairs = urlencode([*parameters.items(), (name, parameters[name])])

    if method == "get":
        answer = visit.agent.get(f"/authorize?{pairs}")
    else:
        answer = visit.agent._send("POST", "/authorize", {"Content_Type": FORM}, pairs.encode())

    assert (answer.status, answer.header("Location")) == (400, "")


def test_an_unknown_parameter_is_ignored(visit):
    """§3.1: MUST ignore unrecognized request parameters."""
    assert visit.enter(display="page", claims_locales="zh-CN", foo="bar", vtr="x").fields["code"]


def test_an_empty_parameter_counts_as_left_out(visit):
    """§3.1: sent without a value is treated as omitted from the request."""
    answer = visit.enter(prompt="", max_age="", login_hint="", state="")

    assert answer.fields["code"]
    assert "state" not in answer.fields


@pytest.mark.parametrize("name", ["grant_type", "code", "redirect_uri", "scope", "unknown"])
def test_a_repeated_parameter_at_the_token_endpoint_is_refused(visit, name):
    """§3.2, §5.2: invalid_request; and the code is not spent."""
    code = visit.code()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": visit.site.redirect_uri,
        "code_verifier": visit.site.verifier,
    }
    body = urlencode([*form.items(), (name, "x"), (name, "y")]).encode()

    answer = visit.site.provider.call(
        "POST", "/token", headers={"Content-Type": FORM, **visit.site.basic}, body=body
    )

    assert (answer.status, answer.error) == (400, "invalid_request")
    assert visit.site.redeem(code).status == 200


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        (None, "invalid_request"),
        ("", "invalid_request"),
        ("password", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"),
        ("Authorization_Code", "unsupported_grant_type"),
        ("授权", "unsupported_grant_type"),
    ],
)
def test_a_grant_we_do_not_offer_is_said_so(site, grant_type, error):
    """§5.2, RFC 9700 §2.4: no password grant."""
    answer = site.token(grant_type=grant_type, username="u", password="p")

    assert (answer.status, answer.error) == (400, error)


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
def test_only_post_reaches_a_machines_endpoint(deployment, method, path):
    """§3.2: the client MUST use POST."""
    answer = deployment.call(method, path)

    assert answer.status == 405
    assert "POST" in answer.header("Allow")


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke"])
@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data; boundary=x", "text/xml"]
)
def test_a_body_must_be_a_form(site, path, kind):
    """§3.2, Appendix B: application/x-www-form-urlencoded, whatever else it is called."""
    body = json.dumps({"grant_type": "client_credentials", "token": "x"}).encode()

    answer = site.provider.call(
        "POST", path, headers={"Content-Type": kind, **site.basic}, body=body
    )

    assert answer.status in (400, 415)
    assert answer.json["error"]


def test_a_charset_in_the_content_type_is_harmless(visit):
    """Appendix B: UTF-8 it is anyway."""
    body = urlencode(
        {
            "grant_type": "authorization_code",
            "code": visit.code(),
            "redirect_uri": visit.site.redirect_uri,
            "code_verifier": visit.site.verifier,
        }
    ).encode()
    kind = {"Content-Type": f"{FORM.upper()}; charset=UTF-8"}

    answer = visit.site.provider.call(
        "POST", "/token", headers={**kind, **visit.site.basic}, body=body
    )

    assert answer.status == 200


def test_posting_the_request_works_too(visit):
    """§3.1: MAY support POST; OIDC Core §3.1.2.1: MUST."""
    answer = visit.walk(visit.agent.post("/authorize", visit.site.request(state="s")))

    assert answer.fields["state"] == "s"
    assert visit.site.redeem(answer.fields["code"]).status == 200


def test_a_posted_request_is_read_from_its_body_alone(visit):
    """OIDC Core §3.1.2.1: Form Serialization; what the URL adds does not count."""
    answer = visit.agent.post(
        f"/authorize?redirect_uri={quote('https://evil.example/')}&prompt=none",
        visit.site.request(),
    )

    assert "evil" not in answer.location
    assert visit.walk(answer).fields["code"]


@pytest.mark.parametrize("scope", [None, "", "profile", "OPENID", "openid2", "profile email"])
def test_a_scope_without_openid_is_refused(visit, scope):
    """§3.3, §4.1.2.1: we serve OpenID requests only, and say invalid_scope."""
    answer = visit.ask(scope=scope)

    assert answer.location.startswith(REGISTERED)
    assert answer.fields["error"] == "invalid_scope"


def test_the_order_of_scopes_does_not_matter(visit):
    """§3.3."""
    tokens = visit.tokens(scope="email profile openid openid")

    assert set(tokens["scope"].split()) == {"openid", "profile", "email"}


def test_an_unknown_scope_is_left_out(visit):
    """OIDC Core §3.1.2.1: not understood by an implementation SHOULD be ignored."""
    assert visit.tokens(scope="openid weather")["scope"] == "openid"


def test_a_scope_that_the_site_may_not_have_is_refused(enter):
    """§4.1.2.1: invalid_scope."""
    visit = enter(scope="openid profile")

    assert visit.ask(scope="openid phone").fields["error"] == "invalid_scope"


@pytest.mark.parametrize("length", [64, 512, 4000])
def test_long_values_come_back_whole(visit, length):
    """Long state and nonce stay intact, or are refused; never cut (FAPI 2.0)."""
    state, nonce = "s" * length, "n" * min(length, 1000)

    answer = visit.enter(state=state, nonce=nonce)

    assert answer.fields["state"] == state
    tokens = visit.site.redeem(answer.fields["code"]).json
    assert visit.site.read(tokens["id_token"])["nonce"] == nonce


def test_values_beyond_all_measure_are_refused(visit):
    """invalid_request, and not a cut state."""
    answer = visit.ask(state="s" * 5000)

    assert answer.fields["error"] == "invalid_request"


@pytest.mark.parametrize("name", ["request", "request_uri", "registration"])
def test_request_objects_are_refused_whole(visit, name):
    """OIDC Core §6, §7.2.1: <name>_not_supported rather than half-ignored; nothing is fetched."""
    answer = visit.ask(**{name: "https://127.0.0.1:1/object"})

    assert answer.fields["error"] == f"{name}_not_supported"
