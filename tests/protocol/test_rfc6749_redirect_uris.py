"""RFC 6749 §3.1.2, RFC 9700 §2.1: where an answer may go, and where it may never go."""

from urllib.parse import quote, urlencode

import pytest

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
