"""Which line a key stands on, however TOML lets it be written."""

import pytest

from steadyhand.profile.lines import LineNumbers

TEXT = '''\
# a comment
top = 1

text = """
# no comment: text

b = 2
"""

list = [
  # a comment in a list
  "x",

  { y = 1 },
]
inline = { a = 1, b = { c = 2 } }
dotted.deep.key = 3
"quoted.name" = 4

[table]
key = 5
   indented = 6
[[many]]
name = "first"

[[many]]
# between
name = "second"
[many.below]
x = 1
[far.far.below]
last = 7'''
LINES = {
    ("top",): 2,
    ("text",): 4,
    ("list",): 10,
    ("list", 0): 10,
    ("list", 1, "y"): 10,
    ("inline", "b", "c"): 16,
    ("dotted", "deep", "key"): 17,
    ("quoted.name",): 18,
    ("table",): 20,
    ("table", "key"): 21,
    ("table", "indented"): 22,
    ("many",): 23,
    ("many", 0, "name"): 24,
    ("many", 1): 26,
    ("many", 1, "name"): 28,
    ("many", 1, "below", "x"): 30,
    ("far", "far", "below"): 31,
    ("far", "far", "below", "last"): 32,
}


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize(("key", "line"), LINES.items())
def test_a_key_stands_on_the_first_line_of_the_statement_that_sets_it(
    key: tuple[int | str, ...], line: int, ending: str
) -> None:
    assert LineNumbers(TEXT.replace("\n", ending)).of(key) == line


def test_a_key_that_is_not_set_has_no_line() -> None:
    assert LineNumbers(TEXT).of(("table", "absent")) is None


@pytest.mark.parametrize("strange", ["\u2028", "\x85", "\x0c", "\u2029"])
def test_characters_that_end_a_line_for_python_only_do_not_move_the_lines(strange: str) -> None:
    """Form feed stands in a comment here: TOML forbids it elsewhere, and there too, so it has no lines at all."""
    lines = LineNumbers(f'a = "x{strange}y"\nb = 1\n')
    assert lines.of(("b",)) == (None if strange == "\x0c" else 2)


def test_a_text_that_is_no_toml_has_lines_as_far_as_it_is() -> None:
    lines = LineNumbers("a = 1\nb = \nc = 3\n")
    assert (lines.of(("a",)), lines.of(("c",))) == (1, None)
