"""The counter's camera, in a real browser: taken, kept, seen, and deleted."""

import socket
import threading
from datetime import date

import cv2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect
from werkzeug.serving import make_server

from sandbox.addresses import Country
from sandbox.faces.matcher import Matcher
from sandbox.nation import Nation
from sandbox.phone import create_phone
from sandbox.register import Register
from tests.faces import portraits as album
from tests.journeys.conftest import CHROMIUM, DESKTOP, PHONE

_FLAGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
_ALLOWED = "--use-fake-ui-for-media-stream"


@pytest.fixture(scope="module")
def booth():
    """The sandbox's own pages, with somebody at the counter; return address and register."""
    album.weights()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    country = Country(port - 8100)
    matcher = Matcher()
    here = Nation(register=Register.of_the_country(), matcher=matcher)
    here.register.admit("云小雨", date(1995, 5, 20), female=True)
    server = make_server("127.0.0.1", port, create_phone(country, here), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"{country.phone}/register/1/portrait", here.register
    server.shutdown()
    server.server_close()
    matcher.close()


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """A camera in front of which somebody stands still."""
    whole = album.picture(album.portraits(), "obama")
    frame = cv2.resize(whole[100:782, :], (640, 480), interpolation=cv2.INTER_AREA)
    path = tmp_path_factory.mktemp("film") / "face.mjpeg"
    path.write_bytes(album.jpeg(frame) * 10)
    return path


@pytest.fixture(scope="module")
def page_of(film, playwright):
    """Return a page in a browser whose camera is the film; *flags* say whether it may be used."""
    opened = []

    def open_page(*flags, size=PHONE, lang="zh-CN"):
        camera = f"--use-file-for-fake-video-capture={film}"
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*_FLAGS, camera, *flags]
        )
        opened.append(browser)
        page = browser.new_context(viewport=size, locale=lang).new_page()
        page.on("pageerror", lambda error: pytest.fail(str(error)))
        return page

    yield open_page
    for browser in opened:
        browser.close()


@pytest.mark.parametrize(("size", "lang"), [(PHONE, "zh-CN"), (DESKTOP, "en")])
def test_a_portrait_is_taken_kept_and_deleted(booth, page_of, size, lang):
    address, register = booth
    page = page_of(_ALLOWED, size=size, lang=lang)
    page.goto(f"{address}?lang={lang}")

    page.locator("#camera").click()
    page.locator("#shoot").click()
    expect(page.locator("#still")).to_be_visible()
    page.locator("#keep").click()

    expect(page.locator(".kept img")).to_be_visible()
    assert register.newcomers()[0].portrait.startswith(b"\xff\xd8\xff")
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert Axe().run(page).violations_count == 0

    page.locator("#delete").click()
    expect(page.locator(".kept")).to_have_count(0)
    assert register.newcomers()[0].portrait is None


def test_a_file_serves_where_there_is_no_camera(booth, page_of):
    address, register = booth
    page = page_of("--deny-permission-prompts")
    page.goto(f"{address}?lang=en")

    page.locator("#camera").click()
    expect(page.locator("#no-camera")).to_be_visible()
    large = album.portraits().directory / "biden.jpg"
    page.locator("#picture").set_input_files(str(large))
    expect(page.locator("#still")).to_be_visible()
    page.locator("#keep").click()

    expect(page.locator(".kept img")).to_be_visible()
    assert len(register.newcomers()[0].portrait) < large.stat().st_size
