"""Travel documents: lifelong permits with their count of renewals, and passports."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.formats.travel_documents import (
    Kind,
    TravelDocumentCharactersError,
    TravelDocumentError,
    TravelDocumentLengthError,
    TravelDocumentStateError,
    mask,
    parse,
)
from idp.registry.queries import TravelDocument

HK = Kind.HONG_KONG_MACAO_PERMIT


@pytest.mark.parametrize(
    ("kind", "written", "number", "issue"),
    [
        (HK, "H12345678", "H12345678", None),
        (HK, "h1234567801", "H12345678", "01"),
        (HK, "M 1234 5678 02", "M12345678", "02"),
        (Kind.TAIWAN_PERMIT, "12345678", "12345678", None),
        (Kind.TAIWAN_PERMIT, "1234567803", "12345678", "03"),
        (Kind.PASSPORT, "EA1234567", "EA1234567", None),
        (Kind.PASSPORT, "e12345678", "E12345678", None),
        (Kind.PASSPORT, "Ｇ12345678", "G12345678", None),
        (Kind.PASSPORT, "DE1234567", "DE1234567", None),
    ],
)
def test_a_number_is_read(kind, written, number, issue):
    """A permit's number is for life; the two digits after it count its renewals."""
    read = parse(kind, written)

    assert (read.number, read.issue, read.state) == (number, issue, "CHN")
    assert read.lifelong is (kind is not Kind.PASSPORT)


def test_a_foreign_passport_has_a_state():
    read = parse(Kind.FOREIGN_PASSPORT, "ab-1234567", state="SWE")

    assert (read.number, read.state) == ("AB1234567", "SWE")


@pytest.mark.parametrize(
    ("kind", "written", "state", "error"),
    [
        (HK, "H1234567", "CHN", TravelDocumentLengthError),
        (HK, "H123456780", "CHN", TravelDocumentLengthError),
        (HK, "X12345678", "CHN", TravelDocumentCharactersError),
        (HK, "H1234567٨", "CHN", TravelDocumentCharactersError),
        (Kind.TAIWAN_PERMIT, "1234567A", "CHN", TravelDocumentCharactersError),
        (Kind.PASSPORT, "EI1234567", "CHN", TravelDocumentCharactersError),
        (Kind.PASSPORT, "EO1234567", "CHN", TravelDocumentCharactersError),
        (Kind.PASSPORT, "E1234567", "CHN", TravelDocumentCharactersError),
        (Kind.PASSPORT, "", "CHN", TravelDocumentLengthError),
        (Kind.PASSPORT, "EA1234567", "SWE", TravelDocumentStateError),
        (Kind.FOREIGN_PASSPORT, "AB1234567", "CHN", TravelDocumentStateError),
        (Kind.FOREIGN_PASSPORT, "AB1234567", "Sweden", TravelDocumentStateError),
        (Kind.FOREIGN_PASSPORT, "AB12345678", "SWE", TravelDocumentLengthError),
        (Kind.FOREIGN_PASSPORT, "AB_1234", "SWE", TravelDocumentCharactersError),
        (Kind.FOREIGN_PASSPORT, "1" * 9999, "SWE", TravelDocumentLengthError),
    ],
)
def test_what_is_wrong_is_named(kind, written, state, error):
    with pytest.raises(error) as refused:
        parse(kind, written, state=state)

    assert type(refused.value) is error


@given(st.sampled_from(Kind), st.text(max_size=30), st.text(max_size=4))
def test_nothing_makes_it_stumble(kind, text, state):
    """Whatever is entered, the answer is a number or one of our errors."""
    with suppress(TravelDocumentError):
        assert parse(kind, text, state=state).number.isascii()


@given(st.text(min_size=0, max_size=20))
def test_a_mask_hides_the_middle(number):
    shown = mask(number)

    assert shown.count("*") >= min(len(number), 2)
    assert shown != number or set(number) == {"*"}


def test_the_words_are_those_of_the_registry():
    """The port's vocabulary and ours are one."""
    assert {kind.value for kind in Kind} < {kind.value for kind in TravelDocument}
