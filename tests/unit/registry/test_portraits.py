"""Portraits: taken in whatever they were, sealed one by one, compared, and erased for good."""

import csv
import json
import zipfile

import cv2
import numpy as np
import pytest

from idp.crypto.vault import MasterKey, Vault, parse_ring
from idp.db import Statement
from idp.formats.id_numbers import check_digit
from idp.registry.cli import cli
from idp.registry.importer import portrait_files
from idp.registry.importer import portraits as importing
from idp.registry.importer.drawers import Drawer
from idp.registry.importer.redraw import HEAVIEST, LONGEST_SIDE
from idp.registry.local import keys, portraits
from idp.registry.local.fingerprints import maker
from idp.registry.local.population import LocalPopulation
from idp.registry.ports import AuthorityError, UnsupportedQueryError
from idp.registry.queries import PersonQuery
from idp.registry.results import Result
from liveness.isolation.door import inspect
from tests.unit.liveness import pictures

_ROWS = Statement("SELECT person, sealed, taken_on FROM portrait ORDER BY person")
_MOVE = Statement("UPDATE portrait SET person = :there WHERE person = :here")


def number(sequence):
    body = f"11019919900307{sequence:03}"
    return body + check_digit(body)


CHEN, ZHOU, NOBODY = number(2), number(1), number(3)


@pytest.fixture
def residents(take_in):
    take_in(
        "population",
        {"id_number": CHEN, "name": "陈雨桐", "ryzt": "0"},
        {"id_number": ZHOU, "name": "周明远", "ryzt": "0"},
    )


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "portraits"
    made.mkdir()
    return made


@pytest.fixture
def bring(registry_database, vault, residents, tmp_path):
    """Take a folder or archive in, and return what was counted and what was refused."""

    def take(source, listed=None, told=lambda _: None, **options):
        with portrait_files.opened(source, listed) as delivery:
            job = importing.Job(delivery=delivery, rejects=tmp_path / "rejects.csv", **options)
            before, done = importing.run(job, registry_database, vault, told=told)
        with (tmp_path / "rejects.csv").open(encoding="utf-8") as file:
            rejects = [(row["line"], row["code"]) for row in csv.DictReader(file)]
        return before, done.imported, rejects

    return take


@pytest.fixture
def kept(registry_database, vault):
    """Return the portrait that is kept of a number, or None."""

    def find(of):
        with registry_database.read() as tx:
            key = keys.find(tx, vault, "population")
            return portraits.find(tx, vault, maker(key)("person", of, ""))

    return find


def fill(folder, **files):
    for name, octets in files.items():
        (folder / name).write_bytes(octets)


def shot(height=120, width=100):
    """Something with large shapes: noise would not survive being drawn anew."""
    made = np.zeros((height, width, 3), np.uint8)
    made[: height // 2], made[:, width // 3 : width // 2] = (200, 120, 40), (20, 180, 230)
    return made


def test_a_portrait_is_found_by_the_name_of_its_file(folder, bring, kept):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot()), f"{ZHOU}.PNG": pictures.png(shot())})

    assert bring(folder) == (0, 2, [])

    for who in (CHEN, ZHOU):
        header = inspect(kept(who))
        assert (header.kind, header.width, header.height) == ("jpeg", 100, 120)


def test_a_list_says_whose_a_picture_is(folder, bring, kept, tmp_path):
    fill(folder, **{"a1.jpg": pictures.jpeg(shot())})
    listed = tmp_path / "list.csv"
    listed.write_text(f"zpid,gmsfhm,pzrq\na1.jpg,{CHEN},20200102\nb2.jpg,{ZHOU},\nx\n", "utf-8")

    assert bring(folder, listed) == (
        0, 1, [("2", "import_picture_missing"), ("3", "import_row_malformed")],
    )  # fmt: skip
    assert kept(CHEN)


