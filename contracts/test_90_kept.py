"""Late in the run: what ``test_05_put_aside.py`` was told is done is still so; all between was other business."""

from __future__ import annotations

from offerproof.client import Api
from offerproof.conformance import Expect, Given, Settle, clause
from offerproof.conformance.reading import balances, in_wallet, loyal_user, state, tells
from offerproof.conformance.set_aside import as_fetched, earned, found, made, redeemed, shown, untouched


@clause("KEEP-1", "KEEP-2", offers=["any", "any"], requests=12, turn="last")
def test_a_redeemed_and_an_unused_offer_are_as_they_were(api: Api, given: Given, expect: Expect) -> None:
    used = redeemed(given)
    told = state(api, expect, used)
    expect.that(tells(told, "redeem"), what="an offer redeemed early is still called redeemed", observed=told)
    with expect.clause("KEEP-2"):
        unused = untouched(given)
        told = state(api, expect, unused)
        expect.equal(told.lower(), "issued", what="state of an offer that was issued early, and not used since")
        expect.that(in_wallet(api, expect, unused) is not None, what="an offer issued early is still in the wallet")


@clause("KEEP-3", requests=3, turn="last")
def test_a_created_offer_is_as_it_was(api: Api, given: Given, expect: Expect) -> None:
    before = as_fetched(api, given, expect)
    now = shown(api, expect, made(given))
    expect.equal(now.get("title"), before["title"], what="title of an offer that was created early")
    for name in ("acquisition_start_date", "acquisition_end_date"):
        expect.same_instant(now.get(name), before[name], what=f"{name} of an offer that was created early")
    expect.same_number(now.get("status"), before["status"], what="status of an offer that was created early")


@clause("KEEP-4", "KEEP-5", customers=1, requests=8, turn="last")
def test_a_customer_and_what_was_earned_are_as_they_were(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    customer, before = found(api, given, expect)
    now = expect.success(api.search_customers(**customer.identifier))
    expect.same_id(now["id"], before["id"], what="id of a customer who was found early")
    expect.equal(
        now.get("external_id"), before.get("external_id"), what="external_id of a customer who was found early"
    )
    with expect.clause("KEEP-5"):
        had = earned(api, given, expect, settle)
        left = balances(loyal_user(api, expect, customer)).total
        expect.that(left >= had, what="points earned early are still there", expected=f"at least {had}", observed=left)
