"""The synthetic people of the demo: the same dozen every time, none of them real.

County code 99 is assigned nowhere, so no citizen's number can be hit by accident.
"""

from dataclasses import dataclass

from sandbox.identity_numbers import build
from sandbox.wording import Both

PASSWORD = "seven-rivers-one-lantern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody invented."""

    username: str
    name: str
    id_number: str
    phone: str
    remark: Both

    @property
    def phone_shown(self) -> str:
        return f"{self.phone[:3]} {self.phone[3:7]} {self.phone[7:]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    username: str
    name: str
    prefix: str
    birth: str
    female: bool
    remark: Both
    check: str = ""


_DRAFTS = (
    _Draft(
        username="chenyutong",
        name="陈雨桐",
        prefix="320199",
        birth="19900307",
        female=True,
        remark=Both("从她开始试用", "Start with her"),
    ),
    _Draft(
        username="zhoumingyuan",
        name="周明远",
        prefix="420199",
        birth="19850612",
        female=False,
        remark=Both("第二个人：与前者互不相干", "A second person, unlinked to the first"),
    ),
    _Draft(
        username="ouyangjingyi",
        name="欧阳静怡",
        prefix="440199",
        birth="19930921",
        female=True,
        remark=Both("复姓", "A two-character surname"),
    ),
    _Draft(
        username="ayigul",
        name="阿依古丽·买买提",
        prefix="650199",
        birth="19960515",
        female=True,
        remark=Both("姓名带间隔号", "A middle dot in the name"),
    ),
    _Draft(
        username="wangyi",
        name="王𬱖",
        prefix="110199",
        birth="19880229",
        female=False,
        remark=Both("生僻字（U+2CC56，扩展 E 区）", "A rare character (U+2CC56)"),
    ),
    _Draft(
        username="sunguiying",
        name="孙桂英",
        prefix="370199",
        birth="19380104",
        female=True,
        remark=Both("高龄老人", "An elderly person"),
    ),
    _Draft(
        username="linxiaoman",
        name="林小满",
        prefix="330199",
        birth="20070521",
        female=True,
        remark=Both("刚成年", "Just come of age"),
    ),
    _Draft(
        username="zhaotiezhu",
        name="赵铁柱",
        prefix="130199",
        birth="19791011",
        female=False,
        check="X",
        remark=Both("校验码为 X", "An X for a check digit"),
    ),
    _Draft(
        username="huangjiaxin",
        name="黄嘉欣",
        prefix="810000",
        birth="19910708",
        female=True,
        remark=Both("港澳台居民居住证（香港）", "Residence permit, Hong Kong resident"),
    ),
    _Draft(
        username="hejunwei",
        name="何俊伟",
        prefix="820000",
        birth="19870318",
        female=False,
        remark=Both("港澳台居民居住证（澳门）", "Residence permit, Macao resident"),
    ),
    _Draft(
        username="linzhihao",
        name="林志豪",
        prefix="830000",
        birth="19820909",
        female=False,
        remark=Both("港澳台居民居住证（台湾）", "Residence permit, Taiwan resident"),
    ),
    _Draft(
        username="lindqvist",
        name="ANNA LINDQVIST",
        prefix="931752",  # 9, province 31, country 752 (ISO 3166-1 numeric)
        birth="19840202",
        female=True,
        remark=Both("外国人永久居留身份证", "Foreign permanent resident card"),
    ),
)


def everyone() -> tuple[Person, ...]:
    """Return the people, always the same ones in the same order."""
    return tuple(
        Person(
            username=draft.username,
            name=draft.name,
            id_number=build(draft.prefix, draft.birth, female=draft.female, check=draft.check),
            phone=f"138001380{place:02d}",
            remark=draft.remark,
        )
        for place, draft in enumerate(_DRAFTS, start=1)
    )
