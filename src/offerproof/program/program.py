"""The whole program behind one door: ``Program(settings, new_id)`` has one method for each business operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from offerproof.program.model import (
    Account,
    Customer,
    GiftCard,
    Key,
    OfferCreated,
    OfferDraft,
    OfferView,
    Page,
    Profile,
    Sent,
    Standing,
    TierProgress,
    Transaction,
    UserOffer,
    UserOfferDraft,
    Wallet,
)
from offerproof.program.setting_types import AccountSettings, Settings

EventSink = Callable[[int, str, str, str], None]


class Program:
    """The loyalty program: state and rules. Every operation takes ``now`` (microseconds, UTC), changes the state in
    place and returns model objects, or raises ``Refused`` and changes nothing.

    ``new_id()`` gives a fresh lower-case GUID. ``on_event(at, what, customer_id, subject_id)`` is told of everything
    that happens, also of what time brings (points mature, offers expire). Call ``advance(now)`` before each operation;
    ``now`` never goes back.
    """

    def __init__(self, settings: Settings, new_id: Callable[[], str], on_event: EventSink | None = None) -> None:
        raise NotImplementedError

    def advance(self, now: int) -> None:
        """Let everything due at or before ``now`` happen, each at its own instant, in order. Cheap when nothing is."""
        raise NotImplementedError

    # customers
    def create_customer(self, now: int, profile: Profile, user_id: str | None = None) -> Customer:
        """Create a customer. Refused: INVALID (no identifier, bad e-mail or phone), IDENTIFIER_TAKEN."""
        raise NotImplementedError

    def load_customers(self, now: int, customers: Iterable[tuple[str | None, Profile]]) -> int:
        """Create many (user id or None, profile); returns how many. Stops at the first that is refused."""
        raise NotImplementedError

    def find_customer(self, by: Key, value: str) -> Customer:
        """Find exactly one customer. Refused: UNKNOWN_CUSTOMER, AMBIGUOUS_CUSTOMER (a shared mobile number)."""
        raise NotImplementedError

    def enrol(self, now: int, user_id: str) -> Customer:
        """Opt a customer in: from the unenrolled level into the tiers. Refused: UNKNOWN_CUSTOMER."""
        raise NotImplementedError

    def unenrol(self, now: int, user_id: str) -> Customer:
        """Opt a customer out: back to the unenrolled level; points stay. Refused: UNKNOWN_CUSTOMER."""
        raise NotImplementedError

    # points and tiers of a customer, for printing
    def standing(self, customer: Customer) -> Standing:
        """Points and tier in the primary tier system (the members of ``user``)."""
        raise NotImplementedError

    def tier_progress(self, customer: Customer) -> list[TierProgress]:
        """One entry for each tier system, in the settings' order (``tier_details.tier_levels``)."""
        raise NotImplementedError

    def accounts(self, customer: Customer) -> list[tuple[AccountSettings, Account | None]]:
        """All point accounts in the settings' order; None: never touched (empty id, 0, 0 on the wire)."""
        raise NotImplementedError

    def available_points(self, customer: Customer) -> Decimal:
        """The points a customer can spend, by the configured formula (also Lookup's ``points``)."""
        raise NotImplementedError

    def cash_out(self, now: int, user_id: str | None = None) -> list[GiftCard]:
        """Turn spendable balances into gift cards, of one customer or (None) of all. Too few points: no card."""
        raise NotImplementedError

    # offers
    def create_offer(self, now: int, draft: OfferDraft) -> OfferCreated:
        """Create or revise an offer. Refused: INVALID (``errors`` by member), UNSUPPORTED, UNKNOWN_OFFER."""
        raise NotImplementedError

    def fetch_offer(self, offer_id: str, culture: str | None = None) -> OfferView:
        """One version of an offer and its words for a culture (en-us, then en, then first). Refused: UNKNOWN_OFFER."""
        raise NotImplementedError

    # user offers
    def issue_offer(
        self, now: int, user_id: str, offer_id: str, quantity: int = 1, exact_version: bool = False
    ) -> list[UserOffer]:
        """Give a customer an offer. Refused: INVALID (quantity), UNKNOWN_CUSTOMER, UNKNOWN_OFFER, OFFER_NOT_PUBLISHED,
        ACQUISITION_NOT_STARTED, ACQUISITION_ENDED. Without ``exact_version``: the newest published version."""
        raise NotImplementedError

    def load_user_offers(self, now: int, drafts: Iterable[UserOfferDraft]) -> int:
        """Load many user offers with given ids; returns how many. Stops at the first that is refused."""
        raise NotImplementedError

    def revoke_offer(self, now: int, user_offer_id: str, reason: str | None = None) -> UserOffer:
        """Take a user offer back. Refused: UNKNOWN_USER_OFFER, REVOKED, REDEEMED, EXPIRED."""
        raise NotImplementedError

    def make_ttl_code(self, now: int, user_offer_id: str, code: str | None = None) -> str:
        """A short-lived code that stands for a user offer in lock and redeem (offer_lookup_type "ttlcode")."""
        raise NotImplementedError

    def get_user_offers(self, user_id: str, skip: int = 0, take: int | None = None) -> Page:
        """The issued offers of a customer, newest first. Unknown customer: an empty page, by default."""
        raise NotImplementedError

    def user_offer_history(self, user_ids: Sequence[str], skip: int = 0, take: int | None = None) -> Page:
        """Every user offer of the customers in whatever state, newest first. Unknown customers: nothing."""
        raise NotImplementedError

    # the till
    def lookup(self, now: int, by: Key, value: str, transaction: Transaction | None = None) -> Wallet:
        """The wallet; with a transaction only what is eligible for it, priced. Refused: as find_customer."""
        raise NotImplementedError

    def lock(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOffer:
        """Hold a user offer for a transaction; ``hold.pricing`` is the discount. The same transaction prices anew."""
        raise NotImplementedError

    def unlock(self, now: int, user_offer_id: str) -> UserOffer:
        """Put a locked offer back into the wallet. Refused: UNKNOWN_USER_OFFER, its state, NOT_LOCKED."""
        raise NotImplementedError

    def redeem(self, now: int, code: str, code_type: str, transaction: Transaction) -> UserOffer:
        """Redeem at once, from the wallet or from a lock of the same transaction. Refused: as lock."""
        raise NotImplementedError

    def reinstate(self, now: int, user_offer_id: str) -> UserOffer:
        """Undo a redemption. Refused: UNKNOWN_USER_OFFER, REVOKED, EXPIRED, NOT_REDEEMED."""
        raise NotImplementedError

    def send_transaction(self, now: int, transaction: Transaction) -> Sent:
        """Take a transaction: earn, redeem, or adjust what an earlier version did. All or nothing."""
        raise NotImplementedError
