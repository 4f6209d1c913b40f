"""`up`, and the services it starts, which can also be run one by one."""

import asyncio

import typer

from steadyhand.cli.edge import INTERRUPTED, ProfileOption, log_to_stderr, out, run, told
from steadyhand.profile import load_profile, profile_path

_DISPATCHERS_POOL = 5


def up(profile: ProfileOption = None) -> None:
    """Start all services and keep them running: Postgres, Prefect, worker, receiver, dispatcher. Ctrl-C stops them."""
    from steadyhand.stack.up import TOKEN_FILE, running

    async def work() -> None:
        path = profile_path(profile)
        loaded = load_profile(path)
        async with running(loaded, path, restart=True, report=lambda text: out.print(f"- {text}", markup=False)):
            out.print(f"\nPrefect UI        {loaded.prefect.api_url.removesuffix('/api')}")
            out.print(f"Alertmanager to   {loaded.receiver.address}/v1/alertmanager")
            if loaded.receiver.token is None:
                out.print(f"bearer token in   {loaded.state_dir / TOKEN_FILE}")
            out.print("\nEverything runs. Ctrl-C stops it.")
            await asyncio.Event().wait()

    run(work)


def receiver(profile: ProfileOption = None) -> None:
    """Run the webhook alone: `POST /v1/alertmanager`, `/healthz`, `/readyz`, `/metrics`.

    It does not start without a token: `steadyhand token` makes one. SIGTERM lets requests in flight end, then stops it.
    """
    from steadyhand.receiver.server import serve

    log_to_stderr()
    with told():
        try:
            serve(load_profile(profile))
        except KeyboardInterrupt:
            raise typer.Exit(INTERRUPTED) from None


def dispatcher(profile: ProfileOption = None) -> None:
    """Run the dispatcher alone: it starts master runs, lets questions expire, wakes runs whose question is answered.

    It also asks every Alertmanager and Prometheus what was never delivered, and tries again what waits in the inbox.
    """
    from steadyhand.dispatcher import dispatch
    from steadyhand.intake.again import process_for_ever
    from steadyhand.reconciling import watch
    from steadyhand.store.database import open_database

    log_to_stderr()

    async def work() -> None:
        loaded = load_profile(profile)
        async with open_database(loaded, pool_size=_DISPATCHERS_POOL) as database, asyncio.TaskGroup() as work:
            work.create_task(dispatch(loaded, database))
            work.create_task(watch(loaded, database))
            work.create_task(process_for_ever(database, loaded))

    run(work)
