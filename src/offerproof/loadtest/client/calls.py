"""The calls of the hot path: body built, sent, answer checked, counted. One object for each user; nothing is sampled.

Times are ``time.monotonic_ns``. A call's *response* time counts from the intended start when one is given (the first
call of an arrival), so that waiting behind a stalled target is seen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

from offerproof.client.pace import asked_to_wait
from offerproof.contract import OPERATIONS
from offerproof.loadtest.client.bodies import Envelope, LockBody, TransactionBody, UnlockBody, encode
from offerproof.loadtest.client.checks import ACCEPTED, REFUSED, TURNED_AWAY, Checked, Checker
from offerproof.loadtest.client.connection import Endpoint, HttpAnswer, HttpConnection
from offerproof.loadtest.client.endpoints import Endpoints
from offerproof.loadtest.client.wait_budget import GIVEN_UP, WaitBudget
from offerproof.loadtest.figures import LatencyRecorder

T = TypeVar("T")
Expectation = Callable[[Any], bool]
"""Whether the payload (of core calls: the user) of an accepted answer fits what was asked."""

MAX_HOLD_S = 60.0
HOLD_STEP_NS = 50_000_000
"""A hold that ends so little later than the one before is the same."""


def repeated(
    do: Callable[[], T],
    is_enough: Callable[[T], bool],
    pauses: Sequence[float] = (0.0, 0.0),
    pause: Callable[[float], None] = time.sleep,
) -> T:
    """Do something until it is enough, with pauses (seconds) in between; returns the last, enough or not."""
    for seconds in pauses:
        done = do()
        if is_enough(done):
            return done
        pause(seconds)
    return do()


class Channel(Protocol):
    """What carries a request: ours, or another client's for a comparison."""

    def exchange(self, request: bytes, *, repeatable: bool = False) -> HttpAnswer:
        """Send one whole request and wait for its whole answer; one that is ``repeatable`` may be sent twice."""

    def give_up(self) -> None:
        """End the exchange that somebody else waits in, if there is one."""

    def close(self) -> None:
        """Close the connection."""


@dataclass
class Meter:
    """What all users of a process share: figures, the rate cap, what the target asked us to wait for."""

    recorder: LatencyRecorder = field(default_factory=LatencyRecorder)
    warm_up: LatencyRecorder = field(default_factory=LatencyRecorder)
    warm_until: int = 0
    """What was meant to start before this instant goes into the warm-up's figures."""
    hold_until: int = 0
    """No request leaves before this instant: the target said 429 with Retry-After."""
    sent: int = 0
    gap_ns: int = 0
    """The least time between two requests of this process: the profile's rate cap, shared among the workers."""
    next_free: int = 0
    turn: AbstractContextManager[Any] = field(default_factory=threading.Lock, repr=False)
    """Held while somebody takes the next free instant."""
    max_hold_s: float = MAX_HOLD_S
    on_hold: Callable[[float], None] = field(default=lambda seconds: None, repr=False)
    """Is told of each hold: the other processes of the run keep it too."""
    budget: WaitBudget | None = None
    """What all holds and failures together may take; None while the load is on, which ends by itself."""
    checkers: dict[str, Checker] = field(default_factory=dict)

    def checker(self, operation: str) -> Checker:
        """Return the (shared) checker of an operation."""
        known = self.checkers.get(operation)
        if known is None:
            known = self.checkers[operation] = Checker(operation)
        return known

    def hold(self, retry_after: str, date: str = "") -> None:
        """Obey a 429: so long as it says, one second when it does not say, ``max_hold_s`` at most."""
        seconds = min(asked_to_wait(retry_after, date), self.max_hold_s)
        if self.hold_for(seconds):
            self.on_hold(seconds)

    def hold_for(self, seconds: float) -> bool:
        """Let no request leave for so long; false when that was known."""
        until = time.monotonic_ns() + int(seconds * 1e9)
        new = until > self.hold_until + HOLD_STEP_NS
        self.hold_until = max(self.hold_until, until)
        return new


