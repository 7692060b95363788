"""The importer: nothing lost, nothing twice, and a reason for each line refused."""

import csv
import os
import signal
import subprocess
import time

import pytest

from idp.db import Statement
from idp.formats.id_numbers import check_digit
from idp.registry.cli import cli
from idp.registry.importer import chunks, encodings, run
from idp.registry.importer.registers import POPULATION, REGISTERS
from idp.registry.synthesis.write import write
from tests import live

_COUNT = Statement("SELECT COUNT(*) AS n FROM resident")
_DUMP = Statement("SELECT * FROM resident ORDER BY person, begins")


def number(sequence, region="110199", birth="19900307"):
    body = f"{region}{birth}{sequence:03}"
    return body + check_digit(body)


@pytest.fixture
def job(tmp_path):
    """A file of 3,000 invented residents, to be imported."""

    def make(count=3000, **options):
        path = tmp_path / "people.csv"
        if not path.exists():
            with path.open("wb") as out:
                write(out, "population", count, seed=7, form="csv", encoding="utf-8")
        options = {"form": "csv", "encoding": "utf-8", **options}
        return run.Job(register=POPULATION, path=path, rejects=tmp_path / "rejects.csv", **options)

    return make


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setattr(chunks, "SIZE", 20_000)


@pytest.fixture
def dump(registry_database):
    def read():
        with registry_database.read() as tx:
            return [
                tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)
                for row in tx.all(_DUMP)
            ]

    return read


def _rejects(directory):
    return list(csv.DictReader((directory / "rejects.csv").read_text("utf-8").splitlines()))


def _counts(done):
    return done.imported, done.unchanged, done.rejected


def test_the_same_file_twice_changes_nothing(job, registry_database, vault, dump, small_chunks):
    """Upsert by natural key: a second delivery of the same is no event."""
    _, first = run.run(job(), registry_database, vault, told=lambda _: None)
    before = dump()
    _, second = run.run(job(), registry_database, vault, told=lambda _: None)

    assert _counts(first) == (len(before), 3000 - len(before), 0)
    assert len(before) > 2990
    assert second.imported <= 3000 - len(before)  # rows that share a key take turns
    assert dump() == before


def test_what_changed_replaces_what_was(take_in, dump):
    row = {"gmsfhm": number(1), "xm": "王小明", "lxdh": "16900000001"}
    take_in("population", row)
    (before,) = dump()

    done = take_in("population", {**row, "lxdh": "16900000002"})

    (after,) = dump()
    assert _counts(done) == (1, 0, 0)
    assert [a == b for a, b in zip(before, after, strict=True)].count(False) == 1


def test_an_interruption_loses_and_doubles_nothing(
    job, registry_database, vault, dump, small_chunks, monkeypatch
):
    """Rows and mark are one transaction, and the rejects file is cut back to the mark."""
    path = job().path
    with path.open("ab") as file:
        file.write(b"not,a,row\n" * 3)
    real = run.progress.note

    def fail_at_third(target, file, register, progress):
        real(target, file, register, progress)
        if progress.lines > 600:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(run.progress, "note", fail_at_third)
        with pytest.raises(KeyboardInterrupt):
            run.run(job(), registry_database, vault, told=lambda _: None)
    partial = dump()

    before, done = run.run(job(), registry_database, vault, told=lambda _: None)

    assert 0 < before == len(partial) < 3000
    assert sum(_counts(done)) == 3003
    assert done.rejected == 3
    whole = dump()
    assert done.imported == len(whole)
    rejected = _rejects(path.parent)
    assert [int(row["line"]) for row in rejected] == [3002, 3003, 3004]


def test_several_processes_do_what_one_does(job, registry_database, vault, dump, small_chunks):
    _, done = run.run(job(processes=2), registry_database, vault, told=lambda _: None)
    by_two = dump()
    with registry_database.write() as tx:
        tx.run(Statement("DELETE FROM resident"))

    _, alone = run.run(job(), registry_database, vault, told=lambda _: None)

    assert _counts(done) == _counts(alone)
    assert by_two == dump()


