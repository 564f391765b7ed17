"""A request of a client and what came back, in the form in which duties are judged."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, Generic, Protocol, TypeVar

from offerproof.contract import OPERATIONS, Outcome, says_pending
from offerproof.exchange import Exchange
from offerproof.judgement.oracle import Objection
from offerproof.judgement.oracle.calls import CLOUDPOS, Call, ident, number, outcome_of, rows, truth

SECOND: Final = 1_000_000
REMEMBERED: Final = 1_000
"""Sales, requests and offers that are kept in mind, each: what is older can no longer be held against anybody."""
SMALL: Final = Decimal("0.05")
"""A line of at most this much is a bag or the rounding of cash, and no change of a basket."""
_PLAIN_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)?(?:[.][0-9]+)?")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Came(StrEnum):
    """What came back, as the client may act on it."""

    TAKEN = "done"
    REFUSED = "refused"
    PENDING = "pending"
    TURNED_AWAY = "turned away"
    """HTTP 429: surely not done."""
    UNDECIDED = "no decisive answer"
    """Nothing, a server error, or something that is no answer of this API."""
    UNSEEN = "the recording does not know"


@dataclass(eq=False)
class ClientRequest:
    """One request of a client. ``start`` and ``end`` in microseconds; ``end`` None: nobody knows when it was over."""

    exchange: Exchange
    call: Call
    came: Came
    start: int
    end: int | None
    till: str
    place: str
    request_known: bool = True

    @property
    def operation(self) -> str:
        """The operation's id."""
        return self.call.operation

    @property
    def writes(self) -> bool:
        """Whether it asks for a change."""
        return OPERATIONS[self.operation].writes

    @property
    def of_till(self) -> bool:
        """Whether it is a call of CloudPOS, in its container."""
        return self.operation in CLOUDPOS

    @cached_property
    def asked(self) -> Mapping[str, Any]:
        """What was asked, without the container."""
        return self.call.asked

    @property
    def request_id(self) -> str:
        """The container's request_id; empty when there is none."""
        return str(self.call.request.get("request_id") or "").strip()

    @cached_property
    def sender(self) -> tuple[str, str]:
        """The container's store and client."""
        return ident(self.call.request.get("store_id")), ident(self.call.request.get("client_id"))

    @cached_property
    def transaction(self) -> Mapping[str, Any]:
        """The transaction that is sent, locked for or looked up with; empty when there is none."""
        inner = self.asked if self.operation == "send_transaction" else self.asked.get("transaction")
        return inner if isinstance(inner, Mapping) else {}

    @property
    def transaction_id(self) -> str:
        """The id of that transaction."""
        value = self.transaction.get("transaction_id")
        return ident(value) if isinstance(value, str) else str(value or "")

    @property
    def offer(self) -> str:
        """The user offer that a lock, redeem, unlock or reinstate names."""
        return ident(self.asked.get("offer_lookup_code") or self.asked.get("user_offer_id"))

    @cached_property
    def value(self) -> Hashable:
        """What was asked, so that two requests are equal where their values are."""
        return canonical(self.asked)

    @property
    def closes(self) -> bool:
        """Whether it is a closed transaction that was not voided."""
        sold = self.operation == "send_transaction" and not truth(self.transaction.get("is_voided"))
        return sold and truth(self.transaction.get("is_closed")) is True

    @property
    def failed(self) -> bool:
        """Whether nothing came of it, or nobody knows."""
        return self.came not in (Came.TAKEN, Came.UNSEEN)

    @property
    def open(self) -> bool:
        """Whether the client cannot know that it was done, nor that it was not."""
        return self.came in (Came.UNDECIDED, Came.PENDING)

    def over_before(self, other: ClientRequest) -> bool:
        """Whether the client knew what came of it, or had given it up, when the other one was sent."""
        if self.end is None:
            return self.came is Came.UNDECIDED and self.start < other.start
        return self.end <= other.start


