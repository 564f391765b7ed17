"""What most wire rewrites are made of: change what is answered, change what is asked, refuse, honour.

``operations`` names calls, parted by blanks; ``*`` means all of them. ``when`` looks at the flow before it is sent. A
path is dotted: ``payload.results.*.status``; ``*`` means every element, and what is not there is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from offerproof.defects.asked import Document, closed, done, objects, read
from offerproof.defects.wire import NOBODY, Flow, Rewrite
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.values import Malformed, number

When = Callable[[Flow], object]

USERS = "search_customers get_customer get_customer_by_external_id"
"""The calls of Core that show a customer."""
SEARCH, HISTORY, LOOKUP, FETCH = "search_customers", "user_offer_history", "lookup", "fetch_offer"
SEND = "send_transaction"
OFFER = "payload.offer"
"""The offer that fetch_offer answers."""
ROW = "payload.results.*"
"""A record of the history."""
WALLET = "payload.*.offers"
"""The offers of a Lookup."""
BALANCES = "user.tier_details.point_account_balances"
LEVEL = "user.tier_details.tier_levels.*"
OTHER = NOBODY


def always(flow: Flow) -> bool:
    """Whatever is asked."""
    return True


def numbers(flow: Flow) -> bool:
    """Whether a basket is written in whole JSON numbers."""
    return any(type(line.get("subtotal")) is int for line in flow.items[:1])


def no_number(flow: Flow) -> bool:
    """Whether an amount or a quantity of a transaction is no number."""
    lines = [*flow.items, *objects(flow.payload.get("payments")), *objects(flow.payload.get("discounts"))]
    names = ("quantity", "unit_price", "subtotal", "amount")
    values = [line[name] for line in lines for name in names if line.get(name) is not None]
    try:
        for value in [*values, flow.payload.get("subtotal") or 0]:
            number(value, "$")
    except Malformed:
        return True
    return False


def on(operations: str, *, odd: bool = False) -> Callable[[Rewrite], Rewrite]:
    """Let a rewrite see some calls only; all others pass. ``odd``: also those whose body is no request of the call."""
    named = frozenset(operations.split())

    def limited(rewrite: Rewrite) -> Rewrite:
        def only(flow: Flow) -> Answer:
            meant = flow.operation in named or "*" in named
            return rewrite(flow) if meant and (odd or flow.problem is None) else flow.send()

        return only

    return limited


# What is answered


def edit(operations: str, path: str, change: Callable[[Any], object], when: When = always) -> Rewrite:
    """Change something in success answers in place: ``change`` gets each object or list at the path."""
    return revise(operations, path, lambda flow, thing: change(thing), when)


def revise(operations: str, path: str, change: Callable[[Flow, Any], object], when: When = always) -> Rewrite:
    """Change something in success answers in place, by what is asked or was seen before."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        fits = when(flow)
        answer = flow.send()
        if not fits or not done(answer):
            return answer
        return flow.edit(answer, lambda document: [change(flow, one) for one in list(found(document, path))])

    return rewrite


def turn(operations: str, path: str, change: Callable[[Any], Any], when: When = always) -> Rewrite:
    """Replace a value in success answers by what ``change`` makes of it."""
    holder, _, member = path.rpartition(".")

    def turned(thing: Any) -> None:
        for place in places(thing, member):
            thing[place] = change(thing[place])

    return edit(operations, holder, turned, when)


def put(operations: str, path: str, value: Any, when: When = always) -> Rewrite:
    """Put a value into success answers, there before or not."""
    holder, _, member = path.rpartition(".")
    return edit(operations, holder, lambda thing: thing.update({member: value}), when)


def drop(operations: str, path: str, when: When = always) -> Rewrite:
    """Take a member out of success answers."""
    holder, _, member = path.rpartition(".")
    return edit(operations, holder, lambda thing: thing.pop(member, None), when)


def keep(operations: str, path: str, wanted: Callable[[Any], object], when: When = always) -> Rewrite:
    """Leave only some elements of a list in success answers."""

    def kept(things: list[Any]) -> None:
        things[:] = [one for one in things if wanted(one)]

    return edit(operations, path, kept, when)


