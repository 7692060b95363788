"""Passwords: which may be chosen, how they are kept, and what looking tells."""

import logging
import time
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.hash import pbkdf2_sha256

from idp.crypto import common_passwords, passwords, weak_passwords
from idp.crypto.passwords import Cost, PasswordScheme, Verdict, check, prepare

GOOD = "正确的马 battery"


@pytest.fixture(scope="module")
def scheme():
    return PasswordScheme()


@pytest.fixture(scope="module")
def light():
    return PasswordScheme(Cost(memory_kib=64, passes=1))


def test_the_default_cost_is_the_one_we_decided(scheme):
    """OWASP's argon2id for shared servers: 19 MiB, two passes, one lane."""
    stored = scheme.hash(GOOD)

    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert scheme.verify(GOOD, stored) == Verdict(ok=True)
    assert scheme.verify(GOOD + "!", stored) == Verdict(ok=False)
    assert scheme.hash(GOOD) != stored


def test_a_hash_of_another_cost_is_replaced_when_it_opens(light, scheme):
    """Raising the cost reaches each account at its next sign-in, and not for a wrong password."""
    old = light.hash(GOOD)

    verdict = scheme.verify(GOOD, old)

    assert verdict.ok
    assert verdict.replacement is not None
    assert verdict.replacement.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert scheme.verify(GOOD, verdict.replacement) == Verdict(ok=True)
    assert scheme.verify("wrong", old) == Verdict(ok=False)


def test_an_imported_pbkdf2_hash_opens_and_is_replaced(light):
    old = pbkdf2_sha256.using(rounds=1000).hash(GOOD)

    verdict = light.verify(GOOD, old)

    assert verdict.ok
    assert verdict.replacement is not None
    assert verdict.replacement.startswith("$argon2id$")
    assert light.verify("wrong", old) == Verdict(ok=False)


def test_an_unknown_account_takes_as_long_as_a_wrong_password(scheme):
    """Time must not tell who has an account (OWASP ASVS 5.0 §6.3.8)."""
    stored = scheme.hash(GOOD)

    asked = [("wrong", stored), ("wrong", None), ("wrong", ""), ("wrong", "x"), ("\0", stored)]

    def cost(candidate, known):
        began = time.process_time()
        assert not scheme.verify(candidate, known).ok
        return time.process_time() - began

    rounds = [[cost(*question) for question in asked] for _ in range(7)]

    wrong, *others = (min(column) for column in zip(*rounds, strict=True))
    assert all(0.7 < other / wrong < 1.4 for other in others)


def test_an_unreadable_hash_is_a_failure_that_the_log_knows(light, caplog):
    with caplog.at_level(logging.WARNING):
        assert light.verify(GOOD, "$argon2id$v=19$m=64,t=1,p=1$aa$bb") == Verdict(ok=False)

    assert "unreadable" in caplog.text
    assert GOOD not in caplog.text


def test_composed_and_decomposed_letters_are_the_same_password(light):
    """One keyboard sends ö, another o and a diaeresis (NIST SP 800-63B §3.1.1.2)."""
    assert light.verify("Schlo\u0308sser!", light.hash("Schl\u00f6sser!")).ok


def test_a_password_is_never_cut_off(light):
    long = "x" * 127

    assert not light.verify(long + "b", light.hash(long + "a")).ok


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("x" * 129, "password_too_long"),
        ("\u0301\u0316" * 25_000, "password_too_long"),
        ("correct\0horse", "password_characters"),
        ("correct\ud800horse", "password_characters"),
    ],
)
def test_what_cannot_be_hashed_can_neither_be_chosen_nor_match(light, password, code):
    for refuse in (check, light.hash):
        with pytest.raises(passwords.PasswordError) as refusal:
            refuse(password)
        assert (refusal.value.code, refusal.value.status) == (code, 400)
        assert password not in str(refusal.value)
    assert light.verify(password, light.hash(GOOD)) == Verdict(ok=False)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse",
        "aB3$kq0!",
        "xxyyzzqqpp",
        "我喜欢在雨天看书",
        "🐎🔋📎✅🐎🔋📎❌",
        "      ' OR 1=1",
    ],
)
def test_no_rule_says_which_characters_to_mix(password):
    check(password)


