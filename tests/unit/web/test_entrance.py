"""The entrance: hosts, proxies, bad text, bodies without end."""

import io

import pytest
from werkzeug.test import Client, EnvironBuilder, run_wsgi_app

from config import load
from idp.web.entrance import Entrance

ISSUER = "https://id.example/gov"


def _house(environ, respond):
    """Answer with what the entrance says of the request."""
    body = environ["wsgi.input"].read() if environ.get("CONTENT_LENGTH") else b""
    told = "|".join(
        str(environ.get(key, ""))
        for key in ("manyou.address", "wsgi.url_scheme", "SCRIPT_NAME", "PATH_INFO")
    )
    respond("200 OK", [("Content-Type", "text/plain")])
    return [told.encode("latin-1") + b"|" + str(len(body)).encode()]


def _entrance(**environ):
    return Entrance(
        _house, load({"MANYOU_PROFILE": "test", "MANYOU_ISSUER": "https://id.example", **environ})
    )


def _ask(entrance, path="/", *, query="", **environ):
    built = EnvironBuilder(path="/", base_url="https://id.example").get_environ()
    built |= {"PATH_INFO": path, "QUERY_STRING": query, "REMOTE_ADDR": "203.0.113.9", **environ}
    body, status, headers = run_wsgi_app(entrance, built)
    return int(status[:3]), b"".join(body).decode(), headers


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "",
        "id.example.evil.example",
        "id.example:8080",
        "id.example,evil.example",
        "id.example.",
        "user@id.example",
        "id.example/",
        "[::1]",
    ],
)
def test_a_foreign_host_is_refused(host):
    """Nothing is ever built from Host, and a request for another name is not for us."""
    status, body, _ = _ask(_entrance(), HTTP_HOST=host)

    assert status == 400
    assert '"host_unknown"' in body


@pytest.mark.parametrize("host", ["id.example", "ID.Example", "id.example:443", "other.example"])
def test_our_own_hosts_are_accepted(host):
    entrance = _entrance(MANYOU_HTTP__ALLOWED_HOSTS="other.example")

    assert _ask(entrance, HTTP_HOST=host)[0] == 200


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_may_ask_by_address(path):
    assert _ask(_entrance(), path, HTTP_HOST="10.1.2.3:8000")[0] == 200


def test_forged_forwarding_is_ignored():
    """Nobody is trusted by default: the address is the one that TCP knows."""
    status, body, _ = _ask(
        _entrance(),
        HTTP_X_FORWARDED_FOR="127.0.0.1",
        HTTP_X_FORWARDED_HOST="evil.example",
        HTTP_X_FORWARDED_PROTO="http",
        HTTP_FORWARDED="for=127.0.0.1",
    )

    assert status == 200
    assert body.startswith("203.0.113.9|https|")


@pytest.mark.parametrize(
    ("chain", "client"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("127.0.0.1, 198.51.100.7", "198.51.100.7"),
        ("1.1.1.1, 198.51.100.7, 10.0.0.5", "198.51.100.7"),
        ("198.51.100.7:4711", "198.51.100.7"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("<script>", "10.0.0.1"),
        ("", "10.0.0.1"),
        ("10.0.0.8, 10.0.0.9", "10.0.0.8"),
    ],
)
def test_a_trusted_proxy_says_who_called(chain, client):
    """The chain is read from our side: what stands left of the first stranger is hearsay."""
    entrance = _entrance(MANYOU_TRUSTED_PROXIES="10.0.0.0/8")

    _, body, _ = _ask(entrance, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=chain)

    assert body.split("|")[0] == client


def test_a_trusted_proxy_cannot_name_a_foreign_host():
    entrance = _entrance(MANYOU_TRUSTED_PROXIES="10.0.0.0/8")

    status, body, _ = _ask(entrance, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_HOST="evil.example")

    assert (status, '"host_unknown"' in body) == (400, True)


def test_plain_http_at_the_proxy_is_refused():
    entrance = _entrance(MANYOU_TRUSTED_PROXIES="10.0.0.0/8")

    status, body, _ = _ask(entrance, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_PROTO="http")

    assert (status, '"tls_required"' in body) == (400, True)


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/a\0b", ""),
        ("/\xff\xfe", ""),
        ("/", "a=%00"),
        ("/", "a=%ff"),
        ("/", "a=%C3%28"),
        ("/", "%ED%A0%80=1"),
        ("/", "a=\xff"),
    ],
)
def test_broken_text_is_refused(path, query):
    """NUL and bytes that are no UTF-8, in the path or the query."""
    status, body, _ = _ask(_entrance(), path, query=query)

    assert (status, '"invalid_request"' in body) == (400, True)


