"""A run in memory, and the judgement of it: the standing of each clause, the verdict, the exit code, the scope."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property

import msgspec

from offerproof.contract import Clause, Strength
from offerproof.errors import ExitCode
from offerproof.findings.causes import Cause, causes_of
from offerproof.findings.load_records import LoadFigures, LoadRecord
from offerproof.findings.model import (
    AnyRecord,
    Audit,
    ClauseStarted,
    Coverage,
    ExchangeRecord,
    Finding,
    Footer,
    Header,
    Interrupted,
    Observation,
    OperationRecord,
    PlannedClause,
    RunPlan,
    RunVerdict,
    Sittings,
    Situation,
    Verdict,
    Waiver,
    most_urgent,
)

_NAMED = 12
"""Clauses that one reason names; where there are more, what happened comes before them."""


@dataclass(frozen=True)
class ClauseStanding:
    """What a run knows of one clause."""

    planned: PlannedClause
    verdict: Verdict
    findings: tuple[Finding, ...]
    waiver: Waiver | None = None
    """The active waiver that covers its failure, or that it could not be observed."""

    @property
    def clause(self) -> Clause:
        return self.planned.clause

    @property
    def fails(self) -> bool:
        """Whether a must-clause is broken, and nobody answers for it."""
        return self.verdict is Verdict.FAIL

    @property
    def leaves_open(self) -> bool:
        """Whether it keeps the run from being judged: required, not observed, and nobody answers for that."""
        binding = self.planned.required and self.clause.strength is Strength.MUST
        return self.verdict is Verdict.UNKNOWN and binding and self.waiver is None

    @property
    def reason(self) -> str | None:
        """Why the clause is skipped or unknown, when that is its verdict."""
        for finding in self.findings:
            if finding.verdict in (Verdict.UNKNOWN, Verdict.ERROR, Verdict.SKIP):
                return finding.summary
        if self.verdict is Verdict.UNKNOWN:
            return "no check of this run exercised it"
        return self.planned.outside


@dataclass(frozen=True)
class RunOutcome:
    """The judgement of a run: the verdict, the exit code that follows from it, and why."""

    verdict: RunVerdict
    exit_code: ExitCode
    reasons: tuple[str, ...]
    """One line each: what decided, the deciding ones first."""
    scope: tuple[str, ...]
    """What the certificate does not prove."""
    waiver_notes: tuple[str, ...] = ()


@dataclass
class Run:
    """Everything a run file holds; every report is made from this."""

    header: Header
    plan: RunPlan
    findings: list[Finding] = field(default_factory=list)
    exchanges: dict[int, ExchangeRecord] = field(default_factory=dict)
    observations: list[Observation] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)
    load: LoadFigures = field(default_factory=LoadFigures)
    operations: list[OperationRecord] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    situations: list[Situation] = field(default_factory=list)
    interrupted: Interrupted | None = None
    sittings: Sittings | None = None
    footer: Footer | None = None

    def add(self, record: AnyRecord) -> None:
        """Take in one record of the middle; findings with one identity become one, with the sum of their counts."""
        for judged in ("standings", "outcome", "causes"):  # what was made of the records so far no longer holds
            self.__dict__.pop(judged, None)
        match record:
            case Finding():
                self._merge(record)
            case ExchangeRecord():
                self.exchanges[record.number] = record
            case Observation():
                self.observations.append(record)
            case Coverage():
                self.coverage.append(record)
            case OperationRecord():
                self.operations.append(record)
            case Audit():
                self.audits.append(record)
            case Situation():
                self.situations.append(record)
            case Interrupted():
                self.interrupted = record
            case Sittings():
                self.sittings = record
            case LoadRecord():
                self.load.add(record)
            case ClauseStarted():
                pass  # tells where an unfinished run died; a finished one does not need it
            case Header() | RunPlan() | Footer():
                raise RuntimeError(f"a {type(record).__name__.lower()} does not stand in the middle of a run")

    def _merge(self, fresh: Finding) -> None:
        for place, known in enumerate(self.findings):
            if known.identity == fresh.identity and known.verdict is fresh.verdict:
                self.findings[place] = msgspec.structs.replace(known, count=known.count + fresh.count)
                return
        self.findings.append(fresh)

    @cached_property
    def standings(self) -> dict[str, ClauseStanding]:
        """The standing of every clause of the plan, in the plan's order."""
        by_clause: dict[str, list[Finding]] = {}
        for finding in self.findings:
            by_clause.setdefault(finding.clause, []).append(finding)
        found = {
            planned.clause.id: _standing(planned, tuple(by_clause.get(planned.clause.id, ())))
            for planned in self.plan.clauses
        }
        failing = [one for one in self.waived.values() if one.clause in found and found[one.clause].fails]
        for waiver in failing:
            found[waiver.clause] = replace(found[waiver.clause], verdict=Verdict.WAIVED, waiver=waiver)
        for waiver in failing:
            for standing in (found[name] for name in waiver.also if name in found):
                if standing.fails:
                    found[standing.clause.id] = replace(standing, verdict=Verdict.WAIVED, waiver=waiver)
                elif standing.verdict is Verdict.UNKNOWN and not standing.waiver:  # and unknown it stays: nobody saw it
                    found[standing.clause.id] = replace(standing, waiver=waiver)
        return found

    @cached_property
    def waived(self) -> dict[str, Waiver]:
        """The waivers of this run that count, by clause."""
        return in_force(self.plan.waivers, self.header.started)

    @cached_property
    def outcome(self) -> RunOutcome:
        """The verdict and the exit code; computed from findings alone, never from a test runner's code."""
        return _judge(self)

    @property
    def counts(self) -> dict[str, int]:
        """Clauses by verdict, every verdict named."""
        seen = Counter(standing.verdict for standing in self.standings.values())
        return {verdict.value: seen[verdict] for verdict in Verdict}

    @property
    def failures(self) -> list[Finding]:
        """Findings that break a must-clause or a should-clause, the must-clauses first."""
        broken = [finding for finding in self.findings if finding.verdict in (Verdict.FAIL, Verdict.WARN)]
        return sorted(broken, key=lambda finding: finding.verdict is Verdict.WARN)

    @cached_property
    def causes(self) -> tuple[Cause, ...]:
        """What is broken, sorted by what is probably one fault; every finding that fails or warns stands in one."""
        broken = [
            (finding, Verdict.WAIVED if waived and finding.verdict is Verdict.FAIL else finding.verdict)
            for standing in self.standings.values()
            for waived in [standing.verdict is Verdict.WAIVED]
            for finding in standing.findings
            if finding.verdict in (Verdict.FAIL, Verdict.WARN)
        ]
        return causes_of(broken, {name: standing.clause for name, standing in self.standings.items()})

    def transcript(self, finding: Finding) -> list[ExchangeRecord]:
        """The exchanges that prove a finding, in the order they happened."""
        return [self.exchanges[number] for number in finding.exchanges if number in self.exchanges]


