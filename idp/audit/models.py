"""Table audit_event."""

from sqlalchemy import BigInteger, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class AuditEvent(Base):
    """Something that happened; written in the transaction of what it tells, never changed."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_person_id_at", "person_id", "at"),)

    sequence: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True
    )
    at: Mapped[Moment]
    event: Mapped[str] = mapped_column(String(64))  # subject:action, as session:start
    outcome: Mapped[str] = mapped_column(String(16))  # success, failure
    person_id: Mapped[str | None] = mapped_column(String(32))
    client_id: Mapped[str | None] = mapped_column(String(64))
    actor: Mapped[str] = mapped_column(String(64), default="")  # operator or system, when not self
    reason: Mapped[str] = mapped_column(String(64), default="")  # an error code
    address: Mapped[str] = mapped_column(String(45), default="")  # masked
    request_id: Mapped[str] = mapped_column(String(32), default="")
    data: Mapped[str] = mapped_column(Text, default="")  # further facts, as JSON, no personal data
