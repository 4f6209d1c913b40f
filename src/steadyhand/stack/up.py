"""All of Steadyhand, in order: database, schema, Prefect, worker, deployments, receiver, dispatcher."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from steadyhand.profile import Profile, SecretRef
from steadyhand.stack import parts
from steadyhand.stack.home import project_home
from steadyhand.stack.parts import Layout
from steadyhand.stack.ports import require_free
from steadyhand.stack.postgres import PREFECT_DATABASE, STORE_DATABASE, EmbeddedPostgres, prepare
from steadyhand.stack.secret_file import write_secret
from steadyhand.stack.service import Group
from steadyhand.store.database import EMBEDDED_URL_FILE, migrate, store_url

TOKEN_FILE = "receiver.token"  # noqa: S105 - a file name
Report = Callable[[str], None]


def with_token(profile: Profile) -> Profile:
    """The profile with a receiver token: its own, or one made once and kept in the state directory for us alone."""
    if profile.receiver.token is not None:
        return profile
    path = profile.state_dir / TOKEN_FILE
    if not path.exists():
        profile.state_dir.mkdir(parents=True, exist_ok=True)
        write_secret(path, secrets.token_urlsafe(32))
    receiver = profile.receiver.model_copy(update={"token": SecretRef(file=path)})
    return profile.model_copy(update={"receiver": receiver})


@asynccontextmanager
async def running(
    profile: Profile, profile_path: Path | None, *, restart: bool, report: Report, throw_away: bool = False
) -> AsyncIterator[Group]:
    """Everything runs and is ready; leaving the block stops it all, and with `throw_away` removes the embedded data.

    Raises ConfigurationError when a port is taken or a part cannot start, with what to do about it.
    """
    home = project_home()
    profile = with_token(profile)
    _require_ports(profile)
    profile.state_dir.mkdir(parents=True, exist_ok=True)
    embedded = await _embedded(profile)
    try:
        async with Group(restart=restart, report=report) as group:
            if embedded is not None:
                report("starting Postgres (embedded)")
                await group.start(embedded.service())
                await embedded.create_databases()
                (profile.state_dir / EMBEDDED_URL_FILE).write_text(embedded.url(STORE_DATABASE))
            await asyncio.to_thread(migrate, store_url(profile))
            layout = Layout(
                home=home,
                profile=profile,
                profile_path=profile_path.resolve() if profile_path else None,
                prefect_database=_prefect_database(profile, embedded),
            )
            await _services(layout, group, report)
            yield group
    finally:
        if throw_away and embedded is not None:
            embedded.remove()


def _require_ports(profile: Profile) -> None:
    address = urlsplit(profile.prefect.api_url)
    require_free(address.port or 80, what="the Prefect server", setting="prefect.api_url", host=address.hostname or "")
    require_free(profile.receiver.port, what="the receiver", setting="receiver.port", host=profile.receiver.host)


async def _embedded(profile: Profile) -> EmbeddedPostgres | None:
    """The embedded server, prepared, unless the profile names both databases."""
    if profile.database_url is not None and profile.prefect.database_url is not None:
        return None
    return await asyncio.to_thread(prepare, profile.state_dir)


def _prefect_database(profile: Profile, embedded: EmbeddedPostgres | None) -> str:
    if profile.prefect.database_url is not None:
        return profile.prefect.database_url.resolve().get_secret_value()
    assert embedded is not None
    return embedded.url(PREFECT_DATABASE)


async def _services(layout: Layout, group: Group, report: Report) -> None:
    report("starting the receiver")
    await group.start(parts.receiver(layout))
    report("starting the Prefect server (its first start makes its tables, about 15 s)")
    await group.start(parts.prefect_server(layout))
    report("starting the worker, deploying the flows")
    await group.start(parts.worker(layout))
    await parts.deploy(layout)
    await group.start(parts.dispatcher(layout))
