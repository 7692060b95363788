"""A country brought up as a newcomer would, and real browsers in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from sandbox.addresses import Country
from tests import stores

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
READY = 120  # seconds: the first start migrates and seeds
PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 900}
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", default="", help="folder to put screenshots of every page into")


@dataclass(frozen=True)
class Land:
    """A running country."""

    country: Country
    lines: list[str]

    @property
    def issuer(self) -> str:
        return self.country.issuer

    def code_sent_to(self, phone: str) -> str:
        """Return the newest code that the phone received; the worker needs a moment."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            answer = requests.get(f"{self.country.phone}/inbox.json", {"to": phone}, timeout=5)
            codes = [message["code"] for message in answer.json() if message.get("code")]
            if codes:
                return str(codes[0])
            time.sleep(0.2)
        raise AssertionError(f"no code arrived for {phone}")


@pytest.fixture(scope="session")
def land(
    backend: str, store: stores.Store, tmp_path_factory: pytest.TempPathFactory, worker_id: str
) -> Iterator[Land]:
    """The whole country, by the command that `make demo` runs, on ports of its own."""
    offset = _free_offset(worker_id)
    database = store.apart("journeys", tmp_path_factory.mktemp(f"land-{backend}"))
    environ = {**os.environ, "MANYOU_DATABASE_URL": database, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "sandbox.demo", "--reset", "--port-offset", str(offset)]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        yield Land(Country(offset), _lines_until_ready(process))
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(30)
        assert process.stdout is not None
        process.stdout.close()
        assert code == 0, "Ctrl-C must stop the country cleanly"


def _lines_until_ready(process: subprocess.Popen[str]) -> list[str]:
    lines: list[str] = []
    deadline = time.monotonic() + READY
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if re.search(r"ready in [\d.]+ s", line):
            return lines
        if time.monotonic() > deadline:
            break
    raise AssertionError("the country did not come up:\n" + "".join(lines))


def _free_offset(worker_id: str) -> int:
    """Return an offset at which every port of a country is free, apart from other workers'."""
    begin = 10_000 + 10_000 * int(worker_id.removeprefix("gw").replace("master", "0"))
    for offset in range(begin, begin + 10_000, 500):
        wanted = (8000, *range(8100, 8117), 9464)
        if all(_is_free(port + offset) for port in wanted):
            return offset
    raise AssertionError("no room for a country")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's own browser, headless; without one the journeys are skipped, but not in CI."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("no Chromium: as an administrator, apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def new_context(chromium: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Return a browser that nobody has used yet."""
    opened: list[BrowserContext] = []

    def make(**options: object) -> BrowserContext:
        options = {"locale": "zh-CN", "viewport": DESKTOP, **options}
        context = chromium.new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def page(new_context: Callable[..., BrowserContext]) -> Page:
    """A page in a fresh browser, reading Chinese on a desktop."""
    return new_context().new_page()
