"""Tables one_time_code and known_browser."""

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class OneTimeCode(Base):
    """A code sent to a phone: bound to its purpose and to the browser that asked for it."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_browser_purpose", "browser", "purpose"),)

    code_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))  # sign_in, register, reset …
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    destination_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[str | None] = mapped_column(String(32))
    state_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # a form that waits, as JSON
    code_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]


class KnownBrowser(Base):
    """A browser in which a person has signed in before: it keeps a guessing budget of its own."""

    __tablename__ = "known_browser"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    last_used_at: Mapped[Moment]
    note: Mapped[str] = mapped_column(Text, default="")