@pytest.mark.parametrize(
    ("changes", "field", "code", "shown"),
    [
        ({"gmsfhm": "110101199003070021"}, "id_number", "id_number_checksum", "1****************1"),
        ({"gmsfhm": ""}, "id_number", "id_number_length", ""),
        ({"xm": "王5"}, "name", "real_name_characters", "王*"),
        ({"lxdh": "12345"}, "phone", "phone_invalid", "*****"),
        ({"csrq": "19900308"}, "birth_date", "import_cells_contradict", "1*******"),
        ({"swrq": "20240231"}, "status", "import_date_invalid", ""),
        ({"ryzt": "9"}, "status", "import_state_unknown", "9"),
        ({"yxqxqsrq": "20200101", "yxqxjzrq": "20190101"}, "valid_until",
         "import_cells_contradict", "2*******"),
        ({"jlbz": "0"}, "period_ends", "import_cell_missing", ""),
    ],
)  # fmt: skip
def test_a_refused_line_says_why_and_not_whose(take_in, tmp_path, changes, field, code, shown):
    good = {"gmsfhm": number(2), "xm": "李大力"}

    done = take_in("population", good, {"gmsfhm": number(1), "xm": "王小明", **changes})

    (row,) = _rejects(tmp_path)
    assert (row["line"], row["field"], row["code"], row["value"]) == ("3", field, code, shown)
    assert row["why"]
    assert _counts(done) == (1, 0, 1)


def test_a_malformed_line_does_not_take_others_along(registry_database, vault, tmp_path, job):
    """One open quote must not swallow what follows: a record is one line."""
    path = tmp_path / "people.csv"
    lines = [f'{number(1)},"王小明"', f'{number(2)},"李大力', f"{number(3)},赵三,x", number(4), ""]
    path.write_text("gmsfhm,xm\r\n" + "\r\n".join([*lines, f"{number(5)},钱五"]))

    _, done = run.run(job(), registry_database, vault, told=lambda _: None)

    assert _counts(done) == (3, 0, 2)  # an unclosed quote is read to the end of its line


def test_bytes_of_another_encoding_refuse_their_line_alone(registry_database, vault, tmp_path, job):
    path = tmp_path / "people.csv"
    path.write_bytes(
        b"gmsfhm,xm\n" + f"{number(1)},王小明\n".encode() + b"%s,\xff\xfe\n" % number(2).encode()
    )

    _, done = run.run(job(), registry_database, vault, told=lambda _: None)

    assert _counts(done) == (1, 0, 1)


_NASTY = (
    "", " ", "\0", "\ud800", "=1+1", "+1", "-1", "@x", "\u202e", "9" * 30, "9" * 5000, "٣" * 12,
    "１" * 8, "2019 1 1", "99999999999999", "a" * 5000, "\u0301" * 60, "[]", "{}", "True", "1e5",
    "\x1b[31m",
)  # fmt: skip


@pytest.mark.parametrize("kind", sorted(REGISTERS))
def test_no_cell_stops_an_import(take_in, tmp_path, kind):
    """Whatever stands in a cell, its line is taken or refused, and the next one read."""
    good = {
        "population": {"id_number": number(1), "name": "王小明"},
        "social-security": {"id_number": number(1), "name": "王小明"},
        "legal-persons": {"credit_code": "91110000600037341L", "name": "江北云水有限公司"},
        "entry-exit": {
            "document": "passport", "number": "E12345678",
            "name": "王小明", "birth_date": "19900307",
        },
    }[kind]  # fmt: skip
    fields = REGISTERS[kind].fields
    rows = [{**good, field: value} for field in fields for value in _NASTY]
    rows += [{**good, field: {"a": [1]}} for field in fields]

    done = take_in(kind, *rows, good, form="jsonl", escaped=True)

    assert done.rows == len(rows) + 1
    assert done.imported
    values = [row["value"] for row in _rejects(tmp_path)]
    assert not [value for value in values if value[:1] in "=+-@" and value]
    assert "".join(values).isprintable()


