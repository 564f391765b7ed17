"""When things happen: workloads, arrivals, think times. Pure: no clock, no sockets, no Locust.

An *open* workload says how many arrivals a second there are, whatever the target does; a *closed* one says how many
users there are, each waiting for its answers. Both are a level over time, made of straight pieces (:class:`Phase`).
Arrival ``k`` happens when the integral of the level reaches ``k``, so ramps need no clock ticks and a share of the
arrivals can be given to each worker without overlap.
"""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from offerproof.errors import Misuse
from offerproof.findings.load_records import PhaseSetting

Model = Literal["open", "closed"]
Spacing = Literal["constant", "poisson"]

MAX_SECONDS = 7 * 24 * 3600.0
MAX_LEVEL = 1_000_000.0
MOST_COUNTED = 300_000
"""Up to so many arrivals are counted one by one; beyond, chance has evened out."""

_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: str | float) -> float:
    """Read a duration: ``90``, ``"90s"``, ``"1m30s"``, ``"250ms"``, ``"2h"``; returns seconds."""
    if isinstance(text, int | float):
        value = float(text)
    else:
        bare = text.strip().lower()
        pieces = _DURATION.findall(bare)
        if pieces and "".join(number + unit for number, unit in pieces) == bare:
            value = sum(float(number) * _UNITS[unit] for number, unit in pieces)
        else:
            try:
                value = float(bare)
            except ValueError:
                raise Misuse(f"not a duration: {text!r}", hint="write it like 30s, 5m, 1m30s or 250ms") from None
    if not 0 <= value <= MAX_SECONDS:
        raise Misuse(f"not a duration between 0 and 7 days: {text!r}")
    return value


class Phase(PhaseSetting, frozen=True):
    """A straight piece of a workload, and its integral."""

    @property
    def area(self) -> float:
        """Arrivals in this phase."""
        return (self.start + self.end) / 2 * self.seconds

    def level(self, t: float) -> float:
        """Return the level ``t`` seconds into the phase."""
        if not self.seconds:
            return self.end
        return self.start + (self.end - self.start) * t / self.seconds

    def when(self, area: float) -> float:
        """Return how far into the phase its first ``area`` arrivals are done: the inverse of the integral."""
        if area <= 0:
            return 0.0
        slope = (self.end - self.start) / self.seconds
        if abs(slope) < 1e-12:
            return area / self.start
        root = math.sqrt(max(self.start * self.start + 2 * slope * area, 0.0))
        return 2 * area / (self.start + root)  # the stable form: no cancellation when the slope is small


@dataclass(frozen=True)
class Workload:
    """A level over time: arrivals a second (``open``) or users (``closed``)."""

    model: Model
    phases: tuple[Phase, ...]
    spacing: Spacing = "constant"

    def __post_init__(self) -> None:
        if not self.phases or self.duration <= 0:
            raise Misuse("a workload needs at least one phase that lasts", hint="give a duration above 0")
        if self.duration > MAX_SECONDS:
            raise Misuse("a workload lasts at most 7 days")
        for phase in self.phases:
            if not (0 <= phase.start <= MAX_LEVEL and 0 <= phase.end <= MAX_LEVEL and phase.seconds >= 0):
                raise Misuse(f"a level lies between 0 and {MAX_LEVEL:.0f}, and a phase lasts: {phase}")
        if not any(phase.area > 0 and not phase.warm_up for phase in self.phases):
            raise Misuse("a workload needs arrivals or users outside its warm-up")

    @property
    def duration(self) -> float:
        """Seconds, the warm-up included."""
        return sum(phase.seconds for phase in self.phases)

    @property
    def warm_up(self) -> float:
        """Seconds at the beginning that are left out of the figures."""
        total = 0.0
        for phase in self.phases:
            if not phase.warm_up:
                break
            total += phase.seconds
        return total

    @property
    def peak(self) -> float:
        """The highest level."""
        return max(max(phase.start, phase.end) for phase in self.phases)

    def level(self, t: float) -> float:
        """Return the level ``t`` seconds after the start; 0 after the end."""
        for phase in self.phases:
            if t < phase.seconds:
                return phase.level(t)
            t -= phase.seconds
        return 0.0

    def area(self, start: float = 0.0, end: float | None = None) -> float:
        """Return the integral of the level: how many arrivals are due between two instants."""
        return self._until(self.duration if end is None else end) - self._until(start)

    def _until(self, t: float) -> float:
        total = 0.0
        for phase in self.phases:
            if t <= 0:
                break
            if t >= phase.seconds:
                total += phase.area
            else:
                total += (phase.start + phase.level(t)) / 2 * t
            t -= phase.seconds
        return total

    def due(self, start: float, end: float, *, parts: int = 1, seed: int = 0) -> float:
        """Return how many arrivals are due between two instants: as chance fell, or (of very many) the integral."""
        if self.spacing == "constant" or self.area() > MOST_COUNTED:
            return self.area(start, end)
        shares = (self.arrivals(part=part, parts=parts, seed=seed) for part in range(parts))
        return float(sum(start <= at < end for share in shares for at in share))

    def arrivals(self, *, part: int = 0, parts: int = 1, seed: int = 0) -> Iterator[float]:
        """Yield the intended starts of one of ``parts`` shares, in seconds after the start of the run.

        Constant: share ``part`` takes every ``parts``-th arrival of one common, even sequence. Poisson: each share
        is a Poisson process of its own; together they are one with the whole rate.
        """
        if self.model != "open":
            raise Misuse("only an open workload has arrivals")
        rng = random.Random(seed * 1_000_003 + part)
        due = float(part) if self.spacing == "constant" else rng.expovariate(1.0) * parts
        passed = before = 0.0
        for phase in self.phases:
            area = phase.area
            while area > 0 and due < before + area:
                yield passed + phase.when(due - before)
                due += parts if self.spacing == "constant" else rng.expovariate(1.0) * parts
            before += area
            passed += phase.seconds


