"""`up`, and the services it starts, which can also be run one by one."""

import asyncio

import uvicorn

from steadyhand.cli.edge import ProfileOption, log_to_stderr, out, run, told
from steadyhand.profile import load_profile, profile_path

_HEADER_SECONDS = 30


def up(profile: ProfileOption = None) -> None:
    """Start all services and keep them running: Postgres, Prefect, worker, receiver, dispatcher. Ctrl-C stops them."""
    from steadyhand.stack.up import TOKEN_FILE, running

    async def work() -> None:
        path = profile_path(profile)
        loaded = load_profile(path)
        async with running(loaded, path, restart=True, report=lambda text: out.print(f"- {text}", markup=False)):
            out.print(f"\nPrefect UI        {loaded.prefect.api_url.removesuffix('/api')}")
            out.print(f"Alertmanager to   http://{loaded.receiver.host}:{loaded.receiver.port}/v1/alertmanager")
            if loaded.receiver.token is None:
                out.print(f"bearer token in   {loaded.state_dir / TOKEN_FILE}")
            out.print("\nEverything runs. Ctrl-C stops it.")
            await asyncio.Event().wait()

    run(work)


def receiver(profile: ProfileOption = None) -> None:
    """Run the webhook alone: `POST /v1/alertmanager`, `/healthz`, `/readyz`, `/metrics`."""
    from steadyhand.receiver.app import create_app

    log_to_stderr()
    with told():
        loaded = load_profile(profile)
        uvicorn.run(
            create_app(loaded),
            host=loaded.receiver.host,
            port=loaded.receiver.port,
            log_level="warning",
            timeout_keep_alive=_HEADER_SECONDS,
        )


def dispatcher(profile: ProfileOption = None) -> None:
    """Run the dispatcher alone: it starts master runs, lets questions expire, wakes runs whose question is answered."""
    from steadyhand.dispatcher import dispatch
    from steadyhand.store.database import open_database

    log_to_stderr()

    async def work() -> None:
        loaded = load_profile(profile)
        async with open_database(loaded) as database:
            await dispatch(loaded, database)

    run(work)
