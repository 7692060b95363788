"""The national network ID (网号/网证): a stable pseudonym, and plain names by consent alone.

No interface for relying parties is published. This is a profile of our own, in the frame that
CTID's proxies have (`bizPackage` as text, `sign` over that very text); what comes back follows the
rules of 2025: a result and a pseudonym, and a name only where the holder agreed to it.
"""

import binascii
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import orjson
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from pydantic import Field, SecretStr, field_validator

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
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp import clock

_AUTHORIZE, _RESULT = "/v1/authorize", "/v1/result"
_SKEW = 600_000  # milliseconds that its clock may differ from ours
_FAULTS: Mapping[str, type[UpstreamError]] = {
    **dict.fromkeys(("1001", "1002", "1003"), UpstreamCodeError),  # unknown, used, expired
    **dict.fromkeys(("2001", "2002", "2003"), UpstreamSetupError),  # organisation, sign, callback
    **dict.fromkeys(("9001", "9002"), UpstreamAwayError),  # busy, too many
}
_VALID = "0"
_WITH_FACE = "2"


class Options(Room):
    """Our organisation at the service."""

    org_code: str = Field(min_length=1, description="Our organisation.")
    private_key: SecretStr = Field(description="Our RSA key (PEM): signs what we ask.")
    service_key: str = Field(description="Its RSA public key (PEM): signs what it answers.")
    base_url: str = Field(min_length=1, description="Pages and interface alike.")
    plain: bool = Field(
        default=False, description="Ask for name and number too, which its holder must agree to."
    )

    @field_validator("private_key")
    @classmethod
    def _is_private(cls, told: SecretStr) -> SecretStr:
        if not isinstance(load_pem_private_key(_pem(told), None), RSAPrivateKey):
            raise ValueError("must be an RSA private key")  # noqa: TRY004 - the schema's word
        return told

    @field_validator("service_key")
    @classmethod
    def _is_public(cls, told: str) -> str:
        if not isinstance(load_pem_public_key(told.encode()), RSAPublicKey):
            raise ValueError("must be an RSA public key")  # noqa: TRY004 - the schema's word
        return told


class NetworkId:
    """Speaks to the service as the organisation in *options*."""

    kind = "network_id"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line
        self._key: Any = load_pem_private_key(_pem(options.private_key), None)
        self._theirs: Any = load_pem_public_key(options.service_key.encode())

    def depart(self, flow: Flow) -> Departure:
        """Write the way there."""
        query = {
            "orgCode": self._options.org_code,
            "redirectUri": flow.redirect_uri,
            "scope": "verify plain" if self._options.plain else "verify",
            "state": flow.state,
        }
        return Departure(url=f"{self._options.base_url}{_AUTHORIZE}?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for a pseudonym.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("code")
        if not code:
            raise UpstreamDeniedError(detail="came back without a code")
        said = self._ask(code, flow.redirect_uri)
        if text_of(said, "verifyResult") != _VALID or text_of(said, "certStatus") != _VALID:
            raise UpstreamAccountError(detail="a credential that is not valid")
        plain = said.get("plain") if self._options.plain else None
        known = plain if isinstance(plain, dict) else {}
        return UpstreamIdentity(
            subject=needed(said, "bid"),
            real_name=text_of(known, "name") or None,
            id_number=text_of(known, "number") or None,
            ial=3,  # nobody is given a network ID without document and face
            aal=2 if text_of(said, "level") == _WITH_FACE else 1,
        )

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: it keeps no session for us."""
        return None

    def probe(self) -> None:
        """Ask with a code that is none.

        Raises:
            UpstreamError: it is away, or does not know us.
        """
        try:
            self._ask("none", "")
        except UpstreamCodeError:
            return

    def _ask(self, code: str, redirect_uri: str) -> dict[str, Any]:
        """Return the package of the answer: signed, of this minute, and to this very question."""
        now, nonce = int(clock.now().timestamp() * 1000), secrets.token_hex(16)
        asked = {
            "orgCode": self._options.org_code,
            "code": code,
            "redirectUri": redirect_uri,
            "nonce": nonce,
            "timeStamp": now,
        }
        package = orjson.dumps(asked).decode()
        signature = self._key.sign(package.encode(), padding.PKCS1v15(), hashes.SHA256())
        body = {"bizPackage": package, "sign": urlsafe_b64encode(signature).decode()}
        answer = read_object(decoded(self._line.post_json(self._options.base_url + _RESULT, body)))
        result = text_of(answer, "resultCode")
        if result != _VALID:
            kind = _FAULTS.get(result)
            if kind is None:
                unusable("resultCode")
            raise kind(detail=f"resultCode {result}")
        said = self._verified(needed(answer, "bizPackage"), needed(answer, "sign"))
        if text_of(said, "orgCode") != self._options.org_code or said.get("nonce") != nonce:
            unusable("the answer to another question")
        moment = text_of(said, "timeStamp")
        if not moment.isdecimal() or abs(int(moment) - now) > _SKEW:
            unusable("timeStamp")
        return said

    def _verified(self, package: str, signature: str) -> dict[str, Any]:
        try:
            octets = urlsafe_b64decode(signature)
            self._theirs.verify(octets, package.encode(), padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            unusable("sign")
        return read_object(package)


def _pem(told: SecretStr) -> bytes:
    return told.get_secret_value().encode()


KIND = Kind(
    name=NetworkId.kind,
    title="National network ID",
    title_zh="国家网络身份（网号/网证）",
    standing=Standing.OURS,
    options=Options,
    build=NetworkId,
    icon="card",
    ial=3,
)
