"""Legal persons behind the data exchange: query by code, or verify name and code."""

from datetime import UTC, datetime, time
from typing import Any

from flask import Blueprint, Response

from sandbox.authorities import exchange, wire
from sandbox.authorities.faults import EVERYWHERE, Fault
from sandbox.authorities.office import Desk, Office, desk
from sandbox.register import Enterprise
from sandbox.wording import Both

NOBODY, DISAGREE, SAME, DIFFERENT, BAD = "01", "02", "03", "04", "05"
GONE = "注销"
SOMEBODY = "某某某"

bp = Blueprint("legal_person_gateway", __name__)

OFFICE = Office(
    key="legal_person_gateway",
    name=Both("法人库共享接口", "Register of legal persons"),
    about=Both(
        "国家数据共享交换平台上的企业信息：按统一社会信用代码查询，或核验名称、代码与法定代表人。",
        "Behind the national exchange: query by credit code, or verify name, code and head.",
    ),
    genuine=True,
    wire="gjgxjhpt_rid, _sid, _rtime, _sign (HMAC-SHA256)",
    faults=EVERYWHERE,
    blueprint=bp,
)


@bp.post("/<service>")
def ask(service: str) -> Response:
    """Answer a query or a verification; each is a service with a code of its own."""
    here = desk()
    query, verify = here.credentials["query_service"], here.credentials["verify_service"]
    try:
        exchange.believe(here, service, query, verify)
        asked = exchange.asked()
        told = _queried(here, asked) if service == query else _verified(here, asked)
    except wire.RefusedError as refusal:
        here.note(service, "", f"{refusal.code} {refusal}")
        return wire.answer({"code": refusal.code, "msg": str(refusal), "data": None})
    return wire.answer(told)


def _found(here: Desk, asked: dict[str, Any]) -> Enterprise | None:
    if here.fault is Fault.NO_RECORD:
        return None
    return here.register.enterprise(wire.text(asked, "uniscid"))


def _state(here: Desk, enterprise: Enterprise) -> str:
    return GONE if here.fault is Fault.DECEASED else enterprise.state


def _queried(here: Desk, asked: dict[str, Any]) -> list[dict[str, Any]]:
    enterprise = _found(here, asked)
    here.note("query", wire.text(asked, "uniscid"), "1 row" if enterprise else "0 rows")
    if enterprise is None:
        return []
    founded = datetime.combine(enterprise.founded, time(), UTC)
    return [
        {
            "uniscid": enterprise.credit_code,
            "entname": SOMEBODY if here.fault is Fault.MISMATCH else enterprise.name,
            "regno": f"{enterprise.credit_code[2:8]}000000001",
            "name": SOMEBODY if here.fault is Fault.MISMATCH else enterprise.representative,
            "enttypeCn": enterprise.kind,
            "estdate": int(founded.timestamp() * 1000),
            "opfrom": f"{enterprise.founded:%Y-%m-%d}",
            "opto": "",
            "dom": "江北省虚构市虚构路 1 号",
            "opscope": "演示",
            "regcap": "100.0",
            "regorgCn": "虚构市市场监督管理局",
            "regstateCn": _state(here, enterprise),
            "apprdate": int(founded.timestamp() * 1000),
        }
    ]


def _verified(here: Desk, asked: dict[str, Any]) -> dict[str, Any]:
    code, name = wire.text(asked, "uniscid"), wire.text(asked, "entname")
    head = wire.text(asked, "name")
    enterprise = _found(here, asked)
    result, differences = _compared(here, enterprise, name, head)
    if not code or not name:
        result, differences = BAD, []
    here.note("verify", code, result)
    return {
        "ent_idx": {"entname": name, "uniscid": code},
        "regstateCn": _state(here, enterprise) if enterprise else "",
        "entchk_checkres_key": result,
        "diff_list": differences,
        "_map_": "true",
    }


def _compared(
    here: Desk, enterprise: Enterprise | None, name: str, head: str
) -> tuple[str, list[dict[str, str]]]:
    if enterprise is None:
        return NOBODY, []
    if name != enterprise.name or here.fault is Fault.MISMATCH:
        return DISAGREE, []
    if head and head != enterprise.representative:
        return DIFFERENT, [{"chk_key": "name", "in_val": head, "out_val": "***"}]
    return SAME, []
