"""How far an upstream is believed: never further than its operator says, or its protocol bears."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from config.schema import Room
from federation.connectors.ports import Kind
from federation.connectors.upstream import UpstreamIdentity
from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones

Claim = Literal["display_name", "phone", "identity"]
Level = Annotated[int, Field(ge=1, le=4)]


class Trust(Room):
    """What of an upstream's word is taken; by default that it knows its own people again."""

    ial: Level = Field(default=1, description="The highest identity level that may come from it.")
    aal: Annotated[int, Field(ge=1, le=2)] = Field(
        default=1, description="The highest authenticator level that may come from it."
    )
    claims: tuple[Claim, ...] = Field(
        default=("display_name",),
        description="What it is believed in: display_name, phone, identity (name and number).",
    )


def believed(said: UpstreamIdentity, trust: Trust, kind: Kind) -> UpstreamIdentity:
    """Return what remains of *said* when nothing beyond *trust* and *kind* is believed.

    What is malformed is not believed either: a name or a number that nobody can have.
    """
    ial = min(said.ial, trust.ial, kind.ial)
    identity = "identity" in trust.claims and ial > 1
    name, number = _identity(said) if identity else (None, None)
    phone = _phone(said) if "phone" in trust.claims and said.phone_verified else None
    return replace(
        said,
        display_name=said.display_name[:64] if "display_name" in trust.claims else "",
        real_name=name,
        id_number=number,
        phone=phone,
        phone_verified=phone is not None,
        ial=ial if name and number else 1,
        aal=min(said.aal, trust.aal),
    )


def _identity(said: UpstreamIdentity) -> tuple[str | None, str | None]:
    try:
        name = names.normalise(said.real_name or "")
        return name, id_numbers.parse(said.id_number or "").number
    except IdentityError:
        return None, None


def _phone(said: UpstreamIdentity) -> str | None:
    try:
        return phones.normalise(said.phone or "")
    except IdentityError:
        return None
