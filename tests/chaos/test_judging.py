"""The suite bites: a world in which one promise was broken is told apart from one in which all were kept."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from steadyhand.domain.alert import AlertStatus, IncidentKey
from steadyhand.domain.incident import Environment
from tests.chaos.book import Acknowledgement, Book, Refusal
from tests.chaos.judging import ACCEPTED, PENDING, PROCESSED, QUARANTINED, judge
from tests.chaos.notification import Composed, SentAlert, garbled, told
from tests.chaos.observed import MasterRun, Observed, StoredAlert, StoredIncident, digest

KEY = IncidentKey(environment=Environment.PRODUCTION, service="orchestrator")
QUIET = IncidentKey(environment=Environment.STAGING, service="quiet")
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
INCIDENT, RUN = uuid4(), uuid4()
FIRING = SentAlert(fingerprint="a1", key=KEY, status=AlertStatus.FIRING, starts_at=NOON, ends_at=None)
RESOLVED = replace(FIRING, status=AlertStatus.RESOLVED, ends_at=NOON + timedelta(minutes=1))
LATE = replace(FIRING, starts_at=NOON - timedelta(hours=1))
UNSEEN = replace(RESOLVED, fingerprint="b2", key=QUIET)
SENT = (told(KEY, [FIRING]), told(KEY, [RESOLVED]), told(KEY, [LATE]), told(QUIET, [UNSEEN]), garbled(KEY))
RECEIVER = "http://receiver"


def book(*sent: Composed) -> Book:
    """All of it acknowledged, in this order."""
    found = Book(opened_at=0.0)
    for number, body in enumerate(sent):
        found.acknowledged.append(
            Acknowledgement(sent=body, answer="{}", first_tried_at=number, at=number + 0.5, tries=1)
        )
    return found


def stored(alert: SentAlert, incident: UUID | None) -> StoredAlert:
    """As it was sent."""
    return StoredAlert(
        key=alert.key, status=alert.status, starts_at=alert.starts_at, ends_at=alert.ends_at, incident=incident
    )


def kept() -> Observed:
    """The world after `SENT`, with every promise kept; one answer was lost, so one body is there twice."""
    return Observed(
        bodies=Counter([*(digest(sent.body) for sent in SENT), digest(SENT[0].body)]),
        alerts={"a1": stored(RESOLVED, INCIDENT), "b2": stored(UNSEEN, None)},
        incidents=(StoredIncident(id=INCIDENT, key=KEY, status="open", run=RUN, runs_told=1),),
        runs=(MasterRun(id=RUN, incident=str(INCIDENT), state="Suspended"),),
        metrics={RECEIVER: {ACCEPTED: 6, PROCESSED: 5, PENDING: 0, QUARANTINED: 1}},
    )


def breaches(observed: Observed, told_by: Book | None = None) -> str:
    """What is reported."""
    return "\n".join(f"{b.promise}: {b.what}" for b in judge(told_by or book(*SENT), observed))


def test_nothing_is_reported_when_every_promise_was_kept() -> None:
    """A late alert changes nothing; a body committed twice is no breach; a resolve never seen firing opens nothing."""
    assert breaches(kept()) == ""


def test_a_lost_body_is_reported_and_shown() -> None:
    """Rule 2."""
    observed = kept()
    del observed.bodies[digest(SENT[1].body)]
    found = breaches(observed)
    assert "every acknowledged body is stored: acknowledged 1 times, 1 of them not stored" in found
    assert '"endsAt": "2026-01-05T12:01:00+00:00"' in found


def test_a_body_acknowledged_twice_and_stored_once_is_a_loss() -> None:
    """Rule 2: repeats are identical to the byte, and each is acknowledged."""
    observed = kept()
    assert "acknowledged 3 times, 1 of them not stored" in breaches(observed, book(SENT[0], SENT[0], *SENT))


def test_a_second_run_of_an_incident_is_reported() -> None:
    """Rule 3."""
    second = MasterRun(id=uuid4(), incident=str(INCIDENT), state="Running")
    observed = replace(kept(), runs=(*kept().runs, second))
    assert f"exactly one master run: incident {INCIDENT} names run {RUN}; its runs in Prefect: ['{RUN}', " in breaches(
        observed
    )


BROKEN: dict[str, tuple[Callable[[Observed], Observed], str]] = {
    "an alert in the wrong state": (
        lambda o: replace(o, alerts=o.alerts | {"a1": stored(FIRING, INCIDENT)}),
        "alert a1 must be",
    ),
    "an alert that a late one moved": (
        lambda o: replace(o, alerts=o.alerts | {"a1": stored(LATE, INCIDENT)}),
        "alert a1 must be",
    ),
    "an alert nobody knows": (lambda o: replace(o, alerts={"b2": o.alerts["b2"]}), "a1 of production/orchestrator"),
    "an alert of another incident": (
        lambda o: replace(o, alerts=o.alerts | {"a1": stored(RESOLVED, uuid4())}),
        "not to its key's",
    ),
    "an incident opened twice": (
        lambda o: replace(o, incidents=(*o.incidents, replace(o.incidents[0], id=uuid4(), status="closed"))),
        "production/orchestrator fired; its incidents: ",
    ),
    "an incident that was never opened": (
        lambda o: replace(o, incidents=(), runs=()),
        "production/orchestrator fired; its incidents: none",
    ),
    "an incident that nothing called for": (
        lambda o: replace(o, incidents=(*o.incidents, replace(o.incidents[0], id=uuid4(), key=QUIET))),
        "staging/quiet never fired; its incidents: ",
    ),
    "no run": (lambda o: replace(o, runs=()), "its runs in Prefect: none"),
    "a run that the incident does not name": (
        lambda o: replace(o, incidents=(replace(o.incidents[0], run=None),)),
        "names run None",
    ),
    "a run of no incident": (
        lambda o: replace(o, runs=(*o.runs, MasterRun(id=uuid4(), incident="None", state="Running"))),
        "are of incident None, which is not there",
    ),
    "a start told twice": (
        lambda o: replace(o, incidents=(replace(o.incidents[0], runs_told=2),)),
        "tells of 2 starts",
    ),
    "counts that do not add up": (
        lambda o: replace(o, metrics={RECEIVER: {**o.metrics[RECEIVER], PROCESSED: 4}}),
        "does not add up: accepted 6, processed 4, pending 0, quarantined 1",
    ),
    "an inbox that never drains": (
        lambda o: replace(o, metrics={RECEIVER: {**o.metrics[RECEIVER], PROCESSED: 4, PENDING: 1}}),
        "does not add up: accepted 6, processed 4, pending 1, quarantined 1",
    ),
    "counts that balance and leave out what was acknowledged": (
        lambda o: replace(o, metrics={RECEIVER: {ACCEPTED: 2, PROCESSED: 2, PENDING: 0, QUARANTINED: 0}}),
        "5 alerts were acknowledged, 1 of them can never be processed; http://receiver/metrics tells 2 and 0",
    ),
    "a metric that is not there": (
        lambda o: replace(o, metrics={RECEIVER: {ACCEPTED: 6, QUARANTINED: 1, PENDING: 0}}),
        f"does not tell {PROCESSED}",
    ),
}


@pytest.mark.parametrize("name", BROKEN)
def test_whatever_is_broken_is_reported(name: str) -> None:
    """Rules 2, 3 and 6, one breach at a time."""
    broken, told_of = BROKEN[name]
    assert told_of in breaches(broken(kept()))


def test_a_refused_body_is_reported_with_the_answer() -> None:
    """Alertmanager does not try again after a 4xx: what was sent is lost for good."""
    refusing = book(*SENT)
    refusing.refused.append(Refusal(body=SENT[0].body, answer="413: too large"))
    assert "nothing sent is refused for ever: 413: too large for {" in breaches(kept(), refusing)
