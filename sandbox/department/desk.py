"""The clerk's desk: a form with what the citizen shows, and the verdict with its receipt."""

from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sandbox.department.agency import AgencyError, Answer
from sandbox.department.introduction import LEGAL_BASES, NAME, PURPOSES
from sandbox.nation import nation
from sandbox.people import everyone
from sandbox.wording import Both

LONGEST = 60
LONG_TERM = "long-term"

bp = Blueprint("department", __name__)

# fmt: off
VERDICTS = {
    "MATCH":        ("yes",   Both("一致", "It is so")),
    "MISMATCH":     ("no",    Both("不一致", "It is not so")),
    "NO_RECORD":    ("other", Both("库中无此记录，请转人工窗口", "No record: use the counter")),
    "NO_PHOTO":     ("other", Both("库中无照片，请转人工窗口", "No photograph: use the counter")),
    "RATE_LIMITED": ("other", Both("查询过多，请稍后再试", "Too many questions: try later")),
    "SOURCE_DOWN":  ("other", Both("权威机构暂时不可用", "The authority is away: try later")),
    "BAD_INPUT":    ("other", Both("填写有误", "Something was mistyped")),
}
# fmt: on
OTHER = ("other", Both("没有结论", "No verdict"))
PROBLEMS = {
    "provider_unreachable": Both("暂时连不上身份平台。", "The provider cannot be reached."),
    "check_input_invalid": Both("请核对标出的几项。", "Please check what is marked."),
    "authority_unavailable": Both(
        "权威机构暂时没有回答，稍后再问；没有得出结论。",
        "The authority does not answer just now: ask again later. Nothing was concluded.",
    ),
    "authority_busy": Both(
        "权威机构太忙，请稍后再问。", "The authority is too busy: ask again later."
    ),
    "no_agency": Both(
        "这个部门还没有登记：请用 --reset 重新启动演示。",
        "This department is not registered: start the demo again with --reset.",
    ),
}
REFUSED = Both("身份平台没有受理。", "The provider did not accept the question.")


class Entered(NamedTuple):
    """What the clerk wrote."""

    name: str = ""
    id_number: str = ""
    begins: str = ""
    ends: str = ""
    purpose: str = "social_security"
    legal_basis: str = "consent"

    def question(self) -> dict[str, Any]:
        """Return the question as the provider wants it."""
        asked: dict[str, Any] = {
            "name": self.name,
            "id_number": self.id_number,
            "purpose": self.purpose,
            "legal_basis": self.legal_basis,
        }
        if self.begins:
            asked["validity"] = {"begins": self.begins, "ends": self.ends or LONG_TERM}
        return asked


@bp.get("/department")
def department() -> ResponseReturnValue:
    first = everyone()[0]
    return _page(Entered(name=first.name, id_number=first.id_number))


@bp.post("/department")
def check() -> ResponseReturnValue:
    """Ask, and show what came back; no personal data in addresses, so there is no redirect."""
    form = request.form
    entered = Entered(*(form.get(field, "")[:LONGEST].strip() for field in Entered._fields))
    agency = nation().agency
    if agency is None:
        return _page(entered, error=AgencyError("no_agency"))
    try:
        return _page(entered, answer=agency.check(entered.question()))
    except AgencyError as error:
        return _page(entered, error=error)


def _page(
    entered: Entered, answer: Answer | None = None, error: AgencyError | None = None
) -> ResponseReturnValue:
    tone, verdict = VERDICTS.get(str(answer.verdict.get("result")), OTHER) if answer else OTHER
    page = render_template(
        "phone/department.html",
        agency=NAME,
        entered=entered,
        purposes=PURPOSES,
        legal_bases=LEGAL_BASES,
        answer=answer,
        tone=tone,
        verdict=verdict,
        error=error,
        problem=error and PROBLEMS.get(error.code, REFUSED),
    )
    return page, 502 if error and not error.fields else 422 if error else 200
