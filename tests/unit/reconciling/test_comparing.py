"""What Alertmanager lists, beside what is known here: the whole table (T1; the notes' contract, 5)."""

import pytest

from steadyhand.clients.alertmanager import RoutedAlert
from steadyhand.domain.incident import Environment
from steadyhand.reconciling.comparing import arriving, vanished
from steadyhand.store.alerts import KnownAlert

from .made import answer, asked, at, known, there

CLUSTERS = {Environment.PRODUCTION: ("a", "b"), Environment.STAGING: ("c",)}


@pytest.mark.parametrize(
    ("here", "listed", "arrives"),
    [
        pytest.param(None, there(), True, id="active, never seen"),
        pytest.param(None, there(state="suppressed"), False, id="silent, never seen"),
        pytest.param(None, there(state="unprocessed"), False, id="not yet decided whether it is silent"),
        pytest.param(known(), there(), False, id="fires here too"),
        pytest.param(known(start=0.0005), there(start=0.0005), False, id="fires here too, known finer"),
        pytest.param(known(), there(start=9), True, id="fires anew"),
        pytest.param(known(), there(start=9, state="suppressed"), False, id="fires anew, silent"),
        pytest.param(known(start=9), there(), False, id="an older start"),
        pytest.param(known(end=5), there(updated=6), True, id="resolved here, told of since"),
        pytest.param(known(start=0.0005, end=5), there(start=0.0005, updated=6), True, id="resolved here, known finer"),
        pytest.param(known(end=5), there(updated=5), False, id="resolved here, not told of since"),
        pytest.param(known(end=5), there(updated=6, state="suppressed"), False, id="resolved here, silent there"),
        pytest.param(known(end=5), there(start=9, updated=0), True, id="resolved here, a newer start there"),
        pytest.param(known(), there(start="0000-01-01T00:00:00Z"), True, id="no instant: to be judged like any other"),
    ],
)
def test_an_alert_that_is_listed(here: KnownAlert | None, listed: RoutedAlert, arrives: bool) -> None:  # noqa: FBT001
    """T1."""
    found = arriving(asked(answer("a", listed)), {"f": here} if here else {})
    assert bool(found) is arrives


def test_of_several_peers_the_one_with_the_latest_start_is_believed() -> None:
    """T1: one missed what the others know."""
    found = arriving(asked(answer("a", there(start=3)), answer("b", there(start=5)), answer("c", there())), {})
    assert {address: [alert.starts_at for alert, _ in news] for address, news in found.items()} == {"b": [at(5)]}


def test_active_at_one_peer_and_silent_at_another_is_active() -> None:
    """T1: inhibition is each peer's own; what one of them pages for is worth opening."""
    assert list(arriving(asked(answer("a", there(state="suppressed")), answer("b", there())), {})) == ["b"]


@pytest.mark.parametrize(
    ("answers", "is_gone"),
    [
        pytest.param([answer("a"), answer("b")], True, id="absent from both"),
        pytest.param([answer("a"), answer("b", there())], False, id="one has it"),
        pytest.param([answer("a"), answer("b", there(state="suppressed"))], False, id="one has it, silent"),
        pytest.param([answer("a"), answer("b", there(state="unprocessed"))], False, id="one has it, undecided"),
        pytest.param([answer("a"), answer("b", problem="away")], False, id="one does not answer"),
        pytest.param([answer("a", problem="away"), answer("b", problem="away")], False, id="nobody answers"),
        pytest.param([answer("a")], False, id="one was not asked"),
        pytest.param([answer("a"), answer("b", up_since=-99)], False, id="one has just started"),
        pytest.param([answer("a"), answer("b", up_since=-100)], True, id="one started long enough ago"),
        pytest.param([answer("a"), answer("b"), answer("c", there())], False, id="another cluster has it"),
        pytest.param([answer("a"), answer("b"), answer("c", problem="away")], True, id="another cluster is away"),
    ],
)
def test_an_alert_that_fires_here(answers: list[object], is_gone: bool) -> None:  # noqa: FBT001
    """T1: all must have answered."""
    gone = vanished([known()], asked(*answers), CLUSTERS, at(0))  # type: ignore[arg-type]
    assert bool(gone) is is_gone


def test_each_environment_has_a_cluster_of_its_own() -> None:
    """T1."""
    answers = asked(answer("a", problem="away"), answer("b"), answer("c"))
    firing = [known("p"), known("s", environment=Environment.STAGING)]
    assert [one.alert.fingerprint for one in vanished(firing, answers, CLUSTERS, at(0))] == ["s"]
