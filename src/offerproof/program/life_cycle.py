"""The life of a user offer: issued → locked → redeemed, with unlock and reinstate going back; or expired, or revoked.

Each step is one small method; what may be done in which state is in the ``require_…`` methods.
"""

from __future__ import annotations

from offerproof.program.folding import Folding
from offerproof.program.model import CustomerRecord, Hold, OfferVersion, Pricing, UserOfferRecord, UserOfferState
from offerproof.program.offers import Offers, Window
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import LockEnd, State

_GONE = {
    UserOfferState.REVOKED: Reason.REVOKED,
    UserOfferState.REDEEMED: Reason.REDEEMED,
    UserOfferState.EXPIRED: Reason.EXPIRED,
}


class LifeCycle:
    """The steps of one user offer, and what they need of its state."""

    def __init__(self, state: State, offers: Offers, folding: Folding) -> None:
        self._state = state
        self._offers = offers
        self._folding = folding
        self._serial = 0

    def issue(self, at: int, customer: CustomerRecord, offer: OfferVersion) -> UserOfferRecord:
        """Put an offer into a customer's wallet, valid as the offer says of one acquired now."""
        user_offer = self.add(
            self._state.new_id(), offer, customer, UserOfferState.ISSUED, at, self._offers.window(offer, at)
        )
        self._state.tell(at, "user_offer_issued", customer.id, user_offer.id)
        return user_offer

    def add(
        self,
        user_offer_id: str,
        offer: OfferVersion,
        customer: CustomerRecord,
        state: UserOfferState,
        at: int,
        window: Window,
    ) -> UserOfferRecord:
        """Remember a new user offer: in the wallet when it is issued, and due when its window ends."""
        start, end = window
        self._serial += 1
        user_offer = UserOfferRecord(user_offer_id, self._serial, offer, customer, state, at, start, end)
        self._state.user_offers[user_offer_id] = user_offer
        if customer.history is None:
            customer.history = []
        customer.history.append(user_offer)
        if state is UserOfferState.ISSUED:
            if customer.wallet is None:
                customer.wallet = {}
            customer.wallet[user_offer_id] = user_offer
        if end is not None and (state is UserOfferState.ISSUED or state is UserOfferState.REDEEMED):
            self._state.agenda.add(end, user_offer)
        if state is not UserOfferState.ISSUED:
            self._folding.note_gone(at, user_offer)
        return user_offer

    def require_not_gone(self, user_offer: UserOfferRecord) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED."""
        reason = _GONE.get(user_offer.state)
        if reason is not None:
            raise Refused(reason, f"the user offer is {reason}")

    def require_lockable(self, now: int, user_offer: UserOfferRecord, transaction_id: str) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER, NOT_YET_VALID, in this order."""
        if user_offer.state is not UserOfferState.ISSUED:
            self.require_not_gone(user_offer)
            self._require_own_lock(user_offer, transaction_id)
        if now < user_offer.starts_at:
            raise Refused(Reason.NOT_YET_VALID, "the user offer cannot be used yet")

    def _require_own_lock(self, user_offer: UserOfferRecord, transaction_id: str) -> None:
        if user_offer.hold is None or user_offer.hold.transaction_id != transaction_id:
            raise Refused(Reason.LOCKED_BY_ANOTHER, "another transaction holds the user offer")

    def require_unlockable(self, user_offer: UserOfferRecord) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED, NOT_LOCKED."""
        self.require_not_gone(user_offer)
        if user_offer.state is not UserOfferState.LOCKED:
            raise Refused(Reason.NOT_LOCKED, "the user offer is not locked")

    def require_reinstatable(self, now: int, user_offer: UserOfferRecord) -> None:
        """Refused: REVOKED, EXPIRED (also when its validity ended meanwhile), NOT_REDEEMED."""
        if user_offer.state is not UserOfferState.REDEEMED:
            self.require_not_gone(user_offer)
            raise Refused(Reason.NOT_REDEEMED, "the user offer is not redeemed")
        if user_offer.ends_at is not None and user_offer.ends_at <= now:
            raise Refused(Reason.EXPIRED, "the user offer was redeemed, and its validity is over by now")

    def require_revocable(self, user_offer: UserOfferRecord) -> None:
        """Refused: REVOKED, REDEEMED, EXPIRED, LOCKED (by setting)."""
        self.require_not_gone(user_offer)
        if user_offer.state is UserOfferState.LOCKED and self._state.settings.user_offers.revoke_locked_refused:
            raise Refused(Reason.LOCKED, "the user offer is locked")

    def lock(self, now: int, user_offer: UserOfferRecord, transaction_id: str, pricing: Pricing) -> UserOfferRecord:
        """Hold it for a transaction, for as long as a lock lives."""
        state = self._state
        hold = self.remember_lock(now, user_offer, transaction_id, pricing)
        life = state.settings.user_offers.lock_life
        if life is not None:
            state.agenda.add(now + life, LockEnd(user_offer, hold))
        if state.on_event is not None:
            state.tell(now, "user_offer_locked", user_offer.customer.id, user_offer.id)
        return user_offer

    def remember_lock(self, now: int, user_offer: UserOfferRecord, transaction_id: str, pricing: Pricing) -> Hold:
        """Write down who holds it, since when and for how much; nothing ends this."""
        hold = Hold(transaction_id, now, pricing)
        user_offer.state = UserOfferState.LOCKED
        user_offer.hold = hold
        return hold

    def unlock(self, at: int, user_offer: UserOfferRecord) -> UserOfferRecord:
        """Release it; it is issued again, or expires when its validity is over."""
        user_offer.hold = None
        user_offer.state = UserOfferState.ISSUED
        self._state.tell(at, "user_offer_unlocked", user_offer.customer.id, user_offer.id)
        if user_offer.ends_at is not None and user_offer.ends_at <= at:
            self.expire(at, user_offer)  # the lock outlived the validity
        return user_offer

    def end_lock(self, at: int, end: LockEnd) -> None:
        """A lock's life is over, if it is still that lock."""
        if end.user_offer.state is UserOfferState.LOCKED and end.user_offer.hold is end.hold:
            self.unlock(at, end.user_offer)

    def redeem(self, now: int, user_offer: UserOfferRecord, transaction_id: str, pricing: Pricing) -> UserOfferRecord:
        """Use it up."""
        self.leave_wallet(now, user_offer, UserOfferState.REDEEMED)
        user_offer.hold = Hold(transaction_id, now, pricing)
        if self._state.on_event is not None:
            self._state.tell(now, "user_offer_redeemed", user_offer.customer.id, user_offer.id)
        return user_offer

    def reinstate(self, now: int, user_offer: UserOfferRecord) -> UserOfferRecord:
        """Undo a redemption: it is issued again and where it was in the wallet."""
        user_offer.state = UserOfferState.ISSUED
        user_offer.hold = None
        if self._state.marks is not None:
            self._folding.note_back(user_offer)
        self.return_to_wallet(user_offer)
        self._state.tell(now, "user_offer_reinstated", user_offer.customer.id, user_offer.id)
        return user_offer

    def revoke(self, now: int, user_offer: UserOfferRecord, reason: str | None) -> UserOfferRecord:
        """Take it back, for a reason or none."""
        self.leave_wallet(now, user_offer, UserOfferState.REVOKED)
        user_offer.note = reason
        self._state.tell(now, "user_offer_revoked", user_offer.customer.id, user_offer.id)
        return user_offer

    def end_validity(self, at: int, user_offer: UserOfferRecord) -> None:
        """The end of validity: issued ones expire, locked ones too unless the lock protects them."""
        locked = (
            user_offer.state is UserOfferState.LOCKED and not self._state.settings.user_offers.lock_outlives_validity
        )
        if locked or user_offer.state is UserOfferState.ISSUED:
            self.expire(at, user_offer)

    def expire(self, at: int, user_offer: UserOfferRecord) -> None:
        """Its validity is over."""
        self.leave_wallet(at, user_offer, UserOfferState.EXPIRED)
        self._state.tell(at, "user_offer_expired", user_offer.customer.id, user_offer.id)

    def leave_wallet(self, at: int, user_offer: UserOfferRecord, state: UserOfferState) -> None:
        """It is gone: redeemed, revoked or expired, and held by nobody."""
        user_offer.state = state
        user_offer.hold = None
        if user_offer.customer.wallet is not None:
            user_offer.customer.wallet.pop(user_offer.id, None)
        if self._state.marks is not None:
            self._folding.note_gone(at, user_offer)

    def return_to_wallet(self, user_offer: UserOfferRecord) -> None:
        """Put it where it was: the wallet is in the order of issue."""
        wallet = user_offer.customer.wallet
        if not wallet:
            user_offer.customer.wallet = {user_offer.id: user_offer}
            return
        newest = next(reversed(wallet.values()))
        wallet[user_offer.id] = user_offer
        if newest.serial > user_offer.serial:
            in_order = sorted(wallet.values(), key=lambda one: one.serial)
            wallet.clear()
            wallet.update((one.id, one) for one in in_order)
