"""The audit, over histories written by hand: each thing that can go wrong is named, and nothing else is."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offerproof.contract import Outcome
from offerproof.findings import Audit
from offerproof.judgement.histories import Kind, Seen
from offerproof.loadtest.audit.evidence import Evidence
from offerproof.loadtest.audit.final_state import FinalState
from offerproof.loadtest.audit.questions import judge
from offerproof.loadtest.client.bodies import EarningKind
from offerproof.loadtest.client.calls import Meter
from offerproof.loadtest.generator.ledger import RunLedger, WorkerEntry
from offerproof.loadtest.generator.supply import HeldOffer, Register, Shopper
from offerproof.loadtest.generator.workflows import Checkout, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.target import Profile
from offerproof.target.values import Timing
from offerproof.traffic.operations import NO_END, NOBODY, LogFile, OperationLog

OK, NO, LOST = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN
CODE = EarningKind(0, "kind").code
BACK = EarningKind(0x100, "kind").code


@dataclass
class Earns:
    """A calibration: a basket earns 10, what is left of it 4; a fresh customer has 1."""

    disagreements: list[str] = field(default_factory=list)
    baseline: dict[str, Decimal] = field(default_factory=lambda: {"A": Decimal(1)})

    def earned(self, code: int) -> dict[str, Decimal]:
        return {"A": Decimal(4 if code == BACK else 10)}


class Case:
    """A run made by hand: two customers with two user offers each (0 and 1; 2 and 3)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = OperationLog()
        self.found = FinalState()
        self.calibration: Any = Earns()
        self.lost: dict[str, list[tuple[int, int]]] = {}
        self.every = 1
        self.offers = 2
        """Of each customer."""
        self.customers = 2
        for offer in range(4):
            self.history(offer, "Issued", Seen.ISSUED | Seen.LOCKED)

    def did(
        self,
        kind: Kind,
        offer: int,
        transaction: int,
        start: int,
        outcome: Outcome = OK,
        *,
        caller: int = 1,
        code: int | None = None,
        seen: int = 0,
        lasts: int = 10,
    ) -> None:
        points = code if code is not None else CODE if kind is Kind.SEND else 0
        customer = 0 if offer == NOBODY else offer // 2
        took = NO_END if outcome is LOST else lasts
        self.log.record(kind, outcome, seen, offer, customer, caller, transaction, start, took, points)

    def checkout(self, offer: int = 0, transaction: int = 1, start: int = 0) -> None:
        self.did(Kind.LOCK, offer, transaction, start)
        self.did(Kind.SEND, offer, transaction, start + 20)

    def history(self, offer: int, words: str, seen: Seen) -> None:
        self.found.states[f"offer-{offer}"] = (seen, words)

    def redeemed(self, *offers: int) -> None:
        for offer in offers:
            self.history(offer, "Redeemed", Seen.REDEEMED)

    def holds(self, customer: int, points: int) -> None:
        self.found.balances[customer] = {"A": Decimal(points)}

    def audit(self) -> tuple[dict[str, Audit], Evidence]:
        register = Register(self.folder / "supply.jsonl")
        register.add(
            Shopper(
                0,
                f"user-{n}",
                offers=[HeldOffer(0, f"offer-{2 * n + k}", "o", "kind") for k in range(self.offers)],
            )
            for n in range(self.customers)
        )
        register.close()
        file = LogFile(self.folder / "operations-0.bin")
        file.write(self.log.take())
        file.close()
        lasting = {"lock_lifetime.seconds": "none"}
        profile = Profile("test", "simulator", {}, timing=Timing(settle_ms=0), behaviours=lasting)
        evidence = Evidence(self.folder, ledger(self.lost, self.every), profile)
        self.audited = judge(evidence, self.found, self.calibration)
        return {one.clause: one for one in self.audited.answers}, evidence

    def verdicts(self) -> dict[str, str]:
        return {clause: one.verdict.value for clause, one in self.audit()[0].items()}


