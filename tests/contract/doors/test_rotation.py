"""Tokens that change while the receiver runs, and tokens it does not start with (T1)."""

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from steadyhand.errors import ConfigurationError
from steadyhand.profile import Credential, Receiver, SecretRef
from steadyhand.profile.token import digest
from steadyhand.receiver.keys import Keys, Role

from .house import ADMIN, APPROVALS, BODY, INGEST, House, head, house, profile_text, started, until

NEW = "the-next-token-0123456789"


def hashed(token: str) -> str:
    """As a receiver may keep it."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()}"


@pytest.fixture
async def rotating(database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    """With a previous token named, and no file of it."""
    async with house(tmp_path, database_url, settings=f'previous_token.file = "{tmp_path}/previous.token"') as found:
        yield found


async def test_a_token_is_rotated_with_two_valid_at_once_and_no_restart(rotating: House) -> None:
    """T1: no notification is refused at any point."""
    directory = rotating.directory
    assert (await rotating.notify(INGEST), await rotating.notify(NEW)) == (200, 401)
    (directory / "previous.token").write_text(INGEST)
    assert await rotating.notify(INGEST) == 200
    (directory / "ingest.token").write_text(hashed(NEW))
    assert (await rotating.notify(INGEST), await rotating.notify(NEW)) == (200, 200)
    (directory / "previous.token").unlink()
    assert (await rotating.notify(INGEST), await rotating.notify(NEW)) == (401, 200)
    assert INGEST not in rotating.log
    assert NEW not in rotating.log


async def test_a_token_that_vanished_keeps_nobody_out_and_is_logged_once(rotating: House) -> None:
    """T1: at night a slip while rotating must not silence the alerts."""
    file = rotating.directory / "ingest.token"
    file.unlink()
    for _ in range(3):
        assert await rotating.notify(INGEST) == 200
    assert rotating.log.count("token_not_changed") == 1
    file.write_text(NEW)
    assert (await rotating.notify(INGEST), await rotating.notify(NEW)) == (401, 200)


def secret(directory: Path, name: str, text: str) -> SecretRef:
    """A reference to a file with this in it."""
    (directory / name).write_text(text)
    return SecretRef(file=directory / name)


@pytest.mark.parametrize("slip", ["", "  \n", "short", "sha256:zz", "two words of a token", ADMIN, hashed(ADMIN)])
def test_what_could_not_be_started_with_is_not_taken_later_either(tmp_path: Path, slip: str) -> None:
    """T1: the former token stays valid, and the admin's never becomes one for both doors."""
    ours = secret(tmp_path, "a", INGEST)
    keys = Keys(Receiver(token=ours, admin=Credential(token=secret(tmp_path, "b", ADMIN))))
    secret(tmp_path, "a", slip)
    with capture_logs() as logs:
        for _ in range(3):
            assert keys.opened_by(digest(INGEST.encode())) == {Role.INGEST}
            assert keys.opened_by(digest(ADMIN.encode())) == {Role.ADMIN}
            assert keys.opened_by(digest(slip.encode())) <= {Role.ADMIN}
    assert [one["event"] for one in logs] == ["token_not_changed"]
    assert ADMIN not in str(logs)
    secret(tmp_path, "a", NEW)
    assert keys.opened_by(digest(NEW.encode())) == {Role.INGEST}


def test_a_hash_opens_nothing_by_itself(tmp_path: Path) -> None:
    """Who reads the receiver's file cannot speak to the receiver."""
    keys = Keys(Receiver(token=secret(tmp_path, "a", hashed(INGEST).upper().replace("SHA256", "sha256"))))
    assert keys.opened_by(digest(INGEST.encode())) == {Role.INGEST}
    assert keys.opened_by(digest(hashed(INGEST).encode())) == frozenset()
    assert not keys.has(Role.ADMIN)


def test_the_previous_token_may_be_the_current_one(tmp_path: Path) -> None:
    """Between two steps of a rotation it is."""
    one = secret(tmp_path, "a", INGEST)
    assert Keys(Receiver(token=one, previous_token=one)).opened_by(digest(INGEST.encode())) == {Role.INGEST}


