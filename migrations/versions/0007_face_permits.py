"""Whether a face may be scanned, and how often: budgets, locks, consents."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | Sequence[str] | None = "0006"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "face_standing",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("in_a_row", sa.Integer(), nullable=False),
        sa.Column("era", sa.Integer(), nullable=False),
        sa.Column("paused_until", sa.BigInteger(), nullable=True),
        sa.Column("today", sa.Integer(), nullable=False),
        sa.Column("today_until", sa.BigInteger(), nullable=False),
        sa.Column("locked_at", sa.BigInteger(), nullable=True),
        sa.Column("locked_by", sa.String(length=32), nullable=True),
        sa.Column("off_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("forget_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["locked_by"], ["person.person_id"], name=op.f("fk_face_standing_locked_by_person")
        ),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_face_standing")),
    )
    op.create_index("ix_face_standing_forget_at", "face_standing", ["forget_at"])
    _consents()


def _consents() -> None:
    op.create_table(
        "face_consent",
        sa.Column("consent_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("notice", sa.String(length=16), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("guardian_id", sa.String(length=32), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_face_consent_person_id_person")
        ),
        sa.ForeignKeyConstraint(
            ["guardian_id"], ["person.person_id"], name=op.f("fk_face_consent_guardian_id_person")
        ),
        sa.PrimaryKeyConstraint("consent_id", name=op.f("pk_face_consent")),
    )
    op.create_index("ix_face_consent_person_id", "face_consent", ["person_id"])
    op.create_index(
        "uq_face_consent_standing",
        "face_consent",
        ["person_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_table("face_consent")
    op.drop_table("face_standing")
