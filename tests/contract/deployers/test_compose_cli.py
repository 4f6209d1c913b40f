"""What we write into an env file means the same to the real compose program (M1, M2, M3)."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from steadyhand.clients.deployers.compose import ComposeProject
from steadyhand.clients.deployers.compose_cli import ComposeCli
from steadyhand.clients.deployers.env_file import EnvFile
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.errors import ChangeRefused, TransientError
from steadyhand.profile import ComposeDeployer

from .compose_world import COMPOSE_FILE, ENV_FILE, the_compose_program
from .world import MANAGED, ORIGINAL, RELEASE, SECRET


@pytest.fixture
def settings(tmp_path: Path) -> ComposeDeployer:
    """The project of the contract's tests, and the real program."""
    file, env_file = tmp_path / "compose.yml", tmp_path / "orchestrator.env"
    file.write_text(COMPOSE_FILE)
    env_file.write_text(ENV_FILE)
    return ComposeDeployer(command=(the_compose_program(),), file=file, env_file=env_file, timeout_seconds=30)


def made_of(settings: ComposeDeployer, *choice: str) -> str:
    """What the program makes of this choice of files, or of its own where none is given."""
    command = [*settings.command, *choice, "--env-file", str(settings.env_file), "config"]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=settings.file.parent).stdout


def service(settings: ComposeDeployer) -> dict[str, object]:
    """The service as compose would start it."""
    found: dict[str, object] = yaml.safe_load(made_of(settings, "-f", str(settings.file)))["services"]["orchestrator"]
    return found


@pytest.mark.parametrize("value", ["false", "a b", "a #b", "#", "$HOME", "a$", '"x"', "a=b", "`id`", "$(id)", " a "])
def test_compose_reads_the_value_that_was_written(settings: ComposeDeployer, value: str) -> None:
    """Rule 8: nothing of it is interpolated, cut or run."""
    changed = EnvFile(ENV_FILE).with_values({"SCHEDULING__BACKEND": value, "ORCHESTRATOR_RELEASE": "2.6.4"})
    settings.env_file.write_text(changed.text)
    assert service(settings) == {
        "image": "registry.example:5000/orchestrator:2.6.4",
        "environment": {
            "API_TOKEN": SECRET,
            "PLANNING__ENABLED": "true",
            "SCHEDULING__BACKEND": value.replace("$", "$$"),  # as `config` prints a dollar
        },
    }


@pytest.mark.parametrize("line", ["export X='a b' # c", 'X="a b"', "X = 'a b'", "X=a b", "X=a b  # c", "X='a b'\r"])
def test_we_read_what_compose_reads(settings: ComposeDeployer, line: str) -> None:
    """M1: the state is what the target gets."""
    settings.env_file.write_bytes(f"{ENV_FILE}{line.replace('X', 'SCHEDULING__BACKEND')}\n".encode())
    found = EnvFile(settings.env_file.read_bytes().decode())
    assert found.get("SCHEDULING__BACKEND") == "a b"
    environment = service(settings)["environment"]
    assert isinstance(environment, dict)
    assert environment["SCHEDULING__BACKEND"] == "a b"


async def test_compose_says_what_it_has_against_a_state_and_nothing_is_changed(settings: ComposeDeployer) -> None:
    """Rule 5: asked before anything is written."""
    settings.file.write_text("services:\n  orchestrator:\n    image: ${MISSING:?nobody has set this}\n")
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    wanted = DesiredDeployment(release="2.6.4", environment=ORIGINAL)
    with pytest.raises(ChangeRefused, match="compose refuses") as refused:
        await deployer.check(wanted)
    assert "nobody has set this" in refused.value.last_words
    assert settings.env_file.read_text() == ENV_FILE
    assert {path.name for path in settings.file.parent.iterdir()} == {"compose.yml", "orchestrator.env"}


async def test_a_check_with_the_real_program_says_yes(settings: ComposeDeployer) -> None:
    """M1: it needs no engine."""
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    assert await deployer.check(DesiredDeployment(release=RELEASE, environment={"PLANNING__ENABLED": "false"}))


@pytest.mark.parametrize("name", ["PLANNING__ENABLED", "ORCHESTRATOR_RELEASE"])
async def test_a_check_says_no_for_a_variable_that_the_file_does_not_use(settings: ComposeDeployer, name: str) -> None:
    """M1, M2: what would change nothing is not called possible, and only what is unused is named."""
    literal = {"PLANNING__ENABLED": "${PLANNING__ENABLED:-}", "ORCHESTRATOR_RELEASE": "${ORCHESTRATOR_RELEASE:?no"}
    settings.file.write_text(COMPOSE_FILE.replace(f"{literal[name]} release is set}}", "1").replace(literal[name], "1"))
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    with pytest.raises(ChangeRefused, match=f"does not use {name}$"):
        await deployer.check(DesiredDeployment(release="9.9.9", environment={"PLANNING__ENABLED": "false"}))


