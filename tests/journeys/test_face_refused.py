"""Who is not the one claimed before a real browser's camera: refused, with a code and ways on."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import expect

from sandbox.people import everyone
from tests.faces import reel
from tests.journeys import scans

pytestmark = [pytest.mark.journey, pytest.mark.slow]


@dataclass(frozen=True)
class Claim:
    """A film before the camera, the resident whom it is claimed to show, and the verdict."""

    film: Callable[[str], Path]
    username: str
    verdict: str


CLAIMS = {
    "another person": Claim(reel.turning, "zhaotiezhu", "FACE_MISMATCH"),
    "a still photo": Claim(reel.still, "zhoumingyuan", "LIVENESS_FAIL"),
    "a tilted sheet": Claim(reel.sheet, "zhoumingyuan", "LIVENESS_FAIL"),
}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_the_department_is_told_no(sitting, land, claim):
    """The scan of a film that shows somebody else, or nobody who lives, on a department's page."""
    claimed = next(one for one in everyone() if one.username == claim.username)
    page = sitting(claim.film("obama"))
    answers = []
    page.on("response", lambda answer: answers.append(answer.status))
    page.goto(f"{land.country.phone}/department/face")
    page.fill("#name", claimed.name)
    page.fill("#id_number", claimed.id_number)
    page.click("#scan")

    assert scans.perform(page) == "refused", scans.said(page)

    expect(page.locator("#verdict")).to_have_attribute("data-result", claim.verdict)
    assert max(answers) < HTTPStatus.INTERNAL_SERVER_ERROR