def steady(
    model: Model, level: float, duration: float, *, warm_up: float = 0.0, spacing: Spacing = "constant"
) -> Workload:
    """One level for ``duration`` seconds after ``warm_up`` seconds of the same."""
    warm = (Phase(warm_up, level, level, warm_up=True),) if warm_up else ()
    return Workload(model, (*warm, Phase(duration, level, level)), spacing)


def from_table(table: Mapping[str, Any]) -> Workload:
    """Build a workload from a ``[workload]`` table that its schema allows (``schemas/load_profile.json``)."""
    phases = []
    for row in table["phases"]:
        start, end = (float(row.get("at", row.get(side))) for side in ("from", "to"))
        phases.append(Phase(seconds(row["for"]), start, end, warm_up=row["warm_up"]))
    if any(later.warm_up and not phase.warm_up for phase, later in pairwise(phases)):
        raise Misuse("the warm-up comes first")
    return Workload(table["model"], tuple(phases), table["arrivals"])


class Think:
    """A distribution of think times: ``none``, ``constant(1s)``, ``uniform(1s, 3s)``, ``exponential(2s)`` (mean),
    ``lognormal(2s, 0.5)`` (median, sigma). Draws are cut at ten times the central value."""

    def __init__(self, text: str = "none") -> None:
        self.text = text
        match = re.fullmatch(r"\s*([a-z]+)\s*(?:\(([^()]*)\))?\s*", text)
        name, inside = (match[1], match[2]) if match else ("", None)
        arguments = [part.strip() for part in inside.split(",")] if inside else []
        makers: dict[str, tuple[int, Callable[[Sequence[str]], Callable[[random.Random], float]]]] = {
            "none": (0, lambda _: lambda rng: 0.0),
            "constant": (1, _constant),
            "uniform": (2, _uniform),
            "exponential": (1, _exponential),
            "lognormal": (2, _lognormal),
        }
        if name not in makers or len(arguments) != makers[name][0]:
            raise Misuse(
                f"not a think time: {text!r}",
                hint="none, constant(1s), uniform(1s, 3s), exponential(2s) or lognormal(2s, 0.5)",
            )
        self._draw = makers[name][1](arguments)

    def draw(self, rng: random.Random) -> float:
        """Return one think time in seconds."""
        return self._draw(rng)


def _constant(arguments: Sequence[str]) -> Callable[[random.Random], float]:
    value = seconds(arguments[0])
    return lambda rng: value


def _uniform(arguments: Sequence[str]) -> Callable[[random.Random], float]:
    low, high = seconds(arguments[0]), seconds(arguments[1])
    if low > high:
        raise Misuse("uniform(low, high) needs low <= high")
    return lambda rng: rng.uniform(low, high)


def _exponential(arguments: Sequence[str]) -> Callable[[random.Random], float]:
    mean = seconds(arguments[0])
    return lambda rng: min(rng.expovariate(1.0) * mean, 10 * mean)


def _lognormal(arguments: Sequence[str]) -> Callable[[random.Random], float]:
    median = seconds(arguments[0])
    try:
        sigma = float(arguments[1])
    except ValueError:
        sigma = -1.0
    if not 0 <= sigma <= 5:
        raise Misuse("lognormal(median, sigma) needs a sigma between 0 and 5")
    return lambda rng: min(median * math.exp(rng.gauss(0.0, sigma)), 10 * median)


class CapacitySearch:
    """Find the highest rate that still meets the thresholds: double until it breaks, then halve the gap.

    Ask :meth:`next_rate`, measure, tell :meth:`report`; ends when the gap is within ``precision`` (a share of the
    rate), the ceiling holds, or ``probes`` are used up.
    """

    def __init__(self, start: float, *, ceiling: float, precision: float = 0.1, probes: int = 14) -> None:
        if not 0 < start <= ceiling:
            raise Misuse("a search starts above 0 and not above its ceiling")
        self.ceiling = ceiling
        self.precision = precision
        self.left = probes
        self.knee: float | None = None
        """The highest rate that met the thresholds."""
        self.broken: float | None = None
        """The lowest rate that did not."""
        self.tried: list[tuple[float, bool | None]] = []
        self._next: float | None = start

    def next_rate(self) -> float | None:
        """Return the next rate to try, or nothing when the search is over."""
        return self._next

    def report(self, met: bool | None) -> None:
        """Tell how the last rate went; ``None``: the generator was the limit, so nothing above can be learned."""
        assert self._next is not None
        rate = self._next
        self.tried.append((rate, met))
        self.left -= 1
        if met:
            self.knee = max(rate, self.knee or 0.0)
        elif met is False:
            self.broken = min(rate, self.broken or math.inf)
        else:
            self.ceiling = min(self.ceiling, rate)
        self._next = self._choose(met is None)

    def _choose(self, generator_was_the_limit: bool) -> float | None:
        if self.left <= 0 or (generator_was_the_limit and self.knee is None and self.broken is None):
            return None
        low, high = self.knee or 0.0, self.broken
        if high is None:
            if generator_was_the_limit or low >= self.ceiling:
                return None
            return min(low * 2, self.ceiling)
        if generator_was_the_limit or high - low <= self.precision * high or high < 1e-3:
            return None
        return (low + high) / 2 if low else high / 2
