"""The population register behind the data exchange: asked by number, it answers with rows."""

from datetime import date
from typing import Any

from flask import Blueprint, Response

from sandbox.authorities import exchange, wire
from sandbox.authorities.faults import EVERYWHERE, Fault
from sandbox.authorities.journal import masked
from sandbox.authorities.office import Desk, Office, desk
from sandbox.register import Citizen, Status
from sandbox.wording import Both

MIDNIGHT = "000000"
LONG_TERM = "长期"
SOMEBODY = "某某某"

bp = Blueprint("population_gateway", __name__)

OFFICE = Office(
    key="population_gateway",
    name=Both("人口库共享接口", "Population register"),
    about=Both(
        "国家数据共享交换平台上的人口信息：按号码返回行，含历史行与死亡、注销标识。",
        "Behind the national exchange: rows by number, history, death and cancellation.",
    ),
    genuine=True,
    wire="gjgxjhpt_rid, _sid, _rtime, _sign (HMAC-SHA256)",
    faults=EVERYWHERE,
    blueprint=bp,
)


@bp.post("/<service>")
def ask(service: str) -> Response:
    """Return the rows of one person."""
    here = desk()
    try:
        exchange.believe(here, service, here.credentials["service"])
        number = wire.text(exchange.asked(), "gmsfhm")
        rows = _rows(here, number)
        here.note(service, masked(rows[0]["xm"] if rows else "", number), f"{len(rows)} rows")
        return wire.answer(_envelope(rows))
    except wire.RefusedError as refusal:
        here.note(service, "", f"{refusal.code} {refusal}")
        return wire.answer(_envelope([], int(refusal.code), str(refusal)))


def _envelope(rows: list[dict[str, str]], error: int = 0, message: str = "成功") -> dict[str, Any]:
    return {
        "IsSuccess": error == 0,
        "Result": int(error == 0),
        "TotalCount": len(rows),
        "DataType": "json",
        "Message": message,
        "DataList": rows,
        "ErrorCode": error,
    }


def _rows(here: Desk, number: str) -> list[dict[str, str]]:
    citizen = here.register.citizen(number)
    if citizen is None or here.fault is Fault.NO_RECORD:
        return []
    current = _row(citizen, citizen.on_file or citizen.name)
    if here.fault is Fault.MISMATCH:
        current["xm"] = SOMEBODY
    if here.fault is Fault.DECEASED:
        current |= {"ryzt": "1", "swrq": f"{date.today():%Y%m%d}"}  # noqa: DTZ011
    return [*_history(citizen), current]


def _history(citizen: Citizen) -> list[dict[str, str]]:
    """Return the rows of former names: the exchange sends them along, and in front."""
    return [
        _row(citizen, name) | {"jlbz": "0", "jssj": f"{last:%Y%m%d}{MIDNIGHT}"}
        for name, last in citizen.former
    ]


def _row(citizen: Citizen, name: str) -> dict[str, str]:
    dead = citizen.status is Status.DECEASED
    gone = citizen.status is Status.CANCELLED
    ended = f"{citizen.ended:%Y%m%d}" if citizen.ended else ""
    return {
        "gmsfhm": citizen.id_number,
        "xm": name,
        "xb": "2" if citizen.female else "1",
        "mz": "01",
        "csrq": f"{citizen.born:%Y%m%d}",
        "ssxq": citizen.id_number[:6],
        "mlxz": "虚构路 1 号",
        "swrq": ended if dead else "",
        "swzxrq": ended if dead or gone else "",
        "swzxlb": "1" if dead else "2" if gone else "",
        "yxqxqsrq": f"{citizen.issued:%Y%m%d}",
        "yxqxjzrq": f"{citizen.expires:%Y%m%d}" if citizen.expires else LONG_TERM,
        "qfjg": "虚构县公安局",
        "zpid": f"P{citizen.id_number[-8:]}" if citizen.portrait else "",
        "ryzt": "1" if dead else "2" if gone else "0",
        "jlbz": "1",
        "qysj": f"{citizen.issued:%Y%m%d}{MIDNIGHT}",
        "jssj": "",
    }
