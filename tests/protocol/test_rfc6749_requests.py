"""RFC 6749 §3.1: what a request must look like, and where an answer may never go."""

import json
from urllib.parse import quote, urlencode

import pytest

from .wire import FORM

REGISTERED = "https://site.example/callback"
PATHED = "https://site.example/app/callback?tenant=7"


@pytest.fixture
def visit(enter):
    return enter(redirect_uris=[REGISTERED, PATHED], post_logout_redirect_uris=[])


# fmt: off
ODD = {
    "empty":                      "",
    "blank before":               " " + REGISTERED,
    "blank behind":               REGISTERED + " ",
    "tab inside":                 "https://site.example/call\tback",
    "another host":               "https://evil.example/callback",
    "sub-domain":                 "https://x.site.example/callback",
    "longer domain":              "https://site.example.evil.example/callback",
    "prefix domain":              "https://evilsite.example/callback",
    "closing dot":                "https://site.example./callback",
    "userinfo":                   "https://site.example@evil.example/callback",
    "userinfo before":            "https://evil.example@site.example/callback",
    "userinfo with password":     "https://user:pass@site.example/callback",
    "two at-signs":               "https://a@b@site.example/callback",
    "empty userinfo":             "https://@site.example/callback",
    "backslash":                  "https://site.example\\@evil.example/callback",
    "backslashes for slashes":    "https:\\\\site.example\\callback",
    "backslash in the path":      "https://site.example/callback\\..\\x",
    "encoded backslash":          "https://site.example%5c.evil.example/callback",
    "CR LF":                      REGISTERED + "\r\nSet-Cookie: a=b",
    "LF":                         REGISTERED + "\n",
    "CR":                         "https://site.example\r/callback",
    "NEL":                        REGISTERED + "\u0085",
    "line separator":             REGISTERED + "\u2028",
    "encoded CR LF":              REGISTERED + "%0d%0aX:1",
    "IDN":                        "https://sité.example/callback",
    "Cyrillic look-alike":        "https://\u0455ite.example/callback",
    "punycode":                   "https://xn--site-epa.example/callback",
    "full-width dot":             "https://site\uff0eexample/callback",
    "full-width letters":         "https://\uff53ite.example/callback",
    "zero-width space":           "https://site\u200b.example/callback",
    "right-to-left override":     "https://site.example/\u202ecallback",
    "upper-case scheme":          "HTTPS://site.example/callback",
    "upper-case host":            "https://SITE.example/callback",
    "upper-case path":            "https://site.example/Callback",
    "extra path":                 REGISTERED + "/more",
    "extra path parameter":       REGISTERED + ";x=1",
    "trailing slash":             REGISTERED + "/",
    "no path":                    "https://site.example",
    "double slash":               "https://site.example//callback",
    "dot segments":               "https://site.example/x/../callback",
    "encoded dot segments":       "https://site.example/x/%2e%2e/callback",
    "dot-dot-semicolon":          "https://site.example/callback/..;/callback",
    "out of the path":            REGISTERED + "/../../evil",
    "fragment":                   REGISTERED + "#here",
    "empty fragment":             REGISTERED + "#",
    "encoded fragment":           REGISTERED + "%23",
    "empty query":                REGISTERED + "?",
    "added query":                REGISTERED + "?x=1",
    "registered query missing":   "https://site.example/app/callback",
    "registered query changed":   "https://site.example/app/callback?tenant=8",
    "registered query extended":  PATHED + "&x=1",
    "wildcard host":              "https://*.example/callback",
    "wildcard path":              "https://site.example/*",
    "SQL wildcard":               "https://site.example/callbac_",
    "SQL wildcard of any length": "https://site.example/%",
    "own port":                   "https://site.example:443/callback",
    "another port":               "https://site.example:8443/callback",
    "empty port":                 "https://site.example:/callback",
    "http":                       "http://site.example/callback",
    "no scheme":                  "//site.example/callback",
    "path alone":                 "/callback",
    "one slash":                  "https:/site.example/callback",
    "three slashes":              "https:///site.example/callback",
    "javascript":                 "javascript:alert(1)//" + REGISTERED,
    "data":                       "data:text/html,<script>alert(1)</script>",
    "encoded letter":             "https://site.example/%63allback",
    "double encoding":            quote(REGISTERED, safe=""),
    "encoded slash":              "https://site.example%2fcallback",
    "encoded NUL":                REGISTERED + "%00",
    "two in one":                 f"{REGISTERED} {PATHED}",
    "two with a comma":           f"{REGISTERED},{PATHED}",
    "very long":                  REGISTERED + "?" + "x" * 6000,
    "localhost":                  "http://localhost/callback",
    "localhost.evil":             "http://localhost.evil.example/callback",
    "loopback":                   "http://127.0.0.1/callback",
    "out of band":                "urn:ietf:wg:oauth:2.0:oob",
    "script in the path":         "https://site.example/<script>alert(1)</script>",
}
# fmt: on


