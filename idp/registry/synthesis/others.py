"""Invented companies, insured and travellers, in the columns that their registers' files have."""

from collections.abc import Iterator
from random import Random

from idp import clock
from idp.registry.synthesis import names, numbers
from idp.registry.synthesis.people import Row, adult

COMPANY_COLUMNS = (
    *("uniscid", "entname", "frdb", "frsfzh", "regno", "enttypeCn", "regstateCn", "estdate"),
)
INSURED_COLUMNS = ("aac002", "aac003", "aaz500", "aab301", "aac031")
TRAVELLER_COLUMNS = (
    *("docType", "docNo", "issueNo", "nameCn", "nameEn"),
    *("birthDate", "nationality", "expireDate", "docStatus"),
)

_WORDS = "云海星辰远山清泉明月松柏宏图瑞祥锦程安澜博雅华章新禾"
_TRADES = ("科技", "贸易", "餐饮", "建筑", "文化传媒", "农业", "物流", "医疗器械", "软件", "咨询")
_KINDS = ("有限公司", "股份有限公司", "（有限合伙）")
_STATES = ("存续（在营、开业、在册）",) * 96 + ("注销", "吊销", "吊销", "迁出")
_NATIONS = ("SWE", "RUS", "ESP", "DEU", "NGA", "JPN", "IRL")
_YEAR = 365


def companies(count: int, random: Random) -> Iterator[Row]:
    """Yield *count* legal persons."""
    today = clock.today()
    for serial in range(count):
        representative, number, _ = adult(random, today)
        code = numbers.credit_code(random, serial)
        words = "".join(random.choices(_WORDS, k=4))
        kind = random.choice(_KINDS)
        old = numbers.registration_number(code[2:8], serial) if serial % 3 == 0 else ""
        founded = numbers.written(numbers.days(today) - int(random.random() * 30 * _YEAR))
        yield (
            *(code, f"虚构{words}{random.choice(_TRADES)}{kind}", representative, number),
            *(old, kind.strip("（）"), random.choice(_STATES), founded),
        )


def insured(count: int, random: Random) -> Iterator[Row]:
    """Yield *count* insurances."""
    today = clock.today()
    for serial in range(count):
        name, number, _ = adult(random, today)
        state = random.choices(("1", "2", "4"), cum_weights=(90, 97, 100))[0]
        yield number, name, f"99{serial:07d}", number[:6], state


def travellers(count: int, random: Random) -> Iterator[Row]:
    """Yield *count* travel documents of every kind."""
    today = clock.today()
    for serial in range(count):
        name, _, born = adult(random, today)
        expires = numbers.written(numbers.days(today) + int((random.random() * 10 - 1) * _YEAR))
        state = random.choices(("VALID", "CANCELLED", "LOST"), cum_weights=(97, 99, 100))[0]
        number, issue, nation = "", "", "CHN"
        kind = _DOCUMENTS[serial % len(_DOCUMENTS)]
        latin = names.latin(random)
        if kind == "hong_kong_macao_permit":
            number, issue = f"{random.choice('HM')}99{serial % 1_000_000:06d}", f"0{serial % 3}"
        elif kind == "taiwan_permit":
            number, issue = f"99{serial % 1_000_000:06d}", f"0{serial % 3}"
        elif kind == "passport":
            number = f"E{'ABCDEFGH'[serial // 100_000 % 8]}99{serial % 100_000:05d}"
        elif kind == "foreign_passport":
            number, name, nation = f"ZZ{serial % 10_000_000:07d}", "", random.choice(_NATIONS)
        else:
            prefix, nation = "931752", "SWE"
            number, name = numbers.id_number(prefix, born, serial % 999 + 1), ""
        yield kind, number, issue, name, latin, born, nation, expires, state


_DOCUMENTS = (
    *("hong_kong_macao_permit", "taiwan_permit", "passport", "foreign_passport"),
    "foreign_permanent_residence",
)
