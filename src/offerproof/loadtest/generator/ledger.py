"""What the coordinator writes into a run's folder: ``ledger.json``, the whole at the end, and ``seconds.jsonl``."""

from __future__ import annotations

from pathlib import Path

import msgspec

from offerproof.files import read_json, replace_whole
from offerproof.findings.load_records import SeriesSecond
from offerproof.loadtest.figures import Series
from offerproof.loadtest.generator.health import ClockOffset, WorkerHealth
from offerproof.loadtest.plan.load_plan import LoadPlan

LEDGER, SECONDS = "ledger.json", "seconds.jsonl"
SO_FAR = "so-far.json"
"""The ledger of a run that goes on, while it does."""


class Ending(msgspec.Struct):
    """Why a run ended before its time, and what was wrong with it."""

    because: str = ""
    problem: str = ""
    hint: str = ""
    our_fault: bool = False
    """Whether the problem is ours (provisioning, running dry, an error of ours): nothing follows for the target."""

    def blame_us(self, problem: str, hint: str = "") -> None:
        """Note a problem that is ours."""
        self.problem, self.hint, self.our_fault = problem, hint, True


class WorkerEntry(msgspec.Struct, kw_only=True):
    """What is known of one worker."""

    health: WorkerHealth = msgspec.field(default_factory=WorkerHealth)
    clock: ClockOffset | None = None
    parts: dict[str, int] = {}
    """Series → how many it contributed."""
    requests: int = 0
    log: str = ""
    """The file of its operations; empty when it recorded none."""
    lost: str = ""
    """Why nothing more is to be heard of it; empty: it reported to the end."""
    lost_customers: list[tuple[int, int]] = []
    """Whom it had then, as ranges of numbers (first, one past the last)."""


class RunLedger(msgspec.Struct, kw_only=True):
    """``ledger.json``: everything the coordinator knows at the end of a run."""

    plan: LoadPlan
    begun_utc: float = 0.0
    duration: float = 0.0
    """Seconds from the first arrival to the end of the workload (not of the drain)."""
    ending: Ending = msgspec.field(default_factory=Ending)
    workers: dict[str, WorkerEntry] = {}
    totals: dict[str, Series] = {}
    blocks: dict[str, list[Series]] = {}
    """The totals in stretches of time, without service latencies."""
    warm_up: dict[str, int] = {}
    finished: dict[str, int] = {}
    """By name: how many ended in time; what came later, in the drain, or got a 429 is only in ``totals``."""
    customers: int = 0
    shared: int = 0
    """So many of the first of them have the user offers that all workers fight for."""
    user_offers: int = 0
    operations: int = 0
    every: int = 1
    """Operations of every so many-th customer were recorded to the end."""

    @property
    def requests(self) -> int:
        """How many requests the workers sent."""
        return sum(worker.requests for worker in self.workers.values())

    @property
    def lost(self) -> dict[str, WorkerEntry]:
        """The workers that did not report to the end."""
        return {name: worker for name, worker in self.workers.items() if worker.lost}


def write_ledger(ledger: RunLedger, folder: Path, name: str = LEDGER) -> None:
    """Write ``ledger.json``, whole or not at all."""
    replace_whole(folder / name, msgspec.json.encode(ledger))


def read_ledger(folder: Path, name: str = LEDGER) -> RunLedger:
    """Read the ``ledger.json`` of a run's folder. Raises :class:`OSError` or :class:`ValueError`: there is none."""
    ledger: RunLedger = read_json((folder / name).read_bytes(), RunLedger)
    return ledger


def read_seconds(folder: Path) -> list[SeriesSecond]:
    """Read the ``seconds.jsonl`` of a run's folder, in order of time."""
    path = folder / SECONDS
    if not path.exists():
        return []
    decoder = msgspec.json.Decoder(SeriesSecond)
    rows = [decoder.decode(line) for line in path.read_bytes().splitlines()]
    return sorted(rows, key=lambda row: (row.second, row.name))
