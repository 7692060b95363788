"""The machines' endpoints mounted in Flask, so that both doors lead to the same functions."""

from typing import cast

from flask import Flask, current_app, request
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from idp.oidc import counter
from idp.oidc.authorize import authorize
from idp.oidc.desk import Desk
from idp.web import csrf, guards
from idp.web.machine import MachineRequest, Reply

KEY = "manyou.desk"


def desk() -> Desk:
    """Return the desk of the application at work."""
    return cast(Desk, current_app.extensions[KEY])


def request_of() -> MachineRequest:
    """Return Flask's request in our words."""
    return MachineRequest(
        method=request.method,
        path=request.path,
        query_string=request.query_string,
        headers={name.lower(): value for name, value in request.headers.items()},
        body=_body(),
        address=request.environ.get("manyou.address", ""),
        request_id=request.environ.get("manyou.request_id", ""),
    )


def _body() -> bytes:
    request.max_content_length = counter.limit_of(request.path, desk().settings)
    return request.get_data(cache=True)


def response_of(reply: Reply | None) -> Response:
    """Return *reply* in Flask's words."""
    if reply is None:
        raise NotFound
    return Response(reply.body, status=reply.status, headers=list(reply.headers))


@csrf.exempt("a machine proves itself with a secret of its own, never with a cookie")
@guards.machine("each endpoint asks for a client's credentials or a token")
def serve(**_path: str) -> Response:
    """Answer a machine's request as the counter would."""
    found = counter.endpoint_at(request.path)
    if found is None:
        raise NotFound
    endpoint, methods = found
    return response_of(counter.answer(endpoint, methods, request_of(), desk()))


def init_app(app: Flask) -> None:
    """Give every machine's endpoint a route in *app*; /authorize has a page of its own."""
    every = ("GET", "POST", "PUT", "DELETE", "PATCH")
    for path, (endpoint, _methods) in counter.ENDPOINTS.items():
        if endpoint is not authorize:
            app.add_url_rule(path, f"machines.{path}", serve, methods=every)
    for path in counter.BELOW:
        app.add_url_rule(f"{path}/<name>", f"machines.{path}/", serve, methods=every)