@pytest.mark.parametrize(
    "written", ["fifteen-letters", "sha256:", f"sha256:{'g' * 64}", "two words, one too many", "ü" * 20]
)
def test_a_token_that_is_none_is_refused_at_start_without_being_told(tmp_path: Path, written: str) -> None:
    with pytest.raises(ConfigurationError, match=r"receiver\.token .*`steadyhand token") as refused:
        Keys(Receiver(token=secret(tmp_path, "a", written)))
    assert written not in str(refused.value).replace("sha256: and", "")


@pytest.mark.parametrize("other", [INGEST, hashed(INGEST)])
@pytest.mark.parametrize("place", ["token", "previous_token"])
def test_two_doors_with_one_token_are_refused_at_start(tmp_path: Path, other: str, place: str) -> None:
    """One credential for all would be no separation, hashed or not, current or not."""
    tokens = {"token": secret(tmp_path, "c", ADMIN)} | {place: secret(tmp_path, "b", other)}
    receiver = Receiver(token=secret(tmp_path, "a", INGEST), admin=Credential(**tokens))
    with pytest.raises(ConfigurationError, match=r"\[receiver\] and \[receiver\.admin\] have the same token"):
        Keys(receiver)


def test_a_previous_token_without_a_current_one_is_refused(tmp_path: Path) -> None:
    receiver = Receiver(
        token=secret(tmp_path, "a", INGEST), approvals=Credential(previous_token=secret(tmp_path, "b", APPROVALS))
    )
    with pytest.raises(ConfigurationError, match=r"receiver\.approvals\.previous_token is set without"):
        Keys(receiver)


@pytest.mark.parametrize(
    ("former", "later", "said"),
    [
        (
            "token = {",
            "# {",
            "the receiver has no token and does not start without one. Make one with `steadyhand token",
        ),
        ("ingest.token", "absent.token", "cannot read the secret in the file"),
        ("admin.token =", "tls.client_ca = 'x' #", "over TLS only"),
        (
            "admin.token =",
            "tls.certificate = '/dev/null'\ntls.key = '/dev/null' #",
            "cannot use receiver.tls.certificate",
        ),
        ("[receiver]", "[receiver]\nhost = '192.0.2.1'", "cannot listen on 192.0.2.1"),
    ],
)
async def test_what_it_cannot_start_with_is_said_and_the_exit_code_is_2(
    database_url: str, tmp_path: Path, former: str, later: str, said: str
) -> None:
    """T1: fail closed, and say what to do."""
    profile = profile_text(tmp_path, database_url, 18420).replace(former, later, 1)
    async with started(tmp_path, ("steadyhand", "receiver"), profile, {"COLUMNS": "500"}) as process:
        assert await asyncio.wait_for(process.wait(), 20) == 2
    told = (tmp_path / "receiver.log").read_text()
    assert said in " ".join(told.split()), told
    assert "Traceback" not in told


@pytest.mark.parametrize(("door", "path"), [("approvals", "/v1/approvals"), ("admin", "/v1/inbox")])
async def test_a_door_without_a_token_is_shut_and_says_how_to_open_it(
    database_url: str, tmp_path: Path, door: str, path: str
) -> None:
    """P2: nobody answers an incident's questions through a door nobody set up."""
    async with house(tmp_path, database_url, without=door) as found:
        for token in (None, INGEST, ADMIN, APPROVALS):
            answer = await found.ask("GET", path, token)
            assert answer.status_code == 403
            assert f"`steadyhand token --for {door}` and set [receiver.{door}] token" in answer.text


@pytest.mark.parametrize(("by", "code"), [(signal.SIGTERM, 0), (signal.SIGHUP, 0), (signal.SIGINT, 130)])
async def test_a_stop_finishes_what_is_in_flight(
    database_url: str, tmp_path: Path, by: signal.Signals, code: int
) -> None:
    """Rule 2: a notification that has begun gets its answer, and an idle connection delays nothing."""
    async with house(tmp_path, database_url) as found:
        idle, kept = await asyncio.open_connection("127.0.0.1", found.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
        writer.write(head(f"Content-Length: {len(BODY)}") + BODY[:5])

        async def begun() -> bool:
            return await found.metric('steadyhand_requests_in_flight{door="ingest"}') == 1

        await until(begun, "the request has begun")
        os.kill(found.process.pid, by)
        assert await asyncio.wait_for(idle.read(), 5) == b""
        writer.write(BODY[5:])
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
        assert await asyncio.wait_for(found.process.wait(), 15) == code
        writer.close()
        kept.close()
        assert "Traceback" not in found.log