def ledger(lost: dict[str, list[tuple[int, int]]], every: int) -> RunLedger:
    plan = LoadPlan(scenario="checkout", facts=Mix((Checkout(), 1)).facts, run_id="run", nonce="nonce")
    worker = WorkerEntry(log="operations-0.bin")
    gone = {name: WorkerEntry(lost="gone", lost_customers=ranges) for name, ranges in lost.items()}
    workers = {"w": worker, **gone}
    return RunLedger(plan=plan, duration=1.0, workers=workers, customers=2, user_offers=4, every=every)


@pytest.fixture
def case(tmp_path):
    return Case(tmp_path)


ALL_WELL = dict.fromkeys(["LOAD-5", "LOAD-6", "LOAD-7", "LOAD-8", "LOAD-10", "LOAD-9", "LOAD-11"], "pass")


def test_a_run_that_was_right_passes(case):
    case.checkout(0)
    case.did(Kind.LOCK, 2, 5, 0)
    case.did(Kind.UNLOCK, 2, 5, 20)
    case.redeemed(0)
    case.holds(0, 11)
    assert case.verdicts() == ALL_WELL


def test_two_transactions_that_redeem_one_offer_are_named(case):
    case.checkout(0, transaction=1, start=0)
    case.checkout(0, transaction=2, start=100)
    case.redeemed(0)
    case.holds(0, 21)
    answers, _ = case.audit()
    assert answers["LOAD-5"].verdict.value == "fail"
    assert answers["LOAD-5"].examples == ("offer-0 by nonce-000000000001 and nonce-000000000002",)
    assert answers["LOAD-7"].verdict.value == "fail"
    assert answers["LOAD-6"].verdict.value == "pass"
    assert answers["LOAD-9"].verdict.value == "pass"


def test_two_locks_at_once_are_named(case):
    case.did(Kind.LOCK, 0, 1, 0, caller=1)
    case.did(Kind.LOCK, 0, 2, 100, caller=2)
    case.did(Kind.UNLOCK, 0, 1, 200, caller=1)
    verdicts = case.verdicts()
    assert (verdicts["LOAD-6"], verdicts["LOAD-7"], verdicts["LOAD-5"]) == ("fail", "fail", "unknown")


def test_a_lock_that_was_given_back_before_the_next_is_in_order(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.UNLOCK, 0, 1, 50)
    case.did(Kind.LOCK, 0, 2, 100)
    case.did(Kind.UNLOCK, 0, 2, 150)
    assert case.verdicts()["LOAD-6"] == "pass"


def test_an_unlock_without_an_answer_may_have_happened(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.UNLOCK, 0, 1, 50, LOST)
    case.did(Kind.LOCK, 0, 2, 100)
    verdicts = case.verdicts()
    assert (verdicts["LOAD-6"], verdicts["LOAD-7"]) == ("pass", "pass")


def test_an_acknowledged_redemption_that_history_lacks_is_named(case):
    case.checkout(0)
    case.holds(0, 11)
    answers, _ = case.audit()
    assert answers["LOAD-8"].verdict.value == "fail"
    assert answers["LOAD-8"].examples == ("offer-0 by nonce-000000000001: history says 'Issued'",)


def test_a_redemption_that_may_have_been_lost_on_the_way_is_not_held_against_the_target(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.SEND, 0, 1, 20, LOST)
    case.holds(0, 1)
    assert case.verdicts() == {**ALL_WELL, "LOAD-5": "unknown", "LOAD-8": "unknown"}


def test_nor_is_one_that_happened_without_an_answer(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.SEND, 0, 1, 20, LOST)
    case.redeemed(0)
    case.holds(0, 11)
    assert case.verdicts() == {**ALL_WELL, "LOAD-5": "unknown", "LOAD-8": "unknown"}


def test_what_nobody_redeemed_must_not_be_redeemed(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.UNLOCK, 0, 1, 20)
    case.redeemed(0, 3)
    answers, _ = case.audit()
    assert answers["LOAD-10"].verdict.value == "fail"
    assert answers["LOAD-10"].bad == 2
    assert answers["LOAD-7"].verdict.value == "fail"


def test_a_refused_redemption_must_not_have_happened(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.SEND, 0, 1, 20, NO)
    case.redeemed(0)
    assert case.verdicts()["LOAD-10"] == "fail"


