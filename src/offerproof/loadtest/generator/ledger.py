"""What the coordinator knows of a run: figures, workers, clocks; and how it is written into the run's folder.

``live.jsonl`` grows by a line a second while the run goes on, ``seconds.jsonl`` by one for each series; ``ledger.json``
is the whole, at the end. Plain Python.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from offerproof.findings.load_records import SeriesSecond
from offerproof.loadtest import figures
from offerproof.loadtest.figures import ALL_CALLS, Figures, Series, kind_of
from offerproof.loadtest.generator.health import ClockOffset, WorkerHealth
from offerproof.loadtest.generator.messages import WorkerReport
from offerproof.loadtest.plan.load_plan import LoadPlan

GRACE_S = 1
"""What ends within a second after the workload counts as in time: a backlog is longer, a last visit is not."""


class Live(msgspec.Struct, kw_only=True):
    """One line of ``live.jsonl``: the run as it is now."""

    at: float
    """Seconds since the run began."""
    second: int
    rate: float
    workflows: float
    p50: float
    p95: float
    p99: float
    errors: int
    total: int
    total_errors: int
    busy: int
    queued: int
    offers: int
    workers: int
    lost: int
    cpu: float


class EncodedSeries(msgspec.Struct):
    """A series as it is written down: encoded histograms and errors."""

    latency: str
    service: str
    errors: dict[str, int]

    def series(self) -> Series:
        """Return it as a series again."""
        found = Series()
        found.latency = figures.decode(self.latency)
        found.service = figures.decode(self.service)
        found.errors = dict(self.errors)
        return found


class RunLedger(msgspec.Struct, kw_only=True):
    """``ledger.json``: everything the coordinator knows at the end of a run."""

    plan: LoadPlan
    begun_utc: float
    duration: float
    """Seconds from the first arrival to the end of the workload (not of the drain)."""
    ended_because: str
    problem: str
    hint: str
    our_fault: bool
    """Whether the problem is ours (provisioning, running dry, an error of ours): nothing follows for the target."""
    totals: dict[str, EncodedSeries]
    warm_up: dict[str, int]
    finished: dict[str, int]
    """By name: how many ended in time; what came later, in the drain, or got a 429 is only in ``totals``."""
    parts: dict[str, dict[str, int]]
    health: dict[str, WorkerHealth]
    lost: dict[str, str]
    lost_customers: dict[str, list[tuple[int, int]]]
    clocks: dict[str, ClockOffset]
    logs: list[tuple[str, str]]
    customers: int
    user_offers: int
    given: dict[str, int]
    operations: int
    every: int
    requests: int
    workers: list[str]


class RunProgress:
    """The coordinator's memory during a run. Bounded: a second that is over is kept as a few numbers."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.figures = Figures()
        self.heard: dict[str, float] = {}
        self.final: set[str] = set()
        self.lost: dict[str, str] = {}
        self.lost_customers: dict[str, list[tuple[int, int]]] = {}
        self.clocks: dict[str, ClockOffset] = {}
        self.health: dict[str, WorkerHealth] = {}
        self.seconds: list[SeriesSecond] = []
        self.finished: dict[str, int] = {}
        self.waiting: list[tuple[str, int]] = []
        self.problem = self.hint = self.ended_because = ""
        self.our_fault = False
        self.used = self.operations = self.operations_before = 0
        self.every = 1
        self.register = (0, 0)
        self.given: dict[str, int] = {}
        self._begun = 0
        self._begun_utc = 0.0
        self._ended = 0
        self._sent: dict[str, int] = {}
        self._now: dict[str, WorkerReport] = {}
        self._shown = -1
        self._live: list[Live] = []

    def begin(self, begun_ns: int) -> None:
        """The run begins at this instant of our clock."""
        self._begun = begun_ns
        self._begun_utc = time.time() + (begun_ns - time.monotonic_ns()) / 1e9

    def end(self) -> None:
        """The workload is over; what follows is the drain."""
        self._ended = time.monotonic_ns()

    def offset_of(self, worker: str) -> int:
        """Return what is added to our clock to get the worker's, in nanoseconds."""
        return self.clocks.get(worker, ClockOffset()).offset

    def add(self, worker: str, report: WorkerReport) -> None:
        """Take in a worker's report."""
        self.heard[worker] = time.monotonic()
        self.lost.pop(worker, None)
        second = report.second
        self.figures.add(worker, second, report.figures)
        self.figures.add(worker, second, report.warm_up, warm_up=True)
        health = self.health.setdefault(worker, WorkerHealth())
        if second >= self._warm_up() and not report.final:
            health.add(report.health)
        self._sent[worker] = report.sent
        self._now[worker] = report
        if report.final:
            self.final.add(worker)

    def tick(self, now: float) -> bool:
        """Close the seconds that all workers have reported; true when a new line of the live file is due."""
        for second, slices in self.figures.drop_before(int(now) - 3):
            self._close(second, slices)
        if int(now) > self._shown and now >= 0:
            self._shown = int(now)
            return True
        return False

    def _close(self, second: int, slices: dict[str, Series]) -> None:
        workload = self.plan.workload
        within = workload is None or second < workload.duration + GRACE_S
        for name, series in slices.items():
            values = figures.percentiles(series.latency, (50.0, 95.0, 99.0, 100.0))
            p50, p95, p99, highest = (round(value, 3) for value in values)
            count, wrong = series.count, series.wrong
            self.seconds.append(
                SeriesSecond(
                    name=name, second=second, count=count, errors=wrong, p50=p50, p95=p95, p99=p99, max=highest
                )
            )
            if within:
                self.finished[name] = self.finished.get(name, 0) + series.served

    def _warm_up(self) -> float:
        workload = self.plan.workload
        return workload.warm_up if workload else 0.0

    def recent_rate(self) -> float:
        """Return workflows finished a second, lately; before anything is known, what the workload asks for."""
        if not self._live:
            workload = self.plan.workload
            return workload.level(0.0) if workload and workload.model == "open" else 50.0
        return max(line.workflows for line in self._live[-5:])

    def only_errors(self, seconds: int, calls: int) -> bool:
        """Whether nothing but errors came back for so many seconds."""
        last = self._live[-seconds:]
        if len(last) < seconds:
            return False
        total = sum(line.rate for line in last)
        return total >= calls and sum(line.errors for line in last) >= 0.98 * total

    def write_live(self, folder: Path | None, now: float, offers_waiting: int) -> None:
        """Write the line of the second before the last: by now every worker has reported it."""
        second = int(now) - 2
        slices = self.figures.slices.get(second, {})
        all_calls = slices.get(ALL_CALLS, Series())
        p50, p95, p99 = figures.percentiles(all_calls.latency, (50.0, 95.0, 99.0))
        total = self.figures.total.get(ALL_CALLS, Series())
        flows = sum(series.count for name, series in slices.items() if kind_of(name) == "workflow")
        reports = self._now.values()
        line = Live(
            at=round(now, 2),
            second=second,
            rate=all_calls.count,
            workflows=flows,
            p50=p50,
            p95=p95,
            p99=p99,
            errors=all_calls.wrong,
            total=total.count,
            total_errors=total.wrong,
            busy=sum(report.busy for report in reports),
            queued=sum(report.queued for report in reports),
            offers=offers_waiting + sum(report.offers for report in reports),
            workers=len(self.heard),
            lost=len(self.lost),
            cpu=max((one.health.cpu_s / max(one.health.wall_s, 0.001) for one in reports), default=0.0),
        )
        self._live = [*self._live[-30:], line]
        self._write_seconds(folder)
        if folder is not None:
            with (folder / "live.jsonl").open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")

    def _write_seconds(self, folder: Path | None) -> None:
        """Move the closed seconds from memory to ``seconds.jsonl``: a soak may last for days."""
        rows, self.seconds = self.seconds, []
        if folder is not None and rows:
            with (folder / "seconds.jsonl").open("ab") as file:
                file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)

    def ledger(self, logs: list[tuple[str, str]]) -> RunLedger:
        """Return the whole."""
        for second, slices in self.figures.drop_before(1 << 40):
            self._close(second, slices)
        ended = self._ended or time.monotonic_ns()
        return RunLedger(
            plan=self.plan,
            begun_utc=self._begun_utc,
            duration=max(0.0, (ended - self._begun) / 1e9) if self._begun else 0.0,
            ended_because=self.ended_because,
            problem=self.problem,
            hint=self.hint,
            our_fault=self.our_fault,
            totals={
                name: EncodedSeries(figures.encode(series.latency), figures.encode(series.service), series.errors)
                for name, series in self.figures.total.items()
            },
            warm_up={name: series.count for name, series in self.figures.warm_up.items()},
            finished=self.finished,
            parts=self.figures.parts,
            health=self.health,
            lost=self.lost,
            lost_customers=self.lost_customers,
            clocks={worker: clock for worker, clock in self.clocks.items() if worker in self.heard},
            logs=logs,
            customers=self.register[0],
            user_offers=self.register[1],
            given=self.given,
            operations=self.operations,
            every=self.every,
            requests=sum(self._sent.values()),
            workers=sorted(self.heard),
        )

    def write(self, folder: Path, logs: list[tuple[str, str]]) -> None:
        """Write ``ledger.json``, whole or not at all."""
        half = folder / "ledger.json.part"
        half.write_bytes(msgspec.json.encode(self.ledger(logs)))
        self._write_seconds(folder)
        half.rename(folder / "ledger.json")


def read_seconds(folder: Path) -> list[SeriesSecond]:
    """Read the ``seconds.jsonl`` of a run's folder, in order of time."""
    path = folder / "seconds.jsonl"
    if not path.exists():
        return []
    decoder = msgspec.json.Decoder(SeriesSecond)
    rows = [decoder.decode(line) for line in path.read_bytes().splitlines()]
    return sorted(rows, key=lambda row: (row.second, row.name))


def read_ledger(folder: Path) -> RunLedger:
    """Read the ``ledger.json`` of a run's folder."""
    return msgspec.json.decode((folder / "ledger.json").read_bytes(), type=RunLedger)
