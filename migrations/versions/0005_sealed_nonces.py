"""The nonces of receipts are sealed: beside a commitment in clear, one would let anybody try names.

Those of before cannot be sealed here, without the keys; a check of then is told again without.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | Sequence[str] | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.drop_column("department_check", "nonce")
    op.add_column("department_check", sa.Column("nonce_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("department_check", "nonce_sealed")
    op.add_column(
        "department_check",
        sa.Column("nonce", sa.String(length=43), nullable=False, server_default=""),
    )
