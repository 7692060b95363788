"""What can be wrong with an authority, and the switchboard on which it is switched on."""

import threading
from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

from sandbox.wording import Both


class Fault(StrEnum):
    """One thing wrong; an authority has one at a time, or none."""

    NO_RECORD = "no_record"
    NO_PHOTO = "no_photo"
    OTHER_FACE = "other_face"
    GREY_FACE = "grey_face"
    MISMATCH = "mismatch"
    DECEASED = "deceased"
    SLOW = "slow"
    ERROR_5XX = "error_5xx"
    GARBAGE = "garbage"
    TRUNCATED = "truncated"
    ERROR_IN_200 = "error_in_200"
    RATE_LIMIT = "rate_limit"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    WRONG_SERIAL = "wrong_serial"


MEANING = {
    Fault.NO_RECORD: Both("查无此人", "Nobody is on file"),
    Fault.NO_PHOTO: Both(
        "库中无照片（仅影响比对照片的查询）", "No photograph (portrait checks only)"
    ),
    Fault.OTHER_FACE: Both(
        "照片一律不是同一人（仅影响比对照片的查询）",
        "Every face is another (portrait checks only)",
    ),
    Fault.GREY_FACE: Both(
        "照片一律只是疑似（仅影响比对照片的查询）",
        "Every face might be the one (portrait checks only)",
    ),
    Fault.MISMATCH: Both("一律不一致", "Nothing ever matches"),
    Fault.DECEASED: Both("人人都已去世", "Everybody has died"),
    Fault.SLOW: Both("十秒后才回答", "Answers after ten seconds"),
    Fault.ERROR_5XX: Both("服务器错误 503", "Server error 503"),
    Fault.GARBAGE: Both("用网页代替 JSON", "A web page where JSON belongs"),
    Fault.TRUNCATED: Both("JSON 截断", "JSON that breaks off"),
    Fault.ERROR_IN_200: Both("状态 200，内容却是错误", "Status 200 with an error inside"),
    Fault.RATE_LIMIT: Both("调用超限", "Too many calls"),
    Fault.BAD_SIGNATURE: Both("签名不对", "Signatures that do not fit"),
    Fault.STALE: Both("时间戳过期", "Timestamps out of date"),
    Fault.WRONG_SERIAL: Both("流水号对不上", "Another question's serial number"),
}

_PARTICULAR = (Fault.WRONG_SERIAL, Fault.NO_PHOTO, Fault.OTHER_FACE, Fault.GREY_FACE)
EVERYWHERE = tuple(f for f in Fault if f not in _PARTICULAR)
WITH_PORTRAITS = (*EVERYWHERE, Fault.NO_PHOTO, Fault.OTHER_FACE)


class UnknownFaultError(ValueError):
    """There is no such authority, or it cannot have that fault."""


Wrong = TypeVar("Wrong", bound=StrEnum)


class Switchboard(Generic[Wrong]):
    """Which fault each authority or upstream has; safe to use from many threads."""

    def __init__(self, possible: Mapping[str, tuple[Wrong, ...]]) -> None:
        self.possible = dict(possible)
        self._on: dict[str, Wrong] = {}
        self._lock = threading.Lock()

    def set(self, authority: str, fault: str | None) -> None:
        """Switch *fault* on at *authority*, in place of any other; None switches it off.

        Raises:
            UnknownFaultError: no such authority, or no such fault there.
        """
        if authority not in self.possible:
            raise UnknownFaultError("no such authority")
        known = {possible.value: possible for possible in self.possible[authority]}
        if fault is not None and fault not in known:
            raise UnknownFaultError("no such fault there")
        with self._lock:
            if fault is None:
                self._on.pop(authority, None)
            else:
                self._on[authority] = known[fault]

    def of(self, authority: str) -> Wrong | None:
        """Return what is wrong at *authority*."""
        with self._lock:
            return self._on.get(authority)

    def clear(self) -> None:
        """Switch everything off."""
        with self._lock:
            self._on.clear()

    def state(self) -> dict[str, str | None]:
        """Return every authority with its fault, for programs."""
        with self._lock:
            return {name: self._on.get(name) for name in self.possible}
