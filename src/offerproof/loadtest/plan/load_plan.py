"""The plan of a run: what the starting process tells Locust's processes, as one small JSON file and one message.

No credentials: each process reads the target profile, and the credentials it points to, by itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from offerproof.errors import Misuse
from offerproof.loadtest.plan.thresholds import Threshold
from offerproof.loadtest.plan.workload import Phase, Workload

PLAN_VARIABLE = "OFFERPROOF_LOAD_PLAN"
TARGET_VARIABLE = "OFFERPROOF_LOAD_TARGET"
PARENT_VARIABLE = "OFFERPROOF_LOAD_PARENT"
"""Set where Locust was started by our command: it is to end when its standard input closes."""


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that all processes of a run agree on."""

    scenario: str
    run_id: str
    nonce: str
    """Begins every transaction id of the run."""
    seed: int = 0
    model: str = "closed"
    spacing: str = "constant"
    phases: tuple[tuple[float, float, float, bool], ...] = ()
    """Seconds, start, end, warm-up; empty: Locust decides how many users there are, for how long."""
    think: str = "none"
    """Between the steps of a visit and, in a closed workload, between visits."""
    slots: int = 64
    """Visits at the same time, all workers together (open workloads)."""
    folder: str | None = None
    """Where the coordinator writes; None: nothing is recorded (plain Locust)."""
    runs: str | None = None
    """Where runs are kept, and with them the ledgers of what is used up of pools; None: no ledgers (plain Locust)."""
    max_operations: int = 4_000_000
    """Records kept before whole customers are left out."""
    offers_per_customer: int = 3
    stock: int = 0
    """Customers made before the run begins; 0: as many as the workload lets expect."""
    customers: int = 0
    """A recycling of so many customers who come back again and again, with fresh user offers; 0: always new ones."""
    rush_seconds: float = 0.5
    shared_offers: int = 0
    """User offers all workers fight for (0: as many as there are rushes)."""
    drain_seconds: float = 15.0
    load_rate: float | None = None
    """Requests a second the target may be asked, all workers together."""
    thresholds: tuple[Threshold, ...] = ()
    processes: int = 1

    @property
    def workload(self) -> Workload | None:
        """The workload, when the plan has one."""
        if not self.phases:
            return None
        phases = tuple(Phase(*row) for row in self.phases)
        open_, poisson = self.model == "open", self.spacing == "poisson"
        return Workload("open" if open_ else "closed", phases, "poisson" if poisson else "constant")

    @property
    def workload_peak(self) -> float:
        """The highest level of the workload; 0 without one."""
        return max((max(row[1], row[2]) for row in self.phases), default=0.0)

    def with_workload(self, workload: Workload) -> LoadPlan:
        """Return the plan with another workload."""
        rows = tuple((phase.seconds, phase.start, phase.end, phase.warm_up) for phase in workload.phases)
        return msgspec.structs.replace(self, model=workload.model, spacing=workload.spacing, phases=rows)


def write_plan(plan: LoadPlan, path: Path) -> None:
    """Write a plan."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(plan)))


def read_plan(path: Path) -> LoadPlan:
    """Read a plan that :func:`write_plan` wrote."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=LoadPlan)
    except (OSError, msgspec.DecodeError, msgspec.ValidationError) as problem:
        raise Misuse(f"cannot read the load plan {path}: {problem}") from problem


def to_message(plan: LoadPlan) -> dict[str, Any]:
    """Return a plan as plain values."""
    plain: dict[str, Any] = msgspec.to_builtins(plan)
    return plain


def from_message(plain: dict[str, Any]) -> LoadPlan:
    """Return what :func:`to_message` was given."""
    return msgspec.convert(plain, LoadPlan)
