"""From a finished run to its run file: thresholds, generator's health, clean-up, audit, verdict."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from offerproof import __version__
from offerproof.contract import RUN_FILE, Level, Outcome, content_hash, load_contract, load_hash, now, utc_now, utc_text
from offerproof.findings import RunWriter, distribution, versions_here
from offerproof.findings.load_records import (
    ALL_CALLS,
    AnyLoadRecord,
    ClockFigures,
    Latency,
    LoadSettings,
    SeriesBlock,
    SeriesFigures,
    ThresholdResult,
    WorkerFigures,
)
from offerproof.findings.model import (
    AnyRecord,
    Coverage,
    Finding,
    Header,
    Interrupted,
    Needs,
    PlannedClause,
    RunPlan,
    TargetSummary,
    Verdict,
)
from offerproof.findings.run import Run
from offerproof.loadtest.audit.questions import Audited
from offerproof.loadtest.client.checks import CONTRACT_ERRORS, NO_ANSWERS, SLOW
from offerproof.loadtest.figures import PERCENTILES, Series, kind_of
from offerproof.loadtest.generator.health import ClockOffset
from offerproof.loadtest.generator.ledger import RunLedger, read_seconds
from offerproof.loadtest.generator.process import Session
from offerproof.loadtest.plan.thresholds import Measured
from offerproof.loadtest.results.judged import judge_figures

CHAPTER = "LOAD"
AVAILABILITY = "AVAIL-1"
READ_CLAUSES = ("LOAD-1", "LOAD-2", "LOAD-3", "LOAD-4", AVAILABILITY)


def _notes(ledger: RunLedger) -> Iterator[str]:
    """Yield what a reader should know about workers: those lost, with what they held, and those with other clocks."""
    for worker, entry in ledger.lost.items():
        held = sum(past - first for first, past in entry.lost_customers)
        yield (
            f"lost worker {worker}: {entry.lost}. Nobody takes over its share of the load, and the {held} customers it "
            "had are not given to others; what it reported counts, and nothing is concluded from what may be missing"
        )
    for worker, entry in ledger.workers.items():
        clock = entry.clock
        if clock is not None and clock.bound:
            yield (
                f"worker {worker} has another clock: offset {clock.offset / 1e6:.3f} ms, error at most "
                f"{clock.bound / 1e6:.3f} ms, measured {clock.measurements} times; its operations are widened by that"
            )


class RunFile:
    """Writes the run file of one load run."""

    def __init__(self, session: Session, ledger: RunLedger, *, own_simulator: bool, path: Path | None = None) -> None:
        self.session = session
        self.ledger = ledger
        self.judged = judge_figures(ledger)
        contract = load_contract()
        self.clauses = (*contract.of_chapter(CHAPTER), contract.clauses[AVAILABILITY])
        self.writer = RunWriter(path or session.folder / RUN_FILE, self._header(own_simulator))
        self.writer.plan(self._plan(contract.chapters))

    def _header(self, own_simulator: bool) -> Header:
        plan, profile, workload = self.session.plan, self.session.profile, self.session.plan.workload
        began = datetime.fromtimestamp(self.ledger.begun_utc or 0, UTC) if self.ledger.begun_utc else utc_now()
        settings = LoadSettings(
            scenario=plan.scenario,
            model="open" if plan.is_open else "closed",
            arrivals=workload.spacing if workload else "constant",
            duration_s=workload.duration if workload else self.ledger.duration,
            warm_up_s=workload.warm_up if workload else 0.0,
            peak=workload.peak if workload else 0.0,
            processes=len(self.ledger.workers),
            think=plan.think,
            customers=plan.supply.customers,
            phases=workload.phases if workload else (),
            thresholds=tuple(threshold.sentence for threshold in plan.thresholds),
        )
        return Header(
            kind="load",
            run_id=plan.run_id,
            suite_version=__version__,
            content_hash=content_hash(),
            load_hash=load_hash(self.session.scenario),
            started=utc_text(began),
            target=TargetSummary(
                name=profile.name,
                environment=profile.environment,
                services={name: service.base_url for name, service in profile.services.items()},
                capabilities=dict(profile.capabilities),
                behaviour=dict(profile.behaviours),
            ),
            profile=None if own_simulator else str(self.session.target),
            level=Level.FULL,
            seed=plan.seed,
            nonce=plan.nonce,
            load=settings,
            versions=versions_here(),
        )

    def _plan(self, titles: Mapping[str, str]) -> RunPlan:
        asked = {one.threshold.declared.clause for one in self.judged.measured} | {"LOAD-4"}
        reading = not self.session.plan.facts.writes
        planned = []
        for clause in self.clauses:
            if clause.id in ("LOAD-1", "LOAD-2", "LOAD-3") and clause.id not in asked:
                planned.append(PlannedClause(clause=clause, required=False, outside="no threshold asks for it"))
            elif reading and clause.id not in READ_CLAUSES:
                planned.append(PlannedClause(clause=clause, required=False, outside="the scenario only reads"))
            else:
                planned.append(PlannedClause(clause=clause, required=True))
        workload = self.session.plan.workload
        return RunPlan(
            chapters={chapter: titles[chapter] for chapter in dict.fromkeys(one.chapter for one in self.clauses)},
            clauses=tuple(planned),
            needs=Needs(customers=self.ledger.customers, requests=self.ledger.requests),
            budget_requests=max(1, int((workload.area() if workload else 0) * 5)),
            notes=tuple(_notes(self.ledger)),
        )

    def figures(self) -> None:
        """Write every figure of the run."""
        for name, series in self.judged.totals.items():
            finished, blocks = self.ledger.finished.get(name, 0), self.ledger.blocks.get(name, ())
            self.writer.add(series_figures(name, series, self.judged.elapsed, finished, blocks))
        self._add_all(read_seconds(self.session.folder))
        self._add_all(worker_figures(self.ledger))
        for name, series in self.judged.totals.items():
            good = series.count - series.wrong
            if kind_of(name) == "call":
                self.writer.add(Coverage(operation=name, outcome=Outcome.ACCEPTED.word, count=good))

    def thresholds(self) -> None:
        """Write what was asked, what was measured, and the findings that follow."""
        for one in self.judged.measured:
            self._threshold(one)
        bad = dict.fromkeys(CONTRACT_ERRORS, 0)
        whole = self.judged.totals.get(ALL_CALLS, Series())
        for kind, count in whole.errors.items():
            if kind in bad:
                bad[kind] += count
        count = sum(bad.values())
        told = ", ".join(f"{kind} {number}" for kind, number in bad.items() if number)
        answers = whole.served - sum(whole.errors.get(kind, 0) for kind in NO_ANSWERS)
        verdict = Verdict.FAIL if count else Verdict.PASS if answers else Verdict.UNKNOWN
        self._finding(
            "LOAD-4",
            verdict,
            "answers that are no answers of the contract" if count or answers else "no call was answered",
            expected="every answer has the documented shape, and no HTTP 5xx",
            observed=f"{count} of {answers} answers do not ({told})" if count else f"{answers} answers",
            count=count or max(answers, 1),
        )

    def availability(self) -> None:
        """Write how many requests the target gave no answer to, by operation and kind, as certify does."""
        lost: Counter[str] = Counter()
        busy, total = 0, 0
        for name, series in self.judged.totals.items():
            if kind_of(name) == "call":
                total += series.count
                for kind, count in series.errors.items():
                    if kind in NO_ANSWERS:
                        lost[f"{name} {{}} × {NO_ANSWERS[kind]}"] += count
                        busy += count if kind in SLOW else 0
        told = ", ".join(words.format(count) for words, count in lost.most_common())
        observed = f"{lost.total():,} of {total:,} requests had no answer" + (f": {told}" if told else "")
        verdict = Verdict.WARN if lost else Verdict.PASS if total else Verdict.UNKNOWN
        if lost.total() == busy and lost and self.judged.limit:
            verdict, observed = Verdict.UNKNOWN, f"not judged: {self.judged.limit} ({observed})"
        self._finding(AVAILABILITY, verdict, observed, observed=observed, count=max(lost.total(), 1))

    def _threshold(self, one: Measured) -> None:
        threshold, declared = one.threshold, one.threshold.declared
        limit = self.judged.limit
        verdict = Verdict.UNKNOWN if one.met is None else Verdict.PASS if one.met else Verdict.FAIL
        observed = one.observed
        if one.met is False and declared.at_least and self.judged.cut_short:
            verdict, observed = Verdict.UNKNOWN, f"not judged: the run was stopped early ({observed})"
        elif one.met is False and limit and one.excused:
            verdict, observed = Verdict.UNKNOWN, f"not judged: {limit} ({observed})"
        self.writer.add(
            ThresholdResult(
                name=threshold.name,
                measure=threshold.measure,
                bound=threshold.bound,
                value=None if one.value is None else round(one.value, 6),
                unit=declared.unit,
                met={Verdict.PASS: True, Verdict.FAIL: False}.get(verdict),
                clause=declared.clause,
            )
        )
        self._finding(
            declared.clause,
            verdict,
            observed if verdict is Verdict.UNKNOWN else threshold.sentence,
            expected=threshold.sentence,
            observed=observed,
            signature=f"{threshold.name}/{threshold.measure}",
        )

    def audit(self, audited: Audited) -> None:
        """Write the answers of the audit, their findings, and the operations that prove them."""
        self.writer.add(audited.scope)
        for answer in audited.answers:
            self.writer.add(answer)
            examples = "; ".join(answer.examples[:3])
            self._finding(
                answer.clause,
                answer.verdict,
                answer.observed if answer.verdict in (Verdict.UNKNOWN, Verdict.SKIP) else answer.question,
                expected=answer.expected,
                observed=f"{answer.observed}. {examples}" if examples else answer.observed,
                count=max(1, answer.bad),
                detail={"examples": list(answer.examples)},
            )
        self._add_all(audited.operations[:2000])

    def not_audited(self, why: str) -> None:
        """Say that the audit could not be made."""
        for clause in self.clauses:
            if clause.id not in READ_CLAUSES:
                self._finding(clause.id, Verdict.UNKNOWN, f"the audit could not be made: {why}", observed=why)

    def finish(self, extra: Iterable[AnyLoadRecord] = ()) -> Run:
        """Write what ended the run, and the footer."""
        self._add_all(extra)
        reason = self.session.interrupted or self.ledger.ending.problem
        if reason:
            self.writer.add(Interrupted(reason=reason, at=now()))
        return self.writer.finish(requests=self.ledger.requests)

    def _add_all(self, found: Iterable[AnyRecord]) -> None:
        for record in found:
            self.writer.add(record)

    def _finding(
        self, clause: str, verdict: Verdict, summary: str, *, observed: str, signature: str = "", **more: Any
    ) -> None:
        identity = hashlib.sha256(f"{clause}|{signature or clause}".encode()).hexdigest()[:12]
        check = f"load/{self.session.plan.scenario}"
        self.writer.add(
            Finding(
                clause=clause,
                check=check,
                verdict=verdict,
                identity=identity,
                summary=summary,
                observed=observed,
                **more,
            )
        )


# From what the coordinator wrote down to records


def series_figures(name: str, series: Series, elapsed: float, finished: int, blocks: Iterable[Series]) -> SeriesFigures:
    """Return the record of one series; ``finished`` of it ended within the judged time of ``elapsed`` seconds."""
    return SeriesFigures(
        name=name,
        kind=kind_of(name),
        count=series.count,
        rate=round(finished / elapsed, 3) if elapsed > 0 else 0.0,
        errors=dict(sorted(series.errors.items())),
        response=_latency(series.latency),
        service=_latency(series.service),
        blocks=tuple(
            SeriesBlock(count=one.count, errors=one.wrong, histogram=distribution.encode(one.latency)) for one in blocks
        ),
    )


def _latency(counts: Mapping[int, int]) -> Latency:
    found = zip(PERCENTILES, distribution.percentiles(counts, PERCENTILES), strict=True)
    return Latency(
        mean=round(distribution.mean(counts), 3),
        max=distribution.longest(counts),
        percentiles={f"p{q:g}": value for q, value in found if value is not None},
        histogram=distribution.encode(counts),
    )


def worker_figures(ledger: RunLedger) -> Iterator[WorkerFigures]:
    """Yield the record of each worker."""
    for worker, entry in ledger.workers.items():
        health, clock = entry.health, entry.clock
        yield WorkerFigures(
            name=worker,
            cpu_share=round(health.cpu_share, 4),
            loop_lag=_latency(health.lags),
            loop_lag_p99=round(health.lag_p99_ms, 3),
            loop_lag_max=round(health.lag_max_ms, 3),
            late_arrivals=health.late,
            slots_exhausted=health.no_slot,
            clock=None if clock is None else _clock(clock),
            parts=entry.parts,
        )


def _clock(clock: ClockOffset) -> ClockFigures:
    return ClockFigures(
        offset=round(clock.offset / 1e6, 3), bound=round(clock.bound / 1e6, 3), measurements=clock.measurements
    )


def write_figures_so_far(session: Session, ledger: RunLedger, folder: Path, *, own_simulator: bool) -> None:
    """Put the figures of a run that goes on in the place of its run file: killed, ``report --partial`` shows them."""
    half = folder / f"{RUN_FILE}.part"
    half.unlink(missing_ok=True)
    so_far = RunFile(session, ledger, own_simulator=own_simulator, path=half)
    with so_far.writer:
        so_far.figures()
    half.replace(folder / RUN_FILE)
