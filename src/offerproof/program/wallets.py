"""Wallets: putting offers into customers' hands, taking them back, and the listings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import islice

from offerproof.program.life_cycle import LifeCycle
from offerproof.program.model import CustomerRecord, Page, UserOfferDraft, UserOfferRecord, UserOfferState
from offerproof.program.offers import Offers
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import State

_MOST_AT_ONCE = 1000


class Wallets:
    """Which offers are in whose hands."""

    def __init__(self, state: State, offers: Offers, life_cycle: LifeCycle) -> None:
        self._state = state
        self._offers = offers
        self._life_cycle = life_cycle

    def issue(
        self, now: int, user_id: str, offer_id: str, quantity: int = 1, exact_version: bool = False
    ) -> list[UserOfferRecord]:
        """Give a customer an offer. Refused: INVALID (quantity), UNKNOWN_CUSTOMER, UNKNOWN_OFFER, OFFER_NOT_PUBLISHED,
        ACQUISITION_NOT_STARTED, ACQUISITION_ENDED. Without ``exact_version``: the newest published version."""
        if not 1 <= quantity <= _MOST_AT_ONCE:
            problem = f"must be from 1 to {_MOST_AT_ONCE}"
            raise Refused(Reason.INVALID, f"quantity {problem}", {"quantity": [problem]})
        customer = self._state.customer(user_id)
        offer = self._offers.to_issue(now, offer_id, exact_version=exact_version)
        return [self._life_cycle.issue(now, customer, offer) for _ in range(quantity)]

    def load(self, now: int, drafts: Iterable[UserOfferDraft]) -> int:
        """Load many user offers with given ids; returns how many. Stops at the first that is refused: UNKNOWN_CUSTOMER,
        UNKNOWN_OFFER, IDENTIFIER_TAKEN, INVALID (locked without a transaction)."""
        count = 0
        for draft in drafts:
            self._load_one(now, draft)
            count += 1
        return count

    def _load_one(self, now: int, draft: UserOfferDraft) -> None:
        customer = self._state.customer(draft.user_id)
        offer = self._state.offer(draft.offer_id)
        user_offer_id = draft.user_offer_id.lower()
        if user_offer_id in self._state.user_offers or self._state.is_folded(user_offer_id):
            raise Refused(Reason.IDENTIFIER_TAKEN, "another user offer has this id", {"user_offer_id": ["is taken"]})
        if draft.state is UserOfferState.LOCKED:
            raise Refused(Reason.INVALID, "a lock needs a transaction: load it issued, then lock it")
        at = now if draft.acquired_at is None else draft.acquired_at
        start, end = self._offers.window(offer, at)
        if draft.starts_at is not None:
            start = draft.starts_at
        if draft.ends_at is not None:
            end = draft.ends_at
        self._life_cycle.add(user_offer_id, offer, customer, draft.state, at, (start, end))

    def revoke(self, now: int, user_offer_id: str, reason: str | None = None) -> UserOfferRecord:
        """Take a user offer back. Refused: UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED (by setting)."""
        user_offer = self._state.user_offer(user_offer_id)
        if user_offer.state is UserOfferState.REVOKED and not self._state.settings.user_offers.revoke_revoked_refused:
            return user_offer
        self._life_cycle.require_revocable(user_offer)
        return self._life_cycle.revoke(now, user_offer, reason)

    def page(self, user_id: str, skip: int = 0, take: int | None = None) -> Page:
        """The issued offers of a customer, newest first. Refused: INVALID (skip, take); an unknown customer has an
        empty page, or is refused by setting."""
        skip, take = self._slice(skip, take)
        readings = self._state.settings.user_offers
        customer = self._state.customers.get(user_id.lower())
        if customer is None:
            if readings.unknown_customer_wallet_refused:
                raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            return Page(0, (), skip, take)
        there = self.newest_first(customer)
        if not readings.locked_in_wallet:
            there = [one for one in there if one.state is UserOfferState.ISSUED]
        return Page(len(there), there[skip : skip + take], skip, take)

    def history(self, user_ids: Sequence[str], skip: int = 0, take: int | None = None) -> Page:
        """Every user offer of the customers in whatever state, newest first. Refused: INVALID (skip, take); an unknown
        customer has none, or is refused by setting."""
        skip, take = self._slice(skip, take)
        histories: list[list[UserOfferRecord]] = []
        for user_id in dict.fromkeys(one.lower() for one in user_ids):
            customer = self._state.customers.get(user_id)
            if customer is None:
                if self._state.settings.user_offers.unknown_customer_history_refused:
                    raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            elif customer.history:
                histories.append(customer.history)
        total = sum(len(history) for history in histories)
        if len(histories) == 1:
            last = total - skip
            found = histories[0][max(0, last - take) : max(0, last)][::-1]
        else:
            backwards = (reversed(history) for history in histories)
            found = list(islice(merge(*backwards, key=lambda one: one.serial, reverse=True), skip, skip + take))
        return Page(total, found, skip, take)

    def newest_first(self, customer: CustomerRecord) -> list[UserOfferRecord]:
        """What is in a customer's wallet, issued or locked."""
        return list(reversed(customer.wallet.values())) if customer.wallet else []

    def _slice(self, skip: int, take: int | None) -> tuple[int, int]:
        paging = self._state.settings.paging
        if take is None:
            take = paging.default_take
        errors: dict[str, list[str]] = {}
        if skip < 0:
            errors["skip"] = ["must not be negative"]
        if take <= 0:
            errors["take"] = ["must be more than 0"]
        elif take > paging.max_take and paging.above_max_refused:
            errors["take"] = [f"must not be more than {paging.max_take}"]
        if errors:
            raise Refused(Reason.INVALID, "; ".join(f"{key} {words[0]}" for key, words in errors.items()), errors)
        return skip, min(take, paging.max_take)
