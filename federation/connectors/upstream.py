"""What another house vouches for: one value, whatever protocol it came by."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Party(StrEnum):
    """Whom the upstream signed in."""

    PERSON = "person"
    AGENT = "agent"  # somebody who acts for an enterprise
    OFFICER = "officer"  # a civil servant, at work


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """The enterprise that somebody acts for, as the upstream says."""

    credit_code: str
    name: str
    role: str = ""  # the upstream's own word


@dataclass(frozen=True, slots=True, kw_only=True)
class UpstreamIdentity:
    """Who somebody is to an upstream, and what it says of them; nothing here is trusted yet.

    *subject* is the upstream's stable name for them, byte for byte: with the connector's
    instance it is the only key that accounts are linked by. *aliases* (an openid beside a
    unionid) are for the record. *ial* and *aal* are the levels that the upstream claims, in our
    measure; the catalogue caps them. *chain* names the houses that vouched before it, the first
    last. *session* is what a logout there needs.
    """

    subject: str = field(repr=False)
    aliases: tuple[str, ...] = field(default=(), repr=False)
    party: Party = Party.PERSON
    display_name: str = field(default="", repr=False)
    real_name: str | None = field(default=None, repr=False)
    id_number: str | None = field(default=None, repr=False)
    phone: str | None = field(default=None, repr=False)
    phone_verified: bool = False
    enterprise: Enterprise | None = field(default=None, repr=False)
    ial: int = 1
    aal: int = 1
    auth_time: int | None = None
    chain: tuple[str, ...] = ()
    session: Mapping[str, str] = field(default_factory=dict, repr=False)
