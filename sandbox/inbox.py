"""Text messages that the provider sent to the sandbox's phones: the newest few hundred."""

import re
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import Any

MOST = 500
LONGEST_TEXT = 1000
PHONE = re.compile(r"\+?[0-9]{5,20}")


class MessageError(ValueError):
    """What was posted is no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One text message."""

    to: str
    purpose: str
    text: str
    code: str | None
    received_at: float


def plain(phone: str) -> str:
    """Return a mainland number without its country code, others as they are."""
    digits = re.sub(r"[\s-]", "", phone)
    return re.sub(r"^\+?86(?=1[3-9][0-9]{9}$)", "", digits)


def _parse(posted: Any) -> Message:
    if not isinstance(posted, dict):
        raise MessageError("a JSON object is expected")
    to, purpose, text = (posted.get(name) for name in ("to", "purpose", "text"))
    code = posted.get("code")
    if not isinstance(to, str) or not PHONE.fullmatch(plain(to)):
        raise MessageError("'to' is no phone number")
    if not isinstance(purpose, str) or not isinstance(text, str) or len(text) > LONGEST_TEXT:
        raise MessageError("'purpose' and 'text' are expected")
    if code is not None and not isinstance(code, str):
        raise MessageError("'code' is no string")
    return Message(
        to=plain(to), purpose=purpose[:60], text=text, code=code or None, received_at=time.time()
    )


class Inbox:
    """Every phone's messages, newest first."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque(maxlen=MOST)
        self._lock = threading.Lock()

    def receive(self, posted: Any) -> Message:
        """Keep what was *posted*.

        Raises:
            MessageError: it is no message.
        """
        message = _parse(posted)
        with self._lock:
            self._messages.appendleft(message)
        return message

    def messages(self, to: str | None = None) -> list[Message]:
        """Return the messages *to* a phone, or all, newest first."""
        with self._lock:
            return [m for m in self._messages if to is None or m.to == plain(to)]

    def by_phone(self, to: str | None = None) -> dict[str, list[Message]]:
        """Return the messages grouped, the phone that heard last in front."""
        groups: dict[str, list[Message]] = {}
        for message in self.messages(to):
            groups.setdefault(message.to, []).append(message)
        return groups
