"""Tables face_standing and face_consent."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class FaceStanding(Base):
    """How the face of one identity stands: what its budget has spent, and who switched it off.

    The key is the blind index of an identity number; whether that person has an account here,
    or exists, it does not tell. A scan is counted as a failure when it begins, so that of racing
    ones no more are looked at than are free; *era* says which counts an undone one belongs to.
    """

    __tablename__ = "face_standing"

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    failures: Mapped[int]  # since the last success
    in_a_row: Mapped[int]  # since the last success or pause
    era: Mapped[int]  # grows with every success and every pause that is over
    paused_until: Mapped[Moment | None]
    today: Mapped[int]
    today_until: Mapped[Moment]
    locked_at: Mapped[Moment | None]  # by its owner
    locked_by: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))
    off_at: Mapped[Moment | None]  # by too many failures
    changed_at: Mapped[Moment]
    forget_at: Mapped[Moment | None] = mapped_column(index=True)  # None while locked or off


class FaceConsent(Base):
    """One agreement to face scans for one purpose; written once, withdrawn but never changed."""

    __tablename__ = "face_consent"
    __table_args__ = (
        Index(
            "uq_face_consent_standing",
            "person_id",
            "purpose",
            unique=True,
            sqlite_where=text("withdrawn_at IS NULL"),
            postgresql_where=text("withdrawn_at IS NULL"),
        ),
    )

    consent_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    purpose: Mapped[str] = mapped_column(String(16))  # liveness.permits.notices
    notice: Mapped[str] = mapped_column(String(16))  # the version of what was read
    locale: Mapped[str] = mapped_column(String(16))  # the language it was read in
    guardian_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))
    given_at: Mapped[Moment]
    withdrawn_at: Mapped[Moment | None]
