"""What is told to people is kept, whatever becomes of the services (C1, C2, rule 7)."""

import json
import time
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from steadyhand.clients.chat import CHAT_LOG, ChatClient
from steadyhand.clients.documents import summary_path, write_section
from steadyhand.errors import ConfigurationError, TransientError
from steadyhand.profile import Chat, Documents, SecretRef
from steadyhand.stack.ports import LOOPBACK, free_port

from .strange import never, reply, strange

# Apprise looks for imghdr, which this Python warns of, when it first loads its services.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
AT = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CHANNEL = "#ops-memory"


@pytest.fixture
def addressed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Addressed":
    """A way to make clients."""
    return Addressed(tmp_path / "state", monkeypatch)


class Addressed:
    """Makes chat clients whose channel has these addresses, and reads what the file kept."""

    def __init__(self, state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state_dir = state_dir
        self._patch = monkeypatch

    def client(self, *addresses: str, seconds: float = 5) -> ChatClient:
        """A client of these services."""
        for number, address in enumerate(addresses):
            self._patch.setenv(f"CHAT_{number}", address)
        references = tuple(SecretRef(env=f"CHAT_{number}") for number in range(len(addresses)))
        return ChatClient(Chat(channels={CHANNEL: references}, timeout_seconds=seconds), self.state_dir)

    def kept(self) -> list[dict[str, str]]:
        """The file, line by line."""
        return [json.loads(line) for line in (self.state_dir / CHAT_LOG).read_text().splitlines()]


def at(url: str) -> str:
    """Apprise's address of a server of the test's."""
    return url.replace("http://", "json://") + "/"


async def test_a_message_is_in_the_file_even_without_any_service(addressed: Addressed) -> None:
    """C1."""
    await addressed.client().say(CHANNEL, "we look\nat it – ☂", AT)
    await addressed.client().say("#another", "so do we", AT)
    assert addressed.kept() == [
        {"at": "2026-11-23T03:00:00+00:00", "channel": CHANNEL, "text": "we look\nat it – ☂"},
        {"at": "2026-11-23T03:00:00+00:00", "channel": "#another", "text": "so do we"},
    ]


async def test_a_living_service_receives_the_message_as_it_is(addressed: Addressed) -> None:
    """C1: markup in it is text (rule 8)."""
    text = "<b>planner</b> *fails* & [more](http://evil.test)"
    async with strange(reply(200, "{}")) as server:
        await addressed.client(at(server.url)).say(CHANNEL, text, AT)
        (body,) = server.bodies
    assert json.loads(body)["message"] == text
    assert [line["text"] for line in addressed.kept()] == [text]


async def test_a_dead_service_is_told_and_the_file_has_it_all_the_same(addressed: Addressed) -> None:
    """Rule 7: noted and retried, and nothing said is lost."""
    with pytest.raises(TransientError, match="#ops-memory did not take the message"):
        await addressed.client(f"json://{LOOPBACK}:{free_port()}/").say(CHANNEL, "hello", AT)
    assert [line["text"] for line in addressed.kept()] == ["hello"]


async def test_a_service_that_refuses_is_told(addressed: Addressed) -> None:
    """Rule 7."""
    async with strange(reply(403, "no")) as server:
        with pytest.raises(TransientError, match="did not take the message"):
            await addressed.client(at(server.url)).say(CHANNEL, "hello", AT)
    assert [line["text"] for line in addressed.kept()] == ["hello"]


async def test_a_service_that_never_answers_is_given_up_in_time(addressed: Addressed) -> None:
    """Rule 7: chat never blocks the hands."""
    began = time.monotonic()
    async with strange(never) as server:
        with pytest.raises(TransientError, match=r"took no message within 0\.5 s"):
            await addressed.client(at(server.url), seconds=0.5).say(CHANNEL, "hello", AT)
    assert time.monotonic() - began < 3


async def test_a_dead_service_does_not_keep_the_message_from_a_living_one(addressed: Addressed) -> None:
    """C1, rule 7."""
    async with strange(reply(200, "{}")) as server:
        client = addressed.client(f"json://{LOOPBACK}:{free_port()}/", at(server.url))
        with pytest.raises(TransientError):
            await client.say(CHANNEL, "hello", AT)
        assert [json.loads(body)["message"] for body in server.bodies] == ["hello"]


async def test_an_address_apprise_does_not_know_is_told_without_showing_it(addressed: Addressed) -> None:
    """An address holds a token: a message never shows it."""
    with pytest.raises(TransientError, match=r"chat\.channels") as refused:
        await addressed.client("nonsense://s3cret-token@x").say(CHANNEL, "hello", AT)
    assert "s3cret" not in str(refused.value)
    assert [line["text"] for line in addressed.kept()] == ["hello"]


async def test_a_secret_that_is_not_set_is_named_after_the_file_has_the_message(
    addressed: Addressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 7."""
    client = addressed.client("json://x/")
    monkeypatch.delenv("CHAT_0")
    with pytest.raises(ConfigurationError, match="CHAT_0"):
        await client.say(CHANNEL, "hello", AT)
    assert [line["text"] for line in addressed.kept()] == ["hello"]


async def test_a_file_that_cannot_be_written_is_told_in_our_words(addressed: Addressed) -> None:
    """Rule 7: a full disk is a failing helper too."""
    addressed.state_dir.write_text("a file where the directory should be")
    with pytest.raises(TransientError):
        await addressed.client().say(CHANNEL, "hello", AT)


def test_the_summary_stands_where_the_runbook_says(tmp_path: Path) -> None:
    """C2."""
    assert summary_path(Documents(), tmp_path, date(2026, 11, 23)) == tmp_path / (
        "docs/daily-updates/2026-11-23-incident.md"
    )


def test_writing_a_section_twice_keeps_one(tmp_path: Path) -> None:
    """C2, rule 3."""
    path = tmp_path / "docs" / "summary.md"
    write_section(path, "incident a", "# A\nfirst")
    once = path.read_text()
    write_section(path, "incident a", "# A\nfirst")
    assert path.read_text() == once
    write_section(path, "incident a", "# A\nsecond\n\n")
    text = path.read_text()
    assert "first" not in text
    assert text.count("# A") == text.count("<!-- incident a -->") == 1


def test_two_incidents_of_one_day_share_a_file_in_any_order(tmp_path: Path) -> None:
    """C2: each keeps its own section, and what a person wrote around them stays."""
    path = tmp_path / "summary.md"
    path.write_text("# Daily update\n\nwritten by hand\n")
    write_section(path, "incident a", "A one")
    write_section(path, "incident b", "B one")
    write_section(path, "incident a", "A two")
    write_section(path, "incident b", "B two")
    text = path.read_text()
    assert text.startswith("# Daily update\n\nwritten by hand\n")
    assert [line for line in text.splitlines() if line.endswith(("one", "two"))] == ["A two", "B two"]


def test_a_section_between_others_is_replaced_in_place(tmp_path: Path) -> None:
    """C2."""
    path = tmp_path / "summary.md"
    for name in "abc":
        write_section(path, name, f"section {name}")
    with path.open("a") as file:
        file.write("\nby hand\n")
    write_section(path, "b", "new b")
    text = path.read_text()
    assert text.index("section a") < text.index("new b") < text.index("section c") < text.index("by hand")


def test_a_written_document_is_readable_and_leaves_no_temporary_file(tmp_path: Path) -> None:
    """C2: the documents are a checkout other programs read."""
    path = tmp_path / "summary.md"
    write_section(path, "a", "x")
    assert path.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_refuses_is_worth_another_try(tmp_path: Path) -> None:
    """Rule 7."""
    (tmp_path / "file").write_text("")
    with pytest.raises(TransientError, match="cannot write"):
        write_section(tmp_path / "file" / "summary.md", "a", "x")
    (tmp_path / "directory.md").mkdir()
    with pytest.raises(TransientError, match="cannot write"):
        write_section(tmp_path / "directory.md", "a", "x")


def test_a_document_that_is_not_utf_8_is_told_in_our_words(tmp_path: Path) -> None:
    """Rule 7: somebody's editor saved it as Latin-1."""
    path = tmp_path / "summary.md"
    path.write_bytes("Köln".encode("latin-1"))
    with pytest.raises(TransientError):
        write_section(path, "a", "x")
