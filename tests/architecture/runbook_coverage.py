"""Which code does a line of the runbook, and which tests show it: read from the sources, never written by hand.

`python -m tests.architecture.runbook_coverage` prints docs/runbook.md (`make docs` writes it). A citation counts for
code when it stands in a docstring that is no mere overview, in a `requirement=`, or in a deployed configuration; for a
test when it stands in the docstring of a test function that can fail and whose module reaches the code it claims to
show. Where a line is a probe's or a mitigation's, that one must be registered and asked by a flow.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import grimp

from flows import exit_criteria, first_five_minutes
from flows.diagnostics import chosen
from steadyhand import mitigations, probes
from steadyhand.domain.incident import Focus
from steadyhand.domain.runbook import LINES

ROOT = Path(__file__).parents[2]
NOT_BUILT = {"C3": "comes with the rest of the communication phase"}
_CODE = ("flows", "tasks", "src/steadyhand")
_ELSEWHERE = ("src/steadyhand/rehearsal/", "src/steadyhand/domain/runbook.py", "src/steadyhand/profile/")
_DOING = ("flows.", "tasks.", "steadyhand.probes.", "steadyhand.mitigations.", "steadyhand.receiver.")
_CITED = re.compile(r"\b([SFDMCETP])(\d)(?:-\1?(\d))?\b")
_WHOLE_PRODUCT = "tests.e2e."
_CAN_FAIL = ("raises", "until", "fail", "warns")
_SHOWN = 5
_OVERVIEW = 5
_CONFIGURATION = ("prefect.yaml", "deployments/**/*.yml")
_ASKED_BY_PROBES = ("F3", "F4", "F5", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "E1", "E2", "E3")
_CHANGED_BY_MITIGATIONS = ("M1", "M2", "M3")


@dataclass(frozen=True, order=True)
class Place:
    """A module, and the name in it that cites a line; the module itself where the name is empty."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """As a person finds it."""
        if self.module.endswith((".yml", ".yaml")):
            return self.module
        base = f"src/{self.module}" if self.module.startswith("steadyhand") else self.module
        found = base.replace("steadyhand.", "steadyhand/").replace(".", "/")
        return f"{found}/__init__.py" if (ROOT / found).is_dir() else f"{found}.py"


def code() -> dict[str, set[Place]]:
    """The places in the product that cite each line."""
    found: dict[str, set[Place]] = defaultdict(set)
    for path in _sources(_CODE):
        module = _module(path)
        tree = ast.parse(path.read_text())
        for name, text in _citations(tree):
            lines = cited(text)
            for line in lines if len(lines) <= _OVERVIEW else ():
                found[line].add(Place(module, name))
    for path in (path for pattern in _CONFIGURATION for path in sorted(ROOT.glob(pattern))):
        for line in cited(path.read_text()):
            found[line].add(Place(path.relative_to(ROOT).as_posix(), ""))
    return found


def tests() -> dict[str, set[Place]]:
    """The test functions whose docstring cites each line, can fail, and reach code of that line."""
    reach, done_by = _Reach(), code()
    found: dict[str, set[Place]] = defaultdict(set)
    for path in _sources(("tests",)):
        module = _module(path)
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or not node.name.startswith("test_"):
                continue
            for line in cited(ast.get_docstring(node) or ""):
                if _can_fail(node) and reach.reaches(module, {place.module for place in done_by[line]}, path):
                    found[line].add(Place(module, node.name))
    return found


def cited(text: str) -> set[str]:
    """The ids in a text; `E1-E3` is three of them."""
    found: set[str] = set()
    for letter, first, last in _CITED.findall(text):
        found |= {f"{letter}{number}" for number in range(int(first), int(last or first) + 1)}
    return found & LINES.keys()


def does(place: Place) -> bool:
    """Whether this is code that works the runbook, and not only words about it."""
    return place.module.startswith(_DOING) or "/" in place.module or place.module == "prefect.yaml"


def gaps() -> list[str]:
    """Every line that has lost its code or its tests, or is said not to be built although it is."""
    done_by, shown_by = code(), tests()
    missing = [f"{i} has no code" for i in LINES if i not in NOT_BUILT and not any(map(does, done_by[i]))]
    missing += [f"{i} is asked by no probe of a flow" for i in _ASKED_BY_PROBES if i not in _asked()]
    changed = {mitigation.requirement for mitigation in mitigations.REGISTRY.values()}
    missing += [f"{i} is changed by no mitigation" for i in _CHANGED_BY_MITIGATIONS if i not in changed]
    missing += [f"{i} has no test" for i in LINES if i not in NOT_BUILT and not shown_by[i]]
    return missing + [f"{i} is built: take it out of NOT_BUILT" for i in NOT_BUILT if any(map(does, done_by[i]))]


def document() -> str:
    """docs/runbook.md."""
    done_by, shown_by = code(), tests()
    rows = [_row(line, text, done_by, shown_by) for line, text in LINES.items()]
    head = (
        "<!-- Generated: `make docs`. A test fails when a line has lost its code or its test. -->",
        "# The runbook, line by line",
        "",
        "Which code does each line of *Orchestrator Incident Response*, and which tests show it. Both are read from",
        "what cites the line in the sources; a test counts only when it can fail and reaches that code.",
        "",
        "| line | what | done by | shown by |",
        "|---|---|---|---|",
    )
    return "\n".join((*head, *rows, ""))


def _asked() -> set[str]:
    named = {*first_five_minutes.PROBES, *chosen(Focus.EVERYTHING), *exit_criteria.PROBES}
    return {probes.REGISTRY[name].requirement for name in named}


def _row(line: str, text: str, done_by: Mapping[str, set[Place]], shown_by: Mapping[str, set[Place]]) -> str:
    if line in NOT_BUILT:
        return f"| {line} | {text} | *not built yet: {NOT_BUILT[line]}* | |"
    doing = sorted({p.path for p in done_by[line]}, key=lambda path: (not _acts(path), path))
    files: dict[str, int] = defaultdict(int)
    for place in shown_by[line]:
        files[place.path] += 1
    shown = [f"`{path}` ({count})" for path, count in sorted(files.items(), key=lambda item: (-item[1], item[0]))]
    return f"| {line} | {text} | {_short([f'`{p}`' for p in doing])} | {_short(shown)} |"


def _acts(path: str) -> bool:
    return path.removeprefix("src/").replace("/", ".").startswith((*_DOING, "prefect.yaml", "deployments."))


def _short(items: list[str]) -> str:
    more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
    return "<br>".join(items[:_SHOWN]) + more


def _sources(roots: tuple[str, ...]) -> Iterator[Path]:
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            if not path.relative_to(ROOT).as_posix().startswith(_ELSEWHERE):
                yield path


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removeprefix("src.").removesuffix(".__init__")


def _citations(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield getattr(node, "name", ""), ast.get_docstring(node) or ""
        elif isinstance(node, ast.keyword) and node.arg == "requirement" and isinstance(node.value, ast.Constant):
            yield "", str(node.value.value)


def _can_fail(test: ast.AST) -> bool:
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in _CAN_FAIL)
        for node in ast.walk(test)
    )


class _Reach:
    """Who imports whom, directly or not."""

    def __init__(self) -> None:
        self._graph = grimp.build_graph("steadyhand", "flows", "tasks", "tests", cache_dir=None)
        self._known: dict[str, set[str]] = {}

    def reaches(self, test: str, modules: set[str], path: Path) -> bool:
        """Whether the test's module reaches one of these; a test of the whole product reaches everything.

        A configuration is reached by the test that names its file.
        """
        if test.startswith(_WHOLE_PRODUCT):
            return bool(modules)
        if any(Path(module).name in path.read_text() for module in modules if module.endswith((".yml", ".yaml"))):
            return True
        if test not in self._known:
            self._known[test] = self._graph.find_upstream_modules(test)
        return bool(self._known[test] & modules)


if __name__ == "__main__":
    sys.stdout.write(document())
