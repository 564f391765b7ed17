"""Three services, three credential pairs: who has none, or the wrong ones, gets 401 and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import send_bytes, share_a_pair, state, tells
from offerproof.exchange import Exchange
from offerproof.target import Profile

READS = ("search_customers", "fetch_offer", "user_offer_history", "lookup")
CALLS = (
    *("search_customers", "create_offer", "fetch_offer", "user_offer_history", "lookup", "lock", "send_transaction"),
    *("create_customer", "get_customer", "get_customer_by_external_id", "issue_offer", "revoke_offer"),
    *("get_user_offers", "unlock", "redeem", "reinstate"),
)
OF_EACH_SERVICE = ("search_customers", "user_offer_history", "lookup")
UNKNOWN_PAIR = {"Authorization": "Basic bm9ib2R5LWtub3duOm5vdGhpbmctc2VjcmV0"}  # nobody-known:nothing-secret
BODIED = (
    *("create_customer", "create_offer", "fetch_offer", "issue_offer", "get_user_offers", "user_offer_history"),
    *("lookup", "lock", "send_transaction"),
)
MALFORMED = (b"", b"[]", b'{"retailer_id": ', b'{"request_payload": 7, "user_ids": 7}')
SHARED_PATH = "/api/2.0/offers/get_user_offers"
JSON = {"Content-Type": "application/json"}
NOT_BASIC_PAIRS = ("Bearer abcdef", "Basic", "Basic !!!", "Basic bm9jb2xvbg==", "bm9ib2R5OnNlY3JldA==")


def _of_every_call(api: Api, profile: Profile, credentials: str) -> Iterator[tuple[str, Exchange]]:
    """Send each call that the target has with these credentials, about things that do not exist."""
    nobody = {"user_id": api.fresh_id(), "external_id": api.fresh_id()}
    for operation in filter(profile.declares, CALLS):
        body = api.example(operation) or None
        yield operation, api.send(operation, body, credentials=credentials, path_values=nobody)


@clause("AUTH-1", requests=16)
def test_a_request_without_credentials_is_refused_with_401(api: Api, expect: Expect, profile: Profile) -> None:
    for operation, refused in _of_every_call(api, profile, "none"):
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} without credentials", on=refused)


@clause("AUTH-2", requests=16)
def test_a_wrong_secret_is_refused_with_401(api: Api, expect: Expect, profile: Profile) -> None:
    for operation, refused in _of_every_call(api, profile, "wrong"):
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with a wrong secret", on=refused)


@clause("AUTH-1", "AUTH-2", customers=1, requests=16)
def test_what_was_answered_before_is_not_shown_to_whoever_asks_next(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    flat = {"retailer_id": profile.ids.retailer, "skip": 0, "take": 1, "culture": "en-us"}
    asked: dict[str, dict[str, Any]] = {
        "search_customers": {"query": customer.identifier},
        "user_offer_history": {"body": flat | {"user_ids": [customer.user_id], "rollback_option": 0}},
        "lookup": {"body": api.container({"user_id": customer.user_id})},
    }
    if profile.can("get_customer"):
        asked["get_customer"] = {"path_values": {"user_id": customer.user_id}}
    if profile.can("get_user_offers"):
        asked["get_user_offers"] = {"body": flat | {"user_id": customer.user_id}}
    for operation, request in asked.items():
        for _ in range(2):  # an answer may be kept only when it is asked for again
            api.send(operation, **request)
        refused = api.send(operation, **request, credentials="none")
        expect.equal(refused.status, 401, what=f"HTTP status of {operation}, asked again without credentials")
        with expect.clause("AUTH-2"):
            refused = api.send(operation, **request, credentials="wrong")
            expect.equal(refused.status, 401, what=f"HTTP status of {operation}, asked again with a wrong secret")


@clause("AUTH-2", requests=18)
def test_a_secret_that_is_nearly_right_is_refused_with_401(api: Api, expect: Expect) -> None:
    for operation in OF_EACH_SERVICE:
        for secret in ("cut", "longer", "empty", "other_letter", "other_case", "blank_after"):
            refused = api.send(operation, api.example(operation), credentials=secret)
            expect.equal(refused.status, 401, what=f"HTTP status of {operation} with a secret that is {secret}")


@clause("AUTH-3", requests=4)
def test_an_unknown_key_is_refused_with_401(api: Api, expect: Expect) -> None:
    for operation in READS:
        refused = api.send(operation, api.example(operation), credentials="none", headers=UNKNOWN_PAIR)
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with an unknown key")


@clause("AUTH-3", "AUTH-5", requests=6)
def test_a_key_nearly_right_and_another_scheme_are_refused_with_401(api: Api, expect: Expect) -> None:
    for operation in OF_EACH_SERVICE:
        refused = api.send(operation, api.example(operation), credentials="other_key")
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with a key that differs in one letter")
    with expect.clause("AUTH-5"):
        for operation in OF_EACH_SERVICE:
            refused = api.send(operation, api.example(operation), credentials="other_scheme")
            expect.equal(refused.status, 401, what=f"HTTP status of {operation} with the pair under another scheme")


@clause("AUTH-4", requests=6)
@pytest.mark.parametrize("operation", OF_EACH_SERVICE)
def test_another_services_pair_is_refused_with_401(operation: str, api: Api, expect: Expect, profile: Profile) -> None:
    services = {"search_customers": "core", "user_offer_history": "offers", "lookup": "cloudpos"}
    for other in sorted(set(services.values()) - {services[operation]}):
        if share_a_pair(profile, services[operation], other):
            expect.observe("credential pairs", f"{services[operation]} and {other} share one pair")
            expect.that(True, what="services that share a pair cannot be told apart by it")
            continue
        refused = api.send(operation, api.example(operation), credentials=other)
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with the pair of {other}")


@clause("AUTH-5", requests=15)
@pytest.mark.parametrize("header", NOT_BASIC_PAIRS)
def test_a_header_that_is_no_basic_pair_is_refused_with_401(header: str, api: Api, expect: Expect) -> None:
    for operation in OF_EACH_SERVICE:
        headers = {"Authorization": header}
        refused = api.send(operation, api.example(operation), credentials="none", headers=headers)
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with a header that is no Basic pair")


@clause("AUTH-5", requests=3, level="full")
def test_a_pair_with_a_sign_that_base64_lacks_is_refused_with_401(api: Api, expect: Expect) -> None:
    for operation in OF_EACH_SERVICE:
        refused = api.send(operation, api.example(operation), credentials="odd_sign")
        expect.equal(refused.status, 401, what=f"HTTP status of {operation} with the pair and a ! behind it")


@clause("AUTH-6", customers=1, requests=2)
def test_a_wrong_api_key_in_the_path_is_refused(api: Api, given: Given, expect: Expect) -> None:
    query = given.customer().identifier
    expect.refusal(api.send("search_customers", None, query=query, path_values={"api_key": api.fresh_id()}))


@clause("AUTH-7", requests=4)
def test_a_refusal_of_credentials_carries_the_error_envelope(api: Api, expect: Expect) -> None:
    for operation in READS:
        expect.refusal(api.send(operation, api.example(operation), credentials="none"))


@clause("AUTH-8", offers=["any"], requests=8)
def test_a_request_with_wrong_credentials_changes_nothing(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    asked = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
    api.send("lock", api.container(asked), credentials="wrong")
    expect.success(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id)))
    closed = {**basket, "is_closed": "true", "discounts": [{"reference_id": held.user_offer_id, "status": "LOCKED"}]}
    api.send("send_transaction", api.container(closed), credentials="wrong")
    seen = settle(lambda: state(api, expect, held), lambda told: tells(told, "redeem"))
    expect.that(
        not tells(seen, "redeem"), what="a transaction refused for its credentials redeems nothing", observed=seen
    )


@clause("AUTH-9", requests=2)
def test_wrong_credentials_are_refused_with_401_whatever_the_body(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in ("user_offer_history", "lookup"):
        refused = send_bytes(api, profile, operation, b'{"retailer_id": ', credentials="wrong")
        expect.equal(refused.status, 401, what=f"HTTP status of {operation}, wrong secret and malformed body")


@clause("AUTH-9", requests=72, level="full")
def test_credentials_come_before_every_malformed_body(api: Api, expect: Expect, profile: Profile) -> None:
    for operation in filter(profile.declares, BODIED):
        for credentials, body in product(("none", "wrong"), MALFORMED):
            refused = send_bytes(api, profile, operation, body, credentials=credentials)
            expect.equal(refused.status, 401, what=f"HTTP status of {operation}, malformed, credentials: {credentials}")
    told_apart = profile.behaviour("get_user_offers_path.told_apart_by")
    if profile.declares("get_user_offers") and told_apart == "body":
        for credentials, body in product(("none", "wrong"), MALFORMED):
            refused = api.raw("offers", "POST", SHARED_PATH, body=body, headers=JSON, credentials=credentials)
            expect.equal(refused.status, 401, what=f"HTTP status of the shared path, credentials: {credentials}")


@clause("AUTH-10", requests=3)
def test_a_refusal_repeats_neither_key_nor_secret(api: Api, expect: Expect) -> None:
    for operation in OF_EACH_SERVICE:
        refused = api.send(operation, api.example(operation), credentials="none", headers=UNKNOWN_PAIR)
        shown = f"{refused.answer} {dict(refused.answer_headers)}"
        for given_away in ("nobody-known", "nothing-secret", "bm9ib2R5LWtub3duOm5vdGhpbmctc2VjcmV0"):
            expect.that(given_away not in shown, what="the answer does not repeat the credentials sent")
