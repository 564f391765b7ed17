"""After the load: unlock what was left locked, read the target, audit, write the run file."""

from __future__ import annotations

import time
from collections.abc import Iterable
from functools import partial
from pathlib import Path

from offerproof.contract import Outcome
from offerproof.errors import OfferproofError
from offerproof.findings.load_records import AnyLoadRecord
from offerproof.findings.run import Run
from offerproof.loadtest.audit.evidence import Evidence
from offerproof.loadtest.audit.final_state import Calibration, Reader
from offerproof.loadtest.audit.points import codes_of
from offerproof.loadtest.audit.questions import Audited, judge
from offerproof.loadtest.client.calls import MAX_HOLD_S, Calls
from offerproof.loadtest.client.endpoints import endpoints_of
from offerproof.loadtest.client.wait_budget import GIVEN_UP, WaitBudget, allowance
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.process import Session, View
from offerproof.loadtest.generator.provision import source_of
from offerproof.loadtest.generator.supply import HeldOffer, Shopper
from offerproof.loadtest.plan.permission import is_ours
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
    run_file.availability()
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
    most = OWN_CUSTOMERS if is_ours(session.profile) else FOREIGN_CUSTOMERS
    evidence = Evidence(session.folder, ledger, session.profile, max_customers=most)
    endpoints = endpoints_of(session.profile, run_id=f"{session.plan.run_id}-audit")
    budget = budget or WaitBudget(allowance(ledger.duration))
    rate = session.profile.limits.load_rate
    told = partial(_tell, view)
    reader = Reader(endpoints, budget=budget, rate=rate, max_hold_s=max_hold_s, told=told)
    try:
        if left := unlock_left(evidence, reader, session.profile, session.folder):
            evidence.notes.append(f"{len(left)} user offers may still be locked: see leftovers.txt")
        view.status(f"audit: reading back {len(evidence.customers)} customers")
        calibration = _calibration(session, reader, evidence)
        found = evidence.read(reader)
        if calibration is not None:
            calibration.read()
        view.status(f"audit: judging {evidence.timeline.count} operations")
        return judge(evidence, found, calibration)
    finally:
        reader.close()


def _tell(view: View, what: str, done: int, total: int) -> None:
    view.counted(f"audit: {what}", done, total)


def unlock_left(evidence: Evidence, reader: Reader, profile: Profile, folder: Path) -> list[str]:
    """Unlock what the run left locked, where the target can; returns the user offers that may still be locked."""
    locked = evidence.still_locked()
    left = {offer.user_offer_id: None for _, offer, _ in locked}
    epoch = int(time.monotonic() * 1e6) - evidence.timeline.last - 1
    done: list[tuple[int, int, Outcome, int, int]] = []

    def unlock(calls: Calls, one: tuple[Shopper, HeldOffer, int]) -> None:
        _, offer, transaction = one
        start = int(time.monotonic() * 1e6) - epoch
        checked = calls.unlock(offer.user_offer_id, refusable=True)
        end = int(time.monotonic() * 1e6) - epoch
        if checked.answer.failure != GIVEN_UP:
            done.append((offer.number, transaction, checked.outcome, start, end))
        if checked.ok:
            del left[offer.user_offer_id]

    try:
        if profile.can("unlock"):
            with reader.budget.sparing_half():
                reader.each("unlocking", locked, unlock)
            for row in done:
                evidence.timeline.unlocked(*row)
    finally:
        _leave_note(folder, list(left))
    return list(left)


def _calibration(session: Session, reader: Reader, evidence: Evidence) -> Calibration | None:
    """Do what shows what each kind of transaction earns alone; None where that cannot be compared.

    Before anything is read, so that one settle time is enough for all. User offers that customers earned by buying
    something leave nothing to compare."""
    profile = session.profile
    sources = {profile.offers.kind, profile.customers.kind}
    earned = bool(evidence.ledger.user_offers)
    if not profile.can("earn") or "pool" in sources or ("earn" in sources and earned):
        return None
    nonce = f"{session.plan.nonce}c"
    calibration = Calibration(reader, source_of(profile, reader.lines, nonce=nonce, seed=session.plan.seed), nonce)
    with reader.budget.sparing_half():
        calibration.send(codes_of(evidence.earnings()))
    return calibration


def _leave_note(folder: Path, left: list[str]) -> None:
    if left:
        (folder / "leftovers.txt").write_text("".join(f"{one}\n" for one in left), "utf-8")
