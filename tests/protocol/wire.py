"""A tiny user agent that speaks to a WSGI application: it keeps cookies and fills in forms."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes, urlencode, urljoin, urlsplit

FORM = "application/x-www-form-urlencoded"


@dataclass(slots=True)
class Form:
    """A form as it stands on a page: where it goes, what it carries, its buttons by id."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class _FormReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.forms.append(Form(given.get("action", ""), given.get("method", "get").lower()))
        elif not self.forms:
            return
        elif tag == "button" and "id" in given:
            self.forms[-1].buttons[given["id"]] = (given.get("name", ""), given.get("value", ""))
        elif tag == "input" and given.get("name") and given.get("type") != "checkbox":
            self.forms[-1].fields[given["name"]] = given.get("value", "")


@dataclass(slots=True)
class Answer:
    """What came back."""

    url: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str:
        """Return a header's value, or an empty text; two of a name are a fault of the answer."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        assert len(values) < 2 or name.lower() == "set-cookie", f"{name} stands twice: {values}"
        return values[0] if values else ""

    @property
    def json(self) -> Any:
        assert self.header("Content-Type").partition(";")[0] == "application/json", self
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def location(self) -> str:
        return urljoin(self.url, self.header("Location")) if self.header("Location") else ""

    @property
    def fields(self) -> dict[str, str]:
        """The parameters that a redirect carries in its query; each stands there once."""
        pairs = parse_qsl(urlsplit(self.location).query, keep_blank_values=True)
        assert len(dict(pairs)) == len(pairs), f"a parameter stands twice: {pairs}"
        return dict(pairs)

    @property
    def error(self) -> str:
        """The error code of a JSON answer, of a redirect or of a page, or an empty text."""
        if self.header("Location"):
            return self.fields.get("error", "")
        if self.header("Content-Type").startswith("application/json"):
            return str(self.json.get("error", ""))
        return ""

    @property
    def is_page(self) -> bool:
        return self.header("Content-Type").startswith("text/html")

    @property
    def forms(self) -> list[Form]:
        reader = _FormReader()
        reader.feed(self.text)
        return reader.forms

    def form(self, *, having: str = "", to: str = "") -> Form:
        """Return the form that has the field or button *having*, or leads *to* a path."""
        for form in self.forms:
            if to and to not in form.action:
                continue
            if not having or having in form.fields or having in form.buttons:
                return form
        raise AssertionError(f"{self.url}: no form with {having!r} to {to!r} in {self.text}")


def call(
    app: Any,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    more: Mapping[str, Any] | None = None,
) -> Answer:
    """Let *app* answer one request; *more* overrides the raw WSGI environ."""
    parts = urlsplit(url)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": _unquoted(parts.path),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "203.0.113.7",
        "HTTP_HOST": parts.netloc,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": BytesIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if body:
        environ["CONTENT_LENGTH"] = str(len(body))
    for name, value in (headers or {}).items():
        key = name.upper().replace("-", "_")
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = value
    environ.update(more or {})
    begun: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(line: str, given: list[tuple[str, str]], _exc_info: Any = None) -> None:
        begun.append((line, given))

    said: Iterable[bytes] = app(environ, start_response)
    try:
        content = b"".join(said)
    finally:
        if hasattr(said, "close"):
            said.close()
    line, given = begun[-1]
    return Answer(url, int(line.split()[0]), given, content)


def _unquoted(path: str) -> str:
    """Return *path* decoded to one character a byte, as PEP 3333 wants it."""
    return unquote_to_bytes(path).decode("latin-1")


class Agent:
    """A browser: it keeps the cookies of one origin, and names HTML in Accept."""

    def __init__(self, app: Any, origin: str) -> None:
        self.app = app
        self.origin = origin
        self.cookies: dict[str, str] = {}
        self.set_cookies: list[str] = []

    def get(self, url: str, **headers: str) -> Answer:
        return self._send("GET", url, headers, b"")

    def post(self, url: str, form: Mapping[str, str], **headers: str) -> Answer:
        body = urlencode(form).encode()
        return self._send("POST", url, {"Content_Type": FORM, **headers}, body)

    def submit(self, page: Answer, form: Form, *, press: str = "", **fields: str) -> Answer:
        """Send *form* of *page* with *fields* filled in, by the button with the id *press*."""
        filled = {**form.fields, **fields}
        if press:
            name, value = form.buttons[press]
            if name:
                filled[name] = value
        target = urljoin(page.url, form.action)
        assert target.startswith(self.origin), target
        return self.post(target, filled)

    def follow(self, answer: Answer) -> Answer:
        """Go where *answer* redirects to, as long as that is on this origin."""
        for _ in range(10):
            if not self.is_home(answer.location):
                return answer
            assert answer.status == 303, answer
            answer = self.get(answer.location)
        raise AssertionError(f"a circle of redirects at {answer.url}")

    def is_home(self, url: str) -> bool:
        return url.startswith(f"{self.origin}/")

    def _send(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        sent = {"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en", **headers}
        if self.cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = call(self.app, method, urljoin(f"{self.origin}/", url), headers=sent, body=body)
        for name, value in answer.headers:
            if name.lower() == "set-cookie":
                self._keep(value)
        return answer

    def _keep(self, header: str) -> None:
        self.set_cookies.append(header)
        jar = SimpleCookie(header)
        for name, morsel in jar.items():
            if morsel["max-age"] == "0" or morsel["expires"].startswith("Thu, 01 Jan 1970"):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value
