"""Tables of verification: a person's own records, and what departments asked."""

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
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


class DepartmentCheck(Base):
    """One question of a department, "is this so?", from its claim to its verdict.

    The row is the claim of its idempotency key before the authority is asked; *result* is empty
    until it has answered. What was asked is kept as a blind index and a MAC, never in clear.
    """

    __tablename__ = "department_check"
    __table_args__ = (
        Index("ix_department_check_client_id_claimed_at", "client_id", "claimed_at"),
        Index(
            "ix_department_check_person_id",
            "person_id",
            sqlite_where=text("person_id IS NOT NULL"),
            postgresql_where=text("person_id IS NOT NULL"),
        ),
        Index(
            "ix_department_check_disputed_at",
            "disputed_at",
            sqlite_where=text("disputed_at IS NOT NULL"),
            postgresql_where=text("disputed_at IS NOT NULL"),
        ),
    )

    check_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    idempotency: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # of client and key
    request_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)  # blind index: whom
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"))
    elements: Mapped[str] = mapped_column(String(120))
    purpose: Mapped[str] = mapped_column(String(40))  # idp.proofing.checks.purposes
    legal_basis: Mapped[str] = mapped_column(String(40))
    legal_reference: Mapped[str] = mapped_column(String(200), default="")  # the department's words
    result: Mapped[str] = mapped_column(String(16), default="")  # idp.registry.results.Result
    source: Mapped[str] = mapped_column(String(32), default="")
    reference: Mapped[str] = mapped_column(String(64), default="")  # the authority's serial number
    reason: Mapped[str] = mapped_column(String(64), default="")  # for us; whoever asks is not told
    claimed_at: Mapped[Moment]
    answered_at: Mapped[Moment | None]
    receipt: Mapped[str] = mapped_column(Text, default="")  # a JWS
    nonce_sealed: Mapped[bytes | None]  # opens the receipt's commitment, which hides whom
    batch_id: Mapped[str | None] = mapped_column(String(32))
    disputed_at: Mapped[Moment | None]


class CheckQuota(Base):
    """What has been lent of a department's quota in one period, in blocks, to processes."""

    __tablename__ = "check_quota"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    period: Mapped[str] = mapped_column(String(24), primary_key=True)  # day:20261122, minute:…
    lent: Mapped[int]
    expires_at: Mapped[Moment]


class CheckCaller(Base):
    """How many of a department's checks were in vain in this hour, and whether it is stopped.

    *suspicious* ones failed; *fruitless* ones failed or found nobody. Only these touch the row,
    so an honest department's checks seldom wait for one another.
    """

    __tablename__ = "check_caller"

    client_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    suspicious: Mapped[int]
    fruitless: Mapped[int]
    resets_at: Mapped[Moment]
    stopped_until: Mapped[Moment | None]


class CheckBatch(Base):
    """Many questions of a department, answered in the background."""

    __tablename__ = "check_batch"
    __table_args__ = (Index("ix_check_batch_client_id", "client_id"),)

    batch_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64))
    idempotency: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    request_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    state: Mapped[str] = mapped_column(String(16))  # waiting, running, done, cancelled, stopped
    turn: Mapped[int]  # which of its jobs may put the next one
    total: Mapped[int]
    created_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]


class CheckBatchItem(Base):
    """One question of a batch; what it holds in clear is sealed, and erased once it is answered."""

    __tablename__ = "check_batch_item"

    batch_id: Mapped[str] = mapped_column(
        ForeignKey("check_batch.batch_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(16))  # waiting, answered, refused, cancelled
    check_id: Mapped[str | None] = mapped_column(String(32))
    error: Mapped[str] = mapped_column(String(64), default="")  # a code


class FaceCheck(Base):
    """A department's order of a face scan, until its verdict is fetched.

    What was asked, and the ticket for the citizen's browser, are sealed, and erased when the
    verdict is fetched or time has passed. The verdict itself is a `DepartmentCheck`.
    """

    __tablename__ = "face_check"

    order_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), index=True)
    idempotency: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)  # of client and key
    request_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    scan_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    asked_sealed: Mapped[bytes | None]  # the question, as JSON
    ticket_sealed: Mapped[bytes | None]  # what lets the browser begin
    return_uri: Mapped[str] = mapped_column(Text, default="")  # where our own page goes on to
    outcome: Mapped[str] = mapped_column(String(16), default="")  # idp.registry.results.Result
    source: Mapped[str] = mapped_column(String(32), default="")
    reason: Mapped[str] = mapped_column(String(64), default="")  # for us; nobody else is told
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    ended_at: Mapped[Moment | None]
    redeemed_at: Mapped[Moment | None]
    redeem_key: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # lets a lost answer repeat


class RealNameAttempt(Base):
    """The way of one person to a proven name: the one that is under way, or the last.

    *step* and *facts* are a state of `idp.proofing.graph`; *version* lets of two tabs one win;
    *question_id* fences the answer of an authority against an attempt that went on without it.
    """

    __tablename__ = "real_name_attempt"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), primary_key=True)
    attempt_id: Mapped[str] = mapped_column(String(32))
    version: Mapped[int]
    step: Mapped[str] = mapped_column(String(16))
    facts: Mapped[str] = mapped_column(String(80))  # words, as way agreed entered
    way: Mapped[str] = mapped_column(String(16))
    level: Mapped[int]  # the identity level that is wanted
    entry_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # what was typed, as JSON
    next_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # the page that waits
    question_id: Mapped[str] = mapped_column(String(32), default="")
    asked_at: Mapped[Moment | None]
    outcome: Mapped[str] = mapped_column(String(32), default="")  # a Result, or an error's code
    source: Mapped[str] = mapped_column(String(32), default="")  # the authority that answered
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    finished_at: Mapped[Moment | None]


class CounterAppointment(Base):
    """A place in a queue: one person, one counter, one quarter of an hour.

    *seat* numbers the places of a slot, so that the last one is given once; a place given back
    has none.
    """

    __tablename__ = "counter_appointment"
    __table_args__ = (
        UniqueConstraint("point", "day", "slot", "seat"),
        Index(
            "uq_counter_appointment_standing",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'booked'"),
            postgresql_where=text("state = 'booked'"),
        ),
    )

    code: Mapped[str] = mapped_column(String(16), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.person_id"), index=True)
    point: Mapped[str] = mapped_column(String(32))
    day: Mapped[str] = mapped_column(String(10))  # 2026-11-23, in civil time
    slot: Mapped[str] = mapped_column(String(5))  # 09:30
    seat: Mapped[int | None]
    level: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))  # booked cancelled done missed
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)  # when the row is forgotten
