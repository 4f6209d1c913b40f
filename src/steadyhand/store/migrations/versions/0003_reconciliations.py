"""Who was asked about alerts, when, and whose turn it is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was asked yet."""
    op.create_table(
        "reconciliations",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ok_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("source"),
    )
    op.create_table(
        "reconciliation_turn",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reopenings", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "alerts_that_fired_again", "alert_history", ["id"], postgresql_where=sa.text("transition = 'fires again'")
    )


def downgrade() -> None:
    """The next look knows of none before it."""
    op.drop_index("alerts_that_fired_again", table_name="alert_history")
    op.drop_table("reconciliation_turn")
    op.drop_table("reconciliations")
