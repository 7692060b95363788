"""Telephone numbers in E.164."""

import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.formats import phones


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "+8613800138000",
        "+86 138 0013 8000",
        "008613800138000",
        "8613800138000",
        "（+86）138－0013－8000",
        "１３８００１３８０００",
        "＋８６１３８００１３８０００",
        "\u202d138\u00a00013\u00a08000\u202c\n",
    ],
)
def test_one_mainland_number_however_it_is_typed(written):
    assert phones.normalise(written) == "+8613800138000"


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("+852 9123 4567", "+85291234567"),
        ("00852 9123 4567", "+85291234567"),
        ("+1 (201) 555-0123", "+12015550123"),
        ("+44 7400 123456", "+447400123456"),
        ("+44 07400 123456", "+447400123456"),
        ("+853 6612 3456", "+85366123456"),
        ("+886 912 345 678", "+886912345678"),
    ],
)
def test_numbers_from_abroad_need_their_country_code(written, e164):
    assert phones.normalise(written) == e164


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("", "phone_invalid"),
        ("12800138000", "phone_invalid"),
        ("1380013800", "phone_invalid"),
        ("138001380000", "phone_invalid"),
        ("+86 10 6552 9988", "phone_invalid"),
        ("+999 1234567", "phone_invalid"),
        ("+1", "phone_invalid"),
        ("91234567", "phone_invalid"),
        ("+44 20 7946 0958", "phone_not_mobile"),
        ("1380013800a", "phone_characters"),
        ("138++0013800", "phone_characters"),
        ("+1-800-FLOWERS", "phone_characters"),
        ("+852 9123 4567;ext=1", "phone_characters"),
        ("١٣٨٠٠١٣٨٠٠٠", "phone_characters"),
    ],
)
def test_what_cannot_receive_a_code_is_refused(wrong, code):
    with pytest.raises(phones.PhoneError) as refusal:
        phones.normalise(wrong)

    assert (refusal.value.code, refusal.value.status) == (code, 400)
    assert refusal.value.description.isascii()
    assert not wrong or wrong not in str(refusal.value)


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True))
def test_every_mainland_mobile_number_round_trips(digits):
    number = phones.normalise(digits)

    assert number == f"+86{digits}" == phones.normalise(number)
    assert digits[3:7] not in phones.mask(number)[:-4].replace("*", "")


@given(st.sampled_from(["852", "1", "44", "81", "65"]), st.integers(10**6, 10**10))
def test_a_foreign_number_that_passes_is_its_own_normal_form(country, rest):
    try:
        number = phones.normalise(f"+{country}{rest}")
    except phones.PhoneError:
        return
    assert phones.normalise(number) == number
    assert phonenumbers.is_valid_number(phonenumbers.parse(number))


@given(st.text(max_size=120) | st.text("+0123456789８-( \ud800", max_size=20))
def test_arbitrary_text_meets_our_errors_only(text):
    try:
        assert phones.normalise(text).startswith("+")
    except phones.PhoneError as refusal:
        assert refusal.code.startswith("phone_")  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("flood", ["1" * 50_000, "+" * 50_000, "- " * 25_000, "0086" * 12_500])
def test_a_flood_of_characters_is_refused_at_once(flood):
    began = time.perf_counter()
    with pytest.raises(phones.PhoneError):
        phones.normalise(flood)

    assert time.perf_counter() - began < 0.05


def test_a_number_is_shown_without_its_middle():
    assert phones.mask("+8613800138000") == "138****8000"
    assert phones.mask("+85291234567") == "+852****4567"
    assert phones.mask("12345678") == "********"
