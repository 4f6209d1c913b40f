"""F3's *if safe*."""

import pytest

from steadyhand.domain.safety import unsafe_because

ADDRESSES = ("https://orchestrator.example:8443", "http://10.0.0.7:8000", "http://127.0.0.1:9000")


@pytest.mark.parametrize(
    "value",
    [
        "https://orchestrator.example:8443/api",
        "HTTPS://ORCHESTRATOR.EXAMPLE:8443",
        "postgres://u:p@10.0.0.7:8000/db",
        "orchestrator.example:8443",
        "orchestrator.example",
        "https://orchestrator.example/api",
        "http://localhost:9000",
        "tcp://[::1]:9000/x",
    ],
)
def test_a_run_that_is_told_a_live_address_is_not_safe(value: str) -> None:
    """F3: never against production's own process."""
    reason = unsafe_because({"HARMLESS": "1", "TARGET": value}, ADDRESSES)
    assert reason is not None
    assert "TARGET" in reason
    assert value not in reason or "@" not in value, "a value may hold a password"


def test_the_runbooks_two_variables_are_safe() -> None:
    """F3."""
    assert unsafe_because({"PLANNING__ENABLED": "false", "SCHEDULING__BACKEND": "sequential"}, ADDRESSES) is None


def test_host_and_port_in_two_variables_are_a_live_address() -> None:
    """F3."""
    assert unsafe_because({"HOST": "127.0.0.1", "PORT": "9000"}, ADDRESSES) is not None


@pytest.mark.parametrize(
    "value", ["http://127.0.0.1:9001", "90001", "not-orchestrator.example.org", "10.0.0.70", "9000"]
)
def test_what_only_looks_alike_is_safe(value: str) -> None:
    """F3: or nobody could ever run a suite."""
    assert unsafe_because({"X": value}, ADDRESSES) is None


def test_a_login_in_an_address_hides_no_place() -> None:
    """F3."""
    assert unsafe_because({"X": "http://10.0.0.7:8000"}, ["http://user:secret@10.0.0.7:8000"]) is not None
