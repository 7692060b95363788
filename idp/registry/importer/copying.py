"""Rows as PostgreSQL's binary COPY has them (PostgreSQL manual, COPY, "Binary Format")."""

from collections.abc import Callable, Iterable, Sequence
from struct import pack
from typing import Any

HEAD = b"PGCOPY\n\xff\r\n\0" + pack("!ii", 0, 0)
TAIL = pack("!h", -1)

_NULL = pack("!i", -1)
_TRUE, _FALSE = pack("!i?", 1, True), pack("!i?", 1, False)  # noqa: FBT003


def _octets(value: bytes) -> bytes:
    return pack("!i", len(value)) + value


_WRITERS: dict[str, Callable[[Any], bytes]] = {
    "f": b"\0\0\0\x10".__add__,  # a fingerprint has sixteen bytes
    "i": lambda value: pack("!ii", 4, value),
    "b": lambda value: _TRUE if value else _FALSE,
    "t": lambda value: _octets(value.encode()),
}


def rows(kinds: Sequence[str], records: Iterable[tuple[Any, ...]]) -> bytes:
    """Return *records* as COPY data without head and tail, each column of its kind."""
    writers = [_WRITERS[kind] for kind in kinds]
    count = pack("!h", len(writers))
    parts: list[bytes] = []
    append = parts.append
    for record in records:
        append(count)
        for write, value in zip(writers, record, strict=True):
            append(_NULL if value is None else write(value))
    return b"".join(parts)
