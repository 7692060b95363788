"""The citizen's side of the department: a face scan on its own page, and proofs of being alive."""

import threading
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import manners
from sandbox.department.agency import Agency, AgencyError, Answer
from sandbox.department.desk import OTHER, PROBLEMS, REFUSED, VERDICTS
from sandbox.department.introduction import FACES, NAME
from sandbox.nation import nation
from sandbox.people import everyone
from sandbox.wording import Both

LONGEST = 60
MOST = 1000
YEAR = 365

bp = Blueprint("department_faces", __name__)

_TROUBLES = {
    "face_scan_running": Both("刷脸还没有完成。", "The face scan is not finished."),
    "face_scan_expired": Both("刷脸没有完成，请重新开始。", "There was no scan: start again."),
    "face_scan_unanswered": Both(
        "权威机构没有回答，请重新开始。", "No authority answered: start again."
    ),
    "face_verdict_fetched": Both("结论已经取走。", "The verdict was fetched before."),
    "face_scans_closed": Both("身份平台目前不提供刷脸。", "The provider scans no faces just now."),
}
_ALIVE = {
    "MATCH": ("yes", Both("一年内认证过健在", "Seen alive within a year")),
    "NO_RECORD": ("other", Both("一年内没有生存认证", "No proof within a year")),
}
_FACE = VERDICTS | {
    "FACE_MISMATCH": ("no", Both("不是本人", "Another face")),
    "LIVENESS_FAIL": ("no", Both("刷脸未通过", "The scan was not accepted")),
}


class Person(NamedTuple):
    """Who stands before the department."""

    name: str
    id_number: str


class _Orders:
    """Which scan is whose; what was asked is needed to open the receipt."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked: dict[str, Person] = {}

    def put(self, scan_id: str, person: Person) -> None:
        with self._lock:
            while len(self._asked) >= MOST:
                self._asked.pop(next(iter(self._asked)))
            self._asked[scan_id] = person

    def take(self, scan_id: str) -> Person | None:
        with self._lock:
            return self._asked.get(scan_id)


ORDERS = _Orders()


@bp.get(FACES)
def start() -> ResponseReturnValue:
    """Ask who it is; whoever comes back from the provider's own page is told the verdict."""
    person = ORDERS.take(request.args.get("scan_id", ""))
    if person is not None:
        return _fetch(request.args["scan_id"], person)
    first = everyone()[0]
    return _page(Person(first.name, first.id_number))


@bp.post(FACES)
def scan() -> ResponseReturnValue:
    """Order a scan, and embed it; or leave for the provider's own page."""
    form = request.form
    person = Person(*(form.get(field, "")[:LONGEST].strip() for field in Person._fields))
    agency = nation().agency
    if agency is None:
        return _page(person, error=AgencyError("no_agency"))
    try:
        if "alive" in form:
            return _alive(agency, person)
        return _order(agency, person, elsewhere="elsewhere" in form)
    except AgencyError as error:
        return _page(person, error=error)


@bp.post(f"{FACES}/verdict")
def verdict() -> ResponseReturnValue:
    """Fetch the verdict by the back end: what the browser says of it counts for nothing."""
    scan_id = request.form.get("scan_id", "")
    person = ORDERS.take(scan_id)
    if person is None:
        return _page(Person("", ""), error=AgencyError("face_scan_expired"))
    return _fetch(scan_id, person)


def _order(agency: Agency, person: Person, *, elsewhere: bool) -> ResponseReturnValue:
    own = request.host_url.rstrip("/")
    where = {"return_uri": f"{own}{FACES}"} if elsewhere else {"origin": own}
    made = agency.order_scan(_question(person) | where)
    ORDERS.put(str(made["scan_id"]), person)
    if elsewhere:
        return "", 303, {"Location": str(made["capture_url"])}
    manners.embed(agency.issuer)
    return render_template(
        "phone/department_scan.html", agency=NAME, issuer=agency.issuer, made=made, back=FACES
    )


def _alive(agency: Agency, person: Person) -> ResponseReturnValue:
    asked = _question(person) | {"within_days": YEAR}
    answer = agency.ask_alive(asked | {"remind": True})
    return _page(person, answer=answer, verdicts=_ALIVE)


def _fetch(scan_id: str, person: Person) -> ResponseReturnValue:
    agency = nation().agency
    if agency is None:
        return _page(person, error=AgencyError("no_agency"))
    try:
        return _page(person, answer=agency.fetch(scan_id, person._asdict()), verdicts=_FACE)
    except AgencyError as error:
        return _page(person, error=error)


def _question(person: Person) -> dict[str, Any]:
    return {**person._asdict(), "purpose": "social_security", "legal_basis": "consent"}


def _page(
    person: Person,
    answer: Answer | None = None,
    verdicts: dict[str, tuple[str, Both]] = _FACE,
    error: AgencyError | None = None,
) -> ResponseReturnValue:
    result = str(answer.verdict.get("result")) if answer else ""
    tone, said = verdicts.get(result, _FACE.get(result, OTHER))
    page = render_template(
        "phone/department_face.html",
        agency=NAME,
        person=person,
        answer=answer,
        tone=tone,
        verdict=said,
        error=error,
        problem=error and _TROUBLES.get(error.code, PROBLEMS.get(error.code, REFUSED)),
        here=FACES,
    )
    return page, 502 if error and not error.fields else 422 if error else 200
