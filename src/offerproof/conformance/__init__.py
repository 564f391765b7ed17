"""Clauses, provisioning, levels, the pytest plugin and the runner behind ``offerproof certify``.

How to write a check
====================

A check is a function in ``contracts/test_<chapter>.py`` that reads like the sentence it judges::

    from offerproof.client import Api
    from offerproof.conformance import Expect, Given, Settle, clause

    @clause("LOCK-1", offers=["fixed_amount_check_discount"])
    def test_a_lock_answers_the_discount_with_status_locked(api: Api, given: Given, expect: Expect) -> None:
        held = given.user_offer("fixed_amount_check_discount")
        locked = api.lock(held.user_offer_id, api.transaction())
        discount = expect.success(locked)
        expect.equal(discount["status"], "LOCKED", what="status of the discount")

1. Write the sentence as a clause in ``contracts/clauses.toml`` (format below).
2. Write the check: arrange with ``given``, act with ``api`` (one call), state literals with ``expect``.
3. See it fail for the right reason: ``offerproof simulate --defect NAME`` with ``certify --target … --only LOCK-1``.

Ask for the fixtures by name. Type them as above; ``Profile`` is ``offerproof.target.Profile``.

``api`` – one method an operation; each returns an ``Exchange`` and never raises for what the target answered
--------------------------------------------------------------------------------------------------------------
``search_customers(email= | external_id= | mobile_number=, user_profile=, expand_incentives=, show_identifiers=)``,
``get_customer(user_id, …same flags)``, ``get_customer_by_external_id(external_id, …)``, ``create_customer({...})``,
``create_offer(api.offer(kind, **changes))``, ``fetch_offer(offer_id, culture=)``, ``issue_offer(user_id, offer_id,
quantity=)``, ``revoke_offer(user_offer_id, reason=)``, ``get_user_offers(user_id, skip=, take=, culture=)``,
``user_offer_history([user_id, ...], skip=, take=)``, ``lookup(external_customer_id= | email= | phone= | user_id=,
transaction=)``, ``lock(code, transaction, lookup_type="userofferid", method="POST")``, ``unlock(user_offer_id)``,
``redeem(code, transaction)``, ``reinstate(user_offer_id)``, ``send_transaction(transaction)``.
CloudPOS calls also take ``request_id=`` and ``culture=``; a fresh request_id is minted otherwise.

Bodies: ``api.transaction(items=…, discounts=[…], user_id=…, is_closed=…, **changes)`` is a documented basket with
fresh ids (two items, 10.00 and 1.00); ``api.offer(kind, **changes)`` a documented offer, published. Both return plain
dicts to change as you like; a member set to ``api.LEFT_OUT`` is left out. ``api.fresh_id()`` and
``api.fresh_email()`` are never repeated.

For refusals: ``api.send(operation, body, query=, credentials="own" | "none" | "wrong" | "<other service>", headers=,
path_values=)`` sends *any* JSON value as the body of a known operation (CloudPOS: the whole container; build one with
``api.container(payload, **changes)``). ``api.raw(service, method, path, body=b"…", headers=, credentials=)`` sends
any bytes anywhere.

An ``Exchange`` has ``status``, ``answer`` (parsed JSON; integers as int, other numbers as Decimal;
``exchange.NOT_JSON`` when it was none), ``operation``, ``number``, ``failure`` (None, ``timeout``, ``closed``,
``unreachable`` …), ``duration_us``, ``answer_headers``. Printing it shows no secrets. Never put values of customers
into your own texts.

``given`` – fresh things to act on; nothing it returns is ever handed out twice
-------------------------------------------------------------------------------
``given.customer() -> Customer(user_id, external_id, email, phone)`` (external_id, email, phone: None when unknown).
``given.offer(kind=None, **changes) -> Offer(offer_id, kind, title)``: created and published; without a kind of one that
    the target surely knows.
``given.shared_offer(kind=None) -> Offer``: one for the whole run; do not change it.
``given.user_offer(kind=None, customer=None) -> UserOffer(user_offer_id, offer_id, kind, customer)``: in the wallet.
    Without a customer, its owner is one this check has no other user offer of; on a foreign target the owner may hold
    user offers of other checks, with ``fresh=True`` not. ``together=3`` when the check takes three for that customer
    in all: it is then a fresh customer, or one of the pool who has as many.
``given.locked(kind=None, transaction=None) -> Locked(user_offer, transaction, discount)``: locked for that
    transaction.
``given.issued(offer, customer) -> UserOffer``: this very offer, to this customer (capability ``issue``, or control).
``given.short_lived_code(user_offer) -> str``: what ``offer_lookup_type`` "ttlcode" takes (capability ``ttl_code``).
``given.redeemed(kind=None) -> Locked``: locked, sent closed, and seen as redeemed within the settle time.
Kinds: manual_fulfillment, fixed_amount_check_discount, fixed_amount_item_discount, percent_check_discount,
percent_item_discount; the discounts are worth 5 (amount) or 10 (percent). ``offer.kind`` may be ``"any"`` from a
pool.
``given.created() -> customers``: those made for this run so far, strangers to each other; none from a pool.
``given.once("name", make)``: what ``make()`` gives, made once in a run: a check late in the run finds what one early
    in it put aside.
When the target cannot give what is asked, the clause becomes *unknown*, with what is missing; it never fails.

``expect`` – each expectation that does not hold becomes a finding; the check ends there
----------------------------------------------------------------------------------------
``success(exchange, kind=dict) -> payload``: 2xx, the service's success envelope; returns ``user`` (core) or
    ``payload``. ``kind`` is what the payload must be: ``dict``, ``list`` or ``None`` (send_transaction; any value is
    accepted then). The payload's own look-ups are expectations too: a missing member is a finding, not a KeyError.
``refusal(exchange, status=None, why=…) -> errors``: 4xx with the service's error envelope, or 200 with a non-success
    status and ``errors`` filled; never 5xx, never non-JSON. Give ``status=401`` where the source fixes it.
``equal(observed, expected, what=)``, ``same_id(observed, expected, what=)`` (GUIDs in any case), ``same_number(…)``
    (7, 7.0 and "7.00" are equal), ``same_instant(…)`` (any documented spelling of an instant), ``one_of(observed,
    allowed, what=)``, ``contains(collection, member, what=)``, ``excludes(…)``, ``absent(mapping, key)``,
    ``present(mapping, key)``, ``that(condition, what=, expected=, observed=)``. All take ``on=exchange`` to name the
    exchange that decides (default: the latest one).
``at(exchange, "payload.offers.0.amount")``: the value there; a finding when the path does not exist.
``with expect.clause("LOCK-2"):`` – judges the expectations inside under another id of the decorator; a failure inside
    ends the block, the check goes on behind it. An id of the decorator that nothing is stated about is unknown.
``observe(question, reading, on=)``: states which reading of an open question the target follows; judges nothing, and
    is what an ``info`` clause does instead of failing (a failed expectation of an info clause becomes an
    observation).
``unknown(reason)``: ends the check; its clause could not be observed.
A check that made no expectation, or raised anything else (also a plain failed ``assert``), is an *error*: ours.

``settle`` – effects of send_transaction may take the profile's settle time
---------------------------------------------------------------------------
``settle(probe, accept) -> value``: calls ``probe()`` until ``accept(value)`` holds or the time is up, and returns the
last value either way; then state the expectation about it. ``settle.out(probe)`` waits the time out: for a value that
is compared with a later one, for effects may come one after the other. ``probe`` usually returns
``expect.success(api.lookup(…))``.

``profile`` – what the target declares: ``profile.can("clock")``,
``profile.behaviour("life_cycle.unlock_not_locked")`` (a string or ``None`` when unknown), ``profile.settle_s``,
``profile.ids.retailer``. Ask it; never ask who the target is.

``clock`` – only with the capability ``clock``: ``clock.now()``, ``clock.set(instant)``, ``clock.advance(days=,
seconds=)``.

Every answer to a documented call is judged against its schema without a word from you; what is wrong there is a
finding of the clause whose ``shapes`` names the operation.

``contracts/clauses.toml``
==========================
::

    [chapters.LOCK]
    title = "Lock"
    general = true                     # only where it says again, in any order or input, what others say

    [[clauses]]
    id = "LOCK-1"                      # frozen, never reused
    sentence = "A lock answers the discount object with status LOCKED."
    source = "Offer Management"        # or Core Loyalty Data, vendor documentation, observed live, good practice
    section = "Step 5"
    strength = "must"                  # must | should | info
    level = "gate"                     # the lowest level that exercises it; gate when left out
    operations = ["lock"]              # calls it is about
    needs = []                         # capabilities; without one of them the clause leaves the scope
    declares = {}                      # [behaviour] answers the profile must give ("*": any); else out of scope too
    shapes = []                        # operations whose every answer is judged against its schema under this clause;
                                       # "*": every answer at all, which is no server error
    unchecked = "…"                    # only when there is no check: why
    follows_from = ["ISSUE-1"]         # clauses whose breach shows here too: reports put this one beneath them

An operation that writes also takes a clause out of scope on a read-only target; you need not say so.
"""

from offerproof.conformance.clauses import Contract, describe, load_contract
from offerproof.conformance.clock import Clock
from offerproof.conformance.expect import Expect
from offerproof.conformance.fixtures import Customer, Locked, Offer, UserOffer
from offerproof.conformance.marks import clause
from offerproof.conformance.provisioning import Given
from offerproof.conformance.runner import Finished, Options, Planned, certify, plan
from offerproof.conformance.settle import Settle

__all__ = [
    "Clock",
    "Contract",
    "Customer",
    "Expect",
    "Finished",
    "Given",
    "Locked",
    "Offer",
    "Options",
    "Planned",
    "Settle",
    "UserOffer",
    "certify",
    "clause",
    "describe",
    "load_contract",
    "plan",
]
