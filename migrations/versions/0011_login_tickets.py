"""Codes that a desktop shows and a phone confirms."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | Sequence[str] | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "login_ticket",
        sa.Column("ticket_id", sa.String(length=32), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("holder", sa.LargeBinary(length=32), nullable=True),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("session_id", sa.String(length=32), nullable=True),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("amr", sa.String(length=120), nullable=False),
        sa.Column("aal", sa.Integer(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_login_ticket")),
        sa.UniqueConstraint("fingerprint", name=op.f("uq_login_ticket_fingerprint")),
    )
    op.create_index("ix_login_ticket_expires_at", "login_ticket", ["expires_at"])
    op.create_index("ix_login_ticket_person_id", "login_ticket", ["person_id"])


def downgrade() -> None:
    op.drop_table("login_ticket")
