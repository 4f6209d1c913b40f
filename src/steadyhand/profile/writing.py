"""The whole profile as the commented TOML file that `steadyhand init` writes, made from the models."""

import textwrap
from collections.abc import Iterator
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from steadyhand.domain.incident import Environment
from steadyhand.profile.describing import describe
from steadyhand.profile.profile import Profile
from steadyhand.profile.schema import SCHEMA_FILE
from steadyhand.profile.section import Section
from steadyhand.profile.shapes import members_of, named_tables
from steadyhand.profile.target import EnvironmentProfile
from steadyhand.profile.toml_text import WIDTH, as_toml, assigned

GROUPS: dict[str, tuple[str, ...]] = {
    "The orchestrator and its environments": ("orchestrator", "environments", "suites"),
    "First five minutes: the alert, the commander, the last backup (F1-F5)": ("intake", "jenkins"),
    "Diagnostics: who is asked (D1-D7), and the levels of the exit criteria (E3)": (
        "prometheus",
        "alertmanager",
        "logs",
        "github",
    ),
    "Mitigation: who may say yes (P2), how a change is proven (M1-M3), who is engaged (M4)": (
        "approvals",
        "mitigation",
        "reviews",
    ),
    "Communication: updates (C1) and the written summary (C2)": ("chat", "documents"),
    "Exit criteria (E1-E3)": ("exit_criteria",),
    "Steadyhand's own parts": ("receiver", "prefect"),
}
"""The tables of the file under the runbook's headings."""
_RULE = "# " + "-" * (WIDTH - 2)
_HEAD = f"""\
#:schema ./{SCHEMA_FILE}
#
# Steadyhand's target profile: every name of the runbook, as a default that can be changed.
#
# "# text" explains the setting below it. "#key = value" is a setting, at its default or as an example: remove
# the "#" to change it. Then run `steadyhand profile check`, and `steadyhand doctor`.
#
# Found as --profile FILE, else $STEADYHAND_PROFILE, else steadyhand.toml in the working directory.
# Single values are overridden by environment variables: __ between the names, lists and tables as JSON.
#     STEADYHAND_ORCHESTRATOR__URL=http://orchestrator.example.test:8000
#     STEADYHAND_ENVIRONMENTS__STAGING__PROMETHEUS__URL=http://prometheus.staging.example.test:9090
#
# Secrets stand here by reference only, and are read when they are needed:
#     {{ env = "NAME" }}      an environment variable
#     {{ file = "/path" }}    a file, best readable by its owner only
#     {{ block = "name" }}    a Secret block of the Prefect server named under [prefect]
#
# The first line names the schema for editors; `steadyhand profile schema > {SCHEMA_FILE}` writes it.
"""


def written() -> str:
    """The file: every key of every table once, at its default, under its description."""
    describe(Profile)
    fields = Profile.model_fields
    grouped = {name for names in GROUPS.values() for name in names}
    lines = [_HEAD]
    for name in (name for name in fields if name not in grouped):
        lines += [*_key((name,), fields[name], None), ""]
    for heading, names in GROUPS.items():
        lines += ["", _RULE, f"# {heading}", _RULE]
        for name in names:
            default = fields[name].get_default(call_default_factory=True)
            lines += _environments() if name == "environments" else _table((name,), default, None)
    return "\n".join(lines).rstrip() + "\n"


def _environments() -> Iterator[str]:
    """Production in full, so that each key is explained once; staging with the keys only."""
    production, staging = (("environments", name.value) for name in (Environment.PRODUCTION, Environment.STAGING))
    yield from _table(production, EnvironmentProfile(), None)
    more = f"The same keys as in production, and the same tables: [{as_toml((*staging, 'deployer'))}] and so on."
    yield from ("", *_prose(more), f"[{as_toml(staging)}]")
    for name, field in EnvironmentProfile.model_fields.items():
        if not members_of(field):
            yield from _setting(name, field, staging, EnvironmentProfile())


def _table(path: tuple[str, ...], section: Section, about: str | None) -> Iterator[str]:
    """A table that is there, at its defaults; then the tables in it."""
    yield from ("", *_prose(about or _first_paragraph(type(section))), f"[{as_toml(path)}]")
    yield from _keys(path, type(section), section)


def _keys(path: tuple[str, ...], model: type[BaseModel], section: Section | None) -> Iterator[str]:
    later = []
    for name, field in model.model_fields.items():
        if members_of(field) or named_tables(field):
            later.append((name, field))
        elif name != "kind":
            yield from _key((*path, name), field, section)
    for name, field in later:
        yield from _tables_in((*path, name), field, section)


def _tables_in(path: tuple[str, ...], field: FieldInfo, section: Section | None) -> Iterator[str]:
    default = getattr(section, path[-1], None)
    if isinstance(default, Section):
        yield from _table(path, default, field.description)
    elif named := named_tables(field):
        name, model = named
        yield from ("", *_prose(f"{field.description} For example:"), f"#[{as_toml((*path, name))}]")
        yield from _keys((*path, name), model, None)
    elif len(members := members_of(field)) == 1:
        yield from ("", *_prose(str(field.description)), f"#[{as_toml(path)}]")
    else:
        yield from ("", *_prose(f"{field.description} At most one of these:"))
        for member in members:
            yield from _kind(path, member)


def _kind(path: tuple[str, ...], model: type[BaseModel]) -> Iterator[str]:
    yield from ("#", *_prose(cleandoc(str(model.__doc__))))
    yield f"#[{as_toml(path)}]"
    yield "#" + assigned("kind", model.model_fields["kind"].default)
    yield from _keys(path, model, None)


def _key(path: tuple[str, ...], field: FieldInfo, section: Section | None) -> Iterator[str]:
    yield from _prose(f"{field.description}{' For example:' if field.examples else ''}")
    yield from _setting(path[-1], field, path[:-1], section)


def _setting(name: str, field: FieldInfo, path: tuple[str, ...], section: Section | None) -> Iterator[str]:
    """The key, commented out, with an example where there is no default that holds everywhere."""
    default = field.get_default(call_default_factory=True)
    value: Any = field.examples[0] if field.examples else getattr(section, name, default)
    if value is None or value is PydanticUndefined:
        raise TypeError(f"{as_toml((*path, name))} has no default to show; give its field examples=[...]")
    yield from ("#" + line for line in assigned(name, value).split("\n"))


def _first_paragraph(model: type[BaseModel]) -> str:
    return cleandoc(str(model.__doc__)).split("\n\n", maxsplit=1)[0]


def _prose(text: str) -> Iterator[str]:
    for paragraph in text.split("\n\n"):
        yield from (f"# {line}" for line in textwrap.wrap(" ".join(paragraph.split()), WIDTH - 2))
