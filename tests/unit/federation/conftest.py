"""An upstream that answers from a script, and keeps what it was asked."""

import json
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest

from federation.connectors.line import Line
from federation.connectors.ports import Flow
from idp.web.outbound import Answer
from tests.people import browser, inbox, limits, person, settings  # noqa: F401 - fixtures
from tests.unit.federation.upstream import offer, pages  # noqa: F401 - fixtures


@dataclass
class Asked:
    """One request, as it left us."""

    method: str
    url: str
    headers: dict
    body: bytes

    @property
    def path(self):
        return urlsplit(self.url).path

    @property
    def query(self):
        return {name: values[0] for name, values in parse_qs(urlsplit(self.url).query).items()}

    @property
    def form(self):
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Script:
    """A transport whose answers are written down by path; the last one of a path stays."""

    answers: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)

    def says(self, path, document, status=200, **headers):
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.answers.setdefault(path, []).append(Answer(status, headers, body))
        return self

    def apart(self, *, width, timeout):
        return self

    def request(self, method, url, *, headers=None, body=b"", timeout=None):
        one = Asked(method, url, dict(headers or {}), body)
        self.asked.append(one)
        waiting = self.answers[one.path]
        return waiting.pop(0) if len(waiting) > 1 else waiting[0]


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def line(script):
    return Line("upstream", script)


@pytest.fixture
def flow():
    return Flow(
        state="5f" * 32,
        nonce="c0" * 32,
        verifier="v" * 43,
        redirect_uri="https://id.example/federation/one/callback",
    )
