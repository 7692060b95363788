"""Tables person, profile and identifier."""

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Person(Base):
    """A natural person who can sign in; everything else about them hangs from *person_id*."""

    __tablename__ = "person"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    status: Mapped[str] = mapped_column(String(16), default="active")  # active, disabled, erased
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]

    @property
    def active(self) -> bool:
        return self.status == "active"


class Profile(Base):
    """What a person says of themselves; sealed where it is personal."""

    __tablename__ = "profile"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    display_name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # a nickname
    real_name_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    claims_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # JSON: gender, address …
    locale: Mapped[str | None] = mapped_column(String(16))
    updated_at: Mapped[Moment]


class Identifier(Base):
    """A name that a person is found by: user name, phone, mail, ID number.

    *lookup* is a keyed blind index of the normalised value, so equal values meet here and
    nobody who reads the table learns any.
    """

    __tablename__ = "identifier"
    __table_args__ = (UniqueConstraint("kind", "lookup"),)

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    lookup: Mapped[bytes] = mapped_column(LargeBinary(32))
    value_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    verified_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
