"""What passes between the provider and the processes that look at pictures.

A question is JSON and the pictures behind it, an answer is JSON. Nothing is pickled: whoever
took over a process by a hostile picture shall not thereby take over who asked it.
"""

import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LENGTH = struct.Struct(">I")
BEGUN = b"\x06"
"""Sent by a process when it takes a question up: before it is waiting, after it is work."""
MOST_PICTURES = 48
LARGEST_QUESTION = 24 << 20
_LARGEST_JSON = 1 << 20


class WireError(Exception):
    """What came is not what is spoken here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Pictures, and what to say of them beside what is always said."""

    pictures: Sequence[bytes]
    embed: Sequence[int] = ()  # indices of pictures whose faces to make templates of
    flatness: bool = False  # hold each against the first
    eyes: bool = True  # look how far eyes are open
    mesh: bool = True  # and how the face is held; without, for templates alone


def send_question(connection: socket.socket, question: Question) -> None:
    header = {
        "sizes": [len(picture) for picture in question.pictures],
        "embed": list(question.embed),
        "flatness": question.flatness,
        "eyes": question.eyes,
        "mesh": question.mesh,
    }
    send(connection, header)
    for picture in question.pictures:
        connection.sendall(picture)


def receive_question(connection: socket.socket) -> Question:
    """Return the next question.

    Raises:
        WireError: it is none.
        OSError: the other side is gone, or slower than the socket's timeout.
    """
    header = receive(connection)
    sizes = header.get("sizes")
    if not isinstance(sizes, list) or not 0 < len(sizes) <= MOST_PICTURES:
        raise WireError("no pictures, or too many")
    if not all(isinstance(size, int) and size >= 0 for size in sizes):
        raise WireError("no sizes")
    if sum(sizes) > LARGEST_QUESTION:
        raise WireError("too large a question")
    return Question(
        pictures=[_read(connection, size) for size in sizes],
        embed=[int(index) for index in header["embed"]],
        flatness=header["flatness"] is True,
        eyes=header["eyes"] is True,
        mesh=header["mesh"] is True,
    )


def send(connection: socket.socket, message: Mapping[str, Any]) -> None:
    body = json.dumps(message).encode("ascii")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> dict[str, Any]:
    """Return the next message.

    Raises:
        WireError: too large, or no JSON object.
        OSError: the other side is gone, or slower than the socket's timeout.
    """
    (length,) = _LENGTH.unpack(_read(connection, _LENGTH.size))
    if length > _LARGEST_JSON:
        raise WireError("too large a message")
    try:
        message = json.loads(_read(connection, length))
    except (ValueError, RecursionError):
        raise WireError("not JSON") from None
    if not isinstance(message, dict):
        raise WireError("not an object")
    return message


def _read(connection: socket.socket, length: int) -> bytes:
    octets = bytearray()
    while len(octets) < length:
        piece = connection.recv(min(length - len(octets), 1 << 18))
        if not piece:
            raise ConnectionResetError("closed in the middle")
        octets += piece
    return bytes(octets)
