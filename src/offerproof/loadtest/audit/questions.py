"""The audit: was every answer right under load? From the recorded operations and what the target says afterwards.

Each question has one clause and one answer. Beyond a stated number of customers the audit goes on over a sample of
customers, each with all user offers and all operations, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offerproof.findings.model import Operation, Verdict
from offerproof.judgement.histories import Kind, Rules, Seen, check, seen_in_history
from offerproof.judgement.histories import Verdict as Legal
from offerproof.loadtest.audit.final_state import Calibration, Read, Reader
from offerproof.loadtest.audit.history import Certain, Timeline, load_timeline, walk
from offerproof.loadtest.audit.points import judge_conservation, judge_earnings
from offerproof.loadtest.generator.clocks import Clock
from offerproof.loadtest.generator.ledger import Ledger
from offerproof.loadtest.generator.recycling import read_back
from offerproof.loadtest.generator.supply import Customer, UserOffer, read_register
from offerproof.target import Profile

EXAMPLES = 20
ALL_STATES = Seen.ABSENT | Seen.ISSUED | Seen.LOCKED | Seen.REDEEMED | Seen.EXPIRED | Seen.REVOKED


@dataclass
class Answer:
    """The answer to one question of the audit."""

    clause: str
    question: str
    verdict: Verdict
    expected: str
    observed: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass
class Audited:
    """What the audit found."""

    answers: list[Answer] = field(default_factory=list)
    evidence: list[Operation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    operations: int = 0
    user_offers: int = 0
    customers: int = 0
    seconds: float = 0.0


class Auditor:
    """One audit of one run's folder."""

    def __init__(self, folder: Path, ledger: Ledger, profile: Profile, *, max_customers: int = 20_000) -> None:
        self.folder = folder
        self.ledger = ledger
        self.profile = profile
        self.every = max(ledger.every, 1)
        while ledger.customers / self.every > max_customers:
            self.every *= 2
        self.customers = self._sampled()
        self.offers: dict[int, tuple[Customer, UserOffer]] = {
            offer.number: (customer, offer) for customer in self.customers for offer in customer.offers
        }
        sent = "send_transaction" in {*ledger.totals, *ledger.warm_up}
        self.idle = Verdict.UNKNOWN if self.offers else Verdict.SKIP
        """The answer where nothing was done with user offers: that is right only for a run that has none."""
        self.nobody_bought = Verdict.UNKNOWN if self.offers or sent else Verdict.SKIP
        lost = [numbers for ranges in ledger.lost_customers.values() for numbers in ranges]
        gone = {number for first, past in lost for number in range(first, past)}
        shared = ledger.given.get("(shared)", 0) if ledger.lost else 0
        self.gone = gone | {customer.number for customer in self.customers[:shared]}
        """Customers some of whose operations were lost with a worker."""
        self.timeline = self._load()
        self.certain: dict[int, Certain] = {
            key: walk(self.timeline.history, rows) for key, rows in self.timeline.rows_by_key()
        }

    def _sampled(self) -> list[Customer]:
        """Return the customers of the sample, each with all user offers, also of those who came again and again."""
        found: dict[int, Customer] = {}
        for customer in read_register(self.folder / "supply.jsonl"):
            if customer.number % self.every == 0:
                known = found.setdefault(customer.number, customer)
                if known is not customer:
                    known.offers += customer.offers
        return list(found.values())

    def _load(self) -> Timeline:
        logs = []
        for worker, name in self.ledger.logs:
            bound = self.ledger.clocks.get(worker, Clock()).bound
            # the workers were told their own clock's instant of the beginning, so starts fit already
            logs.append((self.folder / name, 0, -(-bound // 1000)))
        return load_timeline(self.ledger.plan.nonce, logs, self.offers.values(), every=self.every)

    # What the target says.

    def still_locked(self) -> list[tuple[Customer, UserOffer, int]]:
        """Return the user offers that the run left locked, as far as was seen, with the transaction."""
        return [
            (*self.offers[key], certain.held_at_end)
            for key, certain in self.certain.items()
            if certain.held_at_end and not certain.redeemed_by and key in self.offers
        ]

    def read(self, reader: Reader) -> Read:
        """Read final states, again within the settle time where something is still missing; balances after it.

        A history shows what it lacks; a balance does not, so it is not asked for before it must be right."""
        found = Read()
        for key, words in read_back(self.folder):
            if key:
                found.states[key] = (seen_in_history(words), words)
            else:
                found.failed.append(f"user_offer_history, during the run: {words}")
        limit = time.monotonic() + self.profile.settle_s
        reader.histories(self.customers, found)
        while missing := self._missing(found):
            if time.monotonic() > limit:
                break
            time.sleep(min(0.25, max(self.profile.settle_s / 4, 0.05)))
            reader.histories(missing, found)
        seen = [customer for customer in self.customers if customer.number in self.timeline.earnings]
        if seen:
            time.sleep(max(limit - time.monotonic(), 0.0))
        reader.balances(seen, found)
        found.calls = reader.meter.sent
        return found

    def _missing(self, found: Read) -> list[Customer]:
        """Return customers with an acknowledged redemption that history does not show yet."""
        late: dict[int, Customer] = {}
        for key, certain in self.certain.items():
            if certain.redeemed_by and not certain.reversed and key in self.offers:
                customer, offer = self.offers[key]
                if not _state(found, offer) & Seen.REDEEMED:
                    late[customer.number] = customer
        return list(late.values())

    # The questions.

    def judge(self, found: Read, calibration: Calibration | None) -> Audited:
        """Answer every question."""
        begun = time.monotonic()
        audited = Audited(
            operations=self.timeline.count, user_offers=len(self.certain), customers=len(self.timeline.seen_customers)
        )
        if self.every > 1:
            audited.notes.append(f"the audit covers every {self.every}th customer, with all of their operations")
        if self.gone:
            audited.notes.append(f"{len(self.gone)} customers of lost workers: some of their operations are unknown")
        audited.answers = [
            self._twice(),
            self._two_locks(),
            self._orders(found, audited),
            self._redemptions(found),
            self._no_effect(found),
            *self._points(found, calibration),
        ]
        for answer in audited.answers:
            answer.detail.setdefault("sample_every", self.every)
        audited.seconds = time.monotonic() - begun
        return audited

    def _twice(self) -> Answer:
        bad = [
            (key, certain.redeemed_by)
            for key, certain in self.certain.items()
            if len(set(certain.redeemed_by)) > 1 and not certain.reversed
        ]
        redeemed = sum(bool(certain.redeemed_by) for certain in self.certain.values())
        examples = [f"{self._name(key)} by {self._transactions(numbers)}" for key, numbers in bad]
        return answer(
            "LOAD-5",
            "Was any user offer redeemed twice, or by two transactions?",
            "each user offer is redeemed by one transaction at most",
            f"{redeemed} user offers redeemed, {len(bad)} of them by more than one transaction",
            examples,
            checked=redeemed,
            nothing="no user offer was redeemed",
            vacuous=self.idle,
        )

    def _two_locks(self) -> Answer:
        bad = [
            (key, certain.overlap)
            for key, certain in self.certain.items()
            if certain.overlap and not self._is_gone(key)
        ]
        locked = sum(certain.locked for certain in self.certain.values())
        examples = [f"{self._name(key)} by {self._transactions(pair)}" for key, pair in bad]
        return answer(
            "LOAD-6",
            "Was any user offer locked by two transactions at once?",
            "a lock ends before another transaction gets it",
            f"{locked} user offers locked, {len(bad)} of them by two transactions at once",
            examples,
            checked=locked,
            nothing="no user offer was locked",
            vacuous=self.idle,
        )

    def _orders(self, found: Read, audited: Audited) -> Answer:
        timeline = self.timeline
        at = timeline.last + int(self.profile.settle_s * 1e6) + 1
        for key in self.certain:
            _, offer = self.offers[key]
            state = _state(found, offer)
            if state != ALL_STATES:
                timeline.read(key, state, at, at)
        history = (
            timeline.without({key for key in self.certain if self._is_gone(key)}) if self.gone else timeline.history
        )
        report = check(history, self._rules(), kept=EXAMPLES)
        illegal = report.illegal + report.not_atomic
        examples = [f"{one.key}: {one.reason}" for one in report.findings if one.verdict is Legal.ILLEGAL]
        made = answer(
            "LOAD-7",
            "Is there a legal order of what the tills saw, for every user offer?",
            "an order of lock, unlock and redemption that explains every answer and the final state",
            f"{report.keys} user offers, {report.rows} operations: {illegal} without a legal order, "
            f"{report.undecided} undecided, {report.concurrent} with concurrent operations",
            examples,
            checked=len(self.certain),
            nothing="no user offer was used",
            undecided=report.undecided,
            bad=illegal,
            vacuous=self.idle,
        )
        counterexamples = [one.counterexample for one in report.findings if one.counterexample is not None]
        made.detail["counterexamples"] = [one.as_data() for one in counterexamples[:3]]
        for one in counterexamples[:EXAMPLES]:
            audited.evidence += [_evidence(one.key, row) for row in one.operations]
        return made

    def _rules(self) -> Rules:
        lifetime = self.profile.behaviour("lock_lifetime.seconds")
        micro: int | None = 60_000_000
        if lifetime == "none":
            micro = None
        elif lifetime and lifetime.isdigit():
            micro = int(lifetime) * 1_000_000
        refused = self.profile.behaviour("send_transaction.bad_discount") == "refused"
        return Rules(
            settle=int(self.profile.settle_s * 1e6),
            lock_lifetime=micro,
            bad_discounts_refused=refused,
            configurations=50_000,
        )

    def _redemptions(self, found: Read) -> Answer:
        bad, checked, unread, unclear = [], 0, 0, 0
        for key, certain in self.certain.items():
            if not certain.redeemed_by or certain.reversed:
                continue
            _, offer = self.offers[key]
            if offer.user_offer_id.lower() not in found.states and found.failed:
                unread += 1
                continue
            checked += 1
            state = _state(found, offer)
            unclear += bool(state & Seen.REDEEMED) and state != Seen.REDEEMED
            if not state & Seen.REDEEMED:
                bad.append(f"{self._name(key)} by {self._transactions(certain.redeemed_by)}: {_words(found, offer)}")
        return answer(
            "LOAD-8",
            "Does every acknowledged redemption stand in the customer's history?",
            "history shows each acknowledged redemption",
            f"{checked} acknowledged redemptions, {len(bad)} of them missing"
            + _unread(unread, found)
            + _unclear(unclear),
            bad,
            checked=checked,
            nothing="no redemption was acknowledged",
            undecided=unread + unclear,
            vacuous=self.idle,
        )

    def _no_effect(self, found: Read) -> Answer:
        bad, checked, unread, unclear = [], 0, 0, 0
        for key, (customer, offer) in self.offers.items():
            certain = self.certain.get(key)
            if customer.number in self.gone or (certain is not None and certain.maybe_redeemed):
                continue
            if offer.user_offer_id.lower() not in found.states:
                unread += bool(found.failed)
                if not found.failed:
                    bad.append(f"{self._name(key)}: not in history at all, although it was issued")
                continue
            checked += 1
            state = _state(found, offer)
            unclear += bool(state & Seen.REDEEMED) and state != Seen.REDEEMED
            if state == Seen.REDEEMED:
                bad.append(f"{self._name(key)}: {_words(found, offer)}, although nobody redeemed it")
        return answer(
            "LOAD-10",
            "Did anything take effect that was refused, given back or never sent?",
            "a user offer that no transaction redeemed is not redeemed",
            f"{checked} user offers never redeemed, {len(bad)} of them not as they must be"
            + _unread(unread, found)
            + _unclear(unclear),
            bad,
            checked=checked,
            nothing="every user offer of the run was redeemed" if self.offers else "the run had no user offers",
            undecided=unread + unclear,
            vacuous=Verdict.PASS if self.offers else Verdict.SKIP,
        )

    def _points(self, found: Read, calibration: Calibration | None) -> list[Answer]:
        earnings = {number: rows for number, rows in self.timeline.earnings.items() if number not in self.gone}
        questions = (
            ("LOAD-9", "Does every acknowledged earning stand in the customer's balances, once?"),
            ("LOAD-11", "Are points conserved?"),
        )
        if calibration is None:
            why = "the customers come from a pool, or the target does not earn: what they had before is not known"
            return [Answer(clause, question, Verdict.SKIP, "", why) for clause, question in questions]
        return [
            judge_earnings(*questions[0], earnings, found, calibration, self.nobody_bought),
            judge_conservation(*questions[1], earnings, found, calibration, self.nobody_bought),
        ]

    def _is_gone(self, key: int) -> bool:
        return key in self.offers and self.offers[key][0].number in self.gone

    def _name(self, key: int) -> str:
        return self.timeline.history.key_names[key]

    def _transactions(self, numbers: Sequence[int]) -> str:
        names = self.timeline.history.transaction_names
        return " and ".join(dict.fromkeys(names[number] for number in numbers))


def answer(
    clause: str,
    question: str,
    expected: str,
    observed: str,
    examples: list[str],
    *,
    checked: int,
    nothing: str,
    undecided: int = 0,
    bad: int | None = None,
    vacuous: Verdict = Verdict.UNKNOWN,
) -> Answer:
    """Make an answer: fail when anything is bad, unknown when something is undecided, ``vacuous`` when nothing was
    checked."""
    count = len(examples) if bad is None else bad
    if count:
        verdict = Verdict.FAIL
    elif undecided:
        verdict = Verdict.UNKNOWN
    elif not checked:
        verdict, observed = vacuous, nothing
    else:
        verdict = Verdict.PASS
    detail = {"checked": checked, "bad": count, "undecided": undecided, "examples": examples[:EXAMPLES]}
    return Answer(clause, question, verdict, expected, observed, detail)


def _state(found: Read, offer: UserOffer) -> Seen:
    known = found.states.get(offer.user_offer_id.lower())
    return known[0] if known is not None else ALL_STATES & ~Seen.REDEEMED if not found.failed else ALL_STATES


def _words(found: Read, offer: UserOffer) -> str:
    known = found.states.get(offer.user_offer_id.lower())
    return f"history says {known[1]!r}" if known is not None else "not in history"


def _unread(unread: int, found: Read) -> str:
    return f"; {unread} could not be read ({found.failed[0]})" if unread and found.failed else ""


def _unclear(count: int) -> str:
    return f"; the words of {count} do not tell whether it was redeemed" if count else ""


def _evidence(key: str, row: Any) -> Operation:
    return Operation(
        operation=Kind(row.kind).name.lower(),
        key=key,
        started_us=max(row.start, 0),
        ended_us=None if row.end is None else max(row.end, 0),
        outcome=row.outcome.name.lower(),
        detail={"transaction": row.transaction or "", "till": row.process},
    )
