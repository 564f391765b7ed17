"""User offers: issue, revoke, the steps of their life, and the listings.

issued → locked → redeemed, with unlock and reinstate going back, and expired and revoked as ends. Each step is one
small method; what may be done in which state is in the ``_require_…`` methods.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from heapq import merge
from itertools import islice

from offerproof.program.folding import Folding
from offerproof.program.model import Customer, Hold, Offer, Page, Pricing, UserOffer, UserOfferDraft, UserOfferState
from offerproof.program.offers import Offers, Window
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import CodeEnd, LockEnd

_MOST_AT_ONCE = 1000
_GONE = {
    UserOfferState.REVOKED: Reason.REVOKED,
    UserOfferState.REDEEMED: Reason.REDEEMED,
    UserOfferState.EXPIRED: Reason.EXPIRED,
}


class UserOffers(Offers, Folding):
    """Offers in customers' hands."""

    # Issue and revoke -------------------------------------------------------------------------------------------

    def issue_offer(
        self, now: int, user_id: str, offer_id: str, quantity: int = 1, exact_version: bool = False
    ) -> list[UserOffer]:
        """Give a customer an offer. Refused: INVALID (quantity), UNKNOWN_CUSTOMER, UNKNOWN_OFFER, OFFER_NOT_PUBLISHED,
        ACQUISITION_NOT_STARTED, ACQUISITION_ENDED. Without ``exact_version``: the newest published version."""
        if not 1 <= quantity <= _MOST_AT_ONCE:
            problem = f"must be from 1 to {_MOST_AT_ONCE}"
            raise Refused(Reason.INVALID, f"quantity {problem}", {"quantity": [problem]})
        customer = self._customer(user_id)
        offer = self._offer_to_issue(now, offer_id, exact_version=exact_version)
        return [self._issue(now, customer, offer) for _ in range(quantity)]

    def _issue(self, at: int, customer: Customer, offer: Offer) -> UserOffer:
        user_offer = self._keep(self.new_id(), offer, customer, UserOfferState.ISSUED, at, self._window(offer, at))
        self._tell(at, "user_offer_issued", customer.id, user_offer.id)
        return user_offer

    def load_user_offers(self, now: int, drafts: Iterable[UserOfferDraft]) -> int:
        """Load many user offers with given ids; returns how many. Stops at the first that is refused: UNKNOWN_CUSTOMER,
        UNKNOWN_OFFER, IDENTIFIER_TAKEN, INVALID (locked without a transaction)."""
        count = 0
        for draft in drafts:
            self._load_one(now, draft)
            count += 1
        return count

    def _load_one(self, now: int, draft: UserOfferDraft) -> None:
        customer = self._customer(draft.user_id)
        offer = self._offer(draft.offer_id)
        user_offer_id = draft.user_offer_id.lower()
        if user_offer_id in self._user_offers or self._is_folded(user_offer_id):
            raise Refused(Reason.IDENTIFIER_TAKEN, "another user offer has this id", {"user_offer_id": ["is taken"]})
        if draft.state is UserOfferState.LOCKED:
            raise Refused(Reason.INVALID, "a lock needs a transaction: load it issued, then lock it")
        at = now if draft.acquired_at is None else draft.acquired_at
        start, end = self._window(offer, at)
        if draft.starts_at is not None:
            start = draft.starts_at
        if draft.ends_at is not None:
            end = draft.ends_at
        self._keep(user_offer_id, offer, customer, draft.state, at, (start, end))

    def _keep(
        self, user_offer_id: str, offer: Offer, customer: Customer, state: UserOfferState, at: int, window: Window
    ) -> UserOffer:
        start, end = window
        self._serial += 1
        user_offer = UserOffer(user_offer_id, self._serial, offer, customer, state, at, start, end)
        self._user_offers[user_offer_id] = user_offer
        if customer.history is None:
            customer.history = []
        customer.history.append(user_offer)
        if state is UserOfferState.ISSUED:
            if customer.wallet is None:
                customer.wallet = {}
            customer.wallet[user_offer_id] = user_offer
        if end is not None and (state is UserOfferState.ISSUED or state is UserOfferState.REDEEMED):
            self._agenda.add(end, user_offer)
        if state is not UserOfferState.ISSUED:
            self._note_gone(at, user_offer)
        return user_offer

    def revoke_offer(self, now: int, user_offer_id: str, reason: str | None = None) -> UserOffer:
        """Take a user offer back. Refused: UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED (by setting)."""
        user_offer = self._user_offer(user_offer_id)
        if user_offer.state is UserOfferState.REVOKED and not self.settings.user_offers.revoke_revoked_refused:
            return user_offer
        self._require_revocable(user_offer)
        return self._revoke(now, user_offer, reason)

    def _require_revocable(self, user_offer: UserOffer) -> None:
        self._require_not_gone(user_offer)
        if user_offer.state is UserOfferState.LOCKED and self.settings.user_offers.revoke_locked_refused:
            raise Refused(Reason.LOCKED, "the user offer is locked")

    def _revoke(self, now: int, user_offer: UserOffer, reason: str | None) -> UserOffer:
        self._leave_wallet(now, user_offer, UserOfferState.REVOKED)
        user_offer.note = reason
        self._tell(now, "user_offer_revoked", user_offer.customer.id, user_offer.id)
        return user_offer

    # Short-lived codes ------------------------------------------------------------------------------------------

    def make_ttl_code(self, now: int, user_offer_id: str, code: str | None = None) -> str:
        """A short-lived code that stands for a user offer in lock and redeem (offer_lookup_type "ttlcode").

        Refused: UNKNOWN_USER_OFFER, its state when it is gone, IDENTIFIER_TAKEN."""
        user_offer = self._user_offer(user_offer_id)
        self._require_not_gone(user_offer)
        made = self.new_id() if code is None else code
        if made in self._codes:
            raise Refused(Reason.IDENTIFIER_TAKEN, "this code is in use")
        self._codes[made] = user_offer
        life = self.settings.user_offers.ttl_code_life
        if life is not None:
            self._agenda.add(now + life, CodeEnd(made))
        return made

    def _by_code(self, code: str, code_type: str) -> UserOffer:
        """The user offer that a till names. Refused: INVALID (kind of code), UNKNOWN_USER_OFFER."""
        kind = code_type.lower()
        if kind == "userofferid":
            return self._user_offer(code)
        if kind != "ttlcode":
            problem = 'must be "userofferid" or "ttlcode"'
            raise Refused(Reason.INVALID, f"offer_lookup_type {problem}", {"offer_lookup_type": [problem]})
        found = self._codes.get(code)
        if found is None:
            raise Refused(Reason.UNKNOWN_USER_OFFER, "there is no such code, or its time is over")
        return found

    # The steps of a life ----------------------------------------------------------------------------------------

    def _require_not_gone(self, user_offer: UserOffer) -> None:
        reason = _GONE.get(user_offer.state)
        if reason is not None:
            raise Refused(reason, f"the user offer is {reason}")

    def _require_lockable(self, now: int, user_offer: UserOffer, transaction_id: str) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER, NOT_YET_VALID, in this order."""
        if user_offer.state is not UserOfferState.ISSUED:
            self._require_not_gone(user_offer)
            self._require_own_lock(user_offer, transaction_id)
        if now < user_offer.starts_at:
            raise Refused(Reason.NOT_YET_VALID, "the user offer cannot be used yet")

    def _require_own_lock(self, user_offer: UserOffer, transaction_id: str) -> None:
        if user_offer.hold is None or user_offer.hold.transaction_id != transaction_id:
            raise Refused(Reason.LOCKED_BY_ANOTHER, "another transaction holds the user offer")

    def _require_unlockable(self, user_offer: UserOffer) -> None:
        self._require_not_gone(user_offer)
        if user_offer.state is not UserOfferState.LOCKED:
            raise Refused(Reason.NOT_LOCKED, "the user offer is not locked")

    def _require_reinstatable(self, now: int, user_offer: UserOffer) -> None:
        if user_offer.state is not UserOfferState.REDEEMED:
            self._require_not_gone(user_offer)
            raise Refused(Reason.NOT_REDEEMED, "the user offer is not redeemed")
        if user_offer.ends_at is not None and user_offer.ends_at <= now:
            raise Refused(Reason.EXPIRED, "the user offer was redeemed, and its validity is over by now")

    def _lock(self, now: int, user_offer: UserOffer, transaction_id: str, pricing: Pricing) -> UserOffer:
        hold = self._remember_lock(now, user_offer, transaction_id, pricing)
        life = self.settings.user_offers.lock_life
        if life is not None:
            self._agenda.add(now + life, LockEnd(user_offer, hold))
        if self._on_event is not None:
            self._tell(now, "user_offer_locked", user_offer.customer.id, user_offer.id)
        return user_offer

    def _remember_lock(self, now: int, user_offer: UserOffer, transaction_id: str, pricing: Pricing) -> Hold:
        hold = Hold(transaction_id, now, pricing)
        user_offer.state = UserOfferState.LOCKED
        user_offer.hold = hold
        return hold

    def _unlock(self, at: int, user_offer: UserOffer) -> UserOffer:
        user_offer.hold = None
        user_offer.state = UserOfferState.ISSUED
        self._tell(at, "user_offer_unlocked", user_offer.customer.id, user_offer.id)
        if user_offer.ends_at is not None and user_offer.ends_at <= at:
            self._expire(at, user_offer)  # the lock outlived the validity
        return user_offer

    def _end_lock(self, at: int, end: LockEnd) -> None:
        """A lock's life is over, if it is still that lock."""
        if end.user_offer.state is UserOfferState.LOCKED and end.user_offer.hold is end.hold:
            self._unlock(at, end.user_offer)

    def _redeem(self, now: int, user_offer: UserOffer, transaction_id: str, pricing: Pricing) -> UserOffer:
        self._leave_wallet(now, user_offer, UserOfferState.REDEEMED)
        user_offer.hold = Hold(transaction_id, now, pricing)
        if self._on_event is not None:
            self._tell(now, "user_offer_redeemed", user_offer.customer.id, user_offer.id)
        return user_offer

    def _reinstate(self, now: int, user_offer: UserOffer) -> UserOffer:
        user_offer.state = UserOfferState.ISSUED
        user_offer.hold = None
        self._note_back(user_offer)
        self._return_to_wallet(user_offer)
        self._tell(now, "user_offer_reinstated", user_offer.customer.id, user_offer.id)
        return user_offer

    def _expire_user_offer(self, at: int, user_offer: UserOffer) -> None:
        """The end of validity: issued ones expire, locked ones too unless the lock protects them."""
        locked = user_offer.state is UserOfferState.LOCKED and not self.settings.user_offers.lock_outlives_validity
        if locked or user_offer.state is UserOfferState.ISSUED:
            self._expire(at, user_offer)

    def _expire(self, at: int, user_offer: UserOffer) -> None:
        self._leave_wallet(at, user_offer, UserOfferState.EXPIRED)
        self._tell(at, "user_offer_expired", user_offer.customer.id, user_offer.id)

    def _leave_wallet(self, at: int, user_offer: UserOffer, state: UserOfferState) -> None:
        user_offer.state = state
        user_offer.hold = None
        if user_offer.customer.wallet is not None:
            user_offer.customer.wallet.pop(user_offer.id, None)
        if self._marks is not None:
            self._note_gone(at, user_offer)

    def _return_to_wallet(self, user_offer: UserOffer) -> None:
        """Put it where it was: the wallet is in the order of issue."""
        wallet = user_offer.customer.wallet
        if not wallet:
            user_offer.customer.wallet = {user_offer.id: user_offer}
            return
        newest = next(reversed(wallet.values()))
        wallet[user_offer.id] = user_offer
        if newest.serial > user_offer.serial:
            in_order = sorted(wallet.values(), key=_serial)
            wallet.clear()
            wallet.update((one.id, one) for one in in_order)

    # Listings ---------------------------------------------------------------------------------------------------

    def get_user_offers(self, user_id: str, skip: int = 0, take: int | None = None) -> Page:
        """The issued offers of a customer, newest first. Refused: INVALID (skip, take); an unknown customer has an
        empty page, or is refused by setting."""
        skip, take = self._slice(skip, take)
        readings = self.settings.user_offers
        customer = self._customers.get(user_id.lower())
        if customer is None:
            if readings.unknown_customer_wallet_refused:
                raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            return Page(0, (), skip, take)
        there = self._newest_first(customer)
        if not readings.locked_in_wallet:
            there = [one for one in there if one.state is UserOfferState.ISSUED]
        return Page(len(there), there[skip : skip + take], skip, take)

    def user_offer_history(self, user_ids: Sequence[str], skip: int = 0, take: int | None = None) -> Page:
        """Every user offer of the customers in whatever state, newest first. Refused: INVALID (skip, take); an unknown
        customer has none, or is refused by setting."""
        skip, take = self._slice(skip, take)
        histories: list[list[UserOffer]] = []
        for user_id in dict.fromkeys(one.lower() for one in user_ids):
            customer = self._customers.get(user_id)
            if customer is None:
                if self.settings.user_offers.unknown_customer_history_refused:
                    raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
            elif customer.history:
                histories.append(customer.history)
        total = sum(len(history) for history in histories)
        if len(histories) == 1:
            last = total - skip
            found = histories[0][max(0, last - take) : max(0, last)][::-1]
        else:
            newest_first = merge(*(reversed(history) for history in histories), key=_serial, reverse=True)
            found = list(islice(newest_first, skip, skip + take))
        return Page(total, found, skip, take)

    def _newest_first(self, customer: Customer) -> list[UserOffer]:
        return list(reversed(customer.wallet.values())) if customer.wallet else []

    def _slice(self, skip: int, take: int | None) -> tuple[int, int]:
        paging = self.settings.paging
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


def _serial(user_offer: UserOffer) -> int:
    return user_offer.serial
