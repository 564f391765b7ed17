"""Which check runs when: many side by side, as far as the target takes that; some first, some last, some alone.

Checks mostly wait, for answers and for effects, so many are under way at once; how many *requests* are is the client's
business (``client.lines``). What a check sends follows from its name alone, so the order changes nothing.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from offerproof.client import Budget
from offerproof.conformance.marks import TURNS, Turn

_LOOK_S: Final = 0.5
"""Seconds after which the main thread looks whether it was interrupted."""


@dataclass(frozen=True)
class Job:
    """A check that is to be run, and about how many requests it needs."""

    name: str
    turn: Turn
    requests: int
    run: Callable[[], None]
    weight: int
    """About how long it takes, among its like."""
    holds: frozenset[str]
    """What no other check may hold while it runs."""


class Schedule:
    """How many checks run at once; ``stop`` lets those under way end, and no other begin."""

    def __init__(self, at_once: int, budget: Budget, halt: Callable[[], None], allowed: int | None = None) -> None:
        self.at_once = at_once
        self.allowed = allowed
        """Requests that the target's profile allows; None: as many as the level takes."""
        self.budget = budget
        self.halt = halt
        """Makes every request from now on fail: called when the run is interrupted."""
        self.interrupted: BaseException | None = None
        self._stopped = threading.Event()

    @property
    def stopped(self) -> bool:
        """Whether no further check is to begin."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Begin no further check."""
        self._stopped.set()

    def interrupt(self, problem: BaseException) -> None:
        """End as soon as can be; ``problem`` is raised when all checks have ended."""
        self.interrupted = self.interrupted or problem
        self.stop()
        self.halt()


def run_checks(jobs: Sequence[Job], schedule: Schedule) -> None:
    """Run the checks block by block and return when all have ended; an interrupt is raised again after that.

    Side by side those that take long begin first. Where the target allows fewer requests than they need, they run one
    after the other, in their order: better some that are whole than many halves.
    """
    needed = sum(job.requests for job in jobs)
    at_once = schedule.at_once if schedule.allowed is None or needed <= schedule.allowed else 1
    ordered = sorted(jobs, key=lambda job: TURNS.index(job.turn))
    left = _Left(jobs, schedule.budget)
    for turn, block in groupby(ordered, key=lambda job: job.turn):
        if turn == "waits":  # all plant, all wait together, all look: a period is waited for once
            _side_by_side(waiting := list(block), len(waiting), schedule, left)
        elif turn == "alone" or at_once == 1:
            _one_by_one(list(block), schedule, left)
        else:
            _side_by_side(sorted(block, key=lambda job: -job.weight), at_once, schedule, left)


class _Left:
    """What the checks that have not ended may still need is set aside in the budget."""

    def __init__(self, jobs: Sequence[Job], budget: Budget) -> None:
        self._jobs = {job.name: job.requests for job in jobs}
        self._budget = budget
        self._guard = threading.Lock()

    def begins(self, job: Job, at_once: int) -> None:
        """A check begins: what it needs itself is not set aside for others, where it runs alone."""
        with self._guard:
            if at_once == 1:
                self._jobs.pop(job.name, None)
            self._budget.reserved = sum(self._jobs.values())

    def ended(self, job: Job) -> None:
        """A check ended."""
        with self._guard:
            self._jobs.pop(job.name, None)
            self._budget.reserved = sum(self._jobs.values())


def _one_by_one(block: Sequence[Job], schedule: Schedule, left: _Left) -> None:
    for job in block:
        if schedule.stopped:
            return
        left.begins(job, 1)
        try:
            copy_context().run(job.run)
        finally:
            left.ended(job)


def _side_by_side(block: Sequence[Job], at_once: int, schedule: Schedule, left: _Left) -> None:
    queue, ended, woken = _Queue(block), deque[None](), threading.Semaphore(0)
    threads = [
        threading.Thread(
            target=_work, args=(queue, ended, woken, schedule, left, at_once), daemon=True, name=f"checks-{place}"
        )
        for place in range(min(at_once, len(block)))
    ]
    for thread in threads:
        thread.start()
    # Not join: interrupted, it can take a running thread for one that ended (bpo-45274). Nor are wake-ups counted: an
    # interrupt can come when one was taken and not yet counted.
    while len(ended) < len(threads):
        try:
            woken.acquire(timeout=_LOOK_S)
        except BaseException as problem:
            schedule.interrupt(problem)
    if schedule.interrupted is not None:
        raise schedule.interrupted


class _Queue:
    """The checks of a block that have not begun; what one holds that runs, no other may that begins."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        self._waiting = list(jobs)
        self._held: set[str] = set()
        self._changed = threading.Condition()

    def next(self) -> Job | None:
        """The first check whose things are free, as soon as there is one; None when all have begun."""
        with self._changed:
            while self._waiting:
                job = next((job for job in self._waiting if not job.holds & self._held), None)
                if job is not None:
                    self._waiting.remove(job)
                    self._held |= job.holds
                    return job
                self._changed.wait()
            return None

    def ended(self, job: Job) -> None:
        """A check has ended: what it held is free."""
        with self._changed:
            self._held -= job.holds
            self._changed.notify_all()


def _work(
    queue: _Queue, ended: deque[None], woken: threading.Semaphore, schedule: Schedule, left: _Left, at_once: int
) -> None:
    try:
        while not schedule.stopped and (job := queue.next()) is not None:
            try:
                if not schedule.stopped:  # it may have waited for its turn
                    left.begins(job, at_once)
                    copy_context().run(job.run)
            except BaseException as problem:
                schedule.interrupt(problem)
            finally:
                left.ended(job)
                queue.ended(job)
    finally:
        ended.append(None)
        woken.release()
