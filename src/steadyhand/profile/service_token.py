"""How the orchestrator knows us (D6, M4)."""

from typing import Annotated, Literal

from pydantic import Field

from steadyhand.profile.section import Seconds, SecretRef, Section


class BearerToken(Section):
    """The service token as `Authorization: Bearer ...` (D6)."""

    kind: Literal["bearer"] = "bearer"
    secret: SecretRef = Field(examples=[{"env": "ORCHESTRATOR_TOKEN"}])
    """The token."""


class HeaderToken(Section):
    """The service token in a header of its own (D6)."""

    kind: Literal["header"] = "header"
    secret: SecretRef = Field(examples=[{"env": "ORCHESTRATOR_TOKEN"}])
    """The token."""
    header: str = Field(default="X-Service-Token", pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")
    """The header's name."""


class MintedToken(Section):
    """A JSON Web Token, minted for each question from a shared secret (D6)."""

    kind: Literal["jwt"] = "jwt"
    secret: SecretRef = Field(examples=[{"env": "ORCHESTRATOR_SIGNING_SECRET"}])
    """The signing secret, at least 32 bytes for HS256."""
    algorithm: Literal["HS256", "HS384", "HS512"] = "HS256"
    """How it is signed."""
    issuer: str = "steadyhand"
    """The claim `iss`."""
    subject: str = "steadyhand"
    """The claim `sub`."""
    audience: str | None = Field(default=None, examples=["orchestrator"])
    """The claim `aud`."""
    lifetime_seconds: Seconds = 60.0
    """How long it holds."""
    claims: dict[str, str] = Field(default_factory=dict, examples=[{"scope": "diagnostics"}])
    """Further claims."""


ServiceToken = Annotated[BearerToken | HeaderToken | MintedToken, Field(discriminator="kind")]
