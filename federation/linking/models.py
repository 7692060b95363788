"""Tables federated_identity and parked_identity."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class FederatedIdentity(Base):
    """An upstream's person, and the account here that they open: one pair, one account."""

    __tablename__ = "federated_identity"
    __table_args__ = (Index("ix_federated_identity_person_id", "person_id"),)

    connector: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # blind index
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # subject and display name
    linked_at: Mapped[Moment]
    last_used_at: Mapped[Moment]


class ParkedIdentity(Base):
    """An upstream's person who is new here, and decides how to go on."""

    __tablename__ = "parked_identity"

    handle: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)  # a fingerprint
    connector: Mapped[str] = mapped_column(String(32))
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # an UpstreamIdentity, as believed
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]
