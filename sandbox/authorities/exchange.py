"""The national data exchange in front of two authorities: who may ask, told by four headers.

The signature covers service, requester and time, and not the body: that is how the exchange is.
"""

import base64
import hashlib
import hmac
from typing import Any

from flask import request

from sandbox.authorities import wire
from sandbox.authorities.faults import Fault
from sandbox.authorities.office import Desk

MILLISECONDS = 1000.0


def believe(here: Desk, service: str, *allowed: str) -> None:
    """Check the four headers of a question to *service*.

    Raises:
        RefusedError: with the exchange's code.
    """
    told = {name: request.headers.get(f"gjgxjhpt_{name}", "") for name in _HEADERS}
    if told["rid"] != here.credentials["requester"] or service not in allowed:
        raise wire.RefusedError("403", "未授权的服务")
    if told["sid"] != service:
        raise wire.RefusedError("403", "服务编码不符")
    in_time = here.freshness.in_time(wire.moment(told["rtime"], MILLISECONDS))
    if here.fault is Fault.STALE or not in_time:
        raise wire.RefusedError("401", "请求时间超出范围")
    key = here.credentials["app_secret"].encode()
    message = f"{told['sid']}{told['rid']}{told['rtime']}".encode()
    right = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    if here.fault is Fault.BAD_SIGNATURE or not hmac.compare_digest(
        right.encode(), told["sign"].encode()
    ):
        raise wire.RefusedError("401", "签名错误")
    if here.fault is Fault.RATE_LIMIT:
        raise wire.RefusedError("429", "调用次数超限")
    if here.fault is Fault.ERROR_IN_200:
        raise wire.RefusedError("500", "服务异常")


_HEADERS = ("rid", "sid", "rtime", "sign")


def asked() -> dict[str, Any]:
    """Return the question's body.

    Raises:
        RefusedError: it is no object.
    """
    try:
        return wire.json_object(request.get_data())
    except ValueError as error:
        raise wire.RefusedError("400", "参数错误") from error
