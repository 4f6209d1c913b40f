"""How a probe is asked."""

import pytest

from steadyhand.domain.evidence import Answer, Branch, Verdict
from steadyhand.domain.incident import Environment
from steadyhand.probes.probe import Case, Probe, ask
from steadyhand.profile import Intake, Profile
from tests.unit.made import NOW, incident


async def _broken(_: Case) -> Answer:
    raise ImportError("cannot import name 'Policy' from 'library'")


async def test_a_defect_in_one_probe_is_unknown_and_never_ends_the_response(
    profile: Profile, caplog: pytest.LogCaptureFixture
) -> None:
    """Rules 4 and 7: found when a library could not be imported, and the whole run failed with it."""
    probe = Probe(name="broken", requirement="D7", branch=Branch.REGRESSION, question="", collect=_broken)
    finding = await ask(probe, Case(profile=profile, incident=incident(), alerts=(), now=NOW), last_try=False)
    assert finding.verdict is Verdict.UNKNOWN
    assert "the probe itself has a defect, ImportError: cannot import name" in finding.summary
    assert "the probe broken has a defect" in caplog.text


def test_series_are_picked_by_what_the_label_says_of_the_environment(profile: Profile) -> None:
    """T1, D4."""
    case = Case(profile=profile, incident=incident(), alerts=(), now=NOW)
    assert case.labels == {"environment": "production", "service": "orchestrator"}
    called = Intake(environment_names={"stage": Environment.STAGING, "prod": Environment.PRODUCTION})
    elsewhere = Case(profile=profile.model_copy(update={"intake": called}), incident=incident(), alerts=(), now=NOW)
    assert elsewhere.labels == {"environment": "prod", "service": "orchestrator"}