@pytest.mark.parametrize("uri", ODD.values(), ids=ODD.keys())
def test_an_odd_redirect_uri_gets_a_page(visit, uri):
    """§3.1.2.4, §4.1.2.1, RFC 9700 §2.1: told to the person, never redirected, never a 5xx."""
    answer = visit.ask(redirect_uri=uri)

    assert (answer.status, answer.header("Location")) == (400, "")
    assert answer.is_page
    assert "<script>alert(1)" not in answer.text


@pytest.mark.parametrize("uri", ODD.values(), ids=ODD.keys())
def test_nor_does_a_session_open_that_way(visit, uri):
    """The same with somebody signed in, who would be sent on at once; and when posted."""
    visit.sign_in()

    asked = visit.ask(redirect_uri=uri, prompt="none")
    posted = visit.agent.post("/authorize", visit.site.request(redirect_uri=uri))

    for answer in (asked, posted):
        assert (answer.status, answer.header("Location")) == (400, "")


def test_a_missing_redirect_uri_gets_a_page(visit):
    """OIDC Core §3.1.2.1: REQUIRED, even where only one was registered."""
    answer = visit.ask(redirect_uri=None)

    assert (answer.status, answer.header("Location")) == (400, "")


@pytest.mark.parametrize("client_id", [None, "", "nobody", "%", "é", "a" * 5000, "x' OR '1'='1"])
def test_an_unknown_client_gets_a_page(visit, client_id):
    """§4.1.2.1: MUST NOT redirect."""
    answer = visit.ask(client_id=client_id)

    assert (answer.status, answer.header("Location")) == (400, "")
    assert answer.is_page


def test_programs_are_told_in_json(visit):
    """The same failure for whoever does not read HTML: a stable code."""
    answer = visit.site.provider.call("GET", f"/authorize?{urlencode({'client_id': 'nobody'})}")

    assert answer.status == 400
    assert answer.json["error"] == "client_unknown"


@pytest.mark.parametrize("uri", [REGISTERED, PATHED])
def test_each_registered_uri_works(visit, uri):
    """§3.1.2.3: any of the registered ones."""
    answer = visit.enter(redirect_uri=uri)

    assert answer.location.startswith(uri)
    assert answer.fields["code"]
    assert visit.site.redeem(answer.fields["code"], redirect_uri=uri).status == 200


# fmt: off
LOOPBACK = {
    "another port":          ("http://127.0.0.1:51004/callback", True),
    "no port":               ("http://127.0.0.1/callback", True),
    "the registered port":   ("http://127.0.0.1:7070/callback", True),
    "IPv6":                  ("http://[::1]:40001/callback", True),
    "another path":          ("http://127.0.0.1:51004/other", False),
    "another query":         ("http://127.0.0.1:51004/callback?x=1", False),
    "another address":       ("http://127.0.0.2:51004/callback", False),
    "localhost":             ("http://localhost:51004/callback", False),
    "localhost.evil":        ("http://localhost.evil.example:51004/callback", False),
    "longer address":        ("http://127.0.0.1.evil.example:51004/callback", False),
    "userinfo":              ("http://127.0.0.1:51004@evil.example/callback", False),
    "port that is a host":   ("http://127.0.0.1:evil.example/callback", False),
    "https":                 ("https://127.0.0.1:51004/callback", False),
    "decimal address":       ("http://2130706433:51004/callback", False),
    "short address":         ("http://127.1:51004/callback", False),
    "backslash":             ("http://127.0.0.1:51004\\@evil.example/callback", False),
    "odd digits":            ("http://127.0.0.1:５１/callback", False),
    "empty port":            ("http://127.0.0.1:/callback", False),
    "port out of range":     ("http://127.0.0.1:99999999999/callback", False),
    "fragment":              ("http://127.0.0.1:51004/callback#x", False),
}
# fmt: on


@pytest.mark.parametrize(("uri", "good"), LOOPBACK.values(), ids=LOOPBACK.keys())
def test_of_a_native_apps_loopback_only_the_port_varies(enter, uri, good):
    """RFC 8252 §7.3, RFC 9700 §2.1: the port of an IP literal, and nothing else."""
    visit = enter(
        application_type="native",
        token_endpoint_auth_method="none",
        subject_type="public",
        redirect_uris=["http://127.0.0.1:7070/callback", "http://[::1]/callback"],
        post_logout_redirect_uris=[],
    )

    answer = visit.enter(redirect_uri=uri)

    if good:
        assert answer.location.startswith(f"{uri}?code=")
    else:
        assert (answer.status, answer.header("Location")) == (400, "")


def test_a_web_site_has_no_free_loopback_port(enter):
    """RFC 8252 §7.3 is for native apps."""
    visit = enter(
        profile="test",
        redirect_uris=["http://127.0.0.1:7070/callback"],
        post_logout_redirect_uris=[],
    )

    assert visit.ask(redirect_uri="http://127.0.0.1:7071/callback").status == 400


def test_an_apps_own_scheme_works(enter):
    """RFC 8252 §7.1."""
    visit = enter(
        application_type="native",
        token_endpoint_auth_method="none",
        redirect_uris=["example.app:/callback"],
        post_logout_redirect_uris=[],
    )

    answer = visit.enter()

    assert answer.header("Location").startswith("example.app:/callback?code=")


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
