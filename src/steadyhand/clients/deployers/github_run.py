"""One order to GitHub Actions, and the run that carries it out."""

import asyncio
import contextlib
import time

from pydantic import TypeAdapter

from steadyhand.clients.github import GitHubRepository, NotAllowed, NotThere, WorkflowRun
from steadyhand.domain.record import Text
from steadyhand.errors import ChangeRefused, SteadyhandError, UnexpectedAnswer
from steadyhand.profile import GitHubDeployer

_LAST_WORDS = 2000
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_SUCCESS = "success"
_HARMLESS = frozenset({_SUCCESS, "skipped", "neutral"})
_LOST_ORDER_LOOKS = 12
_STOPPING_LOOKS = 60


class OrderedRun:
    """The runs of the workflow that show this order's id in their title.

    ChangeRefused is raised only where nothing of this order can be deployed later: a caller may then call the former
    state back. UnexpectedAnswer is raised where that cannot be seen.
    """

    def __init__(self, github: GitHubRepository, settings: GitHubDeployer, order: str) -> None:
        self._github = github
        self._settings = settings
        self._order = order
        self._deadline = time.monotonic() + settings.timeout_seconds
        self._over: frozenset[int] = frozenset()

    async def under_way(self) -> WorkflowRun | None:
        """A run of this order that is not completed: whoever gave it was stopped since, or is another one of us."""
        runs = await self._shown()
        self._over = frozenset(run.id for run in runs if run.completed)
        return max((run for run in runs if not run.completed), key=lambda run: run.number, default=None)

    @property
    def was_given_before(self) -> bool:
        """A run of this order is over, as `under_way` saw."""
        return bool(self._over)

    async def give(self, inputs: dict[str, str]) -> WorkflowRun:
        """The order is given, and this is its new run.

        Raises ChangeRefused when GitHub refuses it, and UnexpectedAnswer when no run appears: it may do so later. An
        order whose answer was lost may have arrived all the same, so its run is looked for, too.
        """
        lost: SteadyhandError | None = None
        until = self._deadline
        try:
            await self._github.dispatch(
                self._settings.workflow, self._settings.ref, {**inputs, "steadyhand_id": self._order}
            )
        except (NotAllowed, NotThere) as error:
            raise ChangeRefused(f"the order was not taken: {error}") from error
        except SteadyhandError as error:
            lost = error
            until = min(until, time.monotonic() + _LOST_ORDER_LOOKS * self._settings.poll_seconds)
        while not (new := [run for run in await self._shown_if_readable() if run.id not in self._over]):
            if time.monotonic() >= until:
                told = f"the order may not have arrived: {lost}" if lost else "the order was taken"
                raise UnexpectedAnswer(
                    f"no run of {self._settings.workflow} appeared for {self._order} ({told}); one may still appear "
                    f"and deploy: look for {self._order} among the runs in {self._settings.repository}"
                ) from lost
            await self._pause()
        return max(new, key=lambda run: run.number)

    async def succeed(self, run: WorkflowRun) -> None:
        """The run has succeeded. Raises ChangeRefused, with the end of the failed job's log, when it ended otherwise.

        A look that fails says nothing about the run, which goes on; it is looked at again. A run that takes too long is
        cancelled and seen to end: it must not get its way after the former state was put back.
        """
        late = ""
        while not run.completed:
            if time.monotonic() >= self._deadline:
                late = f"was still {run.status} after {self._settings.timeout_seconds:g} s, and "
                run = await self._stopped(run, late)
                break
            await self._pause()
            with contextlib.suppress(SteadyhandError):
                run = await self._github.run(run.id)
        if run.conclusion != _SUCCESS:
            told = f"the run {late}ended as {run.conclusion}: {run.url}"
            await self._none_left(told)
            raise ChangeRefused(told, last_words=await self._last_words(run))

    async def _none_left(self, told: str) -> None:
        """No run of this order is under way: it was given twice if GitHub did not list its run in time.

        Raises UnexpectedAnswer when one is, or when that cannot be seen.
        """
        try:
            left = [run for run in await self._shown() if not run.completed]
        except SteadyhandError as error:
            raise UnexpectedAnswer(
                f"{told}; whether another run of its order is under way could not be seen: {error}"
            ) from error
        if left:
            raise UnexpectedAnswer(f"{told}; another run of its order may still be deployed: look at {left[0].url}")

    async def _shown(self) -> list[WorkflowRun]:
        return [r for r in await self._github.dispatched_runs(self._settings.workflow) if self._order in r.title]

    async def _shown_if_readable(self) -> list[WorkflowRun]:
        try:
            return await self._shown()
        except SteadyhandError:
            return []

    async def _pause(self) -> None:
        await asyncio.sleep(max(0.0, min(self._settings.poll_seconds, self._deadline - time.monotonic())))

    async def _stopped(self, run: WorkflowRun, late: str) -> WorkflowRun:
        """The run, told to stop until it is seen to have ended, however it did. Raises UnexpectedAnswer otherwise.

        GitHub's yes to that is no end: it stops the jobs later, and those that insist go on.
        """
        until = time.monotonic() + _STOPPING_LOOKS * self._settings.poll_seconds
        trouble = ""
        while time.monotonic() < until:
            with contextlib.suppress(SteadyhandError):
                await self._github.cancel(run.id)
            try:
                run, trouble = await self._github.run(run.id), ""
            except SteadyhandError as error:
                trouble = f": {error}"
            if run.completed:
                return run
            await asyncio.sleep(self._settings.poll_seconds)
        raise UnexpectedAnswer(
            f"the run {late}was not seen to end when it was told to (it is {run.status}{trouble}), "
            f"so that its change may still be deployed: look at {run.url}"
        )

    async def _last_words(self, run: WorkflowRun) -> str:
        try:
            jobs = await self._github.jobs(run.id)
            failed = next((job for job in jobs if job.outcome not in _HARMLESS), None)
            log = await self._github.log(failed.id) if failed else ""
        except SteadyhandError as error:
            return f"(the log could not be read: {type(error).__name__})"
        return _TEXT.validate_python(log[-_LAST_WORDS:].strip())
