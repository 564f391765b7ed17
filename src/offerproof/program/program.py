"""The whole program behind one door: ``Program(settings, new_id)`` has one method for each business operation.

Customers: ``create_customer load_customers find_customer enrol unenrol``; their points and tiers: ``standing
tier_progress accounts available_points lookup_points cash_out``; offers: ``create_offer fetch_offer text_of``; user
offers: ``issue_offer load_user_offers revoke_offer make_ttl_code get_user_offers user_offer_history``; the till:
``lookup lock unlock redeem reinstate send_transaction``; time: ``advance next_due``.
"""

from __future__ import annotations

from collections.abc import Sequence

from offerproof.program.model import (
    Customer,
    Key,
    Lot,
    Membership,
    Offer,
    Pricing,
    Transaction,
    UserOffer,
    UserOfferState,
    Wallet,
)
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import CashOutDate, CodeEnd, Due, LockEnd, YearStart
from offerproof.program.transactions import Transactions


class Program(Transactions):
    """The loyalty program: state and rules. Every operation takes ``now`` (microseconds, UTC), changes the state in
    place and returns model objects, or raises ``Refused`` and changes nothing.

    ``new_id()`` gives a fresh lower-case GUID. ``on_event(at, what, customer_id, subject_id)`` is told of everything
    that happens, also of what time brings (points mature, offers expire). Call ``advance(now)`` before each operation;
    ``now`` never goes back. Rules are small methods, so that one of them can be replaced on an instance.
    """

    # Time ---------------------------------------------------------------------------------------------------------

    def advance(self, now: int) -> None:
        """Let everything due at or before ``now`` happen, each at its own instant, in order. Cheap when nothing is."""
        due = self._agenda.next
        if due is not None and due <= now:
            for at, entry in self._agenda.take_due(now):
                self._happen(at, entry)

    @property
    def next_due(self) -> int | None:
        """The instant at which something is due next; None when nothing is."""
        return self._agenda.next

    def _happen(self, at: int, entry: Due) -> None:
        if isinstance(entry, Lot):
            self._mature_lot(at, entry)
        elif isinstance(entry, UserOffer):
            self._expire_user_offer(at, entry)
        elif isinstance(entry, Membership):
            self._expire_level(at, entry)
        elif isinstance(entry, LockEnd):
            self._end_lock(at, entry)
        elif isinstance(entry, CodeEnd):
            self._codes.pop(entry.code, None)
        elif isinstance(entry, YearStart):
            self._restart_year(at, entry)
        elif isinstance(entry, CashOutDate):
            self._cash_out_on_date(at, entry)
        else:
            self._fold(entry)

    # The till -----------------------------------------------------------------------------------------------------

    def lookup(self, now: int, by: Key, value: str, transaction: Transaction | None = None) -> Wallet | None:
        """The wallet, newest first; with a transaction only what is eligible for it, priced.

        None for an unknown customer, when the settings ask for an empty answer. Refused: as ``find_customer``."""
        try:
            customer = self.find_customer(by, value)
        except Refused as refused:
            readings = self.settings.user_offers
            if refused.reason is Reason.UNKNOWN_CUSTOMER and not readings.unknown_customer_lookup_refused:
                return None
            raise
        there = self._newest_first(customer)
        if transaction is None:
            return Wallet(customer, self._shown_in_lookup(there), None)
        return self._eligible(now, customer, there, transaction)

    def _shown_in_lookup(self, there: list[UserOffer]) -> Sequence[UserOffer]:
        if self.settings.user_offers.locked_in_lookup:
            return there
        return [one for one in there if one.state is UserOfferState.ISSUED]

    def _eligible(self, now: int, customer: Customer, there: list[UserOffer], transaction: Transaction) -> Wallet:
        """What this transaction could lock now, with the discount it would get."""
        offers: list[UserOffer] = []
        pricings: list[Pricing] = []
        alike: dict[Offer, Pricing | None] = {}  # user offers of one offer get the same discount
        for user_offer in there:
            if not self._can_lock(now, user_offer, transaction):
                continue
            offer = user_offer.offer
            if transaction.discounts:
                pricing = self._eligible_pricing(user_offer, transaction)
            elif offer in alike:
                pricing = alike[offer]
            else:
                pricing = alike[offer] = self._eligible_pricing(user_offer, transaction)
            if pricing is not None:
                offers.append(user_offer)
                pricings.append(pricing)
        return Wallet(customer, offers, pricings)

    def _can_lock(self, now: int, user_offer: UserOffer, transaction: Transaction) -> bool:
        try:
            self._require_lockable(now, user_offer, transaction.transaction_id)
        except Refused:
            return False
        return True

    def _eligible_pricing(self, user_offer: UserOffer, transaction: Transaction) -> Pricing | None:
        if user_offer.offer.discount is None and not self.settings.user_offers.plain_eligible:
            return None
        try:
            return self._price(user_offer, transaction)
        except ArithmeticError:
            raise Refused(Reason.INVALID, "the amounts of the basket are out of range") from None

    def lock(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOffer:
        """Hold a user offer for a transaction; ``hold.pricing`` is the discount. The same transaction prices anew.

        Refused: INVALID (kind of code, amounts), UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER,
        NOT_YET_VALID, NOT_APPLICABLE."""
        user_offer = self._by_code(code, code_type)
        self._require_lockable(now, user_offer, transaction.transaction_id)
        return self._lock(now, user_offer, transaction.transaction_id, self._require_priced(user_offer, transaction))

    def unlock(self, now: int, user_offer_id: str) -> UserOffer:
        """Put a locked offer back into the wallet. Refused: UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, NOT_LOCKED
        (ignored, by setting)."""
        user_offer = self._user_offer(user_offer_id)
        if user_offer.state is UserOfferState.ISSUED and not self.settings.user_offers.unlock_unlocked_refused:
            return user_offer
        self._require_unlockable(user_offer)
        return self._unlock(now, user_offer)

    def redeem(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOffer:
        """Redeem at once, from the wallet or from a lock of the same transaction. Refused: as ``lock``."""
        user_offer = self._by_code(code, code_type)
        self._require_lockable(now, user_offer, transaction.transaction_id)
        return self._redeem(now, user_offer, transaction.transaction_id, self._require_priced(user_offer, transaction))

    def reinstate(self, now: int, user_offer_id: str) -> UserOffer:
        """Undo a redemption. Refused: UNKNOWN_USER_OFFER, REVOKED, EXPIRED (also when its validity ended meanwhile),
        NOT_REDEEMED (ignored for an issued one, by setting)."""
        user_offer = self._user_offer(user_offer_id)
        if user_offer.state is UserOfferState.ISSUED and not self.settings.user_offers.reinstate_issued_refused:
            return user_offer
        self._require_reinstatable(now, user_offer)
        return self._reinstate(now, user_offer)
