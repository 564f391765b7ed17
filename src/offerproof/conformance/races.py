"""Several terminals at once: released together, timed, and what they saw judged as a concurrent history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from random import Random
from typing import Any

from offerproof.client import Api
from offerproof.conformance.outcome import Inconclusive
from offerproof.contract import Outcome
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.judgement.histories import (
    History,
    HistoryReport,
    Kind,
    Rules,
    Seen,
    check,
    seen_in_history,
    seen_in_wallet,
)
from offerproof.judgement.oracle.calls import number
from offerproof.judgement.shapes import claims_success
from offerproof.provisioning import UserOffer

TERMINALS = 8
"""Terminals that race for one thing."""
_WAIT_S = 120.0
_RACES = count(1)
"""Names the threads of each race of this process apart, for whoever watches them."""
_ALL_SEEN = int(sum(Seen))


@dataclass(frozen=True, slots=True)
class Timed:
    """One call of one terminal, with its call and answer on one monotonic clock (integer microseconds)."""

    exchange: Exchange
    start: int
    end: int | None

    @property
    def outcome(self) -> Outcome:
        """What the answer claims; no answer, a server error or no JSON: unknown."""
        exchange = self.exchange
        if self.end is None or exchange.answer is NOT_JSON or (exchange.status or 500) >= 500:
            return Outcome.UNKNOWN
        return Outcome.ACCEPTED if claims_success(exchange.answer, exchange.status) else Outcome.REFUSED


def timed(call: Callable[[], Exchange]) -> Timed:
    """Make one call and time it. The interval holds all waiting on our side: it may be too wide, never too narrow."""
    start = time.monotonic_ns() // 1000
    exchange = call()
    end = time.monotonic_ns() // 1000 + 1
    return Timed(exchange, start, None if exchange.failure else end)


def together(api: Api, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run the jobs in threads that are released at the same moment; return what they return, in order.

    Each is a terminal: its ids, and the name of its thread, are the same however the race goes.

    Raises:
        what the first job that failed raised; Inconclusive when they do not come to an end.
    """
    minter = api.minter
    name = minter.numbered("race")
    results: list[Any] = [None] * len(jobs)
    problems: list[BaseException] = []

    def work(place: int, job: Callable[[], Any]) -> None:
        try:
            with minter.scope(f"{name}-terminal-{place + 1}"):
                gate.wait(_WAIT_S)
                results[place] = job()
        except BaseException as problem:
            problems.append(problem)

    with api.wire.lines.reserve() as lines:
        if lines < 2:
            raise Inconclusive("one request at a time is no race: limits.connections is 1")
        gate = threading.Barrier(len(jobs))
        race = f"race-{next(_RACES)}"
        threads = [
            threading.Thread(
                target=copy_context().run, args=(work, place, job), name=f"{race}-terminal-{place + 1}", daemon=True
            )
            for place, job in enumerate(jobs)
        ]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + _WAIT_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
    if problems:
        raise problems[0]
    if any(thread.is_alive() for thread in threads):
        raise Inconclusive("the terminals of a race did not come to an end")
    return results


def race(api: Api, calls: Sequence[Callable[[], Exchange]]) -> list[Timed]:
    """Make these calls at the same moment, each from a terminal of its own."""
    return together(api, [partial(timed, call) for call in calls])


@dataclass
class Row:
    """One operation as a terminal saw it."""

    keys: tuple[str, ...]
    kind: Kind
    timed: Timed
    transaction: str | None = None
    seen: int = _ALL_SEEN


