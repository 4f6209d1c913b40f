"""What is told of drift: once when it comes, once when it goes, whatever happens in between."""

from pathlib import Path

import pytest

from steadyhand.doctor.change import Change, Standing, change, message
from steadyhand.doctor.checkup import Area, Checked, CheckState
from steadyhand.doctor.memory import recalled, remember
from steadyhand.errors import TransientError

OK, DRIFT, UNKNOWN = CheckState.OK, CheckState.DRIFT, CheckState.UNKNOWN


def check(name: str, state: CheckState, reason: str = "it is not so") -> Checked:
    return Checked(
        state=state, reason=reason, nearest="near", remedy='a = "b"', area=Area.CHAT, name=name, requirement="C1",
        environment=None,
    )  # fmt: skip


def days(*states: CheckState | None) -> list[str]:
    """What is told on each day on which one check is in this state, or absent."""
    standing, told = Standing(), []
    for state in states:
        found = change(standing, () if state is None else (check("a", state),))
        standing = found.standing
        told.append("new" if found.new else "gone" if found.gone else "")
    return told


@pytest.mark.parametrize(
    ("states", "told"),
    [
        ((OK, DRIFT, DRIFT, OK, OK), ["", "new", "", "gone", ""]),
        ((DRIFT, UNKNOWN, DRIFT, OK), ["new", "", "", "gone"]),
        ((DRIFT, UNKNOWN, OK, DRIFT), ["new", "", "gone", "new"]),
        ((UNKNOWN, OK, UNKNOWN), ["", "", ""]),
        ((DRIFT, None, DRIFT), ["new", "", "new"]),
    ],
)
def test_drift_is_told_once_when_it_comes_and_once_when_it_goes(states: tuple[CheckState], told: list[str]) -> None:
    """Rule 4: what cannot be seen today is neither gone nor new tomorrow."""
    assert days(*states) == told


def test_drift_whose_check_is_no_more_is_dropped_without_a_word_because_nobody_looked() -> None:
    """Rule 4: a check that the profile no longer asks for proves nothing."""
    before = change(Standing(), (check("a", DRIFT), check("b", DRIFT))).standing
    found = change(before, (check("b", DRIFT),))
    assert not found.is_something
    assert set(found.standing.drift) == {check("b", DRIFT).key}


def test_the_same_drift_in_other_words_is_not_told_again() -> None:
    before = change(Standing(), (check("a", DRIFT, "3 of 4"),)).standing
    assert not change(before, (check("a", DRIFT, "2 of 4"),)).is_something


def test_the_message_has_one_line_for_each_and_says_what_to_write() -> None:
    before = change(Standing(), (check("old", DRIFT),)).standing
    text = message(change(before, (check("old", OK), check("a\nb", DRIFT, "x\n- forged"))))
    assert text.splitlines() == [
        "Doctor: 1 new, 1 gone; runbook and reality disagree in 1 places",
        '+ C1 chat: a b (everywhere): x - forged; nearest: near; write: a = "b"',
        "- C1 chat: old (everywhere): is as the runbook says again",
    ]


def test_a_hundred_new_drifts_make_a_short_message() -> None:
    found: Change = change(Standing(), [check(str(number), DRIFT) for number in range(100)])
    lines = message(found).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "... and 80 more: run `steadyhand doctor`"


def test_what_was_told_is_remembered_whole_and_nothing_else_is_left(tmp_path: Path) -> None:
    first, second = Standing(drift={"a": "A"}), Standing(drift={"b": "B\x00\u2028"})
    remember(tmp_path / "state", first)
    remember(tmp_path / "state", second)
    assert recalled(tmp_path / "state") == second
    assert [path.name for path in (tmp_path / "state").iterdir()] == ["doctor.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"drift": 1}', b"\xff\xfe", b'{"drift": {}, "more": 1}'])
def test_a_broken_memory_is_no_error_and_remembers_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "doctor.json").write_bytes(content)
    assert recalled(tmp_path) == Standing()
    assert recalled(tmp_path / "absent") == Standing()
    remember(tmp_path, Standing(drift={"a": "A"}))
    assert recalled(tmp_path).drift == {"a": "A"}


def test_a_state_directory_that_cannot_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(TransientError, match=r"cannot write .*doctor\.json"):
        remember(tmp_path / "file", Standing())
