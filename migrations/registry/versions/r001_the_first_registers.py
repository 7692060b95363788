"""The first registers: residents, legal persons, the insured, travel documents."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "R001"
down_revision: str | Sequence[str] | None = None
branch_labels: str | Sequence[str] | None = ("registry",)
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "import_progress",
        sa.Column("file", sa.LargeBinary(length=32), nullable=False),
        sa.Column("register", sa.String(length=32), nullable=False),
        sa.Column("byte_offset", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("imported", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("rejected", sa.BigInteger(), nullable=False),
        sa.Column("rejects_size", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("file", name=op.f("pk_import_progress")),
    )
    op.create_table(
        "insured",
        sa.Column("person", sa.LargeBinary(length=16), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("rare", sa.Boolean(), nullable=False),
        sa.Column("name", sa.LargeBinary(length=16), nullable=False),
        sa.Column("card", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("person", "region", name=op.f("pk_insured")),
    )
    op.create_table(
        "legal_person",
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("representative", sa.String(length=100), nullable=False),
        sa.Column("representative_number", sa.LargeBinary(length=16), nullable=True),
        sa.Column("registration_number", sa.String(length=15), nullable=False),
        sa.Column("kind", sa.String(length=60), nullable=False),
        sa.Column("status", sa.String(length=40), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("established", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("credit_code", name=op.f("pk_legal_person")),
    )
    op.create_table(
        "portrait",
        sa.Column("person", sa.LargeBinary(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("taken_on", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("person", name=op.f("pk_portrait")),
    )
    op.create_table(
        "registry_key",
        sa.Column("register", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("register", name=op.f("pk_registry_key")),
    )
    op.create_table(
        "resident",
        sa.Column("person", sa.LargeBinary(length=16), nullable=False),
        sa.Column("begins", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ends", sa.Integer(), nullable=True),
        sa.Column("status_on", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("rare", sa.Boolean(), nullable=False),
        sa.Column("name", sa.LargeBinary(length=16), nullable=False),
        sa.Column("phone", sa.LargeBinary(length=16), nullable=True),
        sa.Column("validity", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("person", "begins", name=op.f("pk_resident")),
    )
    op.create_table(
        "travel_document",
        sa.Column("document", sa.LargeBinary(length=16), nullable=False),
        sa.Column("issue", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("expires", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("rare", sa.Boolean(), nullable=False),
        sa.Column("birth", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.LargeBinary(length=16), nullable=True),
        sa.Column("latin_name", sa.LargeBinary(length=16), nullable=True),
        sa.PrimaryKeyConstraint("document", "issue", name=op.f("pk_travel_document")),
    )


def downgrade() -> None:
    op.drop_table("travel_document")
    op.drop_table("resident")
    op.drop_table("registry_key")
    op.drop_table("portrait")
    op.drop_table("legal_person")
    op.drop_table("insured")
    op.drop_table("import_progress")
