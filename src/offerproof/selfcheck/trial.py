"""One defect against the suite, and one correct simulator against the suite."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from functools import cache

from offerproof.conformance import Contract, Finished, Options, certify, load_contract
from offerproof.errors import Misuse, OfferproofError
from offerproof.findings import Finding, Level, Run, Strength, Verdict
from offerproof.selfcheck.bench import Bench
from offerproof.selfcheck.model import Alarm, Outcome, Plan, Trial
from offerproof.simulator import defects
from offerproof.simulator.defects import Defect

_TOLD_MAX = 200
_CHAPTERS_AGAIN = frozenset({"SMOKE", "JOURN", "SURF", "CONC"})


def try_defect(bench: Bench, name: str, plan: Plan) -> Trial:
    """Judge a simulator with one defect: first by the checks of its clause; if these see nothing, by the whole suite.

    Every run meets a fresh simulator, so the second knows nothing of the first. Some defects show only on a simulator
    that has seen others before: the clause's finding in the whole suite is as good a proof.
    """
    defect = defects.registry()[name]
    started = time.perf_counter()
    try:
        return _judged(bench, defect, plan, started)
    except OfferproofError as problem:
        unchecked = _unchecked(defect.clause) if isinstance(problem, Misuse) else None
        if unchecked is not None:  # there was nothing to run
            return _trial(defect, Outcome.UNCHECKED, None, 0, started, 0, unchecked)
        hint = f" ({problem.hint})" if problem.hint else ""
        return _trial(defect, Outcome.BROKEN, None, 0, started, bench.app.hits.get(name, 0), f"{problem.message}{hint}")


def _judged(bench: Bench, defect: Defect, plan: Plan, started: float) -> Trial:
    app = bench.renew(0, defect.name)
    aimed = _run(bench, Level.FULL, 0, only=(defect.clause,), stop_first=True)
    hits, requests, seconds = app.hits[defect.name], _requests(aimed), time.perf_counter() - started
    proof = _proof(aimed, defect.clause)
    if proof is not None and not plan.thorough:
        return _killed(defect, proof, requests, seconds, hits, ())
    app = bench.renew(0, defect.name)
    whole = _run(bench, plan.level, 0)
    red = tuple(dict.fromkeys(one.clause for one in _failures(whole, defect.clause)))
    hits += app.hits[defect.name]
    if proof is None:
        proof = _proof(whole, defect.clause)
        requests, seconds = requests + _requests(whole), time.perf_counter() - started
    if proof is not None:
        return _killed(defect, proof, requests, seconds, hits, red)
    if red:
        told = _told(_failures(whole, defect.clause)[0])
        return _trial(defect, Outcome.WRONG_CLAUSE, red[0], requests, started, hits, told, red)
    if not hits:
        return _trial(defect, Outcome.VACUOUS, None, requests, started, hits, "it never did any harm")
    broken = _errors(aimed) or _errors(whole)
    if broken:
        return _trial(defect, Outcome.BROKEN, None, requests, started, hits, broken[0])
    return _trial(defect, Outcome.SURVIVED, None, requests, started, hits, f"{defect.clause} saw nothing")


def _unchecked(name: str) -> str | None:
    """Why there is no check of a clause, where the contract says so."""
    clause = _contract().clauses.get(name)
    return None if clause is None or clause.shapes else clause.unchecked


@cache
def _contract() -> Contract:
    return load_contract()


def _repeating(red: Sequence[str]) -> tuple[str, ...]:
    """Clauses that say again what others say: one workflow, any order, any input, and the shapes of whole answers."""
    clauses = _contract().clauses
    return tuple(name for name in red if clauses[name].chapter in _CHAPTERS_AGAIN or clauses[name].shapes)


def _proof(run: Run, clause: str) -> Finding | None:
    return next((one for one in _failures(run, clause) if one.clause == clause), None)


def _killed(defect: Defect, proof: Finding, requests: int, seconds: float, hits: int, red: tuple[str, ...]) -> Trial:
    """A defect that was found without ever having said that it did harm counts as vacuous: its claim is unproven."""
    outcome = Outcome.KILLED if hits else Outcome.VACUOUS
    return Trial(
        name=defect.name,
        family=defect.family,
        clause=defect.clause,
        outcome=outcome,
        caught_by=proof.clause,
        requests=requests,
        seconds=round(seconds, 3),
        hits=hits,
        told=_told(proof) if hits else "found, but it never said that it did harm",
        red=red,
        repeating=_repeating(red),
    )


def _trial(
    defect: Defect,
    outcome: Outcome,
    caught_by: str | None,
    requests: int,
    started: float,
    hits: int,
    told: str,
    red: tuple[str, ...] = (),
) -> Trial:
    return Trial(
        name=defect.name,
        family=defect.family,
        clause=defect.clause,
        outcome=outcome,
        caught_by=caught_by,
        requests=requests,
        seconds=round(time.perf_counter() - started, 3),
        hits=hits,
        told=told[:_TOLD_MAX],
        red=red,
        repeating=_repeating(red),
    )


def try_seed(bench: Bench, seed: int, plan: Plan) -> Alarm:
    """Judge a correct simulator; anything but "conforms" is an alarm."""
    started = time.perf_counter()
    try:
        bench.renew(seed)
        run = _run(bench, plan.level, seed)
        reasons = run.outcome.reasons + tuple(f"warning: {one.clause}: {one.summary}" for one in _warnings(run))
        requests = _requests(run)
    except OfferproofError as problem:
        reasons, requests = (problem.message,), 0
    return Alarm(seed=seed, requests=requests, seconds=round(time.perf_counter() - started, 3), reasons=reasons)


def _run(bench: Bench, level: Level, seed: int, *, only: Sequence[str] = (), stop_first: bool = False) -> Run:
    """One run of the suite; its files are thrown away."""
    finished: Finished = certify(
        Options(
            profile=bench.profile,
            level=level,
            seed=seed,
            only=tuple(only),
            out=bench.folder / "runs",
            kind="selfcheck",
            stop_first=stop_first,
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
