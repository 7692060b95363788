"""Tables service_ticket, service_token and used_nonce."""

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class ServiceTicket(Base):
    """A ticket between issue and validation, and after it until its session is forgotten."""

    __tablename__ = "service_ticket"

    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    dialect: Mapped[str] = mapped_column(String(8))  # cas, ticket
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    sid: Mapped[str] = mapped_column(String(32), index=True)
    service: Mapped[str] = mapped_column(Text)  # the address it was sent to, to the byte
    fresh: Mapped[bool]  # whether a factor was shown for this very ticket
    auth_time: Mapped[Moment]
    amr: Mapped[str] = mapped_column(String(120))
    aal: Mapped[int]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # CAS names it again at logout
    issued_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    told_at: Mapped[Moment | None]  # when the site took the notice that its session is over
    forget_at: Mapped[Moment] = mapped_column(index=True)


class ServiceToken(Base):
    """What a ticket was exchanged for; good while the person stays at the site."""

    __tablename__ = "service_token"

    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    sid: Mapped[str] = mapped_column(String(32), index=True)
    auth_time: Mapped[Moment]
    amr: Mapped[str] = mapped_column(String(120))
    aal: Mapped[int]
    issued_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)


class UsedNonce(Base):
    """The nonce of a signed request, so that the request is good once."""

    __tablename__ = "used_nonce"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(index=True)
