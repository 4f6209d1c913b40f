"""What the alert rules say of team, environment and service (D5, T1): pure."""

import re
from collections.abc import Callable, Iterable, Sequence

from steadyhand.doctor.checkup import Seen, drift, ok
from steadyhand.doctor.monitoring import Rule
from steadyhand.doctor.nearest import nearest
from steadyhand.profile import Alertmanager

_SHOWN = 3
_AGGREGATION = re.compile(
    r"\b(?:sum|min|max|avg|group|stddev|stdvar|count|count_values|bottomk|topk|quantile)\b"
    r"\s*(?:(by|without)\s*\(([^)]*)\))?"
)
_LATE_GROUPING = re.compile(r"\)\s*(by|without)\s*\(([^)]*)\)")
_NO_DATA = re.compile(r"\b(?:absent|absent_over_time|vector|scalar)\s*\(")
_LABELLED = re.compile(r"""\b(\w+)\s*=\s*["']""")
Line = Callable[[str, str], str | None]


def judged_team(rules: Sequence[Rule], settings: Alertmanager, line: Line) -> Seen:
    """Whether any alert rule is of the tools team. `line` gives the profile's line for a key of [alertmanager]."""
    label, team = settings.team_label, settings.tools_team
    ours = [rule.name for rule in rules if rule.labels.get(label) == team]
    if ours:
        return ok(f"{len(ours)} of {len(rules)} alert rules carry {label}={team!r}: {', '.join(sorted(ours)[:_SHOWN])}")
    teams = {rule.labels[label] for rule in rules if label in rule.labels}
    if near := nearest(team, teams):
        return drift(f"no alert rule carries {label}={team!r}", nearest=near, remedy=line("tools_team", near))
    others = sorted({name for rule in rules for name, value in rule.labels.items() if value == team})
    names = {name for rule in rules for name in rule.labels}
    real = others[0] if others else nearest(label, names - {label})
    has = f"of {label} there is {', '.join(sorted(teams)[:_SHOWN])}" if teams else f"none carries {label}"
    told = f"no alert rule carries {label}={team!r}: of {len(rules)} rules, {has}"
    return drift(told, nearest=real, remedy=line("team_label", real) if real else None)


def judged_key(rules: Sequence[Rule], wanted: Iterable[str]) -> Seen:
    """Whether alerts keep the labels that are an incident's key; without them the profile's [intake] decides."""
    wanted = tuple(wanted)
    if not rules:
        return drift("Prometheus has no alert rule: nothing will page")
    losing = {rule.name: lost for rule in rules if (lost := [name for name in wanted if not carries(rule, name)])}
    if not losing:
        return ok(f"alerts of {len(rules)} rules carry {' and '.join(wanted)}")
    told = "; ".join(f"{name} loses {', '.join(lost)}" for name, lost in sorted(losing.items())[:_SHOWN])
    return drift(f"{len(losing)} of {len(rules)} alert rules: {told}; such alerts go where [intake] says")


def carries(rule: Rule, label: str) -> bool:
    """Whether the rule's alerts have this label: added, or left by each aggregation of its expression."""
    if rule.labels.get(label):
        return True
    if _NO_DATA.search(rule.query) and label not in _LABELLED.findall(rule.query):
        return False
    late = [_keeps(kind, names, label) for kind, names in _LATE_GROUPING.findall(rule.query)]
    found = [_keeps(kind, names, label) for kind, names in _AGGREGATION.findall(rule.query) if kind]
    bare = sum(not kind for kind, _ in _AGGREGATION.findall(rule.query))
    return all(found) and all(late) and bare <= len(late)


def _keeps(kind: str, names: str, label: str) -> bool:
    listed = label in {name.strip() for name in names.split(",")}
    return listed if kind == "by" else not listed
