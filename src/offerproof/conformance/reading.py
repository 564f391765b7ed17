"""How checks read what a target shows of a customer: wallet, history, balances. Where things stand, no opinions."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from offerproof.client.bodies import moment
from offerproof.client.wire import Draft, fill
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.contract import OPERATIONS
from offerproof.judgement.accounts import parts_of
from offerproof.judgement.histories import says
from offerproof.judgement.oracle.calls import number
from offerproof.judgement.shapes import claims_success

if TYPE_CHECKING:
    from offerproof.client import Api
    from offerproof.conformance.expect import Expect
    from offerproof.exchange import Exchange
    from offerproof.provisioning import Customer, UserOffer
    from offerproof.target import Profile

PAGES_MAX = 10
_MANY, _MODEST = 100, 20
"""Records a check asks for when it wants all, and where nobody says how many the target gives at once."""
_TRACES: Final = re.compile(
    r"Traceback \(most recent call last\)|File \\?\"[^\"]{1,200}\", line [0-9]+|"
    r"\bat [\w.$<>]+\([\w. ]*(?::[0-9]+)?\)|\.(?:py|rb|java|cs|go|php|js|ts):[0-9]+|System\.\w*Exception|"
    r"\"stack_?trace\"\s*:\s*(?!null|\"\"|\[\s*\]|\{\s*\})[^\s]",
    re.IGNORECASE,
)
"""The forms that the usual platforms print; a member that is named so may exist, as long as it is empty."""


def page_size(api: Api) -> int:
    """Return the ``take`` that brings a check's records at once, as far as the target surely allows that many."""
    allowed = str(api.profile.behaviour("paging.maximum_take") or "")
    return min(_MANY, int(allowed)) if allowed.isdigit() and int(allowed) > 0 else _MODEST


def wallet(api: Api, expect: Expect, customer: Customer, transaction: Mapping[str, Any] | None = None) -> list[Any]:
    """Return the offers of the customer's Lookup; priced for ``transaction`` when there is one."""
    found = expect.success(api.lookup(user_id=customer.user_id, transaction=transaction), kind=list)
    expect.equal(len(found), 1, what="number of customers a Lookup by SessionM id answers")
    return list(found[0]["offers"])


def wallet_ids(api: Api, expect: Expect, customer: Customer) -> list[str]:
    """Return the user offer ids of the wallet, in lower case."""
    return [offer["reference_id"].lower() for offer in wallet(api, expect, customer)]


def in_wallet(
    api: Api, expect: Expect, held: UserOffer, transaction: Mapping[str, Any] | None = None
) -> Mapping[str, Any] | None:
    """Return the user offer as Lookup shows it, None when the wallet does not hold it."""
    offers = wallet(api, expect, held.customer, transaction)
    return next((offer for offer in offers if held.is_it(offer["reference_id"])), None)


def history(api: Api, expect: Expect, *customers: Customer) -> list[Any]:
    """Return the history records of the customers, page by page where the target's pages are small."""
    asked, size = [customer.user_id for customer in customers], page_size(api)
    return _paged(expect, "results", lambda skip: api.user_offer_history(asked, skip=skip, take=size))


def listed(api: Api, expect: Expect, customer: Customer) -> list[Any]:
    """Return the entries of get_user_offers, page by page where the target's pages are small."""
    size = page_size(api)
    return _paged(expect, "user_offers", lambda skip: api.get_user_offers(customer.user_id, skip=skip, take=size))


def listed_ids(api: Api, expect: Expect, customer: Customer) -> list[str]:
    """Return the user offer ids of get_user_offers, in lower case."""
    return [id_of_entry(entry) for entry in listed(api, expect, customer)]


def id_of_entry(entry: Any) -> str:
    """Return the id of an entry of get_user_offers, in lower case; no document says under which name it stands."""
    return str(entry.get("user_offer_id") or entry["id"]).lower()


def _paged(
    expect: Expect, member: str, ask: Callable[[int], Exchange], enough: Callable[[Any], object] = lambda page: False
) -> list[Any]:
    """All records, or those of the pages up to the first that is ``enough``; what was not read is not missing."""
    rows: list[Any] = []
    for _ in range(PAGES_MAX):
        page = expect.success(ask(len(rows)))
        rows += page[member]
        total = number(page["total_records"])
        if not page[member] or total is None or len(rows) >= total or enough(page[member]):
            break
    else:
        expect.unknown(f"a listing of more records than {PAGES_MAX} pages hold")
    return rows


