"""A province of the JIS family (Shandong): one interface, whose data is text within text.

Its seals are MD5 and AES-ECB: nothing of it is safe on a line that is not, so it is trusted
as far as its operator says and TLS carries.
"""

import json
from collections.abc import Mapping
from hashlib import md5
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from pydantic import Field, SecretStr

from config.schema import Room
from federation.connectors.errors import UpstreamCodeError, UpstreamDeniedError
from federation.connectors.line import Line, decoded, needed, read_object, text_of, unusable
from federation.connectors.ports import Arrival, Departure, Flow, Kind, Standing
from federation.connectors.upstream import UpstreamIdentity
from idp import clock

_SUCCESS = "000000"
_PERSON = "1"
_BLOCK = 128


class Options(Room):
    """Our app at the province; the names of a person's members differ between provinces."""

    app_mark: str = Field(min_length=1, description="Our app.")
    app_word: SecretStr = Field(
        min_length=16, max_length=16, description="Its secret, 16 characters: signs and enciphers."
    )
    base_url: str = Field(
        default="https://tysfrz.isdapp.shandong.gov.cn", description="Pages and interface alike."
    )
    login_path: str = Field(default="/jis-web/login", description="The page for browsers.")
    interface_path: str = Field(default="/JIS/sso/interface.do", description="Where we ask.")
    subject: str = Field(default="uuid", description="The member that names a person for good.")
    name: str = Field(default="name", description="The member with the legal name.")
    id_number: str = Field(default="papersnumber", description="The member with the ID number.")
    phone: str = Field(default="mobile", description="The member with the phone.")
    level: str = Field(default="authlevel", description="The member with the level, 1 to 4.")


class Jis:
    """Speaks to the province as the app in *options*."""

    kind = "jis"

    def __init__(self, options: Options, line: Line) -> None:
        self._options = options
        self._line = line

    def depart(self, flow: Flow) -> Departure:
        """Write the way there; nothing but the address to return to goes along."""
        options = self._options
        query = {"appMark": options.app_mark, "userType": _PERSON, "backUrl": flow.redirect_uri}
        return Departure(url=f"{options.base_url}{options.login_path}?{urlencode(query)}")

    def arrive(self, flow: Flow, notes: Mapping[str, str], arrival: Arrival) -> UpstreamIdentity:
        """Change the ticket for a person.

        Raises:
            UpstreamError: one of its kinds: nobody.
        """
        ticket = arrival.parameters.get("ticket")
        if not ticket:
            raise UpstreamDeniedError(detail="came back without a ticket")
        token = needed(read_object(self._ask("ticketValidate", {"ticket": ticket})), "token")
        sealed = self._ask("findOutsideUserByToken", {"token": token})
        user = read_object(opened(self._options.app_word.get_secret_value(), sealed))
        return self._identity(user)

    def leave(self, session: Mapping[str, str], return_to: str) -> str | None:
        """Return None: it signs out on its own page."""
        return None

    def probe(self) -> None:
        """Ask with a ticket that is none.

        Raises:
            UpstreamError: it is away.
        """
        try:
            self._ask("ticketValidate", {"ticket": "none"})
        except UpstreamCodeError:
            return

    def _identity(self, user: Mapping[str, Any]) -> UpstreamIdentity:
        options = self._options
        level = text_of(user, options.level)
        ial = int(level) if level in ("1", "2", "3", "4") else 1
        phone, name = text_of(user, options.phone), text_of(user, options.name)
        return UpstreamIdentity(
            subject=needed(user, options.subject),
            display_name=name,
            real_name=name or None if ial > 1 else None,
            id_number=text_of(user, options.id_number) or None if ial > 1 else None,
            phone=phone or None,
            phone_verified=bool(phone),
            ial=ial,
        )

    def _ask(self, service: str, parameters: Mapping[str, str]) -> str:
        """Return the data of the answer, which is text whatever it holds."""
        options = self._options
        time = f"{clock.now().astimezone(clock.SHANGHAI):%Y%m%d%H%M%S}"
        form = {
            "appmark": options.app_mark,
            "time": time,
            "sign": sign(options.app_mark, options.app_word.get_secret_value(), time),
            "servicename": service,
            "params": json.dumps(parameters, ensure_ascii=False, separators=(",", ":")),
        }
        answer = self._line.post_form(options.base_url + options.interface_path, form)
        document = read_object(decoded(answer))
        if text_of(document, "retcode") != _SUCCESS:
            raise UpstreamCodeError(detail=f"{service}: no success")
        return needed(document, "data")


def sign(app_mark: str, app_word: str, time: str) -> str:
    """Return the sign of a request: MD5, as the family has it."""
    text = f"{app_mark}{app_word}{time}"
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def opened(app_word: str, sealed: str) -> str:
    """Return what *sealed*, hexadecimal, holds: AES-128-ECB with PKCS7.

    Raises:
        UpstreamAnswerError: it was not enciphered for this app.
    """
    try:
        decryptor = Cipher(algorithms.AES(app_word.encode()), modes.ECB()).decryptor()  # noqa: S305
        padded = decryptor.update(bytes.fromhex(sealed)) + decryptor.finalize()
        unpadder = padding.PKCS7(_BLOCK).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        unusable("it was not enciphered for us")


KIND = Kind(
    name=Jis.kind,
    title="Province (JIS family)",
    title_zh="省级平台（JIS 体系）",
    standing=Standing.VENDOR,
    options=Options,
    build=Jis,
    icon="province",
    state_parameter="",
    ial=2,
)
