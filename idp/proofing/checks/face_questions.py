"""What a department asks of a face: a question about a name, and where the scan happens."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from idp.clients.verification import Faces
from idp.proofing.checks import questions
from idp.proofing.checks.errors import CheckInputError
from idp.proofing.checks.questions import FieldError, Question, text

ASKED = ("name", "id_number")
FURTHER = ("portrait",)
RISKS = ("normal", "high")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceQuestion:
    """A question, how strictly it is answered, and the department's pages around the scan.

    *origin* is that of a page that embeds the scan, *return_uri* where our own page leads.
    """

    question: Question
    document: Mapping[str, Any] = field(repr=False)  # as it was sent
    risk: str
    origin: str
    return_uri: str

    @property
    def fingerprinted(self) -> bytes:
        """All of it, for comparing a repeated order with the first one."""
        where = f"\x1f{self.risk}\x1f{self.origin}\x1f{self.return_uri}"
        return self.question.fingerprinted + where.encode()


def read(document: Mapping[str, Any], faces: Faces) -> FaceQuestion:
    """Return the question that *document* asks; pages must be registered for *faces*.

    Raises:
        CheckInputError: it says which members are wrong, and how.
    """
    found = questions.members(document, _READERS)
    registered = (("origin", faces.origins), ("return_uri", faces.return_uris))
    wrong = {
        name: "not_registered"
        for name, known in registered
        if found.get(name, "") not in {*known, ""}
    }
    if wrong:
        raise CheckInputError(wrong)
    return FaceQuestion(
        question=questions.framed(document, found, ASKED, FURTHER),
        document=document,
        risk=found.get("risk", RISKS[0]),
        origin=found.get("origin", ""),
        return_uri=found.get("return_uri", ""),
    )


def again(document: Mapping[str, Any]) -> Question:
    """Return the question of a document that was read before."""
    return questions.framed(document, questions.members(document, _READERS), ASKED, FURTHER)


def _risk(value: object) -> str:
    if text(value) not in RISKS:
        raise FieldError("unknown_word")
    return str(value)


_READERS: Mapping[str, questions.Reader] = {
    **questions.WHO,
    **questions.WHY,
    "risk": _risk,
    "origin": text,
    "return_uri": text,
}
