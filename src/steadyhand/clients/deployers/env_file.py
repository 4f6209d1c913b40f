"""The text of a compose env file, changed one assignment at a time."""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Self

from steadyhand.errors import ChangeRefused, ConfigurationError

_SPACE = r"[^\S\r\n]*"
_ASSIGNMENT = re.compile(
    rf"""
    (?P<head>{_SPACE}(?:export[^\S\r\n]+)?(?P<name>[^=\#\s:'"]+){_SPACE}=)
    (?P<value>{_SPACE}'(?:\\.|[^'\\])*'|{_SPACE}"(?:\\.|[^"\\])*"|[^\r\n]*?)
    (?P<tail>{_SPACE}(?:(?<=\s)\#[^\r\n]*)?(?:\r\n|\n|\r|\Z))
    """,
    re.VERBOSE | re.DOTALL,
)
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)")
_FIRST_WORD = re.compile(r"""\s*(?:export\s+)?['"]?([^\s=:'"\#]+)""")
_UP_TO_A_VALUE = re.compile(r"[^=:]+[=:]")
_PLAIN = re.compile(r"""'(?P<single>[^'\\\r\n]*)'|"(?P<double>[^"\\$`\r\n]*)"|(?P<bare>(?![#])[^'"\\$`\r\n]*)""")
_BARE = re.compile(r"[A-Za-z0-9_./:@%+,=-]*")
_QUOTABLE = re.compile(r"[^'\\\x00-\x1f\x7f]*")
_BOM = "\ufeff"


class _Piece(NamedTuple):
    """A statement or a line of no meaning; `name` is None where it assigns nothing."""

    text: str
    name: str | None = None
    head: str = ""
    value: str = ""
    tail: str = ""


class EnvFile:
    """Reads and rewrites what it is asked for; every other byte stays, comments, order and line ends included.

    Compose 1 and 2 read escapes, `$` and unusual lines differently. A variable that is written in such a way is not
    read but refused, so that what is read can be put back and means the same to both.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._bom = _BOM if text.startswith(_BOM) else ""
        self._pieces = tuple(_pieces(text.removeprefix(_BOM)))

    def get(self, name: str) -> str | None:
        """The value in force: the last one. Raises ConfigurationError when it cannot be told for certain."""
        values = [_value(piece, name) for piece in self._pieces if _concerns(piece, name)]
        return values[-1] if values else None

    @property
    def names(self) -> Iterator[str]:
        """The variables that it sets."""
        return (piece.name for piece in self._pieces if piece.name is not None)

    def with_values(self, values: Mapping[str, str | None]) -> Self:
        """The file in which these variables have these values; None is unset.

        A variable that has its value already is not touched. Raises as `get`, and ChangeRefused for what cannot be
        written so that every compose reads it back.
        """
        changed = self
        for name, value in values.items():
            if changed.get(name) != value:
                changed = changed._without(name) if value is None else changed._with(name, _written(name, value))
        return changed

    def values_besides(self, names: Collection[str]) -> Iterator[str]:
        """What the file holds for any other variable, unquoted; of a line that assigns nothing, what may be a value."""
        for piece in self._pieces:
            if piece.name is None:
                yield piece.text.strip()
                yield _UP_TO_A_VALUE.sub("", piece.text, count=1).strip().strip("'\"")
            elif piece.name not in names:
                yield piece.value.strip("'\"")

    def _without(self, name: str) -> Self:
        return type(self)(self._bom + "".join(piece.text for piece in self._pieces if piece.name != name))

    def _with(self, name: str, written: str) -> Self:
        texts = [piece.text for piece in self._pieces]
        places = [number for number, piece in enumerate(self._pieces) if piece.name == name]
        if places:
            piece = self._pieces[places[-1]]
            texts[places[-1]] = f"{piece.head}{written}{piece.tail}"
        else:
            end = "\r\n" if "\r\n" in self.text else "\n"
            if texts and not texts[-1].endswith(("\n", "\r")):
                texts.append(end)
            texts.append(f"{name}={written}{end}")
        return type(self)(self._bom + "".join(texts))


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text):
        found = _ASSIGNMENT.match(text, at)
        if found:
            yield _Piece(found[0], found["name"], found["head"], found["value"].strip(), found["tail"])
        else:
            found = _LINE.match(text, at)
            assert found is not None
            yield _Piece(found[0])
        at = found.end()


def _concerns(piece: _Piece, name: str) -> bool:
    if piece.name is not None:
        return piece.name == name
    word = _FIRST_WORD.match(piece.text)
    return word is not None and word[1] == name


def _value(piece: _Piece, name: str) -> str:
    plain = _PLAIN.fullmatch(piece.value) if piece.name is not None else None
    value = next((part for part in plain.groups() if part is not None), None) if plain else None
    if value is None or "${" in value:
        raise ConfigurationError(
            f"the env file sets {name} in a way that not every compose reads alike; write it as {name}='value'"
        )
    return value


def _written(name: str, value: str) -> str:
    if _BARE.fullmatch(value):
        return value
    if _QUOTABLE.fullmatch(value) and "${" not in value:
        return f"'{value}'"
    raise ChangeRefused(f"the value for {name} cannot be written so that every compose reads it alike")
