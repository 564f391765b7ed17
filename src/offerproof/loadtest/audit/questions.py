"""The questions of the audit: was every answer right under load? Each has one clause and one answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from offerproof.findings.load_records import AuditScope
from offerproof.findings.model import Audit, OperationRecord, Verdict
from offerproof.judgement.histories import Kind, Legality, Rules, Seen, check
from offerproof.loadtest.audit.answers import EXAMPLES, answer
from offerproof.loadtest.audit.evidence import Evidence
from offerproof.loadtest.audit.final_state import ALL_STATES, Calibration, FinalState
from offerproof.loadtest.audit.points import judge_points


@dataclass
class Audited:
    """What the audit found."""

    scope: AuditScope
    answers: list[Audit]
    operations: list[OperationRecord]
    """Those that prove what is wrong."""


def judge(evidence: Evidence, found: FinalState, calibration: Calibration | None) -> Audited:
    """Answer every question."""
    scope = AuditScope(
        customers=len(evidence.timeline.seen_customers),
        user_offers=len(evidence.certain),
        operations=evidence.timeline.count,
        sample_every=evidence.every,
        notes=tuple(evidence.notes),
    )
    orders, operations = _orders(evidence, found)
    answers = [
        _twice(evidence),
        _two_locks(evidence),
        orders,
        _redemptions(evidence, found),
        _no_effect(evidence, found),
        *judge_points(evidence.earnings(), found, calibration, evidence.nobody_bought),
    ]
    return Audited(scope, answers, operations)


def _twice(evidence: Evidence) -> Audit:
    bad = [(key, certain.redeemed_by) for key, certain in evidence.certain.items() if certain.twice]
    redeemed = sum(bool(certain.redeemed_by) for certain in evidence.certain.values())
    examples = [f"{evidence.name(key)} by {evidence.transactions(numbers)}" for key, numbers in bad]
    return answer(
        "LOAD-5",
        "Was any user offer redeemed twice, or by two transactions?",
        "each user offer is redeemed by one transaction at most",
        f"{redeemed} user offers redeemed, {len(bad)} of them by more than one transaction",
        examples,
        checked=redeemed,
        nothing="no user offer was redeemed",
        vacuous=evidence.idle,
    )


def _two_locks(evidence: Evidence) -> Audit:
    bad = [
        (key, certain.overlap)
        for key, certain in evidence.certain.items()
        if certain.overlap and not evidence.is_gone(key)
    ]
    locked = sum(certain.locked for certain in evidence.certain.values())
    examples = [f"{evidence.name(key)} by {evidence.transactions(pair)}" for key, pair in bad]
    return answer(
        "LOAD-6",
        "Was any user offer locked by two transactions at once?",
        "a lock ends before another transaction gets it",
        f"{locked} user offers locked, {len(bad)} of them by two transactions at once",
        examples,
        checked=locked,
        nothing="no user offer was locked",
        vacuous=evidence.idle,
    )


def _orders(evidence: Evidence, found: FinalState) -> tuple[Audit, list[OperationRecord]]:
    timeline = evidence.timeline
    at = timeline.last + int(evidence.profile.settle_s * 1e6) + 1
    for key in evidence.certain:
        _, offer = evidence.offers[key]
        state = found.state(offer)
        if state != ALL_STATES:
            timeline.read(key, state, at, at)
    history = (
        timeline.without({key for key in evidence.certain if evidence.is_gone(key)})
        if evidence.gone
        else timeline.history
    )
    report = check(history, Rules.of(evidence.profile, configurations=50_000), kept=EXAMPLES)
    illegal = report.illegal + report.not_atomic
    examples = [f"{one.key}: {one.reason}" for one in report.findings if one.verdict is Legality.ILLEGAL]
    counterexamples = [one.counterexample for one in report.findings if one.counterexample is not None]
    operations = [_operation(one.key, row) for one in counterexamples[:EXAMPLES] for row in one.operations]
    made = answer(
        "LOAD-7",
        "Is there a legal order of what the tills saw, for every user offer?",
        "an order of lock, unlock and redemption that explains every answer and the final state",
        f"{report.keys} user offers, {report.rows} operations: {illegal} without a legal order, "
        f"{report.undecided} undecided, {report.concurrent} with concurrent operations",
        examples,
        checked=len(evidence.certain),
        nothing="no user offer was used",
        undecided=report.undecided,
        bad=illegal,
        vacuous=evidence.idle,
    )
    return made, operations


def _redemptions(evidence: Evidence, found: FinalState) -> Audit:
    bad, checked, unread, unclear = [], 0, 0, 0
    for key, certain in evidence.certain.items():
        if not certain.redeemed_by or certain.reversed:
            continue
        _, offer = evidence.offers[key]
        if offer.user_offer_id.lower() not in found.states and found.failed:
            unread += 1
            continue
        checked += 1
        state = found.state(offer)
        unclear += bool(state & Seen.REDEEMED) and state != Seen.REDEEMED
        if not state & Seen.REDEEMED:
            bad.append(f"{evidence.name(key)} by {evidence.transactions(certain.redeemed_by)}: {found.words(offer)}")
    return answer(
        "LOAD-8",
        "Does every acknowledged redemption stand in the customer's history?",
        "history shows each acknowledged redemption",
        f"{checked} acknowledged redemptions, {len(bad)} of them missing" + found.told(unread, unclear),
        bad,
        checked=checked,
        nothing="no redemption was acknowledged",
        undecided=unread + unclear,
        vacuous=evidence.idle,
    )


def _no_effect(evidence: Evidence, found: FinalState) -> Audit:
    bad, checked, unread, unclear = [], 0, 0, 0
    for key, (customer, offer) in evidence.offers.items():
        certain = evidence.certain.get(key)
        if customer.number in evidence.gone or (certain is not None and certain.maybe_redeemed):
            continue
        if offer.user_offer_id.lower() not in found.states:
            unread += bool(found.failed)
            if not found.failed:
                bad.append(f"{evidence.name(key)}: not in history at all, although it was issued")
            continue
        checked += 1
        state = found.state(offer)
        unclear += bool(state & Seen.REDEEMED) and state != Seen.REDEEMED
        if state == Seen.REDEEMED:
            bad.append(f"{evidence.name(key)}: {found.words(offer)}, although nobody redeemed it")
    return answer(
        "LOAD-10",
        "Did anything take effect that was refused, given back or never sent?",
        "a user offer that no transaction redeemed is not redeemed",
        f"{checked} user offers never redeemed, {len(bad)} of them not as they must be" + found.told(unread, unclear),
        bad,
        checked=checked,
        nothing="every user offer of the run was redeemed" if evidence.offers else "the run had no user offers",
        undecided=unread + unclear,
        vacuous=Verdict.PASS if evidence.offers else Verdict.SKIP,
    )


def _operation(key: str, row: Any) -> OperationRecord:
    return OperationRecord(
        operation=Kind(row.kind).name.lower(),
        key=key,
        started_us=max(row.start, 0),
        ended_us=None if row.end is None else max(row.end, 0),
        outcome=row.outcome.name.lower(),
        transaction=row.transaction or "",
        caller=row.process,
    )
