"""What is known of the generator itself: was it the limit, and how do the clocks of its workers stand to each other?

Clocks are measured by round trips, again and again while the run goes on: a message leaves the worker, the coordinator
answers with its own time, and the answer arrives. The coordinator's time was taken somewhere between; taken as the
middle it is wrong by half the round trip at most. Nanoseconds of ``monotonic_ns``.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec

from offerproof.findings.distribution import cut

TICK_S = 0.02
LAG_LIMIT_MS = 50.0
CPU_LIMIT = 0.92
LATE_LIMIT = 0.01
QUIETER = "lower --rate, or give the generator a free core"
SPREAD = "lower --rate, or spread it with --processes or --master and --worker"


class HealthSample(msgspec.Struct, frozen=True, array_like=True):
    """What one worker noticed of itself in about a second."""

    wall_s: float
    cpu_s: float
    lag_p99_ms: float
    lag_max_ms: float
    arrivals: int
    late: int
    no_slot: int
    starved: int
    lags: dict[int, int] = {}
    """How much later than asked for the loop came back, in microseconds → how often."""


class Health:
    """What one worker notices of itself."""

    def __init__(self) -> None:
        self.arrivals = 0
        self.late = 0
        self.no_slot = 0
        self.starved = 0
        self._lags: list[int] = []
        self._wall = time.monotonic()
        self._cpu = time.process_time()

    def watch(self, sleep: Callable[[float], None]) -> None:
        """Sleep again and again, and note how much later than asked for the loop came back (for ever)."""
        while True:
            before = time.monotonic_ns()
            sleep(TICK_S)
            self._lags.append(max(0, time.monotonic_ns() - before - int(TICK_S * 1e9)))

    def take(self) -> HealthSample:
        """Return what was noticed since the last time."""
        wall, cpu = time.monotonic(), time.process_time()
        lags, self._lags = sorted(self._lags), []
        taken = HealthSample(
            wall - self._wall,
            cpu - self._cpu,
            lags[int(len(lags) * 0.99)] / 1e6 if lags else 0.0,
            lags[-1] / 1e6 if lags else 0.0,
            self.arrivals,
            self.late,
            self.no_slot,
            self.starved,
            _counted(lags),
        )
        self._wall, self._cpu = wall, cpu
        self.arrivals = self.late = self.no_slot = self.starved = 0
        return taken


def _counted(lags: list[int]) -> dict[int, int]:
    """Count lags (nanoseconds) by microseconds; what was due while the loop was away is counted as late as it was."""
    tick, counts = int(TICK_S * 1e6), dict[int, int]()
    for lag in lags:
        for late in range(lag // 1000, -1, -tick):
            counts[cut(late)] = counts.get(cut(late), 0) + 1
    return counts


class WorkerHealth(msgspec.Struct):
    """A worker's health over the judged time of a run."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    lags: dict[int, int] = {}
    """Of all seconds: microseconds → how often."""
    lag_p99_ms: float = 0.0
    """The worst second's 99th percentile."""
    lag_max_ms: float = 0.0
    arrivals: int = 0
    late: int = 0
    no_slot: int = 0
    starved: int = 0
    slow_seconds: int = 0
    """Seconds in which the loop's lag exceeded the limit."""
    busy_seconds: int = 0
    """Seconds in which the worker used up its core."""
    seconds: int = 0

    def add(self, taken: HealthSample) -> None:
        """Add one second."""
        self.wall_s += taken.wall_s
        self.cpu_s += taken.cpu_s
        for late, count in taken.lags.items():
            self.lags[late] = self.lags.get(late, 0) + count
        self.lag_p99_ms = max(self.lag_p99_ms, taken.lag_p99_ms)
        self.lag_max_ms = max(self.lag_max_ms, taken.lag_max_ms)
        self.arrivals += taken.arrivals
        self.late += taken.late
        self.no_slot += taken.no_slot
        self.starved += taken.starved
        self.seconds += 1
        self.slow_seconds += taken.lag_p99_ms > LAG_LIMIT_MS
        self.busy_seconds += taken.wall_s > 0.2 and taken.cpu_s / taken.wall_s > CPU_LIMIT

    @property
    def cpu_share(self) -> float:
        """The share of one core it used."""
        return self.cpu_s / self.wall_s if self.wall_s else 0.0

    def was_the_limit(self, *, open_model: bool) -> str:
        """Return why the generator, and not the target, may have been the limit; nothing when it was not."""
        return self._started_late(open_model) or self._out_of_breath(open_model)

    def late_alone(self, *, open_model: bool) -> bool:
        """Whether all that may be held against it is that it started some arrivals late."""
        return not self._out_of_breath(open_model)

    def _started_late(self, open_model: bool) -> str:
        if not open_model or not self.arrivals or self.late / self.arrivals <= LATE_LIMIT:
            return ""
        what = f"{self.late} of {self.arrivals} arrivals were started late by the generator itself"
        return f"{what}, on a machine too busy for this rate; {QUIETER}"

    def _out_of_breath(self, open_model: bool) -> str:
        if self.seconds and self.slow_seconds / self.seconds > 0.2:
            where = f"in {self.slow_seconds} of {self.seconds} s"
            return f"the generator's loop lagged more than {LAG_LIMIT_MS:.0f} ms {where}; {QUIETER}"
        if open_model and self.seconds and self.busy_seconds / self.seconds > 0.2:
            return f"the generator used up its core in {self.busy_seconds} of {self.seconds} s; {SPREAD}"
        if self.starved > 0.05 * max(self.arrivals, 1) and self.starved > 20:
            return f"users waited {self.starved} times for customers: provisioning was the limit"
        return ""


def best_of(round_trips: list[tuple[int, int]], *, same_host: bool) -> tuple[int, int]:
    """Return offset (worker's clock minus coordinator's) and the bound of its error, from (round trip, offset) pairs.

    On one host there is one clock, and the error is none; unless the measurement says otherwise (a namespace of its
    own has a clock of its own)."""
    trip, offset = min(round_trips)
    bound = (trip + 1) // 2
    return (0, 0) if same_host and abs(offset) <= bound else (offset, bound)


class ClockOffset(msgspec.Struct):
    """A worker's clock. ``offset`` is that of the first measurement, by which the run is timed."""

    offset: int = 0
    bound: int = 0
    """How wrong an instant of the worker, brought to the coordinator's clock by ``offset``, may be, drift included."""
    measurements: int = 0

    def measured(self, offset: int, uncertainty: int) -> None:
        """Take in a measurement; later ones can only widen the bound."""
        if not self.measurements:
            self.offset = offset
        self.bound = max(self.bound, abs(offset - self.offset) + uncertainty)
        self.measurements += 1
