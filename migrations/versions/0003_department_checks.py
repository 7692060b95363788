"""Departments ask whether somebody is who they say: checks, quotas, callers and batches."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | Sequence[str] | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _checks()
    op.create_table(
        "check_quota",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=24), nullable=False),
        sa.Column("lent", sa.Integer(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "period", name=op.f("pk_check_quota")),
    )
    op.create_table(
        "check_caller",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("suspicious", sa.Integer(), nullable=False),
        sa.Column("fruitless", sa.Integer(), nullable=False),
        sa.Column("resets_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_check_caller")),
    )
    _batches()


def _checks() -> None:
    op.create_table(
        "department_check",
        sa.Column("check_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("elements", sa.String(length=120), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("legal_basis", sa.String(length=40), nullable=False),
        sa.Column("legal_reference", sa.String(length=200), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("claimed_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("nonce", sa.String(length=43), nullable=False),
        sa.Column("batch_id", sa.String(length=32), nullable=True),
        sa.Column("disputed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_department_check_person_id_person")
        ),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_department_check")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_department_check_idempotency")),
    )
    op.create_index("ix_department_check_subject", "department_check", ["subject"])
    op.create_index(
        "ix_department_check_client_id_claimed_at", "department_check", ["client_id", "claimed_at"]
    )
    op.create_index(
        "ix_department_check_person_id",
        "department_check",
        ["person_id"],
        sqlite_where=sa.text("person_id IS NOT NULL"),
        postgresql_where=sa.text("person_id IS NOT NULL"),
    )
    op.create_index(
        "ix_department_check_disputed_at",
        "department_check",
        ["disputed_at"],
        sqlite_where=sa.text("disputed_at IS NOT NULL"),
        postgresql_where=sa.text("disputed_at IS NOT NULL"),
    )


def _batches() -> None:
    op.create_table(
        "check_batch",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("batch_id", name=op.f("pk_check_batch")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_check_batch_idempotency")),
    )
    op.create_index("ix_check_batch_client_id", "check_batch", ["client_id"])
    op.create_table(
        "check_batch_item",
        sa.Column("batch_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("check_id", sa.String(length=32), nullable=True),
        sa.Column("error", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["check_batch.batch_id"],
            name=op.f("fk_check_batch_item_batch_id_check_batch"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name=op.f("pk_check_batch_item")),
    )


def downgrade() -> None:
    for table in (
        "check_batch_item",
        "check_batch",
        "check_caller",
        "check_quota",
        "department_check",
    ):
        op.drop_table(table)
