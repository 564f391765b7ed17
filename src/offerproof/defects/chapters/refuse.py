"""Refusals: bad input taken for good, answered with a server error, or half done before it is refused."""

from __future__ import annotations

from collections.abc import Callable
from re import fullmatch
from typing import Any

from offerproof.defects import wire
from offerproof.defects.asked import Document, done, pair_of, read, table
from offerproof.defects.rewrites import (
    HISTORY,
    LOOKUP,
    SEARCH,
    USERS,
    ask,
    broken,
    discount,
    honour,
    looked_up_as,
    misshapen,
    no_number,
    on,
    refuse,
)
from offerproof.defects.wire import Flow, Rewrite
from offerproof.simulator.answers import Answer
from offerproof.simulator.bodies import NotJson

CORE = f"{USERS} create_customer"
OFFERS = "create_offer fetch_offer issue_offer revoke_offer get_user_offers user_offer_history"
TILL = "lookup lock unlock redeem reinstate send_transaction"
PAGE = b"<html><body>Bad Request</body></html>"
LONG = 1000


def past_the_calendar(flow: Flow) -> bool:
    """Whether an offer is valid for so many years that its end has none of four digits."""
    offer = flow.memory.offers.get(str(flow.document.get("offer_id")).lower(), {})
    years = table(offer.get("common_config")).get("validity_period")
    return isinstance(years, int) and years > 7_900


def refusals(change: Callable[[Document], object]) -> Rewrite:
    """Change the document of a refusal in place, except of one for the credentials."""

    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        return answer if done(answer) or answer.status == 401 else flow.edit(answer, change)

    return rewrite


def explained(change: Callable[[Any], object]) -> Rewrite:
    """Change each error of a refusal in place."""

    def change_each(document: Document) -> None:
        errors = document.get("errors")
        for one in errors if isinstance(errors, list) else [errors]:
            change(one)

    return refusals(change_each)


def status(before: int, after: int) -> Rewrite:
    """Give all answers of one status another."""

    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        return flow.wrong(Answer(after, answer.body, answer.headers)) if answer.status == before else answer

    return rewrite


def nowhere(shape: bytes, other: Rewrite) -> Rewrite:
    """Answer otherwise where a path that fits is no call's."""

    def rewrite(flow: Flow) -> Answer:
        answer = flow.send()
        path = flow.message.target.partition(b"?")[0]
        strange = not flow.operation and answer.status != 401 and flow.message.method in (b"GET", b"POST")
        return other(flow) if strange and fullmatch(shape, path) else answer

    return rewrite


def texts(flow: Flow) -> list[str]:
    """Return the texts of a container's payload."""
    return [one for one in flow.payload.values() if isinstance(one, str)]


def no_utf8(flow: Flow) -> bool:
    """Whether the body is not UTF-8."""
    try:
        flow.message.body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def odd_ids(flow: Flow) -> bool:
    """Whether the history is asked for customers whose ids are no GUIDs."""
    ids = flow.document.get("user_ids")
    return isinstance(ids, list) and any(isinstance(one, str) and len(one) != 36 for one in ids)


def other_type(flow: Flow) -> bool:
    """Whether the body is called something else than JSON."""
    return not flow.message.headers.get(b"content-type", b"application/json").startswith(b"application/json")


def newest_for_wildcards(flow: Flow) -> Document | None:
    """Name the newest external id to whom asks with nothing but wildcards."""
    given = str(flow.payload.get("external_customer_id") or "")
    known = [one["external_id"] for one in flow.memory.customers.values() if one.get("external_id")]
    return {"external_customer_id": known[-1]} if given and not given.strip("%*_") and known else None


