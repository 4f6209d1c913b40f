"""An env file is changed where it must be, and nowhere else (M1, M2, M3)."""

import io
import json

import pytest
from dotenv import dotenv_values

from steadyhand.clients.deployers.env_file import EnvFile
from steadyhand.clients.deployers.mask import Mask
from steadyhand.errors import ChangeRefused, ConfigurationError

FILE = """\
# the platform's
export PLANNING__ENABLED='true'   # ask before you change it

ORCHESTRATOR_RELEASE=2.7.0
API_KEY="a\\"b # c"
CERTIFICATE='-----BEGIN
SCHEDULING__BACKEND=inside another value
-----END'
not an assignment at all
SCHEDULING__BACKEND=old
SCHEDULING__BACKEND = asyncio # the last one counts
"""


def test_only_the_value_is_changed_where_it_stands() -> None:
    """M2: comment, `export`, order and other lines stay."""
    changed = EnvFile(FILE).with_values({"PLANNING__ENABLED": "false"}).text
    assert changed == FILE.replace("'true'   #", "false   #")


def test_of_several_assignments_the_last_is_in_force_and_changed() -> None:
    """M3: as every compose reads it."""
    file = EnvFile(FILE)
    assert file.get("SCHEDULING__BACKEND") == "asyncio"
    changed = file.with_values({"SCHEDULING__BACKEND": "sequential"})
    assert changed.text == FILE.replace("= asyncio #", "=sequential #")
    assert changed.get("SCHEDULING__BACKEND") == "sequential"


def test_an_unset_variable_stands_nowhere_and_blank_lines_stay() -> None:
    """Rule 5: none of the earlier assignments comes up again."""
    gone = EnvFile(FILE).with_values({"SCHEDULING__BACKEND": None, "ORCHESTRATOR_RELEASE": None})
    assert gone.get("SCHEDULING__BACKEND") is None
    assert "inside another value" in gone.text
    assert "change it\n\nAPI_KEY" in gone.text


@pytest.mark.parametrize("text", ["", "A=1", "A=1\n", "A=1\r\n", "\ufeffA=1\r\n\r\n# end"])
def test_a_variable_that_is_not_there_is_added_on_a_line_of_its_own(text: str) -> None:
    """M2: with the file's line ends, and taken away again."""
    added = EnvFile(text).with_values({"B": "x"})
    end = "\r\n" if "\r\n" in text else "\n"
    assert added.text.startswith(text)
    assert added.text.endswith(f"B=x{end}")
    assert added.get("A") == EnvFile(text).get("A")
    assert added.with_values({"B": None}).get("B") is None


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("K=hunter2-x", "hunter2-x"),
        ("export K = 'hunter2-x' # c", "hunter2-x"),
        ('K="hunter2-x"', "hunter2-x"),
        ("K: hunter2-x", "hunter2-x"),
        ("K='hunter2-x", "hunter2-x"),
        ("#K=hunter2-x", "hunter2-x"),
        ("hunter2-x", "hunter2-x"),
        ("K-x y: 'hunter2-x'", "hunter2-x"),
    ],
)
def test_the_values_of_others_are_known_however_they_are_written(line: str, value: str) -> None:
    """Rule 8: so that they can be masked in what a program says of the file."""
    others = list(EnvFile(f"PLANNING__ENABLED=true\n{line}\n").values_besides({"PLANNING__ENABLED"}))
    assert value in others
    assert "true" not in others


@pytest.mark.parametrize("value", ["hunter2", 'hun"ter\\2', "hünter2", "first line\nsecond line", "a.*b(c"])
def test_a_value_is_masked_as_it_is_and_as_a_program_quotes_it(value: str) -> None:
    """Rule 8: Go and Python put escapes into what they quote."""
    mask = Mask([value, "true", ""])
    assert mask(f"refused: {value}, true") == "refused: ***, true"
    assert mask(f"near {json.dumps(value)}") == 'near "***"'
    assert mask(f"near {value!r}") in {"near '***'", 'near "***"'}
    assert mask(f"line 3: {value.splitlines()[-1]}") == "line 3: ***"
    assert Mask(["true", ""])("true") == "true"


def test_what_is_so_already_is_not_touched() -> None:
    """Rule 3: however it is written."""
    same = {"PLANNING__ENABLED": "true", "ORCHESTRATOR_RELEASE": "2.7.0", "NEW": None}
    assert EnvFile(FILE).with_values(same).text == FILE


@pytest.mark.parametrize(
    "value", ["", "x", "a b", "#x", "a #b", "$HOME", "$", '"', "a=b", "`id`", "$(id)", "ü", "*", "a" * 5000, " a "]
)
def test_what_is_written_is_read_back_by_us_and_by_compose_1(value: str) -> None:
    """Rule 8: python-dotenv is how docker-compose 1 reads its env file."""
    written = EnvFile(FILE).with_values({"X": value})
    assert written.get("X") == value
    assert dotenv_values(stream=io.StringIO(written.text))["X"] == value


@pytest.mark.parametrize("value", ["it's", "a\\", "a\nb", "a\rb", "\0", "${HOME}", "a${b}c"])
def test_what_not_every_compose_would_read_back_is_refused(value: str) -> None:
    """Rule 8: no value becomes a second line, and none is interpolated."""
    with pytest.raises(ChangeRefused, match="cannot be written"):
        EnvFile(FILE).with_values({"X": value})


@pytest.mark.parametrize(
    "line",
    [
        "X=$HOME",
        "X=${HOME}",
        "X='${HOME}'",
        'X="a\\nb"',
        "X='it\\'s'",
        "X='a\nb'",
        "X=it's",
        "X='a'b",
        "X=#a",
        "X: a",
        "X",
        "export X",
        "'X'=a",
        "X=a\\",
        "X='unterminated",
    ],
)
def test_what_not_every_compose_reads_alike_is_told_and_not_guessed(line: str) -> None:
    """Rule 4: what is not known for certain could not be put back."""
    file = EnvFile(f"A=1\n{line}\nB=2\n")
    with pytest.raises(ConfigurationError, match="X='value'"):
        file.get("X")
    assert file.get("A") == "1"
