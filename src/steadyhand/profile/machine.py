"""What a profile refers to and this machine has not: not wrong by itself, for it may be used elsewhere."""

import base64
import binascii
import os
from collections.abc import Iterator

from steadyhand.errors import ConfigurationError
from steadyhand.profile.advice import Advice
from steadyhand.profile.loading import PROFILE_VARIABLE
from steadyhand.profile.problems import Key
from steadyhand.profile.profile import ENVIRONMENT_PREFIX, Profile
from steadyhand.profile.references import references
from steadyhand.profile.section import SecretRef

_OWN = frozenset({PROFILE_VARIABLE, "STEADYHAND_HOME"})


def missing_here(profile: Profile) -> tuple[Advice, ...]:
    """Secrets that cannot be read here, one-time secrets that are none, and variables that override nothing.

    Secret blocks are not asked for: nothing leaves this machine.
    """
    return tuple(dict.fromkeys([*_secrets(profile), *_variables(profile)]))


def _secrets(profile: Profile) -> Iterator[Advice]:
    for key, reference in references(profile):
        if reference.block is not None or key[-1] == "previous_token":
            continue  # a token that is on its way out is often gone already
        try:
            value = reference.resolve().get_secret_value()
        except ConfigurationError as error:
            yield Advice(key=_written_at(key, reference, profile), message=f"here, {error}")
            continue
        if key[-1] == "totp" and not _is_base32(value):
            yield Advice(key=key, message="is not base32, as the secret of an authenticator is")


def _written_at(key: Key, reference: SecretRef, profile: Profile) -> Key:
    """The shared table's key where an environment only inherits the reference."""
    shared = {above: one for above, one in references(profile) if above[0] != "environments"}
    inherited = key[2:]
    return inherited if inherited in shared and shared[inherited].model_dump() == reference.model_dump() else key


def _is_base32(text: str) -> bool:
    bare = text.replace(" ", "").upper().rstrip("=")
    try:
        return bool(base64.b32decode(bare + "=" * (-len(bare) % 8)))
    except binascii.Error:
        return False


def _variables(profile: Profile) -> Iterator[Advice]:
    secrets = {reference.env for _, reference in references(profile) if reference.env}
    for name in sorted(os.environ):
        table = name.upper().removeprefix(ENVIRONMENT_PREFIX).partition("__")[0].lower()
        if not name.upper().startswith(ENVIRONMENT_PREFIX) or table in Profile.model_fields:
            continue
        if name not in _OWN | secrets:
            yield Advice(key=(), message=f"the variable {name} overrides nothing: there is no {table!r}")
