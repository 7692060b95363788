"""The phone's screen: whose wallet it is, what an application asks, yes and no."""

from collections.abc import Mapping
from typing import NoReturn
from urllib.parse import urlencode, urlsplit, urlunsplit

from flask import Response, abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import desk
from sandbox.upstreams.wallets import Holder, find, holders
from sandbox.wording import Both

ALLOW, DENY = "allow", "deny"
YEAR = 31_536_000


def ask(wish: Both, items: tuple[Both, ...], **more: object) -> ResponseReturnValue:
    """Show the consent screen, with the wallet that was used here last already chosen."""
    here = desk()
    remembered = find(here.register, request.cookies.get(_cookie(), ""))
    return render_template(
        "upstreams/consent.html",
        wish=wish,
        items=items,
        holders=holders(here.register),
        remembered=None if request.args.get("others") else remembered,
        action=request.full_path.rstrip("?"),
        others_url=with_query(request.full_path, {"others": "1"}),
        **more,
    )


def refuse(code: str, why: Both, status: int = 400) -> ResponseReturnValue:
    """Show why nobody is asked anything, and lead nowhere: the address may be a trap."""
    desk().note("authorize", "", code)
    return render_template("upstreams/refused.html", code=code, why=why), status


def decided() -> Holder | None:
    """Return who said yes on the screen; None is a no."""
    here = desk()
    holder = find(here.register, request.form.get("wallet", ""))
    decision = request.form.get("decision")
    if holder is None or decision not in (ALLOW, DENY):
        _abort()
    denied = decision == DENY or here.fault is Fault.DENIED
    here.note("authorize", holder.nickname, DENY if denied else ALLOW)
    return None if denied else holder


def send_back(address: str, parameters: Mapping[str, str], holder: Holder | None) -> Response:
    """Send the browser back with *parameters*, and remember whose wallet it was."""
    response = make_response(redirect(with_query(address, parameters), 302))
    if holder is not None:
        response.set_cookie(_cookie(), holder.key, max_age=YEAR, httponly=True, samesite="Lax")
    return response


def with_query(address: str, parameters: Mapping[str, str]) -> str:
    """Return *address* with *parameters* behind those that it has."""
    parts = urlsplit(address)
    query = "&".join(part for part in (parts.query, urlencode(parameters)) if part)
    return urlunsplit(parts._replace(query=query))


def _cookie() -> str:
    return f"sandbox_{desk().upstream.key}_wallet"  # localhost's ports share their cookies


def _abort() -> NoReturn:
    abort(400)
