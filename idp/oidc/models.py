"""Tables interaction and pairwise_subject."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text
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
    session: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # its cookie when parked
    consented_at: Mapped[Moment | None]
    selected_at: Mapped[Moment | None]  # "continue as this person" was chosen
    declined_at: Mapped[Moment | None]  # "go on without" a level that the site would like
    completed_at: Mapped[Moment | None]


class PairwiseSubject(Base):
    """The identifier by which one sector of sites knows one person (OIDC Core §8.1)."""

    __tablename__ = "pairwise_subject"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    sector: Mapped[str] = mapped_column(String(255), primary_key=True)
    subject: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