def test_an_issued_offer_that_history_never_heard_of_is_named(case):
    del case.found.states["offer-3"]
    assert case.verdicts()["LOAD-10"] == "fail"


def test_a_history_that_could_not_be_read_is_not_a_failure(case):
    case.checkout(0)
    case.found.states.clear()
    case.found.failed.append("user_offer_history: timeout")
    case.holds(0, 11)
    verdicts = case.verdicts()
    assert (verdicts["LOAD-8"], verdicts["LOAD-10"]) == ("unknown", "unknown")


@pytest.mark.parametrize("points", [1, 10, 12, 21])
def test_points_that_are_not_what_was_earned_are_named(case, points):
    case.checkout(0)
    case.redeemed(0)
    case.holds(0, points)
    answers, _ = case.audit()
    assert answers["LOAD-9"].verdict.value == "fail"
    assert answers["LOAD-11"].verdict.value == "fail"
    assert f"read as {points}" in answers["LOAD-9"].examples[0]


def test_a_return_takes_its_points_back(case):
    case.checkout(0)
    case.did(Kind.RETURN, 0, 1, 100, code=BACK)
    case.redeemed(0)
    case.holds(0, 5)
    assert case.verdicts()["LOAD-9"] == "pass"


@pytest.mark.parametrize(("points", "verdict"), [(5, "pass"), (11, "pass"), (12, "fail")])
def test_a_return_without_an_answer_may_or_may_not_count(case, points, verdict):
    case.checkout(0)
    case.did(Kind.RETURN, 0, 1, 100, LOST, code=BACK)
    case.redeemed(0)
    case.holds(0, points)
    assert case.verdicts()["LOAD-9"] == verdict


def test_totals_that_are_not_the_sums_of_their_accounts_are_named(case):
    case.did(Kind.SEND, NOBODY, 1, 0)
    case.holds(0, 11)
    case.found.unbalanced.append("customer 0: totals are not the sums of the accounts")
    verdicts = case.verdicts()
    assert (verdicts["LOAD-9"], verdicts["LOAD-11"]) == ("pass", "fail")


def test_without_a_calibration_points_are_left_out_and_said_to_be(case):
    case.checkout(0)
    case.redeemed(0)
    case.calibration = None
    verdicts = case.verdicts()
    assert (verdicts["LOAD-9"], verdicts["LOAD-11"]) == ("skip", "skip")


def test_a_run_that_had_user_offers_and_used_none_says_nothing_of_them(case):
    unknown = dict.fromkeys(ALL_WELL, "unknown")
    assert case.verdicts() == {**unknown, "LOAD-10": "pass"}


def test_a_till_that_was_only_turned_away_locked_and_bought_nothing(case):
    case.did(Kind.LOCK, 0, 1, 0, Outcome.TURNED_AWAY)
    case.did(Kind.SEND, NOBODY, 2, 20, Outcome.TURNED_AWAY)
    case.holds(0, 1)
    verdicts = case.verdicts()
    assert {
        clause: verdicts[clause] for clause in ("LOAD-5", "LOAD-6", "LOAD-8", "LOAD-9", "LOAD-11")
    } == dict.fromkeys(("LOAD-5", "LOAD-6", "LOAD-8", "LOAD-9", "LOAD-11"), "unknown")


def test_a_run_without_user_offers_is_not_asked_about_them(case):
    case.offers = 0
    case.found.states.clear()
    case.did(Kind.SEND, NOBODY, 1, 0)
    case.holds(0, 11)
    skipped = dict.fromkeys(("LOAD-5", "LOAD-6", "LOAD-7", "LOAD-8", "LOAD-10"), "skip")
    assert case.verdicts() == {**ALL_WELL, **skipped}