@pytest.mark.parametrize("packed", [zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED])
def test_a_zip_archive_is_read_where_it_lies(bring, kept, tmp_path, packed):
    path = tmp_path / "delivery.zip"
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr(f"2024/{CHEN}.jpg", pictures.jpeg(shot()))
        archive.writestr(f"2024/{ZHOU}.jpg", bytes(30 << 20))
        archive.writestr("readme.txt", "no portrait")

    assert bring(path) == (0, 1, [("1", "import_picture_size")])
    assert kept(CHEN)


def test_what_is_no_archive_is_none(tmp_path):
    path = tmp_path / "delivery.zip"
    path.write_bytes(b"hello")

    with (
        pytest.raises(portrait_files.ArchiveError),
        portrait_files.opened(path, None),
    ):
        pass


@pytest.mark.parametrize(
    "drawn",
    [
        pictures.progressive_jpeg,
        pictures.sixteen_bit_png,
        lambda: pictures.with_zip(pictures.jpeg(shot())),
        lambda: pictures.jpeg(shot()) + b"<script>alert(1)</script>",
        lambda: pictures.jpeg(shot()) * 2,
        lambda: pictures.jpeg(shot(3000, 2400)),
        lambda: pictures.jpeg(pictures.noise(900, 900)),
        lambda: pictures.webp(shot()),
        cv2.imencode(".bmp", shot())[1].tobytes,
        lambda: pictures.png(pictures.noise(channels=4)),
        lambda: pictures.jpeg(pictures.noise(channels=1)),
    ],
)
def test_whatever_it_was_it_is_a_small_baseline_jpeg_now(drawn):
    """The door of the room of vision, which is strict, lets all of them in."""
    with Drawer() as drawer:
        found = drawer.draw(drawn())

    header = inspect(found)
    assert header.kind == "jpeg"
    assert max(header.width, header.height) <= LONGEST_SIDE
    assert len(found) <= HEAVIEST
    assert b"<script>" not in found
    assert b"PK\x03\x04" not in found


REFUSED = {
    "bomb": (pictures.bomb, "import_picture_size"),
    "eight-bit bomb": (pictures.deep_bomb, "import_picture_size"),
    "huge": (pictures.huge_jpeg, "import_picture_size"),
    "a pixel": (lambda: pictures.png(pictures.noise(1, 1)), "import_picture_size"),
    "a strip": (lambda: pictures.png(pictures.noise(50, 4000)), "import_picture_size"),
    "heavy": (lambda: pictures.jpeg() + bytes(21 << 20), "import_picture_size"),
    "svg": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg'/>", "import_picture_unreadable"),
    "tiff": (lambda: b"II*\x00" + bytes(100), "import_picture_unreadable"),
    "gif": (pictures.gif, "import_picture_unreadable"),
    "stump": (lambda: pictures.jpeg()[:40], "import_picture_unreadable"),
    "nothing": (lambda: b"", "import_picture_unreadable"),
    "text": (lambda: b"hello", "import_picture_unreadable"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_a_portrait_is_refused_with_its_reason(folder, bring, kept, what):
    made, code = REFUSED[what]
    fill(folder, **{f"{CHEN}.jpg": made(), f"{ZHOU}.jpg": pictures.jpeg(shot())})

    assert bring(folder)[1:] == (1, [("2", code)])
    assert kept(CHEN) is None
    assert kept(ZHOU)


def test_a_process_that_dies_over_a_picture_costs_that_picture(tmp_path):
    """A reader that ends at the word "die" is started again for the next picture."""
    script = tmp_path / "mortal.py"
    script.write_text(
        "import sys\nfrom idp.registry.importer import redraw\n"
        "draw = redraw.redraw\n"
        "redraw.redraw = lambda octets: sys.exit(3) if octets == b'die' else draw(octets)\n"
        "redraw.serve(sys.stdin.buffer, sys.stdout.buffer)\n",
        "utf-8",
    )
    with Drawer((str(script),)) as drawer:
        with pytest.raises(Exception, match="import_picture_unreadable"):
            drawer.draw(b"die")

        assert drawer.draw(pictures.jpeg(shot())).startswith(b"\xff\xd8\xff")


def test_a_process_that_hangs_over_a_picture_is_ended(tmp_path, monkeypatch):
    script = tmp_path / "sloth.py"
    script.write_text(
        "import sys, time\nfrom idp.registry.importer import redraw\n"
        "redraw.redraw = lambda octets: time.sleep(60)\n"
        "redraw.serve(sys.stdin.buffer, sys.stdout.buffer)\n",
        "utf-8",
    )
    monkeypatch.setattr("idp.registry.importer.drawers.DEADLINE", 0.3)

    unreadable = pytest.raises(Exception, match="import_picture_unreadable")
    with Drawer((str(script),)) as drawer, unreadable:
        drawer.draw(b"anything")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (f"{NOBODY}.jpg", "import_portrait_of_nobody"),
        (f"{CHEN[:-1]}0.jpg", "id_number_checksum"),
        ("portrait.jpg", "id_number_length"),
    ],
)
def test_a_portrait_belongs_to_somebody_on_the_register(folder, bring, tmp_path, name, code):
    fill(folder, **{name: pictures.jpeg(shot())})

    assert bring(folder) == (0, 0, [("1", code)])
    assert name.removesuffix(".jpg") not in (tmp_path / "rejects.csv").read_text("utf-8")


