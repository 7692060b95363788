"""Tables one_time_code, known_browser, device_key, device_challenge, possession, shown_factor."""

from sqlalchemy import Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from idp.db import Base, Moment


class OneTimeCode(Base):
    """A code sent to a phone: bound to its purpose and to the browser that asked for it."""

    __tablename__ = "one_time_code"
    __table_args__ = (Index("ix_one_time_code_browser_purpose", "browser", "purpose"),)

    code_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))  # sign_in, register, reset …
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    destination_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    person_id: Mapped[str | None] = mapped_column(String(32))
    state_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # a form that waits, as JSON
    code_mac: Mapped[bytes] = mapped_column(LargeBinary(32))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]


class KnownBrowser(Base):
    """A browser in which a person has signed in before: it keeps a guessing budget of its own."""

    __tablename__ = "known_browser"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    last_used_at: Mapped[Moment]
    note: Mapped[str] = mapped_column(Text, default="")


class DeviceKey(Base):
    """A key that a browser keeps and cannot give away: something its person holds."""

    __tablename__ = "device_key"

    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32), index=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary(65), unique=True)  # X9.62, uncompressed
    label: Mapped[str] = mapped_column(String(120), default="")  # "Chrome on Android"
    created_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]


class DeviceChallenge(Base):
    """A number that a device's key has to sign, once; with no person it is a decoy."""

    __tablename__ = "device_challenge"
    __table_args__ = (Index("ix_device_challenge_browser_purpose", "browser", "purpose"),)

    challenge_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))  # register, face_sign_in, confirm …
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    person_id: Mapped[str | None] = mapped_column(String(32))
    nonce: Mapped[bytes] = mapped_column(LargeBinary(32))
    state_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # what was typed, as JSON
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]


class Possession(Base):
    """Something held was shown in a browser, and waits for the face that makes it two factors."""

    __tablename__ = "possession"
    __table_args__ = (Index("ix_possession_browser_purpose", "browser", "purpose"),)

    possession_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(32))  # face_sign_in, face_confirm
    browser: Mapped[bytes] = mapped_column(LargeBinary(32))
    person_id: Mapped[str] = mapped_column(String(32), index=True)
    held: Mapped[str] = mapped_column(String(8))  # a word of RFC 8176; empty: nothing, just now
    session_id: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[bytes | None] = mapped_column(LargeBinary(32))  # the identity to be seen
    scan_id: Mapped[str | None] = mapped_column(String(32))
    state_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # where the person wants to go
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment] = mapped_column(index=True)
    used_at: Mapped[Moment | None]


class ShownFactor(Base):
    """When a factor was last shown in a session: two fresh ones open what is graver still."""

    __tablename__ = "shown_factor"

    session_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    word: Mapped[str] = mapped_column(String(8), primary_key=True)
    shown_at: Mapped[Moment] = mapped_column(index=True)