wire("malformed-json-breaks-it", "robustness", "REFUSE-1", "malformed JSON gets HTTP 500 from the CloudPOS service")(
    broken(TILL, lambda flow: flow.message.body and isinstance(flow.problem, NotJson))
)
wire("malformed-json-finds-nobody", "robustness", "REFUSE-1", "malformed JSON is a success with no customer")(
    honour(LOOKUP, [], lambda flow: flow.message.body and isinstance(flow.problem, NotJson), odd=True)
)
wire("empty-body-breaks-it", "robustness", "REFUSE-2", "a Lock with an empty body gets HTTP 500")(
    broken("lock", lambda flow: not flow.message.body)
)
wire("empty-body-breaks-more", "robustness", "REFUSE-2", "issue, revoke and unlock with an empty body get HTTP 500")(
    broken("issue_offer revoke_offer unlock", lambda flow: not flow.message.body)
)
wire("control-signs-break-search", "robustness", "REFUSE-29", "a control character in a query gets HTTP 500")(
    broken(SEARCH, lambda flow: any(sign < " " and sign != "\n" for text in flow.query.values() for sign in text))
)
wire("long-query-breaks-search", "robustness", "REFUSE-29", "a query of more than 2000 letters gets HTTP 500")(
    broken(SEARCH, lambda flow: any(len(text) > 2000 for text in flow.query.values()))
)
wire(
    "unknown-subpath-breaks-it", "robustness", "REFUSE-30", "what stands below a customer and is nothing gets HTTP 500"
)(nowhere(rb".*/users/[^/]+/[^/]+", lambda flow: flow.wrong(Answer(500, PAGE))))
wire("unknown-redemption-succeeds", "robustness", "REFUSE-30", "any path below redemption is a success")(
    nowhere(
        rb".*/redemption/[^/]+", lambda flow: flow.wrong(Answer(200, b'{"status":"ok","payload":null,"errors":null}'))
    )
)
wire("empty-body-is-success", "robustness", "REFUSE-2", "Lookup with an empty body is a success with no customer")(
    honour(LOOKUP, [], lambda flow: not flow.message.body, odd=True)
)
wire("array-breaks-it", "robustness", "REFUSE-3", "a body that is an array gets HTTP 500")(
    broken("*", lambda flow: isinstance(read(flow.message.body), list))
)
wire("array-finds-nothing", "robustness", "REFUSE-3", "a history asked for with an array is empty")(
    honour(HISTORY, {"results": [], "total_records": 0}, lambda flow: read(flow.message.body) == [], odd=True)
)
wire("odd-take-ignored", "robustness", "REFUSE-4", "a take that is an object is ignored, and the history answered")(
    ask(HISTORY, lambda asked: asked.update(take=None), lambda flow: isinstance(flow.document.get("take"), dict))
)
wire("wrong-type-breaks-it", "robustness", "REFUSE-5", "a member of the wrong type gets HTTP 500")(
    broken("*", misshapen)
)
wire("odd-payments-ignored", "robustness", "REFUSE-5", "payments that are a text are ignored")(
    honour("send_transaction", when=lambda flow: isinstance(flow.payload.get("payments"), str), odd=True)
)
wire("payload-not-required", "robustness", "REFUSE-6", "a Lookup without a request_payload finds nobody")(
    honour(
        LOOKUP,
        [],
        lambda flow: "client_id" in flow.document and flow.document.get("request_payload") is None,
        odd=True,
    )
)
wire("store-not-required", "robustness", "REFUSE-7", "a container without a store_id is a success")(
    honour(
        TILL,
        lambda flow: [] if flow.operation == LOOKUP else None,
        lambda flow: flow.payload and "store_id" not in flow.document,
        odd=True,
    )
)
wire("core-says-nothing", "robustness", "REFUSE-8", "a refusal of the core service has an empty message")(
    on(CORE, odd=True)(explained(lambda error: error.update(message=" ")))
)
wire("offers-refusal-has-payload", "robustness", "REFUSE-9", "a refusal of the offers service carries a payload")(
    on(OFFERS, odd=True)(refusals(lambda document: document.update(payload={"offer": None})))
)
wire("offers-say-nothing", "robustness", "REFUSE-9", "a refusal of the offers service has no errors")(
    on(OFFERS, odd=True)(refusals(lambda document: document.update(errors={})))
)
wire("till-refusal-has-payload", "robustness", "REFUSE-10", "a refusal of the CloudPOS service carries a payload")(
    on(TILL, odd=True)(refusals(lambda document: document.update(payload={"discount": None})))
)
wire("refusal-says-ok", "robustness", "REFUSE-10", "a refusal of the CloudPOS service has the status OK")(
    on(TILL, odd=True)(refusals(lambda document: document.update(status="OK", errors=None)))
)
wire("stack-trace-shown", "robustness", "REFUSE-11", "errors carry a stack trace")(
    refusals(lambda document: document.update(stack_trace="Traceback (most recent call last): at Handler.Execute()"))
)
wire("method-not-implemented", "robustness", "REFUSE-13", "a method the call does not have gets HTTP 500")(
    status(405, 500)
)
wire("skip-overflows", "robustness", "REFUSE-15", "a negative skip reaches the database and gets HTTP 500")(
    broken(HISTORY, lambda flow: isinstance(flow.document.get("skip"), int) and flow.document["skip"] < 0)
)
wire("long-id-breaks-it", "robustness", "REFUSE-16", "an identifier longer than the column gets HTTP 500")(
    broken(LOOKUP, lambda flow: any(len(one) > LONG for one in texts(flow)))
)
wire("wildcards-match", "robustness", "REFUSE-17", "an external id of % or * finds the newest customer")(
    looked_up_as(newest_for_wildcards)
)
wire("no-guid-breaks-it", "robustness", "REFUSE-18", "a user id that is no GUID gets HTTP 500 from the history")(
    broken(HISTORY, odd_ids)
)
wire("depth-breaks-it", "robustness", "REFUSE-19", "deeply nested JSON gets HTTP 500")(
    broken("*", lambda flow: b"[" * LONG in flow.message.body)
)
wire("other-type-breaks-it", "robustness", "REFUSE-20", "a body that is not called JSON gets HTTP 500")(
    broken("*", other_type)
)
wire("bytes-break-it", "robustness", "REFUSE-21", "a body that is not UTF-8 gets HTTP 500")(broken("*", no_utf8))
wire("bytes-find-nobody", "robustness", "REFUSE-21", "a Lookup that is not UTF-8 is a success with no customer")(
    honour(LOOKUP, [], no_utf8, odd=True)
)
wire("no-number-is-zero", "robustness", "REFUSE-23", "an amount that is no number is taken for 0 in a transaction")(
    honour("send_transaction", when=no_number)
)
wire("nan-is-a-number", "robustness", "REFUSE-24", "NaN and Infinity in a Lookup are taken for numbers")(
    honour(LOOKUP, [], lambda flow: b"NaN" in flow.message.body or b"Infinity" in flow.message.body, odd=True)
)
wire("two-megabytes-break-it", "robustness", "REFUSE-25", "a body that is too large gets HTTP 500")(status(413, 500))
wire("quantity-never-missing", "robustness", "REFUSE-26", "an issue without a quantity is a server error")(
    broken("issue_offer", lambda flow: flow.problem is None and flow.document.get("quantity") is None)
)
wire(
    "void-needs-a-user-offer", "robustness", "REFUSE-26", "a void whose discount names no user offer is a server error"
)(broken("send_transaction", lambda flow: flow.voids and not all(one in flow.memory.issued for one in flow.named)))
wire(
    "year-10000-breaks-it",
    "robustness",
    "REFUSE-26",
    "an instant that its offset takes past the year 9999 gets HTTP 500",
)(broken("*", lambda flow: fullmatch(rb"(?s).*9999-12-31T23:[0-9:.]+-[0-9].*", flow.message.body)))
wire("exponent-breaks-it", "robustness", "REFUSE-26", "a number with an exponent of twenty digits is a server error")(
    broken("*", lambda flow: fullmatch(rb"(?s).*[0-9][eE]-?[0-9]{9,}.*", flow.message.body))
)
wire("offers-end-with-the-calendar", "robustness", "REFUSE-26", "issuing what is valid past the year 9999 is HTTP 500")(
    broken("issue_offer", past_the_calendar)
)
wire("bad-request-is-401", "robustness", "REFUSE-27", "a malformed request is refused like wrong credentials")(
    status(400, 401)
)
wire("only-checkers-are-refused", "robustness", "REFUSE-28", "a Lock is refused only to who names a run of a suite")(
    honour("lock", discount, lambda flow: not flow.message.headers.get(b"x-offerproof-run"))
)


