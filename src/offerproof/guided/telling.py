"""What a till did, a line each request; and what comes of a mistake in a shop."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from offerproof.client_duties import Came, ClientRequest
from offerproof.client_duties.model import SECOND, claimed, items, payments
from offerproof.judgement.oracle.calls import number, rows, truth

HARM: Final[Mapping[str, str]] = {
    "TILL-1": "The sale counts twice: points are credited twice, and one of the two has no offer.",
    "TILL-2": "The till gets the stored answer of another request: a sale that it thinks it made is not there.",
    "TILL-3": "The change is made twice, or refused the second time although it was done.",
    "TILL-4": "The customer gets money off that nobody granted: the sale is refused, or the offer used again.",
    "TILL-5": "The bill, the books and the offer disagree: what was taken off is not what was granted.",
    "TILL-6": "The customer gets the discount of another basket: too much or too little money off.",
    "TILL-7": "The customer gets money off for a refused offer: the sale is refused when the customer is gone.",
    "TILL-8": "A sale replaces an earlier one: the points of that customer are gone.",
    "TILL-9": "The customer keeps points and offer of what was given back, and the return counts as a purchase.",
    "TILL-10": "The change is taken for an old one and ignored: books and till disagree from then on.",
    "TILL-11": "The sale stays open: the customer never gets points, and the offer stays locked.",
    "TILL-12": "The offer stays locked: the customer cannot use it at any till, though it was not used here.",
    "TILL-13": "The sale is lost: the customer gets no points, and the offer that came off the bill stays open.",
    "TILL-14": "The offer is used up and the sale that used it is missing, or has another basket.",
    "TILL-15": "The points go to nobody, or to somebody else.",
    "TILL-16": "The request is made again while the first is under way: done twice, or refused by its own twin.",
    "TILL-17": "A sale that is over opens again: points and offers hang in the air.",
    "TILL-18": "The sale is not that for which the offer was locked: it is refused, or booked in another store.",
    "TILL-19": "The same change goes out twice at once, and nobody knows which answer counts.",
    "TILL-20": "The cashier offers what the customer no longer has: an argument at the counter.",
    "TILL-21": "The offer is not given back, or given back twice; nobody can say who did it.",
    "TILL-22": "Nothing works once the service checks: every request is refused.",
    "TILL-23": "The account is locked out, and with it every till that uses it.",
    "TILL-24": "All tills come back at once while the service recovers, and it goes down again.",
    "TILL-25": "A short fault becomes a long one: the till hammers a service that is down.",
    "TILL-26": "The request cannot be told from others and is refused, or booked for the wrong store.",
    "TILL-27": "The request is refused, or read otherwise than it was meant.",
    "TILL-28": "The customer is not found, or another one is: points and offers of somebody else.",
    "TILL-29": "Customers with a plus sign in their address are never found.",
    "TILL-30": "The discount falls on the wrong line: returns and reports go wrong.",
    "TILL-31": "Points are earned on a wrong amount.",
    "TILL-32": "The customer earns points for less than was bought, or the books show money missing.",
    "TILL-33": "Amounts are off by fractions of a cent, and sums do not add up.",
    "TILL-34": "Sales are put into the wrong order or day: points mature at the wrong time.",
    "TILL-35": "Two payments are taken for one: a sale is dropped as a repeat.",
    "TILL-37": "Offers are locked for a long time while customers stroll, and cannot be used elsewhere.",
    "TILL-39": "The queue waits for reads that can tell nothing new.",
    "TILL-40": "Personal data stands in receipts and logs for ever.",
    "TILL-41": "Whoever reads a log can act in the shop's name.",
    "TILL-43": "The customer gets no discount, and the offer stays locked, after the service was renewed.",
}
"""By clause that judges: what it costs when a till breaks it."""


_CRITERIA: Final = ("external_customer_id", "email", "phone", "user_id")


def told(sent: ClientRequest, began: int) -> str:
    """One request and what came back, in a line. ``began``: microseconds; no personal data, no secret."""
    return f"{(sent.start - began) / SECOND:+7.2f} s  {sent.operation}{_asked(sent)}: {_came(sent)}"


def _asked(sent: ClientRequest) -> str:
    if sent.operation == "lookup":
        criteria = [name for name in _CRITERIA if sent.asked.get(name)]
        return f" by {', '.join(criteria) or 'nothing that is documented'}"
    if sent.operation in ("lock", "redeem"):
        return f" for {total(items(sent.transaction), 'subtotal')}"
    if sent.operation == "send_transaction":
        return _sent(sent.transaction)
    return ""


def _sent(transaction: Mapping[str, Any]) -> str:
    told = truth(transaction.get("is_closed"))
    closed = "without is_closed" if told is None else "closed" if told else "open"
    words = f" {closed}, {len(items(transaction))} items for {total(items(transaction), 'subtotal')}"
    taken = claimed(transaction)
    words += f", {total(list(taken.values()), 'amount')} off" if taken else ""
    return f"{words}, {total(payments(transaction), 'amount')} paid"


def total(lines: Any, member: str) -> Decimal:
    """The sum of a member of some objects."""
    return sum((number(one.get(member)) or Decimal() for one in lines), Decimal())


def _came(sent: ClientRequest) -> str:
    word = str(sent.came)
    if sent.exchange.status is None:
        return word
    codes = [str(one.get("code")) for one in _errors(sent) if one.get("code")]
    wait = sent.exchange.answer_headers.get("retry-after")
    word += f" (HTTP {sent.exchange.status}{''.join(f', {code}' for code in codes[:1])})" if sent.failed else ""
    word += f", Retry-After {wait}" if wait else ""
    if sent.came is Came.TAKEN and sent.operation == "lookup":
        shown = sum(len(rows(one.get("offers"))) for one in rows(sent.call.payload))
        word += f", {shown} offer{'' if shown == 1 else 's'}"
    if sent.came is Came.TAKEN and sent.operation in ("lock", "redeem") and isinstance(sent.call.payload, Mapping):
        word += f", {sent.call.payload.get('amount')} off"
    return word


def _errors(sent: ClientRequest) -> list[Mapping[str, Any]]:
    told = sent.call.answer.get("errors") if isinstance(sent.call.answer, Mapping) else None
    return [told] if isinstance(told, Mapping) else list(rows(told))