def test_without_a_population_there_are_no_portraits(registry_database, vault, folder, tmp_path):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})

    with portrait_files.opened(folder, None) as delivery:
        job = importing.Job(delivery=delivery, rejects=tmp_path / "rejects.csv")
        with pytest.raises(importing.EmptyRegisterError):
            importing.run(job, registry_database, vault, told=lambda _: None)


def test_an_interrupted_import_goes_on_where_it_stopped(folder, bring, kept, monkeypatch):
    monkeypatch.setattr(importing, "BATCH", 1)
    fill(folder, **{f"{NOBODY}.jpg": b"", f"{ZHOU}.jpg": pictures.jpeg(shot())})
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    seen = []

    def interrupt(count):
        seen.append(count)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(folder, told=interrupt)

    assert bring(folder)[:2] == (2, 2)
    assert kept(CHEN)
    assert kept(ZHOU)
    assert bring(folder)[:2] == (0, 2)  # whole deliveries may come again


def test_a_rehearsal_keeps_nothing(folder, bring, kept):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot()), f"{ZHOU}.jpg": b"no picture"})

    assert bring(folder, dry_run=True)[1:] == (1, [("1", "import_picture_unreadable")])
    assert kept(CHEN) is None


def test_a_newer_portrait_takes_the_place_of_the_old_one(folder, bring, kept):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    bring(folder)
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot(200, 160))})
    bring(folder)

    assert inspect(kept(CHEN)).height == 200


def test_what_the_table_holds_shows_nobody(folder, bring, registry_database):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    bring(folder)

    with registry_database.read() as tx:
        (row,) = tx.all(_ROWS)
    assert b"\xff\xd8\xff" not in bytes(row.sealed)
    assert b"/9j/" not in bytes(row.sealed)


def test_a_portrait_moved_to_somebody_else_does_not_open(folder, bring, registry_database, vault):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    bring(folder)
    with registry_database.write() as tx:
        take = maker(keys.find(tx, vault, "population"))
        here, there = take("person", CHEN, ""), take("person", ZHOU, "")
        tx.run(_MOVE, here=here, there=there)

    query = PersonQuery(name="周明远", id_number=ZHOU, portrait=b"x", probe=_Probe(Result.MATCH))
    with pytest.raises(AuthorityError):
        LocalPopulation(registry_database, vault).check(query)


