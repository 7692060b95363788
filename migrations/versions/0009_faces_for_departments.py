"""Departments order face scans, and people prove periodically that they are alive."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | Sequence[str] | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _orders()
    _proofs()
    op.create_table(
        "alive_request",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_alive_request_person_id_person")
        ),
        sa.PrimaryKeyConstraint("client_id", "subject", name=op.f("pk_alive_request")),
    )
    for column in ("subject", "person_id", "expires_at"):
        op.create_index(f"ix_alive_request_{column}", "alive_request", [column])


def _orders() -> None:
    op.create_table(
        "face_check",
        sa.Column("order_id", sa.String(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("idempotency", sa.LargeBinary(length=32), nullable=False),
        sa.Column("request_mac", sa.LargeBinary(length=32), nullable=False),
        sa.Column("scan_id", sa.String(length=32), nullable=True),
        sa.Column("asked_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ticket_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("return_uri", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.Column("redeem_key", sa.LargeBinary(length=32), nullable=True),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_face_check")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_face_check_idempotency")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_face_check_scan_id")),
    )
    for column in ("client_id", "expires_at"):
        op.create_index(f"ix_face_check_{column}", "face_check", [column])


def _proofs() -> None:
    op.create_table(
        "alive_proof",
        sa.Column("proof_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("reminders", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_alive_proof_person_id_person")
        ),
        sa.PrimaryKeyConstraint("proof_id", name=op.f("pk_alive_proof")),
    )
    op.create_index("ix_alive_proof_subject_at", "alive_proof", ["subject", "at"])
    for column in ("person_id", "expires_at"):
        op.create_index(f"ix_alive_proof_{column}", "alive_proof", [column])


def downgrade() -> None:
    for table in ("alive_request", "alive_proof", "face_check"):
        op.drop_table(table)
