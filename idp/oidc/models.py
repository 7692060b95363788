"""Table interaction."""

from sqlalchemy import LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Interaction(Base):
    """An authorization request that waits for its person; completed once."""

    __tablename__ = "interaction"

    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))  # fingerprint of the browser's cookie
    client_id: Mapped[str] = mapped_column(String(64))
    request: Mapped[str] = mapped_column(Text)  # the parameters, as JSON
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    completed_at: Mapped[Moment | None]
