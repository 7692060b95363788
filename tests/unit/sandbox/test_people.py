"""The synthetic people: the same ones each time, with numbers that hold together."""

import re

import pytest

from sandbox import people
from sandbox.identity_numbers import build, check_character, is_valid


@pytest.mark.parametrize(
    "number",
    [
        "11010119900307002X",
        "110101200002290026",
        "810000199001010019",
        "820000199001010010",
        "830000199001010012",
        "931840199001010011",
    ],
)
def test_published_examples_check_out(number):
    """GB 11643-1999 and the permits that share its arithmetic."""
    assert is_valid(number)


def test_one_wrong_digit_is_always_noticed():
    number = build("320199", "19900307", female=True)

    for place in range(17):
        for digit in set("0123456789") - {number[place]}:
            assert not is_valid(number[:place] + digit + number[place + 1 :])


def test_swapped_neighbours_are_always_noticed():
    number = "11010119900307002X"

    for place in range(16):
        if number[place] != number[place + 1]:
            swapped = number[place + 1] + number[place]
            assert not is_valid(number[:place] + swapped + number[place + 2 :])


def test_a_number_can_be_made_to_end_in_x():
    number = build("130199", "19791011", female=False, check="X")

    assert number.endswith("X")
    assert check_character(number[:17]) == "X"
    assert int(number[16]) % 2 == 1


def test_the_people_are_the_same_each_time_and_nobody_shares_anything():
    first = people.everyone()

    assert first == people.everyone()
    for column in ("username", "phone", "id_number", "name"):
        assert len({getattr(person, column) for person in first}) == len(first) == 12


def test_the_people_are_of_every_kind():
    everyone = people.everyone()
    prefixes = {person.id_number[:6] for person in everyone}

    assert all(is_valid(person.id_number) for person in everyone)
    assert {"810000", "820000", "830000"} <= prefixes
    assert any(person.id_number.startswith("9") for person in everyone)
    assert any("\u00b7" in person.name for person in everyone)
    assert any(ord(character) > 0xFFFF for person in everyone for character in person.name)
    assert min(person.id_number[6:10] for person in everyone) < "1940"


def test_nobody_can_be_real():
    """County code 99 was never assigned; the phones are from the test range."""
    for person in people.everyone():
        assert re.fullmatch(r"13800138\d{3}", person.phone)
        if person.id_number[0] in "1234567":
            assert person.id_number[4:6] == "99"
