"""Several terminals at once: one wins, nothing is done twice, and what all of them saw has a legal order.

After everything that a seed repeats to the letter: how a race goes is nobody's choice, and ids that the target hands
out from here on depend on it. Only the chapter on time comes later.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from operator import eq
from random import Random
from typing import Any

from offerproof.client import Api
from offerproof.conformance import Customer, Expect, Given, Purchases, Settle, UserOffer, clause
from offerproof.conformance.races import TERMINALS, Row, free_race, judged, race, together
from offerproof.conformance.reading import balances, history, is_success, loyal_user, state, tells
from offerproof.contract import Outcome
from offerproof.exchange import Exchange
from offerproof.judgement.histories import Kind, Legality, Rules
from offerproof.target import Profile

ROUNDS = 5


@clause("CONC-1", "CONC-3", offers={"any": ROUNDS}, requests=ROUNDS * (TERMINALS + 4))
def test_of_several_transactions_that_lock_at_once_one_succeeds(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    tills: list[list[Row]] = [[] for _ in range(TERMINALS)]
    for _ in range(ROUNDS):
        held = given.user_offer()
        baskets = [api.transaction(user_id=held.customer.user_id) for _ in range(TERMINALS)]
        raced = race(api, [partial(api.lock, held.user_offer_id, basket) for basket in baskets])
        won = [one.exchange for one in raced if one.outcome is Outcome.ACCEPTED]
        for till, one, basket in zip(tills, raced, baskets, strict=True):
            till.append(Row((held.user_offer_id,), Kind.LOCK, one, basket["transaction_id"]))
        expect.equal(
            len(won), 1, what=f"locks that succeed of {TERMINALS} at once", on=_decisive(won, raced[0].exchange)
        )
    with expect.clause("CONC-3"):
        _expect_legal(expect, tills, profile)


@clause("CONC-2", offers={"any": ROUNDS}, requests=ROUNDS * (TERMINALS + 5), needs=("redeem",))
def test_an_offer_that_several_terminals_redeem_is_redeemed_once(api: Api, given: Given, expect: Expect) -> None:
    for _ in range(ROUNDS):
        held = given.user_offer()
        baskets = [api.transaction(user_id=held.customer.user_id) for _ in range(TERMINALS)]
        raced = race(api, [partial(api.redeem, held.user_offer_id, basket) for basket in baskets])
        won = [one.exchange for one in raced if one.outcome is Outcome.ACCEPTED]
        expect.equal(
            len(won), 1, what=f"redemptions that succeed of {TERMINALS} at once", on=_decisive(won, raced[0].exchange)
        )
        _expect_redeemed_once(api, expect, held)


@clause("CONC-2", offers={"any": ROUNDS}, requests=ROUNDS * (2 * TERMINALS + 6))
def test_an_offer_that_several_transactions_lock_and_close_is_redeemed_once(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    for _ in range(ROUNDS):
        held = given.user_offer()
        baskets = [api.transaction(user_id=held.customer.user_id) for _ in range(TERMINALS)]
        closed = together(api, [partial(_checkout, api, held, basket) for basket in baskets])
        expect.equal(sum(closed), 1, what=f"checkouts that go through of {TERMINALS} at once")
        settle(partial(state, api, expect, held), lambda told: tells(told, "redeem"))
        _expect_redeemed_once(api, expect, held)


@clause("CONC-3", customers=4, requests=4 * 100, needs=("issue",))
def test_what_racing_terminals_saw_has_a_legal_order(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    dice = Random(api.minter.seed)
    for _ in range(4):
        customer = given.customer()
        offer = given.shared_offer()
        offers = [given.issued(offer, customer) for _ in range(3)]
        _expect_legal(expect, free_race(api, offers, dice, terminals=6, calls=12), profile)


@clause("CONC-4", customers=2, requests=2 * TERMINALS + 12)
def test_transactions_at_once_earn_what_they_earn_singly(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    one_by_one, at_once = given.customer(), given.customer()
    before, had = (_total(api, expect, customer) for customer in (one_by_one, at_once))
    for basket in _purchases(api, one_by_one):
        if not is_success(api.send_transaction(basket)):
            expect.unknown("the target did not take the purchases that were to earn points")
    wanted = had + _settled(api, expect, settle, one_by_one) - before
    raced = race(api, [partial(api.send_transaction, basket) for basket in _purchases(api, at_once)])
    for one in raced:
        expect.success(one.exchange, kind=None)
    settle(lambda: _total(api, expect, at_once), lambda total: total == wanted)
    expect.equal(_total(api, expect, at_once), wanted, what=f"points of {TERMINALS} transactions sent at once")


@clause("CONC-5", customers=2, requests=TERMINALS + 12)
def test_one_transaction_sent_several_times_at_once_earns_once(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    once, often = given.customer(), given.customer()
    before, had = (_total(api, expect, customer) for customer in (once, often))
    if not is_success(api.send_transaction(_purchases(api, once)[0])):
        expect.unknown("the target did not take the purchase that was to earn points")
    wanted = had + _settled(api, expect, settle, once) - before
    basket = _purchases(api, often)[0]
    raced = race(api, [lambda: api.send_transaction(basket)] * TERMINALS)
    taken = [one.exchange for one in raced if one.outcome is Outcome.ACCEPTED]
    expect.that(
        bool(taken), what="one sending of a transaction that is sent several times is taken", on=raced[0].exchange
    )
    settle(lambda: _total(api, expect, often), lambda total: total == wanted)
    expect.equal(_total(api, expect, often), wanted, what=f"points of one transaction sent {TERMINALS} times at once")


@clause("CONC-6", offers=["any"], requests=TERMINALS + 6, needs=("redeem",))
def test_one_request_id_at_once_is_processed_once(api: Api, given: Given, expect: Expect) -> None:
    held = given.user_offer()
    basket = api.transaction(user_id=held.customer.user_id)
    request_id = api.fresh_id()
    raced = race(api, [lambda: api.redeem(held.user_offer_id, basket, request_id=request_id)] * TERMINALS)
    answers = [one.exchange for one in raced if one.outcome is Outcome.ACCEPTED]
    expect.that(bool(answers), what="one of several equal requests succeeds", observed=0, on=raced[0].exchange)
    for other in answers[1:]:
        same = other.answer.get("payload") == answers[0].answer.get("payload")
        expect.that(same, what="answers to one request_id are the same", expected="the stored answer", on=other)
    again = api.redeem(held.user_offer_id, basket, request_id=request_id)
    expect.success(again, kind=None)
    _expect_redeemed_once(api, expect, held)


@clause("CONC-10", customers=1, requests=TERMINALS + 8)
def test_one_transaction_under_one_request_id_at_once_is_processed_once(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    till = Purchases(api, expect, settle, given.customer())
    once = till.earned("20.00")
    had, basket, request_id = till.points(), till.basket("20.00"), api.fresh_id()
    raced = race(api, [lambda: api.send_transaction(basket, request_id=request_id)] * TERMINALS)
    taken = [one.exchange for one in raced if one.outcome is Outcome.ACCEPTED]
    expect.that(bool(taken), what="one of several equal requests succeeds", observed=0, on=raced[0].exchange)
    risen = settle.out(till.points).beyond(had).total
    what = f"points of one request sent {TERMINALS} times at once, beside one alone"
    expect.same_number(risen, once.total, what=what)


@clause("CONC-7", customers=3, requests=3 * 20, needs=("issue",))
def test_a_transaction_over_several_offers_redeems_all_or_none(
    api: Api, given: Given, expect: Expect, settle: Settle
) -> None:
    for _ in range(3):
        customer = given.customer()
        offers = [given.issued(given.shared_offer(), customer) for _ in range(3)]
        basket = api.transaction(user_id=customer.user_id)
        locks = [api.lock(one.user_offer_id, basket) for one in offers]
        if not all(is_success(one) for one in locks):
            expect.unknown("the target did not lock three offers for one transaction")
        closed = basket | {"is_closed": True, "discounts": [one.answer["payload"] for one in locks]}
        rivals = [partial(api.lock, one.user_offer_id, api.transaction(user_id=customer.user_id)) for one in offers]
        sent, *_ = race(api, [partial(api.send_transaction, closed), *rivals])
        wanted = 3 if sent.outcome is Outcome.ACCEPTED else 0
        settle(partial(_redeemed, api, expect, offers), partial(eq, wanted))
        count = _redeemed(api, expect, offers)
        expect.one_of(count, (0, 3), what="offers redeemed by one transaction over three", on=sent.exchange)


@clause("CONC-8", customers=1, requests=TERMINALS + 4, needs=("issue",))
def test_offers_issued_at_once_all_stand_in_the_history(api: Api, given: Given, expect: Expect) -> None:
    customer = given.customer()
    offer = given.shared_offer()
    before = {row["user_offer_id"].lower() for row in history(api, expect, customer)}
    raced = race(api, [lambda: api.issue_offer(customer.user_id, offer.offer_id)] * TERMINALS)
    issued = [
        entry["user_offer_id"].lower()
        for one in raced
        if one.outcome is Outcome.ACCEPTED
        for entry in expect.success(one.exchange)["status_list"]
        if entry["user_offer_id"]
    ]
    expect.equal(len(set(issued)), TERMINALS, what=f"different user offers of {TERMINALS} issues at once")
    rows = [row["user_offer_id"].lower() for row in history(api, expect, customer)]
    listed = [one for one in rows if one not in before]
    expect.equal(sorted(listed), sorted(issued), what="history after issuing at once")


@clause("CONC-9", customers=1, requests=2 * TERMINALS + 4)
def test_a_search_during_earning_shows_balances_that_add_up(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    customer = given.customer()
    purchases = _purchases(api, customer) if profile.can("earn") else []
    earning = [partial(api.send_transaction, basket) for basket in purchases]
    looking = [partial(api.search_customers, **customer.identifier, expand_incentives=True)] * TERMINALS
    for one in race(api, [*earning, *looking])[len(earning) :]:
        user = expect.success(one.exchange)
        kept = user["tier_details"]["point_account_balances"]
        for member, total in (("available_balance", "total_points"), ("life_time_value", "life_time_points")):
            added = sum(Decimal(account[member]) for account in kept["details"])
            what = f"{total} beside the sum of {member} during earning"
            expect.same_number(kept["summary"][total], added, what=what, on=one.exchange)


def _checkout(api: Api, held: UserOffer, basket: dict[str, Any]) -> bool:
    """Lock and close, as one till does it; tell whether it went through."""
    locked = api.lock(held.user_offer_id, basket)
    if not is_success(locked):
        return False
    return is_success(api.send_transaction(basket | {"is_closed": True, "discounts": [locked.answer["payload"]]}))


def _decisive(won: list[Exchange], first: Exchange) -> Exchange:
    """The exchange that shows it: of several winners the last, of none the first loser."""
    return max(won, key=lambda exchange: exchange.number) if won else first


def _expect_legal(expect: Expect, tills: list[list[Row]], profile: Profile) -> None:
    report, exchanges = judged(tills, Rules.of(profile))
    if report.verdict is Legality.UNKNOWN:
        expect.unknown(report.findings[0].reason)
    found = report.findings[0] if report.findings else None
    made = found.counterexample if found else None
    shown = next((row.timed.exchange for till in tills for row in till), None)  # whoever is faster: a till's first
    last = exchanges.get(made.operations[made.failed].reference) if made else shown
    told = (
        [f"{one.process}: {one.kind.name.lower()} {one.outcome.name.lower()}" for one in made.operations]
        if made
        else []
    )
    data = made.as_data() if made else {}
    if made:
        expect.forget({one.reference for one in made.operations})
    expect.that(
        found is None,
        what="an order of the concurrent answers that fits one user offer",
        expected="any legal order",
        observed={"reason": found.reason, "smallest history": told} if found else "a legal order",
        on=last,
        detail={"history": data.get("operations", []), "from": data.get("initial")},
    )


def _expect_redeemed_once(api: Api, expect: Expect, held: UserOffer) -> None:
    rows = [row for row in history(api, expect, held.customer) if held.is_it(row["user_offer_id"])]
    told = [row["status_description"] for row in rows]
    expect.equal(len(rows), 1, what="history records of an offer that several terminals redeemed")
    expect.that(
        tells(str(told[0]), "redeem"), what="the history calls it redeemed", expected="redeemed", observed=told[0]
    )


def _redeemed(api: Api, expect: Expect, offers: Sequence[UserOffer]) -> int:
    rows = [row for row in history(api, expect, offers[0].customer) if tells(row["status_description"], "redeem")]
    return sum(one.is_it(row["user_offer_id"]) for row in rows for one in offers)


def _purchases(api: Api, customer: Customer) -> list[dict[str, Any]]:
    """Closed purchases of 40.00 each, paid by the customer."""
    return [
        api.transaction(items=api.items("40.00"), user_id=customer.user_id, is_closed=True) for _ in range(TERMINALS)
    ]


def _total(api: Api, expect: Expect, customer: Customer) -> Decimal:
    return balances(loyal_user(api, expect, customer)).total


def _settled(api: Api, expect: Expect, settle: Settle, customer: Customer) -> Decimal:
    """The points when they no longer move: the whole settle time has passed, or nothing settles late here."""
    before = _total(api, expect, customer)
    settle(lambda: _total(api, expect, customer), lambda total: total < before)
    return _total(api, expect, customer)
