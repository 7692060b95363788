"""The face-scan component in a real browser, on a department's page, against a strict provider."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import cv2
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.journeys.conftest import CHROMIUM, DESKTOP, PHONE
from tests.journeys.face_provider import (
    Provider,
    Script,
    department_handler,
    provider_handler,
    serving,
)

pytestmark = [pytest.mark.journey, pytest.mark.slow]

_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}
_FLAGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]
_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>Department</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/own.css">
<script type="module" src="{provider}/face/face-scan.js"></script></head><body><main>
<h1>{lang}</h1><face-scan ticket="{ticket}" endpoint="{provider}/face" lang="{lang}" {attributes}>
</face-scan></main></body></html>"""

_STYLE = """:root { color-scheme: light dark; font-family: sans-serif }
body { margin: 1rem; background: #fff; color: #111 }
@media (prefers-color-scheme: dark) { body { background: #101820; color: #eee } }"""


@dataclass
class Department:
    """A department's page with the component on it, and what the component told the page."""

    page: object
    provider: Provider
    url: str

    def open(self, *, lang="en", attributes="", script=None):
        examiner = self.provider.play(script or Script())
        self.console = []
        self.page.on("console", lambda message: self.console.append(message.text))
        self.page.goto(f"{self.url}/?lang={lang}&attributes={attributes}")
        names = ["passed", "refused", "anotherway", "ended", "again"]
        self.page.evaluate(
            """names => { window.told = [];
            for (const name of names) document.querySelector("face-scan").addEventListener(
              name, event => window.told.push([name, event.detail])) }""",
            names,
        )
        return examiner

    def press(self, name):
        self.page.get_by_role("button", name=name, exact=True).click()

    def start(self):
        for name in ("I agree, continue", "Turn on the camera", "Start the scan"):
            self.press(name)

    def told(self, count=1):
        self.page.wait_for_function("n => window.told.length >= n", arg=count, timeout=30_000)
        return self.page.evaluate("window.told")

    def see(self, text):
        expect(self.page.get_by_text(text, exact=True).first).to_be_visible()


@pytest.fixture(scope="session")
def film(tmp_path_factory):
    """What the camera sees: concatenated JPEGs, 4:2:0, in which something moves."""
    path = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    noise = np.random.default_rng(4)
    with path.open("wb") as file:
        for number in range(40):
            shown = np.full((480, 640, 3), (190, 200, 205), np.uint8)
            cv2.ellipse(shown, (320 + number, 230), (85, 115), 0, 0, 360, (150, 175, 215), -1)
            for x in (-32, 32):
                cv2.circle(shown, (320 + x + number, 215), 9, (60, 50, 50), -1)
            cv2.ellipse(shown, (320 + number, 285), (32, 9), 0, 0, 360, (90, 90, 170), -1)
            shown = cv2.add(shown, noise.integers(0, 12, shown.shape, np.uint8))
            file.write(cv2.imencode(".jpg", shown)[1].tobytes())
    return path


@pytest.fixture(scope="session")
def camera_browser(film, playwright):
    """A browser whose camera plays the film; nobody has allowed it yet."""
    flags = [*_FLAGS, f"--use-file-for-fake-video-capture={film}"]
    browser = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def provider_at():
    provider = Provider()
    with serving(provider, provider_handler) as port:
        yield provider, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="session")
def department_url(provider_at):
    """A page on another origin, under the very policy that the reference asks departments for."""
    provider, address = provider_at
    allowed = f"script-src {address}; style-src 'self' {address}; connect-src {address}"
    policy = f"default-src 'none'; {allowed}"

    def page(path):
        if path == "/own.css":
            return _STYLE.encode(), "text/css", policy
        asked = parse_qs(urlsplit(path).query)
        values = {name: asked.get(name, [""])[0] for name in ("lang", "attributes")}
        shown = _PAGE.format(provider=address, ticket=provider.ticket, **values)
        return shown.encode(), "text/html", policy

    with serving(page, department_handler) as port:
        yield f"http://localhost:{port}"


