"""One defect against the suite, and one correct simulator against the suite."""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from offerproof.conformance import Finished, Options, certify
from offerproof.conformance.nonce import OWN
from offerproof.contract import Level, Strength, SuiteFolders
from offerproof.defects import Defect, defects_of, registry
from offerproof.errors import CannotJudge, Misuse, OfferproofError
from offerproof.findings import Finding, Run, Verdict
from offerproof.selfcheck.in_process_simulator import InProcessSimulator
from offerproof.selfcheck.model import Alarm, Plan, Trial, TrialOutcome
from offerproof.simulator.app import App

_TOLD_MAX = 200


def try_defect(simulator: InProcessSimulator, name: str, plan: Plan) -> Trial:
    """Judge a simulator with one defect: first by the checks of its clause; if these see nothing, by the whole suite.

    Every run meets a fresh simulator, so the second knows nothing of the first. Some defects show only on a simulator
    that has seen others before: the clause's finding in the whole suite is as good a proof.
    """
    defect = catalogue(plan.clauses)[name]
    started = time.perf_counter()
    try:
        return _judged(simulator, defect, plan, started)
    except OfferproofError as problem:
        unchecked = _unchecked(defect.clause, plan) if isinstance(problem, Misuse) else None
        if unchecked is not None:  # there was nothing to run
            return _trial(defect, (TrialOutcome.UNCHECKED, unchecked), 0, time.perf_counter() - started, 0)
        hint = f" ({problem.hint})" if problem.hint else ""
        told = (TrialOutcome.BROKEN, f"{problem.message}{hint}")
        return _trial(defect, told, 0, time.perf_counter() - started, simulator.app.planting.hits.get(name, 0))


def _judged(simulator: InProcessSimulator, defect: Defect, plan: Plan, started: float) -> Trial:
    app = simulator.renew(0, defect.name)
    aimed = _run(simulator, Level.FULL, 0, plan, only=(defect.clause,), stop_first=True)
    _insist_that_it_works(app)
    hits, requests, seconds = app.planting.hits[defect.name], _requests(aimed), time.perf_counter() - started
    proof = _proof(aimed, defect.clause)
    level = _whole(defect.clause, plan)
    if proof is not None and (level is None or not plan.thorough):
        return _trial(defect, proof, requests, seconds, hits)
    app = simulator.renew(0, defect.name)
    whole = _run(simulator, level or plan.level, 0, plan)
    _insist_that_it_works(app)
    hits += app.planting.hits[defect.name]
    if proof is not None and not whole.standings[defect.clause].planned.required:
        return _trial(defect, proof, requests, seconds, hits)  # all its checks are of a higher level
    if proof is None:
        proof = _proof(whole, defect.clause)
        requests, seconds = requests + _requests(whole), time.perf_counter() - started
    if proof is None and not whole.causes:
        return _trial(defect, _nothing(defect, hits, _errors(aimed) or _errors(whole)), requests, seconds, hits, whole)
    return _trial(defect, proof or whole.causes[0].primary, requests, seconds, hits, whole)


def _insist_that_it_works(app: App) -> None:
    """A defect that raised has not done what it says, whatever was found of that."""
    if app.planting.broken:
        raise CannotJudge(f"the planted defect is broken itself: {app.planting.broken[0]}")


def _whole(clause: str, plan: Plan) -> Level | None:
    """The level of a run of the whole suite that exercises a clause: smoke where that is enough; None: it has none."""
    own = _suite(plan.clauses).contract.find(clause).level
    if own is Level.SMOKE:
        return own
    return plan.level if plan.level.includes(own) else None


def _nothing(defect: Defect, hits: int, broken: list[str]) -> tuple[TrialOutcome, str]:
    """What to say of a defect that no finding speaks of."""
    if not hits:
        return TrialOutcome.VACUOUS, "it never did any harm"
    return (TrialOutcome.BROKEN, broken[0]) if broken else (TrialOutcome.SURVIVED, f"{defect.clause} saw nothing")


def _unchecked(name: str, plan: Plan) -> str | None:
    """Why there is no check of a clause, where the contract says so."""
    clause = _suite(plan.clauses).contract.clauses.get(name)
    return None if clause is None or clause.shapes else clause.unchecked


