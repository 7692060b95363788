"""Table signing_key."""

from sqlalchemy import Index, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class SigningKey(Base):
    """A key of the ring: published before it signs, and for a while after."""

    __tablename__ = "signing_key"
    __table_args__ = (
        Index(
            "uq_signing_key_slot",  # one key signs, one waits; raced makers are settled here
            "algorithm",
            "status",
            unique=True,
            sqlite_where=text("status <> 'retired'"),
            postgresql_where=text("status <> 'retired'"),
        ),
    )

    kid: Mapped[str] = mapped_column(String(64), primary_key=True)
    algorithm: Mapped[str] = mapped_column(String(16))
    status: Mapped[str] = mapped_column(String(16), index=True)  # next, current, retired
    private_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # JWK JSON
    public_jwk: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    activated_at: Mapped[Moment | None]
    retired_at: Mapped[Moment | None]
