"""Commands of the front door: serve, db, doctor."""

from pathlib import Path

import click

from config import Settings, SettingsError, load
from config import logging as log_lines

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_APPLICATION = "wsgi:create_server"


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=0, type=click.IntRange(0), help="Processes; 0: one per core.")
@click.option("--tls-cert", type=_FILE, help="Certificate chain, PEM: serve TLS directly.")
@click.option("--tls-key", type=_FILE, help="Its private key, PEM.")
def serve(host: str, port: int, workers: int, tls_cert: Path | None, tls_key: Path | None) -> None:
    """Run the provider: SIGHUP reloads it, SIGTERM lets it finish and ends it."""
    from idp.web import server

    if (tls_cert is None) != (tls_key is None):
        raise click.UsageError("--tls-cert and --tls-key belong together")
    settings = _settings()
    log_lines.configure(settings.log_level)
    address = server.Address(host=host, port=port, certificate=tls_cert, key=tls_key)
    try:
        server.serve(settings, address, target=_APPLICATION, workers=workers)
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


@click.group()
def db() -> None:
    """Look after the databases: the house's, and the reference identity store's."""


@db.command()
def upgrade() -> None:
    """Bring both databases to the newest revision; safe to run many times at once."""
    from migrations import schema

    settings = _settings()
    schema.upgrade(settings.database)
    schema.upgrade(settings.registry_database, branch=schema.REGISTRY)
    current.callback()  # type: ignore[misc]


@db.command()
def current() -> None:
    """Print the revision that each database is at."""
    from migrations import schema

    settings = _settings()
    for branch, url in (
        (schema.MAIN, settings.database),
        (schema.REGISTRY, settings.registry_database),
    ):
        revisions = " ".join(schema.current(url, branch=branch)) or "empty"
        click.echo(f"{branch.name} {revisions}")


@click.command()
def doctor() -> None:
    """Check this deployment, and say what to do about what is wrong."""
    from idp.web import checkup

    findings = list(checkup.examine())
    for finding in findings:
        click.echo(str(finding))
    if not all(finding.good for finding in findings):
        raise SystemExit(1)


def _settings() -> Settings:
    try:
        return load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None


COMMANDS = (serve, db, doctor)
