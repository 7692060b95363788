"""Keys that devices hold, and what they show before a face is looked at."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | Sequence[str] | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _create_device_keys()
    _create_possessions()
    op.create_table(
        "shown_factor",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("word", sa.String(length=8), nullable=False),
        sa.Column("shown_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("session_id", "word", name=op.f("pk_shown_factor")),
    )
    op.create_index(op.f("ix_shown_factor_shown_at"), "shown_factor", ["shown_at"])


def downgrade() -> None:
    for table in ("shown_factor", "possession", "device_challenge", "device_key"):
        op.drop_table(table)


def _create_device_keys() -> None:
    op.create_table(
        "device_key",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=65), nullable=False),
        sa.Column("label", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_device_key")),
        sa.UniqueConstraint("public_key", name=op.f("uq_device_key_public_key")),
    )
    op.create_index(op.f("ix_device_key_person_id"), "device_key", ["person_id"])
    op.create_table(
        "device_challenge",
        sa.Column("challenge_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("nonce", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("challenge_id", name=op.f("pk_device_challenge")),
    )
    op.create_index(
        "ix_device_challenge_browser_purpose", "device_challenge", ["browser", "purpose"]
    )
    op.create_index(op.f("ix_device_challenge_expires_at"), "device_challenge", ["expires_at"])


def _create_possessions() -> None:
    op.create_table(
        "possession",
        sa.Column("possession_id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("held", sa.String(length=8), nullable=False),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=True),
        sa.Column("scan_id", sa.String(length=32), nullable=True),
        sa.Column("state_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("possession_id", name=op.f("pk_possession")),
    )
    op.create_index("ix_possession_browser_purpose", "possession", ["browser", "purpose"])
    op.create_index(op.f("ix_possession_expires_at"), "possession", ["expires_at"])
    op.create_index(op.f("ix_possession_person_id"), "possession", ["person_id"])
