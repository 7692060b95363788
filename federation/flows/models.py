"""Table federation_flow."""

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class FederationFlow(Base):
    """Somebody on the way to an upstream and back."""

    __tablename__ = "federation_flow"

    state: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # its fingerprint
    connector: Mapped[str] = mapped_column(String(32))
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    purpose: Mapped[str] = mapped_column(String(16))  # sign_in link
    person_id: Mapped[str | None] = mapped_column(String(32))  # who wants to link
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # nonce, verifier, notes and where to go on
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]
