"""The frames between the provider and its hashing processes: a length, then JSON."""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct(">I")
LARGEST = 16 * 1024
"""Octets of one frame; a password of 128 code points needs a tenth of it."""


class FrameError(Exception):
    """What came is no frame of ours; the message never quotes it, for it may hold a password."""


def send(connection: socket.socket, message: Mapping[str, Any]) -> None:
    """Send *message* in one frame.

    Raises:
        FrameError: it is larger than a frame may be.
        OSError: the other side is gone, or slower than the socket's timeout.
    """
    body = json.dumps(message).encode("ascii")
    if len(body) > LARGEST:
        raise FrameError("too large to send")
    connection.sendall(_LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> dict[str, Any]:
    """Return the next message.

    Raises:
        FrameError: too large, or no JSON object.
        OSError: the other side is gone, or slower than the socket's timeout.
    """
    (length,) = _LENGTH.unpack(_read(connection, _LENGTH.size))
    if length > LARGEST:
        raise FrameError("too large to receive")
    try:
        message = json.loads(_read(connection, length))
    except (ValueError, RecursionError):
        raise FrameError("not JSON") from None
    if not isinstance(message, dict):
        raise FrameError("not an object")
    return message


def _read(connection: socket.socket, length: int) -> bytes:
    octets = bytearray()
    while len(octets) < length:
        piece = connection.recv(length - len(octets))
        if not piece:
            raise ConnectionResetError("closed in the middle of a frame")
        octets += piece
    return bytes(octets)
