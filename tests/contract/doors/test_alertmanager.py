"""A real Alertmanager before the doors: bearer, basic, client certificates, and what it logs when refused (T1)."""

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from steadyhand.domain.record import utc_now
from steadyhand.stack.parts import answers, listens
from steadyhand.stack.ports import LOOPBACK, free_port
from steadyhand.stack.service import Group, Service
from steadyhand.store.database import Database
from steadyhand.store.incidents import listed

from .certificates import Authority
from .house import ADMIN, INGEST, WEBHOOK, House, house, notification, until

WRONG = "not-the-token-0123456789"
PROGRAM = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager") or "alertmanager"


@asynccontextmanager
async def alertmanager(directory: Path, found: House, http: dict[str, Any]) -> AsyncIterator[Path]:
    """One that posts an alert to the receiver with these settings of its HTTP client; its log."""
    hook = {"url": f"{found.url}{WEBHOOK}", "http_config": {"follow_redirects": False, **http}}
    config = {
        "route": {"receiver": "r", "group_wait": "0s", "group_interval": "1s"},
        "receivers": [{"name": "r", "webhook_configs": [hook]}],
    }
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(config))
    port = free_port()
    command = [
        PROGRAM,
        f"--config.file={directory / 'alertmanager.yml'}",
        f"--storage.path={directory / 'data'}",
        f"--web.listen-address={LOOPBACK}:{port}",
        "--cluster.listen-address=",
        "--log.level=debug",
    ]
    log = directory / "alertmanager.log"
    async with Group(restart=False, report=print) as group:
        ready = answers(f"http://{LOOPBACK}:{port}/-/ready")
        await group.start(Service(name="alertmanager", command=command, log=log, ready=ready))
        alert = {
            "labels": {"alertname": "TaskCompletionLow", "environment": "staging", "service": "doors"},
            "startsAt": (utc_now() - timedelta(minutes=1)).isoformat(),
        }
        async with httpx.AsyncClient() as client:
            (await client.post(f"http://{LOOPBACK}:{port}/api/v2/alerts", json=[alert])).raise_for_status()
        yield log


async def arrived(database: Database) -> bool:
    """Whether the alert opened its incident."""
    async with database.transaction() as connection:
        found = await listed(connection, open_only=True)
    return [(one.environment, one.service) for one in found] == [("staging", "doors")]


@pytest.fixture
def token_file(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.token"
    path.write_text(f"{INGEST}\n")
    return path


async def test_it_is_let_in_with_its_token(
    database: Database, database_url: str, tmp_path: Path, token_file: Path
) -> None:
    """T1."""
    http = {"authorization": {"credentials_file": str(token_file)}}
    async with house(tmp_path, database_url) as found, alertmanager(tmp_path, found, http):
        await until(lambda: arrived(database), "the alert arrives")


async def test_it_is_let_in_with_basic_auth(
    database: Database, database_url: str, tmp_path: Path, token_file: Path
) -> None:
    """T1."""
    http = {"basic_auth": {"username": "alertmanager", "password_file": str(token_file)}}
    settings = 'basic_user = "alertmanager"'
    async with house(tmp_path, database_url, settings=settings) as found, alertmanager(tmp_path, found, http):
        await until(lambda: arrived(database), "the alert arrives")


async def test_with_a_wrong_token_it_is_kept_out_seen_in_our_metric_and_logs_no_secret(
    database: Database, database_url: str, tmp_path: Path, token_file: Path
) -> None:
    """T1: fail closed, and not silently. Alertmanager logs our answers."""
    token_file.write_text(WRONG)
    http = {"authorization": {"credentials_file": str(token_file)}}
    async with house(tmp_path, database_url) as found, alertmanager(tmp_path, found, http) as log:

        async def seen() -> bool:
            return await found.refused("ingest", "unauthorized") > 0 and "401" in log.read_text()

        await until(seen, "the refusal is counted here and logged there")
        said = log.read_text() + found.log
        assert not await arrived(database)
        for word in (WRONG, INGEST, ADMIN):
            assert word not in said
        token_file.write_text(INGEST)
        await until(lambda: arrived(database), "the alert arrives once the token is right")


async def test_over_tls_it_must_show_a_certificate_and_its_token(
    database: Database, database_url: str, tmp_path: Path, token_file: Path
) -> None:
    """T1: both, or nothing; a certificate of another authority is none."""
    authority, stranger = Authority(tmp_path), Authority(tmp_path, "stranger")
    certificate, key = authority.vouch("receiver")
    mine, theirs = authority.vouch("alertmanager"), stranger.vouch("somebody")
    tls = f'tls = {{ certificate = "{certificate}", key = "{key}", client_ca = "{authority.certificate}" }}'
    async with house(tmp_path, database_url, settings=tls) as plain:
        verify = ssl.create_default_context(cafile=str(authority.certificate))
        verify.load_cert_chain(*mine)
        found = House(directory=tmp_path, port=plain.port, process=plain.process, scheme="https", verify=verify)
        assert await listens(LOOPBACK, found.port)()
        assert await found.notify(WRONG) == 401
        await _kept_out(found, authority, None)
        await _kept_out(found, authority, theirs)
        assert (await plain.raw(b"GET /healthz HTTP/1.1\r\n\r\n")) in {b"", b"\x15\x03\x01\x00\x02\x02\x46"}
        settings = {"ca_file": str(authority.certificate), "cert_file": str(mine[0]), "key_file": str(mine[1])}
        http = {"authorization": {"credentials_file": str(token_file)}, "tls_config": settings}
        async with alertmanager(tmp_path, found, http):
            await until(lambda: arrived(database), "the alert arrives")
        assert "Traceback" not in found.log
        assert await asyncio.wait_for(found.stop(), 15) == 0


async def _kept_out(found: House, authority: Authority, shown: tuple[Path, Path] | None) -> None:
    context = ssl.create_default_context(cafile=str(authority.certificate))
    if shown is not None:
        context.load_cert_chain(*shown)
    client = House(directory=found.directory, port=found.port, process=found.process, scheme="https", verify=context)
    with pytest.raises((httpx.TransportError, ssl.SSLError)):
        await client.ask("POST", WEBHOOK, INGEST, json=notification())
