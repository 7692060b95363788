"""The records of the sandbox's authorities."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sandbox.wording import Both

CARD_ISSUED = date(2024, 5, 20)
CARD_YEARS = ((16, 5), (26, 10), (46, 20))
PLAIN = Both("普通居民", "Nothing particular")


class Status(StrEnum):
    """How somebody stands in the household register."""

    LIVING = "living"
    DECEASED = "deceased"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Citizen:
    """One person on file.

    *on_file* is the name as machines older than GB 18030-2022 send it, where it differs;
    *former* are names borne before, each with its last day. Nobody has a *portrait* unless one
    was taken: that is why the gateway can say so.
    """

    id_number: str
    name: str
    phone: str | None = None
    issued: date = CARD_ISSUED
    expires: date | None = None
    status: Status = Status.LIVING
    ended: date | None = None
    former: tuple[tuple[str, date], ...] = ()
    on_file: str = ""
    portrait: bytes | None = field(default=None, repr=False)
    remark: Both = PLAIN

    @property
    def born(self) -> date:
        return born(self.id_number)

    @property
    def female(self) -> bool:
        return int(self.id_number[16]) % 2 == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """One legal person; *state* in the words of the market regulator."""

    credit_code: str
    name: str
    representative: str
    representative_id_number: str
    founded: date
    state: str = "存续（在营、开业、在册）"
    kind: str = "有限责任公司（自然人投资或控股）"
    remark: Both = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Insured:
    """One person's social insurance and card; *state* 1 is insured, 2 suspended, 4 ended."""

    id_number: str
    card_number: str
    region: str
    state: str = "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class TravelPaper:
    """One travel document; *kind* in the words of the immigration profile."""

    kind: str
    number: str
    holder: str
    holder_latin: str
    birth: date
    nationality: str = "CHN"
    issue: str = ""
    expires: date = date(2034, 5, 19)
    status: str = "VALID"
    portrait: bytes | None = field(default=None, repr=False)
    remark: Both = PLAIN


def born(id_number: str) -> date:
    """Return the birth date that *id_number* tells."""
    return date(int(id_number[6:10]), int(id_number[10:12]), int(id_number[12:14]))


def card_expires(birth: date, issued: date = CARD_ISSUED) -> date | None:
    """Return the last day of a card: 5, 10, 20 years by age, then for life (Card Law §5)."""
    age = issued.year - birth.year - ((issued.month, issued.day) < (birth.month, birth.day))
    for below, years in CARD_YEARS:
        if age < below:
            return issued.replace(year=issued.year + years)
    return None
