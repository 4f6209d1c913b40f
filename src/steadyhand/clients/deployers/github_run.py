"""One order to GitHub Actions, and the run that carries it out."""

import asyncio
import time

from pydantic import TypeAdapter

from steadyhand.clients.github import GitHubRepository, NotThere, WorkflowRun
from steadyhand.domain.record import Text
from steadyhand.errors import ChangeRefused, SteadyhandError, TransientError
from steadyhand.profile import GitHubDeployer

_LAST_WORDS = 2000
_TEXT: TypeAdapter[str] = TypeAdapter(Text)
_SUCCESS = "success"
_HARMLESS = frozenset({_SUCCESS, "skipped", "neutral"})
_LOST_ORDER_LOOKS = 12


class OrderedRun:
    """The runs of the workflow that show this order's id in their title."""

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
        """The order is given, and this is its new run. Raises ChangeRefused when GitHub refuses it or none appears.

        An order whose answer was lost may have arrived all the same, so its run is looked for, too.
        """
        lost: TransientError | None = None
        until = self._deadline
        try:
            await self._github.dispatch(
                self._settings.workflow, self._settings.ref, {**inputs, "steadyhand_id": self._order}
            )
        except TransientError as error:
            lost = error
            until = min(until, time.monotonic() + _LOST_ORDER_LOOKS * self._settings.poll_seconds)
        while not (new := [run for run in await self._shown_if_readable() if run.id not in self._over]):
            if time.monotonic() >= until:
                told = f"the order may not have arrived: {lost}" if lost else "the order was taken"
                raise ChangeRefused(
                    f"no run of {self._settings.workflow} appeared for {self._order} ({told})"
                ) from lost
            await self._pause()
        return max(new, key=lambda run: run.number)

    async def succeed(self, run: WorkflowRun) -> None:
        """The run has succeeded. Raises ChangeRefused, with the end of the failed job's log, when it does not.

        A run that takes too long is cancelled: it must not get its way after the former state was put back.
        """
        while not run.completed:
            if time.monotonic() >= self._deadline:
                raise ChangeRefused(
                    f"the run was still {run.status} after {self._settings.timeout_seconds:g} s"
                    f" and {await self._cancelled(run)}: {run.url}"
                )
            await self._pause()
            try:
                run = await self._github.run(run.id)
            except NotThere as error:
                raise ChangeRefused(f"the run vanished: {run.url}") from error
            except TransientError:
                continue
        if run.conclusion != _SUCCESS:
            raise ChangeRefused(f"the run ended as {run.conclusion}: {run.url}", last_words=await self._last_words(run))

    async def _shown(self) -> list[WorkflowRun]:
        return [r for r in await self._github.dispatched_runs(self._settings.workflow) if self._order in r.title]

    async def _shown_if_readable(self) -> list[WorkflowRun]:
        try:
            return await self._shown()
        except TransientError:
            return []

    async def _pause(self) -> None:
        await asyncio.sleep(max(0.0, min(self._settings.poll_seconds, self._deadline - time.monotonic())))

    async def _cancelled(self, run: WorkflowRun) -> str:
        try:
            await self._github.cancel(run.id)
        except SteadyhandError as error:
            return f"could not be cancelled ({error})"
        return "was cancelled"

    async def _last_words(self, run: WorkflowRun) -> str:
        try:
            jobs = await self._github.jobs(run.id)
            failed = next((job for job in jobs if job.outcome not in _HARMLESS), None)
            log = await self._github.log(failed.id) if failed else ""
        except SteadyhandError as error:
            return f"(the log could not be read: {type(error).__name__})"
        return _TEXT.validate_python(log[-_LAST_WORDS:].strip())
