"""The rehearsals: what is broken, what must be found, what must be planned, and how it must end.

`python -m tests.e2e.scenarios` prints docs/rehearsals.md; test_scenarios.py runs each of them on real parts.
"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from steadyhand.domain.approval import Decision
from steadyhand.domain.evidence import Verdict
from steadyhand.domain.incident import Incident
from steadyhand.domain.outcome import LedgerState
from tests.e2e import happenings
from tests.e2e.rehearsed import World

OK, BAD, UNKNOWN = Verdict.OK, Verdict.BAD, Verdict.UNKNOWN
Happening = Callable[[World, Incident], Awaitable[None]]


async def nothing(_: World, __: Incident) -> None:
    """Nothing else happens."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """One rehearsal.

    `findings` are the verdicts that matter; `plan` the requirements of its steps, in order; `reviewer` whether the plan
    engages one (None: that depends on which alert comes first); `outcomes` where each step that was tried came to rest.
    `opened` happens when the incident is open and nobody has looked, `asked` while the gate is open, `decided` after
    the decision. With `closes` the weekly sync can close the incident in the end (what is still broken is mended first
    where `mended`); without, the exit criteria keep it open. `profile` is added to the stage's.
    """

    name: str
    what: str
    faults: tuple[str, ...]
    findings: dict[str, Verdict]
    plan: tuple[str, ...] = ()
    reviewer: bool | None = True
    decision: Decision = Decision.APPROVE
    outcomes: tuple[LedgerState, ...] = ()
    closes: bool = True
    mended: bool = False
    told: tuple[str, ...] = ()
    opened: Happening = nothing
    asked: Happening = nothing
    decided: Happening = nothing
    deployed: dict[str, str] = field(default_factory=dict)
    profile: str = ""

    @property
    def end(self) -> str:
        """In words."""
        tried = ", ".join(self.outcomes) or "nothing changed"
        closing = "closed" if self.closes else "stays open: the exit criteria are unmet"
        return f"{tried}; {'mended by a person, ' if self.mended else ''}{closing}"


KEPT, REVERTED, REFUSED = LedgerState.KEPT, LedgerState.REVERTED, LedgerState.REFUSED
PLANNER_OFF = {"PLANNING__ENABLED": "false"}
SEQUENTIAL = {"SCHEDULING__BACKEND": "sequential"}

SCENARIOS = (
    Scenario(
        name="bad release",
        what="a release whose aggregation has a bug that its own suite finds",
        faults=("bad-release",),
        findings={"regression_suite": BAD, "planner_contract_failures": OK, "hardening_workflow": UNKNOWN},
        plan=("M1",),
        outcomes=(KEPT,),
        told=("release: 2.8.0 -> 2.7.0", "fails 2 of 2 runs", "tests pass on 2.7.0"),
        deployed={"release": "2.7.0"},
    ),
    Scenario(
        name="two faults at once",
        what="the planner breaks its contract while the queue starves",
        faults=("planner-contract",),
        findings={"planner_contract_failures": BAD, "task_queue": BAD, "reachability": BAD, "last_backup": OK},
        plan=("M3", "M2"),
        outcomes=(KEPT, KEPT),
        opened=happenings.the_queue_starves_too,
        deployed={**PLANNER_OFF, **SEQUENTIAL},
        # Once the queue starves no task fails any more: the window of the spike must reach back to before.
        profile="[environments.production.prometheus]\nspike_window_seconds = 60\n",
    ),
    Scenario(
        name="the change is refused",
        what="the planner breaks its contract, and the service dies at boot on any changed variable",
        faults=("planner-contract", "refuses-config"),
        findings={"planner_contract_failures": BAD},
        plan=("M2",),
        outcomes=(REFUSED,),
        mended=True,
        told=("the target refused the change", "the former state is back and serving", "M4 review"),
        deployed={"PLANNING__ENABLED": "true"},
    ),
    Scenario(
        name="the change has no effect",
        what="the deployer says done, the health is fine, and the counter goes on",
        faults=("planner-contract", "no-effect"),
        findings={"planner_contract_failures": BAD},
        plan=("M2",),
        outcomes=(REVERTED,),
        mended=True,
        told=("not proven within 25 s", "M4 review"),
        deployed={"PLANNING__ENABLED": "true"},
    ),
    Scenario(
        name="bait: slow tools",
        what="every tool is slow, so tasks pile up: a long queue that is not starved",
        faults=("tool-latency",),
        findings={"tool_adapters": BAD, "active_alerts": BAD, "planner_contract_failures": OK},
        reviewer=None,
        mended=True,
        told=("tools or guardrails are in trouble", "a person is needed"),
    ),
    Scenario(
        name="bait: guardrails",
        what="documents with personal data: guardrails withhold most outputs, tasks fail, no change of ours would help",
        faults=("guardrail-trips",),
        findings={"active_alerts": BAD, "planner_contract_failures": OK},
        reviewer=None,
        mended=True,
        told=("a person is needed",),
    ),
    Scenario(
        name="bait: red on both releases",
        what="the planner's model is broken, so the suite fails on every release: no reason to roll back",
        faults=("bad-release", "planner-contract"),
        findings={"regression_suite": BAD, "planner_contract_suite": BAD},
        plan=("M2",),
        outcomes=(KEPT,),
        closes=False,
        opened=happenings.the_counter_spikes,
        told=("was red before this incident", "M4 review"),
        deployed={"release": "2.8.0", **PLANNER_OFF},
    ),
    Scenario(
        name="it clears by itself",
        what="the planner's model recovers while the plan waits; the person says no",
        faults=("planner-contract",),
        findings={"planner_contract_failures": BAD},
        plan=("M2",),
        decision=Decision.REJECT,
        asked=happenings.it_clears,
        told=("Nothing was changed: the plan was rejected by",),
        deployed={"PLANNING__ENABLED": "true"},
    ),
    Scenario(
        name="Prometheus hangs",
        what="Prometheus does not answer while the evidence is gathered, and comes back while the plan waits",
        faults=("planner-contract",),
        findings={"planner_contract_failures": UNKNOWN, "planner_contract_suite": BAD},
        plan=("M2",),
        outcomes=(KEPT,),
        opened=happenings.prometheus_hangs,
        asked=happenings.prometheus_answers,
        deployed=PLANNER_OFF,
    ),
    Scenario(
        name="Jenkins and GitHub hang",
        what="the helpers are away; the hands are not",
        faults=("planner-contract",),
        findings={"last_backup": UNKNOWN, "hardening_workflow": UNKNOWN, "planner_contract_failures": BAD},
        plan=("M2",),
        outcomes=(KEPT,),
        opened=happenings.neighbours_hang,
        asked=happenings.neighbours_answer,
        deployed=PLANNER_OFF,
        profile="".join(f"[environments.production.{one}]\ntimeout_seconds = 2\n" for one in ("jenkins", "github")),
    ),
    Scenario(
        name="the deploy dies half-way",
        what="the run's process and the deployer are killed while the change is being applied",
        faults=("planner-contract",),
        findings={"planner_contract_failures": BAD},
        plan=("M2",),
        outcomes=(KEPT,),
        decided=happenings.the_deploy_dies,
        deployed=PLANNER_OFF,
    ),
    Scenario(
        name="the service is down",
        what="the orchestrator dies at every start: nothing to change, a reviewer cannot even be assigned",
        faults=("down",),
        findings={"reachability": BAD, "recent_tasks": UNKNOWN, "task_queue": UNKNOWN},
        mended=True,
        told=("the orchestrator is not healthy", "M4 could not assign the review", "a person is needed"),
    ),
)


def document() -> str:
    """docs/rehearsals.md."""
    head = (
        "<!-- Generated: `make docs`. -->",
        "# Rehearsals",
        "",
        "Each is run end to end on real parts by `tests/e2e/test_scenarios.py` (`make rehearsals` prints the results):",
        "a real fault in the reference orchestrator, its real alert, a person, a real redeploy.",
        "",
        "| rehearsal | what is broken | must be found | must be planned | must end |",
        "|---|---|---|---|---|",
    )
    return "\n".join((*head, *(_row(one) for one in SCENARIOS), ""))


def _row(scenario: Scenario) -> str:
    found = "<br>".join(f"{probe}: {verdict}" for probe, verdict in scenario.findings.items())
    planned = ", ".join(scenario.plan) or "ask a person"
    planned += {True: "; else M4", None: "; M4 if the severity is high", False: ""}[scenario.reviewer]
    return f"| {scenario.name} | {scenario.what} | {found} | {planned} | {scenario.end} |"


if __name__ == "__main__":
    sys.stdout.write(document())
