"""How CAS validation is answered: a line of text, XML or JSON (CAS Protocol 3.0.3 §2.4, §2.5)."""

from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

import orjson

from idp.legacy.cas import CasFailure, Validated

NAMESPACE = "http://www.yale.edu/tp/cas"
TEXT, XML, JSON = "text/plain", "application/xml", "application/json"


def text(found: Validated | CasFailure) -> str:
    """Return the two lines of CAS 1.0 (§2.4.2)."""
    return f"yes\n{found.user}\n" if isinstance(found, Validated) else "no\n\n"


def xml(found: Validated | CasFailure) -> str:
    """Return a service response (Appendix A)."""
    if isinstance(found, CasFailure):
        body = (
            f'<cas:authenticationFailure code="{found.code}">{_text(found.description)}'
            "</cas:authenticationFailure>"
        )
    else:
        body = (
            f"<cas:authenticationSuccess>{_element('user', found.user)}"
            f"{_attributes(found.attributes)}</cas:authenticationSuccess>"
        )
    return f'<cas:serviceResponse xmlns:cas="{NAMESPACE}">{body}</cas:serviceResponse>'


def json(found: Validated | CasFailure) -> bytes:
    """Return the same in JSON (§2.5.1, `format`)."""
    if isinstance(found, CasFailure):
        failure = {"code": found.code, "description": found.description}
        return orjson.dumps({"serviceResponse": {"authenticationFailure": failure}})
    success: dict[str, Any] = {"user": found.user}
    if found.attributes:
        success["attributes"] = dict(found.attributes)
    return orjson.dumps({"serviceResponse": {"authenticationSuccess": success}})


def proxy_refusal() -> str:
    """Return what `/proxy` says: nobody is let in for somebody else (§2.7.3)."""
    return (
        f'<cas:serviceResponse xmlns:cas="{NAMESPACE}"><cas:proxyFailure '
        'code="UNAUTHORIZED_SERVICE_PROXY">proxy tickets are not given out here'
        "</cas:proxyFailure></cas:serviceResponse>"
    )


def _attributes(attributes: Mapping[str, Any]) -> str:
    if not attributes:
        return ""
    elements = [
        _element(name, _plain(item))
        for name, value in attributes.items()
        for item in (value if isinstance(value, list) else [value])
    ]
    return f"<cas:attributes>{''.join(elements)}</cas:attributes>"


def _plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _element(name: str, value: str) -> str:
    return f"<cas:{name}>{_text(value)}</cas:{name}>"


def _text(value: str) -> str:
    """Escape *value*, less the characters that no XML 1.0 document may hold (§2.2)."""
    return escape(
        "".join(c for c in value if c in "\t\n\r" or (c >= " " and c not in "\ufffe\uffff"))
    )
