"""Messages that name the file, the line and the key, and say what to change."""

import json
from pathlib import Path

import pytest

from steadyhand.errors import ConfigurationError
from steadyhand.profile import load_profile
from steadyhand.profile.problems import InvalidProfile
from tests.unit.profile.files import problem_of, problems_of, profile_file

KINDS = '"command", "compose", "kubernetes", "github"'


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        ('[prometheus]\nurll = "x"\n', 2, "prometheus.urll", "there is no such key; did you mean 'url'?"),
        ("\n\n[mitigations]\n", 3, "mitigations", "there is no such key; did you mean 'mitigation'?"),
        ('[environments.staging]\naproval = "policy"\n', 2, "environments.staging.aproval", "'approval'?"),
        ('[orchestrator.routes]\nhelth = "/h"\n', 2, "orchestrator.routes.helth", "did you mean 'health'?"),
        ("[exit_criteria]\nx = 1\n", 2, "exit_criteria.x", "known here: poll_seconds, wait_seconds"),
        ("prometheus.zzz = 1\n", 1, "prometheus.zzz", "there is no such key"),
        ("prometheus = { url = 'http://p', zzz = 1 }\n", 1, "prometheus.zzz", "there is no such key"),
        ("prometheus = 3\n", 1, "prometheus", "must be a table"),
        ("[[prometheus]]\n", 1, "prometheus", "must be a table"),
        ("[suites.regression]\narguments = [\n 'a',\n 3,\n]\n", 2, "suites.regression.arguments[1]", "string"),
        ('[receiver]\nport = """\nno"""\n', 2, "receiver.port", "valid integer"),
        ('[receiver]\nport = "no"\n', 2, "receiver.port", "valid integer"),
        ('[environments.qa]\nurl = "http://q"\n', 1, "environments.qa", 'must be one of "staging", "production"'),
        ('[environments.prod]\nurl = "http://q"\n', 1, "environments.prod", "did you mean 'production'?"),
        ('[intake]\ndefault_environment = "prodution"\n', 2, "intake.default_environment", "mean 'production'?"),
        ('[github]\nrepository = "orchestrator"\n', 2, "github.repository", 'as in "acme/orchestrator"'),
        ("[approvals.people.ada]\n", 1, "approvals.people.ada.totp", "is missing; for example"),
        ("[logs]\nsource.kind = 'file'\n", 2, "logs.source.path", 'for example "/var/log/orchestrator/app.json"'),
        ("[logs.source]\nkind = 'loki'\ntenannt = 'x'\nurl='http://l'\n", 3, "logs.source.tenannt", "'tenant'?"),
        ("_env_prefix = 'X_'\n", None, "_env_prefix", "there is no such key"),
    ],
)
def test_a_mistake_is_told_with_its_line_its_key_and_what_to_change(
    tmp_path: Path, text: str, line: int | None, key: str, said: str
) -> None:
    problem = problem_of(tmp_path, text)
    assert (problem.line, problem.key) == (line, key)
    assert said in problem.message


@pytest.mark.parametrize(
    ("deployer", "line", "key", "said"),
    [
        ("state = ['x']\n", 2, "kind", f"is missing; it is one of {KINDS}"),
        ("kind = 'compos'\n", 3, "kind", "there is no such kind; did you mean 'compose'?"),
        ("kind = 'zzz'\n", 3, "kind", "there is no such kind; known here: command, compose, kubernetes, github"),
        ("kind = 'command'\nstate = ['x']\n", 2, "apply", "is missing; for example"),
        ("kind = 'command'\nstate = ['x']\napply = []\n", 5, "apply", "at least 1 item"),
        ("kind = 'kubernetes'\ncomtainer = 'x'\n", 4, "comtainer", "did you mean 'container'?"),
        ("kind = 'compose'\nfile='f'\nenv_file='e'\ncommand = 3\n", 6, "command", "tuple"),
    ],
)
def test_a_mistake_in_a_deployer_is_about_its_key_and_not_about_the_kinds(
    tmp_path: Path, deployer: str, line: int, key: str, said: str
) -> None:
    problem = problem_of(tmp_path, f"# mine\n[environments.production.deployer]\n{deployer}")
    assert (problem.line, problem.key) == (line, f"environments.production.deployer.{key}")
    assert said in problem.message


def test_a_key_in_a_table_far_below_has_its_line(tmp_path: Path) -> None:
    text = "".join(f'[approvals.people.p{n}]\ntotp = {{ env = "P{n}" }}\n' for n in range(150)) + "[chat]\nx = 1\n"
    assert problem_of(tmp_path, text).line == 302


def test_all_mistakes_are_told_in_the_order_of_their_lines(tmp_path: Path) -> None:
    problems = problems_of(tmp_path, "[chat]\na = 1\n[receiver]\nb = 1\nport = 0\n[prometheus]\nc = 1\n")
    assert [problem.line for problem in problems] == [2, 4, 5, 7]


def test_a_message_begins_with_file_and_line_as_editors_read_them(tmp_path: Path) -> None:
    file = profile_file(tmp_path, "[chat]\na = 1\n")
    with pytest.raises(ConfigurationError, match=r"mine\.toml is not a valid profile:\n") as caught:
        load_profile(file)
    assert f"  {file}:2: chat.a: there is no such key" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("commander = \n", 1, "is not valid TOML: Invalid value"),
        ("a = [\n1,\n", 2, "at the end of the file"),
        ("[prometheus]\nurl = 'http://a'\n\nurl = 'http://b'\n", 4, "is set twice in one table"),
        ("[chat]\n[receiver]\n[chat]\n", 3, "is set twice in one table"),
        (b"\xef\xbb\xbfcommander = 'x'\n", 1, "begins with a byte order mark"),
        (b"commander = 'x'\n# caf\xe9\n", 2, "is not UTF-8"),
        (b"[chat]\r\na = \r\n", 2, "is not valid TOML"),
        (b"[chat]\r\n\r\na = 1\r\n", 3, "there is no such key"),
    ],
)
def test_a_file_that_is_not_toml_says_where(tmp_path: Path, text: str | bytes, line: int, said: str) -> None:
    problem = problem_of(tmp_path, text)
    assert problem.line == line
    assert said in problem.message


