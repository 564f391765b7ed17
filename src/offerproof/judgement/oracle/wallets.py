"""Rules on what is shown of user offers: Lookup, get_user_offers and the history agree, customer by customer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind, Seen, seen_in_history, seen_in_wallet
from offerproof.judgement.histories.rules import EXPIRED, ISSUED, LOCKED, REDEEMED, REVOKED
from offerproof.judgement.oracle.baskets import ordinary_transaction
from offerproof.judgement.oracle.calls import Call, ident, number, outcome_of, rows
from offerproof.judgement.oracle.customers import same_accounts
from offerproof.judgement.oracle.lives import judge_price
from offerproof.judgement.oracle.ruling import Judgement, Objection
from offerproof.judgement.oracle.world import Held, WorldModel

_IDENTIFIERS = {
    "external_customer_id": "external_id",
    "email": "email",
    "phone": "phone",
    "user_id": "user_id",
}
# Which clause speaks of what is seen, by the last call that changed the user offer.
_BACK: dict[Kind | None, str] = {Kind.UNLOCK: "LOCK-18", Kind.REINSTATE: "REDEEM-18"}
_AFTER: dict[Kind | None, str] = {**_BACK, Kind.ISSUE: "ISSUE-1"}
_MISTAKEN: dict[Kind | None, str] = {Kind.LOCK: "LOCK-17", Kind.REINSTATE: "REDEEM-20"}
_TOLD = [int(seen_in_history(word)) for word in ("issued", "redeemed", "revoked", "expired")]
_FORGOTTEN: dict[Kind | None, str] = {Kind.SEND: "REDEEM-2", Kind.REDEEM: "REDEEM-12"}


def lookup(case: Judgement) -> None:
    """Lookup answers with exactly the customer asked for, and this customer's wallet."""
    asked = case.call.asked
    named = {_IDENTIFIERS[name]: str(asked[name]) for name in _IDENTIFIERS if asked.get(name) not in (None, "")}
    if not named and all(asked.get(name) is None for name in _IDENTIFIERS):
        case.must_refuse("WALLET-19", "a Lookup that names no customer")
        return
    if not named:  # to some an empty identifier is one like any other, that nobody has
        listed = rows(case.call.payload)
        case.check(not listed, "WALLET-19", "customers of a Lookup by an empty identifier", "none", len(listed))
        return
    found = {key for key, person in case.world.people.items() if _is(person.user_id, person.identifiers, named)}
    transaction = asked.get("transaction")
    exact = any(_is(one.user_id, one.identifiers, named, str) for one in case.world.people.values())
    plain = transaction is None or (isinstance(transaction, Mapping) and ordinary_transaction(transaction))
    if exact and len(found) == 1 and len(named) == 1 and plain:
        case.must_accept("WALLET-2", "a Lookup by an identifier of one customer")
    listed = rows(case.call.payload)
    if not found and len(named) == 1 and not case.unanswered:
        case.check(not listed, "WALLET-18", "customers of a Lookup for nobody we know", "none", len(listed))
    if not found or not case.accepted:
        return
    if len(found) > 1 or (not exact and not listed):
        return
    key = next(iter(found))
    if case.check(len(listed) == 1, "WALLET-1", "customers of a Lookup", "exactly one", len(listed)):
        _wallet(case, key, listed[0], transaction if isinstance(transaction, Mapping) else None)


def _is(
    user_id: str, identifiers: Mapping[str, str], named: Mapping[str, str], form: Callable[[Any], str] = ident
) -> bool:
    known = {**identifiers, "user_id": user_id}
    return any(form(known.get(name)) == form(value) for name, value in named.items())


