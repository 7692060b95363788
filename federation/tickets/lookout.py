"""The question of a waiting desktop, what became of its code, answered ahead of Flask.

It is asked more often than anything else of a sign-in, so it costs one small query. It tells the
browser that drew the code how it stands; every other browser, that there is no such code.
"""

import logging
import math
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from config import Settings
from federation.tickets import tickets
from federation.tickets.errors import ScanUnknownError
from federation.tickets.states import State, open_states
from federation.tickets.waiting import WaitingRoom
from idp.crypto import fingerprint
from idp.db import Database
from idp.errors import IdentityError
from idp.web import browser, machine

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PATH = re.compile(r"/sign-in/scan/([0-9a-f]{32})/state")
_HEADERS = (machine.JSON, ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
_LINES = {200: "200 OK", 404: "404 Not Found", 405: "405 Method Not Allowed"}

log = logging.getLogger(__name__)


def path_of(ticket_id: str) -> str:
    """Return where the desktop of a code asks, without the issuer's prefix."""
    return f"/sign-in/scan/{quote(ticket_id)}/state"


class Lookout:
    """WSGI middleware that answers waiting desktops, and lets all others through to *app*."""

    def __init__(self, app: "WSGIApplication", settings: Settings, database: Database) -> None:
        self._app = app
        self._secure = settings.secure
        self._database = database
        scan = settings.scan
        self._room = WaitingRoom(places=scan.waiters, wait=scan.wait, rate=scan.questions)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer if it is a desktop that asks, else pass it on."""
        asked = _PATH.fullmatch(environ.get("PATH_INFO", ""))
        if asked is None:
            return self._app(environ, start_response)
        status, said, more = self._answer(environ, asked[1])
        body = orjson.dumps(said)
        line = _LINES.get(status, f"{status} Unavailable")
        start_response(line, [*_HEADERS, *more, ("Content-Length", str(len(body)))])
        return (body,)

    def _answer(
        self, environ: "WSGIEnvironment", ticket_id: str
    ) -> tuple[int, dict[str, object], tuple[tuple[str, str], ...]]:
        if environ["REQUEST_METHOD"] != "GET":
            return 405, {"error": "method_not_allowed"}, (("Allow", "GET"),)
        try:
            state, again = self._look(environ, ticket_id)
        except IdentityError as error:
            log.info("%s: %s", error.code, error.detail)
            return error.status, {"error": error.code, "error_description": error.description}, ()
        later = (("Retry-After", str(math.ceil(again))),)
        return 200, {"state": state, "again_in": round(again, 2)}, later

    def _look(self, environ: "WSGIEnvironment", ticket_id: str) -> tuple[State, float]:
        """Return how the code stands, and when to ask again.

        Raises:
            ScanUnknownError: this browser drew no such code.
            UnavailableError: the database is away.
        """
        headers = {"cookie": environ.get("HTTP_COOKIE", "")}
        cookies = machine.MachineRequest(method="GET", path="", headers=headers).cookies
        name = browser.known_id(cookies, secure=self._secure)
        if name is None:
            raise ScanUnknownError(detail="a browser without a name")
        mark = fingerprint(name)
        seen = machine.parse(environ.get("QUERY_STRING", "").encode("latin-1")).get("seen")

        def now() -> State:
            with self._database.read() as tx:
                state = tickets.state_of(tx, ticket_id, mark)
            if state is None:
                raise ScanUnknownError(detail="no such code in this browser")
            return state

        state = now()
        if state != seen or state not in open_states():
            return state, 0.0
        again = self._room.until(lambda: now() != seen)
        return now(), again
