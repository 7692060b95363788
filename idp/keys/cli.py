"""`manyou keys`: see the ring, turn it."""

import json
from dataclasses import asdict

import click

from config.rooms import KeySettings
from idp import clock
from idp.audit import events, trail
from idp.keys import store
from idp.web import house

CACHED_FOR = 300  # seconds that /jwks may be kept by others; idp.oidc.metadata says so to them


@click.group("keys")
def cli() -> None:
    """Signing keys."""


@cli.command("list")
def list_keys() -> None:
    """Print every published key as JSON, without private parts."""
    limit = clock.epoch() - _settings().retire_after
    with house.database().read() as tx:
        rows = [row for row in store.read(tx) if row.retired_at is None or row.retired_at > limit]
    shown = ("kid", "algorithm", "status", "created_at", "activated_at", "retired_at")
    click.echo(json.dumps([{name: getattr(row, name) for name in shown} for row in rows], indent=2))


@cli.command()
@click.option("--algorithm", help="Only this one; otherwise every algorithm of the ring.")
def rotate(algorithm: str | None) -> None:
    """Let the next keys sign, publish new next ones, retire the current ones."""
    settings = _settings()
    if algorithm and algorithm not in settings.algorithms:
        raise click.ClickException(f"the ring keeps no {algorithm} keys: see keys.algorithms")
    with house.database().write() as tx:
        names = [algorithm] if algorithm else settings.algorithms
        done = [store.rotate(tx, house.vault(), name) for name in names]
        for rotation in done:
            trail.record(tx, events.KEY_ROTATE, actor="operator", data=asdict(rotation))
        store.drop_retired(tx, settings.retire_after)
    for rotation in done:
        if rotation.published_for < CACHED_FOR:
            click.echo(
                f"{rotation.current} was published only {rotation.published_for} s ago: sites "
                f"that keep the key set for {CACHED_FOR} s must fetch it again",
                err=True,
            )
    click.echo(json.dumps([asdict(rotation) for rotation in done], indent=2))


def _settings() -> KeySettings:
    return house.settings().keys
