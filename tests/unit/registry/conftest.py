"""A replica that tests fill by the importer itself."""

import csv
import json

import pytest

from idp.registry.importer import run
from idp.registry.importer.registers import REGISTERS


@pytest.fixture
def take_in(registry_database, vault, tmp_path):
    """Import rows (dicts) into a register, and return what the importer counts."""

    def take(kind, *rows, form="csv", encoding="utf-8", escaped=False, **options):
        path = tmp_path / f"{kind}.{form}"
        if form == "csv":
            columns = list(dict.fromkeys(name for row in rows for name in row))
            with path.open("w", encoding=encoding, newline="") as file:
                writer = csv.DictWriter(file, columns, lineterminator="\n")
                writer.writeheader()
                writer.writerows(rows)
        else:
            lines = [json.dumps(row, ensure_ascii=escaped) + "\n" for row in rows]
            path.write_text("".join(lines), encoding)
        job = run.Job(
            register=REGISTERS[kind],
            path=path,
            form=form,
            encoding=encoding,
            rejects=tmp_path / "rejects.csv",
            **options,
        )
        return run.run(job, registry_database, vault, told=lambda _: None)[1]

    return take
