"""What happened to each alert, what waits in the inbox, and what became of the quarantined."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Everything accepted before this was processed or quarantined at once; its history begins now."""
    op.add_column("notifications", sa.Column("processed", sa.Integer(), nullable=True))
    op.execute("UPDATE notifications SET processed = alerts - quarantined")
    op.alter_column("notifications", "processed", nullable=False)
    op.add_column("notifications", sa.Column("attempts", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("notifications", "attempts", server_default=None)
    op.add_column("notifications", sa.Column("pending_since", sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "pending_notifications", "notifications", ["id"], postgresql_where=sa.text("pending_since IS NOT NULL")
    )
    op.add_column("quarantine", sa.Column("position", sa.Integer(), nullable=True))
    op.add_column("quarantine", sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("quarantine", sa.Column("settled_as", sa.Text(), nullable=True))
    op.add_column(
        "alerts", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now())
    )
    op.alter_column("alerts", "changed_at", server_default=None)
    op.create_index("firing_alerts", "alerts", ["fingerprint"], postgresql_where=sa.text("status = 'firing'"))
    op.create_table(
        "alert_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("notification_id", sa.BigInteger(), nullable=False),
        sa.Column("incident_id", sa.Uuid(), nullable=True),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("transition", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["notification_id"], ["notifications.id"]),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("history_of_an_incident", "alert_history", ["incident_id"])
    op.create_index("history_of_an_alert", "alert_history", ["fingerprint"])
    op.create_index("reopenings", "alert_history", ["id"], postgresql_where=sa.text("transition = 'fires again'"))


def downgrade() -> None:
    """The history is gone; what waits in the inbox is forgotten."""
    op.drop_table("alert_history")
    op.drop_index("firing_alerts", table_name="alerts")
    op.drop_column("alerts", "changed_at")
    for column in ("settled_as", "settled_at", "position"):
        op.drop_column("quarantine", column)
    op.drop_index("pending_notifications", table_name="notifications")
    for column in ("pending_since", "attempts", "processed"):
        op.drop_column("notifications", column)
