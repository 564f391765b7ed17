"""What the target says after the run: histories of user offers, balances of customers, what a transaction earns alone.

Plain calls on a few connections, paced by the profile's rate cap. Reads only, except the clean-up (unlocking what the
run left locked) and the calibration (one transaction of each kind, alone, on fresh customers).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

from offerproof.errors import CannotJudge
from offerproof.judgement.histories import Seen, seen_in_history
from offerproof.loadtest.client.bodies import CATALOGUE, RETURNED, RETURNS, EarningKind, Purchase
from offerproof.loadtest.client.calls import MAX_HOLD_S, Calls, Meter
from offerproof.loadtest.client.endpoints import Endpoints
from offerproof.loadtest.client.side_by_side import SideBySide
from offerproof.loadtest.client.wait_budget import WaitBudget
from offerproof.loadtest.generator.provision import Source
from offerproof.loadtest.generator.recycling import USERS_A_CALL, read_history, until_answered
from offerproof.loadtest.generator.supply import HeldOffer, Shopper

T = TypeVar("T")

ALL_STATES = Seen.ABSENT | Seen.ISSUED | Seen.LOCKED | Seen.REDEEMED | Seen.EXPIRED | Seen.REVOKED
Balances = dict[str, Decimal]
"""Account (and ``…:lifetime``) → points."""


@dataclass
class FinalState:
    """What was read of the target."""

    states: dict[str, tuple[Seen, str]] = field(default_factory=dict)
    """User offer id (lower case) → what history leaves possible, and its words."""
    balances: dict[int, Balances] = field(default_factory=dict)
    """Customer's number → balances by account."""
    unbalanced: list[str] = field(default_factory=list)
    """Customers whose totals are not the sums of their accounts, in words."""
    failed: list[str] = field(default_factory=list)
    """Reads that did not work, in words."""
    calls: int = 0

    def state(self, offer: HeldOffer) -> Seen:
        """Return the states that a user offer may be in, as far as was read."""
        known = self.states.get(offer.user_offer_id.lower())
        return known[0] if known is not None else ALL_STATES if self.failed else ALL_STATES & ~Seen.REDEEMED

    def words(self, offer: HeldOffer) -> str:
        """Return what history says of a user offer."""
        known = self.states.get(offer.user_offer_id.lower())
        return f"history says {known[1]!r}" if known is not None else "not in history"

    def told(self, unread: int, unclear: int) -> str:
        """Return in words how many user offers could not be read, or not be understood."""
        why = f"; {unread} could not be read ({self.failed[0]})" if unread and self.failed else ""
        return why + (f"; the words of {unclear} do not tell whether it was redeemed" if unclear else "")


class Reader:
    """Reads final states, on a few connections at once; ``told`` hears what is read, how far, and how much there is."""

    def __init__(
        self,
        endpoints: Endpoints,
        *,
        budget: WaitBudget,
        rate: float | None = None,
        max_hold_s: float = MAX_HOLD_S,
        told: Callable[[str, int, int], None] = lambda what, done, total: None,
    ) -> None:
        self.budget = budget
        self.meter = Meter(gap_ns=int(1e9 / rate) if rate else 0, max_hold_s=max_hold_s, budget=budget)
        self.lines = SideBySide(endpoints, self.meter, 0xFF00, sleep=budget.sleep)
        self._told = told

    def each(self, what: str, items: Sequence[T], do: Callable[[Calls, T], None]) -> None:
        """Do something with each of them, side by side, and tell how far it is."""

        def one(item: T) -> None:
            with self.lines.calls() as calls:
                do(calls, item)

        self.lines.each(items, one, lambda done, total: self._told(what, done, total))

    def rest(self, until: float) -> None:
        """Wait until an instant (``time.monotonic``): effects of what was done may take so long."""
        begun = time.monotonic()
        while (left := until - time.monotonic()) > 0:
            self._told("seconds for effects to show", round(until - begun - left), round(until - begun))
            self.budget.sleep(min(left, 0.5))

    def histories(self, customers: Sequence[Shopper], into: FinalState) -> None:
        """Read user_offer_history of these customers, several in a call, all pages."""
        groups = [customers[at : at + USERS_A_CALL] for at in range(0, len(customers), USERS_A_CALL)]
        self.each("histories", groups, lambda calls, group: self._history(calls, group, into))

    def _history(self, calls: Calls, group: Sequence[Shopper], into: FinalState) -> None:
        found, failed = read_history(calls, list(group))
        for key, words in found.items():
            into.states[key] = (seen_in_history(words), words)
        if failed:
            self._failed(into, f"user_offer_history: {failed}")

    def balances(self, customers: Sequence[Shopper], into: FinalState) -> None:
        """Read the point accounts of these customers."""
        self.each("balances", customers, lambda calls, customer: self._balance(calls, customer, into))

    def _balance(self, calls: Calls, customer: Shopper, into: FinalState) -> None:
        found, wrong = balances_of(calls, customer)
        if found is None:
            self._failed(into, f"balances: {wrong}")
            return
        into.balances[customer.number] = found
        if wrong:
            into.unbalanced.append(wrong)

    def _failed(self, into: FinalState, words: str) -> None:
        """Note what was not read; why no more was asked stands before what went wrong here and there."""
        reason = self.budget.reason
        first = words.endswith(reason) and not (into.failed and into.failed[0].endswith(reason))
        into.failed.insert(0 if first else len(into.failed), words)

    def close(self) -> None:
        """Close the connections."""
        self.lines.close()


