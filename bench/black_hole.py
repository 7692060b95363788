"""One authority accepts questions and never answers: what do the others notice?

Departments ask real-name checks of a population authority that is a black hole, while a site and
a machine use the rest of the provider. Two passes: with the breaker as it is set by default, and
with a breaker that never opens, so that time limit and bulkhead stand alone.

    .venv/bin/python -m bench.black_hole [--seconds 40] [--askers 8]
"""

import argparse
import json
import secrets
import socket
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

import urllib3

from bench import stores
from bench.contestant import BENCHER, REDIRECT_URI, VERIFIER, Client, Contestant
from idp.formats.id_numbers import check_digit
from migrations import schema
from tests import live
from tests.departments import PATH, PERMISSION, SCOPE

RESULT = Path(__file__).parent / "results" / "black_hole.md"
LIMIT = 3.0  # the default of every authority
GOAL = 99.9


class BlackHole:
    """Takes every connection, reads nothing, and never says a word."""

    def __init__(self) -> None:
        self.taken: list[socket.socket] = []
        self._door = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}"
        threading.Thread(target=self._swallow, daemon=True).start()

    def _swallow(self) -> None:
        while True:
            try:
                self.taken.append(self._door.accept()[0])
            except OSError:
                return

    def close(self) -> None:
        self._door.close()
        for line in self.taken:
            line.close()


@dataclass
class Road:
    """One kind of request: how it is made, and what became of all of them."""

    name: str
    send: Callable[[urllib3.PoolManager], bool]
    seconds: list[float] = field(default_factory=list)
    good: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def go(self, pool: urllib3.PoolManager) -> None:
        begun = time.perf_counter()
        try:
            good = self.send(pool)
        except (urllib3.exceptions.HTTPError, AssertionError, ValueError) as error:
            good = False
            self.wrong[f"{type(error).__name__}: {error}"[:80]] += 1
        self.good += good
        self.seconds.append(time.perf_counter() - begun)

    def row(self) -> str:
        spent = sorted(self.seconds)
        at = lambda share: spent[min(len(spent) - 1, int(share * len(spent)))] * 1000  # noqa: E731
        return (
            f"| {self.name} | {len(spent)} | {100 * self.good / len(spent):.3f} % | {at(0.5):.0f} "
            f"| {at(0.99):.0f} | {spent[-1] * 1000:.0f} |"
        )


def _basic(client: Client) -> dict[str, str]:
    return urllib3.make_headers(basic_auth=f"{client.client_id}:{client.client_secret}")


def _form(
    pool: urllib3.PoolManager, url: str, client: Client, **fields: str
) -> urllib3.BaseHTTPResponse:
    headers = {"Content-Type": "application/x-www-form-urlencoded", **_basic(client)}
    return pool.request("POST", url, body=urlencode(fields), headers=headers)


def _user_token(contestant: Contestant, pool: urllib3.PoolManager) -> str:
    """Sign the person in by the provider's own pages, and redeem one code."""
    from bench.contestant import authorization_query

    contestant.sign_in()
    query = authorization_query(contestant.site, contestant.scope)
    url = f"{contestant.endpoints['authorization_endpoint']}?{query}"
    answer = pool.request("GET", url, headers={"Cookie": contestant.cookie}, redirect=False)
    code = parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]
    told = _form(
        pool,
        contestant.endpoints["token_endpoint"],
        contestant.site,
        grant_type="authorization_code",
        code=code,
        redirect_uri=REDIRECT_URI,
        code_verifier=VERIFIER,
    )
    token: str = told.json()["access_token"]
    return token


def _elsewhere(contestant: Contestant, token: str) -> list[Road]:
    """Return what the rest of the provider is used for meanwhile."""
    issuer, machine = contestant.issuer, contestant.machine

    def issue(pool: urllib3.PoolManager) -> bool:
        answer = _form(pool, f"{issuer}/token", machine, grant_type="client_credentials")
        return answer.status == 200 and "access_token" in answer.json()

    def userinfo(pool: urllib3.PoolManager) -> bool:
        bearer = {"Authorization": f"Bearer {token}"}
        answer = pool.request("GET", f"{issuer}/userinfo", headers=bearer)
        return answer.status == 200 and "sub" in answer.json()

    def page(pool: urllib3.PoolManager) -> bool:
        answer = pool.request("GET", f"{issuer}/account", headers={"Cookie": contestant.cookie})
        return answer.status == 200 and b"<html" in answer.data

    return [Road("POST /token", issue), Road("GET /userinfo", userinfo), Road("GET /account", page)]


def _check(issuer: str, bureau: Client) -> Road:
    """Return the road into the black hole: every question is about somebody else."""
    with urllib3.PoolManager(retries=False, timeout=20) as pool:
        told = _form(
            pool,
            f"{issuer}/token",
            bureau,
            grant_type="client_credentials",
            scope=SCOPE,
            resource=f"{issuer}/verifications",
        )
    token = told.json()["access_token"]

    def ask(pool: urllib3.PoolManager) -> bool:
        body = f"11010119{secrets.randbelow(40) + 60}0307{secrets.randbelow(1000):03}"
        question = {
            "name": "陈静",
            "id_number": body + check_digit(body),
            "purpose": "social_security",
            "legal_basis": "consent",
        }
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": secrets.token_hex(16),
        }
        answer = pool.request("POST", issuer + PATH, body=json.dumps(question), headers=headers)
        told = answer.json()
        outcomes[f"{answer.status} {told.get('result') or told.get('error')}"] += 1
        assert told.get("result") != "MATCH"
        return answer.status == 503 or told.get("result") == "SOURCE_DOWN"

    outcomes: Counter[str] = Counter()
    road = Road("POST /verifications/real-name (black hole)", ask)
    road.wrong = outcomes
    return road


