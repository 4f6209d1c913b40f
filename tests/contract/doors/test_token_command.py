"""`steadyhand token`: a secret in a file, what to do with it, and no way to lose the old one by accident (T1)."""

import os
import stat
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner, Result

from steadyhand.cli import app
from steadyhand.errors import ConfigurationError
from steadyhand.profile import Profile, Receiver, SecretRef, load_profile
from steadyhand.profile.token import digest
from steadyhand.receiver.keys import Keys, Role
from steadyhand.stack.secret_file import write_secret
from steadyhand.stack.up import TOKEN_FILE, with_token


def token(*arguments: str | Path) -> Result:
    """The command, in this process."""
    return CliRunner(env={"COLUMNS": "40"}).invoke(app, ["token", *map(str, arguments)])


def mode(path: Path) -> int:
    """Its permissions."""
    return stat.S_IMODE(path.stat().st_mode)


def block(text: str, first: str) -> str:
    """The indented lines from this one on."""
    lines = text.splitlines()
    begin = lines.index(f"    {first}")
    end = next((n for n in range(begin, len(lines)) if not lines[n].startswith("    ")), len(lines))
    return "\n".join(line[4:] for line in lines[begin:end])


def test_the_token_and_its_hash_fit_together_and_are_for_their_owner_only(tmp_path: Path) -> None:
    """What it prints can be put into both files as it stands."""
    plain, hashed = tmp_path / "am.token", tmp_path / "receiver.token"
    done = token("--to", plain, "--hash-to", hashed)
    assert done.exit_code == 0, done.output
    assert (mode(plain), mode(hashed)) == (0o600, 0o600)
    secret = plain.read_text().strip()
    assert len(secret) >= 43
    assert secret not in done.output + hashed.read_text()
    told = block(done.stdout, "[receiver]")
    assert tomllib.loads(told) == {"receiver": {"token": {"file": str(hashed)}}}
    (tmp_path / "steadyhand.toml").write_text(told)
    keys = Keys(load_profile(tmp_path / "steadyhand.toml").receiver)
    assert keys.opened_by(digest(secret.encode())) == {Role.INGEST}
    http = yaml.safe_load(block(done.stdout, "follow_redirects: false"))
    assert http == {"follow_redirects": False, "authorization": {"credentials_file": str(plain)}}
    assert sorted(tmp_path.iterdir()) == sorted([plain, hashed, tmp_path / "steadyhand.toml"])


@pytest.mark.parametrize("there", ["a", "b"])
def test_a_token_that_is_there_is_kept_unless_one_insists(tmp_path: Path, there: str) -> None:
    """Neither file is written when one of them may not be: a hash without its token would keep everybody out."""
    (tmp_path / there).write_text("in use")
    refused = token("--to", tmp_path / "a", "--hash-to", tmp_path / "b")
    assert refused.exit_code == 2
    assert "--force" in refused.stderr
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(there, "in use")]
    assert token("--to", tmp_path / "a", "--hash-to", tmp_path / "b", "--force").exit_code == 0
    assert (tmp_path / there).read_text() != "in use"


def test_who_read_the_former_file_reads_the_new_one(tmp_path: Path) -> None:
    """A rotation by root must not take the file from Alertmanager's user."""
    file = tmp_path / "a"
    file.write_text("in use")
    file.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(file, 65534, 65534)
    before = file.stat()
    assert token("--to", file, "--force").exit_code == 0
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)


def test_without_a_file_the_token_alone_is_on_stdout() -> None:
    """So that it can be piped; where it belongs is on stderr."""
    done = token("--for", "admin")
    assert done.exit_code == 0
    assert len(done.stdout.split()) == 1
    assert tomllib.loads(block(done.stderr, "[receiver.admin]"))["receiver"]["admin"]["token"]
    assert done.stdout.strip() not in done.stderr
    assert done.stdout != token("--for", "admin").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--to", "x", "--hash-to", "./x"), "the same file"),
        (("--to", "absent/x"), "cannot write absent/x: No such file or directory"),
        (("--for", "everything"), "everything"),
    ],
)
def test_what_it_cannot_do_it_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = token(*arguments)
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.split())
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_former_token(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_text("in use")
    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ConfigurationError, match="No space left on device"):
        write_secret(tmp_path / "a", "new", replace=True)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["in use"]


def test_up_makes_one_token_and_keeps_it(profile: Profile) -> None:
    """T1: works with nothing configured, and Alertmanager's copy stays valid."""
    first, second = with_token(profile), with_token(profile)
    assert first.receiver.token == second.receiver.token == SecretRef(file=profile.state_dir / TOKEN_FILE)
    assert mode(profile.state_dir / TOKEN_FILE) == 0o600
    assert Keys(first.receiver).has(Role.INGEST)
    assert not Keys(first.receiver).has(Role.ADMIN)


def test_up_leaves_a_token_of_the_profiles_own_alone(profile: Profile, tmp_path: Path) -> None:
    own = SecretRef(file=tmp_path / "mine")
    mine = profile.model_copy(update={"receiver": Receiver(token=own)})
    assert with_token(mine).receiver.token == own
    assert not (profile.state_dir / TOKEN_FILE).exists()
