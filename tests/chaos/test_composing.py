"""The notifications of the suite: as Alertmanager writes them, all that it does, each in an order that is defined."""

import json
from collections import Counter

from steadyhand.domain.alert import Alert, Notification, WireAlert
from steadyhand.domain.transition import Transition, after, transition
from steadyhand.intake.placing import place
from steadyhand.profile import Profile
from tests.chaos.book import Acknowledgement, Book
from tests.chaos.composing import Composer
from tests.chaos.judging import alerts_are_as_they_were_told
from tests.chaos.notification import Composed
from tests.chaos.observed import Observed, StoredAlert
from tests.chaos.stream import KEYS

BODIES = 400


def composed(seed: str = "1") -> list[Composed]:
    """What one sender tells of three keys."""
    composer = Composer("sender", seed)
    return [composer.compose(KEYS[:3]) for _ in range(BODIES)]


def read(sent: Composed, profile: Profile) -> list[Alert]:
    """The alerts of a body that have a place."""
    wires = (WireAlert.model_validate(raw) for raw in Notification.model_validate_json(sent.body).alerts)
    placed = (place(wire, profile.intake, profile.prometheus) for wire in wires)
    return [alert for alert in placed if isinstance(alert, Alert)]


def test_a_seed_composes_the_same_bodies_again() -> None:
    """A failure can be looked at again."""
    assert composed() == composed()
    assert composed() != composed("2")


def test_every_transition_occurs_and_repeats_are_identical_to_the_byte(profile: Profile) -> None:
    """Contract 4 of Alertmanager's note, all of it; and quarantine, of one alert and of whole notifications."""
    known: dict[str, Alert] = {}
    seen: set[Transition] = set()
    for sent in composed():
        if json.loads(sent.body)["version"] != "4":
            continue
        for alert in read(sent, profile):
            seen.add(transition(known.get(alert.fingerprint), alert))
            known[alert.fingerprint] = after(known.get(alert.fingerprint), alert)
    assert seen == set(Transition)
    bodies = composed()
    assert max(Counter(sent.body for sent in bodies).values()) > 1
    assert {sent.unprocessable for sent in bodies} == {0, 1}


def test_the_model_of_the_judge_and_the_rule_of_the_product_agree(profile: Profile) -> None:
    """Two ways to say the same: the judge's, which knows only what was sent, and `after`."""
    book, known = Book(), dict[str, Alert]()
    for sent in composed():
        book.acknowledged.append(Acknowledgement(sent=sent, answer="", first_tried_at=0, at=0, tries=1))
        if json.loads(sent.body)["version"] == "4":
            known |= {a.fingerprint: after(known.get(a.fingerprint), a) for a in read(sent, profile)}
    stored = {
        name: StoredAlert(key=a.key, status=a.status, starts_at=a.starts_at, ends_at=a.ends_at, incident=None)
        for name, a in known.items()
    }
    observed = Observed(bodies=Counter(), alerts=stored, incidents=(), runs=(), metrics={})
    assert list(alerts_are_as_they_were_told(book, observed)) == []


def test_a_peer_sends_the_same_but_for_its_address() -> None:
    """Duplicates of a highly available pair."""
    (first, *_) = composed()
    here, peer = json.loads(first.body), json.loads(first.from_a_peer().body)
    assert here.pop("externalURL") != peer.pop("externalURL")
    assert here == peer
    assert first.from_a_peer().alerts == first.alerts
