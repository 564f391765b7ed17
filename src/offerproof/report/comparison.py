"""What moved between two runs: clauses that changed their verdict, findings that came and went, figures that shifted.

Worse is: a clause that was kept and is not any more, a new finding, a clause that was looked at and is not any more (at
the same level and selection), a figure of a load run beyond chance and tolerance, a higher exit code.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import msgspec

from offerproof.errors import Misuse
from offerproof.findings import Finding, Run, Verdict, versions_moved
from offerproof.report.load_comparison import TOLERANCE, Change, Direction, figures_moved, not_compared
from offerproof.report.loadview import fold
from offerproof.report.summary import spans, summarize
from offerproof.report.words import moment, setting

SHOWN: Final = 200
"""Changes, and findings, that a format shows one by one where it cuts."""
FEW: Final = 20
"""Clauses that got neither better nor worse and are still shown one by one; more of them are counted."""

# How good each verdict is; moving down is worse. Skipped and unknown are beside each other: nobody looked.
_RANK: Final[Mapping[Verdict, int]] = {
    Verdict.PASS: 5,
    Verdict.WARN: 4,
    Verdict.SKIP: 3,
    Verdict.UNKNOWN: 3,
    Verdict.WAIVED: 2,
    Verdict.ERROR: 1,
    Verdict.FAIL: 0,
}
_UNOBSERVED: Final = (Verdict.SKIP, Verdict.UNKNOWN)


@dataclass(frozen=True)
class Comparison:
    """Everything that moved from ``old`` to ``new``."""

    old: Run
    new: Run
    clauses: tuple[Change, ...]
    fresh: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    unsought: tuple[Finding, ...]
    """Findings of the old run whose clause the new one did not look at: nobody knows whether they are gone."""
    figures: tuple[Change, ...]
    notes: tuple[str, ...]

    @property
    def worse(self) -> tuple[str, ...]:
        """What got worse, a line each; empty when nothing did."""
        lines = [
            f"{change.subject}: {change.before} → {change.now}"
            for change in (*self.clauses, *self.figures)
            if change.direction is Direction.WORSE
        ]
        # A clause that is listed already is not counted again for the finding that explains it.
        listed = {change.subject for change in self.clauses if change.direction is Direction.WORSE}
        lines += [f"new finding {f.clause}: {f.summary}" for f in self.fresh if f.clause not in listed]
        old, new = self.old.outcome, self.new.outcome
        if not lines and _badness(self.new) > _badness(self.old):
            lines.append(f"the verdict: {old.verdict} → {new.verdict}")
        return tuple(lines)

    @property
    def exit_code(self) -> int:
        """1 when something got worse, else 0."""
        return 1 if self.worse else 0

    @property
    def headline(self) -> str:
        """The answer in a few words."""
        count = len(self.worse)
        return f"{count} thing{'s' if count > 1 else ''} got worse" if count else "nothing got worse"

    @property
    def runs(self) -> tuple[tuple[str, str], ...]:
        """Which run is meant by old and new, in a line each."""
        told = []
        for name, run in (("old", self.old), ("new", self.new)):
            s = summarize(run)
            told.append((name, f"{run.header.run_id}, {moment(run.header.started)}: {s.headline}, {s.sentence}"))
        return tuple(told)

    @property
    def changes(self) -> tuple[tuple[str, tuple[Change, ...]], ...]:
        """What is shown one by one, under its title: the worse first, and of what is neither worse nor better a few."""
        ranked = sorted(self.clauses, key=lambda change: list(Direction).index(change.direction))
        listed = tuple(change for change in ranked if not self._is_counted(change))
        return tuple(part for part in (("Clauses", listed), ("Figures", self.figures)) if part[1])

    @property
    def counted(self) -> tuple[str, ...]:
        """What is not shown one by one, a line for each move: ``pass → skip: AUTH-1…10, CUST-1 (11 clauses)``."""
        moves: dict[str, list[str]] = {}
        for change in self.clauses:
            if self._is_counted(change):
                moves.setdefault(f"{change.before} → {change.now}", []).append(change.subject)
        return tuple(
            f"{move}: {', '.join(span.label for span in spans(names))} ({len(names)} clause{'s' * (len(names) > 1)})"
            for move, names in moves.items()
        )

    def _is_counted(self, change: Change) -> bool:
        return change.direction is Direction.OTHER and self._others > FEW

    @cached_property
    def _others(self) -> int:
        return sum(change.direction is Direction.OTHER for change in self.clauses)

    @property
    def moves(self) -> tuple[tuple[str, int], ...]:
        """What became of clauses, and of how many: ``("pass → skip", 12)``; the most frequent first."""
        return tuple(Counter(f"{change.before} → {change.now}" for change in self.clauses).most_common())

    @property
    def moved(self) -> str:
        """The same in a line: ``12 pass → skip, 1 fail → pass``."""
        return ", ".join(f"{count} {move}" for move, count in self.moves)

    @property
    def findings(self) -> tuple[tuple[str, Direction, tuple[Finding, ...]], ...]:
        """Findings that came and went, under their title."""
        parts = (
            ("New findings", Direction.WORSE, self.fresh),
            ("Resolved findings", Direction.BETTER, self.gone),
            ("Findings that the new run did not look for", Direction.OTHER, self.unsought),
        )
        return tuple(part for part in parts if part[2])


def compare_runs(old: Run, new: Run, *, tolerance: float = TOLERANCE) -> Comparison:
    """Compare two finished runs; ``tolerance`` is in per cent of a figure.

    Raises:
        Misuse: the runs are of different kinds, which nothing sensible can be said about.
    """
    if old.header.kind != new.header.kind:
        hint = "compare two runs of the same command"
        raise Misuse(f"a {old.header.kind} run and a {new.header.kind} run cannot be compared", hint=hint)
    known = {finding.identity for finding in old.failures}
    now = {finding.identity for finding in new.failures}
    seen = {name for name, standing in new.standings.items() if standing.verdict not in _UNOBSERVED}
    went = [finding for finding in _broken(old) if finding.identity not in now]
    return Comparison(
        old=old,
        new=new,
        clauses=tuple(_clauses(old, new)),
        fresh=tuple(finding for finding in _broken(new) if finding.identity not in known),
        gone=tuple(finding for finding in went if finding.clause in seen),
        unsought=tuple(finding for finding in went if finding.clause not in seen),
        figures=tuple(figures_moved(fold(old), fold(new), tolerance)),
        notes=tuple(_notes(old, new)),
    )


def _broken(run: Run) -> list[Finding]:
    order = {name: place for place, name in enumerate(run.standings)}
    waived = {name for name, standing in run.standings.items() if standing.verdict is Verdict.WAIVED}
    broken = [finding for finding in run.failures if finding.clause not in waived]
    return sorted(broken, key=lambda finding: order.get(finding.clause, len(order)))


def _badness(run: Run) -> int:
    return (0, 2, 3, 1)[int(run.outcome.exit_code)]  # not judged is worse than conforming, and failing is worst


def _same_selection(old: Run, new: Run) -> bool:
    return old.header.level == new.header.level and old.header.only == new.header.only


def _clauses(old: Run, new: Run) -> Iterator[Change]:
    judged_alike = _same_selection(old, new)
    for name, standing in new.standings.items():
        before = old.standings.get(name)
        if before is None:
            yield Change(name, standing.clause.sentence, "not in the suite", standing.verdict, Direction.OTHER)
        elif before.verdict is not standing.verdict:
            direction = _direction(before.verdict, standing.verdict, judged_alike=judged_alike)
            yield Change(name, standing.clause.sentence, before.verdict, standing.verdict, direction)
    for name, standing in old.standings.items():
        if name not in new.standings:
            yield Change(name, standing.clause.sentence, standing.verdict, "not in the suite", Direction.OTHER)


def _direction(before: Verdict, now: Verdict, *, judged_alike: bool) -> Direction:
    if not judged_alike and (before in _UNOBSERVED or now in _UNOBSERVED) and now is not Verdict.FAIL:
        return Direction.OTHER  # a smaller run looks at less: that is no change of the target
    if _RANK[before] == _RANK[now]:
        return Direction.OTHER
    return Direction.WORSE if _RANK[now] < _RANK[before] else Direction.BETTER


def _notes(old: Run, new: Run) -> Iterator[str]:
    one, other = old.header, new.header
    pairs = [
        ("targets", one.target.name, other.target.name),
        ("environments", one.target.environment, other.target.environment),
        ("levels", one.level.value, other.level.value),
        ("selections", " ".join(one.only) or "everything", " ".join(other.only) or "everything"),
        ("suite versions", one.suite_version, other.suite_version),
        ("schemas and clauses", one.content_hash[:12], other.content_hash[:12]),
        ("clauses of a team's own", *(run.plan.added.sha256[:12] if run.plan.added else "none" for run in (old, new))),
        ("scenarios and profiles", (one.load_hash or "none")[:12], (other.load_hash or "none")[:12]),
        ("seeds", str(one.seed), str(other.seed)),
    ]
    for what, before, now in pairs:
        if before != now:
            yield f"different {what}: {before} → {now}"
    yield from (f"different version: {moved}" for moved in versions_moved(one.versions, other.versions))
    settings = [msgspec.to_builtins(header.load) if header.load else {} for header in (one, other)]
    for name in sorted({*settings[0], *settings[1]}):
        before, now = (setting(known[name]) if name in known else "none" for known in settings)
        if before != now:
            yield f"different setting {name}: {before} → {now}"
    yield from not_compared(fold(old), fold(new))