class Calls:
    """The calls of one user over its own connections (one for each endpoint)."""

    def __init__(
        self,
        endpoints: Endpoints,
        meter: Meter,
        caller: int,
        *,
        sleep: Callable[[float], None] = time.sleep,
        connect: Callable[..., Channel] = HttpConnection,
    ) -> None:
        self.endpoints = endpoints
        self.meter = meter
        self.caller = caller
        self._sleep = sleep
        self._connect = connect
        self._connections: dict[Endpoint, Channel] = {}
        self._number = 0
        self._ids = endpoints.ids
        self._trace = f"traceparent: 00-{endpoints.trace}{caller:016x}-".encode()
        self._prepared: dict[str, tuple[Channel, bytes, Checker, bool]] = {}

    def lookup(self, by: str, value: str, *, intended: int = 0, expect: Expectation | None = None) -> Checked:
        """Look a customer up by ``external_customer_id``, ``email``, ``phone`` or ``user_id``."""
        return self._post("lookup", {by: value}, intended, expect=expect)

    def lock(
        self,
        user_offer_id: str,
        transaction: TransactionBody,
        *,
        intended: int = 0,
        refusable: bool = False,
        expect: Expectation | None = None,
    ) -> Checked:
        """Lock a user offer for a basket."""
        return self._post("lock", LockBody(user_offer_id, transaction), intended, refusable, expect)

    def unlock(self, user_offer_id: str, *, refusable: bool = False) -> Checked:
        """Give a locked user offer back."""
        return self._post("unlock", UnlockBody(user_offer_id), 0, refusable)

    def send_transaction(self, transaction: TransactionBody, *, intended: int = 0) -> Checked:
        """Send a transaction; a closed one redeems what it locked."""
        return self._post("send_transaction", transaction, intended)

    def search_customers(self, by: str, value: str, *, intended: int = 0, expect: Expectation | None = None) -> Checked:
        """Search a customer, with tiers and points, by ``email``, ``external_id`` or ``mobile_number``."""
        line, rest = self._prepare("search_customers")[1].split(b" HTTP/1.1\r\n", 1)
        query = f"?{by}={quote(value, safe='')}&expand_incentives=true"
        head = line + query.encode() + b" HTTP/1.1\r\n" + rest
        return self._exchange("search_customers", b"", intended, False, expect, head=head)

    def call(self, operation: str, members: Mapping[str, object]) -> Checked:
        """Send an operation's documented request around these members: flat, a user, or a container's payload."""
        match OPERATIONS[operation].service:
            case "cloudpos":
                return self._post(operation, members, 0)
            case "offers":
                return self._exchange(operation, encode({"retailer_id": self._ids.retailer, **members}), 0, False)
            case _:
                return self._exchange(operation, encode({"user": members}), 0, False)

    def connection(self, endpoint: Endpoint) -> Channel:
        """Return the connection to an endpoint; ``close`` closes it with the others."""
        known = self._connections.get(endpoint)
        if known is None:
            known = self._connections[endpoint] = self._connect(endpoint, timeout=self.endpoints.timeout)
        return known

    def pause(self, seconds: float) -> None:
        """Wait before a repetition."""
        if self.meter.budget is not None:
            now = time.monotonic_ns()
            self.meter.budget.lost(now, now + int(seconds * 1e9))
        self._sleep(seconds)

    def give_up(self) -> None:
        """End the call that is going on: it is counted and written down as one without an answer."""
        for connection in self._connections.values():
            connection.give_up()

    def close(self) -> None:
        """Close the connections."""
        for connection in self._connections.values():
            connection.close()

    def count_workflow(self, name: str, intended: int, started: int, ended: int, error: str) -> None:
        """Count one finished workflow."""
        meter = self.meter
        recorder = meter.recorder if intended >= meter.warm_until else meter.warm_up
        recorder.record(name, ended - intended, ended - started, error)

    def _post(
        self, operation: str, payload: object, intended: int, refusable: bool = False, expect: Expectation | None = None
    ) -> Checked:
        ids = self._ids
        request_id = f"{self.endpoints.run_id}-{self.caller}-{self._number}"
        body = encode(Envelope(ids.store, ids.client, request_id, payload))
        return self._exchange(operation, body, intended, refusable, expect)

    def _exchange(
        self,
        operation: str,
        body: bytes,
        intended: int,
        refusable: bool,
        expect: Expectation | None = None,
        *,
        head: bytes = b"",
    ) -> Checked:
        """Send, check, count. A refusal is an error, unless it is ``refusable``."""
        meter = self.meter
        budget = meter.budget
        if budget is not None and not budget.holds_until(meter.hold_until):
            now = time.monotonic_ns()
            return Checked(TURNED_AWAY, budget.reason, {}, HttpAnswer(0, b"", GIVEN_UP, now, now))
        if meter.hold_until or meter.gap_ns:
            self._wait_for_permission()
        connection, usual, checker, repeatable = self._prepared.get(operation) or self._prepare(operation)
        self._number += 1
        if head:
            request = b"%b%b%016x-01\r\n\r\n" % (head, self._trace, self._number)
        else:
            parts = (usual, self._trace, self._number, len(body), body)
            request = b"%b%b%016x-01\r\nContent-Length: %d\r\n\r\n%b" % parts
        answer = connection.exchange(request, repeatable=repeatable)
        meter.sent += 1
        checked = checker.check(answer)
        if not checked.error:
            if checked.outcome is REFUSED:
                if not refusable:
                    checked.error = "refused"
            elif expect is not None and not expect(checked.payload):
                checked.error = "wrong"
        error = checked.error
        if answer.status == 429:
            meter.hold(answer.retry_after, answer.date)
        service = answer.ended - answer.started
        if budget is not None:
            _count(budget, checked)
        response = answer.ended - intended if intended else service
        recorder = meter.recorder if answer.ended - response >= meter.warm_until else meter.warm_up
        recorder.record(operation, response, service, error)
        return checked

    def _wait_for_permission(self) -> None:
        """Wait out a 429 and keep the rate cap; whoever comes next waits behind."""
        meter = self.meter
        with meter.turn:
            now = time.monotonic_ns()
            due = max(meter.hold_until, meter.next_free if meter.gap_ns else 0, now)
            meter.next_free = due + meter.gap_ns
            if due <= now:
                meter.hold_until = 0
        if due > now:
            self._sleep((due - now) / 1e9)

    def _prepare(self, operation: str) -> tuple[Channel, bytes, Checker, bool]:
        known = self._prepared.get(operation)
        if known is None:
            endpoint, head = self.endpoints.head(operation)
            repeatable = self.endpoints.repeatable(operation)
            known = self.connection(endpoint), head, self.meter.checker(operation), repeatable
            self._prepared[operation] = known
        return known


def _count(budget: WaitBudget, checked: Checked) -> None:
    """Tell whether a call brought an answer of the contract."""
    if checked.outcome is ACCEPTED or checked.outcome is REFUSED:
        budget.answered()
    else:
        budget.lost(checked.answer.started, checked.answer.ended)
