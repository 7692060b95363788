"""The population register behind the national data-exchange gateway.

It is asked with the number alone, and tells what it knows; names are compared here. The names of
the columns are those of published integrations. What their flags mean is a profile of ours, to be
agreed at admission: ryzt 0 normal, 1 deceased, 2 cancelled; jlbz 1 present row, 0 history; qysj
and jssj when a row began and ceased to hold.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from config.authorities import PopulationGatewaySettings
from idp import clock
from idp.registry.ports import RateLimitedError, UnsupportedQueryError
from idp.registry.queries import PersonQuery, Validity
from idp.registry.remote import wire
from idp.registry.remote.national_gateway import NationalGateway
from idp.registry.results import Result, Verdict
from idp.web.outbound import Outbound

_STATES = {"": "", "0": "", "1": "deceased", "2": "cancelled"}
_LONG_TERM = frozenset({"长期", wire.LONG_TERM})
_PRESENT = frozenset({"", "1"})
_LIMITED = "429"
_DAY = len("yyyyMMdd")

Row = Mapping[str, Any]


class PopulationGateway:
    """The port `Population`, answered by the shared register."""

    source = "population_gateway"

    def __init__(self, settings: PopulationGatewaySettings, outbound: Outbound) -> None:
        line = wire.Line(settings, outbound)
        self._gateway = NationalGateway(line, settings.requester, settings.app_secret)
        self._service = settings.service

    def check(self, query: PersonQuery) -> Verdict:
        """Compare *query* with the person's present row.

        Raises:
            UnsupportedQueryError: it asks about a phone or a portrait.
            OutboundFailedError: no answer, or one that is no verdict.
        """
        if query.phone is not None or query.portrait is not None:
            raise UnsupportedQueryError
        query = wire.tidy(query)
        answer = self._gateway.ask(self._service, {"gmsfhm": query.id_number})
        rows = _rows(wire.an_object(answer, "the answer"))
        result, reason = next(_objections(query, rows), (Result.MATCH, ""))
        return Verdict(result=result, source=self.source, reason=reason)


def _rows(answer: Row) -> list[Row]:
    """Return the rows of an answer that says three times that it succeeded."""
    error = wire.text(answer, "ErrorCode")
    if error == _LIMITED:
        raise RateLimitedError(detail="ErrorCode 429")
    if answer.get("IsSuccess") is not True or wire.text(answer, "Result") != "1" or error != "0":
        wire.unusable(f"the gateway failed with ErrorCode {error[:40]}")
    try:
        rows = wire.unwrapped(answer.get("DataList"))
    except (ValueError, RecursionError):
        wire.unusable("DataList is not JSON")
    count = wire.text(answer, "TotalCount")
    rows = [] if rows in (None, "") else rows
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        wire.unusable("DataList is no list of objects")
    if count != str(len(rows)):
        wire.unusable("TotalCount is not the number of rows")
    return rows


def _objections(query: PersonQuery, rows: list[Row]) -> Iterator[tuple[Result, str]]:
    """Yield what speaks against a match, the weightiest first."""
    if any(wire.text(row, "gmsfhm").upper() != query.id_number for row in rows):
        wire.unusable("a row of somebody else")
    present = _present(rows)
    if present is None:
        yield Result.NO_RECORD, "no_present_row" if rows else ""
        return
    if state := _state(present):
        yield Result.NO_RECORD, state
    named, reason = wire.compare_names(query.name, wire.text(present, "xm"))
    if named is not Result.MATCH:
        yield named, reason
    if query.validity is not None:
        begins, ends = wire.text(present, "yxqxqsrq"), wire.text(present, "yxqxjzrq")
        if not begins or not ends:
            yield Result.NO_RECORD, "validity_unknown"
        if not _same_period(query.validity, begins, ends):
            yield Result.MISMATCH, "validity"


def _present(rows: list[Row]) -> Row | None:
    """Return the row that holds now: registers keep one for every change of a person.

    Raises:
        AuthorityError: several hold, and they tell different things.
    """
    now = f"{clock.now().astimezone(clock.SHANGHAI):%Y%m%d%H%M%S}"
    holding = [row for row in rows if _holds(row, now)]
    if not holding:
        return None
    latest = max(_moment(row, "qysj") for row in holding)
    newest = [row for row in holding if _moment(row, "qysj") == latest]
    told = ("xm", "swrq", "swzxrq", "ryzt", "yxqxqsrq", "yxqxjzrq")
    if any(wire.text(row, key) != wire.text(newest[0], key) for row in newest for key in told):
        wire.unusable("several present rows, and they differ")
    return newest[0]


def _holds(row: Row, now: str) -> bool:
    ends = _moment(row, "jssj")
    flag = wire.text(row, "jlbz")
    return flag in _PRESENT and _moment(row, "qysj") <= now and (not ends or ends > now)


def _moment(row: Row, key: str) -> str:
    """Return a moment as fourteen digits, so that moments sort; empty where there is none."""
    value = wire.text(row, key)
    if not value:
        return ""
    moment = value + "000000" if len(value) == _DAY else value
    try:
        datetime.strptime(moment, "%Y%m%d%H%M%S").replace(tzinfo=clock.SHANGHAI)
    except ValueError:
        wire.unusable(f"{key} is no moment")
    return moment


def _state(row: Row) -> str:
    """Return why this person is nobody's account: deceased, cancelled, or empty.

    Raises:
        AuthorityError: the row has a state that we do not know.
    """
    state = _STATES.get(wire.text(row, "ryzt"))
    if state is None:
        wire.unusable("an unknown state in ryzt")
    if wire.text(row, "swrq") or wire.text(row, "swzxrq"):
        return "deceased"
    return state


def _same_period(asked: Validity, begins: str, ends: str) -> bool:
    if wire.day(asked.begins) != begins:
        return False
    return ends in _LONG_TERM if asked.ends is None else wire.day(asked.ends) == ends
