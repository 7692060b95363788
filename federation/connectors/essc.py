"""Electronic social-security card, in a profile of our own: nothing of its is published.

The way there is sealed and signed with SM2; the answer is signed over its own octets and the
nonce of our question, and repeats the number under which we set out.
"""

import json
import secrets
from base64 import b64decode, b64encode
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
from federation.connectors.line import (
    Line,
    decoded,
    needed,
    raw_members,
    read_object,
    text_of,
    unusable,
)
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp import clock
from idp.crypto import sm2_keys
from idp.crypto.sm2 import ShangmiError

_SEQUENCE = "busiSeq"
_SUCCESS = "0"
_LEVELS = {"1": 2, "2": 3}  # signed for by name and number; with a face or at a counter
_FAULTS: Mapping[str, type[UpstreamError]] = {
    **dict.fromkeys(("4010", "4011", "4012"), UpstreamCodeError),
    **dict.fromkeys(("4001", "4003", "4004"), UpstreamSetupError),
    **dict.fromkeys(("4290", "5000"), UpstreamAwayError),
}


class Options(Room):
    """Our channel at the card platform."""

    access_id: str = Field(min_length=1, description="Our channel's access id.")
    channel_no: str = Field(min_length=1, description="Our channel's number.")
    signing_key: SecretStr = Field(description="Our SM2 key, PEM (PKCS#8).")
    platform_key: str = Field(description="The platform's SM2 public key, PEM.")
    base_url: str = Field(min_length=1, description="Where the platform is.")


class Card:
    """Speaks to the card platform as the channel in *options*."""

    kind = "essc"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        try:
            self._key = sm2_keys.load_private_key(options.signing_key.get_secret_value())
            self._platform = sm2_keys.load_public_key(options.platform_key)
        except ShangmiError:
            raise UpstreamSetupError(detail="a key is none for SM2") from None

    def depart(self, flow: Flow) -> Departure:
        """Write the way to the card's page."""
        sequence = secrets.token_hex(16)
        inside = json.dumps({"channelNo": self._options.channel_no, _SEQUENCE: sequence})
        signed = {
            "_api_access_id": self._options.access_id,
            "_api_name": "auth",
            "_api_timestamp": _now(),
            "security": b64encode(self._platform.encrypt(inside.encode())).decode(),
        }
        query = {**signed, "_api_signature": self._sign(signed)}
        query |= {"redirect_uri": flow.redirect_uri, "state": flow.state}
        url = f"{self._options.base_url}/h5/index?{urlencode(query)}"
        return Departure(url=url, notes={_SEQUENCE: sequence})

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the authCode for whoever's card it was.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("authCode", "")
        if not code:
            raise UpstreamDeniedError(detail="came back without an authCode")
        data = self._ask({"authCode": code})
        if not secrets.compare_digest(
            needed(data, _SEQUENCE).encode(), notes.get(_SEQUENCE, "").encode()
        ):
            unusable("the answer is to another question")
        return _identity(data)

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: the card has no sign-out."""
        return None

    def probe(self) -> None:
        """Ask with a code that is none: the platform answers that, if it knows our channel.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        try:
            self._ask({"authCode": "none"})
        except UpstreamCodeError:
            return

    def _ask(self, business: Mapping[str, str]) -> dict[str, Any]:
        """Return what a signed question is answered with.

        Raises:
            UpstreamError: it is refused, or the answer is not the platform's to this question.
        """
        nonce = secrets.token_hex(16)
        asked = {"access_id": self._options.access_id, "nonce": nonce, "timestamp": _now()}
        asked |= business
        asked["sign"] = self._sign(asked)
        text = decoded(self._line.post_json(f"{self._options.base_url}/api/v1/auth/token", asked))
        answer, raw = read_object(text), dict(raw_members(text)).get("data", "")
        code = needed(answer, "code")
        if code != _SUCCESS:  # an error needs no signature: it lets nobody in
            refusal = _FAULTS.get(code)
            if refusal is None:
                unusable("code")
            raise refusal(detail=f"code {code}")
        if not self._is_signed(f"{nonce}\n{raw}", needed(answer, "sign")):
            unusable("the signature does not verify")
        return read_object(raw)

    def _sign(self, parameters: Mapping[str, str]) -> str:
        text = "&".join(f"{name}={parameters[name]}" for name in sorted(parameters))
        return b64encode(self._key.sign(text.encode())).decode()

    def _is_signed(self, text: str, signature: str) -> bool:
        try:
            octets = b64decode(signature, validate=True)
        except ValueError:
            return False
        return self._platform.verifies(text.encode(), octets)


def _identity(data: Mapping[str, Any]) -> UpstreamIdentity:
    level = _LEVELS.get(needed(data, "signLevel"))
    if level is None:
        unusable("signLevel")
    if needed(data, "validDate") < f"{clock.now().astimezone(clock.SHANGHAI):%Y%m%d}":
        raise UpstreamAccountError(detail="the card's signing has run out")
    phone = text_of(data, "aac067")
    return UpstreamIdentity(
        subject=needed(data, "signNo"),
        aliases=(needed(data, "esscNo"),),
        real_name=needed(data, "aac003"),
        id_number=needed(data, "aac002"),
        phone=phone or None,
        phone_verified=bool(phone),
        ial=level,
        aal=2,  # the card's app asks for its password or a face each time
    )


def _now() -> str:
    return str(int(clock.now().timestamp() * 1000))


KIND = Kind(
    name=Card.kind,
    title="Social-security card",
    title_zh="电子社保卡",
    standing=Standing.OURS,
    options=Options,
    build=Card,
    icon="card",
    ial=3,
)
