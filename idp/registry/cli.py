"""`manyou registry`: fill the reference identity store, and invent people to fill it with."""

import json
import os
import resource
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import click

from idp.db import Database
from idp.errors import IdentityError
from idp.registry.importer import encodings, lines, run
from idp.registry.importer.registers import REGISTERS
from idp.registry.portraits_cli import count_portraits, erase_portrait, import_portraits
from idp.web import house

_KIND = click.Choice(tuple(REGISTERS))
_SAMPLE = 1 << 20


@click.group("registry")
def cli() -> None:
    """Fill the reference identity store: what authorities know of people and companies."""


for command in (import_portraits, count_portraits, erase_portrait):
    cli.add_command(command)


@cli.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=_KIND, default="population", show_default=True, help="Register.")
@click.option("--format", "form", type=click.Choice(lines.FORMATS), help="Else by the file's name.")
@click.option("--encoding", type=click.Choice(encodings.ENCODINGS), help="Else found out.")
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Refused lines.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--dry-run", is_flag=True, help="Read and check; write no database.")
def import_file(
    file: Path,
    kind: str,
    form: str | None,
    encoding: str | None,
    rejects: Path | None,
    processes: int,
    dry_run: bool,  # noqa: FBT001 - click's own
) -> None:
    """Take FILE into a register; run it again after any interruption, and it goes on.

    Refused lines go to FILE.rejects.csv with the reason; a summary is printed as JSON.
    """
    rejects = rejects or file.with_name(f"{file.name}.rejects.csv")
    if rejects.exists() and rejects.samefile(file):
        raise click.UsageError("--rejects names the file itself")
    job = run.Job(
        register=REGISTERS[kind],
        path=file,
        form=form or _form(file),
        encoding=encoding or _encoding(file),
        rejects=rejects,
        processes=processes,
        dry_run=dry_run,
    )
    begun = time.perf_counter()
    database = Database(house.settings().registry_database, threads=1)
    with closing(database), _bar(file) as bar:
        try:
            before, done = run.run(job, database, house.vault(), told=bar.update)
        except IdentityError as error:
            raise click.ClickException(f"{error.code}: {error.description}") from None
        except OSError as error:
            raise click.ClickException(f"{error.filename or file}: {error.strerror}") from None
    seconds = time.perf_counter() - begun
    told = {name: asdict(done)[name] for name in ("imported", "unchanged", "rejected")}
    rows = sum(told.values())
    summary = {
        "rows": rows,
        **told,
        "resumed_after": before,
        "seconds": round(seconds, 2),
        "rows_per_second": round((rows - before) / seconds),
        "cpu_seconds": round(_cpu(), 2),
        "peak_memory_mib": _peak_memory(),
    }
    click.echo(json.dumps(summary, indent=2))


def _form(file: Path) -> str:
    form = file.suffix.lstrip(".").lower()
    if form not in lines.FORMATS:
        raise click.UsageError(f"{file.name} says neither .csv nor .jsonl: give --format")
    return form


def _encoding(file: Path) -> str:
    with file.open("rb") as opened:
        sample = opened.read(_SAMPLE)
        return encodings.detect(sample + opened.readline(_SAMPLE))


def _bar(file: Path) -> "click._termui_impl.ProgressBar[int]":
    return click.progressbar(
        length=file.stat().st_size,
        label=file.name,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        show_eta=True,
    )


def _cpu() -> float:
    """Return the processor time of this process and its helpers, starting up included."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_memory() -> int:
    """Return the most memory that this process, or the largest of its helpers, has held."""
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) // 1024


@cli.command()
@click.argument("count", type=click.IntRange(1))
@click.option("--kind", type=_KIND, default="population", show_default=True)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same people.")
@click.option("--out", type=click.File("wb", lazy=False), default="-", help="Else standard output.")
@click.option("--format", "form", type=click.Choice(lines.FORMATS), default="csv")
@click.option("--encoding", type=click.Choice(encodings.ENCODINGS), default=encodings.UTF_8)
def synthesize(count: int, kind: str, seed: int, out: BinaryIO, form: str, encoding: str) -> None:
    """Invent COUNT rows for a register: believable, and nobody among them is real."""
    from idp.registry.synthesis.write import write

    write(out, kind, count, seed=seed, form=form, encoding=encoding)