def record(api: Api, expect: Expect, held: UserOffer) -> Mapping[str, Any] | None:
    """Return the user offer's history record, None when there is none."""

    def its(rows: list[Any]) -> Mapping[str, Any] | None:
        return next((row for row in rows if held.is_it(row["user_offer_id"])), None)

    asked, size = [held.customer.user_id], page_size(api)
    return its(_paged(expect, "results", lambda skip: api.user_offer_history(asked, skip=skip, take=size), its))


def state(api: Api, expect: Expect, held: UserOffer) -> str:
    """Return the description the history gives of the user offer's state, ``absent`` without a record."""
    row = record(api, expect, held)
    return "absent" if row is None else str(row["status_description"])


def tells(description: str, word: str) -> bool:
    """Whether a status description tells a state (``redeem``, ``revok``, ``expir``, ``issued``), in any case."""
    return says(description, word)


def refused_or_empty(expect: Expect, exchange: Exchange, *, kind: type = dict, key: str | None = None) -> Sequence[Any]:
    """Return what an answer lists: the list itself or its member ``key``. A clear refusal lists nothing."""
    if not is_success(exchange):
        expect.refusal(exchange)
        return []
    listed = expect.success(exchange, kind=kind)
    return list(listed[key] if key else listed)


def distinct(expect: Expect, *customers: Customer) -> None:
    """See to it that the customers are different ones; user offers of a pool may belong to one and the same."""
    if len({customer.user_id.lower() for customer in customers}) < len(customers):
        expect.unknown("different customers are needed, and the pool gave one customer twice")


def is_success(exchange: Exchange) -> bool:
    """Whether an answer claims success: 2xx and a success word; no judgement."""
    return claims_success(exchange.answer, exchange.status)


def send_bytes(
    api: Api,
    profile: Profile,
    operation: str,
    body: bytes,
    *,
    method: str | None = None,
    headers: Mapping[str, str] | None = None,
    credentials: str = "own",
) -> Exchange:
    """Send any bytes as the body of an operation, in the spelling the target offers, as JSON unless headers differ."""
    declared, path = profile.request_line(operation)
    service = OPERATIONS[operation].service
    as_json = {"Content-Type": "application/json"}  # also on an empty body, or that alone would be refused
    headers, path = {**as_json, **(headers or {})}, fill(path, api.wire.api_key, {})
    draft = Draft("raw", service, method or declared, path, {}, headers, body, credentials, False, operation)
    return api.wire.send(lambda: draft)


def share_a_pair(profile: Profile, one: str, other: str) -> bool:
    """Whether two services are configured with the same key and secret."""
    pairs = [
        tuple(part.reveal() if part else None for part in (profile.services[name].key, profile.services[name].secret))
        for name in (one, other)
    ]
    return pairs[0] == pairs[1]


def given_payload(expect: Expect, exchange: Exchange, otherwise: str) -> Any:
    """Return the payload of a call that only prepares; when there is none, the clause is unknown: ``otherwise``."""
    payload = exchange.answer.get("payload") if is_success(exchange) else None
    if not isinstance(payload, Mapping):
        expect.unknown(otherwise)
    return payload


def issued_many(api: Api, customer: Customer, offer_id: str, count: int) -> list[str]:
    """Return the ids of ``count`` user offers, issued at once or, where so large a quantity is refused, by and by.

    Fewer, where the target gives no more.
    """
    ids: list[str] = []
    for quantity in (60, 10, 1):
        while count - len(ids) >= quantity:
            issued = api.issue_offer(customer.user_id, offer_id, quantity=quantity)
            payload = issued.answer.get("payload") if is_success(issued) else None
            listed = payload.get("status_list") if isinstance(payload, Mapping) else None
            ids += [str(entry.get("user_offer_id")).lower() for entry in listed or ()]
            if len(listed or ()) != quantity:
                break
    return sorted(ids)


