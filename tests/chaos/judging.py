"""What was promised, held against what is there. Pure: fed with a lost body or a second run, it says so.

A later promise is one more function in `PROMISES`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from steadyhand.domain.alert import AlertStatus, IncidentKey
from tests.chaos.book import Book
from tests.chaos.notification import SentAlert
from tests.chaos.observed import Observed, StoredAlert, digest

_BODY_SHOWN = 400
ACCEPTED, QUARANTINED = "steadyhand_stored_alerts", "steadyhand_quarantined_alerts"
PROCESSED, PENDING = "steadyhand_processed_alerts", "steadyhand_inbox_pending"


@dataclass(frozen=True, kw_only=True)
class Breach:
    """A promise that was not kept, and which body, alert, incident or metric shows it."""

    promise: str
    what: str


Promise = Callable[[Book, Observed], Iterator[str]]


def judge(book: Book, observed: Observed) -> tuple[Breach, ...]:
    """Every breach of every promise; none when all were kept."""
    return tuple(
        Breach(promise=promise, what=what) for promise, kept in PROMISES.items() for what in kept(book, observed)
    )


def nothing_is_refused(book: Book, _: Observed) -> Iterator[str]:
    """No body got a 4xx, and none was without a 2xx for ever."""
    yield from (f"{refusal.answer} for {_shown(refusal.body)}" for refusal in book.refused)


def no_body_is_lost(book: Book, observed: Observed) -> Iterator[str]:
    """Each acknowledged body is stored to the byte, as often as it was acknowledged."""
    bodies = {digest(a.sent.body): a.sent.body for a in book.acknowledged}
    times = acknowledged_bodies(book)
    for name, count in (times - observed.bodies).items():
        yield f"acknowledged {times[name]} times, {count} of them not stored: {_shown(bodies[name])}"


def alerts_are_as_they_were_told(book: Book, observed: Observed) -> Iterator[str]:
    """A newer or equal start replaces what is known, an older one changes nothing; order is each sender's own."""
    fired = _fired(book)
    homes = {incident.key: incident.id for incident in observed.incidents}
    for name, sent in _expected(book).items():
        stored = observed.alerts.get(name)
        if stored is None:
            yield f"alert {name} of {_named(sent.key)} was acknowledged and is not known"
        elif not _agree(sent, stored):
            yield f"alert {name} must be {sent}, is {stored}"
        elif name in fired and stored.incident != homes.get(sent.key):
            yield f"alert {name} of {_named(sent.key)} belongs to incident {stored.incident}, not to its key's"


def each_key_is_opened_once(book: Book, observed: Observed) -> Iterator[str]:
    """Nothing is closed here: each key that fired has one incident, and no other key has any."""
    fired = {sent.key for a in book.acknowledged for sent in a.sent.alerts if sent.status is AlertStatus.FIRING}
    opened: defaultdict[IncidentKey, list[str]] = defaultdict(list)
    for incident in observed.incidents:
        opened[incident.key].append(f"{incident.id} ({incident.status})")
    for key in fired | opened.keys():
        if len(opened[key]) != (key in fired):
            yield f"{_named(key)} {'fired' if key in fired else 'never fired'}; its incidents: {opened[key] or 'none'}"


def each_incident_has_one_run(_: Book, observed: Observed) -> Iterator[str]:
    """One master run in Prefect, it is the one that the incident names, and the timeline told of one start."""
    runs: defaultdict[str, list[str]] = defaultdict(list)
    for run in observed.runs:
        runs[run.incident].append(str(run.id))
    for incident in observed.incidents:
        found = runs.pop(str(incident.id), [])
        if found != [str(incident.run)]:
            yield f"incident {incident.id} names run {incident.run}; its runs in Prefect: {found or 'none'}"
        if incident.runs_told != 1:
            yield f"the timeline of incident {incident.id} tells of {incident.runs_told} starts"
    yield from (f"runs {ids} are of incident {incident}, which is not there" for incident, ids in runs.items())


def the_counts_reconcile(book: Book, observed: Observed) -> Iterator[str]:
    """accepted = processed + pending + quarantined, nothing pends, and no less than was acknowledged is counted."""
    unprocessable = sum(a.sent.unprocessable for a in book.acknowledged)
    least = unprocessable + sum(len(a.sent.alerts) for a in book.acknowledged)
    for address, samples in observed.metrics.items():
        missing = [name for name in (ACCEPTED, PROCESSED, PENDING, QUARANTINED) if name not in samples]
        if missing:
            yield f"{address}/metrics does not tell {', '.join(missing)}"
            continue
        accepted, pending, quarantined = samples[ACCEPTED], samples[PENDING], samples[QUARANTINED]
        if accepted != samples[PROCESSED] + pending + quarantined or pending:
            told = f"accepted {accepted:.0f}, processed {samples[PROCESSED]:.0f}, pending {pending:.0f}"
            yield f"{address}/metrics does not add up: {told}, quarantined {quarantined:.0f}"
        if accepted < least or quarantined < unprocessable:
            told = f"{least} alerts were acknowledged, {unprocessable} of them can never be processed"
            yield f"{told}; {address}/metrics tells {accepted:.0f} and {quarantined:.0f}"


PROMISES: dict[str, Promise] = {
    "nothing sent is refused for ever": nothing_is_refused,
    "every acknowledged body is stored": no_body_is_lost,
    "every acknowledged alert is in its state": alerts_are_as_they_were_told,
    "no incident is opened twice, none is missing": each_key_is_opened_once,
    "every incident has exactly one master run": each_incident_has_one_run,
    "the counts reconcile": the_counts_reconcile,
}


def acknowledged_bodies(book: Book) -> Counter[str]:
    """How often each body was acknowledged, by `digest`."""
    return Counter(digest(a.sent.body) for a in book.acknowledged)


def _expected(book: Book) -> dict[str, SentAlert]:
    known: dict[str, SentAlert] = {}
    for sent in _told(book):
        if sent.fingerprint not in known or sent.starts_at >= known[sent.fingerprint].starts_at:
            known[sent.fingerprint] = sent
    return known


def _fired(book: Book) -> set[str]:
    return {sent.fingerprint for sent in _told(book) if sent.status is AlertStatus.FIRING}


def _told(book: Book) -> Iterable[SentAlert]:
    return (sent for a in book.acknowledged for sent in a.sent.alerts)


def _agree(sent: SentAlert, stored: StoredAlert) -> bool:
    same = (sent.key, sent.status, sent.starts_at) == (stored.key, stored.status, stored.starts_at)
    # One that fires again may keep the end it had, by which copies of the old resolve are known.
    return same and (sent.status is AlertStatus.FIRING or sent.ends_at == stored.ends_at)


def _named(key: IncidentKey) -> str:
    return f"{key.environment}/{key.service}"


def _shown(body: bytes) -> str:
    return body[:_BODY_SHOWN].decode(errors="replace")
