"""User names: an alphabet, one key, and no impostors."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idp.accounts import usernames


@pytest.mark.parametrize(
    ("written", "name", "key"),
    [
        ("zhangsan", "zhangsan", "zhangsan"),
        (" Zhang.San ", "Zhang.San", "zhang.san"),
        ("Ｚhang＿san", "Zhang_san", "zhang_san"),
        ("张三丰的号", "张三丰的号", "张三丰的号"),
        ("张三_2024", "张三_2024", "张三_2024"),
        ("一心一意", "一心一意", "一心一意"),
        ("badminton", "badminton", "badminton"),
        ("rooter", "rooter", "rooter"),
        ("a1b2", "a1b2", "a1b2"),
        ("n" * 32, "n" * 32, "n" * 32),
    ],
)
def test_what_may_be_a_user_name(written, name, key):
    assert usernames.parse(written) == usernames.Username(name, key)
    assert usernames.key(written) == key


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ("", "username_length"),
        ("abc", "username_length"),
        ("张三", "username_length"),
        ("n" * 33, "username_length"),
        ("\u0301\u0316" * 25_000, "username_length"),
        ("zhang san", "username_characters"),
        ("zhang@san", "username_characters"),
        ("_zhang", "username_characters"),
        ("zhang.", "username_characters"),
        ("zh\u0430ng", "username_characters"),
        ("zh\u03b1ng", "username_characters"),
        ("zhang\u200bsan", "username_characters"),
        ("zhang\u202esan", "username_characters"),
        ("zhangsan\x00", "username_characters"),
        ("zhang\ud800", "username_characters"),
        ("e\u0301cole", "username_characters"),
        ("1234", "username_number"),
        ("13800138000", "username_number"),
        ("138-0013-8000", "username_number"),
        ("１３８００１３８０００", "username_number"),
        ("11010119900307002X", "username_number"),
        ("11010119900307002x", "username_number"),
        ("usa310012345678", "username_number"),
        ("丨ove", "username_confusable"),
        ("g〇〇d", "username_confusable"),
        ("zhang一san", "username_confusable"),
        ("admin", "username_reserved"),
        ("ADMIN", "username_reserved"),
        ("ａｄｍｉｎ", "username_reserved"),
        ("𝐚𝐝𝐦𝐢𝐧", "username_reserved"),
        ("adm1n", "username_reserved"),
        ("r00t", "username_reserved"),
        ("adrnin", "username_reserved"),
        ("a.d.m.i.n", "username_reserved"),
        ("manyou-support", "username_reserved"),
        ("ManYou", "username_reserved"),
        ("超级管理员", "username_reserved"),
        ("官方客服01", "username_reserved"),
    ],
)
def test_what_may_not(wrong, code):
    with pytest.raises(usernames.UsernameError) as refusal:
        usernames.parse(wrong)

    assert (refusal.value.code, refusal.value.status) == (code, 400)
    assert refusal.value.description.isascii()


def test_one_key_for_all_spellings():
    """Whoever registers Ｌｉ_Ｓｉ later is told that the name is taken."""
    assert {usernames.key(n) for n in ("Li_Si", "li_si", "LI_SI", "Ｌｉ＿Ｓｉ")} == {"li_si"}


@given(st.text("abZ019_.-张三〇一Ａ", min_size=2, max_size=34))
def test_the_key_of_a_name_finds_it(text):
    try:
        name = usernames.parse(text)
    except usernames.UsernameError:
        return
    assert usernames.parse(name.text) == name
    assert usernames.key(name.text) == usernames.key(name.key) == name.key


@given(st.text(max_size=140))
def test_arbitrary_text_meets_our_errors_only(text):
    for function in (usernames.parse, usernames.key):
        try:
            function(text)
        except usernames.UsernameError as refusal:
            assert refusal.code.startswith("username_")  # noqa: PT017 - either outcome is right


@pytest.mark.parametrize("flood", ["a" * 50_000, "_" * 50_000, "\ufdfa" * 50_000, "张" * 50_000])
def test_a_flood_of_characters_is_refused_at_once(flood):
    began = time.perf_counter()
    with pytest.raises(usernames.UsernameLengthError):
        usernames.parse(flood)

    assert time.perf_counter() - began < 0.05
