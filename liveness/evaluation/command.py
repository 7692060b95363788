"""`manyou liveness evaluate`: measure the engine on an operator's own data."""

import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from liveness.engine.catalogue import UnfitEngineError, choose
from liveness.engine.ports import Engine
from liveness.models.manifest import ModelError
from liveness.models.store import Store, read_pinned

if TYPE_CHECKING:
    from liveness.evaluation.report import Report

_DIRECTORY = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("evaluate")
@click.option("--data", required=True, type=_DIRECTORY, help="people, groups, pairs, attacks")
@click.option("--to", type=click.Path(file_okay=False, path_type=Path), default=Path("var/face"))
@click.option("--models", type=_DIRECTORY, help="directory of the weights")
@click.option("--engine", "name", default="opencv", help="opencv or face_recognition")
@click.option("--pad", type=_FILE, help="TOML file of presentation-attack models")
@click.option("--live", type=float, default=0.5, help="least score that is taken for live")
def evaluate(
    data: Path, to: Path, models: Path | None, name: str, pad: Path | None, live: float
) -> None:
    """Report FMR, FNMR, APCER, BPCER and IAPAR on --data, with 95 % intervals."""
    from liveness.engine import pad_model  # these load OpenCV, which no other command needs
    from liveness.evaluation.report import evaluate as measure

    try:
        engine = choose(
            name,
            Store(models).read,
            require_authoritative=False,
            pad_models=pad_model.load(pad, read_pinned),
        )
    except (ModelError, UnfitEngineError) as error:
        raise click.ClickException(str(error)) from None
    try:
        report = measure(data, engine, engine.embedder.model_id, live, click.echo)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from None
    _write(to, report, engine)


def _write(to: Path, report: "Report", engine: Engine) -> None:
    from liveness.evaluation.page import html

    to.mkdir(parents=True, exist_ok=True)
    values = {"engine": engine.name, "authoritative": engine.authoritative} | asdict(report)
    (to / "report.json").write_text(json.dumps(_plain(values), indent=1), "utf-8")
    (to / "report.html").write_text(html(report), "utf-8")
    click.echo(f"  {to / 'report.html'}")


def _plain(value: Any) -> Any:
    """Write what was not measured as null: JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and math.isnan(value) else value
