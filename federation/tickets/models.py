"""Table login_ticket."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class LoginTicket(Base):
    """A code that a desktop shows, from its drawing to the session that it opens, or not."""

    __tablename__ = "login_ticket"

    ticket_id: Mapped[str] = mapped_column(String(32), primary_key=True)  # the desktop's name of it
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # of what is scanned
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))  # the desktop's, and no other's
    state: Mapped[str] = mapped_column(String(16))  # new scanned confirmed used rejected expired
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # secret, numbers, where to, from where
    holder: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # who scanned, where
    person_id: Mapped[str | None] = mapped_column(String(32), index=True)
    session_id: Mapped[str | None] = mapped_column(String(32))  # the phone's; None: an app's word
    connector: Mapped[str] = mapped_column(String(32), default="")  # whose app
    amr: Mapped[str] = mapped_column(String(120), default="")  # what was shown at the phone
    aal: Mapped[int] = mapped_column(default=0)
    auth_time: Mapped[Moment | None]
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]
