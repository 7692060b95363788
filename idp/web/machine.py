"""What a machine's endpoint sees and says: a parsed request, a reply, and no framework."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import unquote_to_bytes

import orjson

from idp.errors import BadRequestError

NO_STORE = (("Cache-Control", "no-store"), ("Pragma", "no-cache"))
JSON = ("Content-Type", "application/json")
FORM = "application/x-www-form-urlencoded"
_MOST_PARAMETERS = 100


class RepeatedParameterError(BadRequestError):
    """A parameter stands twice, so two readers could disagree about it (RFC 6749 §3.1)."""

    description = "A parameter was sent more than once."


class Parameters(dict[str, str]):
    """Decoded parameters; the names that stood more than once are in *repeated*."""

    repeated: frozenset[str] = frozenset()

    def once(self) -> "Parameters":
        """Return these parameters if each stands once.

        Raises:
            RepeatedParameterError: one stands twice.
        """
        if self.repeated:
            raise RepeatedParameterError
        return self


def parse(text: bytes) -> Parameters:
    """Decode `application/x-www-form-urlencoded` *text*; an empty value counts as absent.

    Raises:
        BadRequestError: it is no UTF-8, holds a NUL, or names more than anybody needs.
    """
    parameters = Parameters()
    repeated = set()
    pairs = text.split(b"&") if text else []
    if len(pairs) > _MOST_PARAMETERS:
        raise BadRequestError("There are too many parameters.")
    seen = set()
    for pair in pairs:
        name, _, value = pair.partition(b"=")
        key, decoded = _decode(name), _decode(value)
        if not key:
            continue
        if key in seen:
            repeated.add(key)
        seen.add(key)
        if decoded:
            parameters[key] = decoded
    parameters.repeated = frozenset(repeated)
    return parameters


def _decode(text: bytes) -> str:
    if b"+" in text:
        text = text.replace(b"+", b" ")
    if b"%" in text:
        text = unquote_to_bytes(text)
    if b"\0" in text:
        raise BadRequestError("A parameter holds a NUL character.")
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise BadRequestError("A parameter is not valid UTF-8.") from None


@dataclass(slots=False, kw_only=True)
class MachineRequest:
    """One request; header names are lower case, *address* is the client's own."""

    method: str
    path: str
    query_string: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    address: str = ""
    request_id: str = ""

    @cached_property
    def query(self) -> Parameters:
        return parse(self.query_string)

    @cached_property
    def form(self) -> Parameters:
        """The body's parameters.

        Raises:
            BadRequestError: the body is no form.
        """
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if self.body and kind != FORM:
            raise BadRequestError("The body must be application/x-www-form-urlencoded.")
        return parse(self.body)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """The cookies; of two with one name the first counts: its path is the longer (RFC 6265)."""
        found: dict[str, str] = {}
        for pair in self.headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            found.setdefault(name, value.strip('"'))
        return found


@dataclass(slots=True)
class Reply:
    """What goes back."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


def reply_json(
    document: object, status: int = 200, *, headers: tuple[tuple[str, str], ...] = ()
) -> Reply:
    """Return *document* as JSON that nobody may keep."""
    return Reply(status, orjson.dumps(document), (JSON, *NO_STORE, *headers))


def see_other(url: str) -> Reply:
    """Send the browser on with GET; 307 would post the credentials again (RFC 9700 §4.12)."""
    return Reply(303, b"", (("Location", url), *NO_STORE, ("Referrer-Policy", "no-referrer")))
