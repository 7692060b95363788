"""Tables of the reference identity store: a database of its own, whose reader learns nobody.

A person is found by a keyed fingerprint of the identity number, and each element is kept as a
fingerprint bound to that number: a check compares, nothing can be read out
(docs/decisions/0008-fingerprints-for-reference-data.md). Days are written yyyymmdd.
"""

from typing import Annotated

from sqlalchemy import BigInteger, LargeBinary, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from idp.db import NAMING, Moment


class RegistryBase(DeclarativeBase):
    """The parent of the registry's tables, which never meet those of the house."""

    metadata = MetaData(naming_convention=NAMING)


Fingerprint = Annotated[bytes, mapped_column(LargeBinary(16))]
Key = Annotated[bytes, mapped_column(LargeBinary(16), primary_key=True)]
Count = Annotated[int, mapped_column(BigInteger, default=0)]


class RegistryKey(RegistryBase):
    """The key of one register's fingerprints, sealed under the ring of master keys.

    Because it stays while the master keys turn, nobody's row need be written again.
    """

    __tablename__ = "registry_key"

    register: Mapped[str] = mapped_column(String(32), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]


class ImportProgress(RegistryBase):
    """How far a file has been taken in; written in the transaction of the rows themselves."""

    __tablename__ = "import_progress"

    file: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    register: Mapped[str] = mapped_column(String(32))
    byte_offset: Mapped[Count]
    lines: Mapped[Count]
    imported: Mapped[Count]
    unchanged: Mapped[Count]
    rejected: Mapped[Count]
    rejects_size: Mapped[Count]  # bytes of the rejects file that belong to what was taken in
    updated_at: Mapped[Moment]


class Resident(RegistryBase):
    """One person during one period; the row whose period has not ended is the present one."""

    __tablename__ = "resident"

    person: Mapped[Key]
    begins: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0: unknown
    ends: Mapped[int | None]
    status_on: Mapped[int | None]  # day of death or cancellation
    status: Mapped[int]  # idp.registry.local.states.Life
    rare: Mapped[bool]  # the registered name still has private-use characters
    name: Mapped[Fingerprint]
    phone: Mapped[Fingerprint | None]
    validity: Mapped[Fingerprint | None]


class Portrait(RegistryBase):
    """The registered portrait of a person, sealed; most people have none here."""

    __tablename__ = "portrait"

    person: Mapped[Key]
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    taken_on: Mapped[int | None]


class LegalPersonRow(RegistryBase):
    """An enterprise or organisation: public data, but for its representative's number."""

    __tablename__ = "legal_person"

    credit_code: Mapped[str] = mapped_column(String(18), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    representative: Mapped[str] = mapped_column(String(100))
    representative_number: Mapped[Fingerprint | None]
    registration_number: Mapped[str] = mapped_column(String(15), default="")
    kind: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(40))
    active: Mapped[bool]
    established: Mapped[int | None]


class Insured(RegistryBase):
    """One person's social insurance in one region."""

    __tablename__ = "insured"

    person: Mapped[Key]
    region: Mapped[str] = mapped_column(String(6), primary_key=True)
    status: Mapped[int]  # idp.registry.local.states.Insurance
    rare: Mapped[bool]
    name: Mapped[Fingerprint]
    card: Mapped[Fingerprint | None]


class TravelDocumentRow(RegistryBase):
    """One issue of a travel document; the number may outlive several."""

    __tablename__ = "travel_document"

    document: Mapped[Key]  # kind, nationality and lifelong number together
    issue: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    expires: Mapped[int | None]
    status: Mapped[int]  # idp.registry.local.states.DocumentState
    rare: Mapped[bool]
    birth: Mapped[Fingerprint]
    name: Mapped[Fingerprint | None]  # in Han
    latin_name: Mapped[Fingerprint | None]
