"""The receiver's address, and who may come in by which of its doors."""

from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from steadyhand.profile.section import SecretRef, Section
from steadyhand.profile.values import wrong


class Credential(Section):
    """The tokens of one of the receiver's doors. Without a token the door stays shut: it answers 403."""

    token: SecretRef | None = Field(default=None, examples=[{"file": "/etc/steadyhand/door.token"}])
    """The token to show as `Authorization: Bearer TOKEN`, or `sha256:` and the hexadecimal SHA-256 of it.
    `steadyhand token` makes both. A file is read again when it changes."""
    previous_token: SecretRef | None = Field(default=None, examples=[{"file": "/etc/steadyhand/door.previous.token"}])
    """The token before this one, taken too while it is rotated. Its file may be absent or empty: then there is none."""


class Tls(Section):
    """TLS for the receiver. Without a certificate it speaks plain HTTP; it is then best reached on loopback only."""

    certificate: Path | None = Field(default=None, examples=["/etc/steadyhand/receiver.crt"])
    """Its certificate and those that vouch for it, PEM. Read at start."""
    key: Path | None = Field(default=None, examples=["/etc/steadyhand/receiver.key"])
    """The certificate's key, PEM, without a passphrase."""
    client_ca: Path | None = Field(default=None, examples=["/etc/steadyhand/clients.crt"])
    """Who vouches for clients, PEM: every client must then show a certificate, and a token as well."""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.certificate is None) != (self.key is None):
            raise wrong("certificate and key go together: name both or neither")
        if self.client_ca is not None and self.certificate is None:
            raise wrong("a client can show its certificate over TLS only: name certificate and key too", "client_ca")
        return self


class Receiver(Credential):
    """The webhook's own address and its doors. Without a token it does not start (`steadyhand up` makes one)."""

    token: SecretRef | None = Field(default=None, examples=[{"file": "/etc/steadyhand/receiver.token"}])
    """The bearer token Alertmanager must show: the token itself, or `sha256:` and the hexadecimal SHA-256 of it.
    `steadyhand token` makes both. A file is read again when it changes."""
    host: str = "127.0.0.1"
    """Where it listens."""
    port: int = Field(default=8420, ge=1, le=65535)
    """And on which port."""
    basic_user: str = Field(default="", pattern=r"^[!-9;-~]*$", examples=["alertmanager"])
    """When set, Alertmanager may also show the token as the password of this user (basic_auth)."""
    approvals: Credential = Credential()
    """Who may see and answer the open questions over HTTP. Without a token nobody may."""
    admin: Credential = Credential()
    """Who may look into the inbox over HTTP. Without a token nobody may."""
    tls: Tls = Tls()
    """TLS, and client certificates."""

    @property
    def address(self) -> str:
        """Where clients reach it: scheme, host and port."""
        scheme = "http" if self.tls.certificate is None else "https"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://{host}:{self.port}"
