"""The profiles we ship or write ourselves hold, for the command and for an editor."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from steadyhand.domain.incident import Environment
from steadyhand.profile import load_profile
from steadyhand.profile.advice import advice
from steadyhand.profile.coverage import unconfigured
from steadyhand.rehearsal.site import Site
from steadyhand.stack.stage_profile import stage_profile
from tests.unit.profile.files import profile_file
from tests.unit.profile.test_schema import ROOT, errors


@pytest.fixture
def stages(tmp_path: Path) -> str:
    """The profile of a rehearsal."""
    site = Site.create(tmp_path / "site", port=8001, service_token="service")
    return stage_profile(tmp_path, site, defaultdict(lambda: 8001))


def test_a_rehearsals_profile_is_valid_and_leaves_little_unknown(tmp_path: Path, stages: str) -> None:
    profile = load_profile(profile_file(tmp_path, stages))
    assert errors(stages) == []
    assert advice(profile) == ()
    assert unconfigured(profile, Environment.PRODUCTION) == ("chat (C1): no channels, so log and file only",)


def test_the_readmes_profile_is_valid(tmp_path: Path) -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
    assert errors(text) == []
    assert advice(load_profile(profile_file(tmp_path, text))) == ()