def _wallet(case: Judgement, owner: str, customer: Mapping[str, Any], transaction: Mapping[str, Any] | None) -> None:
    shown = customer.get("user_reference_id")
    case.check(ident(shown) == owner, "WALLET-3", "user_reference_id of Lookup", owner, shown)
    _names(case, owner, customer)
    offers = rows(customer.get("offers"))
    for offer in offers:
        holder = offer.get("user_id")
        if holder is not None:
            case.check(ident(holder) == owner, "WALLET-5", "user_id of an offer in the wallet", owner, holder)
        _wallet_entry(case, owner, offer, transaction)
    listed = _once(case, [offer.get("reference_id") for offer in offers], "WALLET-9", "offers of the wallet")
    if transaction is None:
        _missing(case, owner, listed)
    same_accounts(case, owner, rows(customer.get("accounts")))


def _names(case: Judgement, owner: str, customer: Mapping[str, Any]) -> None:
    known = case.world.people[owner].names
    for name in ("first_name", "last_name"):
        if name in known and customer.get(name) is not None:
            case.check(customer[name] == known[name], "WALLET-4", f"{name} of Lookup", known[name], customer[name])


def _wallet_entry(case: Judgement, owner: str, offer: Mapping[str, Any], transaction: Mapping[str, Any] | None) -> None:
    key, status = ident(offer.get("reference_id")), str(offer.get("status", ""))
    held = _entry(case, key, owner, "ISOL-1", "the wallet")
    if held is None:
        return
    seen = seen_in_wallet(True, status)
    before = case.now(key)
    clause = _shown_clause(case.as_shown(before).tags if before else frozenset(), held.last)
    absent = [(int(seen_in_wallet(False)), _AFTER.get(held.last, "WALLET-9"))] if transaction is None else []
    case.observe(key, seen, clause, "an offer in the wallet", f"in the wallet with status {status}", absent)
    if transaction is not None:
        if ordinary_transaction(transaction):
            judge_price(case, held.user_offer_id, offer, transaction, "WALLET-13")
        return
    now = case.world.held[key]
    if now.judged and now.tags == {ISSUED}:
        amount = number(offer.get("amount") or 0)
        case.check(amount == 0, "WALLET-8", "amount of an offer without a transaction", "0", offer.get("amount"))
        named = offer.get("discounted_line_ids")
        case.check(not named, "WALLET-8", "discounted lines without a transaction", "none", named)


def _shown_clause(tags: frozenset[int], last: Kind | None) -> str:
    if tags == {REVOKED}:
        return "ISSUE-10"
    if tags == {EXPIRED}:
        return "TIME-9"
    if tags == {REDEEMED}:
        return "REDEEM-13" if last is Kind.REDEEM else "WALLET-17"
    return _BACK.get(last, "WALLET-7")


def _entry(case: Judgement, key: str, owner: str, clause: str, where: str) -> Held | None:
    """Return the user offer that an entry names; one of another customer, or from nowhere, is wrong."""
    held = case.world.held.get(key)
    if held is not None:
        mine = held.owner in (None, owner)
        case.check(mine, clause, f"an offer in {where} of a customer", "this customer's own", "another customer's")
        return held if mine else None
    if case.world.people[owner].may_gain:
        judged = not case.world.people[owner].shared
        case.world.held[key] = Held(
            key, owner, lasting=False, judged=judged
        )  # learned: a loyalty rule, or an unanswered issue
        return case.world.held[key]
    case.wrong("ISSUE-6", f"an offer in {where}", "one that was issued", "one that nobody issued")
    return None


def _once(case: Judgement, ids: Sequence[Any], clause: str, what: str) -> set[str]:
    counts = Counter(ident(one) for one in ids)
    repeated = [one for one, count in counts.items() if count > 1]
    case.check(not repeated, clause, what, "each exactly once", f"{len(repeated)} more than once")
    return set(counts)


def _missing(case: Judgement, owner: str, listed: set[str]) -> None:
    """What is not listed is not issued (it may be locked: whether that shows is open)."""
    for held in case.world.of([owner]):
        key = held.user_offer_id.lower()
        if key not in listed:
            clause, now = _AFTER.get(held.last, "WALLET-9"), case.now(key)
            there = _shown_clause(case.as_shown(now).tags if now else frozenset(), held.last)
            others = [(int(seen_in_wallet(True, "")), there)]
            case.observe(key, seen_in_wallet(False), clause, "an issued offer", "not in the wallet", others)


