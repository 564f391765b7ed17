"""What the profile declares of refusals: their status, and their code."""

from __future__ import annotations

from collections.abc import Callable

from offerproof.client import Api
from offerproof.conformance import Expect, Given, UserOffer, clause
from offerproof.conformance.reading import declared_table, send_bytes
from offerproof.exchange import Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

JSON = {"Content-Type": "application/json"}
UNKNOWN_TYPES = ("of_no_type", "widget", "buyers_club", "price_drop", "percent_discount", "fixed_amount")
"""Types of no document; some have words of documented ones."""
NO_JSON = (b"{", b"[7, ", b'{"store_id": {}, "request_payload": ', b'{"request_payload": 7, "culture": [}')
"""Bodies that are no JSON; some have a wrong shape before that shows."""
Situations = dict[str, Callable[[], Exchange | list[Exchange]]]
"""The reason as profiles name it, and what is refused for it."""


@clause("DECL-80", offers=["any", "any"], together=True, requests=50, level="full")
def test_refusals_have_the_declared_status_and_code(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held, gone = given.user_offer(), given.user_offer()
    situations = {
        **_of_customers(api, expect, held),
        **_of_offers(api, expect, profile, held),
        **_of_the_till(api, expect, profile, held, gone),
    }
    declared = dict(declared_table(profile.behaviour("refusals.answers")))
    for name in [name for name in situations if name in declared]:
        answered = situations[name]()
        status, *codes = declared[name]
        for came in answered if isinstance(answered, list) else [answered]:
            told = expect.refusal(came, why=f"{name} is refused by declaration")
            expect.equal(came.status, int(status), what=f"HTTP status of the refusal {name}", on=came)
            if codes:
                first = told[0] if isinstance(told, list) else told
                expect.equal(first["code"], codes[0], what=f"code of the refusal {name}", on=came)


def _of_customers(api: Api, expect: Expect, held: UserOffer) -> Situations:
    person, number = api.new_customer(), api.fresh_phone()

    def taken() -> Exchange:
        expect.success(api.create_customer(person))
        return api.create_customer(person)

    def shared() -> Exchange:
        for _ in range(2):
            api.create_customer(api.new_customer(phone=number))
        return api.search_customers(mobile_number=number)

    odd_flag = {**held.customer.identifier, "expand_incentives": "perhaps"}
    return {
        "unknown_customer": lambda: api.search_customers(email=api.fresh_email()),
        "malformed_flag": lambda: api.send("search_customers", None, query=odd_flag),
        "customer_without_identifier": lambda: api.create_customer({"first_name": "Givenname", "opted_in": True}),
        "taken_identifier": taken,
        "shared_number": shared,
    }


def _of_offers(api: Api, expect: Expect, profile: Profile, held: UserOffer) -> Situations:
    user_id, untitled = held.customer.user_id, [{"title": "", "culture": "en"}]

    def hidden() -> Exchange:
        draft = expect.success(api.create_offer(api.offer(plain_kind(profile), publish=False)))
        return api.issue_offer(user_id, draft["offer_id"])

    return {
        "unknown_offer": lambda: api.fetch_offer(api.fresh_id()),
        "untitled_offer": lambda: api.create_offer(api.offer(plain_kind(profile), text_config=untitled)),
        "unknown_offer_type": lambda: [
            api.create_offer(api.offer(plain_kind(profile), offer_type=kind, offer_config={"type": kind}))
            for kind in UNKNOWN_TYPES
        ],
        "unknown_retailer": lambda: api.create_offer(api.offer(plain_kind(profile), retailer_id=api.fresh_id())),
        "offer_for_nobody": lambda: api.issue_offer(api.fresh_id(), str(held.offer_id)),
        "unpublished_offer": hidden,
        "negative_page": lambda: api.user_offer_history([user_id], skip=-1, take=5),
    }


def _of_the_till(api: Api, expect: Expect, profile: Profile, held: UserOffer, gone: UserOffer) -> Situations:
    code, user_id = held.user_offer_id, held.customer.user_id
    basket, known = api.transaction(user_id=user_id), api.fresh_id()

    def reused() -> Exchange:
        expect.success(api.lock(code, basket, request_id=known))
        other = api.transaction(items=api.items("20.00"), user_id=user_id)
        return api.lock(code, {**other, "transaction_id": basket["transaction_id"]}, request_id=known)

    def rival() -> Exchange:
        expect.success(api.lock(code, basket))
        return api.lock(code, api.transaction(user_id=user_id))

    def revoked() -> Exchange:
        expect.success(api.revoke_offer(gone.user_offer_id, reason="contract check"), kind=None)
        return api.lock(gone.user_offer_id, basket)

    def redeemed() -> Exchange:
        expect.success(api.redeem(code, basket), kind=None)
        return api.lock(code, basket)

    return {
        "unknown_user_offer": lambda: api.lock(api.fresh_id(), basket),
        "unlock_of_a_free_offer": lambda: api.unlock(code),
        "reinstating_the_unused": lambda: api.reinstate(code),
        "reused_request_id": reused,
        "locked_by_another": rival,
        "revoked": revoked,
        "redeemed": redeemed,
        "malformed_basket": lambda: api.send_transaction({**basket, "items": "none"}),
        "no_json": lambda: [send_bytes(api, profile, "lookup", body, headers=JSON) for body in NO_JSON],
        "other_content_type": lambda: send_bytes(api, profile, "lookup", b"{}", headers={"Content-Type": "text/plain"}),
        "other_method": lambda: send_bytes(api, profile, "lookup", b"", method="DELETE", headers=JSON),
    }