@pytest.fixture
def open_department(camera_browser, provider_at, department_url):
    opened = []

    def make(*, permissions=("camera",), browser=camera_browser, **options):
        options = {"viewport": PHONE, "locale": "en-GB", **options}
        context = browser.new_context(permissions=list(permissions), **options)
        context.set_default_timeout(15_000)
        opened.append(context)
        return Department(context.new_page(), provider_at[0], department_url)

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def department(open_department):
    return open_department()


def test_a_scan_passes_and_every_octet_of_it_holds(department):
    """Chain, signature, order, parcel, rest frame and pictures' form, as the wire has them."""
    examiner = department.open()

    department.start()
    told = department.told()

    assert department.provider.faults == []
    assert told == [["passed", {"code": "", "message": "", "next": "/account"}]]
    assert examiner.sizes == {(640, 480)}
    assert examiner.begun["skip"] == []
    assert department.provider.languages == {"en"}
    assert examiner.hints["settings"]["width"] == 640
    assert not [text for text in department.console if "Content Security Policy" in text]
    department.see("Your face was confirmed")


def test_the_key_cannot_leave_the_browser(department):
    """WebCrypto keeps the private half: not even a script of the page reads it."""
    department.open()

    keys = department.page.evaluate(
        """async () => {
          const entry = document.querySelector("script").src;
          const chain = await import(entry.replace("face-scan.js", "face-scan/chain.js"));
          const pair = await chain.newKey();
          return [pair.privateKey.extractable, Object.keys(await chain.publicKey(pair)).sort()];
        }"""
    )

    assert keys == [False, ["crv", "kty", "x", "y"]]


def test_what_is_lost_or_refused_for_the_moment_is_sent_again_octet_by_octet(department):
    """503 and a broken connection spoil nothing, and nothing is taken anew for them."""
    department.open(script=Script(troubles=["busy", "lost", None]))

    department.start()
    department.see("Many people are being scanned. Yours goes on by itself in 1 s; please stay.")
    department.told()

    assert department.provider.faults == []
    first, second, third, *others = department.provider.bodies
    assert first == second == third
    assert len({bytes(body) for body in others}) == len(others) == 3


def test_a_step_that_must_be_made_again_says_why(department):
    """Coaching is text, read aloud by screen readers, beside the colour."""
    examiner = department.open(script=Script(again={"turn_left": ["too_far", "dark"]}))

    department.start()
    cue = department.page.locator("face-scan .cue")
    expect(cue).to_have_text("Come a little closer", timeout=10_000)

    expect(cue).to_have_attribute("aria-live", "assertive")
    assert department.told()[0][0] == "passed"
    assert (department.provider.faults, examiner.given) == ([], {"turn_left"})


def test_a_movement_that_cannot_be_made_is_changed(department):
    """ "I cannot make this movement" asks for another and breaks nothing of the chain."""
    examiner = department.open(script=Script(steps=("rest", "nod"), window=6000))

    department.start()
    department.press("I cannot make this movement")
    department.told()

    assert department.provider.faults == []
    assert examiner.skipped == ["nod"]


def test_what_somebody_cannot_do_is_said_before_the_start(department):
    """The choice is by keyboard, travels with the beginning, and leaves at least two kinds."""
    examiner = department.open()
    page = department.page

    page.locator("summary").press("Enter")
    for name in ("Turn my head to the side", "Nod", "Open my mouth"):
        page.get_by_label(name).press("Space")
    department.press("I agree, continue")
    expect(page.get_by_role("alert")).to_contain_text("At least two kinds must be left")
    page.get_by_label("Nod").press("Space")
    department.start()
    department.told()

    assert examiner.begun["skip"] == ["turn_left", "turn_right", "open_mouth"]


@pytest.mark.parametrize(
    ("code", "again"), [("face_not_confirmed", True), ("face_not_checkable", False)]
)
def test_a_refusal_is_told_with_its_ways_on(department, code, again):
    """No score, no layer: the sentence that the provider sent, and what can be mended."""
    end = {"status": "refused", "code": code, "message": "Said so.", "coach": ["dark"], "next": ""}
    department.open(script=Script(steps=("rest",), end=end))

    department.start()
    told = department.told()

    assert told == [["refused", {"code": code, "message": "Said so.", "next": ""}]]
    department.see("Said so.")
    department.see("It is too dark: find more light")
    assert department.page.get_by_role("button", name="Try again").count() == again
    expect(department.page.get_by_role("button", name="Another way")).to_be_visible()


