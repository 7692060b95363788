"""`manyou client`: register relying parties and look after them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import click

from idp.clients import legacy, legacy_index, metadata, registration
from idp.clients.errors import InvalidMetadataError
from idp.clients.rules import Policy
from idp.db import Transaction
from idp.errors import IdentityError
from idp.web import house
from idp.web.documents import read_object, read_objects

OPERATOR = "operator"
_LARGEST = 1024 * 1024


@click.group("client")
def cli() -> None:
    """Relying parties: the service sites that trust our tokens."""


@cli.command()
@click.option(
    "--json", "file", type=click.File("rb"), required=True, help="RFC 7591 metadata; - for stdin."
)
def create(file: BinaryIO) -> None:
    """Register a client and print it, its secret this once.

    Beside the metadata of RFC 7591 the file may give `profile`, `require_pkce`,
    `first_party`, `claims_in_id_token`, `identity_claims`, `verification` and `legacy`.
    """
    with _one_line():
        (made,) = _register([read_object(file.read())])
    _print(made)


@cli.command("import")
@click.option(
    "--json", "file", type=click.File("rb"), required=True, help="As for `create`; - for stdin."
)
def take_in(file: BinaryIO) -> None:
    """Register many clients, all or none, and print them: an array, in order."""
    with _one_line():
        made = _register(read_objects(file.read(), limit=_LARGEST))
    _print(made)


def _register(documents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    algorithms = house.settings().keys.algorithms
    checked = [
        metadata.check(
            document,
            Policy(OPERATOR, str(document.get("profile", "standard")), algorithms),
            house.outbound(),
        )
        for document in documents
    ]
    with house.database().write() as tx:
        made = [registration.create(tx, one, actor=OPERATOR) for one in checked]
        return [
            {**one.document(), "profile": one.profile, **_legacy_secret(tx, one)} for one in made
        ]


@cli.command()
@click.argument("client_id")
@click.option(
    "--json", "file", type=click.File("rb"), required=True, help="What changes; - for stdin."
)
def update(client_id: str, file: BinaryIO) -> None:
    """Change what is registered of a client: members of the file replace, null takes away.

    So a privilege is given and taken back: `identity_claims`, `first_party` and the like.
    """
    with _one_line():
        changes = read_object(file.read())
        with house.database().read() as tx:
            known = registration.read(tx, client_id)
        policy = Policy(OPERATOR, known.profile, house.settings().keys.algorithms)
        checked = metadata.check({**known.metadata, **changes}, policy, house.outbound())
        with house.database().write() as tx:
            changed = registration.update(tx, client_id, checked, actor=OPERATOR)
            shown = _legacy_secret(tx, changed)
    _print({**changed.document(), "profile": changed.profile, **shown})


@cli.command("list")
def list_clients() -> None:
    """Print every client: id, name, status, profile, origin."""
    with house.database().read() as tx:
        rows = registration.everything(tx)
    _print(
        [
            {
                "client_id": row.client_id,
                "client_name": json.loads(row.metadata_json).get("client_name"),
                "status": row.status,
                "profile": row.profile,
                "origin": row.origin,
                "created_at": row.created_at,
                "updated_at": row.updated_at,
            }
            for row in rows
        ]
    )


@cli.command()
@click.argument("client_id")
def show(client_id: str) -> None:
    """Print what is registered of one client; its secret is not kept."""
    with _one_line(), house.database().read() as tx:
        known = registration.read(tx, client_id)
    _print({**known.document(), "profile": known.profile, "status": known.status})


@cli.command()
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Serve a client no longer; within a second everywhere."""
    _set_status(client_id, "disabled")


@cli.command()
@click.argument("client_id")
def enable(client_id: str) -> None:
    """Serve a disabled client again."""
    _set_status(client_id, "active")


@cli.command("rotate-secret")
@click.argument("client_id")
def rotate_secret(client_id: str) -> None:
    """Give a client a new secret and print it, this once; the old one is dead."""
    with _one_line(), house.database().write() as tx:
        known = registration.rotate_secret(tx, client_id, actor=OPERATOR)
    _print({"client_id": known.client_id, "client_secret": known.secret})


@cli.command("rotate-legacy-secret")
@click.argument("client_id")
def rotate_legacy_secret(client_id: str) -> None:
    """Give an old site a new key to sign with and print it, this once; the old one is dead."""
    with _one_line(), house.database().write() as tx:
        known = registration.read(tx, client_id)
        if legacy.ticket_of(known.metadata) is None:
            raise InvalidMetadataError("This client signs no tickets")
        secret = legacy_index.new_secret(tx, house.vault(), client_id, actor=OPERATOR)
    _print({"client_id": client_id, "legacy_secret": secret})


def _legacy_secret(tx: Transaction, known: registration.Registered) -> dict[str, str]:
    """Return the key of a site that needs one to sign with and has just got it."""
    secret = legacy_index.first_secret(
        tx, house.vault(), known.client_id, known.metadata, actor=OPERATOR
    )
    return {"legacy_secret": secret} if secret else {}


def _set_status(client_id: str, status: str) -> None:
    with _one_line(), house.database().write() as tx:
        registration.set_status(tx, client_id, status, actor=OPERATOR)
    _print({"client_id": client_id, "status": status})


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except IdentityError as error:
        raise click.ClickException(f"{error.code}: {error.description}") from None


def _print(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
