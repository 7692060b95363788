"""Who and what is on file from the first day: invented, and the same every time."""

from dataclasses import replace
from datetime import date

from sandbox import credit_codes
from sandbox.people import everyone
from sandbox.register.awkward import on_file
from sandbox.register.records import (
    Citizen,
    Enterprise,
    Insured,
    TravelPaper,
    born,
    card_expires,
)
from sandbox.wording import Both

PASSPORT, HONG_KONG_MACAO, TAIWAN = "PASSPORT", "HKM_PERMIT", "TW_PERMIT"
FOREIGN_RESIDENCE, FOREIGN_PASSPORT = "FOREIGN_PR", "FOREIGN_PASSPORT"
LAST_BIRTH_YEAR = 2008  # the young are not insured yet
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXY"


def citizens() -> list[Citizen]:
    """Return the twelve residents, then the awkward cases that are on file."""
    residents = [
        Citizen(
            id_number=person.id_number,
            name=person.name,
            phone=person.phone,
            expires=card_expires(born(person.id_number)),
            remark=person.remark,
        )
        for person in everyone()
    ]
    return residents + on_file()


def enterprises() -> list[Enterprise]:
    """Return the enterprises, each with one of the residents at its head."""
    by_name = {person.username: person for person in everyone()}
    # fmt: off
    drafts = (
        ("91", "A0000012", "江北云水茶业有限公司", "chenyutong", "存续（在营、开业、在册）",
         Both("正常经营", "In business")),
        ("91", "A0000025", "江北远图信息技术有限公司", "zhoumingyuan", "存续（在营、开业、在册）",
         Both("正常经营", "In business")),
        ("91", "A0000038", "江北旧桥贸易有限公司", "zhaotiezhu", "注销",
         Both("已注销", "Deregistered")),
        ("91", "A0000041", "江北远航物流有限公司", "ouyangjingyi", "吊销，未注销",
         Both("营业执照已吊销", "Licence revoked")),
        ("92", "A0000054", "江北古城阿依古丽刺绣店", "ayigul", "存续（在营、开业、在册）",
         Both("个体工商户", "A sole trader")),
    )
    # fmt: on
    return [
        Enterprise(
            credit_code=credit_codes.build(kind, "320199", organisation),
            name=name,
            representative=by_name[head].name,
            representative_id_number=by_name[head].id_number,
            founded=date(2015, 3, 18 + place),
            state=state,
            kind="个体工商户" if kind == "92" else "有限责任公司（自然人投资或控股）",
            remark=remark,
        )
        for place, (kind, organisation, name, head, state, remark) in enumerate(drafts)
    ]


def insurance(citizen: Citizen) -> Insured:
    """Return the insurance of *citizen*; the card's number follows from the identity number."""
    letter = LETTERS[int(citizen.id_number[10:14]) % len(LETTERS)]
    return Insured(
        id_number=citizen.id_number,
        card_number=f"{letter}{int(citizen.id_number[:17]) % 99_999_989:08d}",
        region=f"{citizen.id_number[:4]}00" if citizen.id_number[0] < "8" else "320100",
    )


def insured() -> list[Insured]:
    """Return everybody of working age and above; one has stopped paying in."""
    paused = everyone()[7].id_number
    return [
        replace(insurance(c), state="2" if c.id_number == paused else "1")
        for c in citizens()
        if c.born.year <= LAST_BIRTH_YEAR
    ]


def passport(citizen: Citizen, place: int) -> TravelPaper:
    """Return an ordinary passport of *citizen*; *place* makes the number."""
    return TravelPaper(
        kind=PASSPORT,
        number=f"EA{place:07d}",
        holder=citizen.name,
        holder_latin="",
        birth=citizen.born,
    )


def papers() -> list[TravelPaper]:
    """Return the travel documents."""
    people = {person.username: person for person in everyone()}
    chen, zhou, zhao = (people[n] for n in ("chenyutong", "zhoumingyuan", "zhaotiezhu"))
    huang, he, lin = (people[n] for n in ("huangjiaxin", "hejunwei", "linzhihao"))
    anna = people["lindqvist"]
    # fmt: off
    rows = (
        (PASSPORT, "EA0000011", chen, "CHEN YUTONG", "CHN", "", "VALID", Both("有效", "Valid")),
        (PASSPORT, "EA0000022", zhou, "ZHOU MINGYUAN", "CHN", "", "LOST",
         Both("已挂失", "Reported lost")),
        (PASSPORT, "EA0000033", zhao, "ZHAO TIEZHU", "CHN", "", "EXPIRED",
         Both("已过期", "Expired")),
        (HONG_KONG_MACAO, "H12345678", huang, "HUANG KA YAN", "CHN", "02", "VALID",
         Both("换证两次", "Renewed twice")),
        (HONG_KONG_MACAO, "M87654321", he, "HO CHON WAI", "CHN", "01", "CANCELLED",
         Both("已注销", "Cancelled")),
        (TAIWAN, "12345678", lin, "LIN CHIH HAO", "CHN", "01", "VALID", Both("有效", "Valid")),
        (FOREIGN_RESIDENCE, anna.id_number, anna, anna.name, "SWE", "", "VALID",
         Both("外国人永久居留身份证", "Foreign permanent resident card")),
        (FOREIGN_PASSPORT, "SE4820157", anna, anna.name, "SWE", "", "VALID",
         Both("外国护照", "A foreign passport")),
    )
    # fmt: on
    return [
        TravelPaper(
            kind=kind,
            number=number,
            holder=person.name,
            holder_latin=latin,
            birth=born(person.id_number),
            nationality=nationality,
            issue=issue,
            status=status,
            expires=date(2021, 5, 19) if status == "EXPIRED" else date(2034, 5, 19),
            remark=remark,
        )
        for kind, number, person, latin, nationality, issue, status, remark in rows
    ]
