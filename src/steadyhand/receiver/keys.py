"""Which token opens which door: each has its own, two at once while one is rotated."""

import hmac
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import combinations

import structlog

from steadyhand.errors import ConfigurationError
from steadyhand.profile import Credential, Receiver
from steadyhand.profile.token import Stamp, Token

_log = structlog.get_logger(__name__)


class Role(StrEnum):
    """Who stands before a door."""

    INGEST = "ingest"
    APPROVALS = "approvals"
    ADMIN = "admin"


SETTINGS: Mapping[Role, str] = {
    Role.INGEST: "receiver",
    Role.APPROVALS: "receiver.approvals",
    Role.ADMIN: "receiver.admin",
}
"""The table of the profile that holds a role's tokens."""


class Keys:
    """The valid tokens, as digests.

    A token's file is looked at whenever a token is shown, and read again when it changed: a rotation needs no restart.
    What the change brings is taken if the receiver could have been started with it. If not (the file is gone, empty,
    unreadable, too short, another door's token) the former token stays valid and the log says so: a slip while rotating
    must not keep Alertmanager out at night. So deleting the file of a current token revokes nothing: write another
    token into it. A previous token is the other way round: deleting or emptying its file ends the rotation at once.
    What is named by `env` or `block` is read at start only.
    """

    def __init__(self, receiver: Receiver) -> None:
        """Raises ConfigurationError without a token for ingest, and when a token is unfit or opens two doors."""
        credentials: Mapping[Role, Credential] = {
            Role.INGEST: receiver,
            Role.APPROVALS: receiver.approvals,
            Role.ADMIN: receiver.admin,
        }
        if receiver.token is None:
            raise ConfigurationError(
                "the receiver has no token and does not start without one. Make one with "
                "`steadyhand token --to receiver.token` and set [receiver] token = "
                '{ file = "receiver.token" }'
            )
        self._tokens = {role: tuple(_tokens(role, one)) for role, one in credentials.items()}
        self._stamps: dict[Token, Stamp] = {token: token.stamp() for _, token in self._each()}
        self._digests = {token: token.read() for _, token in self._each()}
        _require_apart(self._by_role(self._digests))

    def has(self, role: Role) -> bool:
        """Whether this door can be opened at all."""
        return bool(self._tokens[role])

    def opened_by(self, shown: bytes) -> frozenset[Role]:
        """The doors that the token with this digest opens. Every valid token is compared, in constant time."""
        self._look_again()
        matches = [(role, hmac.compare_digest(valid, shown)) for role, valid in self._by_role(self._digests)]
        return frozenset(role for role, matched in matches if matched)

    def _look_again(self) -> None:
        for _, token in self._each():
            stamp = token.stamp()
            if stamp != self._stamps[token]:
                self._stamps[token] = stamp
                self._read_again(token)

    def _read_again(self, token: Token) -> None:
        try:
            digests = {**self._digests, token: token.read()}
            _require_apart(self._by_role(digests))
        except ConfigurationError as error:
            _log.error("token_not_changed", setting=token.setting, reason=str(error))
        else:
            self._digests = digests
            _log.info("token_read_again", setting=token.setting)

    def _each(self) -> Iterator[tuple[Role, Token]]:
        return ((role, token) for role, tokens in self._tokens.items() for token in tokens)

    def _by_role(self, digests: Mapping[Token, bytes | None]) -> list[tuple[Role, bytes]]:
        found = ((role, digests[token]) for role, token in self._each())
        return [(role, valid) for role, valid in found if valid is not None]


def _tokens(role: Role, credential: Credential) -> Iterator[Token]:
    setting = SETTINGS[role]
    if credential.token is not None:
        yield Token(setting=f"{setting}.token", reference=credential.token, passing=False)
    if credential.previous_token is not None:
        if credential.token is None:
            raise ConfigurationError(f"{setting}.previous_token is set without {setting}.token")
        yield Token(setting=f"{setting}.previous_token", reference=credential.previous_token, passing=True)


def _require_apart(valid: list[tuple[Role, bytes]]) -> None:
    for (role, one), (other_role, other) in combinations(valid, 2):
        if role is not other_role and hmac.compare_digest(one, other):
            raise ConfigurationError(
                f"[{SETTINGS[role]}] and [{SETTINGS[other_role]}] have the same token; each door needs its own: "
                "`steadyhand token` makes one"
            )
