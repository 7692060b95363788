"""Table consent."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Consent(Base):
    """What a person agreed to show to one site."""

    __tablename__ = "consent"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    client_id: Mapped[str] = mapped_column(ForeignKey("client.client_id"), primary_key=True)
    scope: Mapped[str] = mapped_column(Text)  # words, sorted
    claims: Mapped[str] = mapped_column(Text, default="")  # single claims agreed to, words, sorted
    granted_at: Mapped[Moment]
    last_used_at: Mapped[Moment]