def test_a_new_master_key_opens_the_old_portraits(
    folder, bring, residents, registry_database, vault, take_in
):
    """Only the key's own seal is made anew, at the next import; portraits stay as they are."""
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    bring(folder)
    newer = MasterKey.new("newer")
    both = Vault((newer, *vault._ring.values()))
    with registry_database.write() as tx:
        portraits.safe(tx, both)
        keys.find_or_make(tx, both, "population")

    only = Vault(parse_ring(str(newer)))
    with registry_database.read() as tx:
        take = maker(keys.find(tx, only, "population"))
        assert portraits.find(tx, only, take("person", CHEN, ""))


class _Probe:
    """A face that knows beforehand what it will say."""

    def __init__(self, result):
        self._result = result
        self.shown = []

    def against(self, reference):
        self.shown.append(reference)
        if isinstance(self._result, Exception):
            raise self._result
        return self._result


@pytest.fixture
def ask(folder, bring, registry_database, vault):
    """Ask about CHEN, whose portrait is kept, or ZHOU, of whom there is none."""
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot())})
    bring(folder)
    population = LocalPopulation(registry_database, vault)

    def question(probe, name="陈雨桐", id_number=CHEN):
        query = PersonQuery(name=name, id_number=id_number, portrait=b"now", probe=probe)
        return population.check(query)

    return question


@pytest.mark.parametrize(
    "result", [Result.MATCH, Result.FACE_MISMATCH, Result.NO_PHOTO, Result.LIVENESS_FAIL]
)
def test_the_probe_decides_once_name_and_number_agree(ask, kept, result):
    probe = _Probe(result)

    assert ask(probe).result is result
    assert probe.shown == [kept(CHEN)]


def test_no_portrait_is_opened_for_a_wrong_name(ask):
    probe = _Probe(Result.MATCH)

    assert ask(probe, name="陈雨彤").result is Result.MISMATCH
    assert probe.shown == []


def test_who_has_no_portrait_is_not_compared(ask):
    probe = _Probe(Result.MATCH)

    assert ask(probe, "周明远", ZHOU).result is Result.NO_PHOTO
    assert probe.shown == []


def test_a_portrait_without_a_probe_is_not_compared_here(ask):
    with pytest.raises(UnsupportedQueryError):
        ask(None)


def test_vision_that_is_away_is_no_verdict(ask):
    with pytest.raises(AuthorityError):
        ask(_Probe(AuthorityError(detail="busy")))


def test_no_connection_is_held_while_faces_are_looked_at(ask, registry_database):
    pool = registry_database.engine.pool

    class Curious(_Probe):
        def against(self, reference):
            self.held = pool.checkedout()
            return super().against(reference)

    probe = Curious(Result.MATCH)
    ask(probe)

    assert probe.held == 0


def test_an_erased_portrait_is_gone(ask, kept, registry_database, vault):
    with registry_database.write() as tx:
        person = maker(keys.find(tx, vault, "population"))("person", CHEN, "")
        assert portraits.count(tx) == 1
        assert portraits.erase(tx, person)
        assert not portraits.erase(tx, person)
        assert portraits.count(tx) == 0

    assert kept(CHEN) is None
    assert ask(_Probe(Result.MATCH)).result is Result.NO_PHOTO


def test_the_command_takes_in_counts_and_erases(app, folder, residents, registry_database):
    fill(folder, **{f"{CHEN}.jpg": pictures.jpeg(shot()), f"{ZHOU}.jpg": b"nothing"})
    run = app.test_cli_runner().invoke

    done = run(cli, ["portraits", str(folder), "--processes", "2"])
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert (summary["imported"], summary["rejected"], summary["kept_in_all"]) == (1, 1, 1)

    assert run(cli, ["count-portraits"]).output == "1\n"
    assert "erased" in run(cli, ["erase-portrait"], input=f"{CHEN}\n").output
    assert run(cli, ["erase-portrait"], input=f"{CHEN}\n").exit_code == 1
    assert run(cli, ["count-portraits"]).output == "0\n"
