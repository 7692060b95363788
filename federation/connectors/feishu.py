"""Feishu (v1 of its sign-in): a member of an organisation, by the union id."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import Field, SecretStr

from config.schema import Room, Words
from federation.connectors.errors import (
    UpstreamAccountError,
    UpstreamAwayError,
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import Party, UpstreamIdentity
from idp.web.outbound import Answer

_APP_TOKEN = "/open-apis/auth/v3/app_access_token/internal/"
_USER_TOKEN = "/open-apis/authen/v1/access_token"
_USER = "/open-apis/authen/v1/user_info"
_FAULTS: Mapping[int, type[UpstreamError]] = {
    **dict.fromkeys((20003, 20004, 20007, 20024, 20029), UpstreamCodeError),
    **dict.fromkeys((10003, 10014, 20002, 20008, 99991663, 99991664), UpstreamSetupError),
    99991400: UpstreamAwayError,
}


class Options(Room):
    """Our app at Feishu."""

    app_id: str = Field(min_length=1, description="Our app.")
    app_secret: SecretStr = Field(description="Its secret.")
    tenants: Words = Field(default=(), description="Organisations whose members may come.")
    open_url: str = Field(default="https://open.feishu.cn", description="Browsers and API alike.")


class Feishu:
    """Speaks to Feishu as the app in *options*."""

    kind = "feishu"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way to Feishu's page."""
        query = {"app_id": self._options.app_id, "redirect_uri": flow.redirect_uri}
        query["state"] = flow.state
        return Departure(
            url=f"{self._options.open_url}/open-apis/authen/v1/index?{urlencode(query)}"
        )

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for a member, in three steps.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("code")
        if not code:
            raise UpstreamDeniedError(detail="came back without a code")
        asked = {"grant_type": "authorization_code", "code": code}
        token = self._post(_USER_TOKEN, asked, bearer=self._app_token())
        user = self._get(_USER, needed(token, "access_token"))
        tenant = text_of(user, "tenant_key")
        if self._options.tenants and tenant not in self._options.tenants:
            raise UpstreamAccountError(detail="of another organisation")
        open_id, phone = text_of(user, "open_id"), text_of(user, "mobile")
        return UpstreamIdentity(
            subject=needed(user, "union_id"),
            aliases=(f"{self._options.app_id}/{open_id}",) if open_id else (),
            party=Party.OFFICER,
            display_name=text_of(user, "name"),
            phone=phone or None,
            phone_verified=bool(phone),
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: a site cannot end Feishu's session."""
        return None

    def probe(self) -> None:
        """Fetch a token of the app's own.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        self._app_token()

    def _app_token(self) -> str:
        secret = self._options.app_secret.get_secret_value()
        asked = {"app_id": self._options.app_id, "app_secret": secret}
        answer = self._line.post_json(self._options.open_url + _APP_TOKEN, asked)
        return needed(_succeeded(answer), "app_access_token")

    def _post(self, path: str, asked: Mapping[str, str], *, bearer: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {bearer}"}
        return _data(self._line.post_json(self._options.open_url + path, asked, headers))

    def _get(self, path: str, bearer: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {bearer}"}
        return _data(self._line.get(self._options.open_url + path, headers=headers))


def _succeeded(answer: Answer) -> dict[str, Any]:
    """Return the answer, unless it says by `code` that it is none."""
    document = read_object(decoded(answer))
    fault = document.get("code")
    if fault != 0 or isinstance(fault, bool):
        kind = _FAULTS.get(fault) if isinstance(fault, int) else None
        if kind is None:
            unusable("code")
        raise kind(detail=f"code {fault}")
    return document


def _data(answer: Answer) -> dict[str, Any]:
    data = _succeeded(answer).get("data")
    if not isinstance(data, dict):
        unusable("no data")
    return data


KIND = Kind(
    name=Feishu.kind,
    title="Feishu",
    title_zh="飞书",
    standing=Standing.VENDOR,
    options=Options,
    build=Feishu,
    icon="feishu",
)
