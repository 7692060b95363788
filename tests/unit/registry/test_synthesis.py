"""Invented people: believable in the mass, awkward now and then, and nobody is real."""

import io
import itertools
from random import Random

import pytest

from idp.formats import id_numbers, names, phones
from idp.registry.synthesis import people
from idp.registry.synthesis.write import KINDS, write


def _written(kind, count, seed, **options):
    out = io.BytesIO()
    write(out, kind, count, seed=seed, **{"form": "csv", "encoding": "utf-8", **options})
    return out.getvalue()


@pytest.fixture(scope="module")
def crowd():
    """Twenty thousand rows, by column."""
    rows = people.residents(20_000, Random(1))
    return [dict(zip(people.COLUMNS, row, strict=True)) for row in rows]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_seed_makes_the_same_rows_again(kind):
    first = _written(kind, 300, 1)

    assert first == _written(kind, 300, 1)
    assert first != _written(kind, 300, 2)
    assert first.count(b"\n") == 301


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_both_encodings_can_write_every_name(kind):
    in_utf_8 = _written(kind, 3000, 1).decode("utf-8")

    assert _written(kind, 3000, 1, encoding="gb18030").decode("gb18030") == in_utf_8


def test_nobody_lives_in_a_county_that_exists(crowd):
    """County 99 was never assigned; permits tell no county; foreigners' cards a nationality."""
    for row in crowd:
        number = id_numbers.parse(row["gmsfhm"])
        if number.kind is id_numbers.Kind.CITIZEN:
            assert number.region.endswith("99")


def test_nobody_has_a_telephone_that_rings(crowd):
    """169 has been given to no operator."""
    numbers = {row["lxdh"] for row in crowd if row["lxdh"]}

    assert all(phones.normalise(number).startswith("+86169") for number in numbers)
    assert len(numbers) > 0.7 * len(crowd)


def test_surnames_and_ages_are_as_frequent_as_they_are(crowd):
    """Wang, Li and Zhang make a fifth of all; the pyramid bulges in the middle."""
    count = len(crowd)
    frequent = sum(row["xm"][0] in "王李张" for row in crowd) / count
    births = [int(row["csrq"][:4]) for row in crowd]

    assert 0.17 < frequent < 0.27
    assert 0.45 < sum(1960 <= year < 2000 for year in births) / count < 0.65
    assert sum(year < 1926 for year in births) < 0.01 * count
    assert abs(sum(row["xb"] == "1" for row in crowd) / count - 0.5) < 0.02


def test_about_one_in_a_hundred_is_awkward(crowd):
    seen = {
        "deceased": sum(row["ryzt"] == "1" for row in crowd),
        "cancelled": sum(row["ryzt"] == "2" for row in crowd),
        "history": sum(row["jlbz"] == "0" for row in crowd),
        "private": sum(names.parse(row["xm"]).rare for row in crowd),
        "permit": sum(row["gmsfhm"][:2] in ("81", "82", "83") for row in crowd),
        "foreign": sum(row["gmsfhm"][0] == "9" for row in crowd),
        "dotted": sum("·" in names.normalise(row["xm"]) for row in crowd),
    }

    assert all(3 < many < 60 for many in seen.values()), seen


def test_who_was_renamed_is_one_person_with_two_rows(crowd):
    """The history row ends on the day that the present one begins."""
    for before, now in itertools.pairwise(crowd):
        if before["jlbz"] == "0":
            assert before["gmsfhm"] == now["gmsfhm"]
            assert before["jssj"] == now["qysj"] > before["qysj"]
            assert before["csrq"] == before["qysj"]
