"""The twelve situations: what the till is asked to do, what happens to it meanwhile, and whether it got there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from offerproof.client_duties import Came, ClientRequest
from offerproof.client_duties.model import basket, claimed, items, payments
from offerproof.judgement.oracle.calls import ident, number

Requests = Sequence[ClientRequest]
Missed = Callable[[Requests], str | None]
"""Why a till did not get into a situation, by what it sent; None when it did."""

FIRST_ITEMS: Final = ("10.00", "2.50")
ADDED_ITEM: Final = "5.00"


@dataclass(frozen=True)
class Trouble:
    """A scenario of the simulator. ``beyond``: its delay, in seconds more than the till waits for an answer."""

    operation: str
    kind: str
    delay: float = 0.0
    beyond: float | None = None


@dataclass(frozen=True)
class SituationPlan:
    """One situation. ``duties``: the clauses that it is about."""

    name: str
    title: str
    do: str
    """What the cashier does."""
    meanwhile: str
    """What happens that the till does not decide."""
    duties: tuple[str, ...]
    missed: Missed
    offers: int = 1
    """User offers in the first customer's wallet."""
    troubles: tuple[Trouble, ...] = ()
    second: str = ""
    """Who the second customer is: a ``payer``, or somebody with the same ``phone``; empty: there is none."""
    sells: bool = True
    expires_s: int | None = None
    """The offers expire so many seconds after they were laid down; None: not in this session."""


def _closing(sent: Requests) -> ClientRequest | None:
    return next((one for one in sent if one.closes), None)


def _held(sent: Requests, came: Came) -> list[ClientRequest]:
    return [one for one in sent if one.operation in ("lock", "redeem") and one.came is came]


def _no_sale(sent: Requests) -> str | None:
    if not sent:
        return "nothing was sent"
    return None if _closing(sent) else "no closed sale was sent"


def _sale(sent: Requests) -> str | None:
    if (missed := _no_sale(sent)) is not None:
        return missed
    closing = _closing(sent)
    if closing is not None and (claimed(closing.transaction) or any(one.operation == "redeem" for one in sent)):
        return None
    return "the offer was not used"


def _changed(sent: Requests) -> str | None:
    closing, held = _closing(sent), _held(sent, Came.TAKEN)
    if closing is None or not held:
        return _no_sale(sent) or "no offer was locked"
    changed = basket(held[0].transaction) != basket(closing.transaction)
    return None if changed else "the basket that was sold is the one that was locked first"


def _cancelled(sent: Requests) -> str | None:
    if not _held(sent, Came.TAKEN):
        return "no offer was locked" if sent else "nothing was sent"
    closing = _closing(sent)
    return "the sale was finished with the offer" if closing and claimed(closing.transaction) else None


def _refused(sent: Requests) -> str | None:
    return _no_sale(sent) or (None if _held(sent, Came.REFUSED) else "no lock was tried that was refused")


def _unanswered(operation: str) -> Missed:
    def missed(sent: Requests) -> str | None:
        names = ("lock", "redeem") if operation == "lock" else (operation,)
        tried = [one for one in sent if one.operation in names]
        if not tried:
            return f"no {operation} was sent" if sent else "nothing was sent"
        if not any(one.came is Came.UNDECIDED for one in tried):
            return "the till waited for the answer longer than is said of it (till_timeout_s)"
        return _no_sale(sent)

    return missed


def _busy(sent: Requests) -> str | None:
    met = any(one.exchange.status == 503 for one in sent if one.operation == "send_transaction")
    return None if met else _no_sale(sent) or "send_transaction was not answered by 503"


def _pending(sent: Requests) -> str | None:
    if not _held(sent, Came.UNDECIDED):
        return _unanswered("lock")(sent)
    met = any(one.came is Came.PENDING for one in sent)
    return _no_sale(sent) if met else "the lock was not asked for again while it was pending"


def _returned(sent: Requests) -> str | None:
    closing = _closing(sent)
    if closing is None:
        return _no_sale(sent)
    later = [one for one in sent[sent.index(closing) + 1 :] if one.operation == "send_transaction"]
    back = {len(items(one.transaction)) for one in later if one.transaction_id == closing.transaction_id}
    if any((number(line.get("subtotal")) or 0) < 0 for one in later for line in items(one.transaction)):
        return None
    if not back or min(back) >= len(items(closing.transaction)):
        return "nothing was returned"
    return None if 0 in back else "only a part was returned"


