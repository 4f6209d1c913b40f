"""What every task opens at its edge: the profile and the store."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect.context import TaskRunContext

from steadyhand.profile import Profile, load_profile
from steadyhand.store.database import Database, open_database


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Profile, Database]]:
    """The profile as it is now, and the store, closed afterwards."""
    profile = load_profile()
    async with open_database(profile) as database:
        yield profile, database


def is_last_try() -> bool:
    """Whether the current task run has no retry left."""
    context = TaskRunContext.get()
    return context is None or context.task_run.run_count > context.task.retries
