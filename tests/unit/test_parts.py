"""What the services are started with."""

import ssl
from collections.abc import Mapping
from pathlib import Path

import pytest

from steadyhand.profile import Profile
from steadyhand.stack.parts import Layout

BELIEVED = "PREFECT_API_SSL_CERT_FILE"


def environment(state_dir: Path, api_url: str) -> Mapping[str, str]:
    profile = Profile(state_dir=state_dir, prefect={"api_url": api_url})
    return Layout(home=state_dir, profile=profile, profile_path=None, prefect_database="postgresql://").environment


def test_prefect_reads_no_authorities_for_plain_http(tmp_path: Path) -> None:
    """Point 7 (b): what it is given instead is one certificate, which OpenSSL takes."""
    context = ssl.create_default_context(cafile=environment(tmp_path, "http://127.0.0.1:4200/api")[BELIEVED])
    assert [one["subject"] for one in context.get_ca_certs()] == [
        ((("commonName", "nobody: the key was thrown away"),),)
    ]


def test_prefect_behind_tls_is_checked_as_ever(tmp_path: Path) -> None:
    """Prefect's own choice of authorities, or the user's."""
    assert BELIEVED not in environment(tmp_path, "https://prefect.example.test/api")


def test_services_keep_their_bytecode_whatever_we_were_started_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Point 7 (b): each flow run is a new process; compiling our modules again takes it a third of a second."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert environment(tmp_path, "http://127.0.0.1:4200/api")["PYTHONDONTWRITEBYTECODE"] == ""
