"""Messages to people (C1): Apprise's many services, and always a file that keeps what was said."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

from steadyhand.errors import TransientError
from steadyhand.profile import Chat

CHAT_LOG = "chat.jsonl"


class ChatClient:
    """Says something in a channel."""

    def __init__(self, settings: Chat, state_dir: Path) -> None:
        self._settings = settings
        self._log = state_dir / CHAT_LOG

    async def say(self, channel: str, text: str, at: datetime) -> None:
        """The message is in the file, and in every service the profile names for the channel.

        Raises TransientError when a service did not take it; the file has it all the same.
        """
        line = json.dumps({"at": at.isoformat(), "channel": channel, "text": text}, ensure_ascii=False)
        try:
            self._log.parent.mkdir(parents=True, exist_ok=True)
            with self._log.open("a", encoding="utf-8") as log:
                log.write(line + "\n")
        except OSError as error:
            raise TransientError(f"cannot write {self._log}: {error.strerror}") from error
        addresses = self._settings.channels.get(channel, ())
        if addresses:
            await self._notify(channel, text, [a.resolve().get_secret_value() for a in addresses])

    async def _notify(self, channel: str, text: str, addresses: list[str]) -> None:
        # Every flow run imports this module, and speaks only where a channel has addresses.
        import apprise  # noqa: PLC0415

        sender = apprise.Apprise()
        valid = [sender.add(address) for address in addresses]
        if not all(valid):
            raise TransientError(f"{channel}: one of its addresses is none Apprise knows; see chat.channels")
        try:
            sent = await asyncio.wait_for(
                sender.async_notify(body=text, body_format=apprise.NotifyFormat.TEXT), self._settings.timeout_seconds
            )
        except TimeoutError as error:
            raise TransientError(f"{channel} took no message within {self._settings.timeout_seconds:g} s") from error
        if not sent:
            raise TransientError(f"{channel} did not take the message")