def test_a_redeemed_offer_that_a_later_lookup_shows_has_no_legal_order(case):
    case.checkout(0)
    case.did(Kind.READ, 0, 0, 500, seen=int(Seen.ISSUED | Seen.LOCKED))
    case.redeemed(0)
    case.holds(0, 11)
    answers, _ = case.audit()
    assert answers["LOAD-7"].verdict.value == "fail"
    assert [(one.key, one.operation, one.transaction, one.caller) for one in case.audited.operations] == [
        ("offer-0", "lock", "nonce-000000000001", "till 1"),
        ("offer-0", "send", "nonce-000000000001", "till 1"),
        ("offer-0", "read", "", "till 1"),
    ]


def test_what_a_lost_worker_did_is_unknown_and_not_a_failure(case):
    case.lost = {"w2": [(0, 1)]}
    case.did(Kind.LOCK, 0, 1, 0)
    case.redeemed(0)  # the worker sent the transaction, and was killed before it told
    verdicts = case.verdicts()
    assert verdicts["LOAD-10"] == "pass"
    assert verdicts["LOAD-7"] != "fail"


def test_many_holes_of_a_lost_worker_do_not_hide_what_another_saw(case):
    case.customers = 50
    case.lost = {"w2": [(0, 49)]}
    for offer in range(0, 98, 2):  # history knows nothing of their redemption: the worker that did it told nobody
        case.did(Kind.LOCK, offer, offer + 1, 0)
        case.redeemed(offer)
    case.checkout(98, transaction=999)
    case.did(Kind.READ, 98, 0, 500, seen=int(Seen.ISSUED | Seen.LOCKED))
    case.redeemed(98)
    answers, _ = case.audit()
    assert answers["LOAD-7"].verdict.value == "fail"
    assert [one.partition(":")[0] for one in answers["LOAD-7"].examples] == ["offer-98"]


def test_words_of_a_history_that_tell_no_state_prove_no_redemption_and_none_that_must_not_be(case):
    case.checkout(0)
    case.history(0, "Done", Seen(63) & ~Seen.ABSENT)
    case.history(3, "Fresh", Seen(63) & ~Seen.ABSENT)
    case.holds(0, 11)
    answers, _ = case.audit()
    told = {clause: (answers[clause].verdict.value, answers[clause].observed) for clause in ("LOAD-8", "LOAD-10")}
    assert told == {
        "LOAD-8": (
            "unknown",
            "1 acknowledged redemptions, 0 of them missing; the words of 1 do not tell whether it was redeemed",
        ),
        "LOAD-10": (
            "unknown",
            "3 user offers never redeemed, 0 of them not as they must be; "
            "the words of 1 do not tell whether it was redeemed",
        ),
    }


def test_what_was_left_locked_is_known(case):
    case.did(Kind.LOCK, 0, 1, 0)
    case.did(Kind.LOCK, 2, 2, 0)
    case.did(Kind.UNLOCK, 2, 2, 50)
    _, evidence = case.audit()
    assert [offer.number for _, offer, _ in evidence.still_locked()] == [0]


class Slow:
    """A reader of a target whose history is up to date at once, and whose points take their time."""

    def __init__(self) -> None:
        self.waited = 0.0
        self.meter = Meter()
        self.events: list[str] = []

    def histories(self, customers: list[Shopper], into: FinalState) -> None:
        into.states["offer-0"] = (Seen.REDEEMED, "Redeemed")
        self.events.append("histories")

    def rest(self, until: float) -> None:
        self.waited = until - time.monotonic()
        self.events.append("rest")

    def balances(self, customers: list[Shopper], into: FinalState) -> None:
        self.events.append("balances")


def test_balances_are_not_read_before_points_must_have_settled(case):
    case.checkout(0)
    _, evidence = case.audit()
    evidence.profile = replace(evidence.profile, timing=Timing(settle_ms=300_000))
    reader: Any = Slow()
    evidence.read(reader)
    assert reader.events == ["histories", "rest", "balances"]
    assert 290 < reader.waited <= 300


def test_a_sample_is_by_whole_customers_and_is_said(case):
    case.every = 2
    case.checkout(0)
    case.checkout(2, transaction=9)
    case.redeemed(0)
    case.holds(0, 11)
    answers, evidence = case.audit()
    assert [one.number for one in evidence.customers] == [0]
    assert case.audited.scope.sample_every == 2
    assert answers["LOAD-8"].verdict.value == "pass"
