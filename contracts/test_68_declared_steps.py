"""What the profile declares of steps out of turn, of new versions of an offer, and of offers that have no discount."""

from __future__ import annotations

from typing import Any

from offerproof.client import Api
from offerproof.conformance import Expect, Given, NotOffered, Purchases, Settle, UserOffer, clause
from offerproof.conformance.reading import in_wallet, is_success, state, tells
from offerproof.exchange import Exchange
from offerproof.provisioning import plain_kind
from offerproof.target import Profile

PLAIN, CHECK = "manual_fulfillment", "fixed_amount_check_discount"


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


@clause("DECL-63", "DECL-64", "DECL-75", customers=1, requests=11)
def test_an_offer_is_revised_as_declared(api: Api, given: Given, expect: Expect, profile: Profile) -> None:
    body = api.offer(plain_kind(profile))
    versions = [expect.success(api.create_offer(body))["offer_id"]]
    transitions: list[str] = []

    def revised(title: str, *, publish: bool) -> None:
        texts = [{**body["text_config"][0], "title": title}]
        made = expect.success(
            api.create_offer({**body, "offer_id": versions[-1], "publish": publish, "text_config": texts})
        )
        expect.equal(made["revisioned"], True, what="revisioned, of a new version of an offer")
        expect.same_id(made["root_offer_id"], versions[0], what="root_offer_id of a new version")
        expect.excludes([one.lower() for one in versions], made["offer_id"].lower(), what="offer_id of a new version")
        expect.equal(made["new_status"] == 1, publish, what="a new version is published when that is asked for")
        versions.append(made["offer_id"])
        transitions.append(made["state_transition"])

    first, second, third = body["text_config"][0]["title"], "The second version", "A version to come"
    revised(second, publish=True)
    revised(third, publish=False)
    for place, title in enumerate((first, second, third)):
        shown = expect.success(api.fetch_offer(versions[place]))["offer"]
        expect.same_id(shown["id"], versions[place], what="id of a version")
        expect.equal(shown["title"], title, what="title of a version, as that one was created")
        expect.same_id(shown["root_offer_id"], versions[0], what="root_offer_id of a version")
        parents = [one.lower() for one in shown.get("parent_offer_ids") or ()]
        expect.equal(parents[-1:], [one.lower() for one in versions[:place][-1:]], what="nearest parent of a version")
    if declared := str(profile.behaviour("create_offer.transitions") or "").split():
        with expect.clause("DECL-75"):
            transitions.insert(0, expect.success(api.create_offer({**body, "publish": False}))["state_transition"])
            what = (
                "state_transition of a new offer that is not published, of a published version and of one that is not"
            )
            expect.equal(transitions, declared, what=what)
    if profile.behaviour("issue_offer.version") and profile.can("issue"):
        with expect.clause("DECL-64"):
            _judge_versions_issued(api, expect, given.customer().user_id, versions)


def _judge_versions_issued(api: Api, expect: Expect, user_id: str, versions: list[str]) -> None:
    """Of three versions the last is not published."""
    root, newest, hidden = versions
    for named, exact, wanted in ((root, False, newest), (hidden, api.LEFT_OUT, newest), (root, True, root)):
        body = api.flat(user_id=user_id, offer_id=named, quantity=1, issue_exact_version=exact)
        issued = expect.success(api.send("issue_offer", body))["status_list"][0]
        what = "offer_id of a user offer: of the version named" if exact is True else "offer_id: of the newest version"
        expect.same_id(issued["offer_id"], wanted, what=what)
        expect.same_id(issued["root_offer_id"], root, what="root_offer_id of a user offer of some version")


@clause("DECL-65", offers=[CHECK, CHECK, CHECK], customers=1, requests=26)
def test_a_discount_that_cannot_be_redeemed_is_taken_as_declared(
    api: Api, given: Given, expect: Expect, settle: Settle, profile: Profile
) -> None:
    free, held, used = given.user_offer(CHECK), given.locked(CHECK), given.redeemed(CHECK)
    till = Purchases(api, expect, settle, given.customer())
    had = till.points()
    refused = profile.behaviour("send_transaction.bad_discount") == "refused"
    bad: tuple[tuple[str, UserOffer], ...]
    bad = (("not locked", free), ("locked for another", held.user_offer), ("redeemed by another", used.user_offer))
    for how, user_offer in bad:
        names = {"reference_id": user_offer.user_offer_id, "user_id": user_offer.customer.user_id}
        sent = api.send_transaction(till.basket("30.00", discounts=[{**held.discount, **names}]))
        if not refused:
            expect.success(sent, kind=None)
        elif not is_success(sent):
            expect.refusal(sent, why=f"its discount is of a user offer that is {how} transaction")
    if refused:  # or acknowledged before it was looked at: then it must come to nothing
        gained = settle.out(till.points).beyond(had).total
        expect.same_number(gained, 0, what="points by transactions that were to be refused as a whole")
    locked = api.lock(held.user_offer.user_offer_id, held.transaction)
    expect.that(is_success(locked), what="the lock of who holds the offer stands", on=locked)
