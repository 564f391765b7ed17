"""After the load: unlock what was left locked, read the target, audit, write the run file."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from offerproof.errors import CannotJudge, OfferproofError
from offerproof.findings.load_records import AnyLoadRecord
from offerproof.findings.run import Run
from offerproof.loadtest.audit.evidence import Evidence
from offerproof.loadtest.audit.final_state import Calibration, Reader
from offerproof.loadtest.audit.questions import Audited, judge
from offerproof.loadtest.client.calls import MAX_HOLD_S
from offerproof.loadtest.client.endpoints import endpoints_of
from offerproof.loadtest.client.wait_budget import GIVEN_UP, WaitBudget, allowance
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.process import Session, View
from offerproof.loadtest.generator.provision import source_of
from offerproof.loadtest.results.run_file import RunFile
from offerproof.target import Profile

FOREIGN_CUSTOMERS = 2_000
"""Customers read back from a target that is not our simulator, at most: an audit must not be a second load test."""
OWN_CUSTOMERS = 20_000


def finish(
    session: Session, ledger: RunLedger, view: View, *, own_simulator: bool = False, extra: Iterable[AnyLoadRecord] = ()
) -> Run:
    """Judge a run that Locust has finished, and write its run file."""
    run_file = RunFile(session, ledger, own_simulator=own_simulator)
    run_file.figures()
    run_file.thresholds()
    if session.plan.facts.writes:
        try:
            audited = audit(session, ledger, view)
        except OfferproofError as problem:
            run_file.not_audited(problem.message)
        except KeyboardInterrupt:
            session.interrupted = "stopped by the user, during the audit"
            run_file.not_audited(session.interrupted)
        else:
            run_file.audit(audited)
    return run_file.finish(extra)


def audit(
    session: Session, ledger: RunLedger, view: View, *, budget: WaitBudget | None = None, max_hold_s: float = MAX_HOLD_S
) -> Audited:
    """Clean up and audit one run against its target; ``budget`` bounds what all of it may wait in vain."""
    view.status("audit: reading what was recorded")
    most = OWN_CUSTOMERS if session.profile.environment == "simulator" else FOREIGN_CUSTOMERS
    evidence = Evidence(session.folder, ledger, session.profile, max_customers=most)
    endpoints = endpoints_of(session.profile, run_id=f"{session.plan.run_id}-audit")
    budget = budget or WaitBudget(allowance(ledger.duration))
    reader = Reader(endpoints, budget=budget, rate=session.profile.limits.load_rate, max_hold_s=max_hold_s)
    try:
        if left := unlock_left(evidence, reader, session.profile, session.folder):
            evidence.notes.append(f"{len(left)} user offers may still be locked: see leftovers.txt")
        view.status(f"audit: reading back {len(evidence.customers)} customers")
        found = evidence.read(reader)
        calibration = _calibration(session, reader, earned=bool(ledger.user_offers))
        view.status(f"audit: judging {evidence.timeline.count} operations")
        return judge(evidence, found, calibration)
    finally:
        reader.close()


def unlock_left(evidence: Evidence, reader: Reader, profile: Profile, folder: Path) -> list[str]:
    """Unlock what the run left locked, where the target can; returns the user offers that may still be locked."""
    locked = evidence.still_locked()
    left = {offer.user_offer_id: None for _, offer, _ in locked}
    epoch = int(time.monotonic() * 1e6) - evidence.timeline.last - 1
    reader.budget.reserve = reader.budget.seconds / 2
    try:
        for _, offer, transaction in locked if profile.can("unlock") else ():
            start = int(time.monotonic() * 1e6) - epoch
            checked = reader.one().unlock(offer.user_offer_id, refusable=True)
            if checked.answer.failure == GIVEN_UP:
                break
            end = int(time.monotonic() * 1e6) - epoch
            evidence.timeline.unlocked(offer.number, transaction, checked.outcome, start, end)
            if checked.ok:
                del left[offer.user_offer_id]
    finally:
        reader.budget.reserve = 0.0
        _leave_note(folder, list(left))
    return list(left)


def _calibration(session: Session, reader: Reader, *, earned: bool) -> Calibration | None:
    """Make ready to measure what each kind of transaction earns alone; None where that cannot be compared.

    ``earned``: the run's customers have user offers, which they bought something for where these are earned."""
    profile = session.profile
    sources = {profile.offers.kind, profile.customers.kind}
    if not profile.can("earn") or "pool" in sources or ("earn" in sources and earned):
        return None
    nonce = f"{session.plan.nonce}c"
    source = source_of(profile, reader.one(), nonce=nonce, seed=session.plan.seed)
    calibration = Calibration(reader.one(), source, nonce, profile.settle_s)
    try:
        calibration.prepare()
    except CannotJudge as problem:  # what else was recorded and read can be judged all the same
        calibration.problem = problem.message
    return calibration


def _leave_note(folder: Path, left: list[str]) -> None:
    if left:
        (folder / "leftovers.txt").write_text("".join(f"{one}\n" for one in left), "utf-8")
