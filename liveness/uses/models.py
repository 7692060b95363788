"""Tables of proofs of being alive: who proved it until when, and which department waits for it."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class AliveProof(Base):
    """One time that somebody was seen alive, by a face scan or by an officer.

    Whom is told by a blind index; *person_id* only where the number belongs to an account.
    """

    __tablename__ = "alive_proof"
    __table_args__ = (Index("ix_alive_proof_subject_at", "subject", "at"),)

    proof_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    method: Mapped[str] = mapped_column(String(16))  # face, counter
    source: Mapped[str] = mapped_column(String(32))  # the authority that compared, or counter
    reference: Mapped[str] = mapped_column(String(64), default="")  # its serial number
    evidence: Mapped[str] = mapped_column(String(64), default="")  # SHA-256 of the scan, hex
    document: Mapped[str] = mapped_column(String(40), default="")  # what was shown at a counter
    officer: Mapped[str] = mapped_column(String(64), default="")
    receipt: Mapped[str] = mapped_column(Text, default="")  # a JWS for the person
    at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    withdrawn_at: Mapped[Moment | None]
    reminders: Mapped[int]  # how many of its end were sent


class AliveRequest(Base):
    """A department that wants somebody's proof of being alive, and wants them reminded."""

    __tablename__ = "alive_request"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True, index=True)
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    asked_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    told_at: Mapped[Moment | None]  # when the person was told of it, who had no proof yet
