"""An incident with a plan, and a target whose deployer is a program on disk."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from steadyhand.approving import ask
from steadyhand.changing import apply_step, revert_step
from steadyhand.domain.approval import Approval, ApprovalStatus, Gate
from steadyhand.domain.deployment import DesiredDeployment
from steadyhand.domain.incident import Environment
from steadyhand.domain.outcome import LedgerState
from steadyhand.domain.plan import Plan
from steadyhand.profile import CommandDeployer, Profile
from steadyhand.store import approvals, ledger
from steadyhand.store.database import Database
from steadyhand.store.ledger import LedgerRow
from tests.unit.made import NOW, RELEASED

PROGRAM = '''
"""A platform team's deployer. Its behaviour is told by `mode` in its state file."""
import json, pathlib, sys
file = pathlib.Path(__file__).with_name("target.json")
target = json.loads(file.read_text())
if sys.argv[1] == "state":
    if target["mode"] == "away":
        sys.exit("no route to host")
    print(json.dumps(target["deployed"]))
    sys.exit()
asked = json.load(sys.stdin)
target["applies"] += 1
if target["mode"] == "refuse" and asked["environment"]["PLANNING__ENABLED"] == "false":
    target["deployed"] |= asked | {"healthy": False}
    file.write_text(json.dumps(target))
    sys.exit("ValueError: planner cannot be disabled")
if target["mode"] != "lie":
    target["deployed"] |= asked | {"healthy": True}
file.write_text(json.dumps(target))
'''


@dataclass(frozen=True)
class Target:
    """The deployed world: what is deployed, how often it was changed, how the deployer behaves."""

    home: Path

    @property
    def _file(self) -> Path:
        return self.home / "target.json"

    def start(self) -> CommandDeployer:
        """The deployer's program is on disk, and `r2` is deployed."""
        (self.home / "deployer.py").write_text(PROGRAM)
        deployed = RELEASED.model_dump(mode="json")
        self._file.write_text(json.dumps({"deployed": deployed, "applies": 0, "mode": "obey"}))
        program = (sys.executable, str(self.home / "deployer.py"))
        return CommandDeployer(state=(*program, "state"), apply=(*program, "apply"), timeout_seconds=20)

    def behave(self, mode: str) -> None:
        """From now on: obey, refuse, lie or away."""
        self._file.write_text(json.dumps(json.loads(self._file.read_text()) | {"mode": mode}))

    def become(self, desired: DesiredDeployment) -> None:
        """Somebody else, or a crashed run, deployed this."""
        target = json.loads(self._file.read_text())
        target["deployed"] |= desired.model_dump()
        self._file.write_text(json.dumps(target))

    @property
    def deployed(self) -> DesiredDeployment:
        """What is deployed now."""
        found = json.loads(self._file.read_text())["deployed"]
        return DesiredDeployment(release=found["release"], environment=found["environment"])

    @property
    def applies(self) -> int:
        """How often the deployer was told to change something."""
        return int(json.loads(self._file.read_text())["applies"])


@dataclass(frozen=True)
class World:
    """An incident with a plan, and the target that the plan would change."""

    database: Database
    profile: Profile
    target: Target
    plan: Plan

    async def asked(self, *, yes: bool = True, digest: str | None = None) -> UUID:
        """The approval of this plan, or of another digest: answered, or still pending."""
        question = Approval(
            id=uuid4(),
            incident_id=self.plan.incident_id,
            generation=1,
            gate=Gate.MITIGATION,
            environment=Environment.PRODUCTION,
            digest=digest or self.plan.digest,
            question="?",
            status=ApprovalStatus.PENDING,
            requested_at=NOW,
            expires_at=NOW.replace(year=2030),
        )
        asked = await ask(self.database, question, policy=False)
        if yes:
            await self.settle(asked.id, ApprovalStatus.APPROVED)
        return asked.id

    async def settle(self, approval_id: UUID, status: ApprovalStatus) -> None:
        """The question is answered."""
        async with self.database.transaction() as connection:
            await approvals.settle(connection, approval_id, status, by="ada", via="test", at=NOW)

    async def apply(self, approval_id: UUID, *, position: int = 0, last_try: bool = True) -> LedgerRow:
        """The step is carried out."""
        return await apply_step(self.database, self.profile, self.plan, position, approval_id, last_try=last_try)

    async def approved(self) -> LedgerRow:
        """As `apply`, with a yes."""
        return await self.apply(await self.asked())

    async def revert(self, row: LedgerRow) -> LedgerRow:
        """The step is undone."""
        return await revert_step(self.database, self.profile, row)

    async def rows(self) -> tuple[LedgerRow, ...]:
        """The ledger."""
        async with self.database.transaction() as connection:
            return await ledger.of_incident(connection, self.plan.incident_id)

    async def move(self, row: LedgerRow, state: LedgerState) -> LedgerRow:
        """The ledger says so."""
        async with self.database.transaction() as connection:
            return await ledger.move(connection, row, state, at=NOW)
