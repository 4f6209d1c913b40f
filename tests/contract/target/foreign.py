"""Every probe that asks the orchestrator, Prometheus or Alertmanager, and a stranger at all three addresses."""

import asyncio
import contextlib
import ipaddress
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from steadyhand.domain.evidence import Finding, Verdict
from steadyhand.domain.incident import Environment
from steadyhand.domain.record import utc_now
from steadyhand.probes import REGISTRY
from steadyhand.probes.probe import Probe, ask
from steadyhand.profile import Alertmanager, EnvironmentProfile, Orchestrator, Profile, Prometheus

from .cases import case

LOOPBACK = "127.0.0.1"
LARGEST = 50_000
_ASKING_OTHERS = {"F3", "F5", "D3", "D7", "E1", "E2", "M1"}
"""Lines whose probes run suites, or ask the deployer, Jenkins or GitHub."""
ASKING = {name: probe for name, probe in REGISTRY.items() if probe.requirement not in _ASKING_OTHERS}
EVERY_PROBE = pytest.mark.parametrize("probe", ASKING.values(), ids=ASKING.keys())
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def foreign_profile(url: str, *, seconds: float = 0.6) -> Profile:
    """Whoever answers at this address is taken for all three; addresses are not checked."""
    return Profile().model_copy(
        update={
            "environments": {Environment.PRODUCTION: EnvironmentProfile().model_copy(update={"url": url})},
            "orchestrator": Orchestrator(timeout_seconds=seconds, max_answer_bytes=LARGEST),
            "prometheus": Prometheus(timeout_seconds=seconds).model_copy(update={"url": url}),
            "alertmanager": Alertmanager(timeout_seconds=seconds).model_copy(update={"url": url}),
        }
    )


async def found(probe: Probe, url: str, *, seconds: float = 0.6) -> Finding:
    """The finding of the last try: nothing is raised, and it came in time."""
    profile = foreign_profile(url, seconds=seconds)
    finding = await ask(probe, case(profile), last_try=True)
    assert finding.seconds < probe.limit_seconds(profile)
    assert len(finding.summary) <= 2000
    return finding


def assert_not_seen(finding: Finding, *, reachable: bool = False) -> None:
    """Unknown; or bad, where that nobody answers is itself the question (F4)."""
    allowed = {Verdict.UNKNOWN}
    if finding.probe == "reachability" and not reachable:
        allowed = {Verdict.BAD, Verdict.UNKNOWN}
    assert finding.verdict in allowed, finding.summary


@dataclass
class Talking:
    """A server that does as it likes; `written` counts the bytes of bodies it got rid of."""

    url: str = ""
    written: int = 0

    async def send(self, writer: asyncio.StreamWriter, piece: bytes) -> None:
        """One piece of a body."""
        writer.write(piece)
        await writer.drain()
        self.written += len(piece)


@asynccontextmanager
async def talking(talk: Talk, *, tls: ssl.SSLContext | None = None) -> AsyncIterator[Talking]:
    """A server that says this to whoever connects, until the block is left."""
    conversations: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        conversations.add(task)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await talk(reader, writer)
                writer.close()
                await writer.wait_closed()
        except asyncio.CancelledError:
            writer.transport.abort()  # whoever does not read would keep it open
        finally:
            conversations.discard(task)

    server = await asyncio.start_server(accept, LOOPBACK, 0, ssl=tls)
    port = server.sockets[0].getsockname()[1]
    try:
        yield Talking(f"{'https' if tls else 'http'}://{LOOPBACK}:{port}")
    finally:
        server.close()
        for conversation in tuple(conversations):
            conversation.cancel()
        while conversations:  # noqa: ASYNC110 - a few turns of the loop, for each connection to be closed
            await asyncio.sleep(0.01)
        await server.wait_closed()


def self_signed(directory: Path) -> ssl.SSLContext:
    """The context of a server whose certificate nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, LOOPBACK)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = directory / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + certificate.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context
