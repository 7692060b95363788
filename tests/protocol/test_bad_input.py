"""What nobody should send; what must not happen then: a 5xx, a redirect, half-done work."""

from io import BytesIO
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from .site import Deployment
from .wire import FORM

ENDPOINTS = ["/token", "/introspect", "/revoke", "/userinfo", "/authorize", "/end_session"]
PLACES = [*ENDPOINTS, "/clients", "/sign-in", "/jwks", "/.well-known/openid-configuration", "/"]
MEGABYTES = b"x=" + b"a" * 10_000_000


def told(answer: Any) -> str:
    """Return the code in a refusal, which is JSON here."""
    assert answer.status < 500, answer
    code: str = answer.json["error"]
    return code


@pytest.mark.parametrize("path", PLACES)
@pytest.mark.parametrize("query", ["x=%00", "x=a%00b", "%00=x", "x=%ff", "x=%c3%28", "x=%ed%a0%80"])
def test_nul_and_bad_utf8_in_a_query_are_refused(deployment, path, query):
    """Issue: 400 with a code."""
    answer = deployment.call("GET", f"{path}?{query}")

    assert answer.status in (400, 405)
    assert told(answer) in ("invalid_request", "method_not_allowed")


@pytest.mark.parametrize(
    "path", ["/%00", "/token%00", "/authorize/resume/%00", "/%ff", "/register/%ff"]
)
def test_nul_and_bad_utf8_in_a_path_are_refused(deployment, path):
    """Issue: 400 with a code."""
    answer = deployment.call("GET", path)

    assert (answer.status, told(answer)) == (400, "invalid_request")


@pytest.mark.parametrize("path", ["/token", "/introspect", "/revoke", "/authorize", "/end_session"])
@pytest.mark.parametrize("name", ["grant_type", "token", "client_id", "state", "code"])
@pytest.mark.parametrize("value", ["%00", "a%00b", "%ff", "%ed%a0%80", "%c0%af"])
def test_nul_and_bad_utf8_in_a_form_are_refused(site, path, name, value):
    """Issue: 400 with a code."""
    answer = site.provider.call(
        "POST",
        path,
        headers={"Content-Type": FORM, **site.basic},
        body=f"{name}={value}".encode(),
    )

    assert answer.status == 400
    assert told(answer)


@pytest.mark.parametrize("field", ["username", "password", "csrf_token"])
@pytest.mark.parametrize("value", ["%00", "%ff", "%ed%a0%80"])
def test_so_they_are_in_a_persons_form(deployment, field, value):
    """Issue: 400 (or 403: the form is not ours), on a page."""
    agent = deployment.agent()
    token = agent.get("/sign-in").form(having="csrf_token").fields["csrf_token"]
    body = f"csrf_token={quote(token)}&username=u&password=p&{field}={value}".encode()

    answer = agent._send("POST", "/sign-in", {"Content_Type": FORM}, body)

    assert answer.status in (400, 403)
    assert answer.is_page


# fmt: off
HOSTS = [
    "evil.example", "id.example.evil.example", "evil.example:443", "id.example:8443", "id.example.",
    "id.example@evil.example", "id.example, evil.example", "id.example\tevil", "", "127.0.0.1",
    "[::1]", "id.example/", "id.example#", "ID.example.", "xn--id-example",
]
# fmt: on


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("path", ["/", "/token", "/authorize", "/.well-known/openid-configuration"])
def test_an_unknown_host_is_refused(deployment, host, path):
    """Issue: 400 host_unknown, before anything is read."""
    answer = deployment.call("GET", path, more={"HTTP_HOST": host})

    assert (answer.status, told(answer)) == (400, "host_unknown")


def test_forwarding_headers_of_strangers_do_not_count(deployment):
    """Trusted proxies are explicit: nobody else's word changes host, scheme or address."""
    answer = deployment.call(
        "GET",
        "/.well-known/openid-configuration",
        headers={
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-For": "127.0.0.1",
        },
    )

    assert answer.status == 200
    assert "evil" not in answer.text
    assert "http://" not in answer.text


@pytest.mark.parametrize("path", ["/token", "/introspect", "/clients", "/authorize", "/sign-in"])
@pytest.mark.parametrize("announced", [True, False], ids=["with length", "chunked"])
def test_ten_megabytes_are_refused_unread(deployment, path, announced):
    """Issue, TRUST P1: 413, whether the length is announced or not."""
    body = BytesIO(MEGABYTES)
    more: dict[str, Any] = {"wsgi.input": body, "wsgi.input_terminated": True}
    more |= (
        {"CONTENT_LENGTH": str(len(MEGABYTES))}
        if announced
        else {"HTTP_TRANSFER_ENCODING": "chunked"}
    )

    answer = deployment.call("POST", path, headers={"Content-Type": FORM}, more=more)

    assert (answer.status, told(answer)) == (413, "request_too_large")
    assert body.tell() <= 70_000


@pytest.mark.parametrize("length", ["-1", "x", "1e3", "٣", "1 2", "9" * 30])
def test_a_length_that_is_no_number_is_refused(deployment, length):
    """RFC 9112 §6.3: 400 or 413, and nothing is read by guesswork."""
    answer = deployment.call(
        "POST", "/token", headers={"Content-Type": FORM}, more={"CONTENT_LENGTH": length}
    )

    assert answer.status in (400, 413)


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "GZIP", "identity, gzip"])
def test_a_compressed_body_is_refused(deployment, encoding):
    """TRUST P9: 415: it could be a bomb."""
    answer = deployment.call(
        "POST", "/token", headers={"Content-Type": FORM, "Content-Encoding": encoding}, body=b"x=y"
    )

    assert answer.status == 415


