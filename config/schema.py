"""What every room's settings are made of."""

import ipaddress
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field


class SettingsError(Exception):
    """The deployment is described wrongly; the message says where and what to do."""


class Profile(StrEnum):
    """How much a deployment may be forgiven."""

    DEMO = "demo"
    TEST = "test"
    PRODUCTION = "production"


def split_words(value: object) -> object:
    return (
        [part for part in value.replace(",", " ").split() if part]
        if isinstance(value, str)
        else value
    )


def _network(value: str) -> str:
    ipaddress.ip_network(value, strict=False)
    return value


Words = Annotated[tuple[str, ...], BeforeValidator(split_words)]
Networks = Annotated[
    tuple[Annotated[str, AfterValidator(_network)], ...], BeforeValidator(split_words)
]
Seconds = Annotated[int, Field(ge=1)]


class Room(BaseModel):
    """Settings of one room: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