def balances(change: Callable[[Document], object], when: When = always) -> Rewrite:
    """Change each point account of a search, the total with them."""

    def changed(shown: Document) -> None:
        for account in shown["details"]:
            change(account)
        shown["summary"]["total_points"] = sum(account["available_balance"] for account in shown["details"])

    return edit(SEARCH, BALANCES, changed, when)


def offer_words(change: Callable[[Any], Any]) -> Rewrite:
    """Change the words of an offer that is fetched: its title, and title and description of each text."""

    def all_words(offer: Document) -> None:
        offer["title"] = change(offer["title"])
        for text in offer["offer_text"]:
            text["title"], text["description"] = change(text["title"]), change(text["description"])

    return edit(FETCH, OFFER, all_words)


def in_ascii(text: Any) -> Any:
    """Replace letters beyond ASCII."""
    return text.encode("ascii", "replace").decode() if isinstance(text, str) else text


def later(text: Any, **delta: float) -> Any:
    """Return an instant moved by days, hours or minutes; what is none stays."""
    if not isinstance(text, str):
        return text
    moved = datetime.fromisoformat(text) + timedelta(**delta)
    return moved.isoformat().replace("+00:00", "Z")


def called(state: str, word: str, code: int | None = None) -> Rewrite:
    """Let the history describe a state otherwise."""

    def change(row: Document) -> None:
        if row["status_description"] == state:
            row["status_description"] = word
            row["status"] = row["status"] if code is None else code

    return edit(HISTORY, ROW, change)


def told(codes: Callable[[Flow], Container[str]], word: str, code: int, state: str = "Issued") -> Rewrite:
    """Let the history describe some user offers otherwise that are in a state (or one of several, parted by blanks)."""

    def change(flow: Flow, row: Document) -> None:
        if row["status_description"] in state.split() and row["user_offer_id"].lower() in codes(flow):
            row["status_description"], row["status"] = word, code

    return revise(HISTORY, ROW, change)


def stays(codes: Callable[[Flow, str], Iterable[str]]) -> Rewrite:
    """Let user offers stay in their holders' wallets, as Lookup without a transaction shows them.

    ``codes`` gets the flow and the customer's id; what others hold is left out.
    """

    def change(flow: Flow, customer: Document) -> None:
        user_id = customer["user_reference_id"].lower()
        there = {one["reference_id"].lower() for one in customer["offers"]}
        for code in codes(flow, user_id):
            if flow.memory.issued.get(code, {}).get("user_id") == user_id and code not in there:
                customer["offers"].append(flow.entry(code))

    return revise(LOOKUP, "payload.*", change, lambda flow: not flow.transaction)


# What is answered instead


def instead(operations: str, when: When, other: Rewrite) -> Rewrite:
    """Answer otherwise who is let in; what was asked is done all the same."""

    @on(operations, odd=True)
    def rewrite(flow: Flow) -> Answer:
        right = flow.send()
        return other(flow) if right.status != 401 and when(flow) else right

    return rewrite


def turned_away(status: int, when: When, body: bytes | None = None) -> Rewrite:
    """Give those whose credentials are wrong another status, and another body if one is given."""

    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        if answer.status != 401 or not when(flow):
            return answer
        return flow.wrong(Answer(status, answer.body if body is None else body, answer.headers))

    return rewrite


def broken(operations: str, when: When) -> Rewrite:
    """Answer HTTP 500."""
    return instead(operations, when, lambda flow: flow.refuse(500, "internal_server_error", "Object reference not set"))


def misshapen(flow: Flow) -> bool:
    """Whether the body is JSON and no request of the call."""
    return isinstance(flow.problem, Malformed)


def refused(operations: str, other: Callable[[Flow], Answer | None], *, odd: bool = False) -> Rewrite:
    """Answer otherwise what the server refuses, though not for the credentials; None: let the refusal stand."""

    @on(operations, odd=odd)
    def rewrite(flow: Flow) -> Answer:
        right = flow.send()
        return right if done(right) or right.status == 401 else other(flow) or right

    return rewrite


def honour(operations: str, payload: Any = None, when: When = always, *, odd: bool = False) -> Rewrite:
    """Turn refusals into successes; a payload may be a function of the flow."""

    def succeed(flow: Flow) -> Answer | None:
        if not when(flow):
            return None
        return flow.succeed(payload(flow) if callable(payload) else payload)

    return refused(operations, succeed, odd=odd)