@dataclass(eq=False)
class Sale:
    """One sale. ``locks`` and ``redeemed``: user offer → the newest request that was done."""

    transaction_id: str
    locks: dict[str, ClientRequest] = field(default_factory=dict)
    redeemed: dict[str, ClientRequest] = field(default_factory=dict)
    refused: dict[str, ClientRequest] = field(default_factory=dict)
    lost: dict[str, ClientRequest] = field(default_factory=dict)
    """Locks and redeems of which nobody knows whether they were done."""
    released: dict[str, ClientRequest] = field(default_factory=dict)
    closing: ClientRequest | None = None
    last: ClientRequest | None = None
    owed: bool = False
    """Whether the last time it was sent, it was not taken."""


class DutyLog(Protocol):
    """Where verdicts go: duties that were kept, broken, or that the recording cannot decide."""

    def hold(self, clauses: Iterable[str], exchange: Exchange) -> None:
        """Count duties that could have been broken by a request, and were not."""

    def undecided(self, clause: str, reason: str) -> None:
        """Count what could not be decided."""

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        """Record a breach; the last exchange decided. ``doubtful`` makes it a warning at most."""


def breach(
    log: DutyLog,
    clause: str,
    what: str,
    expected: object,
    observed: object,
    *shown: ClientRequest,
    doubtful: str | None = None,
) -> None:
    """Record that a duty is broken by the last of the requests that are shown."""
    found = Objection(clause, what, expected, observed)
    log.broken(found, [one.exchange for one in shown], place=shown[-1].place, doubtful=doubtful)


class Remembered(OrderedDict[K, V], Generic[K, V]):
    """A mapping that forgets what was put into it longest ago, beyond :data:`REMEMBERED` entries."""

    def __setitem__(self, key: K, value: V) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > REMEMBERED:
            self.popitem(last=False)


def came_of(call: Call, *, seen: bool) -> Came:
    """Tell what came back. ``seen``: whether the recording knows the answer, or that there was none."""
    if not seen:
        return Came.UNSEEN
    outcome = outcome_of(call)
    if says_pending(call.answer):
        return Came.PENDING
    if outcome is Outcome.BROKEN and call.status is not None and 400 <= call.status < 500:
        return Came.UNDECIDED if call.status == 408 else Came.REFUSED
    return {
        Outcome.ACCEPTED: Came.TAKEN,
        Outcome.REFUSED: Came.REFUSED,
        Outcome.TURNED_AWAY: Came.TURNED_AWAY,
    }.get(outcome, Came.UNDECIDED)


def canonical(value: Any) -> Hashable:
    """A JSON value so that equal ones are equal: numbers as text or not, any order of members, null is absent."""
    if isinstance(value, str):
        text = value.strip()
        return number(text) if text and _PLAIN_NUMBER.fullmatch(text) else text.lower()
    if isinstance(value, dict | Mapping):
        return frozenset((name.lower(), canonical(inner)) for name, inner in value.items() if inner is not None)
    if isinstance(value, list):
        return tuple(canonical(inner) for inner in value)
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, int | Decimal) else number(value)


def items(transaction: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The lines of a transaction."""
    return rows(transaction.get("items"))


def basket(transaction: Mapping[str, Any]) -> list[tuple[str, Decimal, Decimal]]:
    """What is bought: item, quantity and price of each line that is worth something, in one order."""
    lines = []
    for line in items(transaction):
        price = number(line.get("subtotal")) or Decimal()
        if abs(price) > SMALL:
            lines.append((str(line.get("item_id", "")).lower(), number(line.get("quantity")) or Decimal(1), price))
    return sorted(lines)


def told_basket(transaction: Mapping[str, Any]) -> str:
    """The lines of a basket in words."""
    return ", ".join(f"{quantity} x item {item} = {price}" for item, quantity, price in basket(transaction)) or "empty"


def claimed(transaction: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The discounts of the programme that a transaction claims, by user offer."""
    return {
        ident(one.get("reference_id")): one
        for one in rows(transaction.get("discounts"))
        if ident(one.get("discount_source") or "sessionm") == "sessionm" and ident(one.get("reference_id"))
    }


def payments(transaction: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The payments of a transaction."""
    return rows(transaction.get("payments"))
