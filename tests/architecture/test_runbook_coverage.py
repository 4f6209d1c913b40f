"""The coverage table cannot lie."""

from tests.architecture.runbook_coverage import ROOT, cited, document, gaps


def test_no_line_of_the_runbook_has_lost_its_code_or_its_test() -> None:
    assert gaps() == []


def test_the_coverage_table_is_what_the_sources_say() -> None:
    assert (ROOT / "docs/runbook.md").read_text() == document(), "docs/runbook.md is out of date: run `make docs`"


def test_a_range_of_ids_is_each_of_them() -> None:
    assert cited("E1-E3, D4 and M1-4; not P95, X1 or E9") == {"E1", "E2", "E3", "D4", "M1", "M2", "M3", "M4"}
