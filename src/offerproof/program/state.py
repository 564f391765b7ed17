"""The state that the parts of the program share, and what is due."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b

from offerproof.program.agenda import Agenda
from offerproof.program.model import (
    ZERO,
    CustomerRecord,
    Hold,
    Lot,
    Membership,
    OfferVersion,
    TransactionRecord,
    UserOfferRecord,
)
from offerproof.program.refusal import Reason, Refused
from offerproof.program.setting_types import Settings

# What is left of an id that was folded away
_BUCKETS = 4096


class Marks:
    """A set of ids that grows by eight bytes each: 64 bits of a digest, sorted in many small arrays.

    Two ids share a mark once in some 10^19 pairs. Small arrays, because a large one would stop the world at times.
    """

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(_BUCKETS)]

    def add(self, text: str) -> None:
        """Put an id in."""
        mark = _mark(text)
        bucket = self._buckets[mark % _BUCKETS]
        at = bisect_left(bucket, mark)
        if at == len(bucket) or bucket[at] != mark:
            bucket.insert(at, mark)

    def __contains__(self, text: str) -> bool:
        mark = _mark(text)
        bucket = self._buckets[mark % _BUCKETS]
        at = bisect_left(bucket, mark)
        return at < len(bucket) and bucket[at] == mark

    def __len__(self) -> int:
        return sum(len(bucket) for bucket in self._buckets)


def _mark(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest())


EventSink = Callable[[int, str, str, str], None]
"""Is told ``(at, what, customer_id, subject_id)`` of everything that happens."""


@dataclass(slots=True, frozen=True)
class LockEnd:
    """A lock runs out; it is the same lock only if the hold is the same object."""

    user_offer: UserOfferRecord
    hold: Hold


@dataclass(slots=True, frozen=True)
class CodeEnd:
    """A short-lived code runs out."""

    code: str


@dataclass(slots=True, frozen=True)
class YearStart:
    """The yearly restart of one family of one customer."""

    customer: CustomerRecord
    family: int


@dataclass(slots=True, frozen=True)
class CashOutDate:
    """The cash-out date of one family of one customer."""

    customer: CustomerRecord
    family: int


Due = UserOfferRecord | Lot | Membership | LockEnd | CodeEnd | YearStart | CashOutDate | TransactionRecord


class State:
    """What the program remembers and more than one of its parts works on, by every key it is looked up by."""

    def __init__(self, settings: Settings, new_id: Callable[[], str], on_event: EventSink | None = None) -> None:
        self.settings = settings
        self.new_id = new_id
        self.on_event = on_event
        self.customers: dict[str, CustomerRecord] = {}
        self.by_external_id: dict[str, CustomerRecord] = {}
        self.offers: dict[str, OfferVersion] = {}
        self.user_offers: dict[str, UserOfferRecord] = {}
        self.codes: dict[str, UserOfferRecord] = {}
        self.transactions: dict[str, TransactionRecord] = {}
        self.agenda: Agenda[Due] = Agenda(self._is_live)
        self.marks = None if settings.folding.keep is None else Marks()  # of ids that were folded
        self.no_points: tuple[Decimal, ...] = (ZERO,) * len(settings.families)

    def _is_live(self, entry: Due) -> bool:
        """Whether an entry of the agenda still has something to do; what was folded has not."""
        if isinstance(entry, Lot):
            return not entry.matured
        if isinstance(entry, UserOfferRecord):
            return entry.id in self.user_offers
        if isinstance(entry, TransactionRecord):
            return entry.id in self.transactions
        return True

    def tell(self, at: int, what: str, customer_id: str, subject_id: str) -> None:
        """Say that something happened; ids are empty where there is nobody or nothing."""
        if self.on_event is not None:
            self.on_event(at, what, customer_id, subject_id)

    def customer(self, user_id: str) -> CustomerRecord:
        """A customer by id, in any case of letters. Refused: UNKNOWN_CUSTOMER."""
        found = self.customers.get(user_id) or self.customers.get(user_id.lower())
        if found is None:
            raise Refused(Reason.UNKNOWN_CUSTOMER, "there is no such customer")
        return found

    def offer(self, offer_id: str) -> OfferVersion:
        """One version of an offer by id, in any case of letters. Refused: UNKNOWN_OFFER."""
        found = self.offers.get(offer_id) or self.offers.get(offer_id.lower())
        if found is None:
            raise Refused(Reason.UNKNOWN_OFFER, "there is no such offer")
        return found

    def user_offer(self, user_offer_id: str) -> UserOfferRecord:
        """A user offer by id, in any case of letters. Refused: UNKNOWN_USER_OFFER, USER_OFFER_FOLDED."""
        found = self.user_offers.get(user_offer_id) or self.user_offers.get(user_offer_id.lower())
        if found is None:
            if self.is_folded(user_offer_id.lower()):
                raise Refused(Reason.USER_OFFER_FOLDED, "the user offer was used up and has been folded away since")
            raise Refused(Reason.UNKNOWN_USER_OFFER, "there is no such user offer")
        return found

    def is_folded(self, an_id: str) -> bool:
        """Whether something had this id and was folded away."""
        return self.marks is not None and an_id in self.marks
