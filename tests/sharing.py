"""What each of thousands of applications would compile anew, compiled once for all of them."""

from collections.abc import Callable
from typing import Any

from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule


class Templates(BytecodeCache):
    """Compiled templates, by a key that changes with their text."""

    def __init__(self) -> None:
        self._compiled: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._compiled:
            bucket.bytecode_from_string(self._compiled[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._compiled[bucket.key] = bucket.bytecode_to_string()


TEMPLATES = Templates()


def share_routes() -> None:
    """Let rules that read alike have one function that builds their address.

    Werkzeug compiles two for each rule of each application, which takes longer than all else
    that an application needs; what they are made of is the rule's text alone.
    """
    compiled: Callable[..., Any] = Rule._compile_builder
    known: dict[object, Any] = {}

    def builder(rule: Rule, append_unknown: bool = True) -> Any:
        if rule.defaults:
            return compiled(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in known:
            known[key] = compiled(rule, append_unknown)
        return known[key]

    Rule._compile_builder = builder  # type: ignore[method-assign]
