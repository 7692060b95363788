"""Unified social credit codes: GB 32100-2015, GB 11714-1997 and ISO 7064 MOD 11,10."""

import timeit
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.formats import credit_codes
from idp.formats.credit_codes import (
    ALPHABET,
    CreditCodeAuthorityError,
    CreditCodeCharactersError,
    CreditCodeChecksumError,
    CreditCodeError,
    CreditCodeLengthError,
    RegistrationNumberError,
    check_character,
    organisation_check,
    parse,
    parse_registration_number,
    registration_check,
)

VALID = ("91110000600037341L", "A1110000MA0012345B", "N2340100MA2UN1234E")


@st.composite
def codes(draw):
    head = draw(st.sampled_from("123456789ANY")) + draw(st.sampled_from(ALPHABET))
    region = draw(st.integers(0, 999_999))
    eight = "".join(draw(st.lists(st.sampled_from(ALPHABET), min_size=8, max_size=8)))
    ninth = draw(st.sampled_from(ALPHABET))
    body = f"{head}{region:06}{eight}{ninth}"
    return body + check_character(body)


@pytest.mark.parametrize("code", VALID)
def test_published_codes_are_valid(code):
    assert parse(code).code == code


def test_a_code_tells_department_kind_region_and_organisation():
    """GB 32100-2015 §4: 1 department, 1 kind, 6 region, 9 organisation, 1 check."""
    code = parse("91110000600037341L")

    assert (code.department, code.kind, code.region) == ("9", "1", "110000")
    assert code.organisation == "600037341"
    assert organisation_check(code.organisation[:8]) == code.organisation[8]


@pytest.mark.parametrize(
    "written",
    [
        "91110000600037341l",
        " 9111 0000 6000 37341L ",
        "９１１１００００６０００３７３４１Ｌ",
        "91110000-60003734-1L",
    ],
)
def test_a_code_is_folded_before_it_is_read(written):
    assert parse(written).code == "91110000600037341L"


@pytest.mark.parametrize(
    ("written", "error"),
    [
        ("", CreditCodeLengthError),
        ("91110000600037341", CreditCodeLengthError),
        ("9" * 5000, CreditCodeLengthError),
        ("91110000600037341I", CreditCodeCharactersError),
        ("9111000O600037341L", CreditCodeCharactersError),
        ("91A10000600037341L", CreditCodeCharactersError),
        ("٩1110000600037341L", CreditCodeCharactersError),
        ("01110000600037341L", CreditCodeAuthorityError),
        ("B1110000600037341L", CreditCodeAuthorityError),
        ("91110000600037342L", CreditCodeChecksumError),
    ],
)
def test_what_is_wrong_is_named(written, error):
    with pytest.raises(error) as refused:
        parse(written)

    assert type(refused.value) is error


@given(codes())
def test_every_built_code_is_read_back(code):
    assert parse(code).code == code


@given(codes(), st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_noticed(code, place, other):
    """Weights are powers of a primitive root of 31: no single error leaves the sum alone."""
    if other == code[place]:
        return
    with pytest.raises(CreditCodeError):
        parse(code[:place] + other + code[place + 1 :])


@given(codes(), st.integers(0, 15))
def test_neighbours_exchanged_are_always_noticed(code, place):
    if code[place] == code[place + 1]:
        return
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    with pytest.raises(CreditCodeError):
        parse(swapped)


@given(st.text(max_size=40))
def test_nothing_makes_it_stumble(text):
    """Whatever is entered, the answer is a code or one of our errors."""
    with suppress(CreditCodeError):
        assert len(parse(text).code) == 18


def test_a_published_registration_number_is_valid():
    assert parse_registration_number("340000000016368") == "340000000016368"


@given(st.integers(0, 10**14 - 1), st.integers(0, 14), st.integers(1, 9))
def test_a_wrong_digit_of_a_registration_number_is_always_noticed(body, place, shift):
    """ISO 7064 hybrid systems detect all single substitutions."""
    number = f"{body:014}" + registration_check(f"{body:014}")
    assert parse_registration_number(number) == number
    wrong = str((int(number[place]) + shift) % 10)

    with pytest.raises(RegistrationNumberError):
        parse_registration_number(number[:place] + wrong + number[place + 1 :])


@pytest.mark.parametrize("written", ["", "34000000001636", "34000000001636X", "3400000000163680"])
def test_another_form_is_no_registration_number(written):
    with pytest.raises(RegistrationNumberError):
        parse_registration_number(written)


def test_reading_is_quick():
    """No goal of its own, but the importer reads as many as persons: far below 100 us."""
    seconds = min(timeit.repeat(lambda: parse(VALID[0]), number=2000, repeat=5)) / 2000

    assert seconds < 100e-6


def test_error_codes_are_distinct():
    kinds = (credit_codes.CreditCodeError, *credit_codes.CreditCodeError.__subclasses__())

    assert len({kind.code for kind in kinds}) == len(kinds) == 5
