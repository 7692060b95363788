"""Capture sessions of faces: how each stands, and what came of it."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | Sequence[str] | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "face_scan",
        sa.Column("scan_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("risk", sa.String(length=8), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("matter", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=True),
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("order_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("steps", sa.String(length=80), nullable=False),
        sa.Column("skipped", sa.String(length=80), nullable=False),
        sa.Column("agains", sa.Integer(), nullable=False),
        sa.Column("key", sa.LargeBinary(length=64), nullable=True),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=True),
        sa.Column("began_ms", sa.BigInteger(), nullable=True),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("wait_ms", sa.Integer(), nullable=False),
        sa.Column("parcel", sa.Integer(), nullable=False),
        sa.Column("counted", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("result", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("redeemed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_face_scan_person_id_person")
        ),
        sa.PrimaryKeyConstraint("scan_id", name=op.f("pk_face_scan")),
    )
    op.create_index("ix_face_scan_person_id", "face_scan", ["person_id"])
    op.create_index("ix_face_scan_subject", "face_scan", ["subject"])
    op.create_index("ix_face_scan_expires_at", "face_scan", ["expires_at"])


def downgrade() -> None:
    op.drop_table("face_scan")
