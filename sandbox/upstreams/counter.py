"""What the upstreams of one hall do alike: a page that asks, codes that are spent, tokens."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from sandbox.authorities.wire import answer
from sandbox.upstreams import screen
from sandbox.upstreams.codes import CodeRefusedError, Why
from sandbox.upstreams.faults import Fault
from sandbox.upstreams.office import Desk, desk
from sandbox.upstreams.wallets import Holder, holders
from sandbox.wording import Both

_FEIGNED = {Fault.CODE_REPLAYED: Why.USED, Fault.CODE_EXPIRED: Why.EXPIRED}
SIGN_IN = Both("请求用您的账号登录", "asks you to sign in with your account")
NAME_AND_NUMBER = (Both("姓名、证件号码、手机号", "Your name, ID number and phone"),)
STAFF = (Both("您的姓名与所在单位", "Your name and your organisation"),)
HOUR = 3600
_WRONG_APP = Both("应用不存在", "There is no such application")
_WRONG_CALLBACK = Both("回调地址未登记", "The callback is not registered")


def open_at(
    pages: Blueprint,
    *rules: str,
    knows: Callable[[Desk], bool],
    callback: Callable[[Desk], str],
    back: Callable[[Desk, Holder | None], Response],
    items: tuple[Both, ...],
) -> None:
    """Put the page "sign in as …" at *rules*.

    *knows* says whether the application that asks is known; *callback* is where people go.
    """

    def refusal(here: Desk) -> ResponseReturnValue | None:
        if here.fault is Fault.WRONG_APP or not knows(here):
            return screen.refuse("unknown_application", _WRONG_APP)
        if not here.knows_callback(callback(here)):
            return screen.refuse("unknown_callback", _WRONG_CALLBACK)
        return None

    def show() -> ResponseReturnValue:
        return refusal(desk()) or screen.ask(SIGN_IN, items)

    def decide() -> ResponseReturnValue:
        here = desk()
        return refusal(here) or back(here, screen.decided())

    for place, rule in enumerate(rules):
        pages.add_url_rule(rule, f"show{place}", show, methods=("GET",))
        pages.add_url_rule(rule, f"decide{place}", decide, methods=("POST",))


def registered(here: Desk) -> str:
    """Return the callback that was registered, where a protocol sends none along."""
    return f"{here.callbacks[0]}/federation/{here.upstream.key.replace('_', '-')}/callback"


def spend(here: Desk, code: str) -> Any:
    """Return what *code* buys, this once.

    Raises:
        CodeRefusedError: nothing.
    """
    if here.fault in _FEIGNED:
        raise CodeRefusedError(_FEIGNED[here.fault])
    return here.codes.spend(code)


def look(here: Desk, token: str) -> Any:
    """Return whose *token* is.

    Raises:
        CodeRefusedError: nobody's.
    """
    if here.fault is Fault.TOKEN_EXPIRED:
        raise CodeRefusedError(Why.EXPIRED)
    return here.tokens.look(token)


def shown(here: Desk, holder: Holder) -> Holder:
    """Return whose profile is told: *holder*'s, unless it is somebody else's by mistake."""
    if here.fault is Fault.OTHER_USER:
        return next(one for one in holders(here.register) if one != holder)
    return holder


def busy(here: Desk) -> Response | None:
    """Return the refusal of one who asks too often, as HTTP has it."""
    if here.fault is not Fault.RATE_LIMIT:
        return None
    return answer({"code": "429", "message": "too many requests"}, 429)
