"""A country brought up as a newcomer would, and real browsers in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright

from sandbox.addresses import Country
from tests import stores
from tests.keeping import Keeper

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
# One person signs in more often here than anybody would.
_PATIENT = {"MANYOU_THROTTLE__CODE_PER_MINUTE": "20"}
CAMERA = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", default="", help="folder to put screenshots of every page into")
    parser.addoption("--land", type=int, help="port offset of a demo that runs already, to walk in")


@dataclass(frozen=True)
class Land:
    """A running country."""

    country: Country
    lines: list[str]

    @property
    def issuer(self) -> str:
        return self.country.issuer

    def code_sent_to(self, phone: str, *, after: int = 0) -> str:
        """Return the newest code that the phone received, past the first *after* of them."""
        deadline = time.monotonic() + 15  # the worker needs a moment
        while time.monotonic() < deadline:
            codes = self.codes(phone)
            if len(codes) > after:
                return codes[0]
            time.sleep(0.2)
        raise AssertionError(f"no code arrived for {phone}")

    def codes(self, phone: str) -> list[str]:
        """Return the codes that the phone received, the newest first."""
        answer = requests.get(f"{self.country.phone}/inbox.json", {"to": phone}, timeout=5)
        return [str(message["code"]) for message in answer.json() if message.get("code")]


@pytest.fixture(scope="session")
def land(
    backend: str,
    store: stores.Store,
    keeper: Keeper,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
    request: pytest.FixtureRequest,
) -> Land:
    """The whole country, by the command that `make demo` runs, on ports of its own."""
    if (running := request.config.getoption("--land")) is not None:
        return Land(Country(running), [])

    def founded() -> AbstractContextManager[Land]:
        database = store.apart("journeys", tmp_path_factory.mktemp(f"land-{backend}"))
        return founding(Country(free_offset(worker_id)), MANYOU_DATABASE_URL=database, **_PATIENT)

    return keeper.keep(("land", backend), founded)


@contextmanager
def founding(country: Country, *flags: str, **environ: str) -> Iterator[Land]:
    """Run the command of the demo on *country*'s ports, until Ctrl-C."""
    offset = ("--port-offset", str(country.offset))
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.demo", "--reset", *offset, *flags],
        cwd=ROOT,
        env={**os.environ, **environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Land(country, _lines_until_ready(process))
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


def free_offset(worker_id: str) -> int:
    """Return an offset at which every port of a country is free, apart from other workers'."""
    begin = 10_000 + 10_000 * int(worker_id.removeprefix("gw").replace("master", "0"))
    for offset in range(begin, begin + 10_000, 500):
        wanted = (8000, *range(8100, 8140), 9464)
        if all(_is_free(port + offset) for port in wanted):
            return offset
    raise AssertionError("no room for a country")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers, once for all; without one the journeys are skipped, but not in CI."""
    if not Path(CHROMIUM).exists() and not os.environ.get("CI"):
        pytest.skip("no Chromium: as an administrator, apt-get install chromium")
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """Debian's own browser, headless."""
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def filming(playwright: Playwright) -> Iterator[Callable[[Path], Browser]]:
    """Return browsers whose camera plays a film from its beginning, each time it is opened."""
    opened: dict[Path, Browser] = {}

    def browser(film: Path) -> Browser:
        if film not in opened:
            camera = [*CAMERA, f"--use-file-for-fake-video-capture={film}"]
            opened[film] = playwright.chromium.launch(
                executable_path=CHROMIUM, args=[*_FLAGS, *camera]
            )
        return opened[film]

    yield browser
    for one in opened.values():
        one.close()


@pytest.fixture
def sitting(filming: Callable[[Path], Browser]) -> Iterator[Callable[..., Page]]:
    """Return a page in a new browser, before whose camera the person of a film sits."""
    opened: list[BrowserContext] = []

    def sit(film: Path, **options: object) -> Page:
        options = {"locale": "zh-CN", "viewport": PHONE, **options}
        context = filming(film).new_context(**options)  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        opened.append(context)
        return context.new_page()

    yield sit
    for context in opened:
        context.close()


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
