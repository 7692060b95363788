"""A desktop that shows a code, and phones that scan it."""

import html
import re
from dataclasses import dataclass

from federation.tickets import tickets
from idp.db import Statement
from idp.web import house
from tests.people import PASSWORD


@dataclass
class Code:
    """A code as the desktop's page shows it; *secret* is read from its picture's data."""

    ticket_id: str
    secret: str
    number: str
    numbers: tuple

    @property
    def page(self):
        return f"/sign-in/scan/{self.ticket_id}"

    @property
    def wrong(self):
        return next(one for one in self.numbers if one != self.number)


def draw(app, desktop, following="/account/sites"):
    """Let *desktop* draw a code."""
    answer = desktop.get(f"/sign-in/scan?next={following}")
    assert answer.status_code == 303, answer.text
    ticket_id = answer.headers["Location"].rpartition("/")[2]
    assert desktop.get(f"/sign-in/scan/{ticket_id}").status_code == 200
    with app.app_context(), house.database().read() as tx:
        mark = tx.one(
            Statement("SELECT browser FROM login_ticket WHERE ticket_id = :ticket_id"),
            ticket_id=ticket_id,
        )
        found = tickets.of_desktop(tx, house.vault(), ticket_id, bytes(mark.browser))
    return Code(ticket_id, found.secret, found.number, found.numbers)


def phone_of(browser, username, *address):
    """Return a browser in which *username* is signed in."""
    one = browser(*address)
    page = one.post("/sign-in?next=/account", username=username, password=PASSWORD)
    assert page.status_code == 303
    return one


def answer(phone, code, said=None):
    """Look at the code and answer it: with its number, unless something else is *said*."""
    assert phone.get(f"/scan/{code.secret}").status_code == 200
    return phone.post("/scan", ticket=code.secret, answer=said or code.number)


def code_of(response):
    found = re.search(r'id="error-code">([a-z_]+)<', response.text)
    return found[1] if found else ""


def state_on(desktop, code):
    """Return what the desktop's page says of the code."""
    found = re.search(r'id="scan" data-state="([a-z]+)"', desktop.get(code.page).text)
    return found[1] if found else None


def text_of(response):
    return html.unescape(response.text)
