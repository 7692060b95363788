"""The people whom registers trip over: dead, moved away, renamed, rarely written, unknown."""

from dataclasses import replace
from datetime import date

from sandbox.identity_numbers import build
from sandbox.register.records import Citizen, Status, born, card_expires
from sandbox.wording import Both


def _number(prefix: str, birth: str, *, female: bool = False) -> str:
    return build(prefix, birth, female=female)


def _drafts() -> list[Citizen]:
    return [
        Citizen(
            id_number=_number("210199", "19310815"),
            name="吴守信",
            status=Status.DECEASED,
            ended=date(2021, 3, 2),
            remark=Both("已去世", "Deceased"),
        ),
        Citizen(
            id_number=_number("350199", "19760430"),
            name="郑国安",
            status=Status.CANCELLED,
            ended=date(2019, 7, 1),
            remark=Both("户口已注销（迁往国外）", "Struck off: moved abroad"),
        ),
        Citizen(
            id_number=_number("510199", "20090912", female=True),
            name="许小禾",
            remark=Both("库中没有照片", "No photograph on file"),
        ),
        Citizen(
            id_number=_number("430199", "19890214", female=True),
            name="何晓敏",
            former=(("何小敏", date(2016, 5, 20)),),
            remark=Both("曾用名何小敏，库中有两行", "Once called 何小敏: two rows on file"),
        ),
        Citizen(
            id_number=_number("340199", "19920815"),
            name="龚䶮",
            on_file="龚\ue863",
            remark=Both("旧系统把“䶮”存为私用区字符", "Old machines keep 䶮 in private use"),
        ),
        Citizen(
            id_number=_number("360199", "19950623", female=True),
            name="马龴",
            on_file="马\ue81e",
            remark=Both(
                "GB 18030-2022 移出私用区的字", "Moved out of private use by GB 18030-2022"
            ),
        ),
        Citizen(
            id_number=_number("610199", "20010301"),
            name="白𰻝",
            remark=Both("生僻字（U+30EDD，扩展 G 区）", "A rare character (U+30EDD)"),
        ),
        Citizen(
            id_number=_number("650199", "19831120", female=True),
            name="迪丽努尔·阿卜杜热西提·肉孜",
            remark=Both("姓名有两个间隔号", "Two middle dots in the name"),
        ),
        Citizen(
            id_number=_number("220199", "20170709", female=True),
            name="李安安",
            remark=Both("未成年人", "A child"),
        ),
    ]


def on_file() -> list[Citizen]:
    """Return the awkward ones whom the authorities know."""
    return [replace(draft, expires=card_expires(born(draft.id_number))) for draft in _drafts()]


def unknown() -> Citizen:
    """Return somebody with a good number whom no authority knows."""
    return Citizen(
        id_number=_number("620199", "19690105"),
        name="石远山",
        remark=Both("任何机构都查无此人", "On no authority's file"),
    )


def cases() -> list[Citizen]:
    """Return every awkward case, in the order in which pages list them."""
    return [*on_file(), unknown()]