def _load(road: Road, threads: int, until: float, pause: float) -> list[threading.Thread]:
    def work() -> None:
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            while time.monotonic() < until:
                road.go(pool)
                time.sleep(pause)

    started = [threading.Thread(target=work) for _ in range(threads)]
    for thread in started:
        thread.start()
    return started


@contextmanager
def _provider(folder: Path, hole: BlackHole, **environ: str) -> Iterator[live.Provider]:
    with stores.postgresql(folder) as database:
        schema.upgrade(database.url)
        told = {
            "MANYOU_REGISTRY__POPULATION": "aliyun",
            "MANYOU_ALIYUN__BASE_URL": hole.url,
            "MANYOU_ALIYUN__ACCESS_KEY_ID": "bench",
            "MANYOU_ALIYUN__ACCESS_KEY_SECRET": "bench",
            **environ,
        }
        with live.running(folder, database.url, environ=told) as provider:
            yield provider


def _clients(provider: live.Provider) -> tuple[Client, Client, Client]:
    def create(**metadata: object) -> Client:
        told = provider.create_client(
            {"token_endpoint_auth_method": "client_secret_basic", **metadata}
        )
        return Client(told["client_id"], told["client_secret"])

    machine = {"grant_types": ["client_credentials"]}
    site = create(
        client_name="bench site",
        profile="test",
        redirect_uris=[REDIRECT_URI],
        grant_types=["authorization_code"],
        response_types=["code"],
        scope="openid profile",
    )
    return (
        site,
        create(client_name="bench machine", scope="read", **machine),
        create(client_name="bureau", scope=SCOPE, verification=PERMISSION, **machine),
    )


def _pass(seconds: int, askers: int, **environ: str) -> tuple[list[Road], list[Road], Road, int]:
    """Return the roads elsewhere before and during, the road into the hole, and what it took."""
    hole = BlackHole()
    with (
        tempfile.TemporaryDirectory(prefix="black-hole-") as name,
        _provider(Path(name), hole, **environ) as provider,
    ):
        site, machine, bureau = _clients(provider)
        provider.create_person(BENCHER.username, BENCHER.password)
        contestant = Contestant("Manyou", provider.issuer, [], site, machine, "openid profile")
        with urllib3.PoolManager(retries=False, timeout=20) as pool:
            token = _user_token(contestant, pool)
        quiet, loaded = _elsewhere(contestant, token), _elsewhere(contestant, token)
        check = _check(provider.issuer, bureau)
        for roads, asked, length in ((quiet, [], seconds // 2), (loaded, [check], seconds)):
            until = time.monotonic() + length
            threads = [t for road in roads for t in _load(road, 2, until, 0.01)]
            threads += [t for road in asked for t in _load(road, askers, until, 0.01)]
            for thread in threads:
                thread.join()
        hole.close()
    return quiet, loaded, check, len(hole.taken)


def _section(title: str, told: tuple[list[Road], list[Road], Road, int]) -> list[str]:
    quiet, loaded, check, taken = told
    head = "| road | requests | as they should be | p50 ms | p99 ms | worst ms |"
    lines = [f"## {title}", "", head, "|---|---|---|---|---|---|"]
    lines += [road.row().replace("| ", "| before: ", 1) for road in quiet]
    lines += [road.row() for road in (*loaded, check)]
    sent = sum(len(road.seconds) for road in loaded)
    good = sum(road.good for road in loaded)
    summary = (
        f"Elsewhere {100 * good / sent:.3f} % of {sent} (goal {GOAL} %). The black hole took "
        f"{taken} connections. Its askers were told: {dict(check.wrong)}; half of them within "
        f"{1000 * statistics.median(check.seconds):.0f} ms, the slowest after "
        f"{max(check.seconds):.2f} s (limit {LIMIT:.0f} s)."
    )
    wrong = [f"Wrong on {road.name}: {dict(road.wrong)}" for road in loaded if road.wrong]
    lines += ["", summary, *wrong, ""]
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=40)
    parser.add_argument("--askers", type=int, default=8)
    asked = parser.parse_args()
    about = (
        f"`python -m bench.black_hole --seconds {asked.seconds} --askers {asked.askers}`, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC; 2 workers with 4 threads each, PostgreSQL; "
        "6 users elsewhere, and the askers, all from the same machine. A request elsewhere is as "
        "it should be when it brings a token, claims or a page; one into the hole, when it is "
        "told that the authority does not answer."
    )
    lines = ["# One authority is a black hole", "", about, ""]
    lines += _section("As set by default", _pass(asked.seconds, asked.askers))
    never = {"MANYOU_ALIYUN__FAILURES": "1000000"}
    lines += _section(
        "With a breaker that never opens", _pass(asked.seconds, asked.askers, **never)
    )
    RESULT.write_text("\n".join(lines), "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