def balances_of(calls: Calls, customer: Shopper) -> tuple[Balances | None, str]:
    """Return a customer's balances, and in words what is wrong with them (or why they could not be read).

    By a search with tier details, whose totals can be held against the accounts; by Lookup when only the id is known.
    """
    known = [("email", customer.email), ("external_id", customer.external_id), ("mobile_number", customer.phone)]
    by = next(((name, value) for name, value in known if value), None)
    if by is None:
        checked = until_answered(calls, partial(calls.lookup, "user_id", customer.user_id))
        if not checked.ok or len(checked.payload) != 1:
            return None, checked.error or "refused"
        rows = checked.payload[0]["accounts"]
        return _sum(rows, "AccountName", "AvailableBalance", "LifeTimeValue"), ""
    checked = until_answered(calls, partial(calls.search_customers, *by))
    details = checked.payload.get("tier_details") if checked.ok else None
    if not checked.ok or not isinstance(details, dict):
        return None, checked.error or "no tier_details in the answer"
    accounts = details["point_account_balances"]
    found = _sum(accounts["details"], "account_name", "available_balance", "life_time_value")
    totals = accounts["summary"]
    available = sum((value for name, value in found.items() if not name.endswith(LIFETIME)), Decimal(0))
    lifetime = sum((value for name, value in found.items() if name.endswith(LIFETIME)), Decimal(0))
    if Decimal(totals["total_points"]) != available or Decimal(totals["life_time_points"]) != lifetime:
        return found, f"customer {customer.number}: totals are not the sums of the accounts"
    return found, ""


LIFETIME = ":lifetime"


def _sum(rows: Iterable[dict[str, Any]], name: str, available: str, lifetime: str) -> Balances:
    found: Balances = {}
    for row in rows:
        account = str(row.get(name) or row.get(name.capitalize()) or "")
        found[account] = found.get(account, Decimal(0)) + Decimal(row[available])
        found[account + LIFETIME] = found.get(account + LIFETIME, Decimal(0)) + Decimal(row[lifetime])
    return found


@dataclass
class CalibrationTrial:
    """One transaction of a kind (its basket code), alone, on a fresh customer."""

    code: int
    number: int
    customer: Shopper | None = None
    problem: str = "not tried"
    earned: Balances = field(default_factory=dict)


