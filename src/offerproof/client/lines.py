"""Lines: how many requests are under way to a target at once. Each line keeps at most one connection alive.

Of those who wait, who has the most before it goes first, and of equals who came first: a long chain of requests decides
when a run ends, a short check does not. A race takes all lines together, so that nothing else is sent while its
terminals are released.
"""

from __future__ import annotations

import itertools
import threading
from bisect import insort
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from math import inf
from typing import Final

LINE: Final[ContextVar[int | None]] = ContextVar("line", default=0)
"""The number of the line that a request of this thread goes over, from 0; None beside them all."""


AHEAD: Final[ContextVar[float]] = ContextVar("ahead", default=0.0)
"""How much whoever sends has before it, among its like."""


@contextmanager
def line(number: int | None) -> Iterator[None]:
    """Send over this line."""
    before = LINE.set(number)
    try:
        yield
    finally:
        LINE.reset(before)


@dataclass(eq=False)
class _Waiter:
    turn: tuple[float, int]
    count: int
    host: str
    ready: threading.Event = field(default_factory=threading.Event)
    given: list[int] = field(default_factory=list)


class Lines:
    """``count`` lines; ``take`` one for a request, or ``reserve`` all of them for a race."""

    def __init__(self, count: int) -> None:
        self.count = count
        self._free: deque[int] = deque(range(count))
        self._hosts: dict[int, str] = {}
        self._waiting: list[_Waiter] = []
        self._came = itertools.count()
        self._guard = threading.Lock()
        self._reserved: ContextVar[Lines | None] = ContextVar("reserved lines", default=None)

    @contextmanager
    def take(self, host: str) -> Iterator[None]:
        """Hold one line, preferably one that went to ``host`` last; of those reserved for this race where some are."""
        own = self._reserved.get()
        lines = own if own is not None else self
        (number,) = lines._wait(1, host)
        try:
            with line(number):
                yield
        finally:
            lines._give_back([number])

    @contextmanager
    def reserve(self) -> Iterator[int]:
        """Hold every line for the threads that run in a copy of this context; gives how many there are."""
        numbers = self._wait(self.count, ahead=inf)
        own = Lines(0)
        own._free.extend(numbers)
        own.count = self.count
        own._hosts = self._hosts
        before = self._reserved.set(own)
        try:
            yield self.count
        finally:
            self._reserved.reset(before)
            self._give_back(numbers)

    def _wait(self, count: int, host: str = "", ahead: float | None = None) -> list[int]:
        with self._guard:
            if not self._waiting and len(self._free) >= count:
                return self._pick(count, host)
            mine = _Waiter((-(AHEAD.get() if ahead is None else ahead), next(self._came)), count, host)
            insort(self._waiting, mine, key=lambda waiter: waiter.turn)
        try:
            mine.ready.wait()
        except BaseException:  # Ctrl-C in the thread that waits
            with self._guard:
                if mine in self._waiting:
                    self._waiting.remove(mine)
            self._give_back(mine.given)
            raise
        return mine.given

    def _give_back(self, numbers: list[int]) -> None:
        with self._guard:
            self._free.extend(numbers)
            while self._waiting and len(self._free) >= self._waiting[0].count:
                first = self._waiting.pop(0)
                first.given += self._pick(first.count, first.host)
                first.ready.set()

    def _pick(self, count: int, host: str) -> list[int]:
        """Take free lines: of one, the newest that went to the host, else the one that was idle longest."""
        if count != 1:
            return [self._free.popleft() for _ in range(count)]
        fitting = [number for number in self._free if self._hosts.get(number) == host]
        number = fitting[-1] if fitting else self._free[0]
        self._free.remove(number)
        self._hosts[number] = host
        return [number]
