"""People at the pages, without a browser: who fills in forms, and reads their messages."""

import html
import re
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from config import Settings
from idp.accounts import registration
from idp.db import Database
from idp.jobs import queue
from idp.messages import sms
from idp.web import house

ISSUER = "https://id.example"
PASSWORD = "a long and quiet river"
ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


class Browser:
    """A jar of cookies, and somebody who fills in forms."""

    def __init__(self, app: Flask, address: str = "203.0.113.7") -> None:
        self.client = app.test_client()
        self.address = address

    def get(self, path: str) -> TestResponse:
        return self.client.get(path, **self._manners())

    def post(self, path: str, **form: str) -> TestResponse:
        """Post a form of ours: with the token that this browser's pages carry."""
        page = self.get("/sign-in?next=/account").text
        token = re.search(r'name="csrf_token" value="([^"]+)"', page)
        assert token
        return self.client.post(path, data={"csrf_token": token[1], **form}, **self._manners())

    def cookie(self, name: str) -> str | None:
        found = self.client.get_cookie(name, domain="id.example")
        return found.value if found else None

    def is_signed_in(self) -> bool:
        return self.get("/account").status_code == 200

    def _manners(self) -> dict[str, Any]:
        environ = {"manyou.address": self.address, "manyou.request_id": "r1"}
        return {"base_url": ISSUER, "headers": ENGLISH, "environ_overrides": environ}


class Inbox:
    """What the worker would deliver, read from the outbox."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._taken: list[dict[str, Any]] = []

    def all(self) -> list[dict[str, Any]]:
        """Return every message that was sent so far, oldest first."""
        messages: list[dict[str, Any]] = []

        class Sink:
            status = 200

            def request(self, method: str, url: str, *, headers: Any, body: bytes) -> "Sink":
                messages.append(orjson.loads(body))
                return self

        with self._app.app_context():
            deliver = sms.Deliver(Sink(), house.vault(), "https://sink.example/")
            with house.database().write() as tx:
                for claim in queue.claim(tx, most=100, lease=60, shared=False):
                    if claim.kind == sms.KIND:
                        deliver(orjson.loads(claim.payload))
                    queue.done(tx, claim)
        self._taken += messages
        return self._taken

    def code(self, phone: str) -> str:
        """Return the newest code sent to *phone*."""
        codes = [m["code"] for m in self.all() if m["to"] == phone and m["code"]]
        assert codes, f"no code among {self._taken}"
        return str(codes[-1])


@pytest.fixture
def limits() -> dict[str, str]:
    """Settings that a test wants to be different."""
    return {}


@pytest.fixture
def settings(make_settings: Callable[..., Settings], limits: dict[str, str]) -> Settings:
    return make_settings(**{"MANYOU_THROTTLE__CODE_PER_MINUTE": "100", **limits})


@pytest.fixture
def browser(app: Flask) -> Callable[..., Browser]:
    """Open a fresh browser."""
    return lambda *args: Browser(app, *args)


@pytest.fixture
def inbox(app: Flask) -> Inbox:
    return Inbox(app)


@pytest.fixture
def person(app: Flask) -> Callable[..., str]:
    """Open an account without any page, and return the person's id."""

    def create(**given: Any) -> str:
        with app.app_context(), house.database().write() as tx:
            return registration.register(
                tx,
                house.vault(),
                house.hasher(),
                house.settings().passwords,
                phone_verified=True,
                **{"password": PASSWORD, **given},
            )

    return create


def errors(response: TestResponse) -> dict[str, str]:
    """Return what a page says to be wrong, by field."""
    found = re.findall(
        r'<p class="wrong" id="([a-z_]+)-error"><span[^>]*>[^<]*</span> (.*?)</p>', response.text
    )
    return {name: html.unescape(text) for name, text in found}


def rows(app: Flask, sql: str) -> list[Any]:
    """Run a query of the test's own."""
    opened: Database = app.extensions[house.KEY].database
    with opened.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql).fetchall()]
