"""Old sites: what they ask by, their keys, and the tickets they are given."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | Sequence[str] | None = "0012"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    _registered()
    op.create_table(
        "service_ticket",
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("dialect", sa.String(length=8), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=32), nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("fresh", sa.Boolean(), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.String(length=120), nullable=False),
        sa.Column("aal", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("forget_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_service_ticket")),
    )
    op.create_index("ix_service_ticket_sid", "service_ticket", ["sid"])
    op.create_index("ix_service_ticket_forget_at", "service_ticket", ["forget_at"])
    _tokens()


def _registered() -> None:
    op.create_table(
        "legacy_address",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_legacy_address_client_id_client")
        ),
        sa.PrimaryKeyConstraint("kind", "fingerprint", name=op.f("pk_legacy_address")),
    )
    op.create_index("ix_legacy_address_client_id", "legacy_address", ["client_id"])
    op.create_table(
        "legacy_secret",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["client_id"], ["client.client_id"], name=op.f("fk_legacy_secret_client_id_client")
        ),
        sa.PrimaryKeyConstraint("client_id", name=op.f("pk_legacy_secret")),
    )


def _tokens() -> None:
    op.create_table(
        "service_token",
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("sid", sa.String(length=32), nullable=False),
        sa.Column("auth_time", sa.BigInteger(), nullable=False),
        sa.Column("amr", sa.String(length=120), nullable=False),
        sa.Column("aal", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_service_token")),
    )
    op.create_index("ix_service_token_sid", "service_token", ["sid"])
    op.create_index("ix_service_token_expires_at", "service_token", ["expires_at"])
    op.create_table(
        "used_nonce",
        sa.Column("client_id", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("client_id", "fingerprint", name=op.f("pk_used_nonce")),
    )
    op.create_index("ix_used_nonce_expires_at", "used_nonce", ["expires_at"])


def downgrade() -> None:
    tables = ("used_nonce", "service_token", "service_ticket", "legacy_secret", "legacy_address")
    for table in tables:
        op.drop_table(table)