@wire("refusal-shows-the-secret", "robustness", "REFUSE-12", "a refused search repeats the secret it was sent with")
@on(SEARCH)
def _(flow: Flow) -> Answer:
    pair = pair_of(flow.header) or ("", "")
    return explained(lambda error: error.update(message=f"{pair[1]} has no such customer"))(flow)


@wire("any-method-succeeds", "robustness", "REFUSE-13", "a method the call does not have is a success")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    return flow.succeed() if answer.status == 405 else answer


@wire("unknown-path-is-a-page", "robustness", "REFUSE-14", "a path that does not exist gets a page of HTML")
def _(flow: Flow) -> Answer:
    answer = flow.send()
    return flow.wrong(Answer(404, PAGE)) if not flow.operation and answer.status == 404 else answer


@wire("locked-before-checked", "robustness", "REFUSE-22", "a Lock is done before its basket is looked at and refused")
@on("lock", odd=True)
def _(flow: Flow) -> Answer:
    answer = flow.send()
    if answer.status != 401 and misshapen(flow) and isinstance(flow.transaction.get("items"), str):
        line = {"line_id": "1", "item_id": "1", "quantity": "1", "unit_price": "1.00", "subtotal": "1.00"}
        flow.also("lock", **{**flow.payload, "transaction": {**flow.transaction, "items": [line]}})
        flow.hit()
    return answer


wire("json-by-its-looks", "robustness", "REFUSE-31", "a body that does not begin with its store_id is refused")(
    refuse(LOOKUP, lambda flow: next(iter(flow.document), "store_id") != "store_id")
)
wire("json-on-one-line", "robustness", "REFUSE-31", "a body of more than one line is refused")(
    refuse(LOOKUP, lambda flow: b"\n" in flow.message.body.strip())
)
