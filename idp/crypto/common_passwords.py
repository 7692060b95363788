"""Write the deny-list of common passwords: `python -m idp.crypto.common_passwords`.

The list is generated from the habits it forbids (keyboard walks, words with years, numbers that
sound like "I love you"), not taken from anybody's leak. Dates, runs and repetitions need no list:
`idp.crypto.weak_passwords` knows them by rule.
"""

# ruff: noqa: SIM905 - words read better as text than as a column of quoted strings

from collections.abc import Iterator
from itertools import permutations, product
from pathlib import Path

FILE = Path(__file__).with_name("common_passwords.txt")
SHORTEST = 6

_WORLD = """
    password passwort passw0rd admin administrator root welcome letmein login master monkey dragon
    football baseball sunshine princess superman batman iloveyou michael jordan shadow killer
    computer internet windows google apple samsung secret freedom whatever trustno starwars pokemon
    hello test guest user server system oracle mysql abc abcd abcabc default changeme summer winter
    spring autumn
""".split()
_CHINA = """
    woaini woaiwo nihao aini mima zhongguo beijing shanghai guangzhou shenzhen chongqing tianjin
    baobei laopo laogong mama baba xiaoxiao xingfu kuaile pengyou tianxia tiancai shengri caonima
    wodemima weixin wechat taobao alipay zhifubao tencent huawei xiaomi baidu jingdong manyou
    zhengwu shebao china zhangsan lisi wangwu wang zhang chen yang zhao huang zhou liu sun guo lin
    zhanghao xiaoming dashabi qinaide qq wode aiwoba nishiwode
""".split()
_SUFFIXES = """
    1 12 123 1234 12345 123456 12345678 123456789 01 007 111 666 888 520 521 1314 5201314 321
    ! 1! 123! 123. @1 @123 @1234 @123456 #123 _123 abc
""".split()
_PREFIXES = "1 123 123456 520 1314 5201314".split()
_YEARS = tuple(str(year) for year in range(1985, 2031))
_SOUNDS = (
    "520 521 1314 5201314 7758 7758521 7758258 584 584520 1314520 3344 201314 147 258 369".split()
)
_PADS = (
    "147258369 741852963 789456123 123654789 159753 159357 963852741 321654987 987456321".split()
)
_LUCKY = (
    "66 68 88 99 110 111 168 186 188 222 333 518 555 588 600 666 777 886 888 911 987 999".split()
)
_WALKS = (
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "!@#$%^&*()", "qwertyuiopasdfghjklzxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm", "qazwsxedcrfvtgbyhnujm", "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0", "qweasdzxc", "a1b2c3d4e5f6g7h8", "1a2b3c4d5e6f7g8h", "aabbccddeeff",
    "112233445566778899", "abcdefghijklmnopqrstuvwxyz", "ZAQ1XSW2CDE3VFR4",
)  # fmt: skip
_CHUNKS = "qwe asd zxc qwer asdf zxcv qaz wsx 1qaz 2wsx zaq1 123 1234 321 abc abcd !@# a1".split()
_LEET: tuple[dict[str, str | int | None], ...] = (
    {"a": "@"}, {"o": "0"}, {"s": "$"}, {"i": "1"}, {"e": "3"}, {"a": "@", "o": "0"},
    {"a": "@", "o": "0", "s": "$"}, {"a": "4", "e": "3", "i": "1", "o": "0"},
)  # fmt: skip


def words() -> list[str]:
    """Return the deny-list: casefolded, at least six characters each, sorted, without repeats."""
    found = {word.casefold() for source in _SOURCES for word in source()}
    return sorted(word for word in found if len(word) >= SHORTEST)


def _words_with_endings() -> Iterator[str]:
    for word in (*_WORLD, *_CHINA):
        yield word
        yield word + word
        yield from (word + suffix for suffix in _SUFFIXES)
        yield from (prefix + word for prefix in _PREFIXES)


def _words_with_years() -> Iterator[str]:
    for word, year in product(("password", "admin", "woaini", "china", "manyou"), _YEARS):
        yield from (word + year, f"{word}@{year}", f"{word}{year}!")


def _words_in_leet() -> Iterator[str]:
    for word, table in product((*_WORLD, "woaini", "manyou"), _LEET):
        disguised = word.translate(str.maketrans(table))
        if disguised != word:
            yield from (disguised + suffix for suffix in ("", "1", "123", "1234", "!"))


def _keyboard_walks() -> Iterator[str]:
    for walk in (*_WALKS, *(walk[::-1] for walk in _WALKS)):
        for length in range(SHORTEST, min(len(walk), 12) + 1):
            yield from (walk[at : at + length] for at in range(len(walk) - length + 1))


def _chunks() -> Iterator[str]:
    for length in (2, 3):
        chunks = _CHUNKS if length == 2 else _CHUNKS[:9]  # noqa: PLR2004
        yield from map("".join, permutations(chunks, length))
    yield from (chunk + suffix for chunk, suffix in product(_CHUNKS, _SUFFIXES))


def _numbers_that_speak() -> Iterator[str]:
    yield from (*_PADS, "1234567890", "0987654321", "0123456789", "12344321", "1234554321")
    yield from (a + b for group in (_SOUNDS, _LUCKY) for a, b in product(group, repeat=2))
    for number, letter in product((*_SOUNDS, *_PADS, "123456", "123456789"), "abcqwzx"):
        yield from (letter + number, letter * 3 + number, number + letter, number + letter * 3)


_SOURCES = (
    _words_with_endings,
    _words_with_years,
    _words_in_leet,
    _keyboard_walks,
    _chunks,
    _numbers_that_speak,
)

if __name__ == "__main__":
    FILE.write_text("".join(f"{word}\n" for word in words()), encoding="ascii")
