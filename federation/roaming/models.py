"""Tables upstream_session and upstream_logout."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class UpstreamSession(Base):
    """The upstream that a session here came by, and what a logout there or here needs of it."""

    __tablename__ = "upstream_session"
    __table_args__ = (
        Index("ix_upstream_session_sid", "connector", "sid"),
        Index("ix_upstream_session_subject", "connector", "subject"),
    )

    session_id: Mapped[str] = mapped_column(ForeignKey("sso_session.session_id"), primary_key=True)
    connector: Mapped[str] = mapped_column(String(32))
    subject: Mapped[bytes] = mapped_column(LargeBinary(32))  # blind index, as in the link
    sid: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # blind index of its session there
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # what leaving there needs: the ID token
    chain: Mapped[str] = mapped_column(Text, default="")  # issuers, the nearest first
    expires_at: Mapped[Moment] = mapped_column(index=True)


class UpstreamLogout(Base):
    """A logout token that was taken, by its `jti`: it is good once.

    *sid* is the session that ended there: whoever comes from it a moment too late is nobody.
    """

    __tablename__ = "upstream_logout"
    __table_args__ = (Index("ix_upstream_logout_sid", "sid"),)

    token: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # a fingerprint
    sid: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    expires_at: Mapped[Moment] = mapped_column(index=True)