class Calibration:
    """What one transaction of each kind earns when it is alone: twice, on fresh customers, and both must agree.

    All of them at once: ``send`` first, ``read`` when what was sent last has had time to take effect."""

    def __init__(self, reader: Reader, source: Source, nonce: str) -> None:
        self._reader = reader
        self._source = source
        self._nonce = nonce
        self._trials: list[CalibrationTrial] = []
        self._untouched: Shopper | None = None
        self.disagreements: list[str] = []
        self.baseline: Balances = {}
        """What a customer has before any transaction."""
        self.problem = ""
        """Why it could not be made ready; then nothing can be said of earnings."""

    def send(self, codes: Iterable[int]) -> None:
        """Send two transactions of each kind; again with other customers where the target hiccups, three times."""
        self._trials = [CalibrationTrial(code, number) for number, code in enumerate(sorted(codes) * 2)]
        try:
            self._untouched = self._source.more(1, 0)[0]
        except CannotJudge as problem:
            self.problem = problem.message
            return
        left = self._trials
        for attempt in range(TRIES):
            self._equip(left)
            ready = [trial for trial in left if trial.customer is not None]
            self._reader.each("calibrations", ready, partial(self._try, number=attempt))
            left = [trial for trial in left if trial.problem]

    def _equip(self, trials: Sequence[CalibrationTrial]) -> None:
        """Give each a fresh customer, with a user offer where its kind redeems one."""
        kinds: dict[str, list[CalibrationTrial]] = {}
        for trial in trials:
            trial.customer = None
            kinds.setdefault(EarningKind.of(trial.code).offer_type, []).append(trial)
        for kind, alike in kinds.items():
            try:
                for trial, customer in zip(alike, self._source.more(len(alike), bool(kind), kind), strict=True):
                    trial.customer = customer
            except CannotJudge as problem:
                for trial in alike:
                    trial.problem = f"calibration: {problem.message}"

    def _try(self, calls: Calls, trial: CalibrationTrial, *, number: int) -> None:
        """Do one transaction of this kind, from Lock to the return."""
        customer, basket = trial.customer, EarningKind.of(trial.code).basket
        assert customer is not None
        purchase = Purchase(FIRST + TRIES * trial.number + number, self._nonce, CATALOGUE[basket & ~RETURNED])
        trial.problem = ""
        if customer.offers:
            checked = calls.lock(customer.offers[0].user_offer_id, purchase.body(closed=False))
            if not checked.ok:
                trial.problem = FAILED.format("lock")
                return
            purchase.locked(checked.payload, Decimal(checked.payload["amount"]))
        if not calls.send_transaction(purchase.body(closed=True, user_id=customer.user_id)).ok:
            trial.problem = FAILED.format("send_transaction")
        elif basket & RETURNED:
            purchase.basket = RETURNS[basket & ~RETURNED]
            if not calls.send_transaction(purchase.body(closed=True, user_id=customer.user_id)).ok:
                trial.problem = FAILED.format("send_transaction (return)")

    def read(self) -> None:
        """Read what the customers of the trials have now."""
        if self._untouched is None:
            return
        untouched = CalibrationTrial(0, -1, self._untouched, "")
        worked = [trial for trial in self._trials if not trial.problem]
        self._reader.each("balances of calibrations", [untouched, *worked], self._read)
        self.baseline, self.problem = untouched.earned, untouched.problem
        for trial in worked:
            trial.earned = {name: value - self.baseline.get(name, Decimal(0)) for name, value in trial.earned.items()}
        half = len(self._trials) // 2
        for first, second in zip(self._trials[:half], self._trials[half:], strict=True):
            if not (first.problem or second.problem) and first.earned != second.earned:
                told = f"{_words(first.earned)} and {_words(second.earned)}"
                self.disagreements.append(f"the same transaction, alone, earned {told}")

    @staticmethod
    def _read(calls: Calls, trial: CalibrationTrial) -> None:
        assert trial.customer is not None
        found, wrong = balances_of(calls, trial.customer)
        if found is None:
            trial.problem = f"calibration: balances could not be read: {wrong}"
        else:
            trial.earned = found

    def earned(self, code: int) -> Balances:
        """Return what a transaction with this basket code puts into each account."""
        alike = [trial for trial in self._trials if trial.code == code]
        problems = [self.problem, *(trial.problem for trial in alike)]
        if problem := next(filter(None, problems), ""):
            raise CannotJudge(problem)
        return alike[0].earned


FIRST = 0xFFFF << 32
"""The number of the first transaction of a calibration: beyond those of the load."""
TRIES = 3
FAILED = "calibration: {} did not work for a transaction on its own"


def _words(balances: Balances) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(balances.items()) if value) or "nothing"