@dataclass(frozen=True)
class Balances:
    """A customer's point accounts by their part in the program; points."""

    spendable: Decimal
    spendable_escrow: Decimal
    tier: Decimal
    tier_escrow: Decimal
    total: Decimal
    life_time: Decimal

    @property
    def families(self) -> tuple[Decimal, Decimal, Decimal]:
        """Points to spend and tier-qualifying points, each with its escrow, and all points: rolling over moves none."""
        return self.spendable + self.spendable_escrow, self.tier + self.tier_escrow, self.total

    def beyond(self, had: Balances) -> Balances:
        """Return how far each balance lies above an earlier one."""
        names = [each.name for each in fields(self)]
        return Balances(**{name: getattr(self, name) - getattr(had, name) for name in names})


def loyal_user(api: Api, expect: Expect, customer: Customer) -> Any:
    """Return the customer's user object with tier_details."""
    if not customer.searchable and api.profile.can("get_customer"):
        found = expect.success(api.get_customer(customer.user_id, expand_incentives=True))
    else:
        found = expect.success(api.search_customers(**customer.identifier, expand_incentives=True))
    expect.present(found, "tier_details")
    return found


def level_of(user: Any) -> Any:
    """Return the tier level that the user object speaks of; with several tier systems the one named there."""
    levels = user["tier_details"]["tier_levels"]
    named = [level for level in levels if level["tier_overview"]["name"] == user.get("tier")]
    return named[0] if len(levels) > 1 and named else levels[0]


def balances(user: Any) -> Balances:
    """Sort the accounts of a user object by their parts; others only count in the total.

    With several tier systems the label Tier belongs to all of them, and tier_points tells the one that counts.
    """
    kept = user["tier_details"]["point_account_balances"]
    parts = dict.fromkeys(("spendable", "spendable_escrow", "tier", "tier_escrow", "other"), Decimal(0))
    for account, part in zip(kept["details"], parts_of(kept["details"]), strict=True):
        parts[part] += Decimal(account["available_balance"])
    del parts["other"]
    if len(user["tier_details"]["tier_levels"]) > 1:
        parts["tier"] = Decimal(user["tier_points"])
    summary = kept["summary"]
    return Balances(**parts, total=Decimal(summary["total_points"]), life_time=Decimal(summary["life_time_points"]))


def declared_table(words: Any) -> list[tuple[str, list[str]]]:
    """Read what a profile declares as ``name: word word; name: word``: each name, and its words."""
    parts = (part.partition(":") for part in str(words or "").split(";"))
    return [(name.strip(), told.split()) for name, colon, told in parts if colon]


def instant(text: Any) -> datetime:
    """Read an instant that the target tells.

    Raises:
        ExpectationFailed: it is none.
    """
    read = as_instant(text)
    if read is None:
        raise ExpectationFailed("an instant", expected="such as 2018-06-10T09:20:00Z", observed=text, on=None)
    return read


def as_instant(text: Any) -> datetime | None:
    """Read an instant in any documented spelling; without a zone it is UTC, digits beyond microseconds are cut.

    An hour may have one digit (``2018-06-10 9:20:00.000``; Offer Management, Step 5). None: it is no instant.
    """
    if not isinstance(text, str):
        return None
    whole, dot, rest = re.sub(r"(?<=[ T])(?=\d:)", "0", text.strip()).partition(".")
    digits = len(rest) - len(rest.lstrip("0123456789"))
    spelled = f"{whole}.{rest[:digits][:6]:0<6}{rest[digits:]}" if dot else whole
    try:
        read = datetime.fromisoformat(spelled)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def months_on(starts: datetime, months: int) -> list[timedelta]:
    """How long some months may last: by the calendar, which where the last one has no such day goes to its end or as
    far beyond it; or of thirty days each."""
    year, month = divmod(starts.year * 12 + starts.month - 1 + months, 12)
    days = monthrange(year, month + 1)[1]
    first = starts.replace(year=year, month=month + 1, day=1) - starts
    ends = sorted({min(starts.day, days), starts.day})
    return [*(first + timedelta(days=day - 1) for day in ends), timedelta(days=30 * months)]


def later(transaction: Mapping[str, Any], minutes: int = 1) -> dict[str, Any]:
    """Return the transaction with a modified_time that many minutes newer."""
    then = instant(transaction["modified_time"]) + timedelta(minutes=minutes)
    return {**transaction, "modified_time": moment(then)}


def shows_a_trace(text: str) -> bool:
    """Whether the text of an answer shows a stack trace."""
    return _TRACES.search(text) is not None
