"""The page of a face scan against the real house: vision, register, and back to the account."""

import base64
import re
from itertools import chain

import pytest
from playwright.sync_api import expect

from liveness.engine import opencv
from sandbox.people import PASSWORD, everyone
from tests.faces import portraits as album
from tests.faces.film import Film
from tests.faces.puppet import Puppet
from tests.journeys.conftest import PHONE
from tests.journeys.roads import sign_in

pytestmark = pytest.mark.journey

_KINDS = ("turn_left", "turn_right", "nod", "open_mouth")
# A camera that obeys: it plays what the component asks for. This is the injection that
# docs/explanation/face-accuracy.md says is not stopped; here it stands in for a person.
_CAMERA = """
const pictures = %s;
const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
const load = (text) => Object.assign(new Image(), { src: "data:image/jpeg;base64," + text });
const film = Object.fromEntries(
  Object.entries(pictures).map(([kind, list]) => [kind, list.map(load)]));
let kind = "rest", place = 0;
const shake = () => (Math.random() + Math.random() - 1) * 6;
setInterval(() => {
  const asked = document.querySelector("face-scan")?.stage?.kind ?? "rest";
  if (asked !== kind) [kind, place] = [asked in film ? asked : "rest", 0];
  const list = place < 2 * film[kind].length ? film[kind] : film.rest;
  const picture = list[Math.floor(place / 2) %% list.length];
  place += 1;
  const context = canvas.getContext("2d");
  if (picture.complete) context.drawImage(picture, shake() - 8, shake() - 6, 656, 492);
}, 90);
navigator.mediaDevices.getUserMedia = async () => canvas.captureStream(15);
"""


@pytest.fixture(scope="module")
def camera_of():
    """Return the script of a camera before which a portrait's puppet sits."""
    engine, store = opencv.build(album.weights().read), album.portraits()

    def script(name):
        whole = album.picture(store, name)
        framed = album.framed(whole, engine.detector.detect(whole)[0])
        face = engine.detector.detect(framed)[0]
        film = Film(Puppet(framed, engine.landmarker.mesh(framed, face, eyes=False)))
        made = {kind: [*film.making(kind)] for kind in _KINDS}
        made["rest"] = list(chain(film.at_rest(8)))
        texts = {
            kind: [base64.b64encode(frame).decode() for frame in frames]
            for kind, frames in made.items()
        }
        return _CAMERA % repr(texts)

    return script


@pytest.fixture
def before_camera(land, new_context, camera_of):
    """Return a resident's page before the scan, where whoever sits at the camera is chosen."""

    def arrive(sitter, username):
        claimed = next(one for one in everyone() if one.username == username)
        page = new_context(locale="zh-CN", viewport=PHONE).new_page()
        page.add_init_script(camera_of(sitter))
        page.goto(f"{land.issuer}/sign-in?next=/account/real-name%3Flevel%3D3")
        sign_in(page, username, PASSWORD)
        page.goto(f"{land.issuer}/account/real-name?level=3")
        page.click("#way-face")
        page.click("#agree")
        if page.locator("#real_name").count():
            page.fill("#real_name", claimed.name)
            page.fill("#id_number", claimed.id_number)
            page.click("main button.button-main")
        page.click("main button.button-main")
        expect(page.locator("face-scan")).to_be_visible()
        return page

    return arrive


def scan(page):
    """Agree, leave out the blink that a puppet cannot make, and go through the scan."""
    page.locator("summary").click()
    page.get_by_label("眨眼").check()
    for name in ("同意并继续", "打开摄像头", "开始刷脸"):
        page.get_by_role("button", name=name, exact=True).click()
    page.wait_for_selector(
        "face-scan:is([stage=passed], [stage=refused], [stage=ended])", timeout=90_000
    )
    return page.locator("face-scan").get_attribute("stage")


def test_the_one_who_is_claimed_passes_and_is_led_on(before_camera):
    page = before_camera("obama", "zhoumingyuan")

    assert scan(page) == "passed", page.locator("face-scan .still").inner_text()
    page.wait_for_url(re.compile("/account"))
    page.wait_for_load_state("load")
    expect(page.locator("#to-account, .account-page").first).to_be_visible()


def test_another_person_is_refused_and_led_to_the_ways_on(before_camera):
    page = before_camera("obama", "zhaotiezhu")

    assert scan(page) == "refused"
    page.get_by_role("button", name="再试一次").click()
    expect(page.locator("#error-code")).to_have_text("face_not_confirmed")
