"""Citizens prove their names: the attempt under way, and appointments at counters."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | Sequence[str] | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "real_name_attempt",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("attempt_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("facts", sa.String(length=80), nullable=False),
        sa.Column("way", sa.String(length=16), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("entry_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("next_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("question_id", sa.String(length=32), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_real_name_attempt_person_id_person")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_real_name_attempt")),
    )
    op.create_index("ix_real_name_attempt_expires_at", "real_name_attempt", ["expires_at"])
    _appointments()


def _appointments() -> None:
    op.create_table(
        "counter_appointment",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("point", sa.String(length=32), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("slot", sa.String(length=5), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.person_id"],
            name=op.f("fk_counter_appointment_person_id_person"),
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_counter_appointment")),
        sa.UniqueConstraint(
            "point", "day", "slot", "seat", name=op.f("uq_counter_appointment_point")
        ),
    )
    op.create_index("ix_counter_appointment_person_id", "counter_appointment", ["person_id"])
    op.create_index("ix_counter_appointment_expires_at", "counter_appointment", ["expires_at"])
    op.create_index(
        "uq_counter_appointment_standing",
        "counter_appointment",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("state = 'booked'"),
        postgresql_where=sa.text("state = 'booked'"),
    )


def downgrade() -> None:
    op.drop_table("counter_appointment")
    op.drop_table("real_name_attempt")
