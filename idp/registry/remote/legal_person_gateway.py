"""The register of enterprises (SAMR) behind the national data-exchange gateway.

Two services, as published integrations use them: *verify* compares and tells which fields
differ, *query* tells what is registered. A check uses the first, so that nothing is told which
nobody needs.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from config.authorities import LegalPersonGatewaySettings
from idp import clock
from idp.registry.ports import LegalPerson, UnsupportedQueryError
from idp.registry.queries import LegalPersonQuery
from idp.registry.remote import wire
from idp.registry.remote.national_gateway import NationalGateway
from idp.registry.results import Result, Verdict
from idp.web.outbound import Outbound

_NOBODY, _AMBIGUOUS, _SAME, _DIFFERENT, _BAD_INPUT = "01", "02", "03", "04", "05"
_CODES = {
    _NOBODY: Result.NO_RECORD,
    _AMBIGUOUS: Result.MISMATCH,  # name and code belong to different subjects
    _SAME: Result.MATCH,
    _DIFFERENT: Result.MISMATCH,
    _BAD_INPUT: Result.BAD_INPUT,
}
_ALIVE = re.compile(r"(?<![非未不])(存续|在营|开业|在业|在册|正常)")  # 非正常 is no 正常
_GONE = re.compile(r"(吊销|注销|撤销|迁出|停业|歇业)")
_BRACKETS = {ord("("): "（", ord(")"): "）"}
_HAN = re.compile("[\u4e00-\u9fff]")


class LegalPersonGateway:
    """The port `LegalPersons`, answered by the shared register."""

    source = "legal_person_gateway"

    def __init__(self, settings: LegalPersonGatewaySettings, outbound: Outbound) -> None:
        line = wire.Line(settings, outbound)
        self._gateway = NationalGateway(line, settings.requester, settings.app_secret)
        self._settings = settings

    def check(self, query: LegalPersonQuery) -> Verdict:
        """Have *query* compared by the register.

        Raises:
            UnsupportedQueryError: it asks about the representative's number.
            OutboundFailedError: no answer, or one that is no verdict.
        """
        if query.representative_id_number is not None:
            raise UnsupportedQueryError
        question = {"entname": spelling(query.name), "uniscid": query.credit_code}
        if query.representative is not None:
            question["name"] = query.representative
        answer = self._gateway.ask(self._settings.verify_service, question)
        document = wire.an_object(answer, "the answer")
        _echoes(document, query)
        result, reason = _verdict(document)
        return Verdict(result=result, source=self.source, reason=reason)

    def find(self, credit_code: str) -> LegalPerson | None:
        """Return what is registered under *credit_code*.

        Raises:
            OutboundFailedError: no answer, or one that tells of somebody else.
        """
        rows = self._gateway.ask(self._settings.query_service, {"uniscid": credit_code})
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            wire.unusable("the answer is no list of objects")
        if not rows:
            return None
        if len(rows) > 1 or wire.text(rows[0], "uniscid") != credit_code:
            wire.unusable("rows of others")
        return _legal_person(rows[0])


def spelling(name: str) -> str:
    """Return *name* as it is registered: Han names have wide brackets and no spaces."""
    return "".join(name.split()).translate(_BRACKETS) if _HAN.search(name) else name.strip()


def _echoes(document: Mapping[str, Any], query: LegalPersonQuery) -> None:
    """Make sure that the answer is one to *query*: requests are signed without their bodies."""
    told = wire.an_object(document.get("ent_idx"), "ent_idx")
    if wire.text(told, "uniscid") != query.credit_code:
        wire.unusable("an answer to another question")


def _verdict(document: Mapping[str, Any]) -> tuple[Result, str]:
    code = wire.text(document, "entchk_checkres_key")
    result = _CODES.get(code)
    if result is None:
        wire.unusable(f"entchk_checkres_key {code[:40]}")
    differing = _differing(document)
    if (code == _DIFFERENT) != bool(differing):
        wire.unusable("the differences and the result disagree")
    if code in (_SAME, _DIFFERENT) and not _active(wire.text(document, "regstateCn")):
        return Result.NO_RECORD, "inactive"
    return result, " ".join(differing) or code


def _differing(document: Mapping[str, Any]) -> list[str]:
    rows = document.get("diff_list") or []
    if not isinstance(rows, list):
        wire.unusable("diff_list is no list")
    return [wire.text(wire.an_object(row, "a difference"), "chk_key")[:40] for row in rows]


def _active(state: str) -> bool:
    """Say whether a state means that the enterprise may act.

    Raises:
        AuthorityError: it means nothing that we know.
    """
    if _GONE.search(state):
        return False
    if not _ALIVE.search(state):
        wire.unusable("an unknown state in regstateCn")
    return True


def _legal_person(row: Mapping[str, Any]) -> LegalPerson:
    state, name = wire.text(row, "regstateCn"), wire.text(row, "entname")
    if not name:
        wire.unusable("an enterprise without a name")
    return LegalPerson(
        credit_code=wire.text(row, "uniscid"),
        name=name,
        representative=wire.text(row, "name"),
        kind=wire.text(row, "enttypeCn"),
        status=state,
        active=_active(state),
        established=_day(row.get("estdate")),
    )


def _day(milliseconds: Any) -> date | None:
    if milliseconds is None:
        return None
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int):
        wire.unusable("estdate is no number")
    try:
        return datetime.fromtimestamp(milliseconds / 1000, clock.SHANGHAI).date()
    except (OverflowError, OSError, ValueError):
        wire.unusable("estdate is no moment")
