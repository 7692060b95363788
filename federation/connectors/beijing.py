"""Beijing's natural persons (北京通): a code, a token, and an ID number that is enciphered."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import Field, SecretStr, field_validator

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
from idp.web.outbound import Answer

_LEVELS = {"L1": 1, "L2": 2, "L3": 3, "L4": 4}
_ID_CARDS = ("1", "01", "111", "ID_CARD")
_BLOCK = 128
_AES_BITS = (128, 192, 256)


class Options(Room):
    """Our app at Beijing; its login page is named at admission, and is no part of its interface."""

    client_id: str = Field(min_length=1, description="Our app.")
    client_secret: SecretStr = Field(description="Its secret, hexadecimal: an AES key as well.")
    login_url: str = Field(min_length=1, description="The page where browsers are sent.")
    api_url: str = Field(min_length=1, description="Where we ask.")

    @field_validator("client_secret")
    @classmethod
    def _is_a_key(cls, secret: SecretStr) -> SecretStr:
        if 4 * len(secret.get_secret_value()) not in _AES_BITS:
            raise ValueError("must be an AES key in hexadecimal")
        bytes.fromhex(secret.get_secret_value())
        return secret


class Beijing:
    """Speaks to Beijing as the app in *options*."""

    kind = "beijing"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way there."""
        query = {
            "client_id": self._options.client_id,
            "redirect_uri": flow.redirect_uri,
            "response_type": "code",
            "scope": "user_info",
            "state": flow.state,
        }
        joint = "&" if "?" in self._options.login_url else "?"
        return Departure(url=f"{self._options.login_url}{joint}{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the code for a person.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        code = arrival.parameters.get("code") or arrival.parameters.get("grant_code")
        if not code:
            raise UpstreamDeniedError(detail="came back without a code")
        token = self._token(code, flow)
        url = f"{self._options.api_url}/api/info/getUserInfo"
        query = {"access_token": needed(token, "access_token")}
        return self._identity(_data(self._line.get(url, query), UpstreamCodeError))

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: sign-out there is a call of its own, for sites that share its session."""
        return None

    def probe(self) -> None:
        """See that something answers.

        Raises:
            UpstreamError: nothing does.
        """
        self._line.get(self._options.api_url)

    def _token(self, code: str, flow: Flow) -> dict[str, Any]:
        options = self._options
        secret = options.client_secret.get_secret_value()
        moment = int(clock.now().timestamp() * 1000)
        form = {
            "client_id": options.client_id,
            "client_secret": secret,
            "redirect_uri": flow.redirect_uri,
            "grant_code": code,
            "grant_type": "authorization_code",
            "auth_token": sealed(secret, f"{options.client_id}:{secret}:{moment}"),
            "scope": "user_info",
            "state": flow.state,
        }
        url = f"{options.api_url}/api/oauth/getAccessToken"
        return _data(self._line.post_form(url, form), UpstreamCodeError)

    def _identity(self, user: Mapping[str, Any]) -> UpstreamIdentity:
        ial = _LEVELS.get(text_of(user, "certLevel"), 1)
        number = text_of(user, "certNo")
        by_card = text_of(user, "certNoType") in _ID_CARDS
        phone, name = text_of(user, "mobile"), text_of(user, "certName")
        proven = ial > 1
        return UpstreamIdentity(
            subject=needed(user, "uniqueId"),
            display_name=name,
            real_name=name or None if proven else None,
            id_number=self._opened(number) if number and by_card and proven else None,
            phone=phone or None,
            phone_verified=bool(phone),
            ial=ial,
        )

    def _opened(self, number: str) -> str:
        return opened(self._options.client_secret.get_secret_value(), number)


def _data(answer: Answer, fault: type[UpstreamError]) -> dict[str, Any]:
    """Return the data of an answer whose `meta` says that it is one."""
    document = read_object(decoded(answer))
    meta, data = document.get("meta"), document.get("data")
    if not isinstance(meta, dict):
        unusable("no meta")
    if text_of(meta, "code") != "0":
        raise fault(detail=f"meta code {text_of(meta, 'code')[:8]}")
    if not isinstance(data, dict):
        unusable("no data")
    return data


def sealed(secret: str, text: str) -> str:
    """Return *text* under AES-ECB with PKCS7, in hexadecimal; the key is the secret's octets."""
    padder = padding.PKCS7(_BLOCK).padder()
    padded = padder.update(text.encode()) + padder.finalize()
    encryptor = _cipher(secret).encryptor()
    return (encryptor.update(padded) + encryptor.finalize()).hex().upper()


def opened(secret: str, text: str) -> str:
    """Return what `sealed` took.

    Raises:
        UpstreamAnswerError: it was not enciphered for us.
    """
    try:
        decryptor = _cipher(secret).decryptor()
        padded = decryptor.update(bytes.fromhex(text)) + decryptor.finalize()
        unpadder = padding.PKCS7(_BLOCK).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        unusable("it was not enciphered for us")


def _cipher(secret: str) -> Cipher[modes.ECB]:
    try:
        return Cipher(algorithms.AES(bytes.fromhex(secret)), modes.ECB())  # noqa: S305 - theirs
    except ValueError:
        raise UpstreamSetupError(detail="the secret is no AES key") from None


KIND = Kind(
    name=Beijing.kind,
    title="Beijing",
    title_zh="北京通",
    standing=Standing.VENDOR,
    options=Options,
    build=Beijing,
    icon="province",
    ial=3,
)
