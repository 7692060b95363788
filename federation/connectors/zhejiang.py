"""A province of the Zhejiang family: a ticket, then a token, behind a gateway that wants HMAC."""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from email.utils import format_datetime
from hashlib import md5, sha256
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import Field, SecretStr

from config.schema import Room
from federation.connectors.errors import (
    UpstreamCodeError,
    UpstreamDeniedError,
    UpstreamError,
    UpstreamSetupError,
)
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp import clock

_VALIDATE = "/IC33000020220228000002/sso/servlet/simpleauth"
_USER = "/IC33000020220228000004/sso/servlet/simpleauth"
_FAULTS: Mapping[str, type[UpstreamError]] = {
    **dict.fromkeys(("6001", "6002"), UpstreamCodeError),
    **dict.fromkeys(("6003", "6004"), UpstreamSetupError),
}
_LEVELS = {"1": 1, "2": 2, "3": 3}  # not verified, elementary, advanced
_ID_CARD = "1"


class Options(Room):
    """Our service at the province."""

    access_key: str = Field(min_length=1, description="Our service (AK, servicecode).")
    secret_key: SecretStr = Field(description="Signs our requests (SK).")
    login_url: str = Field(
        default="https://puser.zjzwfw.gov.cn", description="Where browsers are sent."
    )
    api_url: str = Field(
        default="https://ibcdsg.zj.gov.cn:8443/restapi/prod",
        description="The gateway, with the path before its interfaces.",
    )
    validate_path: str = Field(default=_VALIDATE, description="Ticket to token.")
    user_path: str = Field(default=_USER, description="Token to person.")


class Zhejiang:
    """Speaks to the province as the service in *options*."""

    kind = "zhejiang"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way there; our state travels as `goto`, and comes back as `sp`."""
        query = {"action": "oauth", "scope": "1", "servicecode": self._options.access_key}
        query["goto"] = flow.state
        return Departure(url=f"{self._options.login_url}/sso/mobile.do?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the ticket for a person.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        ticket = arrival.parameters.get("ticket")
        if not ticket:
            raise UpstreamDeniedError(detail="came back without a ticket")
        token = self._validated(ticket)
        user = self._ask(
            self._options.user_path,
            {"method": "getUserInfo", "token": needed(token, "token"), "datatype": "json"},
        )
        subject = needed(user, "userid")
        if text_of(token, "userid") not in ("", subject):
            unusable("the profile is somebody else's")
        phone = text_of(user, "mobile")
        level = _LEVELS.get(text_of(user, "authlevel"), 1)
        by_card = text_of(user, "idtype") == _ID_CARD
        return UpstreamIdentity(
            subject=subject,
            display_name=text_of(user, "username"),
            real_name=text_of(user, "username") or None if level > 1 else None,
            id_number=text_of(user, "idnum") or None if level > 1 and by_card else None,
            phone=phone or None,
            phone_verified=bool(phone),
            ial=level,
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: the province signs out in its own app."""
        return None

    def probe(self) -> None:
        """Ask with a ticket that is none.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        try:
            self._validated("none")
        except UpstreamCodeError:
            return

    def _validated(self, ticket: str) -> dict[str, Any]:
        time = f"{clock.now().astimezone(clock.SHANGHAI):%Y%m%d%H%M%S}"
        options = self._options
        return self._ask(
            options.validate_path,
            {
                "method": "ticketValidation",
                "st": ticket,
                "servicecode": options.access_key,
                "time": time,
                "sign": sign(options.access_key, options.secret_key.get_secret_value(), time),
                "datatype": "json",
            },
        )

    def _ask(self, path: str, form: Mapping[str, str]) -> dict[str, Any]:
        url = self._options.api_url + path
        secret = self._options.secret_key.get_secret_value()
        date = format_datetime(clock.now(), usegmt=True)
        key = self._options.access_key
        headers = {
            "X-BG-HMAC-ACCESS-KEY": key,
            "X-BG-HMAC-ALGORITHM": "hmac-sha256",
            "X-BG-DATE-TIME": date,
            "X-BG-HMAC-SIGNATURE": gateway_sign(secret, "POST", urlsplit(url).path, "", key, date),
        }
        answer = read_object(decoded(self._line.post_form(url, form, headers)))
        result = text_of(answer, "result")
        if result != "0":
            kind = _FAULTS.get(result)
            if kind is None:
                unusable("result")
            raise kind(detail=f"result {result}")
        return answer


def sign(access_key: str, secret_key: str, time: str) -> str:
    """Return the sign of a request: MD5, as the province has it."""
    text = f"{access_key}{secret_key}{time}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def gateway_sign(secret: str, method: str, path: str, query: str, key: str, date: str) -> str:
    """Return what the gateway wants of every request; *query* is sorted by name."""
    text = f"{method}\n{path}\n{query}\n{key}\n{date}\n"
    return b64encode(hmac.new(secret.encode(), text.encode(), sha256).digest()).decode()


KIND = Kind(
    name=Zhejiang.kind,
    title="Province (Zhejiang family)",
    title_zh="省级平台（浙江体系）",
    standing=Standing.VENDOR,
    options=Options,
    build=Zhejiang,
    icon="province",
    state_parameter="sp",
    ial=3,
)