def test_length_is_counted_in_characters_as_people_type_them():
    check("o\u0308" * 6 + "xy", minimum=8)
    with pytest.raises(passwords.PasswordTooShortError):
        check("o\u0308" * 5 + "xy", minimum=8)
    with pytest.raises(passwords.PasswordTooShortError) as refusal:
        check("twelve-chars", minimum=15)
    assert refusal.value.minimum == 15
    check("x7" * 3 + "z" * 122)


@pytest.mark.parametrize(
    "password",
    [
        "password", "PASSWORD", "Password1!", "P@ssw0rd", "p@$$w0rd1", "passw0rd", "iloveyou520",
        "12345678", "87654321", "1234567890", "0987654321", "abcdefgh", "zyxwvuts", "aaaaaaaa",
        "........", "12341234", "abababab", "qwertyui", "1qaz2wsx", "1QAZ@WSX", "1q2w3e4r",
        "qazwsxedc", "poiuytrewq", "asdf1234", "5201314520", "woaini1314", "woaini520", "nihao123",
        "zhang123456", "147258369", "19900307", "1990-03-07", "07.03.1990", "1990年03月07日",
        "admin@123", "Admin@2024", "manyou123", "qq123456", "a123456789", "abc12345",
    ],
)  # fmt: skip
def test_what_everybody_tries_first_is_refused(password):
    with pytest.raises(passwords.PasswordCommonError):
        check(password)


@pytest.mark.parametrize(
    ("password", "identifier"),
    [
        ("zhang.san rocks", "Zhang.San"),
        ("I am ZHANG.SAN", "zhang.san"),
        ("my13800138000!", "+8613800138000"),
        ("my00138000!", "+8613800138000"),
        ("x11010119900307002Xx", "11010119900307002X"),
        ("mine19900307!", "11010119900307002X"),
        ("mine-07002x", "11010119900307002X"),
        ("我是张三呀哈哈哈", "张三"),
        ("hello Smith!", "John Smith"),
        ("hello li.si!", "li.si@example.cn"),
        ("zhangsanfeng", "zhangsanfeng1247"),
    ],
)
def test_a_password_does_not_tell_its_account(password, identifier):
    check(password)
    with pytest.raises(passwords.PasswordPersonalError) as refusal:
        check(password, identifiers=["", "qq", identifier])

    assert password not in str(refusal.value)


def test_short_identifiers_do_not_forbid_half_the_language():
    check("bring the lid back", identifiers=["li", "id", "", " "])


def test_the_deny_list_is_what_its_generator_writes():
    """Nobody edits the file by hand; nobody changes the generator and forgets the file."""
    written = common_passwords.FILE.read_text(encoding="ascii").splitlines()

    assert written == common_passwords.words()
    assert 3_000 < len(written) < 10_000
    assert weak_passwords.deny_list() == frozenset(written)
    assert weak_passwords.deny_list() is weak_passwords.deny_list()


@settings(max_examples=50)
@given(st.text(max_size=140))
def test_arbitrary_text_meets_our_errors_only(light, text):
    try:
        stored = light.hash(text)
    except passwords.PasswordError:
        return
    assert light.verify(text, stored).ok
    assert light.verify(unicodedata.normalize("NFD", text), stored).ok


@given(st.text(max_size=1100))
def test_checking_arbitrary_text_meets_our_errors_only(text):
    try:
        check(text, identifiers=[text[:5], text[5:9]])
    except passwords.PasswordError:
        return
    assert 8 <= len(prepare(text)) <= 128
