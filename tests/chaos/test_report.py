"""The figures of a run, and its breaches, as a table and as data."""

import json

from tests.chaos.judging import judge
from tests.chaos.observed import Observed
from tests.chaos.report import Report, reported
from tests.chaos.striking import Kill
from tests.chaos.test_judging import SENT, book, kept


def report(observed: Observed) -> Report:
    """Of a run with one kill that ended with this."""
    kill = Kill(point="receiver, opening", service="receiver", pid=1)
    told = book(*SENT)
    return reported(told, observed, judge(told, observed), [kill], {"receiver": 1}, seed=7, seconds=1.234)


def test_a_run_that_kept_its_promises_says_so_in_figures() -> None:
    """What the issue wants shown: kills, acknowledged, lost, duplicates."""
    found = report(kept())
    assert (found.kills, found.acknowledged, found.lost, found.duplicates) == (1, 5, 0, 1)
    assert (found.incidents, found.runs, found.begun) == (1, 1, 1)
    assert (found.slowest_acknowledgement, found.longest_gap) == (0.5, 1.0)
    assert "breaches: none" in found.as_text()
    assert found.services["receiver"] == (1, 1)


def test_lost_copies_are_counted_and_their_bodies_shown() -> None:
    """Rule 2."""
    observed = kept()
    observed.bodies.clear()
    found = report(observed)
    assert (found.lost, found.duplicates) == (len(SENT), 0)
    assert f"not kept {len(SENT)} times: every acknowledged body is stored" in found.as_text()
    assert "Chaos" in found.as_text()


def test_the_data_hold_every_breach() -> None:
    """`--json`."""
    observed = kept()
    observed.alerts.clear()
    data = json.loads(json.dumps(report(observed).as_data()))
    assert [breach["promise"] for breach in data["breaches"]] == ["every acknowledged alert is in its state"] * 2