def _standing(planned: PlannedClause, findings: tuple[Finding, ...]) -> ClauseStanding:
    """What was found of a clause, before waivers."""
    seen = {finding.verdict for finding in findings}
    if not seen:
        outside = planned.scope or not planned.required
        return ClauseStanding(planned, Verdict.SKIP if outside else Verdict.UNKNOWN, findings)
    # An unknown beside a pass is not a pass; a pass beside a skip is one.
    return ClauseStanding(planned, most_urgent(seen - {Verdict.SKIP} or seen), findings)


def in_force(waivers: Iterable[Waiver], started: str) -> dict[str, Waiver]:
    """The waivers that have not expired when a run starts (an instant of its header), by clause."""
    return {one.clause: one for one in waivers if one.expires >= started[:10]}


def _judge(run: Run) -> RunOutcome:
    """Apply the table "verdict to exit code": the first row that matches decides, the other reasons are still shown.

    A failed must-clause: 1. Our own error, no footer or an interruption, a required must-clause unknown, a missed
    coverage floor: 3. Clauses left open for another sitting: 4. Else 0.
    """
    failed = _failures(run)
    unjudged = _unjudged(run)
    waiver_notes, unneeded = _waivers(run)
    if run.header.strict_waivers:
        failed += unneeded
    if failed:
        verdict, code = RunVerdict.FAILS, ExitCode.FAILED
    elif unjudged:
        verdict, code = RunVerdict.NOT_JUDGED, ExitCode.NOT_JUDGED
    elif run.sittings and _leaves_open(run, run.sittings):
        verdict, code, unjudged = RunVerdict.SO_FAR, ExitCode.OPEN, [run.sittings.told]
    else:
        verdict, code = RunVerdict.CONFORMS, ExitCode.OK
    reasons = _credentials(run) + failed + unjudged
    return RunOutcome(verdict, code, tuple(reasons if code else ()), _scope(run), tuple(waiver_notes))


def _credentials(run: Run) -> list[str]:
    """A word before all others where so much met HTTP 401 that it is hardly the clauses' fault."""
    met = [
        standing.clause.id
        for standing in run.standings.values()
        if standing.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.UNKNOWN)
        and any("HTTP 401" in f"{one.summary} {one.observed}" for one in standing.findings)
    ]
    if len(met) <= _NAMED:
        return []
    told = "does the target still take these credentials? offerproof check --target PROFILE tells it"
    return [f"{len(met)} clauses met HTTP 401: {told}"]


def _leaves_open(run: Run, sittings: Sittings) -> bool:
    """Whether a clause is open that could still turn red; information alone keeps no certificate waiting."""
    names = {name for one in sittings.open for name in one.clauses}
    return any(run.standings[name].clause.strength is not Strength.INFO for name in names)


def _scope(run: Run) -> tuple[str, ...]:
    """What the certificate does not prove, a line each, with the number of clauses concerned."""
    reasons: Counter[str] = Counter()
    for standing in run.standings.values():
        if standing.verdict is not Verdict.SKIP:
            continue
        if standing.planned.scope and standing.planned.outside:
            reasons[standing.planned.outside] += 1
        elif standing.findings:
            reasons[standing.findings[0].summary] += 1
    return tuple(f"{reason} ({count} clause{'s' if count > 1 else ''})" for reason, count in reasons.items())