def _two_payers(sent: Requests) -> str | None:
    closing = _closing(sent)
    payers = {ident(one.get("user_id")) for one in payments(closing.transaction)} - {""} if closing else set()
    return _no_sale(sent) or (None if len(payers) > 1 else "one customer paid all of it")


def _shared_phone(sent: Requests) -> str | None:
    lookups = [one for one in sent if one.operation == "lookup"]
    asked = any("phone" in one.asked and one.came is not Came.TAKEN for one in lookups)
    return _no_sale(sent) or (None if asked else "no lookup by phone was refused")


_SELL: Final = "Look the customer up, ring up 10.00 and 2.50, use the offer, take the payment and close the sale."

_ALL: Final = (
    SituationPlan(
        "sale",
        "a customer uses an offer",
        _SELL,
        "Nothing goes wrong.",
        ("TILL-4", "TILL-5", "TILL-11", "TILL-12", "TILL-18"),
        _sale,
    ),
    SituationPlan(
        "changed-basket",
        "the basket changes after the lock",
        f"As in a sale; when the offer is locked, add an item of {ADDED_ITEM}, then go on.",
        "Nothing: the price of the offer is another one for another basket.",
        ("TILL-5", "TILL-6", "TILL-30"),
        _changed,
    ),
    SituationPlan(
        "cancelled",
        "the customer changes their mind",
        "As in a sale; when the offer is locked, cancel the sale (or sell without the offer).",
        "Nothing goes wrong.",
        ("TILL-12", "TILL-21"),
        _cancelled,
        sells=False,
    ),
    SituationPlan(
        "rival",
        "another till is first",
        _SELL,
        "Another till locks the offer right after the Lookup.",
        ("TILL-7", "TILL-20"),
        _refused,
        troubles=(Trouble("lookup", "rival"),),
    ),
    SituationPlan(
        "expired",
        "the offer expires meanwhile",
        _SELL,
        "The offer expires between Lookup and Lock.",
        ("TILL-7", "TILL-20"),
        _refused,
        troubles=(Trouble("lookup", "jump", delay=600),),
        expires_s=300,
    ),
    SituationPlan(
        "slow-lock",
        "the lock is answered too late",
        _SELL,
        "The offer is locked at once, but the answer comes when the till has given up.",
        ("TILL-3", "TILL-12", "TILL-25"),
        _unanswered("lock"),
        troubles=(Trouble("lock", "late", beyond=1), Trouble("redeem", "late", beyond=1)),
    ),
    SituationPlan(
        "lost-answer",
        "the sale is taken, and the till is not told",
        _SELL,
        "send_transaction is done, and the connection breaks before the answer.",
        ("TILL-1", "TILL-3", "TILL-13"),
        _unanswered("send_transaction"),
        troubles=(Trouble("send_transaction", "drop"),),
    ),
    SituationPlan(
        "busy",
        "the service is busy",
        _SELL,
        "The first send_transaction is answered by 503 with Retry-After: 1.",
        ("TILL-13", "TILL-24", "TILL-25"),
        _busy,
        troubles=(Trouble("send_transaction", "unavailable", delay=1),),
    ),
    SituationPlan(
        "pending",
        "the lock is still pending",
        _SELL,
        "The lock takes longer than the till waits; until it is through, its repeat is answered as pending.",
        ("TILL-3", "TILL-16"),
        _pending,
        troubles=(Trouble("lock", "pending", beyond=3), Trouble("redeem", "pending", beyond=3)),
    ),
    SituationPlan(
        "returned",
        "an item comes back, then the rest",
        "Sell 10.00 and 2.50 without an offer. Then take 2.50 back. Then take the rest back.",
        "Nothing goes wrong.",
        ("TILL-9", "TILL-10", "TILL-17"),
        _returned,
        offers=0,
    ),
    SituationPlan(
        "two-payers",
        "two customers share the bill",
        "Sell 10.00 and 2.50; the first customer pays 10.00, the second one 2.50.",
        "Nothing goes wrong.",
        ("TILL-15", "TILL-32", "TILL-35"),
        _two_payers,
        offers=0,
        second="payer",
    ),
    SituationPlan(
        "shared-phone",
        "two customers have one phone number",
        "Look the customer up by the phone number; when that does not tell who it is, ask for the external id. "
        "Sell 10.00 and 2.50, using the offer.",
        "Somebody else in the household has the same number.",
        ("TILL-28",),
        _shared_phone,
        second="phone",
    ),
)
SITUATIONS: Final = {one.name: one for one in _ALL}
"""By name, in the order in which they are played."""
