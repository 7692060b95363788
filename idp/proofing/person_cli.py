"""`manyou person`: open, show, disable, enable and erase accounts from the command line.

It stands above the accounts, because a level is a record of verification.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import click
import orjson

from idp.accounts import identifiers, lifecycle, profiles, registration
from idp.accounts.errors import FieldErrors
from idp.audit import events, trail
from idp.db import Transaction
from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones
from idp.proofing import verifications
from idp.web import house

_ACTOR = "operator:cli"


@click.group("person")
def cli() -> None:
    """Persons and their accounts."""


@cli.command()
@click.option("--username", help="User name to sign in with.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--phone", help="Mobile number; counts as verified.")
@click.option("--name", help="Real name.")
@click.option("--id-number", help="Resident identity number.")
@click.option("--email", help="Mail address; counts as verified.")
@click.option("--display-name", help="What pages call the person.")
@click.option("--locale", type=click.Choice(["zh-CN", "en"]), help="Preferred language.")
@click.option("--claims", help="Further OpenID Connect claims, as a JSON object.")
@click.option("--ial", type=click.IntRange(1, 4), default=1, help="Identity assurance level.")
def create(  # noqa: PLR0913 - one parameter per option
    *,
    username: str | None,
    password_stdin: bool,
    phone: str | None,
    name: str | None,
    id_number: str | None,
    email: str | None,
    display_name: str | None,
    locale: str | None,
    claims: str | None,
    ial: int,
) -> None:
    """Open an account, and print it as JSON."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    details = profiles.Details(
        display_name=display_name, locale=locale, claims=_json_object(claims)
    )

    def work(tx: Transaction) -> dict[str, Any]:
        person_id = registration.register(
            tx,
            house.vault(),
            house.hasher(),
            house.settings().passwords,
            username=username,
            phone=phone,
            phone_verified=True,
            id_number=id_number,
            real_name=name,
            password=password,
            identity_verified=ial > 1,
            details=details,
        )
        if email:
            identifiers.add(tx, house.vault(), person_id, identifiers.EMAIL, email, verified=True)
        if ial > 1:
            _vouch(tx, person_id, id_number, ial)
        data = {"ial": ial}
        trail.record(tx, events.PERSON_REGISTER, person_id=person_id, actor=_ACTOR, data=data)
        return {"person_id": person_id, "username": username, "status": "active", "ial": ial}

    _answer(work)


@cli.command()
@click.argument("person_id")
def show(person_id: str) -> None:
    """Print a person as JSON, personal data masked."""

    def work(tx: Transaction) -> dict[str, Any]:
        person = profiles.read(tx, house.vault(), person_id)
        masked = {
            "real_name": person.real_name and names.mask(person.real_name),
            "phone": person.phone and phones.mask(person.phone),
            "id_number": person.id_number and id_numbers.mask(person.id_number),
            "email": person.email and f"{person.email[0]}***@{person.email.rpartition('@')[2]}",
            "claims": sorted(person.claims),
        }
        return {**asdict(person), **masked, "ial": verifications.level_of(tx, person_id)}

    _answer(work)


@cli.command()
@click.argument("person_id")
def disable(person_id: str) -> None:
    """Let nobody sign in as this person, and end their sessions."""
    _change(lifecycle.disable, person_id, "disabled")


@cli.command()
@click.argument("person_id")
def enable(person_id: str) -> None:
    """Let this person sign in again."""
    _change(lifecycle.enable, person_id, "active")


@cli.command()
@click.argument("person_id")
def erase(person_id: str) -> None:
    """Delete what is personal about this person, for good."""
    _change(lifecycle.erase, person_id, "erased")


def _change(change: Callable[..., None], person_id: str, status: str) -> None:
    def work(tx: Transaction) -> dict[str, Any]:
        change(tx, person_id, actor=_ACTOR)
        return {"person_id": person_id, "status": status}

    _answer(work)


def _answer(work: Callable[[Transaction], dict[str, Any]]) -> None:
    """Do *work* in one transaction, and print what it returns."""
    try:
        with house.database().write() as tx:
            answer = work(tx)
    except FieldErrors as faults:
        lines = [f"{name}: {fault}" for name, fault in faults.fields.items()]
        raise click.ClickException("; ".join(lines)) from None
    except IdentityError as fault:
        raise click.ClickException(str(fault)) from None
    click.echo(orjson.dumps(answer).decode())


def _vouch(tx: Transaction, person_id: str, id_number: str | None, ial: int) -> None:
    """Record that an operator stands for a level, as when accounts move in from elsewhere."""
    number = id_numbers.parse(id_number) if id_number else None
    evidence = verifications.Evidence(
        method="operator",
        source="operator",
        elements=("name", "id_number"),
        document=number.kind.value if number else "",
        id_number=number.number if number else "",
        officer=_ACTOR,
    )
    settings = house.settings().proofing
    verifications.record(tx, house.vault(), settings, person_id, evidence, ial=ial)


def _json_object(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        raise click.BadParameter("not JSON", param_hint="--claims") from None
    if not isinstance(value, dict):
        raise click.BadParameter("not a JSON object", param_hint="--claims")
    return value
