"""`manyou person`: open, show, disable, enable and erase accounts from the command line.

It stands above the accounts, because a level is a record of verification.
"""

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, BinaryIO

import click
import orjson
from pydantic import ValidationError

from idp.accounts import lifecycle, profiles
from idp.accounts.errors import FieldErrors
from idp.db import Transaction
from idp.errors import IdentityError
from idp.formats import id_numbers, names, phones
from idp.proofing import verifications
from idp.proofing.newcomers import ACTOR, Newcomer, let_in
from idp.web import house
from idp.web.documents import DocumentError, read_objects

_LARGEST = 64 * 1024 * 1024  # some hundred thousand people


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
def create(*, password_stdin: bool, claims: str | None, **given: Any) -> None:
    """Open an account, and print it as JSON."""
    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    newcomer = Newcomer(password=password, claims=_json_object(claims), **given)
    _answer(lambda tx: let_in(tx, newcomer))


@cli.command("import")
@click.option("--json", "file", type=click.File("rb"), required=True, help="- for standard input.")
def take_in(file: BinaryIO) -> None:
    """Open many accounts: an array, or a line each, of what `create` takes, and `password`.

    Each is a transaction of its own and answered by a line of its own, in order: the account,
    or `error` with what is wrong. The exit code is 1 where anybody was refused.
    """
    try:
        newcomers = [Newcomer(**one) for one in read_objects(file.read(), limit=_LARGEST)]
    except (DocumentError, ValidationError) as fault:
        raise click.ClickException(" ".join(str(fault).split())) from None
    refused = 0
    for newcomer in newcomers:
        try:
            with house.database().write() as tx:
                answer = let_in(tx, newcomer)
        except IdentityError as fault:
            answer = {"username": newcomer.username, "error": _explanation(fault)}
            refused += 1
        click.echo(orjson.dumps(answer).decode())
    if refused:
        raise click.ClickException(f"{refused} of {len(newcomers)} not taken in")


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
        change(tx, person_id, actor=ACTOR)
        return {"person_id": person_id, "status": status}

    _answer(work)


def _answer(work: Callable[[Transaction], dict[str, Any]]) -> None:
    """Do *work* in one transaction, and print what it returns."""
    try:
        with house.database().write() as tx:
            answer = work(tx)
    except IdentityError as fault:
        raise click.ClickException(_explanation(fault)) from None
    click.echo(orjson.dumps(answer).decode())


def _explanation(fault: IdentityError) -> str:
    """Return what is wrong, in one line, and each field's fault with its name."""
    if isinstance(fault, FieldErrors):
        return "; ".join(f"{name}: {error}" for name, error in fault.fields.items())
    return str(fault)


def _json_object(text: str | None) -> dict[str, Any]:
    try:
        value = orjson.loads(text) if text else {}
    except orjson.JSONDecodeError:
        raise click.BadParameter("not JSON", param_hint="--claims") from None
    if not isinstance(value, dict):
        raise click.BadParameter("not a JSON object", param_hint="--claims")
    return value
