"""A level is a record of verification, no longer a column of the person."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0002"
down_revision: str | Sequence[str] | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_FIVE_YEARS = 5 * 365 * 86_400


def upgrade() -> None:
    op.create_table(
        "verification",
        sa.Column("person_id", sa.String(length=32), nullable=False),
        sa.Column("verification_id", sa.String(length=32), nullable=False),
        sa.Column("method", sa.String(length=16), nullable=False),
        sa.Column("elements", sa.String(length=120), nullable=False),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("document", sa.String(length=40), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("ial", sa.Integer(), nullable=False),
        sa.Column("reference", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.Column("officer", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.LargeBinary(length=32), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_because", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.person_id"], name=op.f("fk_verification_person_id_person")
        ),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_verification")),
    )
    op.create_index("ix_verification_person_id", "verification", ["person_id"], unique=False)
    op.create_index("ix_verification_identity", "verification", ["identity"], unique=False)
    op.execute(
        sa.text("""
            INSERT INTO verification (person_id, verification_id, method, elements, source,
                   document, result, ial, reference, reason, officer, identity, at, expires_at,
                   withdrawn_because)
            SELECT person_id, person_id, 'operator', 'name id_number', 'operator', '', 'MATCH', ial,
                   '', '', 'migration', :nobody, created_at, created_at + :validity, ''
              FROM person WHERE ial > 1
        """).bindparams(nobody=b"", validity=_FIVE_YEARS)
    )
    with op.batch_alter_table("person") as person:
        person.drop_column("ial")
    with op.batch_alter_table("interaction") as interaction:
        interaction.add_column(sa.Column("declined_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("interaction") as interaction:
        interaction.drop_column("declined_at")
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("ial", sa.Integer(), nullable=False, server_default="1"))
    op.execute("""
        UPDATE person SET ial = COALESCE((SELECT MAX(v.ial) FROM verification v
         WHERE v.person_id = person.person_id AND v.result = 'MATCH' AND v.withdrawn_at IS NULL), 1)
    """)
    op.drop_table("verification")
