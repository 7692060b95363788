"""Table job."""

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Job(Base):
    """Something to be done outside the database, written with its cause, done after it."""

    __tablename__ = "job"
    __table_args__ = (Index("ix_job_status_due_at", "status", "due_at"),)

    job_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(32))
    payload: Mapped[str] = mapped_column(Text)  # JSON; sealed where it is personal
    status: Mapped[str] = mapped_column(String(16))  # waiting, done, failed
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    due_at: Mapped[Moment]  # also the lease: a claimed job is due again if its worker dies
    finished_at: Mapped[Moment | None]
    error: Mapped[str] = mapped_column(String(300), default="")
