"""The tables. Our store, not Prefect's history, is the record; migrations/ is what makes them."""

from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from steadyhand.domain.alert import AlertStatus
from steadyhand.domain.incident import IncidentStatus
from steadyhand.domain.outcome import UNDER_WAY
from steadyhand.domain.transition import Transition

metadata = MetaData()


def _instant(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def _incident(*, nullable: bool = False, primary_key: bool = False) -> Column[Any]:
    return Column("incident_id", Uuid, ForeignKey("incidents.id"), nullable=nullable, primary_key=primary_key)


def _quoted(members: tuple[StrEnum, ...]) -> str:
    return ", ".join(f"'{m.value}'" for m in members)


notifications = Table(
    "notifications",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _instant("received_at"),
    Column("sender", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("alerts", Integer, nullable=False),
    Column("quarantined", Integer, nullable=False),
    Column("processed", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    _instant("pending_since", nullable=True),
    Index("pending_notifications", "id", postgresql_where=text("pending_since IS NOT NULL")),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("notification_id", BigInteger, ForeignKey("notifications.id"), nullable=False),
    Column("position", Integer),
    Column("fingerprint", Text, nullable=False),
    Column("reason", Text, nullable=False),
    _instant("settled_at", nullable=True),
    Column("settled_as", Text),
)

incidents = Table(
    "incidents",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("focus", Text, nullable=False),
    Column("dry_run", Boolean, nullable=False),
    Column("commander", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("flow_run_id", Uuid),
    _instant("started_at"),
    _instant("opened_at"),
    _instant("closed_at", nullable=True),
    Index(
        "one_open_incident_per_key",
        "environment",
        "service",
        unique=True,
        postgresql_where=text(f"status <> '{IncidentStatus.CLOSED.value}'"),
    ),
)

alerts = Table(
    "alerts",
    metadata,
    Column("fingerprint", Text, primary_key=True),
    _incident(nullable=True),
    Column("notification_id", BigInteger, ForeignKey("notifications.id"), nullable=False),
    Column("environment", Text, nullable=False),
    Column("service", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("team", Text, nullable=False),
    Column("labels", JSONB, nullable=False),
    Column("annotations", JSONB, nullable=False),
    _instant("starts_at"),
    _instant("ends_at", nullable=True),
    _instant("changed_at"),
    Index("alerts_of_an_incident", "incident_id"),
    Index("firing_alerts", "fingerprint", postgresql_where=text(f"status = '{AlertStatus.FIRING.value}'")),
)

alert_history = Table(
    "alert_history",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("notification_id", BigInteger, ForeignKey("notifications.id"), nullable=False),
    _incident(nullable=True),
    Column("fingerprint", Text, nullable=False),
    Column("name", Text, nullable=False),
    _instant("at"),
    Column("transition", Text, nullable=False),
    _instant("starts_at"),
    _instant("ends_at", nullable=True),
    Index("history_of_an_incident", "incident_id"),
    Index("history_of_an_alert", "fingerprint"),
    Index("reopenings", "id", postgresql_where=text(f"transition = '{Transition.REOPENED.value}'")),
)

timeline = Table(
    "timeline",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _incident(),
    _instant("at"),
    Column("kind", Text, nullable=False),
    Column("actor", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("detail", JSONB, nullable=False),
    Column("once", Text, nullable=False),
    UniqueConstraint("incident_id", "once", name="a_step_is_written_once"),
)

approvals = Table(
    "approvals",
    metadata,
    Column("id", Uuid, primary_key=True),
    _incident(),
    Column("generation", Integer, nullable=False),
    Column("gate", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("question", Text, nullable=False),
    Column("status", Text, nullable=False),
    _instant("requested_at"),
    _instant("expires_at"),
    Column("decided_by", Text),
    _instant("decided_at", nullable=True),
    Column("via", Text),
    Column("comment", Text, nullable=False),
    _instant("woken_at", nullable=True),
    UniqueConstraint("incident_id", "generation", "gate", "digest", name="one_question_per_gate_and_digest"),
)


used_codes = Table(
    "used_codes",
    metadata,
    Column("approver", Text, primary_key=True),
    Column("step", BigInteger, primary_key=True),
)

mitigations = Table(
    "mitigations",
    metadata,
    Column("id", Uuid, primary_key=True),
    _incident(),
    Column("digest", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("environment", Text, nullable=False),
    Column("step", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("last_words", Text, nullable=False),
    _instant("applied_at", nullable=True),
    _instant("updated_at"),
    UniqueConstraint("incident_id", "digest", "position", name="one_row_per_step"),
    Index(
        "one_change_at_a_time_per_environment",
        "environment",
        unique=True,
        postgresql_where=text(f"state IN ({_quoted(UNDER_WAY)})"),
    ),
)

exit_checks = Table(
    "exit_checks",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _incident(),
    _instant("at"),
    Column("state", Text, nullable=False),
    Column("findings", JSONB, nullable=False),
)