def retried(operations: str, first: str) -> Rewrite:
    """Where a call about a user offer is refused, do something else to it first and try again."""

    def again(flow: Flow) -> Answer | None:
        other = flow.again() if done(flow.also(first, user_offer_id=flow.code)) else None
        return flow.wrong(other) if other is not None and done(other) else None

    return refused(operations, again)


def any_retailer(operation: str, payload: Document) -> Rewrite:
    """Take a retailer nobody knows for the one there is; while none has been seen yet, answer a payload."""

    def own(flow: Flow) -> Answer | None:
        if not flow.retailer:
            return flow.succeed(payload)
        other = flow.document["retailer_id"] != flow.retailer
        return flow.ask(lambda document: document.update(retailer_id=flow.retailer)) if other else None

    return refused(operation, own)


def looked_up_as(other: Callable[[Flow], Document | None]) -> Rewrite:
    """Where Lookup finds nobody, look up whom ``other`` names (``{"user_id": …}``) instead."""

    @on(LOOKUP)
    def rewrite(flow: Flow) -> Answer:
        right = flow.send()
        named = None if right.status == 401 or (done(right) and read(right.body)["payload"]) else other(flow)
        if named is None:
            return right
        basket = {"transaction": flow.transaction} if flow.transaction else {}
        return flow.ask(lambda asked: asked.update(request_payload={**named, **basket}))

    return rewrite


def alike(known: Iterable[Any], given: Any, fits: Callable[[str, str], bool]) -> str | None:
    """Return the newest of what is known that only looks like what is given; None without one."""
    names = [str(one) for one in known if one]
    return next((one for one in reversed(names) if given and one != given and fits(one, str(given))), None)


def zeros_apart(one: str, other: str) -> bool:
    """Whether two identifiers are alike but for leading zeros."""
    return one.isdigit() and one.lstrip("0") == other.lstrip("0")


def without_zeros(text: Any) -> Any:
    """Return digits without leading zeros; anything else as it is."""
    return text.lstrip("0") if isinstance(text, str) and text.isdigit() else text


# What is asked


def ask(operations: str, change: Callable[[Document], object], when: When = always) -> Rewrite:
    """Let the server get another request: its body changed in place."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        return flow.ask(change) if when(flow) else flow.send()

    return rewrite


def hidden(operations: str, wrongly: Callable[[Flow, Document], object]) -> Rewrite:
    """Say that there is no such thing, of what the server has found."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        if not done(answer) or not wrongly(flow, read(answer.body)):
            return answer
        return flow.refuse(404, "user_not_found" if flow.service is Service.CORE else "not_found")

    return rewrite


def sent(change: Callable[[Flow, Document], object], when: When = always) -> Rewrite:
    """Let the server get another transaction: ``change`` gets the flow and the payload, which it changes in place."""

    @on(SEND)
    def rewrite(flow: Flow) -> Answer:
        if no_number(flow) or not when(flow):
            return flow.send()
        return flow.ask(lambda document: change(flow, document["request_payload"]))

    return rewrite


def of_the_same_time(flow: Flow) -> bool:
    """Whether a transaction is sent with other lines and the modified_time that it had before."""
    before = (flow.memory.sent.get(flow.transaction_id) or [{}])[-1]
    time = flow.payload.get("modified_time")
    return bool(time) and before.get("modified_time") == time and before.get("items") != flow.items


def earns_again(when: Callable[[Flow, Document], object]) -> Rewrite:
    """Take a later version of a closed transaction for another one; ``when`` gets the flow and the version before."""

    def another(flow: Flow, payload: Document) -> None:
        versions = flow.memory.sent[flow.transaction_id]
        payload |= {"transaction_id": f"{flow.transaction_id} {len(versions)}", "discounts": []}

    def fits(flow: Flow) -> bool:
        versions = flow.memory.sent.get(flow.transaction_id)
        return bool(versions and closed(versions[-1]) and flow.closes and not flow.voids and when(flow, versions[-1]))

    return sent(another, fits)


