"""What is new since the last examination, and what is gone: pure."""

from collections.abc import Iterable, Mapping

from pydantic import Field

from steadyhand.doctor.checkup import Checked, CheckState
from steadyhand.domain.record import Record

_TOLD = 20


class Standing(Record):
    """The drift that was told of, by its check's key, each with the words it is called by."""

    drift: dict[str, str] = Field(default_factory=dict)


class Change(Record):
    """What is to be told: drift that came, drift that went, and what stands after that."""

    new: tuple[Checked, ...]
    gone: tuple[str, ...]
    standing: Standing

    @property
    def is_something(self) -> bool:
        """Whether there is anything to tell."""
        return bool(self.new or self.gone)


def change(before: Standing, checks: Iterable[Checked]) -> Change:
    """What differs. A drift that cannot be seen now stands: unknown is not ok (rule 4), and it is not told twice.

    A drift whose check is no longer made is dropped without a word: nobody looked.
    """
    found = {check.key: check for check in checks}
    drift = {key: check for key, check in found.items() if check.state is CheckState.DRIFT}
    healed = {key for key, check in found.items() if check.state is CheckState.OK}
    kept = {key: words for key, words in before.drift.items() if key in found and key not in healed}
    return Change(
        new=tuple(check for key, check in drift.items() if key not in before.drift),
        gone=tuple(words for key, words in before.drift.items() if key in healed),
        standing=Standing(drift=kept | {key: called(check) for key, check in drift.items()}),
    )


def called(check: Checked) -> str:
    """What a check is called among people."""
    return f"{check.requirement} {check.area}: {check.name} ({check.environment or 'everywhere'})"


def message(found: Change) -> str:
    """The change in plain text, one line each, bounded; a stranger's words cannot make another line (rule 8)."""
    new = [f"+ {called(check)}: {check.reason}{_hint(check)}" for check in found.new]
    gone = [f"- {words}: is as the runbook says again" for words in found.gone]
    lines = [*new, *gone]
    more = [f"... and {len(lines) - _TOLD} more: run `steadyhand doctor`"] if len(lines) > _TOLD else []
    standing = len(found.standing.drift)
    head = f"Doctor: {len(found.new)} new, {len(found.gone)} gone; runbook and reality disagree in {standing} places"
    return "\n".join((head, *lines[:_TOLD], *more))


def _hint(check: Checked) -> str:
    told: Mapping[str, str | None] = {"nearest": check.nearest, "write": check.remedy}
    return "".join(f"; {word}: {text}" for word, text in told.items() if text)
