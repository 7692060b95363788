"""`manyou alive`: proofs of being alive that an officer records, shows or withdraws."""

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, cast

import click
import orjson
from flask import current_app

from idp.db import Transaction
from idp.errors import IdentityError
from idp.formats import id_numbers
from idp.proofing import entries
from idp.registry import sources
from idp.registry.queries import PersonQuery
from idp.registry.results import Result
from idp.web import house
from liveness.desk import desk
from liveness.uses import alive_proofs
from liveness.uses.alive_proofs import Proof, Sight, Sign

SIGN = "manyou.faces.sign_proof"
_DOCUMENTS = ("citizen_card", "temporary_card", "household_register", "passport", "guardianship")


@click.group("alive")
def cli() -> None:
    """Proofs of being alive, for pensions."""


@cli.command()
@click.option("--officer", required=True, help="Who saw the person.")
@click.option("--document", required=True, type=click.Choice(_DOCUMENTS), help="What was shown.")
@click.option("--name", prompt=True, help="Name as the document shows it.")
@click.option("--id-number", prompt=True, help="Number as the document shows it.")
def record(officer: str, document: str, name: str, id_number: str) -> None:
    """Record that an officer has seen somebody alive, at a counter or at home."""
    entry = _done(lambda _tx: entries.read(name, id_number))
    verdict = sources.current().population.check(
        PersonQuery(name=entry.name, id_number=entry.id_number)
    )
    if verdict.result is not Result.MATCH:
        raise click.ClickException(f"the register does not confirm it: {verdict.result}")
    sign = cast(Sign, current_app.extensions[SIGN])
    sign({})  # keys are read now, not within the transaction that follows

    def work(tx: Transaction) -> dict[str, Any]:
        proof_id = alive_proofs.record(
            tx,
            house.vault(),
            sign,
            house.settings().issuer,
            id_number=entry.id_number,
            person_id=alive_proofs.holder(tx, house.vault(), entry.id_number),
            sight=Sight(
                method=alive_proofs.COUNTER,
                source=verdict.source,
                reference=verdict.reference,
                document=document,
                officer=officer,
            ),
            validity=desk().liveness.alive_validity,
        )
        return {"proof_id": proof_id}

    _print(_done(work))


@cli.command()
@click.option("--id-number", prompt=True, help="Whose proofs.")
def show(id_number: str) -> None:
    """Print somebody's proofs, the newest first."""
    number = _done(lambda _tx: id_numbers.parse(id_number).number)
    proofs = _done(partial(alive_proofs.all_of, vault=house.vault(), id_number=number))
    _print([_told(proof) for proof in proofs])


@cli.command()
@click.argument("proof_id")
@click.option("--because", required=True, help="Why; kept on the trail.")
@click.option("--officer", default="operator:cli", help="Who decided it.")
def withdraw(proof_id: str, because: str, officer: str) -> None:
    """Let a proof that was wrong count no more."""
    _done(lambda tx: alive_proofs.withdraw(tx, proof_id, because=because, officer=officer))
    _print({"proof_id": proof_id, "withdrawn": True})


def _told(proof: Proof) -> dict[str, Any]:
    return {
        "proof_id": proof.proof_id,
        "method": proof.method,
        "at": proof.at,
        "expires_at": proof.expires_at,
        "lasts": proof.lasts,
    }


def _done(work: Callable[[Transaction], Any]) -> Any:
    """Do *work* in one transaction; a failure is one line."""
    try:
        with house.database().write() as tx:
            return work(tx)
    except IdentityError as fault:
        raise click.ClickException(str(fault)) from None


def _print(document: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(document) + b"\n")
