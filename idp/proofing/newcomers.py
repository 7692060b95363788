"""Whom an operator lets in from the command line: with an account, and perhaps a level."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from idp.accounts import identifiers, profiles, registration
from idp.audit import events, trail
from idp.db import Transaction
from idp.formats import id_numbers
from idp.proofing import verifications
from idp.web import house

ACTOR = "operator:cli"


class Newcomer(BaseModel):
    """What is known of somebody who gets an account; phone and e-mail count as verified."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    username: str | None = None
    password: str | None = Field(default=None, repr=False)
    phone: str | None = Field(default=None, repr=False)
    name: str | None = Field(default=None, repr=False)
    id_number: str | None = Field(default=None, repr=False)
    email: str | None = Field(default=None, repr=False)
    display_name: str | None = Field(default=None, repr=False)
    locale: Literal["zh-CN", "en"] | None = None
    claims: dict[str, Any] = Field(default_factory=dict, repr=False)
    ial: int = Field(default=1, ge=1, le=4)


def let_in(tx: Transaction, newcomer: Newcomer) -> dict[str, Any]:
    """Open the account, and return what a program wants to know of it.

    Raises:
        FieldErrors: every fault at once, each under its field.
    """
    vault = house.vault()
    person_id = registration.register(
        tx,
        vault,
        house.hasher(),
        house.settings().passwords,
        username=newcomer.username,
        phone=newcomer.phone,
        phone_verified=True,
        id_number=newcomer.id_number,
        real_name=newcomer.name,
        password=newcomer.password,
        identity_verified=newcomer.ial > 1,
        details=profiles.Details(
            display_name=newcomer.display_name, locale=newcomer.locale, claims=newcomer.claims
        ),
    )
    if newcomer.email:
        mail = identifiers.EMAIL
        identifiers.add(tx, vault, person_id, mail, newcomer.email, verified=True)
    if newcomer.ial > 1:
        _vouch(tx, person_id, newcomer)
    data = {"ial": newcomer.ial}
    trail.record(tx, events.PERSON_REGISTER, person_id=person_id, actor=ACTOR, data=data)
    return {
        "person_id": person_id,
        "username": newcomer.username,
        "status": "active",
        "ial": newcomer.ial,
    }


def _vouch(tx: Transaction, person_id: str, newcomer: Newcomer) -> None:
    """Record that an operator stands for a level, as when accounts move in from elsewhere."""
    number = id_numbers.parse(newcomer.id_number) if newcomer.id_number else None
    evidence = verifications.Evidence(
        method="operator",
        source="operator",
        elements=("name", "id_number"),
        document=number.kind.value if number else "",
        id_number=number.number if number else "",
        officer=ACTOR,
    )
    settings = house.settings().proofing
    verifications.record(tx, house.vault(), settings, person_id, evidence, ial=newcomer.ial)
