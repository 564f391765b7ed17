"""Refusals: bad input gets a clear error in the service's own envelope; never a 5xx, never a success, never silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Expect, Given, Settle, UserOffer, clause
from offerproof.conformance.reading import (
    in_wallet,
    is_success,
    later,
    refused_or_empty,
    send_bytes,
    shows_a_trace,
    state,
    tells,
)
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

BODIED = ("create_offer", "user_offer_history", "lookup", "lock", "send_transaction")
MORE_BODIED = (
    *("fetch_offer", "create_customer", "issue_offer", "revoke_offer", "get_user_offers", "unlock", "redeem"),
    "reinstate",
)
TILL = ("lookup", "lock", "send_transaction")
MALFORMED = (b"{", b'{"retailer_id": "x",}', b"{'single': 'quotes'}", b"not json at all", b'{"a": 1} trailing')
NO_OBJECT = (b"[]", b'"text"', b"7", b"null", b"true")
EDGES = (
    *("9999-12-31T23:59:59Z", "9999-12-31T23:00:00-01:00", "9999-12-31T23:59:59.999-12:00"),
    *("0001-01-01T00:00:00Z", "0001-01-01T00:59:59+01:00", "0001-01-01T00:00:00+14:00"),
)
"""The last and the first instants that have a four-digit year; by their offsets some have none."""
EXPONENTS = ("1e3", "1E+2", "1e-2", "1e-400", "1e400", "-1E400", "1e99999999999999999999", "1e-99999999999999999999")
UNNAMED = {"User-Agent": "python-requests/2.32", "X-Offerproof-Run": "", "traceparent": ""}
"""What any client sends: nothing tells that a contract is being checked."""
QUOTES_AND_WILDCARDS = ("' OR '1'='1", "%", "*", "_%", "\n", "../../etc", '"; --', "<script>")


def _stands(expect: Expect, exchange: Exchange) -> None:
    """Answered at all, in JSON, and not by a server error; whether it honours or refuses is left open."""
    expect.equal(exchange.failure, None, what="transport failure", on=exchange)
    status = exchange.status or 0
    expect.that(200 <= status < 500, what="HTTP status below 500", expected="2xx to 4xx", observed=status, on=exchange)
    expect.that(exchange.answer is not NOT_JSON, what="the answer is JSON", on=exchange)


def _claims_no_success(expect: Expect, exchange: Exchange) -> None:
    """Refused in some way: not a server error, and no success envelope. How a router words it is left open."""
    expect.equal(exchange.failure, None, what="transport failure", on=exchange)
    status = exchange.status or 0
    expect.that(200 <= status < 500, what="HTTP status below 500", expected="4xx", observed=status, on=exchange)
    expect.that(not is_success(exchange), what="no success is claimed", on=exchange)


def _is_refused(expect: Expect, refused: Exchange) -> None:
    """Refused, and not as if its credentials were wrong."""
    with expect.clause("REFUSE-27"):
        expect.that(refused.status != 401, what="HTTP status of a bad request", expected="not 401", observed=401)
    expect.refusal(refused)


@clause("REFUSE-1", "REFUSE-27", requests=25)
def test_malformed_json_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in filter(profile.declares, BODIED):
        for body in MALFORMED:
            _is_refused(expect, send_bytes(api, profile, operation, body))


@clause("REFUSE-2", "REFUSE-27", requests=13)
def test_an_empty_body_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in filter(profile.declares, (*BODIED, *MORE_BODIED)):
        _is_refused(expect, send_bytes(api, profile, operation, b""))


@clause("REFUSE-3", "REFUSE-27", requests=25)
def test_json_that_is_no_object_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in filter(profile.declares, BODIED):
        for body in NO_OBJECT:
            _is_refused(expect, send_bytes(api, profile, operation, body))


@clause("REFUSE-4", requests=12)
def test_wrong_types_are_refused_by_the_offers_service(api: Api, expect: Expect, profile: Profile) -> None:
    wrong: dict[str, list[dict[str, Any]]] = {
        "create_offer": [
            *({"text_config": "text"}, {"offer_type": {}}, {"common_config": [1]}, {"retailer_id": []}),
            {"publish": {}},
        ],
        "fetch_offer": [{"offer_id": {}}, {"offer_id": [api.fresh_id()]}, {"retailer_id": {}}],
        "user_offer_history": [{"user_ids": 7}, {"user_ids": {"a": 1}}, {"retailer_id": []}, {"take": {}}],
    }
    for operation in filter(profile.declares, wrong):
        for members in wrong[operation]:
            expect.refusal(api.send(operation, {**api.example(operation), **members}))


@clause("REFUSE-5", offers=["any"], requests=15)
def test_wrong_types_are_refused_by_the_till_service(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
    payload: dict[str, Any]
    members: dict[str, Any]
    for payload in (
        {"external_customer_id": {}},
        {"email": ["a@example.com"]},
        {"user_id": held.customer.user_id, "transaction": "basket"},
    ):
        expect.refusal(api.send("lookup", api.container(payload)))
    for members in (
        {"transaction": "basket"},
        {"transaction": {**basket, "items": "none"}},
        {"transaction": {**basket, "items": ["none"]}},
        {"offer_lookup_code": {}},
        {"offer_lookup_type": 7},
    ):
        expect.refusal(api.send("lock", api.container({**lock, **members})))
    for members in ({"items": {}}, {"transaction_id": []}, {"payments": "cash"}, {"is_closed": {}}):
        expect.refusal(api.send("send_transaction", api.container({**basket, **members})))


@clause("REFUSE-6", "REFUSE-7", requests=15)
def test_a_container_needs_its_members(api: Api, expect: Expect) -> None:
    for operation in TILL:
        whole = api.example(operation)
        expect.refusal(api.send(operation, {**whole, "request_payload": api.LEFT_OUT}))
        no_object: Any
        for no_object in (None, "text", [], 7):
            expect.refusal(api.send(operation, {**whole, "request_payload": no_object}))
    with expect.clause("REFUSE-7"):
        for operation in TILL:
            expect.refusal(api.send(operation, {**api.example(operation), "store_id": api.LEFT_OUT}))


@clause("REFUSE-8", requests=2)
def test_the_core_service_says_code_and_message(api: Api, expect: Expect) -> None:
    for query in ({"external_id": api.fresh_id()}, {}):
        refused = api.send("search_customers", None, query=query)
        errors = expect.refusal(refused)
        expect.equal(expect.at(refused, "status").lower(), "error", what="status of a refusal")
        expect.that(str(errors["code"]).strip(), what="errors have a code")
        expect.that(str(errors["message"]).strip(), what="errors have a message")


@clause("REFUSE-9", requests=3)
def test_the_offers_service_says_why(api: Api, expect: Expect, profile: Profile) -> None:
    said = [api.fetch_offer(api.fresh_id()), api.send("fetch_offer", {})]
    if profile.declares("create_offer"):
        said.append(api.send("create_offer", {"retailer_id": api.fresh_id()}))
    for refused in said:
        errors = expect.refusal(refused)
        expect.that(bool(errors), what="errors say why", on=refused)
        payload = refused.answer.get("payload")
        expect.that(not payload, what="a refusal has no payload", expected=None, observed=payload, on=refused)


@clause("REFUSE-10", requests=4)
def test_the_till_service_says_why(api: Api, expect: Expect) -> None:
    for refused in (
        api.lock(api.fresh_id(), api.transaction()),
        api.send("lookup", api.container({})),
        api.send("send_transaction", api.container({})),
    ):
        errors = expect.refusal(refused)
        expect.that(bool(errors), what="errors say why", on=refused)
        payload = refused.answer.get("payload")
        expect.that(not payload, what="a refusal has no payload", expected=None, observed=payload, on=refused)


@clause("REFUSE-11", "REFUSE-12", requests=8)
def test_a_refusal_gives_nothing_away(api: Api, expect: Expect, profile: Profile) -> None:
    refused = [
        api.search_customers(external_id=api.fresh_id()),
        api.send("search_customers", None, query={}),
        *(send_bytes(api, profile, name, b"{") for name in ("create_offer",) if profile.declares(name)),
        api.fetch_offer("no-guid"),
        send_bytes(api, profile, "lock", b"{"),
        api.lock(api.fresh_id(), api.transaction()),
    ]
    if profile.can("wrong_credentials"):
        refused.append(api.send("lookup", api.example("lookup"), credentials="wrong"))
    for exchange in refused:
        expect.that(not shows_a_trace(exchange.answer_text), what="a refusal shows no stack trace", on=exchange)
    with expect.clause("REFUSE-12"):
        for exchange in refused:
            leaked = api.wire.redactor.leaked(exchange.answer_text)
            expect.that(not leaked, what="a refusal repeats no credential", on=exchange)
        if api.wire.redactor.untold:
            expect.unknown(api.wire.redactor.untold)


@clause("REFUSE-13", requests=13)
def test_a_method_the_call_does_not_have_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    query = {"external_id": api.fresh_id()}
    for method in ("DELETE", "PUT"):
        _claims_no_success(expect, api.send("search_customers", None, query=query, method=method))
    for operation in filter(profile.declares, (*BODIED, "fetch_offer")):
        for method in ("GET", "DELETE"):
            _claims_no_success(expect, send_bytes(api, profile, operation, b"", method=method))


@clause("REFUSE-14", requests=3)
def test_a_path_that_does_not_exist_is_refused(api: Api, expect: Expect) -> None:
    expect.refusal(api.raw("offers", "POST", "/api/2.0/offers/no_such_call", body=b"{}"))
    expect.refusal(api.raw("cloudpos", "POST", "/api/2.0/no_such_call", body=b"{}"))
    expect.refusal(api.raw("core", "GET", "/priv/v1/apps/{api_key}/no_such_call"))


@clause("REFUSE-30", customers=1, requests=18)
def test_what_no_call_has_is_neither_a_server_error_nor_a_success(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    somebody = given.customer()
    there = somebody.external_id or somebody.user_id
    for service, method, path in (
        ("core", "GET", f"/priv/v1/apps/{{api_key}}/users/{api.fresh_id()}/no_such_thing"),
        ("core", "POST", f"/priv/v1/apps/{{api_key}}/users/{api.fresh_id()}/no_such_thing"),
        ("core", "GET", "/priv/v1/apps/{api_key}"),
        *(
            ("core", "GET", f"/priv/v1/apps/{{api_key}}/{path}/{somebody.user_id}")
            for path in ("no_such", "users/users")
        ),
        *(
            ("core", "GET", f"/priv/v1/apps/{{api_key}}/{path}/{there}")
            for path in ("no_such/users", "external/no_such")
        ),
        ("offers", "POST", "/api/2.0/offers/management/no_such_call"),
        ("offers", "GET", "/api/2.0/offers/acquisition"),
        ("cloudpos", "POST", "/api/2.0/offers/redemption/no_such_call"),
        ("cloudpos", "POST", "/api/2.0"),
    ):
        body = b"{}" if method == "POST" else b""
        _claims_no_success(expect, api.raw(service, method, path, body=body))
    for operation in ("fetch_offer", "user_offer_history", "lookup"):
        for method in ("PUT", "OPTIONS"):
            _claims_no_success(expect, send_bytes(api, profile, operation, b"", method=method))


@clause("REFUSE-29", requests=15)
def test_long_and_odd_queries_are_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    for text in (
        "x" * 3_000,
        "\x00",
        "a\x01b\x1f",
        "\x7f",
        "\u2028",
        "🙂",
        "%",
        "%zz",
        "a&b=c;d",
        "x" * 2_100 + "\x01",
    ):
        _stands(expect, api.send("search_customers", None, query={"external_id": text}))
    method, path = profile.request_line("search_customers")
    for query in ("external_id=%FF%FE", "external_id=%zz", "external_id", "&=&", "external_id=a&external_id=b"):
        _stands(expect, api.raw("core", method, f"{path}?{query}"))


@clause("REFUSE-15", customers=1, requests=9)
def test_impossible_pages_are_no_server_error(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    huge = 10**18
    for skip, take in ((0, huge), (huge, 10), (huge, huge), (-1, 10), (0, -1), (-huge, -huge), (0, 2**63), (2**63, 1)):
        asked = {"user_ids": [customer.user_id], "rollback_option": 0, "skip": skip, "take": take}
        answered = api.send("user_offer_history", {**api.example("user_offer_history"), **asked})
        _stands(expect, answered)
        if is_success(answered) and skip >= huge:
            expect.equal(len(expect.at(answered, "payload.results")), 0, what="records beyond the end", on=answered)


@clause("REFUSE-16", requests=3)
def test_a_very_long_identifier_finds_nobody(api: Api, expect: Expect) -> None:
    expect.refusal(api.search_customers(external_id="x" * 1_500))
    long: list[dict[str, Any]] = [{"external_customer_id": "x" * 20_000}, {"email": "x" * 20_000 + "@example.com"}]
    for identifier in long:
        asked = api.lookup(**identifier)
        found = refused_or_empty(expect, asked, kind=list)
        expect.equal(len(found), 0, what="number of customers found by a very long identifier", on=asked)


@clause("REFUSE-17", customers=1, requests=17)
def test_quotes_and_wildcards_find_nobody(api: Api, given: Given, expect: Expect) -> None:
    given.customer()  # somebody who could be found by mistake
    for text in QUOTES_AND_WILDCARDS:
        expect.refusal(api.send("search_customers", None, query={"external_id": text}))
        asked = api.lookup(external_customer_id=text)
        found = refused_or_empty(expect, asked, kind=list)
        expect.equal(len(found), 0, what="number of customers found by quotes or wildcards", on=asked)


@clause("REFUSE-18", requests=3)
def test_an_id_that_is_no_guid_finds_nothing(api: Api, expect: Expect) -> None:
    expect.refusal(api.fetch_offer("not-a-guid"))
    expect.refusal(api.lock("not-a-guid", api.transaction()))
    asked = api.user_offer_history(["not-a-guid"], skip=0, take=10)
    rows = refused_or_empty(expect, asked, key="results")
    expect.equal(len(rows), 0, what="records of an id that is no GUID", on=asked)


@clause("REFUSE-19", requests=2)
def test_deep_nesting_is_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    deep = b"[" * 5_000 + b"]" * 5_000
    if profile.declares("create_offer"):
        offer = json.dumps({"retailer_id": api.fresh_id(), "media_config": "DEEP"}).encode()
        _stands(expect, send_bytes(api, profile, "create_offer", offer.replace(b'"DEEP"', deep)))
    whole = json.dumps(api.container({"user_id": api.fresh_id(), "extra": "DEEP"})).encode()
    _stands(expect, send_bytes(api, profile, "lookup", whole.replace(b'"DEEP"', deep)))


@clause("REFUSE-20", requests=4)
def test_another_content_type_is_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in ("fetch_offer", "lookup"):
        body = json.dumps(api.example(operation)).encode()
        for content_type in (
            "text/plain",
            "application/xml",
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            answered = send_bytes(api, profile, operation, body, headers={"Content-Type": content_type})
            _stands(expect, answered)


@clause("REFUSE-21", requests=2)
def test_a_body_that_is_not_utf_8_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in ("fetch_offer", "lookup"):
        broken = json.dumps(api.example(operation)).encode()[:-1] + b', "note": "\xff\xfe\xc3("}'
        expect.refusal(send_bytes(api, profile, operation, broken))


@clause("REFUSE-31", customers=1, requests=2)
def test_json_is_read_as_json(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer = given.customer()
    turned = dict(reversed(api.container({"user_id": customer.user_id}).items()))
    spelled = json.dumps(turned, indent=4).replace('"user_id":', '"user\\u005fid" :')
    found = expect.success(send_bytes(api, profile, "lookup", spelled.encode()), kind=list)
    expect.equal(len(found), 1, what="customers found by JSON of many lines, in another order, with an escaped letter")
    expect.same_id(found[0]["user_reference_id"], customer.user_id, what="user_reference_id")


@clause("REFUSE-22", offers=["any"], requests=12)
def test_a_refused_request_changes_nothing(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
    for payload in (
        {**lock, "offer_lookup_type": "no_such_type"},
        {**lock, "transaction": {**basket, "items": "none"}},
    ):
        if is_success(api.send("lock", api.container(payload))):
            expect.unknown("the target honoured a lock that was to be refused")
    whole = json.dumps(api.container({**lock, "transaction": {"transaction_id": basket["transaction_id"]}})).encode()
    send_bytes(api, profile, "lock", whole[:-1])
    _is_still_free(api, expect, held)
    bare = api.transaction(items=[], user_id=held.customer.user_id)
    if is_success(api.lock(held.user_offer_id, bare)):  # nothing to discount: whether it locks is open
        return
    _is_still_free(api, expect, held)
    discount = expect.success(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    expect.equal(discount["status"].upper(), "LOCKED", what="status of the discount for another transaction")


def _is_still_free(api: Api, expect: Expect, held: UserOffer) -> None:
    shown = in_wallet(api, expect, held)
    expect.that(shown is not None, what="the offer is still in the wallet")
    expect.equal(shown and shown["status"].upper(), "INFO", what="status of the offer after refused locks")


@clause("REFUSE-23", offers=["any"], requests=5)
def test_an_amount_that_is_no_number_is_refused(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    line = {"line_id": "1", "item_id": "11", "quantity": "1", "unit_price": "eleven", "subtotal": "eleven"}
    basket = {**api.transaction(user_id=held.customer.user_id), "items": [line], "subtotal": "eleven"}
    expect.refusal(api.lock(held.user_offer_id, basket))
    expect.refusal(api.send_transaction({**basket, "is_closed": "true"}))


@clause("REFUSE-24", requests=2)
def test_nan_and_infinity_are_refused(api: Api, expect: Expect, profile: Profile) -> None:
    whole = json.dumps(api.container({"user_id": api.fresh_id(), "note": "NUMBER"})).encode()
    for number in (b"NaN", b"Infinity", b"-Infinity"):
        expect.refusal(send_bytes(api, profile, "lookup", whole.replace(b'"NUMBER"', number)))


@clause("REFUSE-26", requests=320, level="full")
def test_a_member_left_out_is_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in filter(profile.declares, (*BODIED, *MORE_BODIED)):
        whole = api.example(operation)
        for body in _with_a_member_missing(whole):
            fresh = {"request_id": api.fresh_id()} if body.get("request_id") else {}  # or it would be a repeat
            _stands(expect, api.send(operation, {**body, **fresh}))
    bare = api.transaction(items=[{"line_id": "1", "item_id": "11", "quantity": 1}])
    _stands(expect, api.send_transaction(bare))


def _with_a_member_missing(body: Any) -> Iterator[Any]:
    """The body with one member left out, or null, at any depth; of a list, in its first entry."""
    if isinstance(body, list):
        for first in body[:1]:
            yield from ([part, *body[1:]] for part in _with_a_member_missing(first))
    elif isinstance(body, dict):
        for name, value in body.items():
            yield {key: kept for key, kept in body.items() if key != name}
            yield {**body, name: None}
            yield from ({**body, name: part} for part in _with_a_member_missing(value))


@clause("REFUSE-26", requests=40, level="full")
def test_a_number_with_any_exponent_is_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    """Beyond what a decimal, a double or a 64-bit exponent holds, and below it."""
    line = {"line_id": "1", "item_id": "11", "quantity": 1, "unit_price": "NUMBER", "subtotal": "NUMBER"}
    for number in (*EXPONENTS, *(f'"{one}"' for one in EXPONENTS[-3:])):
        basket = api.transaction() | {"items": [line]}
        asks = {
            "lookup": api.container({"user_id": api.fresh_id(), "transaction": basket}),
            "send_transaction": api.container(basket),
            "user_offer_history": api.example("user_offer_history") | {"take": "NUMBER"},
        }
        for operation, asked in asks.items():
            _stands(expect, send_bytes(api, profile, operation, encode(asked).replace(b'"NUMBER"', number.encode())))


@clause("REFUSE-26", customers=1, requests=16, needs=("create_offer", "issue"), level="full")
def test_a_validity_to_the_end_of_the_calendar_is_no_server_error(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    for year in (9998, 9999, 10000, 10001):
        validity = {"validity_unit": "years", "validity_period": year - api.now().year, "valid_after_end_date": True}
        created = api.create_offer(api.offer("manual_fulfillment", common_config=validity))
        _stands(expect, created)
        if is_success(created):
            _stands(expect, api.issue_offer(customer.user_id, expect.at(created, "payload.offer_id")))
            _stands(expect, api.user_offer_history([customer.user_id]))


@clause("REFUSE-25", requests=2, level="full")
def test_two_megabytes_are_no_server_error(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in ("fetch_offer", "lookup"):
        body = json.dumps({**api.example(operation), "note": "x" * 2_000_000}).encode()
        _stands(expect, send_bytes(api, profile, operation, body))


@clause("REFUSE-26", offers=["any"], requests=9)
def test_rare_requests_are_no_server_error(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    for time in ("2018-06-10T09:30:00Z", "2018-06-10T09:30:00+02:00", "2018-06-10T09:30:00.5-0530", "2018-06-10"):
        _stands(expect, api.lock(held.user_offer_id, {**basket, "modified_time": time}))
    own_discount = {"display_name": "the till's own", "amount": "1.00"}
    _stands(expect, api.send_transaction(api.transaction(discounts=[own_discount])))
    if profile.can("create_offer"):
        offer = given.offer()
        _stands(expect, api.create_offer({**api.offer(offer.kind), "offer_id": offer.offer_id}))


@clause("REFUSE-26", offers=["any"], requests=36, level="full")
def test_a_discount_that_names_no_user_offer_is_no_server_error(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    own = {"display_name": "the till's own", "amount": "1.00"}
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid"}
    no_names: tuple[Any, ...] = (api.LEFT_OUT, None, "", "no-guid", api.fresh_id())
    for name in no_names:
        discount = {**own, "reference_id": name}
        for beside in ([discount], [discount, {**own, "amount": api.LEFT_OUT}]):
            opened = api.transaction(user_id=held.customer.user_id, discounts=beside)
            _stands(expect, api.send("lock", api.container({**lock, "transaction": opened})))
            for version in (opened, {**later(opened), "is_closed": True}, {**later(opened, 2), "is_voided": True}):
                _stands(expect, api.send_transaction(version))


@clause("REFUSE-26", customers=1, requests=60, level="full")
def test_instants_at_the_edges_of_the_calendar_are_no_server_error(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    offers: list[dict[str, Any]]
    offers = [{edge: at} for edge, at in product(("acquisition_start_date", "acquisition_end_date"), EDGES)]
    offers += [{"validity_unit": unit, "validity_period": 10_000} for unit in ("months", "years")]
    for config in offers if profile.can("create_offer") else ():
        created = api.create_offer(api.offer(plain_kind(profile), common_config=config))
        _stands(expect, created)
        if is_success(created):
            offer_id = str(expect.at(created, "payload.offer_id"))
            _stands(expect, api.fetch_offer(offer_id))
            if profile.can("issue"):
                _stands(expect, api.issue_offer(customer.user_id, offer_id))
    for at in EDGES:
        basket = api.transaction(user_id=customer.user_id, open_time=at, is_closed=True)
        _stands(expect, api.send_transaction(basket))
        _stands(expect, api.send_transaction({**basket, "transaction_id": api.fresh_id(), "modified_time": at}))
    _stands(expect, api.user_offer_history([customer.user_id], skip=0, take=50))
    _stands(expect, api.lookup(user_id=customer.user_id))
    if profile.can("get_user_offers"):
        _stands(expect, api.get_user_offers(customer.user_id, skip=0, take=50))


@clause("REFUSE-28", offers=["any"], requests=9)
def test_nobody_is_ruled_on_by_the_headers_that_name_a_client(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()

    def asked(operation: str, payload: Any, **options: Any) -> Exchange:
        return api.send(operation, api.container(payload), headers=UNNAMED, **options)

    def lock(code: str, transaction: Any, **options: Any) -> Exchange:
        wanted = {"offer_lookup_code": code, "offer_lookup_type": "userofferid", "transaction": transaction}
        return asked("lock", wanted, **options)

    holder, rival = (api.transaction(user_id=held.customer.user_id) for _ in range(2))
    expect.refusal(lock(api.fresh_id(), holder), why="nobody knows the user offer")
    if api.profile.can("wrong_credentials"):
        expect.refusal(lock(held.user_offer_id, holder, credentials="none"), status=401)
    discount = expect.success(lock(held.user_offer_id, holder))
    expect.refusal(lock(held.user_offer_id, rival), why="another transaction holds the lock")
    expect.success(asked("send_transaction", {**holder, "is_closed": "true", "discounts": [discount]}), kind=None)
    told = settle(lambda: state(api, expect, held), lambda said: tells(said, "redeem"))
    expect.that(tells(told, "redeem"), what="the history says that the offer is redeemed", observed=told)
    expect.refusal(lock(held.user_offer_id, rival), why="the offer is redeemed")
