"""What may be used once is used once, however many ask at the same moment, over two processes."""

import base64
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from .runners import Browser, Racer, Result, race

pytestmark = pytest.mark.race
_BATCH = 100  # codes live for a minute: mint some, race them, mint the next


def test_codes_are_redeemed_once(course: Racer, laps: int, capsys: Any) -> None:
    """RFC 6749 §4.1.2; issue: 1,000 codes raced 10-way: 0 used twice, 0 5xx."""
    wins, statuses = [], None
    for _ in range(laps // _BATCH):
        result, _winners = race([course.code() for _ in range(_BATCH)], course.redeem)
        wins += result.wins
        statuses = result.statuses if statuses is None else statuses + result.statuses
    whole = Result(wins, statuses)

    _print(capsys, "codes", whole)
    assert whole.is_clean
    assert sum(wins) == len(wins)  # and somebody wins


def test_refresh_tokens_are_spent_once(course: Racer, laps: int, capsys: Any) -> None:
    """RFC 9700 §4.14.2; issue: 1,000 refresh tokens raced 10-way: 0 used twice, 0 5xx.

    The losers look like thieves, so the winner's new token is dead afterwards.
    """
    tokens = [course.redeem(course.code()).json["refresh_token"] for _ in range(laps)]

    result, winners = race(tokens, course.refresh)

    _print(capsys, "refresh tokens", result)
    assert result.is_clean
    assert sum(result.wins) == len(tokens)
    for winner in winners[:20]:
        assert course.refresh(winner.json["refresh_token"]).error == "invalid_grant"


def test_a_parked_request_is_answered_once(course: Racer, laps: int, capsys: Any) -> None:
    """OIDC Core §3.1.2: of two tabs that resume one request, one gets the code."""
    handles = []
    for _ in range(min(laps, 200)):
        page = course.browser.send("GET", course.request(prompt="select_account"))
        handles.append(page.location)

    def choose(url: str) -> Any:
        answer = course.browser.send("POST", url, {"csrf_token": token, "choice": "current"})
        won = answer.status == 303 and "code=" in answer.location
        answer.status = 200 if won else answer.status
        return answer

    form = course.browser.send("GET", handles[0]).form(having="account-current")
    token = form.fields["csrf_token"]
    result, _ = race(handles, choose)

    _print(capsys, "parked requests", result)
    assert result.is_clean
    assert sum(result.wins) == len(handles)


def test_an_assertion_is_accepted_once(
    provider: Any, course: Racer, laps: int, capsys: Any
) -> None:
    """RFC 7523 §3: jti: of ten requests with one assertion, one is served."""
    key = ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})
    client = provider.create_client(
        {
            "client_name": "Assertions",
            "grant_types": ["client_credentials"],
            "token_endpoint_auth_method": "private_key_jwt",
            "jwks": {"keys": [key.as_dict(private=False)]},
            "scope": "verify:name",
        }
    )

    def assertion() -> str:
        now = int(time.time())
        claims = {"iss": client["client_id"], "sub": client["client_id"], "aud": provider.issuer}
        claims |= {"jti": secrets.token_urlsafe(12), "iat": now, "exp": now + 300}
        return jwt.encode({"alg": "ES256", "kid": "k1"}, claims, key)

    def ask(text: str) -> Any:
        form = {
            "grant_type": "client_credentials",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": text,
        }
        return course.post("/token", form, {})

    result, _ = race([assertion() for _ in range(min(laps, 200))], ask)

    _print(capsys, "assertions", result)
    assert result.is_clean
    assert sum(result.wins) == len(result.wins)


def test_a_code_raced_with_sign_out_never_outlives_it(course: Racer, capsys: Any) -> None:
    """RFC 9700 §4.14.2: whichever comes first, nothing of the session is good in the end."""
    kept = 0
    for _ in range(20):
        browser = course.browser = Browser(course.provider.issuer, course.pool)
        browser.sign_in(course.username)
        codes = [course.code() for _ in range(4)]
        page = browser.send("GET", "/end_session")
        form = page.form(having="logout-confirm")
        prizes = {"out": form.fields, **{code: {} for code in codes}}

        def act(name: str, fields: dict[str, str]) -> Any:
            if name == "out":
                return course.browser.send("POST", "/end_session/confirm", fields)
            return course.redeem(name)

        answers = _together(prizes, act)
        assert all(answer.status < 500 for answer in answers)
        for answer in answers:
            if answer.status == 200:
                kept += _is_active(course, answer.json["access_token"])
    assert kept == 0


def _together(prizes: dict[str, dict[str, str]], act: Any) -> list[Any]:
    start = Barrier(len(prizes))

    def run(name: str) -> Any:
        start.wait(30)
        return act(name, prizes[name])

    with ThreadPoolExecutor(len(prizes)) as lanes:
        return list(lanes.map(run, prizes))


def _is_active(course: Racer, token: str) -> bool:
    pair = f"{course.client['client_id']}:{course.client['client_secret']}".encode()
    basic = {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
    return bool(course.post("/introspect", {"token": token}, basic).json["active"])


def _print(capsys: Any, what: str, result: Result) -> None:
    with capsys.disabled():
        print(f"\n{what}: {result}")  # noqa: T201 - the figures are the point
