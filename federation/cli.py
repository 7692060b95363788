"""`manyou connector`: the upstreams that people may come from."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import click

from federation.catalogue import entries, health
from federation.catalogue.catalogue import catalogue
from federation.catalogue.entries import Entry
from federation.catalogue.errors import ConnectorTakenError
from federation.connectors.kinds import KINDS
from idp.db import Transaction
from idp.errors import IdentityError
from idp.web import house
from idp.web.documents import read_object, read_objects

_OPERATOR = "operator"
_LARGEST = 1024 * 1024


@click.group("connector")
def cli() -> None:
    """Upstreams: WeChat, Alipay, provinces and whoever else vouches for people."""


@cli.command()
@click.option("--json", "file", type=click.File("rb"), required=True, help="- for standard input.")
@click.option("--enable", is_flag=True, help="Offer it at once.")
def create(file: BinaryIO, *, enable: bool) -> None:
    """Add an upstream: `key`, `kind`, `options`, and perhaps names, icon, position, trust."""
    with _one_line():
        entry = entries.read_document(read_object(file.read()))
        catalogue().build(entry)
        with house.database().write() as tx:
            entries.create(tx, house.vault(), entry, actor=_OPERATOR, enabled=enable)
    _show(entry.key)


@cli.command()
@click.option("--json", "file", type=click.File("rb"), required=True, help="- for standard input.")
def update(file: BinaryIO) -> None:
    """Replace an upstream's description; its kind stays, and whether it is offered."""
    with _one_line():
        entry = entries.read_document(read_object(file.read()))
        catalogue().build(entry)
        with house.database().write() as tx:
            entries.update(tx, house.vault(), entry, actor=_OPERATOR)
    _show(entry.key)


@cli.command("import")
@click.option("--json", "file", type=click.File("rb"), required=True, help="- for standard input.")
def take_in(file: BinaryIO) -> None:
    """Add or replace many upstreams, all or none: an array of descriptions.

    `enabled` beside a description offers an upstream that is new; for one that is known the
    switch stays as it is.
    """
    with _one_line():
        told = read_objects(file.read(), limit=_LARGEST)
        offered = [one.pop("enabled", False) is True for one in told]
        found = [entries.read_document(one) for one in told]
        for entry in found:
            catalogue().build(entry)
        with house.database().write() as tx:
            for entry, enabled in zip(found, offered, strict=True):
                _take_in(tx, entry, enabled=enabled)
    click.echo(f"{len(found)} taken in")


@cli.command("list")
def list_connectors() -> None:
    """Print every upstream, without its secrets."""
    with house.database().read() as tx:
        found = [entries.read_row(house.vault(), row) for row in entries.rows(tx)]
    _print([entry.document() for entry in found])


@cli.command()
@click.argument("key")
def show(key: str) -> None:
    """Print one upstream, without its secrets."""
    _show(key)


@cli.command()
@click.argument("key")
def enable(key: str) -> None:
    """Offer an upstream; within a second everywhere."""
    _switch(key, enabled=True)


@cli.command()
@click.argument("key")
def disable(key: str) -> None:
    """Offer an upstream no longer; who is linked by it stays linked."""
    _switch(key, enabled=False)


@cli.command()
@click.argument("key")
def test(key: str) -> None:
    """Ask an upstream whether it is there and knows us, and keep the answer."""
    with _one_line():
        entry = catalogue().find_any(key)
        failure = health.probed(house.database(), entry, lambda: catalogue().build(entry).probe())
        if failure is not None:
            raise click.ClickException(f"{failure.code}: {failure.detail or failure.description}")
    _show(key)


@cli.command()
def kinds() -> None:
    """Print the kinds there are, and the options of each."""
    _print(
        {
            name: {
                "title": kind.title,
                "standing": kind.standing.value,
                "highest_ial": kind.ial,
                "options": {
                    option: field.description for option, field in kind.options.model_fields.items()
                },
            }
            for name, kind in KINDS.items()
        }
    )


def _take_in(tx: Transaction, entry: Entry, *, enabled: bool) -> None:
    try:
        entries.create(tx, house.vault(), entry, actor=_OPERATOR, enabled=enabled)
    except ConnectorTakenError:
        entries.update(tx, house.vault(), entry, actor=_OPERATOR)


def _switch(key: str, *, enabled: bool) -> None:
    with _one_line(), house.database().write() as tx:
        entries.switch(tx, key, enabled=enabled, actor=_OPERATOR)
    _show(key)


def _show(key: str) -> None:
    with _one_line(), house.database().read() as tx:
        entry = entries.find(tx, house.vault(), key)
    _print(entry.document())


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except IdentityError as error:
        raise click.ClickException(f"{error.code}: {error.description}") from None


def _print(document: Any) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
