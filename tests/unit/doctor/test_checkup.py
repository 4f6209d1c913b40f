"""One check at its edge: trouble is unknown, strangers' words are bounded, and everything is asked once."""

import asyncio
import json

import pytest

from steadyhand.doctor.checkup import Area, Check, Checked, CheckState, Seen, drift, made, ok, unknown
from steadyhand.doctor.examination import Examination, environments_of
from steadyhand.doctor.ground import profile_line
from steadyhand.doctor.once import Once
from steadyhand.domain.incident import Environment
from steadyhand.errors import ConfigurationError, SteadyhandError, TransientError
from steadyhand.profile import EnvironmentProfile, Profile

from .profiles import here, with_line


def checked(state: CheckState, name: str = "one") -> Checked:
    return Checked(state=state, reason="r", area=Area.ROUTES, name=name, requirement="F4", environment=None)


@pytest.mark.parametrize("error", [TransientError("away"), ConfigurationError("wrong")])
async def test_an_error_of_ours_is_unknown_with_its_words(error: SteadyhandError) -> None:
    """Rule 4."""

    async def look() -> Seen:
        raise error

    found = await made(Check(area=Area.ROUTES, name="health", requirement="F4", look=look))
    assert (found.state, found.reason) == (CheckState.UNKNOWN, f"could not look: {error}")


async def test_a_check_ends_at_its_deadline_and_is_unknown() -> None:
    """Rule 4."""

    async def look() -> Seen:
        await asyncio.Event().wait()
        return ok("never")

    found = await made(Check(area=Area.ROUTES, name="h", requirement="F4", look=look, timeout_seconds=0.05))
    assert (found.state, found.reason) == (CheckState.UNKNOWN, "no answer within 0.05 s")


async def test_a_defect_in_one_check_is_unknown_by_its_kind_and_logged_and_ends_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Rules 4 and 7. What a library says of its own accord may hold a secret, so only its kind is told."""

    async def look() -> Seen:
        raise PermissionError(13, "hunter2")

    found = await made(Check(area=Area.ROUTES, name="h", requirement="F4", look=look))
    assert (found.state, found.reason) == (CheckState.UNKNOWN, "the check itself has a defect, PermissionError")
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "the check routes: h has a defect" in caplog.text


async def test_giving_up_on_an_examination_is_no_defect_of_a_check() -> None:
    async def look() -> Seen:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await made(Check(area=Area.ROUTES, name="h", requirement="F4", look=look))


def test_a_strangers_words_are_one_bounded_line_without_control_characters() -> None:
    """Rule 8."""
    found = drift("a\r\n\x1b[2J\u202eb" + "x" * 10_000, nearest="\x07" * 9)
    assert found.reason.startswith("a \ufffd[2J\ufffdb")
    assert len(found.reason) == 500
    assert found.nearest == "\ufffd" * 9


@pytest.mark.parametrize(
    ("states", "worst", "code"),
    [
        ("", CheckState.OK, 0),
        ("ok ok", CheckState.OK, 0),
        ("ok unknown", CheckState.UNKNOWN, 2),
        ("unknown drift ok", CheckState.DRIFT, 1),
    ],
)
def test_drift_outweighs_unknown_and_unknown_outweighs_ok(states: str, worst: CheckState, code: int) -> None:
    found = Examination(checks=tuple(checked(CheckState(one)) for one in states.split()))
    assert (found.state, found.exit_code) == (worst, code)
    assert json.loads(found.model_dump_json())["state"] == worst


async def test_what_many_want_is_asked_once_and_its_error_is_everybodys() -> None:
    asked = []

    async def ask() -> int:
        asked.append(1)
        await asyncio.sleep(0)
        return len(asked)

    async def fail() -> int:
        asked.append(1)
        raise TransientError("away")

    answer, error = Once(ask), Once(fail)
    assert await asyncio.gather(*(answer.get() for _ in range(5))) == [1] * 5
    found = await asyncio.gather(*(error.get() for _ in range(5)), return_exceptions=True)
    assert {str(one) for one in found} == {"away"}
    assert len(asked) == 2


async def test_when_the_one_who_asks_gives_up_the_next_one_asks() -> None:
    asked = []

    async def ask() -> str:
        asked.append(1)
        if len(asked) == 1:
            await asyncio.Event().wait()
        return "seen"

    once = Once(ask)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(once.get(), 0.05)
    assert await once.get() == "seen"


def test_every_environment_with_a_url_is_examined_and_all_of_them_when_none_has_one() -> None:
    both = Profile()
    assert environments_of(both) == (Environment.STAGING, Environment.PRODUCTION)
    one = {Environment.PRODUCTION: EnvironmentProfile(url="http://x"), Environment.STAGING: EnvironmentProfile()}
    assert environments_of(Profile(environments=one)) == (Environment.PRODUCTION,)


@pytest.mark.parametrize("value", ["a", 'q"uote', "back\\slash", "tab\t", 3, 2.5, ("a", 'b"'), "ü"])
def test_a_line_for_the_profile_is_toml_that_says_the_value(value: object) -> None:
    line = profile_line("suites.regression.arguments" if isinstance(value, tuple) else "commander", value)
    if isinstance(value, tuple):
        assert with_line(line).suites.regression.arguments == value
    elif isinstance(value, str):
        assert with_line(line).commander == value


def test_an_environments_own_table_gets_the_line_where_it_has_one() -> None:
    assert here().line("prometheus", "tasks", "x") == 'prometheus.tasks = "x"'
    own = Profile.model_validate({"environments": {"production": {"prometheus": {"tasks": "y"}}}})
    line = here(own).line("prometheus", "tasks", "x")
    assert line == 'environments.production.prometheus.tasks = "x"'
    found = with_line(line).environment(Environment.PRODUCTION).prometheus
    assert found is not None
    assert found.tasks == "x"


def test_unknown_has_neither_nearest_nor_remedy() -> None:
    assert (unknown("x").nearest, unknown("x").remedy) == (None, None)
