"""What the target says after the run: histories of user offers, balances of customers, what a transaction earns alone.

Plain calls, one after the other on a few threads, paced by the profile's rate cap. Reads only, except the clean-up
(unlocking what the run left locked) and the calibration (one transaction of each kind, alone, on fresh customers).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from offerproof.client.bodies import OFFER_KINDS
from offerproof.errors import CannotJudge
from offerproof.judgement.histories import Seen, seen_in_history
from offerproof.loadtest.client.bodies import CATALOGUE, RETURNED, RETURNS, EarningKind, Purchase
from offerproof.loadtest.client.calls import MAX_HOLD_S, Calls, Meter, repeated
from offerproof.loadtest.client.endpoints import Endpoints
from offerproof.loadtest.client.wait_budget import WaitBudget
from offerproof.loadtest.generator.provision import Source
from offerproof.loadtest.generator.recycling import USERS_A_CALL, read_history, until_answered
from offerproof.loadtest.generator.supply import HeldOffer, Shopper

THREADS = 2
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
    """Reads final states, on a few connections at once."""

    def __init__(
        self, endpoints: Endpoints, *, budget: WaitBudget, rate: float | None = None, max_hold_s: float = MAX_HOLD_S
    ) -> None:
        self.budget = budget
        self.meter = Meter(gap_ns=int(1e9 / rate) if rate else 0, max_hold_s=max_hold_s, budget=budget)
        self._calls = [Calls(endpoints, self.meter, 0xFF00 + number, sleep=budget.sleep) for number in range(THREADS)]

    def one(self) -> Calls:
        """Return one set of calls, for things done in sequence."""
        return self._calls[0]

    def histories(self, customers: Sequence[Shopper], into: FinalState) -> None:
        """Read user_offer_history of these customers, several in a call, all pages."""
        groups = [customers[at : at + USERS_A_CALL] for at in range(0, len(customers), USERS_A_CALL)]
        self._each(groups, lambda calls, group: self._history(calls, group, into))

    def _history(self, calls: Calls, group: Sequence[Shopper], into: FinalState) -> None:
        found, failed = read_history(calls, list(group))
        for key, words in found.items():
            into.states[key] = (seen_in_history(words), words)
        if failed:
            self._failed(into, f"user_offer_history: {failed}")

    def balances(self, customers: Sequence[Shopper], into: FinalState) -> None:
        """Read the point accounts of these customers."""
        self._each(customers, lambda calls, customer: self._balance(calls, customer, into))

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

    def _each(self, work: Iterable[Any], do: Callable[[Calls, Any], None]) -> None:
        """Do the work on all connections at once."""
        shares: list[list[Any]] = [[] for _ in self._calls]
        for number, item in enumerate(work):
            shares[number % len(shares)].append(item)

        def run(calls: Calls, share: list[Any]) -> None:
            for item in share:
                do(calls, item)

        with ThreadPoolExecutor(len(shares)) as pool:
            tasks = [pool.submit(run, calls, share) for calls, share in zip(self._calls, shares, strict=True)]
            try:
                for done in tasks:
                    done.result()
            except BaseException:  # Ctrl-C: the pool waits for its threads, so these must not wait for the target
                self.budget.stop()
                raise

    def close(self) -> None:
        """Close the connections."""
        for calls in self._calls:
            calls.close()


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


class Calibration:
    """What one transaction of each kind earns when it is alone: twice, on fresh customers, and both must agree."""

    def __init__(self, calls: Calls, source: Source, nonce: str, settle: float) -> None:
        self._calls = calls
        self._source = source
        self._nonce = nonce
        self._settle = settle
        self._known: dict[int, Balances] = {}
        self._number = 0xFFFF << 32
        self.disagreements: list[str] = []
        self.baseline: Balances = {}
        self.problem = ""
        """Why it could not be made ready; then nothing can be said of earnings."""

    def prepare(self) -> None:
        """Read what a fresh customer has before any transaction."""
        self.baseline = self._read(self._source.more(1, 0)[0])

    def earned(self, code: int) -> Balances:
        """Return what a transaction with this basket code puts into each account."""
        if self.problem:
            raise CannotJudge(self.problem)
        known = self._known.get(code)
        if known is None:
            first, second = self._tried(code), self._tried(code)
            if first != second:
                self.disagreements.append(f"the same transaction, alone, earned {_words(first)} and {_words(second)}")
            known = self._known[code] = first
        return known

    def _tried(self, code: int) -> Balances:
        """Do it, again with another customer when the target hiccups; the third failure counts."""

        def once() -> Balances | CannotJudge:
            try:
                return self._once(code)
            except CannotJudge as problem:
                return problem

        done = repeated(once, lambda tried: not isinstance(tried, CannotJudge), (0.2, 0.2), time.sleep)
        if isinstance(done, CannotJudge):
            raise done
        return done

    def _once(self, code: int) -> Balances:
        """Do one transaction of this kind from Lock to balance."""
        basket, offer_type = EarningKind.of(code)
        number = basket & ~RETURNED
        customer, offer = self._customer(offer_type)
        self._number += 1
        purchase = Purchase(self._number, self._nonce, CATALOGUE[number])
        if offer_type and offer is None:
            raise CannotJudge("calibration: no user offer of that type could be had")
        if offer is not None:
            checked = self._calls.lock(offer.user_offer_id, purchase.body(closed=False))
            self._need("lock", checked.ok)
            purchase.locked(checked.payload, Decimal(checked.payload["amount"]))
        self._need("send_transaction", self._send(purchase, customer))
        if basket & RETURNED:
            purchase.basket = RETURNS[number]
            self._need("send_transaction (return)", self._send(purchase, customer))
        if self._settle:
            time.sleep(self._settle)
        after = self._read(customer)
        return {name: value - self.baseline.get(name, Decimal(0)) for name, value in after.items()}

    def _send(self, purchase: Purchase, customer: Shopper) -> bool:
        return self._calls.send_transaction(purchase.body(closed=True, user_id=customer.user_id)).ok

    def _customer(self, offer_type: str) -> tuple[Shopper, HeldOffer | None]:
        if not offer_type:
            return self._source.more(1, 0)[0], None
        customer = self._source.more(1, len(OFFER_KINDS) + 1)[0]
        return customer, next((offer for offer in customer.offers if offer.type == offer_type), None)

    def _read(self, customer: Shopper) -> Balances:
        found, wrong = balances_of(self._calls, customer)
        if found is None:
            raise CannotJudge(f"calibration: balances could not be read: {wrong}")
        return found

    @staticmethod
    def _need(what: str, worked: bool) -> None:
        if not worked:
            raise CannotJudge(f"calibration: {what} did not work for a transaction on its own")


def _words(balances: Balances) -> str:
    return ", ".join(f"{name} {value}" for name, value in sorted(balances.items()) if value) or "nothing"
