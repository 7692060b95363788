"""A face before a real browser's camera, compared with the portrait that our own register keeps."""

import csv
import re
import shutil

import pytest
from playwright.sync_api import expect

from migrations import schema
from tests import live
from tests.faces import portraits as album
from tests.faces import reel
from tests.journeys import roads, scans

pytestmark = [pytest.mark.journey, pytest.mark.slow]

_NAME, _NUMBER = "李晓明", "110101199003070011"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A provider that no authority stands behind: the operator took rows and portraits in."""
    directory = tmp_path_factory.mktemp("own-register")
    url = f"sqlite:///{directory}/manyou.db"
    schema.upgrade(url)
    with live.running(directory, url, environ={"MANYOU_PROFILE": "demo"}) as provider:
        _fill(provider)
        yield provider


def _fill(provider):
    """Take in one citizen, and the portrait, as an operator does."""
    rows, folder = provider.directory / "rows.csv", provider.directory / "portraits"
    with rows.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["id_number", "name", "ryzt"], [_NUMBER, _NAME, "0"]])
    assert provider.run("registry", "import", str(rows))["imported"] == 1
    folder.mkdir()
    shutil.copy(album.portraits().directory / "obama.jpg", folder / f"{_NUMBER}.jpg")
    assert provider.run("registry", "portraits", str(folder))["imported"] == 1


def test_an_imported_portrait_leads_to_level_three(house, sitting):
    house.create_person("xiaoming", roads.PASSWORD, phone="13900139000")
    page = sitting(reel.turning("obama"))
    page.goto(f"{house.issuer}/sign-in?next=/account")
    roads.sign_in(page, "xiaoming")
    page.wait_for_url(re.compile("/account"))
    page.goto(f"{house.issuer}/account/real-name?level=3")
    page.click("#way-face")
    page.click("#agree")
    page.fill("#real_name", _NAME)
    page.fill("#id_number", _NUMBER)
    page.click("#continue")
    page.click("#scan")

    assert scans.perform(page) == "passed", scans.said(page)

    expect(page.locator("main")).to_contain_text("第 3 级")
    page.goto(f"{house.issuer}/account/face")
    expect(page.locator("main table")).to_contain_text("成功")
