"""Distinguished encoding rules (X.690), as far as signatures and certificates need them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

INTEGER, BITS, OCTETS, NULL, OID, UTF8, PRINTABLE = 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x13
UTC_TIME, SEQUENCE, SET = 0x17, 0x30, 0x31
LONG = 0x80
CONTEXT = 0xA0


class DerError(ValueError):
    """The octets are no strict encoding, or not of what was expected."""


def wrap(tag: int, *parts: bytes) -> bytes:
    """Return *parts*, one after the other, under *tag*."""
    content = b"".join(parts)
    size = len(content)
    if size < LONG:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, LONG | len(length))) + length + content


def integer(value: int) -> bytes:
    return wrap(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, signed=True))


def sequence(*parts: bytes) -> bytes:
    return wrap(SEQUENCE, *parts)


def oid(dotted: str) -> bytes:
    first, second, *rest = map(int, dotted.split("."))
    return wrap(OID, *(_base128(arc) for arc in (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(arc & 0x7F | LONG)
    return bytes(reversed(groups))


NOTHING = wrap(NULL)


@dataclass(frozen=True, slots=True)
class Node:
    """One value: its tag, its content, and itself as it was encoded."""

    tag: int
    content: bytes
    raw: bytes

    def __iter__(self) -> Iterator["Node"]:
        rest = self.content
        while rest:
            node, rest = _first(rest)
            yield node

    @classmethod
    def whole(cls, octets: bytes, tag: int = SEQUENCE) -> Self:
        """Return the one value in *octets*.

        Raises:
            DerError: there is another tag, or something behind it.
        """
        node, rest = _first(octets)
        if rest:
            raise DerError("something follows")
        return cls(node.expect(tag).tag, node.content, node.raw)

    def expect(self, tag: int) -> "Node":
        """Return this node, if it has *tag*.

        Raises:
            DerError: it has not.
        """
        if self.tag != tag:
            raise DerError(f"tag {self.tag:#04x} where {tag:#04x} belongs")
        return self

    def integer(self) -> int:
        content = self.expect(INTEGER).content
        if not content or (len(content) > 1 and content[0] == 0 and content[1] < LONG):
            raise DerError("an integer is padded")
        return int.from_bytes(content, signed=True)

    def is_oid(self, *dotted: str) -> bool:
        return self.raw in map(oid, dotted)


def _first(octets: bytes) -> tuple[Node, bytes]:
    if len(octets) < 2:  # noqa: PLR2004 - a tag and a length
        raise DerError("it breaks off")
    size, start = octets[1], 2
    if size >= LONG:
        start += size - LONG
        length = octets[2:start]
        size = int.from_bytes(length)
        # Strict: no indefinite length, no length that a shorter form could say.
        if not 0 < len(length) <= 4 or length[0] == 0 or size < LONG:  # noqa: PLR2004
            raise DerError("a length is not in its shortest form")
    if len(octets) < start + size:
        raise DerError("it breaks off")
    raw = octets[: start + size]
    return Node(octets[0], octets[start : start + size], raw), octets[start + size :]
