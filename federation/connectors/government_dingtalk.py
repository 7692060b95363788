"""Government DingTalk (浙政钉): every request signed, two flags of success in each answer."""

import hmac
import secrets
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from config.schema import Room
from federation.connectors.errors import (
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing, Surroundings
from federation.connectors.upstream import Party, UpstreamIdentity
from idp import clock

_TOKEN = "/gettoken.json"
_BY_QR = "/rpc/oauth2/getuserinfo_bycode.json"
_IN_APP = "/rpc/oauth2/dingtalk_app_user.json"
_INSIDE = "inside"


class Options(Room):
    """Our app at a government's DingTalk."""

    app_key: str = Field(min_length=1, description="Our app.")
    app_secret: SecretStr = Field(description="Signs our requests.")
    address: str = Field(default="127.0.0.1", description="The IP address that we say we are.")
    login_url: str = Field(
        default="https://login-pro.ding.zj.gov.cn", description="Where browsers are sent."
    )
    api_url: str = Field(
        default="https://openplatform.dg-work.cn", description="Where we ask; no path after it."
    )


class GovernmentDingTalk:
    """Speaks to a government's DingTalk as the app in *options*."""

    kind = "government_dingtalk"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way to its QR code."""
        query = {
            "response_type": "code",
            "client_id": self._options.app_key,
            "redirect_uri": flow.redirect_uri,
            "scope": "get_user_info",
            "authType": "QRCODE",
            "state": flow.state,
        }
        inside = flow.surroundings is Surroundings.DINGTALK
        return Departure(
            url=f"{self._options.login_url}/oauth2/auth.htm?{urlencode(query)}",
            notes={_INSIDE: "1"} if inside else {},
        )

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for an officer.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("code")
        if not code:
            raise UpstreamDeniedError(detail="came back without a code")
        asked = {"access_token": self._token()}
        inside = notes.get(_INSIDE) == "1"
        asked["auth_code" if inside else "code"] = code
        user = self._ask("POST", _IN_APP if inside else _BY_QR, asked, UpstreamCodeError)
        return UpstreamIdentity(
            subject=needed(user, "accountId"),
            aliases=tuple(filter(None, (text_of(user, "employeeCode"),))),
            party=Party.OFFICER,
            display_name=text_of(user, "nickNameCn") or text_of(user, "lastName"),
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: a site cannot end its session."""
        return None

    def probe(self) -> None:
        """Fetch a token of the app's own.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        self._token()

    def _token(self) -> str:
        secret = self._options.app_secret.get_secret_value()
        asked = {"appkey": self._options.app_key, "appsecret": secret}
        return needed(self._ask("GET", _TOKEN, asked, UpstreamSetupError), "accessToken")

    def _ask(
        self, method: str, path: str, asked: Mapping[str, str], fault: type[UpstreamError]
    ) -> dict[str, Any]:
        url = self._options.api_url + path
        headers = self._signed(method, path, asked)
        answer = (
            self._line.get(url, asked, headers)
            if method == "GET"
            else self._line.post_form(url, asked, headers)
        )
        return _content(read_object(decoded(answer)), fault)

    def _signed(self, method: str, path: str, asked: Mapping[str, str]) -> dict[str, str]:
        local = clock.now().astimezone(clock.SHANGHAI)
        moment = f"{local:%Y-%m-%dT%H:%M:%S}.000+08:00"
        nonce = str(10**15 + secrets.randbelow(9 * 10**15))
        secret = self._options.app_secret.get_secret_value()
        return {
            "X-Hmac-Auth-Timestamp": moment,
            "X-Hmac-Auth-Version": "1.0",
            "X-Hmac-Auth-Nonce": nonce,
            "X-Hmac-Auth-IP": self._options.address,
            "X-Hmac-Auth-MAC": "00:00:00:00:00:00",  # asked for, and nobody's business
            "apiKey": self._options.app_key,
            "X-Hmac-Auth-Signature": sign(secret, method, moment, nonce, path, asked),
        }


def sign(
    secret: str, method: str, moment: str, nonce: str, path: str, asked: Mapping[str, str]
) -> str:
    """Return the signature: HMAC-SHA256 over method, moment, nonce, path and sorted parameters."""
    lines = [method, moment, nonce, path]
    if asked:
        lines.append("&".join(f"{name}={value}" for name, value in sorted(asked.items())))
    code = hmac.new(secret.encode(), "\n".join(lines).encode(), sha256)
    return b64encode(code.digest()).decode()


def _content(document: Mapping[str, Any], fault: type[UpstreamError]) -> dict[str, Any]:
    """Return the data; both flags of success must say so."""
    content = document.get("content")
    if document.get("success") is not True:
        raise fault(detail="success is not true")
    if not isinstance(content, dict) or content.get("success") is not True:
        raise fault(detail="the inner success is not true")
    data = content.get("data")
    if not isinstance(data, dict):
        unusable("no data")
    return data


KIND = Kind(
    name=GovernmentDingTalk.kind,
    title="Government DingTalk",
    title_zh="政务钉钉",
    standing=Standing.VENDOR,
    options=Options,
    build=GovernmentDingTalk,
    icon="dingtalk",
)
