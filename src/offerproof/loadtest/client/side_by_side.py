"""Calls on several connections at once, for what comes before and after the load: provisioning, reading back.

Threads here, and greenlets inside Locust, whose patches make the one into the other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from offerproof.loadtest.client.calls import Calls, Meter
from offerproof.loadtest.client.endpoints import Endpoints

TOLD_EVERY_S = 0.25

T = TypeVar("T")
R = TypeVar("R")
Told = Callable[[int, int], None]
"""Hears how many are done, and of how many."""


def nobody(done: int, total: int) -> None:
    """Let the progress be heard by nobody."""


class SideBySide:
    """Several :class:`Calls` that share one meter; in request ids they are ``first_caller`` and those after it."""

    def __init__(self, endpoints: Endpoints, meter: Meter, first_caller: int, **how: Any) -> None:
        self.meter = meter
        self._all = [Calls(endpoints, meter, first_caller + number, **how) for number in range(endpoints.connections)]
        self._free = list(self._all)

    @contextmanager
    def calls(self) -> Iterator[Calls]:
        """Lend a set of calls that nobody else uses meanwhile."""
        lent = self._free.pop()
        try:
            yield lent
        finally:
            self._free.append(lent)

    def each(self, items: Sequence[T], do: Callable[[T], R], told: Told = nobody) -> list[R]:
        """Do something with each of them, and return what came of it, in their order.

        The first one alone: a target that is not there, or wants no calls now, is asked once. What one of
        them raises ends the rest, and is raised."""
        made: dict[int, R] = {}
        waiting = deque(enumerate(items))

        def work() -> None:
            while waiting:
                try:
                    number, item = waiting.popleft()
                except IndexError:
                    return
                made[number] = do(item)

        if waiting:
            number, item = waiting.popleft()
            made[number] = do(item)
        with ThreadPoolExecutor(len(self._all)) as pool:
            tasks = [pool.submit(work) for _ in range(min(len(self._all), len(waiting)))]
            try:
                while at_work := [task for task in tasks if not task.done()]:
                    told(len(made), len(items))
                    wait(at_work, TOLD_EVERY_S, FIRST_COMPLETED)
                    if any(task.done() and task.exception() for task in tasks):
                        waiting.clear()
            except BaseException:  # Ctrl-C: the pool waits for its threads, so these must not wait for the target
                waiting.clear()
                if self.meter.budget is not None:
                    self.meter.budget.stop()
                raise
            for task in tasks:
                task.result()
        told(len(made), len(items))
        return [made[number] for number in range(len(items))]

    def pause(self, seconds: float) -> None:
        """Wait before a repetition."""
        self._all[0].pause(seconds)

    def close(self) -> None:
        """Close the connections."""
        for calls in self._all:
            calls.close()
