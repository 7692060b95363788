"""`manyou liveness`: weights, how things stand, and how often the engine errs."""

import json
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from flask.cli import with_appcontext

from config import Settings, SettingsError, load
from idp.web.rundir import run_directories
from liveness import vision
from liveness.engine.catalogue import is_authoritative
from liveness.evaluation.command import evaluate
from liveness.models import manifest
from liveness.models.fetching import complete
from liveness.models.manifest import ModelError
from liveness.models.store import Store
from liveness.permits import filing

_DIRECTORY = click.Path(file_okay=False, path_type=Path)


@click.group("liveness")
def cli() -> None:
    """Face scans: weights, state, error rates."""


@cli.command("models")
@click.option("--from", "offered", type=_DIRECTORY, help="Take files or archives from here.")
@click.option("--to", type=_DIRECTORY, help="Directory of the weights.")
@click.option("--check", is_flag=True, help="Fetch nothing; fail if anything is lacking.")
def models(offered: Path | None, to: Path | None, *, check: bool) -> None:
    """Fetch the weights that are lacking, each checked by its SHA-256."""
    store = _store(to)
    try:
        if not check:
            complete(store, offered=offered, tell=click.echo)
        lacking = store.lacks()
    except (ModelError, OSError) as error:
        raise click.ClickException(str(error)) from None
    if lacking:
        raise click.ClickException(f"{', '.join(i.file for i in lacking)} missing or altered")
    click.echo(f"{len(store.manifest.items)} files as chosen in {store.directory}")


@cli.command("status")
@with_appcontext
def status() -> None:
    """Print how face scans stand here, as JSON."""
    from liveness.desk import desk

    click.echo(json.dumps(_status(desk().settings), indent=1))


def _status(settings: Settings) -> dict[str, Any]:
    liveness = settings.liveness
    eyes = vision.eyes(liveness)
    try:
        closed = vision.why_closed(liveness)
    except SettingsError as error:
        closed = vision.Closed(str(error), "`manyou serve` refuses to start")
    return {
        "offered": closed is None,
        "reason": closed and str(closed),
        "engine": liveness.engine,
        "authoritative": liveness.engine == "vendor" or is_authoritative(eyes),
        "weights": _weights(Store(liveness.models)),
        "presentation_attack_models": str(liveness.pad_models or "") or None,
        "processes": vision.bounds(liveness).processes,
        "listening": [str(path) for path in _listening(settings)],
        "stored_faces": filing.told(settings),
    }


def _weights(store: Store) -> list[dict[str, Any]]:
    lacking = {item.name for item in store.lacks()}
    return [
        {"file": str(store.directory / i.file), "sha256": i.sha256, "good": i.name not in lacking}
        for i in store.manifest.items.values()
    ]


def _listening(settings: Settings) -> list[Path]:
    """Return the sockets at which vision processes of servers on this machine listen."""
    sockets = [run / vision.SOCKET for run in run_directories(settings.data_dir)]
    return [path for path in sockets if _answers(path)]


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe, suppress(OSError):
        probe.settimeout(0.2)
        probe.connect(str(path))
        return True
    return False


def _store(to: Path | None) -> Store:
    """Open the weights where the settings say; a fresh machine may have no settings yet."""
    if to is None:
        with suppress(SettingsError):
            to = load().liveness.models
    try:
        return Store(to, manifest.load())
    except ModelError as error:
        raise click.ClickException(str(error)) from None


cli.add_command(evaluate)
