"""DingTalk (v2 of its sign-in): a member of an organisation, by the union id."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from config.schema import Room, Words
from federation.connectors.errors import (
    UpstreamAccountError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import Party, UpstreamIdentity
from idp.web.outbound import Answer

_OK = 200
_CODE_FAULTS = ("code", "token")
_SETUP_FAULTS = ("clientid", "clientsecret", "client_id", "appkey", "permission")


class Options(Room):
    """Our app at DingTalk."""

    client_id: str = Field(min_length=1, description="Our app (AppKey).")
    client_secret: SecretStr = Field(description="Its secret.")
    corp_ids: Words = Field(
        default=(), description="Organisations whose members may come; empty: any they choose."
    )
    login_url: str = Field(
        default="https://login.dingtalk.com", description="Where browsers are sent."
    )
    api_url: str = Field(default="https://api.dingtalk.com", description="Where we ask.")


class DingTalk:
    """Speaks to DingTalk as the app in *options*."""

    kind = "dingtalk"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way to DingTalk's page; one organisation alone is asked for by name."""
        query = {
            "client_id": self._options.client_id,
            "redirect_uri": flow.redirect_uri,
            "response_type": "code",
            "scope": "openid corpid" if self._options.corp_ids else "openid",
            "state": flow.state,
            "prompt": "consent",
        }
        if len(self._options.corp_ids) == 1:
            query |= {"corpId": self._options.corp_ids[0], "exclusiveLogin": "true"}
        return Departure(url=f"{self._options.login_url}/oauth2/challenge.htm?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change `authCode` for a member.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("authCode") or arrival.parameters.get("code")
        if not code:
            raise UpstreamDeniedError(detail="came back without an authCode")
        token = self._token(code)
        member = text_of(token, "corpId")
        if self._options.corp_ids and member not in self._options.corp_ids:
            raise UpstreamAccountError(detail="of another organisation")
        user = self._user(needed(token, "accessToken"))
        if user.get("visitor"):
            raise UpstreamAccountError(detail="a visitor")
        open_id = text_of(user, "openId")
        return UpstreamIdentity(
            subject=needed(user, "unionId"),
            aliases=(open_id,) if open_id else (),
            party=Party.OFFICER,
            display_name=text_of(user, "nick"),
            phone=text_of(user, "mobile") or None,
            phone_verified=bool(text_of(user, "mobile")),
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: a site cannot end DingTalk's session."""
        return None

    def probe(self) -> None:
        """Ask with a code that is none.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        try:
            self._token("none")
        except UpstreamCodeError:
            return

    def _token(self, code: str) -> dict[str, Any]:
        asked = {
            "clientId": self._options.client_id,
            "clientSecret": self._options.client_secret.get_secret_value(),
            "code": code,
            "grantType": "authorization_code",
        }
        url = f"{self._options.api_url}/v1.0/oauth2/userAccessToken"
        return _read(self._line.post_json(url, asked))

    def _user(self, token: str) -> dict[str, Any]:
        url = f"{self._options.api_url}/v1.0/contact/users/me"
        return _read(self._line.get(url, headers={"x-acs-dingtalk-access-token": token}))


def _read(answer: Answer) -> dict[str, Any]:
    """Return the answer; an error has a code in words and an HTTP status of its own."""
    document = read_object(decoded(answer))
    if answer.status != _OK:
        fault = text_of(document, "code").lower()
        if any(word in fault for word in _SETUP_FAULTS):
            raise UpstreamSetupError(detail=f"HTTP {answer.status}")
        if any(word in fault for word in _CODE_FAULTS):
            raise UpstreamCodeError(detail=f"HTTP {answer.status}")
        unusable(f"HTTP {answer.status}")
    return document


KIND = Kind(
    name=DingTalk.kind,
    title="DingTalk",
    title_zh="钉钉",
    standing=Standing.VENDOR,
    options=Options,
    build=DingTalk,
    icon="dingtalk",
)