def refuse(operations: str, when: When = always) -> Rewrite:
    """Refuse what the server never gets to see."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        return flow.refuse() if when(flow) else flow.send()

    return rewrite


def unknown(flow: Flow) -> bool:
    """Whether nobody was ever issued the user offer that is named."""
    return flow.code not in flow.memory.issued


def discount(flow: Flow) -> Document:
    """Return what Lock might answer for the user offer that is named."""
    lines = [str(line.get("line_id")) for line in flow.items]
    held = {"status": "LOCKED", "amount": 1, "discounted_line_ids": lines, "applied_time": "2018-08-29T06:59:04Z"}
    return {**flow.entry(flow.code), **held}


def nearly(operation: str) -> Rewrite:
    """Take a user offer that nobody knows for the one whose id differs in its last letter."""

    def own(flow: Flow) -> Answer | None:
        near = next((one for one in flow.memory.issued if unknown(flow) and one[:-1] == flow.code[:-1]), None)
        return None if near is None else flow.ask(lambda asked: _named_otherwise(asked, near))

    return refused(operation, own)


def _named_otherwise(asked: Document, code: str) -> None:
    holder = asked.get("request_payload", asked)
    holder["offer_lookup_code" if "offer_lookup_code" in holder else "user_offer_id"] = code
    if "request_id" in asked:
        asked["request_id"] = f"{asked['request_id']} again"


def asked_to_issue(flow: Flow) -> tuple[str, str, int]:
    """Return whom a request to issue gives what, and how many."""
    given = flow.document
    quantity = str(given.get("quantity"))
    return given["user_id"].lower(), given["offer_id"].lower(), int(quantity) if quantity.lstrip("-").isdigit() else 1


def given_as_asked(when: When) -> Rewrite:
    """Say that a user offer is issued which the server does not issue."""

    def told(flow: Flow) -> Document:
        user_id, offer_id, _ = asked_to_issue(flow)
        one = {"user_id": user_id, "user_offer_id": OTHER, "offer_id": offer_id, "root_offer_id": offer_id}
        return {"status_list": [{**one, "pending_extended_data": False, "fail_reason": None}]}

    return honour("issue_offer", told, when)


def created_offer(when: When, *, odd: bool = False) -> Rewrite:
    """Say that an offer is created which the server refuses."""
    offer = {"offer_id": OTHER, "root_offer_id": OTHER, "validation_errors": {}, "revisioned": False, "new_status": 1}
    return honour("create_offer", offer, when, odd=odd)


def rivalled(operation: str, undo: str, seconds: float) -> Rewrite:
    """Let a call about a user offer not see another one of its kind until that one's answer has left, seconds later."""

    @on(operation)
    def rewrite(flow: Flow) -> Answer:
        rivals = [one for one in flow.under_way() if one.code == flow.code]
        answer = flow.send()
        if rivals and not done(answer) and done(flow.also(undo, user_offer_id=flow.code)):
            answer = flow.wrong(flow.again())
        return flow.hold(answer, seconds) if done(answer) else answer

    return rewrite


def stored(operations: str, key: Callable[[Flow], object]) -> Rewrite:
    """Answer what was answered first to a call of the same key, and do nothing."""

    @on(operations)
    def rewrite(flow: Flow) -> Answer:
        kept, name = flow.memory.notes["stored"], key(flow)
        if name in kept:
            return flow.wrong(kept[name])
        answer = flow.send()
        if done(answer):
            kept[name] = answer
        return answer

    return rewrite


# Places in a document


def only(count: int) -> Callable[[list[Any]], None]:
    """Return what leaves the first elements of a list."""

    def cut(things: list[Any]) -> None:
        del things[count:]

    return cut


def places(thing: Any, step: str) -> list[Any]:
    """Return the keys or positions that a step of a path means in an object or list; none where it is not there."""
    if isinstance(thing, list):
        return list(range(len(thing))) if step == "*" else [int(step)] if int(step) < len(thing) else []
    return [step] if isinstance(thing, dict) and step in thing else []


def found(document: Any, path: str) -> Iterator[Any]:
    """Return each object and list at a path; the document itself at the empty one."""
    if not path:
        yield document
        return
    step, _, rest = path.partition(".")
    for place in places(document, step):
        if document[place] is not None:
            yield from found(document[place], rest)