def user_offers(case: Judgement) -> None:
    """get_user_offers lists the issued offers of one customer."""
    asked = case.call.asked
    owner = ident(asked.get("user_id"))
    if not case.accepted or owner not in case.world.people or not isinstance(case.call.payload, Mapping):
        return
    payload = case.call.payload
    shown = payload.get("user_id")
    if shown is not None:
        case.check(ident(shown) == owner, "WALLET-21", "user_id of get_user_offers", owner, shown)
    entries = rows(payload.get("user_offers"))
    ids = [entry.get("user_offer_id", entry.get("id")) for entry in entries]
    listed = _once(case, ids, "PAGE-8", "offers of get_user_offers")
    for key in listed - {""}:
        if _entry(case, key, owner, "ISOL-3", "get_user_offers") is not None:
            seen = int(Seen.ISSUED | Seen.LOCKED)
            absent = [(int(seen_in_wallet(False)), "WALLET-23")]
            case.observe(key, seen, "WALLET-22", "an offer of get_user_offers", "listed", absent)
    exact = asked.get("user_id") == case.world.people[owner].user_id
    if _whole(case, asked, len(entries), payload.get("total_records"), "PAGE-7") and exact and "" not in listed:
        for held in case.world.of([owner]):
            key = held.user_offer_id.lower()
            if key not in listed:
                case.observe(key, int(seen_in_wallet(False)), "WALLET-23", "an issued offer", "not in get_user_offers")


def _whole(case: Judgement, asked: Mapping[str, Any], count: int, total: Any, clause: str) -> bool:
    """Check a page's size, and tell whether it holds the whole listing."""
    skip, take = number(asked.get("skip")), number(asked.get("take"))
    if take is not None and take > 0:
        case.check(count <= take, clause, "records of a page", f"at most {take}", count)
    return skip == 0 and take is not None and take > count and number(total) in (None, count)


def history(case: Judgement) -> None:
    """The history holds every user offer of the customers, each once, with a description that tells its state."""
    asked = case.call.asked
    ids = asked.get("user_ids")
    owners = {ident(one) for one in ids} if isinstance(ids, list) else set()
    known = owners & set(case.world.people)
    exact = isinstance(ids, list) and {case.world.people[key].user_id for key in known} == {str(one) for one in ids}
    if known and exact and _plain_page(asked):
        case.must_accept("HIST-1", "the history of known customers")
    if not case.accepted or not isinstance(case.call.payload, Mapping):
        return
    records = rows(case.call.payload.get("results"))
    if not known:
        ours = [one for one in records if ident(one.get("user_offer_id")) in case.world.held]
        case.check(not ours, "HIST-11", "history of nobody we know", "no records of others", len(ours))
        return
    for record in records:
        _record(case, record, owners, known)
    listed = _once(case, [one.get("user_offer_id") for one in records], "HIST-1", "records of the history")
    total = case.call.payload.get("total_records")
    skip, take = number(asked.get("skip")), number(asked.get("take"))
    if skip == 0 and take is not None and take > len(records) and exact:
        told, least = number(total), len(records)  # a page may be smaller than asked for, and leave records for others
        fits = told is not None and (told == least or (told > least > 0 and not case.world.choices.whole_pages))
        case.check(fits, "HIST-9", "total_records of the history", least, total)
    if _whole(case, asked, len(records), total, "PAGE-1") and exact:
        for held in case.world.of(known):
            key = held.user_offer_id.lower()
            if held.judged:
                clause = "ISSUE-2" if held.last is Kind.ISSUE else "HIST-1"
                case.check(key in listed, clause, "an offer that was issued", "a record in the history", "none")


def _plain_page(asked: Mapping[str, Any]) -> bool:
    skip, take = number(asked.get("skip", 0)), number(asked.get("take", 100))
    return skip is not None and 0 <= skip <= 10_000 and take is not None and 1 <= take <= 20  # more is open: a maximum


