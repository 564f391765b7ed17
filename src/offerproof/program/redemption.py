"""What a till does with a wallet: look it up, lock and redeem what is in it, and go back on that."""

from __future__ import annotations

from offerproof.program.customers import Customers
from offerproof.program.life_cycle import LifeCycle
from offerproof.program.model import (
    CustomerRecord,
    Key,
    OfferVersion,
    Pricing,
    Transaction,
    UserOfferRecord,
    UserOfferState,
    Wallet,
)
from offerproof.program.pricing import Pricer
from offerproof.program.refusal import Reason, Refused
from offerproof.program.state import CodeEnd, State
from offerproof.program.wallets import Wallets


class Redemption:
    """Finds what a till names, prices it, and takes it through its life."""

    def __init__(
        self, state: State, customers: Customers, wallets: Wallets, life_cycle: LifeCycle, pricer: Pricer
    ) -> None:
        self._state = state
        self._customers = customers
        self._wallets = wallets
        self._life_cycle = life_cycle
        self._pricer = pricer

    def lookup(self, now: int, by: Key, value: str, transaction: Transaction | None = None) -> Wallet | None:
        """The wallet, newest first; with a transaction only what is eligible for it, priced.

        None for an unknown customer, when the settings ask for an empty answer. Refused: as
        ``Customers.find``."""
        try:
            customer = self._customers.find(by, value)
        except Refused as refused:
            readings = self._state.settings.user_offers
            if refused.reason is Reason.UNKNOWN_CUSTOMER and not readings.unknown_customer_lookup_refused:
                return None
            raise
        there = self._wallets.newest_first(customer)
        if transaction is not None:
            return self._eligible(now, customer, there, transaction)
        if not self._state.settings.user_offers.locked_in_lookup:
            there = [one for one in there if one.state is UserOfferState.ISSUED]
        return Wallet(customer, there, None)

    def _eligible(
        self, now: int, customer: CustomerRecord, there: list[UserOfferRecord], transaction: Transaction
    ) -> Wallet:
        """What this transaction could lock now, with the discount it would get."""
        offers: list[UserOfferRecord] = []
        pricings: list[Pricing] = []
        alike: dict[OfferVersion, Pricing | None] = {}  # user offers of one offer get the same discount
        require_lockable = self._life_cycle.require_lockable
        for user_offer in there:
            try:
                require_lockable(now, user_offer, transaction.transaction_id)
            except Refused:
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

    def _eligible_pricing(self, user_offer: UserOfferRecord, transaction: Transaction) -> Pricing | None:
        if user_offer.offer.discount is None and not self._state.settings.user_offers.plain_eligible:
            return None
        try:
            return self._pricer.price(user_offer, transaction)
        except ArithmeticError:
            raise Refused(Reason.INVALID, "the amounts of the basket are out of range") from None

    def lock(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOfferRecord:
        """Hold a user offer for a transaction; ``hold.pricing`` is the discount. The same transaction prices anew.

        Refused: INVALID (kind of code, amounts), UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, LOCKED_BY_ANOTHER,
        NOT_YET_VALID, NOT_APPLICABLE."""
        user_offer = self.by_code(code, code_type)
        self._life_cycle.require_lockable(now, user_offer, transaction.transaction_id)
        return self._life_cycle.lock(
            now, user_offer, transaction.transaction_id, self._pricer.require_priced(user_offer, transaction)
        )

    def unlock(self, now: int, user_offer_id: str) -> UserOfferRecord:
        """Put a locked offer back into the wallet. Refused: UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED, NOT_LOCKED
        (ignored, by setting)."""
        user_offer = self._state.user_offer(user_offer_id)
        if user_offer.state is UserOfferState.ISSUED and not self._state.settings.user_offers.unlock_unlocked_refused:
            return user_offer
        self._life_cycle.require_unlockable(user_offer)
        return self._life_cycle.unlock(now, user_offer)

    def redeem(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOfferRecord:
        """Redeem at once, from the wallet or from a lock of the same transaction. Refused: as ``lock``."""
        user_offer = self.by_code(code, code_type)
        self._life_cycle.require_lockable(now, user_offer, transaction.transaction_id)
        return self._life_cycle.redeem(
            now, user_offer, transaction.transaction_id, self._pricer.require_priced(user_offer, transaction)
        )

    def reinstate(self, now: int, user_offer_id: str) -> UserOfferRecord:
        """Undo a redemption. Refused: UNKNOWN_USER_OFFER, REVOKED, EXPIRED (also when its validity ended meanwhile),
        NOT_REDEEMED (ignored for an issued one, by setting)."""
        user_offer = self._state.user_offer(user_offer_id)
        if user_offer.state is UserOfferState.ISSUED and not self._state.settings.user_offers.reinstate_issued_refused:
            return user_offer
        self._life_cycle.require_reinstatable(now, user_offer)
        return self._life_cycle.reinstate(now, user_offer)

    def make_ttl_code(self, now: int, user_offer_id: str, code: str | None = None) -> str:
        """A short-lived code that stands for a user offer in lock and redeem (offer_lookup_type "ttlcode").

        Refused: UNKNOWN_USER_OFFER, its state when it is gone, IDENTIFIER_TAKEN."""
        user_offer = self._state.user_offer(user_offer_id)
        self._life_cycle.require_not_gone(user_offer)
        made = self._state.new_id() if code is None else code
        if made in self._state.codes:
            raise Refused(Reason.IDENTIFIER_TAKEN, "this code is in use")
        self._state.codes[made] = user_offer
        life = self._state.settings.user_offers.ttl_code_life
        if life is not None:
            self._state.agenda.add(now + life, CodeEnd(made))
        return made

    def by_code(self, code: str, code_type: str) -> UserOfferRecord:
        """The user offer that a till names. Refused: INVALID (kind of code), UNKNOWN_USER_OFFER."""
        kind = code_type.lower()
        if kind == "userofferid":
            return self._state.user_offer(code)
        if kind != "ttlcode":
            problem = 'must be "userofferid" or "ttlcode"'
            raise Refused(Reason.INVALID, f"offer_lookup_type {problem}", {"offer_lookup_type": [problem]})
        found = self._state.codes.get(code)
        if found is None:
            raise Refused(Reason.UNKNOWN_USER_OFFER, "there is no such code, or its time is over")
        return found
