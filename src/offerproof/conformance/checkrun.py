"""One check while it runs: whose clause is current, what held, what it sent, how each clause ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from contextvars import ContextVar
from datetime import timedelta
from functools import partial
from typing import Final, Protocol

from offerproof.conformance.marks import Consumption
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.exchange import Exchange
from offerproof.findings import Verdict, most_urgent
from offerproof.provisioning import NotOffered


class Keeper(Protocol):
    """Whoever writes down what checks conclude."""

    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Record a failed expectation of the current clause."""

    def passed(self, check: CheckRun, clause: str) -> None:
        """Record that all that was stated about a clause held."""

    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        """Record unknown, skip or error."""

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Record a reading of an open question."""


RUNNING: Final[ContextVar[CheckRun | None]] = ContextVar("running check", default=None)
"""The check that this thread works for."""


class CheckRun:
    """One check while it runs: whose clause is current, what held, what it sent."""

    def __init__(
        self,
        name: str,
        clauses: Sequence[str],
        declared: Consumption,
        recorder: Keeper,
        locks_last: timedelta | None = None,
    ) -> None:
        self.name = name
        self.clauses = tuple(clauses)
        self.declared = declared
        self.exchanges: list[Exchange] = []
        self.current = self.clauses[0]
        self.counts: Counter[str] = Counter()
        self.evidence: dict[str, Exchange] = {}
        self.concluded: dict[str, Verdict] = {}
        self._lost: dict[int, tuple[str, int]] = {}
        self._not_reached: set[str] = set()
        self._asked: Counter[str] = Counter()
        self.malformed: str | None = None
        """The first problem with the shape of an answer of this check."""
        self.doubt: str | None = None
        """Why what no longer holds from now on may not be the target's fault."""
        self._locks_last = locks_last
        """After what time a lock may have ended by itself, which would be no fault of the target; None: it never does,
        or that is what the check is about."""
        self._recorder = recorder

    def add(self, exchange: Exchange) -> None:
        """Take note of what was sent for the check."""
        self.exchanges.append(exchange)
        self._asked[exchange.operation] += 1
        if exchange.unanswered:
            self._lost[exchange.number] = exchange.operation, self._asked[exchange.operation]

    def answered_later(self, exchanges: Iterable[Exchange]) -> None:
        """Whoever sent these requests sent them again, and had an answer: nothing of the check is lost by them."""
        for exchange in exchanges:
            self._lost.pop(exchange.number, None)

    @property
    def lost(self) -> list[tuple[str, int]]:
        """What the target gave no answer to: the operation, and the how manieth request of it this was."""
        return list(self._lost.values())

    @property
    def answered(self) -> frozenset[str]:
        """The services that answered a request of this check."""
        return frozenset(exchange.service for exchange in self.exchanges if not exchange.unanswered)

    @property
    def held_all(self) -> bool:
        """Whether nothing but passes and skips was concluded."""
        return set(self.concluded.values()) <= {Verdict.PASS, Verdict.SKIP}

    @property
    def in_question(self) -> list[str]:
        """Clauses that a request without an answer may have spoiled: neither held nor skipped, nor unknown for a reason
        of their own."""
        stands = (Verdict.PASS, Verdict.SKIP, Verdict.UNKNOWN)
        return [name for name in self.clauses if name in self._not_reached or self.concluded[name] not in stands]

    @property
    def latest(self) -> Exchange | None:
        """The exchange before this moment."""
        return self.exchanges[-1] if self.exchanges else None

    def enter(self, name: str) -> str:
        """Make another clause current; return the one before."""
        if name not in self.clauses:
            raise ValueError(f"{self.name} judges {', '.join(self.clauses)}; it does not name {name!r}")
        before, self.current = self.current, name
        return before

    def held(self, on: Exchange | None) -> None:
        """Count an expectation that held for the current clause."""
        self.counts[self.current] += 1
        if on is not None:
            self.evidence[self.current] = on

    def observe(self, question: str, reading: str, on: Exchange | None) -> None:
        """Pass an observation on."""
        self._recorder.observe(question, reading, self.current, on)

    def conclude(self, problem: Exception) -> None:
        """Record how the current clause ended: a failed expectation, or nothing to be observed."""
        doubt = self.doubt or ("a lock may have ended inside the check" if self._lock_may_have_ended() else None)
        if isinstance(problem, ExpectationFailed) and doubt:
            self.close(self.current, Verdict.UNKNOWN, f"{doubt}: {problem.what}")
        elif isinstance(problem, ExpectationFailed):
            self.concluded[self.current] = self._recorder.failed(self, problem)
        else:
            verdict = Verdict.SKIP if isinstance(problem, NotOffered) else Verdict.UNKNOWN
            self.close(self.current, verdict, str(problem) or type(problem).__name__)

    def _lock_may_have_ended(self) -> bool:
        """Whether a lock of this check is so old that the target may have let go of it when the last answer came."""
        if self._locks_last is None or self.latest is None:
            return False
        now = self.latest.started + timedelta(microseconds=self.latest.duration_us)
        locked = (one.started for one in self.exchanges if one.operation == "lock" and (one.status or 0) // 100 == 2)
        return any(now - since >= self._locks_last for since in locked)

    def close(self, clause: str, verdict: Verdict, summary: str) -> None:
        """Record a verdict other than a failure for one clause."""
        self.concluded[clause] = verdict
        self._recorder.verdict(self, clause, verdict, summary)

    @property
    def open_clauses(self) -> list[str]:
        """Clauses that nothing was concluded about, nor stated beside the current one."""
        return [name for name in self.clauses if name not in self.concluded and self._is_open(name)]

    def _is_open(self, clause: str) -> bool:
        return not self.counts[clause] or clause == self.current

    def finish(self, rest: tuple[Verdict, str] | None) -> Verdict:
        """Conclude every clause not concluded yet: as ``rest`` says, else passed where something held; the worst."""
        for clause in self.clauses:
            if clause in self.concluded:
                continue
            if self.counts[clause] and (rest is None or not self._is_open(clause)):
                self.concluded[clause] = Verdict.PASS
                self._recorder.passed(self, clause)
            elif rest is not None:
                self._not_reached.add(clause)
                self.close(clause, *rest)
            elif self.counts:
                self.close(clause, Verdict.UNKNOWN, "the check stated nothing about it on this target")
            else:
                self.close(clause, Verdict.ERROR, "the check stated no expectation at all")
        return self.worst

    @property
    def worst(self) -> Verdict:
        """The worst verdict of its clauses so far."""
        return most_urgent(self.concluded.values())


class Conclusions:
    """A :class:`Keeper` that writes nothing down yet: what a check concludes stands only when it is handed on."""

    def __init__(self, keeper: Keeper, judge: Callable[[str], Verdict]) -> None:
        self._keeper = keeper
        self._judge = judge
        self._calls: list[tuple[str | None, Callable[[], object]]] = []
        """Of which clause, and what the keeper is told."""

    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Keep a failed expectation; it counts as its clause says."""
        clause, exchanges = check.current, list(check.exchanges)
        self._calls.append((clause, partial(self._failed, check, problem, clause, exchanges)))
        return self._judge(clause)

    def _failed(self, check: CheckRun, problem: ExpectationFailed, clause: str, exchanges: list[Exchange]) -> None:
        now, check.current = check.current, clause
        sent, check.exchanges = check.exchanges, exchanges
        self._keeper.failed(check, problem)
        check.current, check.exchanges = now, sent

    def passed(self, check: CheckRun, clause: str) -> None:
        """Keep that a clause held."""
        self._calls.append((clause, partial(self._keeper.passed, check, clause)))

    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        """Keep unknown, skip or error."""
        self._calls.append((clause, partial(self._keeper.verdict, check, clause, verdict, summary)))

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Keep a reading."""
        self._calls.append((None, partial(self._keeper.observe, question, reading, clause, on)))

    def hand_on(self, *, without: Collection[str] = ()) -> None:
        """Write down what was kept, in order, but nothing about some clauses."""
        for clause, call in self._calls:
            if clause not in without:
                call()
