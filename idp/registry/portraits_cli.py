"""`manyou registry portraits` and its sisters: take portraits in, count them, erase one."""

import json
import sys
import time
from contextlib import closing
from pathlib import Path

import click

from idp.db import Database
from idp.errors import IdentityError
from idp.formats import id_numbers
from idp.registry.importer import portrait_files
from idp.registry.importer import portraits as importing
from idp.registry.importer.progress import Progress
from idp.registry.local import keys, portraits
from idp.registry.local.fingerprints import maker
from idp.web import house


@click.command("portraits")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--list",
    "listed",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="CSV of file,id_number[,taken_on]; else a file's name is the number.",
)
@click.option("--rejects", type=click.Path(dir_okay=False, path_type=Path), help="Refused files.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True)
@click.option("--dry-run", is_flag=True, help="Open and check all; write no database.")
def import_portraits(
    source: Path,
    listed: Path | None,
    rejects: Path | None,
    processes: int,
    dry_run: bool,  # noqa: FBT001 - click's own
) -> None:
    """Take the portraits in SOURCE, a folder or a ZIP archive, into the register of population.

    Run it again after any interruption, and it goes on. Refused files go to
    SOURCE.rejects.csv with the reason; a summary is printed as JSON.
    """
    rejects = rejects or source.with_name(f"{source.name}.rejects.csv")
    begun = time.perf_counter()
    with closing(_database(threads=processes + 1)) as database:
        try:
            with portrait_files.opened(source, listed) as delivery:
                job = importing.Job(
                    delivery=delivery, rejects=rejects, processes=processes, dry_run=dry_run
                )
                before, done = _run(job, database, source.name)
                with database.read() as tx:
                    kept = portraits.count(tx)
        except IdentityError as error:
            raise click.ClickException(f"{error.code}: {error.description}") from None
        except OSError as error:
            raise click.ClickException(f"{error.filename or source}: {error.strerror}") from None
    summary = {
        "portraits": done.rows,
        "imported": done.imported,
        "rejected": done.rejected,
        "resumed_after": before,
        "kept_in_all": kept,
        "seconds": round(time.perf_counter() - begun, 2),
    }
    click.echo(json.dumps(summary, indent=2))


def _run(job: importing.Job, database: Database, label: str) -> tuple[int, Progress]:
    bar = click.progressbar(
        length=len(job.delivery.entries),
        label=label,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
        show_eta=True,
    )
    with bar as shown:
        return importing.run(job, database, house.vault(), told=shown.update)


@click.command("count-portraits")
def count_portraits() -> None:
    """Print how many portraits are kept."""
    with closing(_database()) as database, database.read() as tx:
        click.echo(portraits.count(tx))


@click.command("erase-portrait")
@click.option("--id-number", prompt=True, hide_input=True, help="Asked for, if not given.")
def erase_portrait(id_number: str) -> None:
    """Erase the portrait of one person."""
    try:
        number = id_numbers.parse(id_number).number
    except IdentityError as error:
        raise click.ClickException(f"{error.code}: {error.description}") from None
    with closing(_database()) as database, database.write() as tx:
        key = keys.find(tx, house.vault(), "population")
        erased = key is not None and portraits.erase(tx, maker(key)("person", number, ""))
    if not erased:
        raise click.ClickException("no portrait of this person is kept")
    click.echo("erased")


def _database(threads: int = 1) -> Database:
    return Database(house.settings().registry_database, threads=threads)
