"""The plan of a run: what the starting process tells Locust's processes, as one small JSON file and one message.

No credentials: each process reads the target profile, and the credentials it points to, by itself.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from offerproof.errors import Misuse
from offerproof.loadtest.plan.scenario import ScenarioFacts
from offerproof.loadtest.plan.thresholds import Threshold
from offerproof.loadtest.plan.workload import Workload

PLAN_VARIABLE = "OFFERPROOF_LOAD_PLAN"
TARGET_VARIABLE = "OFFERPROOF_LOAD_TARGET"
PARENT_VARIABLE = "OFFERPROOF_LOAD_PARENT"
"""Set where Locust was started by our command: it is to end when its standard input closes."""


class SupplyPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Customers and user offers of a run."""

    offers_per_customer: int = 3
    stock: int = 0
    """Customers made before the run begins; 0: as many as the workload lets expect."""
    customers: int = 0
    """A recycling of so many customers who come back again and again, with fresh user offers; 0: always new ones."""
    shared_offers: int = 0
    """User offers all workers fight for (0: as many as there are rushes)."""
    runs: str | None = None
    """Where runs are kept, and with them the ledgers of what is used up of pools; None: no ledgers (plain Locust)."""


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that all processes of a run agree on."""

    scenario: str
    facts: ScenarioFacts
    run_id: str
    nonce: str
    """Begins every transaction id of the run."""
    seed: int = 0
    workload: Workload | None = None
    """None: Locust decides how many users there are, for how long."""
    think: str = "none"
    """Between the steps of a visit and, in a closed workload, between visits."""
    slots: int = 64
    """Visits at the same time, all workers together (open workloads)."""
    folder: str | None = None
    """Where the coordinator writes; None: nothing is recorded (plain Locust)."""
    max_operations: int = 4_000_000
    """Records kept before whole customers are left out."""
    supply: SupplyPlan = SupplyPlan()
    rush_seconds: float = 0.5
    drain_seconds: float = 15.0
    load_rate: float | None = None
    """Requests a second the target may be asked, all workers together."""
    thresholds: tuple[Threshold, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether arrivals are planned, whatever the target does."""
        return self.workload is not None and self.workload.model == "open"


def write_plan(plan: LoadPlan, path: Path) -> None:
    """Write a plan."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plan)))


def read_plan(path: Path) -> LoadPlan:
    """Read a plan that :func:`write_plan` wrote."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LoadPlan)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as problem:
        raise Misuse(f"cannot read the load plan {path}: {problem}") from problem
