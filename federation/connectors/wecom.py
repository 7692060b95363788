"""WeCom (企业微信): a member of one organisation, by the user id."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

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
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing, Surroundings
from federation.connectors.upstream import Party, UpstreamIdentity
from idp.web.outbound import Answer

_FAULTS: Mapping[int, type[UpstreamError]] = {
    40029: UpstreamCodeError,
    **dict.fromkeys((40001, 40013, 40014, 40056, 41001, 50001, 60020), UpstreamSetupError),
    **dict.fromkeys((-1, 45009), UpstreamAwayError),
}


class Options(Room):
    """Our app at an organisation's WeCom."""

    corp_id: str = Field(min_length=1, description="The organisation.")
    agent_id: str = Field(min_length=1, description="Our app there.")
    secret: SecretStr = Field(description="Its secret.")
    login_url: str = Field(
        default="https://login.work.weixin.qq.com", description="Where desktops are sent."
    )
    open_url: str = Field(
        default="https://open.weixin.qq.com", description="Where the app's own browser is sent."
    )
    api_url: str = Field(
        default="https://qyapi.weixin.qq.com", description="Where we ask; a path may follow."
    )


class WeCom:
    """Speaks to WeCom as the app in *options*."""

    kind = "wecom"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way: a QR code, or straight in where the person is in the app already."""
        options = self._options
        if flow.surroundings is Surroundings.WECOM:
            query = {
                "appid": options.corp_id,
                "redirect_uri": flow.redirect_uri,
                "response_type": "code",
                "scope": "snsapi_base",
                "state": flow.state,
                "agentid": options.agent_id,
            }
            path = "/connect/oauth2/authorize"
            return Departure(url=f"{options.open_url}{path}?{urlencode(query)}#wechat_redirect")
        query = {
            "login_type": "CorpApp",
            "appid": options.corp_id,
            "agentid": options.agent_id,
            "redirect_uri": flow.redirect_uri,
            "state": flow.state,
        }
        return Departure(url=f"{options.login_url}/wwlogin/sso/login?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for a member.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("code")
        if not code:
            raise UpstreamDeniedError(detail="came back without a code")
        query = {"access_token": self._token(), "code": code}
        url = f"{self._options.api_url}/cgi-bin/auth/getuserinfo"
        user = _read(self._line.get(url, query))
        member = text_of(user, "userid") or text_of(user, "UserId")
        if not member:  # an openid instead: somebody from outside
            raise UpstreamAccountError(detail="no member of the organisation")
        return UpstreamIdentity(
            subject=f"{self._options.corp_id}/{member}", party=Party.OFFICER, display_name=member
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: a site cannot end WeCom's session."""
        return None

    def probe(self) -> None:
        """Fetch a token of the app's own.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        self._token()

    def _token(self) -> str:
        options = self._options
        query = {"corpid": options.corp_id, "corpsecret": options.secret.get_secret_value()}
        return needed(
            _read(self._line.get(f"{options.api_url}/cgi-bin/gettoken", query)), "access_token"
        )


def _read(answer: Answer) -> dict[str, Any]:
    """Return the answer, unless it says by `errcode` that it is none."""
    document = read_object(decoded(answer))
    fault = document.get("errcode", 0)
    if fault:
        kind = _FAULTS.get(fault) if isinstance(fault, int) else None
        if kind is None:
            unusable("errcode")
        raise kind(detail=f"errcode {fault}")
    return document


KIND = Kind(
    name=WeCom.kind,
    title="WeCom",
    title_zh="企业微信",
    standing=Standing.VENDOR,
    options=Options,
    build=WeCom,
    icon="wecom",
)
