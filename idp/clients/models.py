"""Tables client, used_assertion, legacy_address and legacy_secret."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Client(Base):
    """A relying party: one service site, one registration (RFC 7591 §2)."""

    __tablename__ = "client"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), default="active")  # active, disabled
    profile: Mapped[str] = mapped_column(String(32), default="standard")
    metadata_json: Mapped[str] = mapped_column(Text)  # RFC 7591 metadata as registered
    secret_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    management_fingerprint: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    origin: Mapped[str] = mapped_column(String(16))  # operator, dynamic
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class UsedAssertion(Base):
    """The `jti` of a client assertion, so that it is good once (RFC 7523 §3)."""

    __tablename__ = "used_assertion"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    jti_fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    expires_at: Mapped[Moment] = mapped_column(index=True)


class LegacyAddress(Base):
    """What an old site asks by: a service URL or the beginning of some, or an app's id."""

    __tablename__ = "legacy_address"

    kind: Mapped[str] = mapped_column(String(8), primary_key=True)  # service, prefix, app
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), index=True)


class LegacySecret(Base):
    """The key that an old site signs with; needed in clear to check, so it is kept sealed."""

    __tablename__ = "legacy_secret"

    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