@cache
def _suite(clauses: Path | None) -> SuiteFolders:
    return SuiteFolders(added=clauses)


def catalogue(clauses: Path | None) -> Mapping[str, Defect]:
    """The planted defects: ours, or those of a team's folder."""
    return registry() if clauses is None else defects_of(clauses / "defects.py")


def _proof(run: Run, clause: str) -> Finding | None:
    return next((one for one in _failures(run, clause) if one.clause == clause), None)


def _trial(
    defect: Defect,
    seen: Finding | tuple[TrialOutcome, str],
    requests: int,
    seconds: float,
    hits: int,
    whole: Run | None = None,
) -> Trial:
    """What came of a defect: the finding that speaks of it, or the outcome without one and why.

    A defect that was found without ever having said that it did harm counts as vacuous: its claim is unproven.
    """
    if isinstance(seen, tuple):
        outcome, told, caught_by = *seen, None
    else:
        own = seen.clause == defect.clause
        outcome = TrialOutcome.WRONG_CLAUSE if not own else TrialOutcome.KILLED if hits else TrialOutcome.VACUOUS
        told = "found, but it never said that it did harm" if outcome is TrialOutcome.VACUOUS else _told(seen)
        caught_by = seen.clause
    causes = whole.causes if whole is not None else ()
    return Trial(
        name=defect.name,
        family=defect.family,
        clause=defect.clause,
        outcome=outcome,
        caught_by=caught_by,
        requests=requests,
        seconds=round(seconds, 3),
        hits=hits,
        told=told[:_TOLD_MAX],
        whole=whole.header.level.value if whole is not None else None,
        shown=tuple(dict.fromkeys(cause.primary.clause for cause in causes)),
        beneath=tuple(dict.fromkeys(one.clause for cause in causes for one in cause.also)),
    )


def try_seed(simulator: InProcessSimulator, seed: int, plan: Plan) -> Alarm:
    """Judge a correct simulator; anything but "conforms" is an alarm."""
    started = time.perf_counter()
    try:
        simulator.renew(seed)
        run = _run(simulator, plan.level, seed, plan)
        reasons = run.outcome.reasons + tuple(f"warning: {one.clause}: {one.summary}" for one in _warnings(run))
        requests = _requests(run)
    except OfferproofError as problem:
        reasons, requests = (problem.message,), 0
    return Alarm(seed=seed, requests=requests, seconds=round(time.perf_counter() - started, 3), reasons=reasons)


def _run(
    simulator: InProcessSimulator,
    level: Level,
    seed: int,
    plan: Plan,
    *,
    only: Sequence[str] = (),
    stop_first: bool = False,
) -> Run:
    """One run of the suite; its files are thrown away."""
    finished: Finished = certify(
        Options(
            profile=simulator.profile,
            level=level,
            seed=seed,
            only=tuple(only),
            out=simulator.folder / "runs",
            kind="selfcheck",
            stop_first=stop_first,
            suite=_suite(plan.clauses),
            nonce=OWN,  # every run meets a fresh simulator
        )
    )
    shutil.rmtree(finished.folder, ignore_errors=True)
    return finished.run


def _failures(run: Run, clause: str) -> list[Finding]:
    """Findings that break a must-clause, and warnings of ``clause`` itself, in the order in which they were made."""
    must = {planned.clause.id for planned in run.plan.clauses if planned.clause.strength is Strength.MUST}
    return [
        one
        for one in run.findings
        if (one.verdict is Verdict.FAIL and one.clause in must)
        or (one.verdict is Verdict.WARN and one.clause == clause)
    ]


def _warnings(run: Run) -> list[Finding]:
    return [one for one in run.findings if one.verdict is Verdict.WARN]


def _errors(run: Run) -> list[str]:
    return [f"{one.clause}: {one.summary}" for one in run.findings if one.verdict is Verdict.ERROR]


def _requests(run: Run) -> int:
    return run.footer.requests if run.footer else 0


def _told(finding: Finding) -> str:
    seen = f": expected {finding.expected}, observed {finding.observed}" if finding.expected is not None else ""
    return f"{finding.summary}{seen}"[:_TOLD_MAX]
