"""Tables sso_session and client_session."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class SsoSession(Base):
    """A browser in which somebody is signed in; the cookie's fingerprint finds it."""

    __tablename__ = "sso_session"
    __table_args__ = (Index("ix_sso_session_person_id_ended_at", "person_id", "ended_at"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    auth_time: Mapped[Moment]  # the last time a factor was shown
    amr: Mapped[str] = mapped_column(String(120))  # words of RFC 8176, space separated
    aal: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]  # the absolute limit
    ended_at: Mapped[Moment | None]
    browser: Mapped[str] = mapped_column(String(120), default="")  # "Chrome on Android"
    address: Mapped[str] = mapped_column(String(45), default="")  # masked: 203.0.113.*


class ClientSession(Base):
    """A site that a browser has entered; *sid* is what the site knows it by."""

    __tablename__ = "client_session"
    __table_args__ = (UniqueConstraint("session_id", "client_id"),)

    person_id: Mapped[str] = mapped_column(String(32), index=True)
    sid: Mapped[str] = mapped_column(String(32), primary_key=True)
    session_id: Mapped[str] = mapped_column(ForeignKey("sso_session.session_id"))
    client_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[Moment]
    last_used_at: Mapped[Moment]
    ended_at: Mapped[Moment | None]
    notice: Mapped[str] = mapped_column(String(16), default="none")  # none pending told failed
    notice_attempts: Mapped[int] = mapped_column(default=0)
