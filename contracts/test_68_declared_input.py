"""What the profile declares of requests: spellings, forms and what may be left out, where no document settles it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Expect, Given, Settle, UserOffer, clause
from offerproof.conformance.reading import (
    balances,
    declared_table,
    history,
    instant,
    is_success,
    later,
    listed_ids,
    loyal_user,
    send_bytes,
    state,
    tells,
)
from offerproof.exchange import Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

CHECK, ITEM = "fixed_amount_check_discount", "fixed_amount_item_discount"
PREFIX = "/api/2.0/offers/redemption"
FLAG = "expand_incentives"
JSON = {"Content-Type": "application/json"}
MOMENT = "2018-09-07T16:29:11.299505Z"
NO_NUMBER: tuple[Any, ...] = ("eleven", "1,5", "1e5", "NaN", "Infinity", True, {})
NO_FLAG: tuple[Any, ...] = ("perhaps", 1, "")
NO_INSTANT = ("soon", "2018-13-01 09:20:00.000", "2018-02-30T09:20:00Z", "2018-06-10 25:20:00", f"{MOMENT}{MOMENT}")
MALFORMED_SALE: Mapping[str, Any] = {
    "is_closed": NO_FLAG,
    "modified_time": NO_INSTANT,
    "items.*.quantity": NO_NUMBER,
    **dict.fromkeys(("items.*.unit_price", "items.*.subtotal", "items.*.tax_included"), "eleven"),
    **dict.fromkeys(("subtotal", "tax_total", "guest_count", "payments.*.amount", "discounts.*.amount"), "eleven"),
    **dict.fromkeys(("open_time", "payments.*.payment_time", "discounts.*.applied_time"), "soon"),
    "is_voided": "perhaps",
}
"""Members of a transaction, a dotted place each (``*``: the first of a list), and what is none of what stands there."""
MALFORMED_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "create_offer": {
        "publish": "perhaps",
        **dict.fromkeys(("common_config.acquisition_start_date", "common_config.acquisition_end_date"), "soon"),
        **{f"common_config.{name}": "perhaps" for name in ("does_not_expire", "valid_after_end_date", "reward_store")},
        "common_config.validity_period": ("eleven", "1.5"),
    },
    "issue_offer": {"quantity": ("eleven", "1.5"), "issue_exact_version": "perhaps"},
    "get_user_offers": {"skip": "eleven", "take": ("eleven", "1.5"), "include_pending_extended_data": "perhaps"},
    "user_offer_history": {"rollback_option": "eleven", "skip": ("eleven", "1.5"), "take": "eleven"},
    "create_customer": dict.fromkeys(
        ("user.opted_in", "user.activated", "user.suspended", "user.test_account"), "perhaps"
    ),
}
LINE = ("subtotal", "tax_included", "modifies_line_id")
PAYMENT = ("payment_id", "type", "payment_time", "user_id_type")
DISCOUNT = ("amount", "reference_id_type", "user_id", "status", "discounted_line_ids", "stack_order", "applied_time")
SALE = (
    *("is_closed", "is_voided", "payments", "discounts", "channel", "open_time", "modified_time", "subtotal"),
    *("tax_total", "guest_count", "from_transaction_id", "pos_employee_id", "table_id", "custom_data"),
)
PAGE = ("rollback_option", "skip", "take", "culture")
OFFER_PARTS = (
    *("publish", "media_config", "common_config", "use_restrictions", "purchase_restrictions"),
    *("catalog_restrictions", "location_restrictions"),
)
"""What the documents' clients leave out, of a line, a payment, a discount, a transaction, a listing and an offer."""