def _failures(run: Run) -> list[str]:
    failed = {
        standing.clause.id: standing.clause.sentence
        for standing in run.standings.values()
        if standing.verdict is Verdict.FAIL and standing.clause.strength is Strength.MUST
    }
    clauses: list[str] = []
    told: set[str] = set()
    primary = [cause.primary.clause for cause in run.causes]
    for cause in run.causes:
        name = cause.primary.clause
        if name in failed and name not in told:
            clauses.append(f"{name} failed: {failed[name]}")
        told.add(name)
        beneath = dict.fromkeys(one.clause for one in cause.also if one.clause in failed)
        names = [one for one in beneath if one not in told and one not in primary]
        if len(names) > _NAMED:
            clauses.append(f"{len(names)} clauses failed, probably for the same reason as {name}: {_first(names)}")
        elif names:
            clauses.append(f"{', '.join(names)} failed, probably for the same reason as {name}")
        told.update(names)
    return clauses + [f"audit failed: {audit.question}" for audit in run.audits if audit.verdict is Verdict.FAIL]


def _unjudged(run: Run) -> list[str]:
    reasons = []
    if run.interrupted:
        reasons.append(f"the run was interrupted: {run.interrupted.reason}")
    unknown: dict[str, list[str]] = {}
    for standing in run.standings.values():
        if any(finding.verdict is Verdict.ERROR for finding in standing.findings):
            added = run.plan.added.chapters if run.plan.added else ()
            whose = "an error of its check" if standing.clause.chapter in added else "our error"
            reasons.append(f"{standing.clause.id} could not be judged, {whose}: {standing.reason}")
        elif standing.leaves_open:
            unknown.setdefault(standing.reason or "no reason given", []).append(standing.clause.id)
    for reason, names in unknown.items():
        waived = next((name for name in run.waived if re.search(rf"\b{re.escape(name)}\b", reason)), None)
        covers = f" (the waiver for {waived} can name {'it' if len(names) == 1 else 'them'} in also)" if waived else ""
        if len(names) > _NAMED:
            reasons.append(f"{len(names)} clauses are unknown: {reason}{covers}: {_first(names)}")
        else:
            reasons.append(f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} unknown: {reason}{covers}")
    for audit in run.audits:
        if audit.verdict in (Verdict.UNKNOWN, Verdict.ERROR):
            reasons.append(f"audit not answered: {audit.question}")
    missed: dict[str, list[str]] = {}
    for one in run.situations:
        if one.verdict is Verdict.UNKNOWN:
            missed.setdefault(one.told, []).append(one.name)
    reasons += [f"not lived through: {', '.join(names)}: {told}" for told, names in missed.items()]
    for cell in run.coverage:
        if cell.floor is not None and cell.count < cell.floor:
            reasons.append(f"coverage floor missed: {cell.operation} {cell.outcome} {cell.count} of {cell.floor}")
    return reasons


def _first(names: list[str]) -> str:
    return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"


def _waivers(run: Run) -> tuple[list[str], list[str]]:
    """Return the notes about waivers, and of these the ones about waivers no longer needed."""
    notes: list[str] = []
    unneeded: list[str] = []
    for waiver in run.plan.waivers:
        standing = run.standings.get(waiver.clause)
        who = f"waiver for {waiver.clause} ({waiver.owner}, until {waiver.expires})"
        if standing is None:
            unneeded.append(f"{who}: there is no such clause")
        elif standing.verdict is Verdict.WAIVED:
            notes.append(f"{who}: in use: {waiver.reason}{_covered(run, waiver)}")
            unneeded += [f"{who}: also {name}, which is kept: remove it" for name in waiver.also if _is_kept(run, name)]
        elif standing.verdict is Verdict.FAIL:
            notes.append(f"{who}: expired, so the failure counts")
        elif standing.verdict in (Verdict.PASS, Verdict.WARN):
            unneeded.append(f"{who}: no longer needed, remove it")
        else:
            notes.append(f"{who}: not tried, the clause is {standing.verdict}")
    return notes + unneeded, unneeded


def _covered(run: Run, waiver: Waiver) -> str:
    """What a waiver in use answers for besides its own clause: ``; also A-7; not observed because of it: A-8``."""
    covered = [name for name in waiver.also if name in run.standings and run.standings[name].waiver is waiver]
    unseen = [name for name in covered if run.standings[name].verdict is Verdict.UNKNOWN]
    broken = [name for name in covered if name not in unseen]
    told = f"; also {', '.join(broken)}" if broken else ""
    return told + (f"; not observed because of it: {', '.join(unseen)}" if unseen else "")


def _is_kept(run: Run, name: str) -> bool:
    return name in run.standings and run.standings[name].verdict in (Verdict.PASS, Verdict.WARN)
