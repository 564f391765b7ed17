"""What the profile declares of steps out of turn, and of offers that have no discount."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Settle, clause
from offerproof.conformance.reading import in_wallet, is_success, state, tells
from offerproof.exchange import Exchange
from offerproof.target import Profile

PLAIN = "manual_fulfillment"


@clause("DECL-47", "DECL-48", "DECL-49", "DECL-50", offers=["any"], requests=9)
def test_steps_out_of_turn_are_answered_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    held = given.user_offer()
    if profile.can("unlock"):
        with expect.clause("DECL-47"):
            _judge(expect, api.unlock(held.user_offer_id), profile.behaviour("life_cycle.unlock_not_locked"))
    if profile.can("reinstate"):
        with expect.clause("DECL-48"):
            _judge(expect, api.reinstate(held.user_offer_id), profile.behaviour("life_cycle.reinstate_issued"))
    if not is_success(api.lock(held.user_offer_id, api.transaction(user_id=held.customer.user_id))):
        expect.unknown("the offer could not be locked")
    if not profile.can("revoke"):
        return
    asked = api.revoke_offer(held.user_offer_id, reason="contract check")
    with expect.clause("DECL-49"):
        _judge(expect, asked, profile.behaviour("life_cycle.revoke_locked"))
        if is_success(asked):
            told = settle(lambda: state(api, expect, held), lambda said: tells(said, "revok"))
            expect.that(tells(told, "revok"), what="state of an offer that was revoked while locked", observed=told)
    with expect.clause("DECL-50"):
        if not is_success(asked):
            if not profile.can("unlock"):
                raise NotOffered("what is locked is not revoked, and cannot be unlocked")
            api.unlock(held.user_offer_id)
            if not is_success(api.revoke_offer(held.user_offer_id, reason="contract check")):
                expect.unknown("the offer could not be revoked")
        again = api.revoke_offer(held.user_offer_id, reason="contract check")
        _judge(expect, again, profile.behaviour("life_cycle.second_revoke"))


def _judge(expect: Expect, asked: Exchange, declared: Any) -> None:
    """What is refused by declaration is refused; what is ignored or allowed is answered with a success."""
    if declared is None:
        raise NotOffered("the profile does not say what is answered")
    if declared == "refused":
        expect.refusal(asked, why="the profile declares that it is refused")
    else:
        expect.success(asked, kind=None)


@clause("DECL-51", offers=[PLAIN], requests=3)
def test_a_plain_offer_is_eligible_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    held = given.user_offer(PLAIN)
    shown = in_wallet(api, expect, held, api.transaction(user_id=held.customer.user_id))
    eligible = profile.behaviour("manual_fulfillment.lookup_with_transaction") == "eligible"
    expect.equal(shown is not None, eligible, what="a Lookup with a basket shows an offer that is fulfilled by hand")
