"""Upstreams, ways to them and back, and who is linked to whom."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | Sequence[str] | None = "0009"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "connector",
        sa.Column("key", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("options_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_zh", sa.String(length=40), nullable=False),
        sa.Column("name_en", sa.String(length=40), nullable=False),
        sa.Column("icon", sa.String(length=32), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("trust_json", sa.Text(), nullable=False),
        sa.Column("health", sa.String(length=40), nullable=False),
        sa.Column("health_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_connector")),
    )
    op.create_table(
        "federation_flow",
        sa.Column("state", sa.LargeBinary(length=32), nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("state", name=op.f("pk_federation_flow")),
    )
    op.create_index("ix_federation_flow_expires_at", "federation_flow", ["expires_at"])
    _links()


def _links() -> None:
    op.create_table(
        "federated_identity",
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_federated_identity_person_id_person")
        ),
        sa.PrimaryKeyConstraint("connector", "subject", name=op.f("pk_federated_identity")),
    )
    op.create_index("ix_federated_identity_person_id", "federated_identity", ["person_id"])
    op.create_table(
        "parked_identity",
        sa.Column("handle", sa.LargeBinary(length=32), nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("browser", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("handle", name=op.f("pk_parked_identity")),
    )
    op.create_index("ix_parked_identity_expires_at", "parked_identity", ["expires_at"])


def downgrade() -> None:
    for table in ("parked_identity", "federated_identity", "federation_flow", "connector"):
        op.drop_table(table)
