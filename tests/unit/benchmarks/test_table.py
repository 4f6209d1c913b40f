"""The table says which target was missed, and stands what it is made of."""

import io

from benchmarks.result import Report
from benchmarks.table import closing, markdown, print_to
from tests.unit.benchmarks.made import line, report


def plain(found: Report) -> str:
    """As it is printed where there is no terminal."""
    stream = io.StringIO()
    print_to(stream, found)
    return stream.getvalue()


def test_a_missed_target_is_told_in_its_line_and_at_the_end() -> None:
    found = report(line(met=True), line(met=False))
    assert len(found.missed) == 1
    assert plain(found).count("MISSED") == 1
    assert "Missed: speed [of it]: 512 /s, wanted >= 400 /s" in plain(found)
    assert closing(found) in markdown(found)


def test_a_line_without_a_target_is_only_shown() -> None:
    found = report(line(met=None))
    assert found.missed == []
    assert closing(found) == "Every target was met."
    assert "512 /s" in plain(found)
    assert " met" not in plain(found).replace("was met", "")


def test_where_there_is_no_terminal_there_are_no_escapes_and_brackets_stay() -> None:
    text = plain(report(line(met=False)))
    assert "\x1b" not in text
    assert "speed [of it]" in text


def test_the_page_of_the_docs_says_what_is_measured_and_left_out_and_keeps_its_columns() -> None:
    page = markdown(report(line(met=True)))
    assert "How fast." in page
    assert "Left out: The network." in page
    assert "2 cores (a processor)" in page
    row = next(one for one in page.splitlines() if one.startswith("| speed"))
    assert row == "| speed [of it] | 512 /s | a &#124; b | >= 400 /s | met |"


def test_every_figure_survives_json() -> None:
    found = report(line(met=False))
    assert Report.model_validate_json(found.model_dump_json()) == found
