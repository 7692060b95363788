"""The page of a face scan, and the component's files for pages of other houses."""

import re
from types import SimpleNamespace

import pytest

from idp.web import guards
from liveness.permits import notices
from liveness.scans.orders import Purpose
from liveness.views import stage as face_stage


@pytest.fixture
def page(app, make_client):
    """Show the page of a scan in a language."""

    def show(purpose=Purpose.PROOF, **options):
        @app.get(f"/test-{purpose.value}")
        @guards.public("a test")
        def view():
            ticket = SimpleNamespace(text="scan.1.mac")
            options.setdefault("another_way", "/account")
            options.setdefault("another_way_label", "A counter")
            return face_stage.stage(ticket, purpose=purpose, **options)

        return make_client().get(f"/test-{purpose.value}?ui_locales=en")

    return show


def test_only_this_page_may_use_the_camera(page, client):
    shown, other = page(), client.get("/sign-in")

    assert "camera=(self)" in shown.headers["Permissions-Policy"]
    assert "connect-src 'self'" in shown.headers["Content-Security-Policy"]
    assert "script-src 'self';" in shown.headers["Content-Security-Policy"]
    assert "camera=()" in other.headers["Permissions-Policy"]
    assert "connect-src" not in other.headers["Content-Security-Policy"]
    assert shown.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("purpose", Purpose)
def test_each_purpose_says_what_for(page, purpose):
    shown = page(purpose).text

    assert "What for:" in shown
    assert 'ticket="scan.1.mac" endpoint="/face" lang="en"' in shown
    assert 'data-another-way="/account"' in shown


def test_without_scripts_there_is_another_way(page):
    """What stands inside the element is shown as long as nobody fills it."""
    inside = re.search(r"<face-scan.*?</face-scan>", page().text, re.DOTALL)[0]

    assert 'href="/account"' in inside
    assert "A counter" in inside


def test_the_page_holds_no_script_of_its_own(page):
    assert not re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=", page().text)


def test_every_house_may_load_the_component(client):
    """A stable address leads to contents whose address changes with them."""
    entry = client.get("/face/face-scan.js")
    path = re.fullmatch(r'export \* from "\./(\w{16}/face-scan\.js)";\n', entry.text)[1]
    part = client.get(f"/face/{path}")

    for answer in (entry, part):
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert "Set-Cookie" not in answer.headers
    assert entry.headers["Cache-Control"] == "public, max-age=300"
    assert "immutable" in part.headers["Cache-Control"]
    again = client.get("/face/face-scan.js", headers={"If-None-Match": entry.headers["ETag"]})
    assert again.status_code == 304


def test_every_import_of_the_component_is_there(client):
    """A module that is missing would be seen by nobody but the person at the camera."""
    edition = face_stage._edition()
    waiting, seen = {"face-scan.js", "page.js", "page.css"}, set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        text = client.get(f"/face/{edition}/{name}").text
        folder = name.rpartition("/")[0]
        found = {
            "/".join(filter(None, (folder, one)))
            for one in re.findall(r'(?:from|URL\()\s*"\./([^"]+)"', text)
        }
        waiting |= found - seen
        assert client.get(f"/face/{edition}/{name}").status_code == 200

    assert seen == set(face_stage._files())


def test_another_edition_is_not_kept(client):
    """During an update, who asks for the former edition gets today's file, and keeps it not."""
    answer = client.get("/face/0123456789abcdef/face-scan.js")

    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["../desk.py", "nothing.js", "face-scan/", "__init__.py"])
def test_nothing_else_is_handed_out(client, name):
    assert client.get(f"/face/{face_stage._edition()}/{name}").status_code == 404


def test_the_component_shows_the_notice_that_consents_are_kept_of(client):
    text = client.get(f"/face/{face_stage._edition()}/face-scan/strings.js").text

    assert re.search(r'NOTICE = "([^"]+)"', text)[1] == notices.VERSION
