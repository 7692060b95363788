"""What an authority finds when it compares a question about a person with its register."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sandbox.authorities.faults import Fault
from sandbox.register import Citizen, Register, Status

DOTS = re.compile(r"\s*[\u00b7\u2022\u30fb\uff65\u2027\u2219\u22c5\u25cf\uff0e.]\s*")


class Finding(StrEnum):
    """One finding, in the sandbox's own words; each authority has codes of its own for it."""

    SAME = "same"
    OTHER_NAME = "other_name"
    OTHER_PHONE = "other_phone"
    OTHER_DATES = "other_dates"
    OTHER_FACE = "other_face"
    NO_PHOTO = "no_photo"
    NO_RECORD = "no_record"
    DECEASED = "deceased"
    CANCELLED = "cancelled"


FORCED = {
    Fault.NO_RECORD: Finding.NO_RECORD,
    Fault.MISMATCH: Finding.OTHER_NAME,
    Fault.DECEASED: Finding.DECEASED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Is this one person? What is None was not asked; dates are (begins, ends or None)."""

    name: str
    id_number: str
    phone: str | None = None
    dates: tuple[date, date | None] | None = None
    portrait: bytes | None = field(default=None, repr=False)


def judge(register: Register, question: Question, fault: Fault | None) -> Finding:
    """Return what *register* says to *question*, or what *fault* makes it say."""
    forced = _forced(question, fault)
    if forced is not None:
        return forced
    citizen = register.citizen(question.id_number)
    if citizen is None:
        return Finding.NO_RECORD
    if citizen.status is Status.DECEASED:
        return Finding.DECEASED
    if citizen.status is Status.CANCELLED:
        return Finding.CANCELLED
    return _compared(citizen, question)


def _forced(question: Question, fault: Fault | None) -> Finding | None:
    if fault is Fault.NO_PHOTO:
        return Finding.NO_PHOTO if question.portrait is not None else None
    return FORCED.get(fault) if fault else None


def _compared(citizen: Citizen, question: Question) -> Finding:
    if not same_name(citizen, question.name):
        return Finding.OTHER_NAME
    if question.phone is not None and question.phone != citizen.phone:
        return Finding.OTHER_PHONE
    if question.dates is not None and question.dates != (citizen.issued, citizen.expires):
        return Finding.OTHER_DATES
    if question.portrait is None:
        return Finding.SAME
    if citizen.portrait is None:
        return Finding.NO_PHOTO
    # Until there are pictures to compare, the same picture is the same face.
    return Finding.SAME if question.portrait == citizen.portrait else Finding.OTHER_FACE


def same_name(citizen: Citizen, name: str) -> bool:
    """Whether *name* is what *citizen* is called, in the new spelling or that of old machines."""
    return plain_name(name) in {plain_name(citizen.name), plain_name(citizen.on_file)} - {""}


def plain_name(name: str) -> str:
    """Return *name* as this country's registers compare it: one dot, no case, NFC."""
    folded = DOTS.sub("\u00b7", unicodedata.normalize("NFC", name.strip()))
    return " ".join(folded.split()).upper()
