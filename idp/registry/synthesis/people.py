"""Invented residents, in the columns of the population-sharing gateway."""

from collections.abc import Iterator
from datetime import date
from random import Random

from idp import clock
from idp.registry.synthesis import names, numbers

COLUMNS = (
    *("gmsfhm", "xm", "xb", "csrq", "lxdh", "yxqxqsrq", "yxqxjzrq"),
    *("ryzt", "swrq", "swzxrq", "jlbz", "qysj", "jssj"),
)
Row = tuple[str, ...]

_AWKWARD = 0.01  # of all people
_RARE = 0.01  # of all names
_YEAR = 365
_ADULT = 16 * _YEAR
# Resident Identity Card Law §5: 5 years below 16, 10 below 26, 20 below 46, then for life.
_CARDS = ((16, 5), (26, 10), (46, 20))


def residents(count: int, random: Random) -> Iterator[Row]:
    """Yield *count* rows; what a person was before makes a row of its own."""
    today = numbers.days(clock.today())
    made = 0
    while made < count:
        for row in _person(random, made, today):
            yield row
            made += 1
            if made == count:
                return


def _person(random: Random, serial: int, today: int) -> list[Row]:
    if random.random() < _AWKWARD:
        return random.choice(_AWKWARDS)(random, serial, today)
    born = numbers.birth(random, today)
    return [_resident(random, serial, today, born)]


def _resident(
    random: Random, serial: int, today: int, born: int, *, prefix: str = "", name: str = ""
) -> Row:
    """Return a row of somebody alive, who has a phone and a card if old enough."""
    sequence = int(random.random() * 999) + 1
    female = sequence % 2 == 0
    birth = numbers.written(born)
    number = numbers.id_number(prefix or numbers.region(random), birth, sequence)
    if not name:
        rare = random.random() < _RARE
        name = names.rare(random) if rare else names.han(random, female=female)
    phone = numbers.phone(serial) if today - born > 12 * _YEAR else ""
    begins, ends = _card(random, born, today)
    return (
        *(number, name, "2" if female else "1", birth, phone, begins, ends),
        *("0", "", "", "1", "", ""),
    )


def _card(random: Random, born: int, today: int) -> tuple[str, str]:
    """Return the validity of the card in somebody's pocket; small children have none."""
    age = (today - born) // _YEAR
    if age < 6:  # noqa: PLR2004
        return "", ""
    issued = max(born + 6 * _YEAR, today - int(random.random() * 5 * _YEAR))
    begins = numbers.written(issued)
    years = next((years for below, years in _CARDS if age < below), None)
    if years is None:
        return begins, "长期"
    return begins, f"{int(begins[:4]) + years}{'0228' if begins[4:] == '0229' else begins[4:]}"


def _changed(row: Row, **cells: str) -> Row:
    return tuple(cells.get(name, cell) for name, cell in zip(COLUMNS, row, strict=True))


def _plain(random: Random, serial: int, today: int) -> Row:
    return _resident(random, serial, today, numbers.birth(random, today))


def _deceased(random: Random, serial: int, today: int) -> list[Row]:
    died = numbers.written(today - int(random.random() * 10 * _YEAR))
    row = _resident(random, serial, today, today - 70 * _YEAR - int(random.random() * 9000))
    return [_changed(row, ryzt="1", swrq=died, swzxrq=died)]


def _cancelled(random: Random, serial: int, today: int) -> list[Row]:
    left = numbers.written(today - int(random.random() * 10 * _YEAR))
    row = _resident(random, serial, today, today - _ADULT - int(random.random() * 20_000))
    return [_changed(row, ryzt="2", swzxrq=left)]


def _renamed(random: Random, serial: int, today: int) -> list[Row]:
    """Return two rows of one person: until a day, and since."""
    born = today - 20 * _YEAR - int(random.random() * 15_000)
    since = numbers.written(born + _ADULT)
    row = _resident(random, serial, today, born)
    before = names.han(random, female=row[2] == "2")
    return [
        _changed(row, xm=before, jlbz="0", qysj=row[3], jssj=since),
        _changed(row, qysj=since),
    ]


def _private(random: Random, serial: int, today: int) -> list[Row]:
    return [_changed(_plain(random, serial, today), xm=names.private(random))]


def _dotted(random: Random, serial: int, today: int) -> list[Row]:
    born = numbers.birth(random, today)
    name = names.dotted(random)
    return [_resident(random, serial, today, born, prefix="650199", name=name)]


def _permit(random: Random, serial: int, today: int) -> list[Row]:
    """Return a resident of Hong Kong, Macao or Taiwan with a residence permit of five years."""
    born = today - 20 * _YEAR - int(random.random() * 15_000)
    prefix = random.choice(("810000", "820000", "830000"))
    row = _resident(random, serial, today, born, prefix=prefix)
    begins = numbers.written(today - int(random.random() * 4 * _YEAR))
    begins = begins[:6] + "28" if begins[4:] == "0229" else begins
    return [_changed(row, yxqxqsrq=begins, yxqxjzrq=f"{int(begins[:4]) + 5}{begins[4:]}")]


def _foreigner(random: Random, serial: int, today: int) -> list[Row]:
    """Return a permanent resident with the card of 2023: 9, province, nationality."""
    born = today - 25 * _YEAR - int(random.random() * 15_000)
    prefix = f"931{random.choice(('752', '643', '276', '392', '566', '724'))}"
    return [_resident(random, serial, today, born, prefix=prefix, name=names.latin(random))]


def _centenarian(random: Random, serial: int, today: int) -> list[Row]:
    born = today - 100 * _YEAR - 30 - int(random.random() * 12 * _YEAR)
    return [_resident(random, serial, today, born)]


def _check_x(random: Random, serial: int, today: int) -> list[Row]:
    """Return somebody whose number ends in X."""
    while True:
        row = _plain(random, serial, today)
        if row[0].endswith("X"):
            return [row]


def _without_phone(random: Random, serial: int, today: int) -> list[Row]:
    """Return somebody the register knows neither a phone nor a card of."""
    return [_changed(_plain(random, serial, today), lxdh="", yxqxqsrq="", yxqxjzrq="")]


_AWKWARDS = (
    *(_deceased, _cancelled, _renamed, _private, _dotted, _permit),
    *(_foreigner, _centenarian, _check_x, _without_phone),
)


def adult(random: Random, today: date) -> tuple[str, str, str]:
    """Return name, ID number and birth date of an adult, for registers beside this one."""
    born = numbers.days(today) - _ADULT - int(random.random() * 18_000)
    sequence = int(random.random() * 999) + 1
    number = numbers.id_number(numbers.region(random), numbers.written(born), sequence)
    return names.han(random, female=sequence % 2 == 0), number, numbers.written(born)
