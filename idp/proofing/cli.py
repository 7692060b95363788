"""`manyou proofing`: what officers and operators do about real names."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click
import orjson

from idp.accounts import profiles
from idp.accounts.errors import FieldErrors
from idp.db import Transaction
from idp.errors import IdentityError
from idp.formats import names
from idp.proofing import appointments, counter, entries, points
from idp.registry import sources
from idp.web import house

_DOCUMENTS = (
    *("citizen_card", "temporary_card", "household_register", "passport"),
    *("residence_permit", "foreign_permanent_residence"),
)


@click.group("proofing")
def cli() -> None:
    """Real names: counters, appointments, withdrawals."""


@cli.command("appointments")
@click.option("--day", required=True, type=click.DateTime(["%Y-%m-%d"]), help="As 2026-11-23.")
@click.option("--point", help="Only this counter's.")
def show_appointments(day: datetime, point: str | None) -> None:
    """Print who comes on a day, one JSON object a line, names masked."""

    def work(tx: Transaction) -> list[dict[str, Any]]:
        found = appointments.of_day(tx, day.date())
        return [_shown(tx, held) for held in found if point in (None, held.point)]

    for line in _done(work):
        click.echo(orjson.dumps(line).decode())


@cli.command("points")
def show_points() -> None:
    """Print the counters, one JSON object a line."""
    for point in points.all_of(house.settings()):
        click.echo(orjson.dumps(point.model_dump()).decode())


@cli.command()
@click.option("--appointment", help="Code of the appointment; or name the account:")
@click.option("--person", help="Id of the account, for whoever came without an appointment.")
@click.option("--officer", required=True, help="Who looked at the document.")
@click.option("--document", required=True, type=click.Choice(_DOCUMENTS), help="What was shown.")
@click.option("--name", prompt=True, help="Name as the document shows it.")
@click.option("--id-number", prompt=True, help="Number as the document shows it.")
@click.option("--paper-only", is_flag=True, help="The registers know nobody of that number.")
@click.option("--reason", default="", help="Why paper must do; kept with the record.")
@click.option("--dispossess", is_flag=True, help="Take the number from who proved it online.")
def attest(  # noqa: PLR0913 - one parameter per option
    *,
    appointment: str | None,
    person: str | None,
    officer: str,
    document: str,
    name: str,
    id_number: str,
    paper_only: bool,
    reason: str,
    dispossess: bool,
) -> None:
    """Record that an officer has verified somebody in person (level 4)."""
    if (appointment is None) == (person is None):
        raise click.UsageError("name either --appointment or --person")
    if paper_only and not reason.strip():
        raise click.UsageError("--paper-only needs a --reason")

    def begin(tx: Transaction) -> counter.Attestation:
        person_id, held = person or "", None
        if appointment is not None:
            held = appointments.find(tx, appointment)
            person_id = held.person_id
        profiles.read(tx, house.vault(), person_id)  # there must be somebody
        entry = entries.read(name, id_number)
        return counter.Attestation(
            person_id, held, entry, officer, document, reason if paper_only else "", dispossess
        )

    attestation = _done(begin)
    verdict = counter.ask(sources.current().population, attestation)

    def conclude(tx: Transaction) -> dict[str, Any]:
        settings = house.settings().proofing
        verification_id = counter.conclude(tx, house.vault(), settings, attestation, verdict)
        return {
            "person_id": attestation.person_id,
            "verification_id": verification_id,
            "ial": counter.IAL,
            "source": verdict.source,
            "result": verdict.result.value,
        }

    click.echo(orjson.dumps(_done(conclude)).decode())


@cli.command()
@click.argument("person_id")
@click.option("--because", required=True, help="Why; kept with the records.")
@click.option("--officer", default="operator:cli", help="Who decided it.")
def withdraw(person_id: str, because: str, officer: str) -> None:
    """End what proves a person's name, and free the ID number."""

    def work(tx: Transaction) -> dict[str, Any]:
        profiles.read(tx, house.vault(), person_id)
        ended = counter.withdraw(tx, house.vault(), person_id, because=because, officer=officer)
        return {"person_id": person_id, "withdrawn": ended, "ial": 1}

    click.echo(orjson.dumps(_done(work)).decode())


def _shown(tx: Transaction, held: appointments.Appointment) -> dict[str, Any]:
    person = profiles.read(tx, house.vault(), held.person_id)
    return {
        "appointment": held.shown_code,
        "point": held.point,
        "slot": held.slot,
        "state": held.state,
        "person_id": held.person_id,
        "name": person.real_name and names.mask(person.real_name),
    }


def _done(work: Callable[[Transaction], Any]) -> Any:
    """Do *work* in one transaction; a failure is one line."""
    try:
        with house.database().write() as tx:
            return work(tx)
    except FieldErrors as faults:
        lines = [f"{name}: {fault}" for name, fault in faults.fields.items()]
        raise click.ClickException("; ".join(lines)) from None
    except IdentityError as fault:
        raise click.ClickException(str(fault)) from None
