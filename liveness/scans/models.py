"""The table of capture sessions: how each stands, and what came of it; never what was seen."""

from sqlalchemy import BigInteger, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class FaceScan(Base):
    """A capture session, from its order to its redemption.

    *state*, *steps*, *skipped* and *agains* are a state of `liveness.scans.graph`; *version* lets
    of two submissions one win, and is what a parcel is sealed for. No picture, no measurement and
    no template has a column here.
    """

    __tablename__ = "face_scan"

    scan_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(16))  # liveness.scans.orders.Purpose
    risk: Mapped[str] = mapped_column(String(8))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.person_id"), index=True)
    subject: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)  # blind index: whom
    matter: Mapped[bytes] = mapped_column(LargeBinary(32))  # fingerprint of what it is for
    browser: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # the one that must perform it
    origin: Mapped[str] = mapped_column(String(200), default="")  # of a department's page
    order_sealed: Mapped[bytes | None]  # name, number and matter; gone when the scan ends
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))  # liveness.scans.graph.Stage
    steps: Mapped[str] = mapped_column(String(80), default="")  # asked for so far, in order
    skipped: Mapped[str] = mapped_column(String(80), default="")  # what the person cannot do
    agains: Mapped[int]  # how often a movement was asked for once more
    key: Mapped[bytes | None] = mapped_column(LargeBinary(64))  # the browser's, a P-256 point
    nonce: Mapped[bytes | None] = mapped_column(LargeBinary(32))
    began_ms: Mapped[int | None] = mapped_column(BigInteger)  # since 1970, by our clock
    asked_ms: Mapped[int] = mapped_column(BigInteger, default=0)  # when the step was shown
    wait_ms: Mapped[int] = mapped_column(default=0)  # to be let pass before it is captured
    parcel: Mapped[int] = mapped_column(default=0)  # the version that the parcel is sealed for
    counted: Mapped[str] = mapped_column(Text, default="")  # the budgets it was counted in
    outcome: Mapped[str] = mapped_column(String(32), default="")  # what the browser was told
    result: Mapped[str] = mapped_column(String(20), default="")  # idp.registry.results.Result
    source: Mapped[str] = mapped_column(String(32), default="")  # the authority, or liveness
    reference: Mapped[str] = mapped_column(String(64), default="")  # its serial number
    reason: Mapped[str] = mapped_column(String(64), default="")  # for us alone
    evidence: Mapped[str] = mapped_column(String(64), default="")  # SHA-256, hex
    opened_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    finished_at: Mapped[Moment | None]
    redeemed_at: Mapped[Moment | None]
