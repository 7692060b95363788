"""WeChat: a website's QR code, the page inside the app, and the mini-program.

OAuth-like, with names of its own: `appid` and `secret` in the query of a GET, errors with HTTP
200, text/plain that is UTF-8. An openid is another one in each app of ours; the unionid joins
them, and is what accounts are linked by.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr, model_validator

from config.schema import Room
from federation.connectors.errors import (
    UpstreamAccountError,
    UpstreamAwayError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import (
    Arrival,
    Departure,
    Flow,
    Kind,
    Standing,
    Surroundings,
)
from federation.connectors.upstream import UpstreamIdentity

_APP, _MINI_CODE = "app", "js_code"
_FAULTS: Mapping[int, type[UpstreamError]] = {
    **dict.fromkeys((40029, 40163, 41008, 42003), UpstreamCodeError),
    **dict.fromkeys((40013, 40125, 41002, 41004, 40164), UpstreamSetupError),
    **dict.fromkeys((-1, 45009, 45011), UpstreamAwayError),
    40226: UpstreamAccountError,
}


class App(Room):
    """One of our apps at WeChat."""

    app_id: str = Field(min_length=1, description="Its AppID.")
    secret: SecretStr = Field(description="Its AppSecret.")


class Options(Room):
    """Our apps at WeChat, all bound to one open-platform account."""

    website: App | None = Field(default=None, description="The website app: QR code on a desktop.")
    account: App | None = Field(default=None, description="The service account: inside the app.")
    mini_program: App | None = Field(default=None, description="The mini-program.")
    require_unionid: bool = Field(
        default=True, description="Refuse whom WeChat gives no unionid; else the openid is the key."
    )
    open_url: str = Field(
        default="https://open.weixin.qq.com", description="Where browsers are sent."
    )
    api_url: str = Field(default="https://api.weixin.qq.com", description="Where we ask.")

    @model_validator(mode="after")
    def _one_at_least(self) -> "Options":
        if not (self.website or self.account or self.mini_program):
            raise ValueError("name a website, an account or a mini_program")
        return self


class WeChat:
    """Speaks to WeChat as the apps in *options*."""

    kind = "wechat"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way: the page inside the app where the person is there already."""
        options = self._options
        inside = flow.surroundings is Surroundings.WECHAT and options.account is not None
        name = "account" if inside or options.website is None else "website"
        app = self._app(name)
        path, scope = (
            ("/connect/qrconnect", "snsapi_login")
            if name == "website"
            else ("/connect/oauth2/authorize", "snsapi_userinfo")
        )
        query = urlencode(  # in the order that WeChat documents: it has been seen to matter
            {
                "appid": app.app_id,
                "redirect_uri": flow.redirect_uri,
                "response_type": "code",
                "scope": scope,
                "state": flow.state,
            }
        )
        url = f"{options.open_url}{path}?{query}#wechat_redirect"
        return Departure(url=url, notes={_APP: name})

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for who somebody is.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        given = arrival.parameters
        if given.get(_MINI_CODE):
            return self._from_mini_program(given[_MINI_CODE])
        if not given.get("code"):
            raise UpstreamDeniedError(detail="came back without a code")
        app = self._app(notes.get(_APP, ""))
        token = self._ask(
            "/sns/oauth2/access_token",
            {
                "appid": app.app_id,
                "secret": app.secret.get_secret_value(),
                "code": given["code"],
                "grant_type": "authorization_code",
            },
        )
        _is_somebody(token)
        user = self._user(token, flow.language)
        if needed(user, "openid") != needed(token, "openid"):
            unusable("the profile is somebody else's")
        return self._identity(app, {**user, **_present(token, "unionid")})

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: WeChat has no sign-out."""
        return None

    def probe(self) -> None:
        """Ask with a code that is none: WeChat answers that, if it knows our app.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        app = self._options.website or self._options.account
        if app is None:
            return
        try:
            query = {"appid": app.app_id, "secret": app.secret.get_secret_value()}
            query |= {"code": "none", "grant_type": "authorization_code"}
            self._ask("/sns/oauth2/access_token", query)
        except UpstreamCodeError:
            return

    def _from_mini_program(self, code: str) -> UpstreamIdentity:
        app = self._app("mini_program")
        query = {"appid": app.app_id, "secret": app.secret.get_secret_value()}
        query |= {_MINI_CODE: code, "grant_type": "authorization_code"}
        return self._identity(app, self._ask("/sns/jscode2session", query))

    def _user(self, token: Mapping[str, Any], language: str) -> dict[str, Any]:
        query = {"access_token": needed(token, "access_token"), "openid": needed(token, "openid")}
        query["lang"] = "zh_CN" if language.startswith("zh") else "en"
        return self._ask("/sns/userinfo", query)

    def _identity(self, app: App, user: Mapping[str, Any]) -> UpstreamIdentity:
        openid, unionid = needed(user, "openid"), text_of(user, "unionid")
        if not unionid and self._options.require_unionid:
            raise UpstreamSetupError(detail="no unionid: the app is bound to no open platform")
        named = f"{app.app_id}/{openid}"
        return UpstreamIdentity(
            subject=unionid or named,
            aliases=(named,) if unionid else (),
            display_name=text_of(user, "nickname"),
        )

    def _ask(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the answer, which is an error when it says so, whatever its HTTP status."""
        answer = read_object(decoded(self._line.get(self._options.api_url + path, query)))
        fault = answer.get("errcode", 0)
        if fault:
            kind = _FAULTS.get(fault) if isinstance(fault, int) else None
            if kind is None:
                unusable("errcode")
            raise kind(detail=f"errcode {fault}")
        return answer

    def _app(self, name: str) -> App:
        apps = {
            "website": self._options.website,
            "account": self._options.account,
            "mini_program": self._options.mini_program,
        }
        app = apps.get(name)
        if app is None:
            raise UpstreamSetupError(detail="no such app is set up")
        return app


def _is_somebody(token: Mapping[str, Any]) -> None:
    """Refuse the shared account of people who only look at a page without consenting."""
    if text_of(token, "is_snapshotuser") not in ("", "0"):
        raise UpstreamAccountError(detail="a snapshot user")


def _present(document: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: document[name]} if document.get(name) else {}


KIND = Kind(
    name=WeChat.kind,
    title="WeChat",
    title_zh="微信",
    standing=Standing.VENDOR,
    options=Options,
    build=WeChat,
    icon="wechat",
)