@clause("DECL-23", offers=["any"], requests=12)
def test_every_documented_spelling_is_served(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
    by_employee = {"user_offer_id": held.user_offer_id, "employee_id": "1000"}

    def sent(path: str, payload: dict[str, Any], method: str = "POST") -> Exchange:
        return api.raw("cloudpos", method, path, body=encode(api.container(payload)), headers=JSON)

    for path in ("/api/2.0/Lookup", "/api/2.0/lookup", "/API/2.0/LOOKUP"):
        expect.success(sent(path, {"user_id": held.customer.user_id}), kind=list)
    for path in ("/api/2.0/Lock", "/api/2.0/lock", f"{PREFIX}/lock"):
        expect.success(sent(path, lock))
        expect.success(sent(path, lock, "PATCH"))
    for start in (PREFIX, "/api/2.0"):
        expect.success(sent(f"{start}/unlock", by_employee))
        expect.success(sent(f"{start}/redeem", lock))
        expect.success(sent(f"{start}/reinstate", by_employee))
        expect.success(sent(f"{start}/lock", lock))
    for number, path in enumerate(("/api/2.0/send_transaction", "/api/2.0/offers/send_transaction"), 1):
        expect.success(sent(path, later(basket, number)), kind=None)


@clause("DECL-24", requests=3)
def test_signs_in_a_phone_number_are_decoration(api: Api, expect: Expect) -> None:
    rest = list("2345678901")  # a number of ten different digits: none of them is decoration
    digits = "".join(rest.pop(int(sign) % min(len(rest), 8)) for sign in api.fresh_phone() if sign.isdigit())
    decorated = f"+{digits[:3]} ({digits[3:6]}) {digits[6:]}"
    user = expect.success(api.create_customer(api.new_customer(phone=decorated)))
    for asked in (digits, decorated):
        found = expect.success(api.search_customers(mobile_number=asked))
        expect.same_id(found["id"], user["id"], what="customer found by a phone number, with and without decoration")


@clause("DECL-25", requests=4)
def test_a_malformed_attribute_of_a_customer_is_refused(api: Api, expect: Expect) -> None:
    sound = api.new_customer()
    for wrong in ({"email": "no at sign"}, {"email": "nobody"}, {"mobile_number": "12"}, {"dob": "31.12.1999"}):
        expect.refusal(api.create_customer(sound | wrong), why=f"{next(iter(wrong))} is malformed")


@clause("DECL-25", requests=5, level="full")
def test_other_malformed_attributes_of_a_customer_are_refused(api: Api, expect: Expect) -> None:
    sound = api.new_customer()
    wrongs: tuple[dict[str, Any], ...] = (
        *({"email": email} for email in ("@example.com", "somebody@", "some body@example.com")),
        *({"mobile_number": "1" * 16}, {"dob": "1999-02-30"}),
    )
    for wrong in wrongs:
        expect.refusal(api.create_customer(sound | wrong), why=f"{next(iter(wrong))} is malformed")


@clause("DECL-68", requests=6)
def test_identifiers_that_are_taken_are_refused(api: Api, expect: Expect) -> None:
    first = api.new_customer()
    own = expect.success(api.create_customer(first))["id"]
    for member in ("email", "external_id"):
        expect.refusal(api.create_customer(api.new_customer() | {member: first[member]}), why=f"{member} is taken")
        found = expect.success(api.search_customers(**{member: first[member]}))
        expect.same_id(found["id"], own, what=f"customer of the {member} that somebody else asked for")
    expect.success(api.create_customer(api.new_customer()))


@clause("DECL-26", requests=8)
def test_a_malformed_offer_is_refused(api: Api, expect: Expect) -> None:
    body = api.offer(CHECK)
    text = body["text_config"][0]
    capitals = {**text, "culture": "EN"}
    for texts in ([{**text, "culture": " "}], [text, capitals], [capitals, text]):
        expect.refusal(api.create_offer({**body, "text_config": texts}), why="its cultures are blank or repeated")
    for period in (0, -1):
        unsound = api.offer(CHECK, common_config={"validity_period": period})
        expect.refusal(api.create_offer(unsound), why="a validity is at least one unit")
    dates = {"acquisition_start_date": "2020-01-01 00:00:00.0", "acquisition_end_date": "2019-01-01 00:00:00.0"}
    expect.refusal(api.create_offer(api.offer(CHECK, common_config=dates)), why="it ends before it starts")
    half = api.offer(CHECK, common_config={"validity_period": api.LEFT_OUT})
    expect.refusal(api.create_offer(half), why="a unit without a period says nothing")


@clause("DECL-26", requests=7, level="full")
def test_an_offer_malformed_in_its_other_parts_is_refused(api: Api, expect: Expect) -> None:
    body = api.offer(CHECK)
    texts = [{**body["text_config"][0], "culture": culture} for culture in ("en", "fr", "", "\t", "FR")]
    for wrong in ([texts[2]], [texts[0], texts[3]], [*texts[:2], texts[4]]):
        expect.refusal(api.create_offer({**body, "text_config": wrong}), why="a culture is blank or repeated")
    for unit in (api.LEFT_OUT, None):
        half = api.offer(CHECK, common_config={"validity_unit": unit, "validity_period": 3})
        expect.refusal(api.create_offer(half), why="a period without a unit says nothing")


@clause("DECL-60", requests=5)
def test_a_discount_of_no_good_size_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    keys = [(profile.behaviour(f"discount_config.{name}_key"), name) for name in ("amount", "percent")]
    sizes: dict[str, tuple[Any, ...]] = {"amount": (True, -5, api.LEFT_OUT), "percent": (0, 101)}
    for key, name in keys:
        for size in sizes[name]:
            body = api.offer(CHECK if name == "amount" else "percent_check_discount", discount_config={str(key): size})
            expect.refusal(api.create_offer(body), why="the size of its discount is no number that can be taken off")


@clause("DECL-60", requests=10, level="full")
def test_a_discount_of_no_number_is_refused(api: Api, expect: Expect, profile: Profile) -> None:
    kinds = {"amount": CHECK, "percent": "percent_check_discount", "minimum": CHECK, "maximum": CHECK}
    size: Any
    for name, kind in kinds.items():
        key = profile.behaviour(f"discount_config.{name}_key")
        for size in ("NaN", "Infinity", "eleven", {}) if key is not None else ():
            body = api.offer(kind, discount_config={str(key): size})
            expect.refusal(api.create_offer(body), why=f"the {name} of its discount is no number")


@clause("DECL-27", requests=3)
def test_an_offer_may_go_without_a_validity(api: Api, expect: Expect) -> None:
    neither = {"validity_unit": api.LEFT_OUT, "validity_period": api.LEFT_OUT}
    for settings in (
        neither,
        {**neither, "does_not_expire": True},
        {"validity_period": api.LEFT_OUT, "does_not_expire": True},
    ):
        expect.success(api.create_offer(api.offer(CHECK, common_config=settings)))


@clause("DECL-28", offers=[CHECK], requests=5)
def test_a_discount_handed_back_twice_is_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    locked = given.locked(CHECK)
    twice = {**locked.transaction, "is_closed": "true", "discounts": [locked.discount, locked.discount]}
    sent = api.send_transaction(twice)
    if profile.behaviour("send_transaction.bad_discount") != "refused":
        expect.success(sent, kind=None)
    elif not is_success(sent):
        expect.refusal(sent, why="one user offer stands in two discounts")
    else:  # acknowledged before it is looked at: then it must come to nothing
        told = settle(lambda: state(api, expect, locked.user_offer), lambda said: tells(said, "redeem"))
        expect.that(
            not tells(told, "redeem"),
            what="a transaction that was to be refused redeems",
            expected="not redeemed",
            observed=told,
        )


@clause("DECL-30", customers=1, requests=9)
def test_ids_are_taken_in_any_case(api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile) -> None:
    customer, offer = given.customer(), given.offer()
    upper = customer.user_id.upper()
    fetched = expect.success(api.fetch_offer(offer.offer_id.upper()))["offer"]
    expect.same_id(fetched["id"], offer.offer_id, what="offer fetched by its id in capitals")
    issued = expect.success(api.issue_offer(upper, offer.offer_id.upper()))["status_list"][0]["user_offer_id"]
    rows = [row["user_offer_id"].lower() for row in history(api, expect, replace(customer, user_id=upper))]
    expect.equal(rows.count(issued.lower()), 1, what="records of the issued offer in the history of an id in capitals")
    found = expect.success(api.lookup(user_id=upper), kind=list)[0]["user_reference_id"]
    expect.same_id(found, upper, what="customer looked up by an id in capitals")
    basket = api.transaction(user_id=upper)
    locked = expect.success(api.lock(issued.upper(), basket))
    expect.same_id(locked["reference_id"], issued, what="user offer locked by its id in capitals")
    had = balances(loyal_user(api, expect, customer))
    expect.success(api.send_transaction({**basket, "is_closed": "true", "discounts": []}), kind=None)
    now = settle(lambda: balances(loyal_user(api, expect, customer)), lambda seen: seen.total != had.total)
    expect.that(
        now.total > had.total,
        what="who pays by an id in capitals earns",
        expected=f"more than {had.total}",
        observed=now.total,
    )


@clause("DECL-30", customers=1, requests=13, level="full")
def test_ids_of_discounts_are_taken_in_any_case(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    customer, offer = given.customer(), given.offer(CHECK if profile.can("discounts") else None)
    first, second = (given.issued(offer, customer) for _ in range(2))

    def locked(held: UserOffer) -> tuple[dict[str, Any], dict[str, Any]]:
        """A basket, and the discount that it gets, with its ids in capitals."""
        basket = api.transaction(items=api.items("8.00"), user_id=customer.user_id)
        discount = expect.success(api.lock(held.user_offer_id, basket))
        return basket, {**discount, **{name: discount[name].upper() for name in ("reference_id", "user_id")}}

    basket, discount = locked(first)
    again = expect.success(api.lock(first.user_offer_id, {**basket, "discounts": [discount]}))
    what = "amount of an offer beside its own discount, whose ids are in capitals"
    expect.same_number(again["amount"], discount["amount"], what=what)
    expect.success(api.send_transaction({**basket, "is_closed": "true", "discounts": [discount]}), kind=None)
    told = settle(lambda: state(api, expect, first), lambda said: tells(said, "redeem"))
    expect.that(tells(told, "redeem"), what="a discount whose ids are in capitals is redeemed", observed=told)
    if profile.behaviour("send_transaction.voided_offers") == "given back":
        basket, discount = locked(second)
        sale = {**basket, "is_closed": "false", "discounts": [discount]}
        if not all(is_success(api.send_transaction(one)) for one in (sale, {**later(sale), "is_voided": True})):
            expect.unknown("the target did not take an open transaction and its void")
        told = settle(lambda: state(api, expect, second), lambda said: tells(said, "issued"))
        expect.that(tells(told, "issued"), what="a void gives back what it names in capitals", observed=told)


@clause("DECL-30", offers=["any", "any"], together=True, requests=14, level="full")
def test_ids_are_taken_in_any_case_by_every_step(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    held = given.user_offer()
    code, user_id = held.user_offer_id.upper(), held.customer.user_id.upper()
    basket = api.transaction(user_id=user_id)
    if profile.can("unlock"):
        expect.success(api.lock(code, basket))
        expect.success(api.unlock(code), kind=None)
    if profile.can("redeem") and profile.can("reinstate"):
        expect.success(api.redeem(code, basket), kind=None)
        expect.success(api.reinstate(code), kind=None)
    if profile.can("get_user_offers"):
        there = listed_ids(api, expect, replace(held.customer, user_id=user_id))
        expect.contains(there, code.lower(), what="get_user_offers of an id in capitals")
    sale = api.transaction(user_id=user_id)
    discount = {**expect.success(api.lock(code, sale)), "reference_id": code, "user_id": user_id}
    expect.success(api.send_transaction({**sale, "is_closed": "true", "discounts": [discount]}), kind=None)
    told = settle(lambda: state(api, expect, held), lambda said: tells(said, "redeem"))
    expect.that(tells(told, "redeem"), what="state of an offer handed back by its id in capitals", observed=told)
    if profile.can("revoke"):
        other = given.user_offer(customer=held.customer)
        expect.success(api.revoke_offer(other.user_offer_id.upper(), reason="contract check"), kind=None)


@clause("DECL-31", customers=1, requests=6)
def test_content_types_are_taken_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    body = encode(api.container({"user_id": given.customer().user_id}))
    for parameters in ("", "; charset=utf-8", ";charset=UTF-8", ' ; Charset="utf-8"'):
        named = {"Content-Type": f"application/json{parameters}"}
        expect.success(send_bytes(api, profile, "lookup", body, headers=named), kind=list)
    for other in ("text/plain", "application/xml"):
        expect.refusal(send_bytes(api, profile, "lookup", body, headers={"Content-Type": other}))


@clause("DECL-32", customers=1, requests=2)
def test_the_user_object_has_the_declared_members(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer = given.customer()
    user = expect.success(api.search_customers(**customer.identifier))
    for member in str(profile.behaviour("user_members.members")).split():
        expect.that(
            user.get(member) is not None,
            what=f"member {member} of the user object",
            expected="a value",
            observed=user.get(member),
        )


@clause("DECL-33", requests=3)
def test_the_items_of_a_discount_are_a_list_of_ids(api: Api, expect: Expect, profile: Profile) -> None:
    key = str(profile.behaviour("discount_config.items_key"))
    wrong: Any
    for wrong in ([], ["2", Decimal(1)], "2", [""]):
        body = api.offer(ITEM, discount_config={key: wrong})
        expect.refusal(api.create_offer(body), why="the items of a discount are no list of ids")


@clause("DECL-34", customers=1, requests=3)
def test_a_quantity_is_issued_as_declared(api: Api, given: Given, expect: Expect) -> None:
    customer, offer = given.customer(), given.offer()
    for quantity, wanted in ((2, 2), (api.LEFT_OUT, 1)):
        body = {"user_id": customer.user_id, "offer_id": offer.offer_id, "quantity": quantity}
        issued = expect.success(api.send("issue_offer", {**api.example("issue_offer"), **body}))["status_list"]
        expect.equal(len(issued), wanted, what="user offers of a quantity of 2, and of none named")


@clause("DECL-35", requests=3)
def test_the_type_of_an_external_id_is_kept(api: Api, expect: Expect) -> None:
    named = api.new_customer(external_id_type="till-card")
    external_id = named["external_id"]
    expect.success(api.create_customer(named))
    user = expect.success(api.search_customers(external_id=external_id, show_identifiers=True))
    types = [
        one["external_id_type"] for one in user["identifiers"] if one["external_id"].lower() == external_id.lower()
    ]
    expect.equal(types, ["till-card"], what="external_id_type of the identifier it was created with")


@clause("DECL-36", requests=4)
def test_texts_are_kept_and_none_is_invented(api: Api, expect: Expect) -> None:
    body = api.offer(CHECK)
    text = {**body["text_config"][0], "description": "A description", "terms_and_conditions": "Terms"}
    bare = {**text, "description": api.LEFT_OUT, "terms_and_conditions": api.LEFT_OUT}
    for words, description, terms in ((text, "A description", "Terms"), (bare, "", "")):
        created = expect.success(api.create_offer({**body, "text_config": [words]}))
        shown = expect.success(api.fetch_offer(created["offer_id"]))["offer"]["offer_text"][0]
        expect.equal(shown.get("description") or "", description, what="description as it was created")
        expect.equal(shown.get("terms") or "", terms, what="terms as they were created")


@clause("DECL-37", customers=1, requests=8)
def test_an_item_discount_takes_what_is_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer = given.customer()
    dearest = profile.behaviour("discount_config.item_discount") == "dearest"
    two = {**api.items("10.00")[0], "quantity": 2, "subtotal": Decimal(20)}
    items = [two, {**api.items("3.00")[0], "line_id": "2"}]
    for kind, single, all_units in ((ITEM, "5", "13"), ("percent_item_discount", "1.00", "2.30")):
        held = given.issued(given.offer(kind), customer)
        discount = expect.success(api.lock(held.user_offer_id, api.transaction(items=items, user_id=customer.user_id)))
        amount = single if dearest else all_units
        expect.same_number(discount["amount"], amount, what=f"amount of a {kind} on 2 times 10.00 and 3.00")
        lines = sorted(str(line) for line in discount["discounted_line_ids"])
        expect.equal(lines, ["1"] if dearest else ["1", "2"], what="lines of an item discount")


def _each_wrong(body: dict[str, Any], members: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body once with each of some members wrong; a member is a dotted place, ``*`` the first of a list."""
    for place, wrong in members.items():
        for value in wrong if isinstance(wrong, tuple) else (wrong,):
            yield place, _with(body, place.split("."), value)


def _with(thing: Any, steps: list[str], value: Any) -> Any:
    if not steps:
        return value
    if steps[0] == "*":
        return [_with(thing[0], steps[1:], value), *thing[1:]]
    return {**thing, steps[0]: _with(thing.get(steps[0]), steps[1:], value)}


@clause("DECL-40", offers=["any"], requests=45, level="full")
def test_a_malformed_member_of_a_transaction_is_refused(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    locked = given.locked()
    held, user_id = locked.user_offer, locked.user_offer.customer.user_id
    discount = {**locked.discount, "applied_time": MOMENT}
    line = {**api.items("10.00")[0], "tax_included": ".70"}
    basket = api.transaction(items=[line], user_id=user_id, transaction_id=locked.transaction["transaction_id"])
    sale = {**basket, "discounts": [discount]}
    for place, wrong in _each_wrong(sale, MALFORMED_SALE):
        expect.refusal(api.send_transaction(wrong), why=f"{place} is malformed")
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid"}
    asked = {"lock": {**lock, "transaction": basket}}
    if profile.can("lookup_transaction"):
        asked["lookup"] = {"user_id": user_id, "transaction": basket}
    for operation, payload in asked.items():
        wrongs = {"transaction.items.*.quantity": "eleven", "transaction.modified_time": "soon"}
        for place, wrong in _each_wrong(payload, wrongs):
            expect.refusal(api.send(operation, api.container(wrong)), why=f"{place} of {operation} is malformed")
        expect.success(api.send(operation, api.container(payload)), kind=list if operation == "lookup" else dict)
    expect.success(api.send_transaction(sale), kind=None)


@clause("DECL-40", customers=1, requests=40, level="full")
def test_a_malformed_member_of_any_other_request_is_refused(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    offer = given.shared_offer().offer_id if profile.can("issue") else api.fresh_id()
    bodies = {
        "create_offer": api.offer(plain_kind(profile)),
        "issue_offer": api.flat(user_id=customer.user_id, offer_id=offer, quantity="1", issue_exact_version=False),
        "get_user_offers": api.flat(user_id=customer.user_id, skip="0", take=5, include_pending_extended_data="true"),
        "user_offer_history": api.flat(user_ids=[customer.user_id], rollback_option="0", skip=0, take="5"),
        "create_customer": {"user": api.new_customer(activated="true", suspended="FALSE", test_account=False)},
    }
    for operation in filter(profile.declares, bodies):
        expect.success(api.send(operation, bodies[operation]))
        for place, wrong in _each_wrong(bodies[operation], MALFORMED_MEMBERS[operation]):
            expect.refusal(api.send(operation, wrong), why=f"{place} of {operation} is malformed")
    for flag in ("user[user_profile]", FLAG, "show_identifiers"):
        query = {**customer.identifier, flag: "perhaps"}
        expect.refusal(api.send("search_customers", None, query=query), why=f"{flag} is neither true nor false")


@clause("DECL-41", offers=["any"], requests=16, level="full")
def test_what_clients_leave_out_may_be_absent_or_null(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    locked = given.locked()
    held, user_id = locked.user_offer, locked.user_offer.customer.user_id
    lock = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid"}
    named = locked.transaction["transaction_id"]
    nothing: Any
    for nothing in (api.LEFT_OUT, None):
        lines = [
            {"line_id": "1", "item_id": "11", "quantity": 1, "unit_price": 10, **dict.fromkeys(LINE, nothing)},
            {"line_id": "2", "item_id": "12", "quantity": 1, "unit_price": nothing, "subtotal": 1},
        ]
        payments = [{"amount": 11, "user_id": user_id, **dict.fromkeys(PAYMENT, nothing)}]
        sale = dict.fromkeys(SALE, nothing)
        bare = {"transaction_id": named, "items": lines, **sale}
        expect.success(api.send("lock", api.container({**lock, "transaction": bare}, culture=nothing)))
        if profile.can("lookup_transaction"):
            asked = {"user_id": user_id, "transaction": {**bare, "payments": payments}}
            expect.success(api.send("lookup", api.container(asked)), kind=list)
        if nothing is None:
            discounts: list[dict[str, Any]] = [{"reference_id": held.user_offer_id, **dict.fromkeys(DISCOUNT, None)}]
            expect.success(api.send_transaction({**bare, "payments": payments, "discounts": discounts}), kind=None)
        other = {**bare, "transaction_id": api.fresh_id(), "payments": payments}
        expect.success(api.send_transaction(other), kind=None)
        listings: dict[str, Any] = {
            "user_offer_history": {"user_ids": [user_id]},
            "get_user_offers": {"user_id": user_id},
        }
        for operation, whose in listings.items():
            if profile.declares(operation):
                asked = {"retailer_id": profile.ids.retailer, **whose, **dict.fromkeys(PAGE, nothing)}
                expect.present(expect.success(api.send(operation, asked)), "total_records")
        if profile.can("create_offer"):
            text = {"title": "Contract check", "culture": "en"}
            offer = {**api.offer(plain_kind(profile)), **dict.fromkeys(OFFER_PARTS, nothing), "text_config": [text]}
            expect.success(api.create_offer(offer))


@clause("DECL-69", customers=1, requests=10)
def test_a_discount_keeps_to_its_least_and_its_most(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    customer = given.customer()
    least, most = (str(profile.behaviour(f"discount_config.{name}_key")) for name in ("minimum", "maximum"))
    needing, ample = (given.issued(given.offer(CHECK, discount_config={least: 20}), customer) for _ in range(2))
    capped = given.issued(given.offer("percent_check_discount", discount_config={most: 4}), customer)

    def lock(held: UserOffer, price: str) -> Exchange:
        return api.lock(held.user_offer_id, api.transaction(items=api.items(price), user_id=customer.user_id))

    expect.refusal(lock(needing, "19.99"), why="the basket is less than the discount needs")
    expect.same_number(expect.success(lock(ample, "20.00"))["amount"], 5, what="amount of $5 off the least basket")
    what = "amount of 10 percent of 60.00, of which no more than 4 are taken"
    expect.same_number(expect.success(lock(capped, "60.00"))["amount"], 4, what=what)


@clause("DECL-74", requests=3)
def test_an_offset_of_an_instant_is_read(api: Api, expect: Expect, profile: Profile) -> None:
    day = api.now().replace(hour=0, minute=0, second=0, microsecond=0)
    start, end = day - timedelta(days=1), day + timedelta(days=30)
    dates = {
        "acquisition_start_date": f"{start + timedelta(hours=5, minutes=30):%Y-%m-%dT%H:%M:%S}+05:30",
        "acquisition_end_date": f"{end - timedelta(hours=12, minutes=45):%Y-%m-%dT%H:%M:%S.250}-1245",
    }
    kind = plain_kind(profile)
    made = expect.success(api.create_offer(api.offer(kind, common_config=dates)))
    shown = expect.success(api.fetch_offer(made["offer_id"]))["offer"]
    what = "given with an offset from UTC"
    expect.same_instant(shown["acquisition_start_date"], f"{start:%Y-%m-%dT%H:%M:%SZ}", what=f"start {what}")
    apart = instant(shown["acquisition_end_date"]) - end
    near = apart in (timedelta(), timedelta(milliseconds=250))  # parts of a second may be cut
    expect.that(near, what=f"end {what}", expected=f"{end} and .25", observed=shown["acquisition_end_date"])
    if profile.behaviour("requests.malformed") == "refused":
        none = {"acquisition_end_date": f"{end:%Y-%m-%dT%H:%M:%S}+24:00"}
        expect.refusal(api.create_offer(api.offer(kind, common_config=none)), why="no offset is a whole day")


@clause("DECL-79", customers=1, requests=80, level="full")
def test_requests_are_taken_up_to_their_declared_limits(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer, percent = given.customer(), str(profile.behaviour("discount_config.percent_key"))

    def asked(operation: str, steps: list[str], value: Any) -> dict[str, Any]:
        body: dict[str, Any]
        match operation:
            case "create_customer":
                body = {"user": api.new_customer()}
            case "create_offer":
                body = api.offer("percent_check_discount" if steps[-1] == percent else plain_kind(profile))
            case "issue_offer":
                body = api.flat(user_id=customer.user_id, offer_id=given.shared_offer().offer_id)
            case "send_transaction":
                body, steps = api.container(api.transaction(user_id=customer.user_id)), ["request_payload", *steps]
            case "user_offer_history":
                body = api.flat(user_ids=[customer.user_id])
            case _:
                body = api.example(operation)
        changed: dict[str, Any] = _with(body, steps, value)
        return changed

    for place, bounds in declared_table(profile.behaviour("request_limits.places")):
        operation, *steps = place.split(".")
        least, most, *digits = bounds
        for value, within in ((int(least), True), (int(most), True), (int(least) - 1, False), (int(most) + 1, False)):
            if not profile.declares(operation) or ("discount_config" in steps and not profile.can("discounts")):
                break
            forms = (f"{api.fresh_phone()}{api.fresh_phone()}"[:value],) if digits else (value, str(value))
            for form in forms:
                sent = api.send(operation, asked(operation, steps, form))
                if within:
                    expect.success(sent, kind=None)
                else:
                    expect.refusal(sent, why=f"{place} is beyond {' '.join(bounds)}")
