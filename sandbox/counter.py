"""The registry counter: whoever comes with an invented name leaves with a number of their own."""

import re
import unicodedata
from datetime import UTC, date, datetime
from typing import NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from sandbox.nation import nation
from sandbox.register import RegisterError
from sandbox.register.awkward import cases
from sandbox.wording import Both

SHORTEST, LONGEST = 2, 50
SHOWN = 8
FIRST_BIRTH = date(1900, 1, 1)
SIGNS = " .'-\u2019\u00b7"
IDEOGRAPH = re.compile("[\u3007\u3400-\u9fff\U00020000-\U0003ffff]")
PHONE = re.compile(r"1[3-9][0-9]{9}")

NAME_LENGTH = Both("姓名为 2 至 50 个字符。", "A name has 2 to 50 characters.")
NAME_LETTERS = Both("姓名只含文字、间隔号和空格。", "Letters, dots and spaces only.")
BIRTH = Both("请填写 1900 年至今天的日期。", "A date between 1900 and today.")
PHONE_FORM = Both("请填写 11 位手机号码，或留空。", "Eleven digits, or nothing.")
FULL = Both("号码已发完，请换一个日期。", "The numbers have run out: take another date.")

bp = Blueprint("counter", __name__)


class Entered(NamedTuple):
    """What the visitor wrote."""

    name: str = ""
    birth: str = "1995-05-20"
    sex: str = ""
    phone: str = ""


@bp.get("/register")
def register() -> ResponseReturnValue:
    return _page(Entered(), {})


@bp.post("/register")
def issue() -> ResponseReturnValue:
    """Issue a number, and enter the newcomer with every authority."""
    form = request.form
    entered = Entered(*(form.get(field, "")[:100].strip() for field in Entered._fields))
    name, birth, phone = spelt(entered.name), _day(entered.birth), entered.phone or None
    faults = {
        "name": name_fault(name),
        "birth": None if birth else BIRTH,
        "phone": None if phone is None or PHONE.fullmatch(phone) else PHONE_FORM,
    }
    if birth is None or any(faults.values()):
        return _page(entered, faults), 422
    try:
        nation().register.admit(name, birth, female=entered.sex != "male", phone=phone)
    except RegisterError:
        return _page(entered, {"birth": FULL}), 422
    return redirect(url_for("counter.register", _anchor="issued"), 303)


def _page(entered: Entered, faults: dict[str, Both | None]) -> str:
    here = nation().register
    return render_template(
        "phone/register.html",
        entered=entered,
        faults={field: fault for field, fault in faults.items() if fault},
        newcomers=[(here.place(one), one) for one in here.newcomers()[:SHOWN]],
        can_compare=nation().matcher.available,
        cases=cases(),
        firms=here.enterprises(),
        today=_today().isoformat(),
    )


def spelt(name: str) -> str:
    """Return *name* as the register writes it: NFC, one dot, and no spaces between ideographs."""
    folded = re.sub(r"\s+", " ", unicodedata.normalize("NFC", name)).strip()
    if not IDEOGRAPH.search(folded):
        return folded
    return re.sub(r" ?[\u2022\u30fb\u2027\uff0e.\u00b7] ?", "\u00b7", folded).replace(" ", "")


def name_fault(name: str) -> Both | None:
    """Return what is wrong with *name*."""
    if not SHORTEST <= len(name) <= LONGEST:
        return NAME_LENGTH
    if any(c not in SIGNS and unicodedata.category(c)[0] not in "LM" for c in name):
        return NAME_LETTERS
    ends = name[0] in SIGNS or name[-1] in SIGNS.replace(".", "")
    return NAME_LETTERS if ends else None


def _day(told: str) -> date | None:
    try:
        found = date.fromisoformat(told)
    except ValueError:
        return None
    return found if FIRST_BIRTH <= found <= _today() else None


def _today() -> date:
    return datetime.now(UTC).date()