def test_a_file_that_changes_meanwhile_is_not_called_imported(
    job, registry_database, vault, small_chunks
):
    """What was taken in would be half of each."""
    made = job()

    def touch(_):
        os.utime(made.path, (1, 1))

    with pytest.raises(run.FileChangedError):
        run.run(made, registry_database, vault, told=touch)


def test_refused_lines_follow_no_link(job, registry_database, vault, tmp_path):
    """Who may put files beside ours must not choose what an operator's import writes over."""
    precious = tmp_path / "precious"
    precious.write_text("kept")
    (tmp_path / "rejects.csv").symlink_to(precious)

    with pytest.raises(OSError, match="symbolic"):
        run.run(job(10), registry_database, vault, told=lambda _: None)

    assert precious.read_text() == "kept"


def test_a_file_is_not_its_own_rejects(app, tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("gmsfhm,xm\n")

    answer = app.test_cli_runner().invoke(cli, ["import", str(path), "--rejects", str(path)])

    assert answer.exit_code == 2, answer.output
    assert "the file itself" in answer.output
    assert path.read_text() == "gmsfhm,xm\n"


@pytest.mark.parametrize("processes", [1, 2])
def test_an_endless_line_is_refused_without_being_kept(
    job, registry_database, vault, tmp_path, small_chunks, processes
):
    path = tmp_path / "people.csv"
    long = f"{number(2)}," + "大" * 40_000
    lines = ["gmsfhm,xm", f"{number(1)},王小明", long, f"{number(3)},赵三", long]
    path.write_text("\n".join(lines))

    _, done = run.run(job(processes=processes), registry_database, vault, told=lambda _: None)

    assert _counts(done) == (2, 0, 2)
    assert (done.byte_offset, done.lines) == (path.stat().st_size, 5)
    assert [row["line"] for row in _rejects(tmp_path)] == ["3", "5"]
    with path.open("rb") as file:
        assert max(len(data) for _, data in chunks.cut(file)) <= 2 * chunks.SIZE + 1


@pytest.mark.parametrize("header", ["gmsfhm,phone", "a,b", "", '"'])
def test_a_file_without_the_columns_is_refused(registry_database, vault, tmp_path, job, header):
    (tmp_path / "people.csv").write_text(f"{header}\n1,2\n")

    with pytest.raises(run.HeaderError):
        run.run(job(), registry_database, vault, told=lambda _: None)


def test_a_rehearsal_writes_no_database(job, registry_database, vault, dump):
    _, done = run.run(job(dry_run=True), registry_database, vault, told=lambda _: None)

    assert sum(_counts(done)) == 3000
    assert dump() == []
    with registry_database.read() as tx:
        assert not tx.all(Statement("SELECT * FROM registry_key"))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_forms_and_encodings_mean_the_same(take_in, dump, form, encoding):
    """UTF-8 or GB 18030, CSV or JSON: the table is the same, but for the key of this database."""
    rows = [
        {"id_number": number(1), "name": "王𬱖", "phone": "16900000001"},
        {"id_number": number(2), "name": "李䶮", "phone": ""},
    ]

    done = take_in("population", *rows, form=form, encoding=encoding)

    assert _counts(done) == (2, 0, 0)
    again = take_in("population", *rows, form="csv", encoding="utf-8")
    assert _counts(again) == (0, 2, 0)


@pytest.mark.parametrize(
    ("octets", "character"),
    [
        ("FE59", 0x9FB4), ("FE61", 0x9FB5), ("FE66", 0x9FB6), ("FE67", 0x9FB7), ("FE6D", 0x9FB8),
        ("FE7E", 0x9FB9), ("FE90", 0x9FBA), ("FEA0", 0x9FBB), ("A6D9", 0xFE10), ("A6DA", 0xFE12),
        ("A6DB", 0xFE11), ("A6DC", 0xFE13), ("A6DD", 0xFE14), ("A6DE", 0xFE15), ("A6DF", 0xFE16),
        ("A6EC", 0xFE17), ("A6ED", 0xFE18), ("A6F3", 0xFE19), ("A8BC", 0x1E3F),
    ],
)  # fmt: skip
def test_gb_18030_is_that_of_2022(octets, character):
    """GB 18030-2022 moves 18 two-byte codes and A8BC out of private use; Python has not yet."""
    assert encodings.decode(bytes.fromhex(octets), "gb18030") == chr(character)


def test_a_name_in_gb_18030_is_found_by_its_unicode(take_in, registry_database, vault):
    from idp.registry.local.population import LocalPopulation
    from idp.registry.queries import PersonQuery
    from idp.registry.results import Result

    path_bytes = "李".encode("gb18030") + bytes.fromhex("FE59")
    name = encodings.decode(path_bytes, "gb18030")
    take_in("population", {"gmsfhm": number(1), "xm": name})

    query = PersonQuery(name="李\u9fb4", id_number=number(1))
    assert LocalPopulation(registry_database, vault).check(query).result is Result.MATCH


@pytest.mark.parametrize(
    ("text", "encoding"), [("gmsfhm,姓名", "utf-8"), ("gmsfhm,姓名", "gb18030")]
)
def test_the_encoding_is_found_out(text, encoding):
    assert encodings.detect(text.encode(encoding)) == encoding


def test_a_byte_order_mark_is_no_part_of_a_column(take_in):
    done = take_in("population", {"gmsfhm": number(1), "xm": "王小明"}, encoding="utf-8-sig")

    assert _counts(done) == (1, 0, 0)


def test_killed_in_the_middle_it_goes_on(settings, registry_database, tmp_path):
    """kill -9, then the same command again: no row lost, none twice."""

    def count():
        with registry_database.read() as tx:
            return tx.one(_COUNT).n

    path = tmp_path / "many.csv"
    with path.open("wb") as out:
        write(out, "population", 60_000, seed=3, form="csv", encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": str(live.ROOT)}
    env |= {
        "MANYOU_PROFILE": "test",
        "MANYOU_ISSUER": settings.issuer,
        "MANYOU_DATA_DIR": str(tmp_path),
        "MANYOU_CRYPTO__MASTER_KEYS": settings.crypto.master_keys.get_secret_value(),
        "MANYOU_REGISTRY_DATABASE_URL": settings.registry_database,
    }
    command = [*live.MANYOU, "registry", "import", "--kind", "population", str(path)]
    victim = subprocess.Popen(command, cwd=live.ROOT, env=env, stdout=subprocess.PIPE)
    deadline = time.monotonic() + 60
    while not count() and time.monotonic() < deadline and victim.poll() is None:
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    victim.communicate()
    partial = count()

    again = live.Provider("", env, tmp_path).run(*command[len(live.MANYOU) :])

    assert 0 < partial < 59_900, "it was not killed in the middle"
    assert again["rows"] == 60_000
    assert again["resumed_after"] >= partial
    assert count() == again["imported"] > 59_900


@pytest.mark.parametrize("kind", sorted(REGISTERS))
def test_what_is_invented_is_accepted(registry_database, vault, tmp_path, kind):
    """Every synthetic row passes the same checks as an authority's."""
    path = tmp_path / f"{kind}.jsonl"
    with path.open("wb") as out:
        write(out, kind, 2000, seed=5, form="jsonl", encoding="utf-8")
    job = run.Job(
        register=REGISTERS[kind],
        path=path,
        form="jsonl",
        encoding="utf-8",
        rejects=tmp_path / "rejects.csv",
    )

    _, done = run.run(job, registry_database, vault, told=lambda _: None)

    assert (done.rejected, sum(_counts(done))) == (0, 2000)
    assert done.unchanged < 20