def test_a_key_set_twice_is_named(tmp_path: Path) -> None:
    assert problem_of(tmp_path, "[prometheus]\nurl = 'http://a'\nurl = 'http://b'\n").key == "url"


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no profile at .*gone\.toml; .*`steadyhand init`"):
        load_profile(tmp_path / "gone.toml")
    with pytest.raises(ConfigurationError, match=r"cannot read the profile .*: Is a directory"):
        load_profile(tmp_path)


@pytest.mark.parametrize(
    ("variable", "value", "key"),
    [
        ("STEADYHAND_RECEIVER__PORT", "no", "receiver.port"),
        ("steadyhand_receiver__port", "no", "receiver.port"),
        ("STEADYHAND_RECEIVER", '{"port": "no"}', "receiver.port"),
        ("STEADYHAND_PROMETHEUS__URLL", "x", "prometheus.urll"),
        ("STEADYHAND_ENVIRONMENTS__STAGING__APROVAL", "x", "environments.staging.aproval"),
        ("STEADYHAND_ENVIRONMENTS__STAGING__DEPLOYER__KIND", "x", "environments.staging.deployer.kind"),
        ("STEADYHAND_ENVIRONMENTS__STAGING__DEPLOYER", '{"kind": "x"}', "environments.staging.deployer.kind"),
        ("STEADYHAND_ENVIRONMENTS__STAGING__PROMETHEUS__URL", "x", "environments.staging.prometheus.url"),
        ("STEADYHAND_ENVIRONMENTS__QA__URL", "http://x", "environments.qa"),
        ("STEADYHAND_ORCHESTRATOR__URL", "x", "orchestrator.url"),
        ("STEADYHAND_APPROVALS__PEOPLE__ADA__ENVIRONMENTS", "[]", "approvals.people.ada.totp"),
    ],
)
def test_a_mistake_in_a_variable_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str, value: str, key: str
) -> None:
    monkeypatch.setenv(variable, value)
    problem = problem_of(tmp_path, '[receiver]\nport = 1\n[environments.staging]\nurl = "http://s"\n')
    assert problem.key == key
    assert problem.line is None
    assert str(problem).startswith(f"${variable.upper()}: {key}: ")


@pytest.mark.parametrize("value", ["{", "[1", "plain"])
def test_a_variable_that_is_no_json_where_a_table_belongs_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str
) -> None:
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS", value)
    problem = problem_of(tmp_path, "")
    assert (problem.variable, problem.key) == ("STEADYHAND_ENVIRONMENTS", "environments")
    assert "not valid JSON" in problem.message
    assert value not in problem.message or value == "["


def test_what_the_file_sets_beside_a_variable_has_the_line_of_the_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("STEADYHAND_ENVIRONMENTS", json.dumps({"staging": {"url": "http://s"}}))
    problem = problem_of(tmp_path, "[environments.staging]\nchekout = 'x'\n")
    assert (problem.line, problem.variable) == (2, None)


@pytest.mark.parametrize(
    "shared",
    [
        "[prometheus]\nurll = 'x'\n",
        "[prometheus]\nurl = 'x'\n",
        "[logs.source]\nkind = 'file'\n",
        "[logs.source]\nkind = 'zzz'\n",
        "[orchestrator]\nurl = 'x'\n",
        "[orchestrator]\nservice_token = { kind = 'bearer', secret = { } }\n",
    ],
)
def test_a_mistake_in_a_shared_table_is_told_once_at_its_own_line(tmp_path: Path, shared: str) -> None:
    own = "".join(
        f"[environments.{name}.{table}]\n{key} = 3\n"
        for name in ("staging", "production")
        for table, key in (
            ("prometheus", "timeout_seconds"),
            ("logs", "window_seconds"),
            ("orchestrator", "timeout_seconds"),
        )
    )
    problem = problem_of(tmp_path, own + shared)
    assert not problem.key.startswith("environments")
    assert problem.line is not None
    assert problem.line > own.count("\n")


def test_the_same_mistake_made_twice_is_told_twice(tmp_path: Path) -> None:
    text = "[prometheus]\nurl = 'x'\n[environments.staging.prometheus]\nurl = 'x'\n"
    assert [problem.line for problem in problems_of(tmp_path, text)] == [2, 4]


def test_a_secret_written_into_the_profile_is_refused_and_not_repeated(tmp_path: Path) -> None:
    """Secrets only by reference, in messages too."""
    problem = problem_of(tmp_path, '[receiver]\ntoken = "hunter2"\n')
    assert (problem.line, problem.key) == (2, "receiver.token")
    assert "never the secret itself" in problem.message
    assert "hunter2" not in str(problem)
    address = problem_of(tmp_path, '[prometheus]\nurl = "http://me:hunter2@prometheus"\n')
    assert "by reference" in address.message
    assert "hunter2" not in str(address)


def test_the_problems_are_also_at_hand_one_by_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidProfile) as caught:
        load_profile(profile_file(tmp_path, "[chat]\na = 1\n"))
    (problem,) = caught.value.problems
    assert problem.as_json() == {
        "level": "error",
        "file": str(tmp_path / "mine.toml"),
        "line": 2,
        "key": "chat.a",
        "message": problem.message,
    }
