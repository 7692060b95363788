"""What can go wrong between a site and the provider, said kindly, with a way on."""

from collections.abc import Callable
from dataclasses import dataclass

import requests
from authlib.integrations.base_client import MismatchingStateError, OAuthError
from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError
from werkzeug.exceptions import HTTPException

from sandbox.sites.relying_party import StrangeProviderError
from sandbox.wording import Both


@dataclass(frozen=True, slots=True)
class Trouble:
    """A failure that a person can do something about."""

    code: str
    status: int
    title: Both
    advice: Both
    real_name: bool = False  # whether proving one's name is the way on


class TroubleError(Exception):
    """A trouble, on its way to its page."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.code)


DENIED = Trouble(
    "access_denied",
    403,
    Both("您没有同意登录", "You did not agree to sign in"),
    Both(
        "没有信息提供给本站。需要时可以重新登录。",
        "Nothing was shared with this site. You can sign in again at any time.",
    ),
)
NOT_SIGNED_IN = Trouble(
    "login_required",
    401,
    Both("尚未登录", "You are not signed in yet"),
    Both("静默登录没有成功，请正常登录。", "Silent sign-in did not work; please sign in as usual."),
)
STALE = Trouble(
    "state_mismatch",
    400,
    Both("这次登录已经过期", "This sign-in has run out"),
    Both(
        "登录用时过长、重复提交，或不是从本站开始的。请重新开始。",
        "It took too long, was sent twice, or did not start here. Please begin again.",
    ),
)
FOREIGN = Trouble(
    "issuer_mismatch",
    400,
    Both("答复不是来自我们认识的平台", "The answer is not from the provider that we know"),
    Both("为安全起见，本次登录已作废，请重新开始。", "It was discarded. Please begin again."),
)
UNPROVEN = Trouble(
    "token_refused",
    502,
    Both("登录凭证没有通过核验", "The sign-in could not be verified"),
    Both("本站没有采信它。请重新登录。", "This site did not believe it. Please sign in again."),
)
ENDED = Trouble(
    "sign_in_ended",
    401,
    Both("登录已失效", "Your sign-in has ended"),
    Both("续期没有成功，请重新登录。", "It could not be renewed. Please sign in again."),
)
REFUSED = Trouble(
    "provider_refused",
    502,
    Both("登录没有完成", "The sign-in was not completed"),
    Both("身份平台没有接受这次请求。", "The identity provider did not accept the request."),
)
UNMET = Trouble(
    "unmet_authentication_requirements",
    403,
    Both("这里需要实名认证", "A proven name is needed here"),
    Both(
        "您还没有完成实名认证，或这一次没有通过。没有信息提供给本站。可以现在去认证，"
        "也可以预约窗口，之后再来。",
        "Your name is not proven yet, or it did not work this time. Nothing was shared with this "
        "site. You can prove it now, or book a counter, and come back.",
    ),
    real_name=True,
)
AWAY = Trouble(
    "provider_unreachable",
    503,
    Both("暂时连不上身份平台", "The identity provider cannot be reached"),
    Both("您的信息没有丢失。请稍候再试。", "Nothing is lost. Please try again in a moment."),
)

BY_CODE = {
    "access_denied": DENIED,
    "login_required": NOT_SIGNED_IN,
    "interaction_required": NOT_SIGNED_IN,
    "consent_required": NOT_SIGNED_IN,
    "account_selection_required": NOT_SIGNED_IN,
    "unmet_authentication_requirements": UNMET,
    "temporarily_unavailable": AWAY,
    "server_error": AWAY,
}


def show(trouble: Trouble, wire_code: str = "") -> ResponseReturnValue:
    """Return the page for *trouble*; *wire_code* is the protocol's own word, shown small."""
    page = render_template("sites/trouble.html", trouble=trouble, code=wire_code or trouble.code)
    return page, trouble.status


def _from_protocol(error: OAuthError) -> ResponseReturnValue:
    code = str(error.error or "")
    safe = code if code.isascii() and code.replace("_", "").isalnum() else ""
    return show(BY_CODE.get(code, REFUSED), safe[:60])


def _page_error(error: HTTPException) -> ResponseReturnValue:
    return render_template("sites/lost.html", status=error.code), error.code or 500


def install(app: Flask) -> None:
    """Give *app* a page for each trouble; the most particular class wins."""

    def always(trouble: Trouble) -> Callable[[Exception], ResponseReturnValue]:
        return lambda _error: show(trouble)

    app.register_error_handler(TroubleError, lambda error: show(error.trouble))
    app.register_error_handler(MismatchingStateError, always(STALE))
    app.register_error_handler(OAuthError, _from_protocol)
    app.register_error_handler(StrangeProviderError, always(FOREIGN))
    app.register_error_handler(JoseError, always(UNPROVEN))
    app.register_error_handler(requests.RequestException, always(AWAY))
    app.register_error_handler(HTTPException, _page_error)
