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
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from offerproof.errors import Misuse
from offerproof.findings.load_records import PhaseSetting, level_of

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
        return level_of(self.phases, t)

    def area(self, start: float = 0.0, end: float | None = None) -> float:
        """Return the integral of the level: how many arrivals are due between two instants."""
        return self._until(self.duration if end is None else end) - self._until(start)

    def _until(self, t: float) -> float:
        total = 0.0
        for phase in self.phases:
            if t <= 0:
                break
            within = min(t, phase.seconds)
            total += (phase.start + phase.level(within)) / 2 * within
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
        arguments = [part.strip() for part in match[2].split(",")] if match and match[2] else []
        maker = _THINK_TIMES.get((match[1] if match else "", len(arguments)))
        if maker is None:
            raise Misuse(
                f"not a think time: {text!r}",
                hint="none, constant(1s), uniform(1s, 3s), exponential(2s) or lognormal(2s, 0.5)",
            )
        self._draw = maker(*arguments)

    def draw(self, rng: random.Random) -> float:
        """Return one think time in seconds."""
        return self._draw(rng)


Draw = Callable[[random.Random], float]


def _constant(told: str) -> Draw:
    value = seconds(told)
    return lambda rng: value


def _uniform(least: str, most: str) -> Draw:
    low, high = seconds(least), seconds(most)
    if low > high:
        raise Misuse("uniform(low, high) needs low <= high")
    return lambda rng: rng.uniform(low, high)


def _exponential(told: str) -> Draw:
    mean = seconds(told)
    return lambda rng: min(rng.expovariate(1.0) * mean, 10 * mean)


def _lognormal(middle: str, spread: str) -> Draw:
    median = seconds(middle)
    try:
        sigma = float(spread)
    except ValueError:
        sigma = -1.0
    if not 0 <= sigma <= 5:
        raise Misuse("lognormal(median, sigma) needs a sigma between 0 and 5")
    return lambda rng: min(median * math.exp(rng.gauss(0.0, sigma)), 10 * median)


_THINK_TIMES: dict[tuple[str, int], Callable[..., Draw]] = {
    ("none", 0): lambda: lambda rng: 0.0,
    ("constant", 1): _constant,
    ("uniform", 2): _uniform,
    ("exponential", 1): _exponential,
    ("lognormal", 2): _lognormal,
}
