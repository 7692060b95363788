"""What an authority finds when it compares a question about a person with its register."""

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from sandbox.authorities.faults import Fault
from sandbox.faces.matcher import PERHAPS, SAME, Matcher, UnfitError
from sandbox.register import Citizen, Register, Status

DOTS = re.compile(r"\s*[\u00b7\u2022\u30fb\uff65\u2027\u2219\u22c5\u25cf\uff0e.]\s*")


class Finding(StrEnum):
    """One finding, in the sandbox's own words; each authority has codes of its own for it."""

    SAME = "same"
    OTHER_NAME = "other_name"
    OTHER_PHONE = "other_phone"
    OTHER_DATES = "other_dates"
    OTHER_FACE = "other_face"
    GREY_FACE = "grey_face"
    UNFIT_FACE = "unfit_face"
    NO_PHOTO = "no_photo"
    NO_RECORD = "no_record"
    DECEASED = "deceased"
    CANCELLED = "cancelled"


FACES = {
    Fault.NO_PHOTO: Finding.NO_PHOTO,
    Fault.OTHER_FACE: Finding.OTHER_FACE,
    Fault.GREY_FACE: Finding.GREY_FACE,
}
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


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found, and how alike the faces are, from 0 to 100, if they were compared."""

    finding: Finding
    score: float = 0.0


def judge(
    register: Register, question: Question, fault: Fault | None, matcher: Matcher
) -> Judgement:
    """Return what *register* says to *question*, or what *fault* makes it say."""
    finding = _found(register, question, fault)
    if finding is not Finding.SAME or question.portrait is None:
        return Judgement(finding)
    citizen = register.citizen(question.id_number)
    if fault in FACES:
        return Judgement(FACES[fault], PERHAPS)
    return compared(citizen.portrait if citizen else None, question.portrait, matcher)


def compared(kept: bytes | None, given: bytes, matcher: Matcher) -> Judgement:
    """Compare two portraits; where nobody can, it is as if none were kept."""
    if kept is None or not matcher.available:
        return Judgement(Finding.NO_PHOTO)
    try:
        score = matcher.score(kept, given)
    except UnfitError:
        return Judgement(Finding.UNFIT_FACE)
    if score >= SAME:
        return Judgement(Finding.SAME, score)
    return Judgement(Finding.GREY_FACE if score >= PERHAPS else Finding.OTHER_FACE, score)


def _found(register: Register, question: Question, fault: Fault | None) -> Finding:
    if fault in FORCED:
        return FORCED[fault]
    citizen = register.citizen(question.id_number)
    if citizen is None:
        return Finding.NO_RECORD
    if citizen.status is Status.DECEASED:
        return Finding.DECEASED
    if citizen.status is Status.CANCELLED:
        return Finding.CANCELLED
    return _compared(citizen, question)


def _compared(citizen: Citizen, question: Question) -> Finding:
    if not same_name(citizen, question.name):
        return Finding.OTHER_NAME
    if question.phone is not None and question.phone != citizen.phone:
        return Finding.OTHER_PHONE
    if question.dates is not None and question.dates != (citizen.issued, citizen.expires):
        return Finding.OTHER_DATES
    return Finding.SAME


def same_name(citizen: Citizen, name: str) -> bool:
    """Whether *name* is what *citizen* is called, in the new spelling or that of old machines."""
    return plain_name(name) in {plain_name(citizen.name), plain_name(citizen.on_file)} - {""}


def plain_name(name: str) -> str:
    """Return *name* as this country's registers compare it: one dot, no case, NFC."""
    folded = DOTS.sub("\u00b7", unicodedata.normalize("NFC", name.strip()))
    return " ".join(folded.split()).upper()