def test_text_of_any_language_passes():
    path = "/你好".encode().decode("latin-1")

    assert _ask(_entrance(), path, query="name=%E5%BC%A0%E4%B8%89")[0] == 200


@pytest.mark.parametrize(
    ("environ", "status", "code"),
    [
        ({"CONTENT_LENGTH": "65537"}, 413, "request_too_large"),
        ({"CONTENT_LENGTH": "9" * 400}, 413, "request_too_large"),
        ({"CONTENT_LENGTH": "-1"}, 400, "invalid_request"),
        ({"CONTENT_LENGTH": "0x10"}, 400, "invalid_request"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, 415, "content_encoding_unsupported"),
        ({"HTTP_CONTENT_ENCODING": "identity, br"}, 415, "content_encoding_unsupported"),
    ],
)
def test_bodies_are_bounded(environ, status, code):
    answered, body, _ = _ask(_entrance(), REQUEST_METHOD="POST", **environ)

    assert (answered, f'"{code}"' in body) == (status, True)


@pytest.mark.parametrize(("size", "status"), [(65_536, 200), (65_537, 413), (10_000_000, 413)])
def test_a_body_without_a_length_is_bounded_too(size, status):
    """Chunked: at most one byte more than the limit is ever read."""
    stream = io.BytesIO(b"x" * size)

    answered, body, _ = _ask(
        _entrance(),
        REQUEST_METHOD="POST",
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": stream},
    )

    assert answered == status
    assert stream.tell() <= 65_537
    assert status != 200 or body.endswith(f"|{size}")


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/gov/token", "/gov|/token"),
        ("/gov", "/gov|/"),
        ("/gov/.well-known/openid-configuration", "/gov|/.well-known/openid-configuration"),
        (
            "/.well-known/oauth-authorization-server/gov",
            "/gov|/.well-known/oauth-authorization-server",
        ),
        ("/.well-known/openid-configuration/gov", "/gov|/.well-known/openid-configuration"),
    ],
)
def test_an_issuer_may_live_under_a_path(path, seen):
    """RFC 8414 §3.1 puts the well-known part first, OpenID Discovery §4 last."""
    _, body, _ = _ask(_entrance(MANYOU_ISSUER=ISSUER), path)

    assert seen in body


@pytest.mark.parametrize("path", ["/", "/token", "/government", "/gov2/token"])
def test_outside_the_issuers_path_is_nothing(path):
    status, body, _ = _ask(_entrance(MANYOU_ISSUER=ISSUER), path)

    assert (status, '"not_found"' in body) == (404, True)


def test_every_answer_has_a_name_and_is_not_sniffed():
    first, second = (_ask(_entrance())[2] for _ in range(2))

    assert first["X-Request-Id"] != second["X-Request-Id"]
    assert len(first["X-Request-Id"]) == 32
    assert first["X-Content-Type-Options"] == "nosniff"
    assert first["Strict-Transport-Security"] == "max-age=31536000"


def test_a_person_is_refused_with_a_page():
    _, body, headers = _ask(_entrance(), HTTP_HOST="evil.example", HTTP_ACCEPT="text/html,*/*")

    assert headers["Content-Type"].startswith("text/html")
    assert "host_unknown" in body
    assert 'href="https://id.example/"' in body


def test_a_crash_inside_is_told_without_its_story():
    def broken(environ, respond):
        raise RuntimeError("secret detail")

    settings = load({"MANYOU_PROFILE": "test"})

    answer = Client(Entrance(broken, settings)).get("/", base_url=settings.issuer)

    assert (answer.status_code, answer.json["error"]) == (500, "server_error")
    assert "secret" not in answer.text
