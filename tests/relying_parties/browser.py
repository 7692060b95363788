"""A small user agent without JavaScript: it keeps cookies, follows redirects and fills forms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import requests

REDIRECTS = frozenset({301, 302, 303, 307, 308})
KEEP_METHOD = frozenset({307, 308})
MOST_REDIRECTS = 20
MOST_PAGES = 8
SECONDS = 20


@dataclass
class Form:
    """A form as it stands on a page: where it goes, what it holds, what submits it."""

    action: str
    method: str
    identifier: str
    fields: dict[str, str] = field(default_factory=dict)
    asks: set[str] = field(default_factory=set)
    buttons: list[dict[str, str]] = field(default_factory=list)

    def button(self, identifier: str) -> dict[str, str] | None:
        """Return the button whose id or name is *identifier*."""
        named = (one for one in self.buttons if identifier in {one.get("id"), one.get("name")})
        return next(named, None)


class FormReader(HTMLParser):
    """Collects the forms of a page, also fields that name their form from outside it."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._outsiders: list[tuple[str, str, dict[str, str]]] = []
        self._inside: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = attributes.get("method", "get").upper()
            identifier = attributes.get("id", "")
            self._inside = Form(attributes.get("action", ""), method, identifier)
            self.forms.append(self._inside)
        elif tag in {"input", "button", "textarea"}:
            if "form" in attributes:
                self._outsiders.append((attributes["form"], tag, attributes))
            elif self._inside:
                _add_control(self._inside, tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = None

    def close(self) -> None:
        super().close()
        for owner, tag, attributes in self._outsiders:
            for form in self.forms:
                if form.identifier == owner:
                    _add_control(form, tag, attributes)


def _add_control(form: Form, tag: str, attributes: dict[str, str]) -> None:
    """Sort a control into what is pressed, what is sent as it is, and what a person types."""
    kind = attributes.get("type", "submit" if tag == "button" else "text").lower()
    name = attributes.get("name", "")
    if kind in {"submit", "image"}:
        form.buttons.append(attributes)
    elif not name or kind in {"button", "reset", "file"}:
        return
    elif kind in {"checkbox", "radio"}:
        if "checked" in attributes:
            form.fields[name] = attributes.get("value", "on")
    else:
        form.fields[name] = attributes.get("value", "")
        if kind != "hidden":
            form.asks.add(name)


@dataclass(frozen=True)
class Page:
    """Where the browser stands; without a status when nobody was asked for it."""

    url: str
    status: int = 0
    text: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def forms(self) -> list[Form]:
        reader = FormReader()
        reader.feed(self.text)
        reader.close()
        return reader.forms

    def form_asking(self, name: str) -> Form | None:
        """Return the form in which a person types the field *name*."""
        return next((form for form in self.forms if name in form.asks), None)

    def form_with_button(self, identifier: str) -> tuple[Form, dict[str, str]] | None:
        """Return the button whose id or name is *identifier*, and its form."""
        for form in self.forms:
            if button := form.button(identifier):
                return form, button
        return None


@dataclass(frozen=True)
class Person:
    """Who sits before the browser."""

    username: str
    password: str


class Browser:
    """One person's browser; addresses in *stop_at* are arrived at without being asked for."""

    def __init__(self, *, stop_at: tuple[str, ...] = ()) -> None:
        self.stop_at = stop_at
        self.trail: list[str] = []
        self._http = requests.Session()
        self._http.trust_env = False
        self._http.headers.update({"Accept": "text/html,*/*;q=0.8", "Accept-Language": "en"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    @property
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        return self._http.cookies

    def open(self, url: str, *, method: str = "GET", data: Mapping[str, str] | None = None) -> Page:
        """Go to *url* and follow redirects as far as they lead."""
        for _ in range(MOST_REDIRECTS):
            self.trail.append(url)
            if self.stop_at and url.startswith(self.stop_at):
                return Page(url)
            answer = self._http.request(
                method, url, data=data, allow_redirects=False, timeout=SECONDS
            )
            if answer.status_code not in REDIRECTS:
                return Page(url, answer.status_code, answer.text, answer.headers)
            url = urljoin(url, answer.headers["Location"])
            if answer.status_code not in KEEP_METHOD:
                method, data = "GET", None
        raise AssertionError(f"redirected for ever: {self.trail[-MOST_REDIRECTS:]}")

    def submit(
        self,
        page: Page,
        form: Form,
        typed: Mapping[str, str] | None = None,
        button: Mapping[str, str] | None = None,
    ) -> Page:
        """Send *form* as if *typed* were typed and *button* pressed."""
        sent = {**form.fields, **(typed or {})}
        button = button or {}
        if button.get("name"):
            sent[button["name"]] = button.get("value", "")
        target = urljoin(page.url, button.get("formaction") or form.action)
        method = (button.get("formmethod") or form.method).upper()
        if method == "GET":
            url = requests.Request("GET", target, params=sent).prepare().url
            return self.open(url or target)
        return self.open(target, method="POST", data=sent)

    def press(self, page: Page, identifier: str) -> Page:
        """Press the button *identifier* on *page*."""
        found = page.form_with_button(identifier)
        if found is None:
            raise AssertionError(f"no button {identifier!r} on {page.url}: {page.text[:2000]}")
        form, button = found
        return self.submit(page, form, button=button)

    def go_through(self, page: Page, person: Person) -> Page:
        """Sign in and agree for as long as a page asks for it; return the page that does not."""
        for _ in range(MOST_PAGES):
            if login := page.form_asking("password"):
                typed = {"username": person.username, "password": person.password}
                page = self.submit(page, login, typed, login.button("submit"))
            elif page.form_with_button("consent-allow"):
                page = self.press(page, "consent-allow")
            elif page.form_with_button("logout-confirm"):
                page = self.press(page, "logout-confirm")
            else:
                return page
        raise AssertionError(f"asked for ever at {page.url}: {page.text[:2000]}")
