"""The state that all parts of the program share, and what is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from offerproof.program.agenda import Agenda
from offerproof.program.marks import Marks
from offerproof.program.model import (
    ZERO,
    Customer,
    Hold,
    Holding,
    Lot,
    Membership,
    Offer,
    TransactionRecord,
    UserOffer,
)
from offerproof.program.refusal import Reason, Refused
from offerproof.program.setting_types import Settings

EventSink = Callable[[int, str, str, str], None]


@dataclass(slots=True, frozen=True)
class LockEnd:
    """A lock runs out; it is the same lock only if the hold is the same object."""

    user_offer: UserOffer
    hold: Hold


@dataclass(slots=True, frozen=True)
class CodeEnd:
    """A short-lived code runs out."""

    code: str


@dataclass(slots=True, frozen=True)
class YearStart:
    """The yearly restart of one family of one customer."""

    customer: Customer
    family: int


@dataclass(slots=True, frozen=True)
class CashOutDate:
    """The cash-out date of one family of one customer."""

    customer: Customer
    family: int


Due = UserOffer | Lot | Membership | LockEnd | CodeEnd | YearStart | CashOutDate | TransactionRecord


class Core:
    """Everything the program remembers, by every key it is looked up by."""

    def __init__(self, settings: Settings, new_id: Callable[[], str], on_event: EventSink | None = None) -> None:
        self.settings = settings
        self.new_id = new_id
        self._on_event = on_event
        self._serial = 0
        self._customers: dict[str, Customer] = {}
        self._by_external_id: dict[str, Customer] = {}
        self._by_email: dict[str, Customer] = {}
        self._by_mobile_number: dict[str, Customer | list[Customer]] = {}
        self._offers: dict[str, Offer] = {}
        self._newest: dict[str, Offer] = {}  # by root id
        self._newest_published: dict[str, Offer] = {}  # by root id
        self._user_offers: dict[str, UserOffer] = {}
        self._codes: dict[str, UserOffer] = {}
        self._transactions: dict[str, TransactionRecord] = {}
        self._agenda: Agenda[Due] = Agenda(self._is_live)
        self._marks = None if settings.folding.keep is None else Marks()  # of ids that were folded
        self._nobodys: list[TransactionRecord] = []  # closed transactions without a customer, where the settings fold
        self._no_points: tuple[Decimal, ...] = (ZERO,) * len(settings.families)

    def _is_live(self, entry: Due) -> bool:
        """Whether an entry of the agenda still has something to do; what was folded has not."""
        if isinstance(entry, Lot):
            return not entry.matured
        if isinstance(entry, UserOffer):
            return entry.id in self._user_offers
        if isinstance(entry, TransactionRecord):
            return entry.id in self._transactions
        return True

    def _tell(self, at: int, what: str, customer_id: str, subject_id: str) -> None:
        if self._on_event is not None:
            self._on_event(at, what, customer_id, subject_id)

    def _customer(self, user_id: str) -> Customer:
        found = self._customers.get(user_id) or self._customers.get(user_id.lower())
        if found is None:
            raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
        return found

    def _offer(self, offer_id: str) -> Offer:
        found = self._offers.get(offer_id) or self._offers.get(offer_id.lower())
        if found is None:
            raise Refused(Reason.UNKNOWN_OFFER, "there is no such offer")
        return found

    def _user_offer(self, user_offer_id: str) -> UserOffer:
        found = self._user_offers.get(user_offer_id) or self._user_offers.get(user_offer_id.lower())
        if found is None:
            if self._is_folded(user_offer_id.lower()):
                raise Refused(Reason.USER_OFFER_FOLDED, "the user offer was used up and has been folded away since")
            raise Refused(Reason.UNKNOWN_USER_OFFER, "there is no such user offer")
        return found

    def _is_folded(self, an_id: str) -> bool:
        return self._marks is not None and an_id in self._marks

    def _holding(self, customer: Customer, family: int) -> Holding:
        if customer.holdings is None:
            customer.holdings = [None] * len(self.settings.families)
        holding = customer.holdings[family]
        if holding is None:
            holding = customer.holdings[family] = Holding()
        return holding

    def _balance(self, customer: Customer, account: int) -> Decimal:
        """The balance of one account by its index in the settings; 0 when it was never touched."""
        where = self.settings.accounts[account]
        holding = customer.holdings[where.family] if customer.holdings is not None else None
        if holding is None:
            return ZERO
        found = holding.escrow if where.escrow else holding.account
        return ZERO if found is None else found.balance
