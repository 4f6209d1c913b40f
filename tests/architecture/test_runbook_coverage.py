"""The coverage table cannot lie."""

import pytest

from flows import first_five_minutes
from steadyhand.domain.runbook import LINES
from tests.architecture.runbook_coverage import NOT_BUILT, ROOT, cited, document, gaps


def test_no_line_of_the_runbook_has_lost_its_code_or_its_test() -> None:
    assert gaps() == []


def test_the_coverage_table_is_what_the_sources_say() -> None:
    assert (ROOT / "docs/runbook.md").read_text() == document(), "docs/runbook.md is out of date: run `make docs`"


def test_a_range_of_ids_is_each_of_them() -> None:
    assert cited("E1-E3, D4 and M1-4; not P95, X1 or E9") == {"E1", "E2", "E3", "D4", "M1", "M2", "M3", "M4"}


def test_a_probe_that_no_flow_asks_any_more_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(first_five_minutes, "PROBES", ("reachability",))
    assert {"F3 is asked by no probe of a flow", "F5 is asked by no probe of a flow"} <= set(gaps())


def test_a_line_that_nothing_cites_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LINES, "P9", "a line added to the runbook")
    assert gaps() == ["P9 has no code", "P9 has no test"]


def test_a_line_said_not_to_be_built_may_not_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(NOT_BUILT, "D4", "later")
    assert gaps() == ["D4 is built: take it out of NOT_BUILT"]
