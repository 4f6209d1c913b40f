"""The orchestrator's service token (D6, M4) as the headers of one request."""

import math
import re
from datetime import datetime

from steadyhand.errors import ConfigurationError
from steadyhand.profile import BearerToken, HeaderToken, MintedToken, ServiceToken

_KEY = "orchestrator.service_token"
_VISIBLE = re.compile(r"[\x20-\x7e]+")
_RESERVED = frozenset({"iss", "sub", "aud", "iat", "exp"})


def headers_for(token: ServiceToken | None, now: datetime) -> dict[str, str]:
    """What shows the token; nothing without one. A minted token holds from `now` for its lifetime.

    Raises ConfigurationError when the secret is absent, cannot stand in a header or is too short to sign with.
    """
    match token:
        case None:
            return {}
        case BearerToken():
            return {"Authorization": f"Bearer {_fit_for_a_header(token)}"}
        case HeaderToken():
            return {token.header: _fit_for_a_header(token)}
        case MintedToken():
            return {"Authorization": f"Bearer {_minted(token, now)}"}


def _fit_for_a_header(token: BearerToken | HeaderToken) -> str:
    secret = token.secret.resolve().get_secret_value()
    if not _VISIBLE.fullmatch(secret):
        raise ConfigurationError(f"{_KEY}.secret holds a line break or other characters that no HTTP header can carry")
    return secret


def _minted(token: MintedToken, now: datetime) -> str:
    if taken := sorted(_RESERVED & token.claims.keys()):
        raise ConfigurationError(
            f"{_KEY}.claims must not hold {', '.join(taken)}: issuer, subject, audience and lifetime_seconds set them"
        )
    issued = int(now.timestamp())
    claims = {
        **token.claims,
        "iss": token.issuer,
        "sub": token.subject,
        **({} if token.audience is None else {"aud": token.audience}),
        "iat": issued,
        "exp": issued + math.ceil(token.lifetime_seconds),
    }
    # It brings all of `cryptography`; every flow run imports this module, and few mint.
    import jwt  # noqa: PLC0415

    strict = jwt.PyJWT(options={"enforce_minimum_key_length": True})
    try:
        return strict.encode(claims, token.secret.resolve().get_secret_value(), token.algorithm)
    except jwt.InvalidKeyError as error:
        raise ConfigurationError(f"{_KEY}.secret is no key for {token.algorithm}: {error}") from error
