"""Table verification."""

from sqlalchemy import ForeignKey, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class Verification(Base):
    """One time that somebody's identity was checked; a level is what the living ones add up to.

    A row is written once. What ends it (expiry, withdrawal) is told beside it, never over it.
    """

    __tablename__ = "verification"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    verification_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    method: Mapped[str] = mapped_column(String(16))  # name_id face bank chip counter operator
    elements: Mapped[str] = mapped_column(String(120))  # words, as name id_number portrait
    source: Mapped[str] = mapped_column(String(32))  # the authority: local, ctid, counter …
    document: Mapped[str] = mapped_column(String(40))  # idp.formats.id_numbers.Kind, or passport …
    result: Mapped[str] = mapped_column(String(16))  # idp.registry.results.Result
    ial: Mapped[int]  # what it proves while it lives; 1 when it failed
    reference: Mapped[str] = mapped_column(String(64), default="")  # the authority's serial number
    reason: Mapped[str] = mapped_column(String(64), default="")  # the authority's code, for us
    officer: Mapped[str] = mapped_column(String(64), default="")  # who checked at a counter
    identity: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)  # blind index: whom
    at: Mapped[Moment]
    expires_at: Mapped[Moment]
    withdrawn_at: Mapped[Moment | None]
    withdrawn_because: Mapped[str] = mapped_column(String(64), default="")
