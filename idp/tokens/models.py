"""Tables grant_record, refresh_token and revoked_token."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class GrantRecord(Base):
    """What one authorization bought: the code that starts it, and whatever grew from it.

    The code is a column of the grant, so to redeem it and to take back everything it
    bought are one statement each.
    """

    __tablename__ = "grant_record"
    __table_args__ = (Index("ix_grant_record_person_id_client_id", "person_id", "client_id"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    grant_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    session_id: Mapped[str] = mapped_column(String(32), index=True)
    sid: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(64))
    scope: Mapped[str] = mapped_column(Text)
    claims: Mapped[str] = mapped_column(Text, default="")  # the `claims` parameter, as JSON
    nonce: Mapped[str | None] = mapped_column(Text)
    acr: Mapped[str] = mapped_column(String(64))
    amr: Mapped[str] = mapped_column(String(120))
    auth_time: Mapped[Moment]
    code_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    code_challenge: Mapped[str | None] = mapped_column(String(128))
    redirect_uri: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    code_expires_at: Mapped[Moment]
    redeemed_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class RefreshToken(Base):
    """One generation of a grant's refresh tokens; used twice, it kills the grant."""

    __tablename__ = "refresh_token"

    person_id: Mapped[str] = mapped_column(String(32))
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    grant_id: Mapped[str] = mapped_column(ForeignKey("grant_record.grant_id"), index=True)
    issued_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    family_expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class RevokedToken(Base):
    """The `jti` of an access token taken back before its time; forgotten once it has expired."""

    __tablename__ = "revoked_token"

    jti: Mapped[str] = mapped_column(String(64), primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(index=True)