@dataclass
class Terminal:
    """One till in a free race: it locks, unlocks, redeems, closes and looks, as its own dice fall."""

    name: str
    api: Api
    offers: Sequence[UserOffer]
    dice: Random
    rows: list[Row] = field(default_factory=list)
    transaction: dict[str, Any] = field(default_factory=dict)
    discounts: dict[str, Any] = field(default_factory=dict)

    def work(self, calls: int) -> list[Row]:
        """Make so many calls and return what was seen."""
        self._new_transaction()
        moves = [self._lock] * 4 + [self._send] * 2 + [self._look, self._history]
        moves += [self._unlock] * (2 * self.api.profile.can("unlock"))
        moves += [self._redeem] * self.api.profile.can("redeem")
        moves += [self._reinstate] * (2 * self.api.profile.can("reinstate"))
        for _ in range(calls):
            self.dice.choice(moves)(self.dice.choice(self.offers))
        return self.rows

    def _new_transaction(self) -> None:
        self.transaction = self.api.transaction(user_id=self.offers[0].customer.user_id)
        self.discounts = {}

    @property
    def _id(self) -> str:
        return str(self.transaction["transaction_id"])

    def _lock(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.lock(held.user_offer_id, self.transaction))
        self.rows.append(Row((held.user_offer_id,), Kind.LOCK, seen, self._id))
        if seen.outcome is Outcome.ACCEPTED and isinstance(seen.exchange.answer.get("payload"), dict):
            self.discounts[held.user_offer_id] = seen.exchange.answer["payload"]

    def _redeem(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.redeem(held.user_offer_id, self.transaction))
        self.rows.append(Row((held.user_offer_id,), Kind.REDEEM, seen, self._id))

    def _unlock(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.unlock(held.user_offer_id))
        self.rows.append(Row((held.user_offer_id,), Kind.UNLOCK, seen))

    def _reinstate(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.reinstate(held.user_offer_id))
        self.rows.append(Row((held.user_offer_id,), Kind.REINSTATE, seen))

    def _send(self, _: UserOffer) -> None:
        """Close the transaction with every discount its locks answered, and begin a new one."""
        if not self.discounts:
            return
        body = self.transaction | {"is_closed": True, "discounts": list(self.discounts.values())}
        seen = timed(lambda: self.api.send_transaction(body))
        self.rows.append(Row(tuple(self.discounts), Kind.SEND, seen, self._id))
        self._new_transaction()

    def _look(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.lookup(user_id=held.customer.user_id))
        payload = seen.exchange.answer.get("payload") if seen.outcome is Outcome.ACCEPTED else None
        first = payload[0] if isinstance(payload, list) and payload else None
        listed = first.get("offers") if isinstance(first, dict) else None
        if not isinstance(listed, list):
            return
        for one in self.offers:
            shown = next((e for e in listed if isinstance(e, dict) and one.is_it(e.get("reference_id"))), None)
            mask = seen_in_wallet(shown is not None, str(shown.get("status")) if shown else None)
            self.rows.append(Row((one.user_offer_id,), Kind.READ, seen, seen=int(mask)))

    def _history(self, held: UserOffer) -> None:
        seen = timed(lambda: self.api.user_offer_history([held.customer.user_id]))
        payload = seen.exchange.answer.get("payload") if seen.outcome is Outcome.ACCEPTED else None
        listed = payload.get("results") if isinstance(payload, dict) else None
        if not isinstance(payload, dict) or not isinstance(listed, list):
            return
        total = number(payload.get("total_records"))
        whole = total is not None and total <= len(listed)
        for one in self.offers:
            row = next((e for e in listed if isinstance(e, dict) and one.is_it(e.get("user_offer_id"))), None)
            if row is None and not whole:
                continue  # it may stand on a later page
            mask = Seen.ABSENT if row is None else seen_in_history(str(row.get("status_description")))
            self.rows.append(Row((one.user_offer_id,), Kind.READ, seen, seen=int(mask)))


def free_race(api: Api, offers: Sequence[UserOffer], dice: Random, terminals: int, calls: int) -> list[list[Row]]:
    """Let terminals do what they like with a few user offers of one customer, all at once."""
    tills = [Terminal(f"till {place + 1}", api, offers, Random(dice.getrandbits(64))) for place in range(terminals)]
    return together(api, [partial(till.work, calls) for till in tills])


def recorded(tills: Sequence[Sequence[Row]]) -> tuple[History, dict[int, Exchange]]:
    """Turn what terminals saw into a history; its references are exchange numbers."""
    history, exchanges = History(), {}
    for place, rows in enumerate(tills):
        for row in rows:
            exchange = row.timed.exchange
            exchanges[exchange.number] = exchange
            outcome = row.timed.outcome
            # A server error came back, yet whether it had its effect is not known: an end that never comes.
            end = None if outcome is Outcome.UNKNOWN else row.timed.end
            history.add(
                row.keys,
                row.kind,
                row.timed.start,
                end,
                outcome,
                row.transaction,
                f"till {place + 1}",
                row.seen,
                exchange.number,
            )
    return history, exchanges


def judged(tills: Sequence[Sequence[Row]], rules: Rules) -> tuple[HistoryReport, dict[int, Exchange]]:
    """Judge what terminals saw: is there any legal order for each user offer, was each transaction whole?"""
    history, exchanges = recorded(tills)
    return check(history, rules), exchanges