@pytest.mark.parametrize(
    ("status", "code", "text", "anew"),
    [
        (410, "face_scan_over", "The time is up", True),
        (409, "face_scan_step", "The scan was interrupted, so it does not count.", True),
        (400, "invalid_picture", "Something went wrong.", True),
    ],
)
def test_an_end_on_the_way_offers_to_begin_anew(department, status, code, text, anew):
    department.open(script=Script(troubles=[(status, code)]))

    department.start()
    name, detail = department.told()[0]

    assert (name, detail["code"]) == ("ended", code)
    expect(department.page.get_by_text(text).first).to_be_visible()
    department.press("Begin anew")
    assert department.told(2)[1][0] == "again"


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [
        (403, "face_locked", "Face scans are switched off for you."),
        (429, "too_many_requests", "There were too many attempts."),
        (403, "face_consent_missing", "You have not agreed to face scans yet"),
        (403, "face_guardian_needed", "a parent or guardian has to agree first"),
        (503, "face_not_offered", "Face scans are not possible at the moment."),
        (401, "face_ticket_invalid", "The time is up"),
    ],
)
def test_a_scan_that_may_not_begin_says_so(department, status, code, text):
    department.open(script=Script(at_begin=(status, code)))

    department.start()

    assert department.told()[0][1]["code"] == code
    expect(department.page.get_by_text(text)).to_be_visible()


def test_a_scan_that_took_too_long_begins_anew(department):
    """A busy provider is waited for only as long as the scan lives."""
    department.open(script=Script(expires_in=3, troubles=["busy"] * 9))

    department.start()

    assert department.told()[0][1]["code"] == "expired"
    department.see("The time is up")


def test_a_page_that_was_left_pauses(department):
    """What was filmed meanwhile is thrown away; the step begins anew and the chain holds."""
    department.open(script=Script(steps=("rest", "nod"), window=6000))
    page = department.page

    department.start()
    expect(page.locator("face-scan .cue")).to_have_text("Slowly nod")
    _hide(page, hidden=True)
    department.see("Paused")
    _hide(page, hidden=False)
    department.press("Continue")
    told = department.told()

    assert (told[0][0], department.provider.faults) == ("passed", [])


def test_another_way_is_always_there_and_gives_the_scan_up(department):
    department.open(script=Script(window=8000))

    department.start()
    expect(department.page.locator("face-scan .cue")).to_have_text("Slowly turn your head left")
    department.press("Another way")

    assert department.told()[0][0] == "anotherway"
    department.page.wait_for_timeout(300)
    assert department.provider.given_up == 1


def test_a_new_ticket_begins_anew(department):
    """The page gives a new ticket to the same element; the old scan is no longer heard of."""
    department.open(script=Script(steps=("rest",)))
    department.start()
    department.told()

    department.provider.play(Script(steps=("rest",)))
    department.provider.ticket, before = "ticket.2.mac", department.provider.ticket
    department.page.evaluate(
        "document.querySelector('face-scan').setAttribute('ticket', 'ticket.2.mac')"
    )
    department.start()
    told = department.told(2)
    department.provider.ticket = before

    assert ([name for name, _ in told], department.provider.faults) == (["passed"] * 2, [])


def test_a_camera_that_is_not_allowed_is_explained(open_department):
    department = open_department(permissions=())
    department.open()

    department.press("I agree, continue")
    department.press("Turn on the camera")

    department.see("The camera was not allowed")
    expect(department.page.get_by_role("button", name="Another way")).to_be_visible()
    department.page.context.grant_permissions(["camera"])
    department.press("Try again")
    expect(department.page.get_by_role("button", name="Start the scan")).to_be_visible()


def test_a_missing_camera_is_explained(open_department, camera_browser):
    flags = ["--no-sandbox", "--use-fake-device-for-media-stream=device-count=0"]
    blind = camera_browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    department = open_department(browser=blind)
    department.open()

    department.press("I agree, continue")
    department.press("Turn on the camera")

    department.see("No camera was found")
    department.page.context.close()
    blind.close()


