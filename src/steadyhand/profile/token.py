"""One token of the profile, as a digest: the secret itself is not kept."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from steadyhand.errors import ConfigurationError
from steadyhand.profile.section import SecretRef

HASHED = "sha256:"
SHORTEST = 16
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{64}")
_FIT_FOR_A_HEADER = re.compile(r"[!-~]+")

Stamp = tuple[int, ...] | None


def digest(token: bytes) -> bytes:
    """What tokens are compared by: of one length whatever is shown, so that the comparison's time tells nothing."""
    return hashlib.sha256(token).digest()


@dataclass(frozen=True, kw_only=True)
class Token:
    """Where a token is kept. `setting` is its key in the profile; `passing` says that it may go: the previous one."""

    setting: str
    reference: SecretRef
    passing: bool

    def read(self) -> bytes | None:
        """Its digest now; None when it is the previous one and its file is absent or empty.

        Raises ConfigurationError when it cannot be read, is too short to be a secret, or could never be sent.
        """
        if self.passing and self._is_gone():
            return None
        secret = self.reference.resolve().get_secret_value()
        if secret.startswith(HASHED):
            return self._hashed(secret.removeprefix(HASHED))
        if len(secret) < SHORTEST:
            raise ConfigurationError(
                f"{self.setting} is too short: {len(secret)} characters, and {SHORTEST} is the least; "
                "`steadyhand token` makes one"
            )
        if not _FIT_FOR_A_HEADER.fullmatch(secret):
            raise ConfigurationError(
                f"{self.setting} holds white space or letters beyond ASCII, which no header can carry; "
                "`steadyhand token` makes one"
            )
        return digest(secret.encode())

    def stamp(self) -> Stamp:
        """Changes with its file. None where it is kept in no file: such a token is read once."""
        if self.reference.file is None:
            return None
        try:
            found = self.reference.file.stat()
        except OSError:
            return ()
        return (found.st_mtime_ns, found.st_size, found.st_ino, found.st_dev)

    def _hashed(self, text: str) -> bytes:
        if not _HEXADECIMAL.fullmatch(text):
            raise ConfigurationError(
                f"{self.setting} begins with {HASHED} and goes on with anything but 64 hexadecimal digits; "
                "`steadyhand token --hash-to FILE` writes it"
            )
        return bytes.fromhex(text)

    def _is_gone(self) -> bool:
        if self.reference.file is None:
            return False
        try:
            return not Path(self.reference.file).read_bytes().strip()
        except FileNotFoundError:
            return True
        except OSError:
            return False
