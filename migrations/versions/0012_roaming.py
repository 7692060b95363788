"""By which upstream a session came, and the logout tokens that were taken."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | Sequence[str] | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_table(
        "upstream_session",
        sa.Column("session_id", sa.String(length=32), nullable=False),
        sa.Column("connector", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sid", sa.LargeBinary(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("chain", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["session_id"],
            ["sso_session.session_id"],
            name=op.f("fk_upstream_session_session_id_sso_session"),
        ),
        sa.PrimaryKeyConstraint("session_id", name=op.f("pk_upstream_session")),
    )
    op.create_index("ix_upstream_session_sid", "upstream_session", ["connector", "sid"])
    op.create_index("ix_upstream_session_subject", "upstream_session", ["connector", "subject"])
    op.create_index("ix_upstream_session_expires_at", "upstream_session", ["expires_at"])
    op.create_table(
        "upstream_logout",
        sa.Column("token", sa.LargeBinary(length=32), nullable=False),
        sa.Column("sid", sa.LargeBinary(length=32), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_upstream_logout")),
    )
    op.create_index("ix_upstream_logout_sid", "upstream_logout", ["sid"])
    op.create_index("ix_upstream_logout_expires_at", "upstream_logout", ["expires_at"])


def downgrade() -> None:
    op.drop_table("upstream_logout")
    op.drop_table("upstream_session")