@pytest.mark.parametrize(
    ("broken", "code", "text"),
    [
        (
            "Object.defineProperty(window, 'isSecureContext', {value: false})",
            "camera_insecure",
            "This page may not use the camera",
        ),
        (
            "Object.defineProperty(navigator, 'mediaDevices', {value: undefined})",
            "camera_unsupported",
            "This browser is too old",
        ),
    ],
)
def test_a_browser_that_cannot_is_told_the_other_way(department, broken, code, text):
    department.page.add_init_script(broken)
    department.open()

    department.press("I agree, continue")

    assert department.told()[0][1]["code"] == code
    department.see(text)
    expect(department.page.get_by_role("button", name="Another way")).to_be_visible()


def test_without_frame_callbacks_the_older_road_serves(department):
    """Firefox before 132 and older Safari have no requestVideoFrameCallback."""
    department.page.add_init_script("delete HTMLVideoElement.prototype.requestVideoFrameCallback")
    department.open(script=Script(steps=("rest", "nod")))

    department.start()

    assert (department.told()[0][0], department.provider.faults) == ("passed", [])


def test_both_languages_say_everything(department):
    """No sentence is missing in either language, and none has other places to fill."""
    department.open()

    texts = department.page.evaluate(
        """async () => (await import(document.querySelector("script").src.replace(
          "face-scan.js", "face-scan/strings.js"))).TEXTS"""
    )

    chinese, english = texts["zh-CN"], texts["en"]
    assert set(chinese) == set(english)
    places = {key: re.findall(r"\{\w+\}", text) for key, text in english.items()}
    assert places == {key: re.findall(r"\{\w+\}", text) for key, text in chinese.items()}
    assert not [key for key, text in chinese.items() if not re.search("[\u4e00-\u9fff]", text)]


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
@pytest.mark.parametrize("shape", ["phone", "desktop", "large-dark"])
def test_no_state_shuts_anybody_out(open_department, lang, shape, request):
    """WCAG 2.1 AA by axe-core and nothing wider than the screen, in every state."""
    looks = {"phone": {"viewport": PHONE}, "desktop": {"viewport": DESKTOP}}
    dark = {"viewport": {"width": 320, "height": 640}, "color_scheme": "dark"}
    department = open_department(**looks.get(shape, dark))
    end = {"status": "refused", "code": "face_capture_poor", "coach": ["dark", "blurred"]}
    large = "large" if shape == "large-dark" else ""
    department.open(lang=lang, attributes=large, script=Script(steps=("rest",), end=end))
    page, folder, faults = department.page, request.config.getoption("--pictures"), []

    def look(state):
        faults.extend(f"{state}: {fault}" for fault in _faults(page))
        if folder:
            page.screenshot(path=f"{folder}/{shape}-{lang}-{state}.png", full_page=True)

    main = page.locator("face-scan .main")
    for state in ("notice", "camera", "ready"):
        main.wait_for()
        if state == "notice":
            page.locator("summary").click()
        look(state)
        if state != "ready":
            main.click()
    for tone, kind in (("watch", "turn_left"), ("mend", "nod"), ("good", "open_mouth")):
        page.evaluate(_LOOK, [tone, kind])
        look(f"{tone}-{kind}")
    page.reload()
    for _ in range(3):
        main.click()
    page.locator("face-scan[stage=refused]").wait_for()
    look("refused")

    assert not faults, "\n".join(faults)


_LOOK = """([tone, kind]) => {
  const { stage, said } = document.querySelector("face-scan");
  stage.progress({ number: 2, of: 4 });
  stage.ask(kind, said(tone === "mend" ? "coach_dark" : kind));
  stage.tone(tone, said({ watch: "capturing", mend: "mend", good: "good" }[tone]));
  stage.sweep(tone === "watch" ? 4000 : 0);
  stage.offer(stage.cannot);
}"""


def _faults(page):
    found = Axe().run(page, options=_RULES).response["violations"]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    told = [f"{fault['id']}: {fault['nodes'][0]['html'][:120]}" for fault in found]
    return told + ([f"{width} px wider than the screen"] if width > 0 else [])


def _hide(page, *, hidden):
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange")); }""",
        hidden,
    )
