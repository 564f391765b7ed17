"""What the coordinator knows of a run while it goes on: figures and workers; a line a second for whoever watches."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

from offerproof.contract import utc_us
from offerproof.findings import distribution
from offerproof.findings.load_records import ALL_CALLS, SeriesSecond
from offerproof.loadtest.figures import Figures, Series, kind_of
from offerproof.loadtest.generator.health import ClockOffset
from offerproof.loadtest.generator.ledger import SECONDS, Ending, RunLedger, WorkerEntry
from offerproof.loadtest.generator.messages import WorkerReport
from offerproof.loadtest.plan.load_plan import LoadPlan

LIVE = "live.jsonl"
GRACE_S = 1
"""What ends within a second after the workload counts as in time: a backlog is longer, a last visit is not."""


class Provisioned(msgspec.Struct, tag=True):
    """One line of ``live.jsonl`` before the run begins: how much of what it needs is there."""

    made: int
    wanted: int


class Live(msgspec.Struct, kw_only=True, tag=True):
    """One line of ``live.jsonl``: the run as it is now."""

    at: float
    """Seconds since the run began."""
    rate: float
    workflows: float
    p50: float | None
    p95: float | None
    p99: float | None
    """Milliseconds; None: too few."""
    errors: int
    total: int
    total_errors: int
    busy: int
    queued: int
    offers: int
    workers: int
    lost: int
    cpu: float


class RunProgress:
    """The coordinator's memory during a run. Bounded: a second that is over is kept as a few numbers."""

    def __init__(self, plan: LoadPlan) -> None:
        self.plan = plan
        self.figures = Figures()
        self.ending = Ending()
        self.workers: dict[str, WorkerEntry] = {}
        self.clocks: dict[str, ClockOffset] = {}
        self.finished: dict[str, int] = {}
        self._reports: dict[str, WorkerReport] = {}
        """The last of each worker."""
        self._heard: dict[str, float] = {}
        self._seconds: list[SeriesSecond] = []
        self._begun = self._ended = 0
        self._begun_utc = 0.0
        self._shown = -1
        self._live: list[Live] = []

    def begin(self, begun_ns: int, workers: Iterable[str]) -> None:
        """The run begins at this instant of our clock, with these workers."""
        self._begun = begun_ns
        self._begun_utc = utc_us() / 1e6 + (begun_ns - time.monotonic_ns()) / 1e9
        self.workers = {worker: WorkerEntry(clock=self.clocks.get(worker)) for worker in workers}
        self._heard = dict.fromkeys(self.workers, begun_ns / 1e9 + 1.0)  # when their first report is due

    def end(self) -> None:
        """The workload is over; what follows is the drain."""
        self._ended = time.monotonic_ns()

    def offset_of(self, worker: str) -> int:
        """Return what is added to our clock to get the worker's, in nanoseconds."""
        return self.clocks.get(worker, ClockOffset()).offset

    def add(self, worker: str, report: WorkerReport) -> None:
        """Take in a worker's report."""
        entry = self.workers.setdefault(worker, WorkerEntry())
        entry.lost, entry.requests = "", report.sent
        self._heard[worker], self._reports[worker] = time.monotonic(), report
        self.figures.add(worker, report.second, report.figures)
        self.figures.add(worker, report.second, report.warm_up, warm_up=True)
        if report.second >= self._warm_up() and not report.final:
            entry.health.add(report.health)

    def at_work(self) -> list[str]:
        """Return the workers that have not given their last report, and may."""
        return [name for name, entry in self.workers.items() if not (entry.lost or self._is_done(name))]

    def notice_lost(self, silent_s: float) -> None:
        """Take those for lost that were not heard of for so long."""
        limit = time.monotonic() - silent_s
        for worker in self.at_work():
            if self._heard[worker] < limit:
                self.workers[worker].lost = f"not heard of for {silent_s:.0f} s"

    def _is_done(self, worker: str) -> bool:
        report = self._reports.get(worker)
        return report is not None and report.final

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
            p50, p95, p99 = distribution.percentiles(series.latency, (50.0, 95.0, 99.0))
            highest = round(distribution.longest(series.latency), 3)
            count, wrong = series.count, series.wrong
            self._seconds.append(
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
        slices = self.figures.slices.get(int(now) - 2, {})
        all_calls = slices.get(ALL_CALLS, Series())
        p50, p95, p99 = distribution.percentiles(all_calls.latency, (50.0, 95.0, 99.0))
        total = self.figures.total.get(ALL_CALLS, Series())
        reports = self._reports.values()
        line = Live(
            at=round(now, 2),
            rate=all_calls.count,
            workflows=sum(series.count for name, series in slices.items() if kind_of(name) == "workflow"),
            p50=p50,
            p95=p95,
            p99=p99,
            errors=all_calls.wrong,
            total=total.count,
            total_errors=total.wrong,
            busy=sum(report.busy for report in reports),
            queued=sum(report.queued for report in reports),
            offers=offers_waiting + sum(report.offers for report in reports),
            workers=len(self._reports),
            lost=sum(bool(entry.lost) for entry in self.workers.values()),
            cpu=max((one.health.cpu_s / max(one.health.wall_s, 0.001) for one in reports), default=0.0),
        )
        self._live = [*self._live[-30:], line]
        self.write_seconds(folder)
        self.show(folder, line)

    def show(self, folder: Path | None, line: Live | Provisioned) -> None:
        """Add a line to the live file."""
        if folder is not None:
            with (folder / LIVE).open("ab") as file:
                file.write(msgspec.json.encode(line) + b"\n")

    def write_seconds(self, folder: Path | None) -> None:
        """Move the closed seconds from memory to ``seconds.jsonl``: a soak may last for days."""
        rows, self._seconds = self._seconds, []
        if folder is not None and rows:
            with (folder / SECONDS).open("ab") as file:
                file.writelines(msgspec.json.encode(row) + b"\n" for row in rows)

    def ledger(self) -> RunLedger:
        """Return the whole, as far as it is known here."""
        for second, slices in self.figures.drop_before(1 << 40):
            self._close(second, slices)
        for worker, entry in self.workers.items():
            entry.parts = self.figures.parts.get(worker, {})
        return self.so_far()

    def so_far(self) -> RunLedger:
        """Return what is known of a run that goes on."""
        ended = self._ended or time.monotonic_ns()
        return RunLedger(
            plan=self.plan,
            begun_utc=self._begun_utc,
            duration=max(0.0, (ended - self._begun) / 1e9) if self._begun else 0.0,
            ending=self.ending,
            workers=self.workers,
            totals=self.figures.total,
            warm_up={name: series.count for name, series in self.figures.warm_up.items()},
            finished=self.finished,
            blocks=self.figures.blocks.by_name(),
        )