@pytest.mark.parametrize("path", ["/token", "/authorize", "/end_session", "/sign-in"])
@pytest.mark.parametrize(
    "body",
    [
        "&".join(f"p{number}=x" for number in range(3000)).encode(),
        b"&" * 60_000,
        b"=" * 60_000,
        b"%" * 60_000,
        b"a" * 60_000,
        b"",
    ],
    ids=["3000 parameters", "ampersands", "equals", "percents", "one name", "empty"],
)
def test_odd_forms_break_nothing(site, path, body):
    """TRUST P1: refused, and quickly."""
    answer = site.provider.call(
        "POST", path, headers={"Content-Type": FORM, **site.basic}, body=body
    )

    assert 400 <= answer.status < 500 or answer.status in (200, 303)


@pytest.mark.parametrize(
    "kind",
    ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "x/y", ""],
)
@pytest.mark.parametrize("path", ["/authorize", "/sign-in", "/end_session"])
def test_a_persons_form_of_another_kind_breaks_nothing(deployment, path, kind):
    """TRUST P1: a page, never a 5xx."""
    part = b'--x\r\nContent-Disposition: form-data; name="client_id"\r\n\r\nx\r\n--x--\r\n'

    answer = deployment.agent()._send("POST", path, {"Content_Type": kind}, part)

    assert answer.status in (200, 303, 400, 403, 415)


# fmt: off
DOCUMENTS = {
    "no JSON":           b"x",
    "nothing":           b"",
    "a list":            b"[]",
    "a text":            b'"x"',
    "null":              b"null",
    "half":              b'{"redirect_uris":',
    "two documents":     b"{}{}",
    "duplicate key":     b'{"client_name":"a","client_name":"b","redirect_uris":["https://a.example/"]}',
    "hidden duplicate":  b'{"client_name":"a","client_n\\u0061me":"b","redirect_uris":["https://a.example/"]}',
    "inner duplicate":   b'{"redirect_uris":["https://a.example/"],"jwks":{"keys":[],"keys":[]}}',
    "NaN":               b'{"default_max_age":NaN,"redirect_uris":["https://a.example/"]}',
    "Infinity":          b'{"default_max_age":1e999,"redirect_uris":["https://a.example/"]}',
    "huge number":       b'{"default_max_age":' + b"9" * 5000 + b',"redirect_uris":["https://a.example/"]}',
    "deep list":         b'{"redirect_uris":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "deep object":       b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "bad UTF-8":         b'{"client_name":"\xff","redirect_uris":["https://a.example/"]}',
    "UTF-16":            '{"redirect_uris":["https://a.example/"]}'.encode("utf-16"),
    "byte order mark":   b'\xef\xbb\xbf{"redirect_uris":["https://a.example/"]}',
    "lone surrogate":    b'{"client_name":"\\ud800","redirect_uris":["https://a.example/"]}',
    "NUL":               b'{"client_name":"a\\u0000b","redirect_uris":["https://a.example/"]}',
    "number for a text": b'{"client_name":1,"redirect_uris":["https://a.example/"]}',
    "text for a list":   b'{"redirect_uris":"https://a.example/"}',
    "list in a list":    b'{"redirect_uris":[["https://a.example/"]]}',
    "very many":         b'{"redirect_uris":[' + b'"https://a.example/",' * 999 + b'"https://b.example/"]}',
}
# fmt: on


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_document_that_two_would_read_differently_is_refused(deployment, document):
    """Issue, TRUST P2: 400 with a code; nothing is registered."""
    before = _clients(deployment)

    answer = deployment.call(
        "POST", "/clients", headers={"Content-Type": "application/json"}, body=document
    )

    assert answer.status == 400
    assert told(answer) in ("invalid_client_metadata", "invalid_redirect_uri", "invalid_request")
    assert _clients(deployment) == before


def _clients(deployment: Deployment) -> int:
    from idp.db import Statement

    with deployment.desk.database.read() as tx:
        return int(tx.one(Statement("SELECT count(*) AS n FROM client")).n)


@pytest.mark.parametrize("header", ["Authorization", "Cookie", "Accept-Language", "User-Agent"])
@pytest.mark.parametrize("value", ["\xff\xfe", "x" * 7000, ";;;===,,,", "\x7f\x1b[31m", '"'])
def test_odd_headers_break_nothing(visit, header, value):
    """TRUST S6: whatever stands in a header, a request is answered or refused."""
    query = urlencode(visit.site.request())

    for path in (f"/authorize?{query}", "/userinfo", "/sign-in"):
        answer = visit.site.provider.call("GET", path, headers={header: value})
        assert answer.status < 500


@pytest.mark.parametrize("value", ["x", "'", "a" * 43, "%00", "\xff" * 20, "=", '"; DROP TABLE'])
def test_a_made_up_session_cookie_is_nobody(visit, value):
    """A cookie is looked up by its fingerprint; nothing in it is believed."""
    visit.agent.cookies = {"__Host-manyou-session": value, "__Host-manyou-browser": value}

    assert visit.ask(prompt="none").fields["error"] == "login_required"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "GET\x00", "x" * 300])
@pytest.mark.parametrize("path", ["/", "/token", "/authorize", "/sign-in", "/jwks"])
def test_an_odd_method_is_refused(deployment, method, path):
    """RFC 9110 §15.5.6: 405 and what is allowed; never a 5xx."""
    answer = deployment.call(method, path)

    assert answer.status in (400, 405, 501)


def test_an_error_says_nothing_about_the_house(deployment):
    """Issue: one error model: a stable code, a request id, and no trace."""
    answer = deployment.call("GET", "/nothing-here")

    assert (answer.status, told(answer)) == (404, "not_found")
    assert answer.json["request_id"] == answer.header("X-Request-Id")
    assert "Traceback" not in answer.text
