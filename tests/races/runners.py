"""Runners that start together: threads with connections that stay open, over a live provider."""

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import urllib3

from tests.protocol.site import challenge
from tests.protocol.wire import FORM, Answer

TIMES = 10
PASSWORD = "seven-Herons-over-the-lake"


class Browser:
    """A browser at the live provider: plain HTTP, and a jar for its cookies."""

    def __init__(self, issuer: str, pool: urllib3.PoolManager) -> None:
        self.issuer = issuer
        self.pool = pool
        self.cookies: dict[str, str] = {}

    def send(self, method: str, url: str, form: dict[str, str] | None = None) -> Answer:
        headers = {"Accept": "text/html", "Accept-Language": "en", "Cookie": self.jar}
        if form is not None:
            headers["Content-Type"] = FORM
        target = urljoin(f"{self.issuer}/", url)
        body = urlencode(form) if form is not None else None
        said = self.pool.request(method, target, body=body, headers=headers, redirect=False)
        for cookie in said.headers.getlist("Set-Cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(target, said.status, list(said.headers.iteritems()), said.data)

    @property
    def jar(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def sign_in(self, username: str) -> None:
        page = self.send("GET", "/sign-in")
        fields = page.form(having="password").fields
        answer = self.send(
            "POST", "/sign-in", {**fields, "username": username, "password": PASSWORD}
        )
        assert answer.status == 303, answer


@dataclass
class Racer:
    """A site at the live provider, and somebody signed in there."""

    provider: Any
    client: dict[str, Any]
    username: str
    pool: urllib3.PoolManager
    browser: Browser
    verifier: str

    @property
    def redirect_uri(self) -> str:
        return str(self.client["redirect_uris"][0])

    def request(self, **changes: str) -> str:
        parameters = {
            "response_type": "code",
            "client_id": self.client["client_id"],
            "redirect_uri": self.redirect_uri,
            "scope": "openid",
            "state": secrets.token_urlsafe(9),
            "code_challenge": challenge(self.verifier),
            "code_challenge_method": "S256",
            **changes,
        }
        return f"/authorize?{urlencode(parameters)}"

    def code(self) -> str:
        """Return a code, from the live session."""
        answer = self.browser.send("GET", self.request())
        assert answer.status == 303, answer
        return parse_qs(urlsplit(answer.location).query)["code"][0]

    def token(self, **form: str) -> Answer:
        headers = urllib3.make_headers(
            basic_auth=f"{self.client['client_id']}:{self.client['client_secret']}"
        )
        return self.post("/token", form, headers)

    def post(self, path: str, form: dict[str, str], headers: dict[str, str]) -> Answer:
        url = f"{self.provider.issuer}{path}"
        said = self.pool.request(
            "POST", url, body=urlencode(form), headers={**headers, "Content-Type": FORM}
        )
        return Answer(url, said.status, list(said.headers.iteritems()), said.data)

    def redeem(self, code: str) -> Answer:
        return self.token(
            grant_type="authorization_code",
            code=code,
            redirect_uri=self.redirect_uri,
            code_verifier=self.verifier,
        )

    def refresh(self, token: str) -> Answer:
        return self.token(grant_type="refresh_token", refresh_token=token)


@contextmanager
def racer(provider: Any) -> Iterator[Racer]:
    """Register a site and a person, and sign the person in."""
    client = provider.create_client(
        {
            "client_name": "Race course",
            "redirect_uris": [f"https://{secrets.token_hex(6)}.example/callback"],
            "grant_types": ["authorization_code", "refresh_token"],
            "first_party": True,
        }
    )
    username = f"r{secrets.token_hex(6)}"
    provider.create_person(username, PASSWORD)
    with urllib3.PoolManager(maxsize=TIMES * 2, block=True, retries=False, timeout=30) as pool:
        browser = Browser(provider.issuer, pool)
        browser.sign_in(username)
        yield Racer(provider, client, username, pool, browser, secrets.token_urlsafe(48))


@dataclass
class Result:
    """What came of races: how often each prize was won, and each status."""

    wins: list[int]
    statuses: Counter[int]

    def __str__(self) -> str:
        twice = sum(win > 1 for win in self.wins)
        won = sum(win == 1 for win in self.wins)
        counts = f"{won} won once, {twice} twice, answers {dict(self.statuses)}"
        return f"{len(self.wins)} raced {TIMES}-way: {counts}"

    @property
    def is_clean(self) -> bool:
        return max(self.wins) <= 1 and not any(status >= 500 for status in self.statuses)


def race(prizes: list[str], run: Callable[[str], Answer]) -> tuple[Result, list[Answer]]:
    """Let `TIMES` runners reach for each prize at the same moment; return counts and winners."""
    wins = [0] * len(prizes)
    statuses: Counter[int] = Counter()
    winners: list[Answer] = []
    lock, start = threading.Lock(), threading.Barrier(TIMES)

    def runner(_lane: int) -> None:
        for number, prize in enumerate(prizes):
            start.wait(60)
            answer = run(prize)
            with lock:
                statuses[answer.status] += 1
                if answer.status == 200:
                    wins[number] += 1
                    winners.append(answer)

    with ThreadPoolExecutor(TIMES) as lanes:
        for finished in [lanes.submit(runner, lane) for lane in range(TIMES)]:
            finished.result()
    return Result(wins, statuses), winners