def _record(case: Judgement, record: Mapping[str, Any], owners: set[str], known: set[str]) -> None:
    owner, key = ident(record.get("user_id")), ident(record.get("user_offer_id"))
    case.check(owner in owners, "HIST-10", "customer of a history record", "one asked for", "another one")
    _code(case, record)
    if owner not in known or _entry(case, key, owner, "ISOL-2", "the history") is None:
        return
    description = record.get("status_description")
    told = str(description)
    before = case.now(key)
    if before is None:
        return
    seen, stood = int(seen_in_history(told)), case.as_shown(before)
    others = [(other, _history_clause(stood, other)) for other in _TOLD]
    what = "status_description in the history"
    case.observe(key, seen, _history_clause(stood, seen), what, told, others)
    title, made = record.get("title"), case.world.offers.get(before.offer_id or "")
    if made is not None and made.plain and title is not None:
        titles = [str(one.get("title")) for one in rows(made.body.get("text_config"))]
        case.check(title in titles, "HIST-5", "title of a history record", titles, title)


def _history_clause(held: Held, seen: int) -> str:
    last, tags = held.last, held.tags
    if seen == Seen.REDEEMED:
        return _MISTAKEN.get(last, "REDEEM-3")
    if seen == Seen.REVOKED or tags == {REVOKED}:
        return "ISSUE-11"
    if seen == Seen.EXPIRED:
        return "TIME-12"
    if tags == {REDEEMED}:
        return _FORGOTTEN.get(last, "HIST-7")
    if LOCKED not in tags and last is Kind.UNLOCK:
        return "LOCK-20"
    return "HIST-12"


def _code(case: Judgement, record: Mapping[str, Any]) -> None:
    """One description always comes with one code, and Issued with 1."""
    word, code = str(record.get("status_description", "")).lower(), str(record.get("status", ""))
    if not word or not code:
        return
    if word == "issued":
        case.check(number(code) == 1, "HIST-2", "code of the description Issued", "1", code)
    elif seen_in_history(word) in (Seen.REDEEMED, Seen.REVOKED, Seen.EXPIRED):
        case.check(number(code) != 1, "HIST-13", f"code of the description {word}", "not that of Issued", code)
    first = case.world.codes.setdefault(word, code)
    case.check(first == code, "HIST-8", f"code of the description {word}", first, code)


# Do wallet and history of one customer, read one after the other, tell the same story?

_OVER = (Seen.REDEEMED, Seen.EXPIRED, Seen.REVOKED)


def disagreement(world: WorldModel, user_id: str, wallet: Call, history: Call) -> Objection | None:
    """Return why a Lookup without a transaction and a history of the same customer do not fit together.

    What the history calls redeemed, expired or revoked is not in the wallet, whatever the states that ``world`` holds
    possible; what it calls issued is there, unless it may be locked (whether that shows is open). None: they fit, or
    one of them was not answered. The caller leaves time for effects that are still under way.
    """
    if any(outcome_of(one) is not Outcome.ACCEPTED for one in (wallet, history)):
        return None
    owner = ident(user_id)
    customers = [one for one in rows(wallet.payload) if ident(one.get("user_reference_id")) == owner]
    if len(customers) != 1:
        return None
    listed = {ident(one.get("reference_id")) for one in rows(customers[0].get("offers"))}
    page = history.payload if isinstance(history.payload, dict) else {}
    for record in rows(page.get("results")):
        if ident(record.get("user_id")) != owner:
            continue
        key, told = ident(record.get("user_offer_id")), str(record.get("status_description"))
        seen = seen_in_history(told)
        if seen in _OVER and key in listed:
            what = "an offer that the history says is over, in the wallet"
            return Objection("JOURN-2", what, f"not there: {told}", "in the wallet")
        held = world.held.get(key)
        known = held is not None and held.judged and held.lasting and held.tags == {ISSUED}
        if seen & Seen.ISSUED and seen not in _OVER and known and "issued" in told.lower() and key not in listed:
            return Objection("JOURN-2", "an offer that the history calls issued", "in the wallet", "not in the wallet")
    return None