async def test_what_stands_there_by_default_is_used(settings: ComposeDeployer) -> None:
    """M2: setting the default changes nothing, yet the file does use the variable."""
    settings.file.write_text(COMPOSE_FILE.replace("${PLANNING__ENABLED:-}", "${PLANNING__ENABLED:-true}"))
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    assert await deployer.check(DesiredDeployment(release=RELEASE, environment={"SCHEDULING__BACKEND": "asyncio"}))


@pytest.mark.parametrize(
    ("name", "override", "choice"),
    [
        ("docker-compose.yml", "docker-compose.override.yaml", []),
        ("compose.yaml", "docker-compose.override.yml", []),
        ("compose.yml", "compose.override.yml", []),
        ("production.yml", "compose.override.yml", ["-f", "production.yml"]),
    ],
)
async def test_the_override_is_taken_as_compose_takes_it_without_being_given_a_file(
    settings: ComposeDeployer, name: str, override: str, choice: list[str]
) -> None:
    """M2: what compose makes of its own choice of files, the real program being asked."""
    file = settings.file.rename(settings.file.with_name(name))
    file.with_name(override).write_text("services: {orchestrator: {environment: {LIMIT: '7'}}}\n")
    given = settings.model_copy(update={"file": file})
    found = await ComposeCli(given, MANAGED).outcome(settings.env_file)
    expected = made_of(settings, *choice)
    assert ("LIMIT" in expected, hashlib.sha256(expected.encode()).hexdigest()) == (not choice, found)


async def test_what_compose_says_is_told_without_the_env_files_values(settings: ComposeDeployer) -> None:
    """Rule 8: the real program quotes what it refuses."""
    settings.file.write_text(
        "services:\n  orchestrator:\n    image: x:${ORCHESTRATOR_RELEASE}\n    scale: ${API_TOKEN}\n"
    )
    complaint = await ComposeCli(settings, ("ORCHESTRATOR_RELEASE", *MANAGED)).complaint(settings.env_file)
    assert 'orchestrator.scale to appropriate type: "***"' in complaint
    assert SECRET not in complaint


@pytest.mark.parametrize("filling", [0, 1990, 1995, 2500])
async def test_no_part_of_a_value_is_left_where_a_long_complaint_is_cut(
    settings: ComposeDeployer, filling: int
) -> None:
    """Rule 8: what is told is the end of it, and a cut value would not be known again."""
    say = f"import sys; sys.exit({SECRET!r} + 'x' * {filling})"
    odd = settings.model_copy(update={"command": (sys.executable, "-c", say)})
    complaint = await ComposeCli(odd, MANAGED).complaint(settings.env_file)
    assert set(complaint) <= {"x", "*"}
    assert complaint.endswith("x" * min(filling, 2000))


async def test_the_services_last_words_are_told_without_the_env_files_values(settings: ComposeDeployer) -> None:
    """Rule 8: an application that dies says what it was configured with."""
    say = f"print('cannot log in to postgres://it:{SECRET}@db, planner=asyncio')"
    odd = settings.model_copy(update={"command": (sys.executable, "-c", say)})
    words = await ComposeCli(odd, ("ORCHESTRATOR_RELEASE", *MANAGED)).last_words()
    assert words == "cannot log in to postgres://it:***@db, planner=asyncio"


async def test_our_own_environment_does_not_win_over_the_env_file(
    settings: ComposeDeployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M1: compose prefers the shell's variables, and Steadyhand's are none of the target's."""
    monkeypatch.setenv("ORCHESTRATOR_RELEASE", "")
    assert "no release is set" in await ComposeCli(settings, ()).complaint(settings.env_file)
    assert await ComposeCli(settings, ("ORCHESTRATOR_RELEASE",)).complaint(settings.env_file) == ""


async def test_without_an_engine_nothing_is_known_and_nothing_is_written(
    settings: ComposeDeployer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rule 4."""
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    deployer = ComposeProject(settings, managed=MANAGED, health_url="http://127.0.0.1:1/")
    with pytest.raises(TransientError, match="ps"):
        await deployer.state()
    with pytest.raises(ChangeRefused, match="ps"):
        await deployer.apply(DesiredDeployment(release="2.6.4", environment=ORIGINAL))
    assert settings.env_file.read_text() == ENV_FILE
    assert {path.name for path in settings.file.parent.iterdir()} == {"compose.yml", "orchestrator.env"}
