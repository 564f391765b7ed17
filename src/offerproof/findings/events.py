"""What a run tells while it goes on: typed events to listeners, so that a live view needs nothing of the runner."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from offerproof.findings.model import Finding, Header, RunPlan, Verdict
from offerproof.findings.run import Run


@dataclass(frozen=True)
class RunStarted:
    """The header is written; ``folder`` will hold everything of this run."""

    header: Header
    folder: Path


@dataclass(frozen=True)
class PlanMade:
    """The clauses are chosen; ``checks`` maps a chapter's id to its number of checks."""

    plan: RunPlan
    checks: dict[str, int]


@dataclass(frozen=True)
class CheckStarted:
    """A check begins. ``chapter`` is the chapter of its first clause."""

    check: str
    chapter: str
    clauses: tuple[str, ...]


@dataclass(frozen=True)
class FindingMade:
    """A finding was written; ``again`` when its identity was seen before.

    ``verdict`` is what counts in this run: a failure that somebody answers for is ``waived``.
    """

    finding: Finding
    verdict: Verdict
    again: bool


@dataclass(frozen=True)
class CheckFinished:
    """A check ended; ``verdict`` is the worst that counts of its findings, ``requests`` the run's total so far."""

    check: str
    chapter: str
    verdict: Verdict
    requests: int
    duration_us: int


@dataclass(frozen=True)
class Waiting:
    """The run holds still on purpose: the target asked for it, or a rate limit does."""

    reason: str
    seconds: float


@dataclass(frozen=True)
class LimitReached:
    """A bound was reached (requests, findings kept); what follows from it is in ``consequence``."""

    limit: str
    consequence: str


@dataclass(frozen=True)
class RunFinished:
    """The footer is written, also after an interruption; ``run`` is complete."""

    run: Run
    folder: Path


Event = RunStarted | PlanMade | CheckStarted | FindingMade | CheckFinished | Waiting | LimitReached | RunFinished


class Listener(Protocol):
    """Whoever wants to know. It must return quickly and must not raise."""

    def notice(self, event: Event) -> None:
        """Take note of an event; events come in order, from the runner's thread."""
