"""The service token as headers, for each kind of it (D6)."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import jwt
import pytest

from steadyhand.clients.service_token import headers_for
from steadyhand.domain.record import utc_now
from steadyhand.errors import ConfigurationError
from steadyhand.profile import BearerToken, HeaderToken, MintedToken, SecretRef, ServiceToken

SECRET = "a secret of exactly 32 characters"[:32]
NOW = datetime(2026, 11, 23, 3, 0, 0, 900_000, tzinfo=UTC)


@pytest.fixture
def kept(tmp_path: Path) -> SecretRef:
    """Where the secret is."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    return SecretRef(file=tmp_path / "token")


def holding(reference: SecretRef, secret: str) -> SecretRef:
    """The same file with another secret."""
    assert reference.file is not None
    reference.file.write_text(secret)
    return reference


def claims(
    token: ServiceToken, now: datetime, *, secret: str = SECRET, audience: str | None = None
) -> dict[str, object]:
    """What a server reads, which checks signature, issue and expiry."""
    shown = headers_for(token, now)["Authorization"].removeprefix("Bearer ")
    return jwt.PyJWT(options={"enforce_minimum_key_length": True}).decode(
        shown, secret, ["HS256", "HS384", "HS512"], audience=audience
    )


def test_without_a_token_nothing_is_shown() -> None:
    """D6: some orchestrators want none."""
    assert headers_for(None, NOW) == {}


def test_a_bearer_token_stands_in_the_authorization_header(kept: SecretRef) -> None:
    """D6."""
    assert headers_for(BearerToken(secret=kept), NOW) == {"Authorization": f"Bearer {SECRET}"}


def test_a_token_may_stand_in_a_header_of_its_own(kept: SecretRef) -> None:
    """D6."""
    assert headers_for(HeaderToken(secret=kept), NOW) == {"X-Service-Token": SECRET}
    assert headers_for(HeaderToken(secret=kept, header="X-Api-Key"), NOW) == {"X-Api-Key": SECRET}


def test_a_minted_token_is_accepted_by_a_server_that_checks_everything(kept: SecretRef) -> None:
    """D6."""
    token = MintedToken(secret=kept, audience="tools", claims={"scope": "tools:read"}, lifetime_seconds=30)
    found = claims(token, utc_now(), audience="tools")
    issued = found.pop("iat")
    assert isinstance(issued, int)
    assert found == {
        "iss": "steadyhand",
        "sub": "steadyhand",
        "aud": "tools",
        "exp": issued + 30,
        "scope": "tools:read",
    }


def test_a_minted_token_counts_from_the_given_instant_and_is_dead_after_its_lifetime(kept: SecretRef) -> None:
    """D6."""
    token = MintedToken(secret=kept)
    shown = headers_for(token, NOW)["Authorization"].removeprefix("Bearer ")
    found = jwt.decode(shown, options={"verify_signature": False})
    assert (found["iat"], found["exp"]) == (int(NOW.timestamp()), int(NOW.timestamp()) + 60)
    assert "aud" not in found
    with pytest.raises(jwt.ExpiredSignatureError):
        claims(token, datetime(2020, 1, 1, tzinfo=UTC))


def test_a_lifetime_of_less_than_a_second_is_not_over_at_once(kept: SecretRef) -> None:
    """D6: `exp` counts whole seconds."""
    shown = headers_for(MintedToken(secret=kept, lifetime_seconds=0.2), NOW)["Authorization"].removeprefix("Bearer ")
    found = jwt.decode(shown, options={"verify_signature": False})
    assert found["exp"] > found["iat"]


@pytest.mark.parametrize(("algorithm", "least"), [("HS256", 32), ("HS384", 48), ("HS512", 64)])
def test_a_secret_too_short_to_sign_with_is_refused_with_the_length_it_must_have(
    kept: SecretRef, algorithm: str, least: int
) -> None:
    """D6: a weak signature is refused, not warned of."""
    token = MintedToken.model_validate({"secret": holding(kept, "x" * (least - 1)), "algorithm": algorithm})
    with pytest.raises(ConfigurationError, match=rf"service_token\.secret .*{least - 1} bytes .*{least} bytes") as told:
        headers_for(token, NOW)
    assert "xxx" not in str(told.value)
    holding(kept, "x" * least)
    assert claims(token, utc_now(), secret="x" * least)["iss"] == "steadyhand"


def test_a_public_key_is_no_shared_secret(kept: SecretRef) -> None:
    """D6: who reads it could mint tokens."""
    body = base64.b64encode(b"k" * 64).decode()
    pem = f"-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"
    with pytest.raises(ConfigurationError, match=r"service_token\.secret is no key for HS256") as told:
        headers_for(MintedToken(secret=holding(kept, pem)), NOW)
    assert body not in str(told.value)


@pytest.mark.parametrize("claim", ["iss", "sub", "aud", "iat", "exp"])
def test_a_further_claim_does_not_replace_one_that_has_its_own_key(kept: SecretRef, claim: str) -> None:
    """D6: a token that never expires is nothing to slip in."""
    with pytest.raises(ConfigurationError, match=rf"claims must not hold {claim}"):
        headers_for(MintedToken(secret=kept, claims={claim: "1"}), NOW)


@pytest.mark.parametrize("secret", ["two\nlines", "a\r\nHost: evil", "naïve", "tab\tbed", "null\0"])
@pytest.mark.parametrize("kind", [BearerToken, HeaderToken])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_told(
    kept: SecretRef, kind: type[BearerToken | HeaderToken], secret: str
) -> None:
    """Rule 8; the message holds no secret."""
    with pytest.raises(ConfigurationError, match="no HTTP header can carry") as told:
        headers_for(kind(secret=holding(kept, secret)), NOW)
    assert secret not in str(told.value)


def test_a_secret_that_is_not_there_is_a_matter_of_configuration(kept: SecretRef) -> None:
    """D6."""
    with pytest.raises(ConfigurationError, match="is empty or not set"):
        headers_for(BearerToken(secret=holding(kept, " ")), NOW)
