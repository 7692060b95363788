"""Citizens at the pages on the way to a proven name, and how they stand."""

import re
from concurrent.futures import ThreadPoolExecutor

from idp.db import Statement
from idp.proofing import verifications
from idp.web import house
from tests.people import PASSWORD, rows

PATH = "/account/real-name"


def enrol(person, browser, **given):
    visitor = browser()
    visitor.person_id = person(**given)
    visitor.post("/sign-in", username=given["username"], password=PASSWORD)
    return visitor


def turn(visitor, move):
    """Press one of the buttons at the foot of the page."""
    page = follow(visitor, PATH).text
    return visitor.post(f"{PATH}/move", move=move, at=mark(page))


def mark(page):
    """Return what the forms of a page carry to say whose they are."""
    return re.search(r'name="at" value="([\w-]+)"', page)[1]


def own_mark(app, visitor):
    (found,) = rows(
        app,
        "SELECT attempt_id, version FROM real_name_attempt"
        f" WHERE person_id = '{visitor.person_id}'",
    )
    return f"{found[0]}-{found[1]}"


def follow(visitor, path):
    """Get *path* and go where it leads, inside the house."""
    answer = visitor.get(path)
    while answer.status_code == 303:
        answer = visitor.get(answer.location)
    return answer


def level(app, visitor):
    with app.app_context(), house.database().read() as tx:
        return verifications.level_of(tx, visitor.person_id)


def step(app, visitor):
    (found,) = rows(
        app, f"SELECT step FROM real_name_attempt WHERE person_id = '{visitor.person_id}'"
    )
    return found[0]


def leads_on(answer):
    """Say whether a page offers something to do."""
    return re.search(r"<form[^>]*action=\"/account/real-name|id=\"later-link\"", answer.text)


def expire(app):
    """Let every record of verification be past."""
    with app.app_context(), house.database().write() as tx:
        tx.run(Statement("UPDATE verification SET expires_at = 1"))


def at_once(work, items):
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(work, items))
