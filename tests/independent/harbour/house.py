"""The whole state: members, offers, user offers, sales, and the effects that are still on their way.

One lock guards all of it; each request first lets happen what is due.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from .members import NOUGHT, RATE, Member, Register
from .offers import Line, Offer, UserOffer, read_offer
from .plain import Refusal, now

RETAILER = "C0FFEE00-1234-4ABC-8DEF-00C0FFEE0000"
GIFT_AT = Decimal(100)
"""Earned points that bring the rule's offer, once for each customer."""


@dataclass
class Lot:
    """Points of one sale on their way to a member's final accounts."""

    member: Member
    points: Decimal
    bonus: Decimal
    due: datetime
    landed: bool = False


@dataclass
class Sale:
    """The latest accepted version of a transaction, and what it has brought so far."""

    id: str
    modified: datetime
    closed: bool
    lots: list[Lot] = field(default_factory=list)
    versions: int = 0
    """How many closed ones were accepted."""


@dataclass(frozen=True)
class Receipt:
    """One version of a transaction as a till sent it."""

    id: str
    modified: datetime
    closed: bool
    lines: tuple[Line, ...]
    payers: tuple[Member, ...]
    handed_back: tuple[str, ...]
    """Ids of the user offers that its discounts carry."""


class House:
    """Everything that is known, and what can be done with it."""

    def __init__(
        self,
        *,
        delay_ms: int,
        escrow_s: float,
        lock_s: float,
        busy_s: float = 0,
        takes_late: bool = True,
        welcome: Sequence[str] = (),
        defects: frozenset[str] = frozenset(),
    ) -> None:
        self.guard = threading.RLock()
        self.defects = defects
        self.register = Register()
        self.register.forgiving = "six-digits-are-enough" in defects
        self.offers: dict[str, Offer] = {}
        self.user_offers: dict[str, UserOffer] = {}
        self.wallets: dict[str, list[UserOffer]] = {}
        self.sales: dict[str, Sale] = {}
        self.redeemed_at_the_till: set[str] = set()
        self.answered: dict[tuple[str, ...], object] = {}
        self.busy_s = float("inf") if "pending-for-ever" in defects else busy_s
        self.busy_until: dict[tuple[str, ...], float] = {}
        self.escrow_s = escrow_s
        self._delay = timedelta(milliseconds=delay_ms)
        self._lock_s = lock_s
        self._takes_late = takes_late
        self._welcome = welcome
        self._coming: deque[tuple[datetime, Callable[[], object]]] = deque()
        self._landing: deque[Lot] = deque()
        self.gift = self.add_offer(read_offer(_GIFT))

    def broken(self, defect: str) -> bool:
        """Whether this defect was planted."""
        return defect in self.defects

    # What is due

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        while self._coming and self._coming[0][0] <= now():
            self._coming.popleft()[1]()
        while self._landing and self._landing[0].due <= now():
            self._land(self._landing.popleft())
        self.register.renew_ranks()

    def _soon(self, effect: Callable[[], object]) -> None:
        self._coming.append((now() + self._delay, effect))

    def let_others_in(self) -> None:
        """Let go of the guard for a moment, in the middle of something."""
        self.guard.release()
        time.sleep(0.02)
        self.guard.acquire()

    # Offers

    def add_offer(self, offer: Offer) -> Offer:
        self.offers[offer.id] = offer
        return offer

    def welcome(self, member: Member) -> Member:
        """What a new customer gets by the house's own rules: an offer, one that has long ended, points."""
        for gift in self._welcome:
            if gift == "points":
                member.accounts["coins"].add(Decimal(400))
                member.accounts["miles"].add(Decimal(400))
                member.climb()
            elif gift == "late-offer":
                self._soon(lambda: self.give(member, self.gift))
            else:
                given = self.give(member, self.gift)
                given.acquired -= timedelta(days=400 if gift == "ended-offer" else 0)
        return member

    def give(self, member: Member, offer: Offer) -> UserOffer:
        """Put an offer into a customer's wallet."""
        given = UserOffer(str(uuid.uuid4()), member.id, offer, now())
        self.user_offers[given.id] = given
        self.wallets.setdefault(member.id, []).append(given)
        return given

    def hold(self, given: UserOffer, transaction: str) -> None:
        """Lock a user offer for a transaction; locking again for the same one begins anew."""
        self.must_be_free(given, transaction)
        given.holder = transaction
        given.held_until = now() + timedelta(seconds=self._lock_s)

    def must_be_free(self, given: UserOffer, transaction: str) -> None:
        """Refuse unless it is issued, valid, and not in another transaction's hands."""
        status = given.status()
        if status != "issued":
            raise Refusal("offer_gone", f"that user offer is {status}", 200)
        if given.leaving or (given.held() and given.holder != transaction):
            if self.broken("a-refused-rival-frees"):
                given.holder = None
            raise Refusal("offer_busy", "another transaction has that user offer locked", 409)

    def free(self, given: UserOffer) -> None:
        """Unlock; freeing what nobody holds changes nothing."""
        if given.status() != "issued" or given.leaving:
            raise Refusal("offer_gone", "that user offer is not in the wallet and not locked", 200)
        if not self.broken("unlock-only-says-so"):
            given.holder = None

    def use(self, given: UserOffer, transaction: str) -> None:
        """Redeem at once."""
        self.must_be_free(given, transaction)
        given.state, given.redeemed_by, given.holder = "redeemed", transaction, None
        if self.broken("redeeming-brings-a-gift"):
            self.give(self.register.members[given.owner], self.gift)

    def undo(self, given: UserOffer) -> None:
        """Take a redemption back; what is in the wallet already stays there."""
        if given.state == "revoked" or given.leaving:
            raise Refusal("offer_gone", "there is no redemption to take back", 200)
        given.state, given.redeemed_by, given.holder = "issued", None, None
        if self.broken("reinstated-stays-used") and given.id in self.redeemed_at_the_till:
            given.state = "redeemed"

    def take_away(self, given: UserOffer) -> None:
        """Revoke; a second time is as good as the first."""
        if given.state == "revoked":
            return
        if given.status() != "issued" or given.held():
            raise Refusal("offer_gone", "only what is issued and not locked can be revoked", 409)
        given.state = "revoked"

    # Sales

    def ring_up(self, receipt: Receipt) -> None:
        """Accept a version of a transaction; points and redemptions follow a little later."""
        sale = self.sales.get(receipt.id)
        if sale is None:
            sale = self.sales[receipt.id] = Sale(receipt.id, receipt.modified, receipt.closed)
        if receipt.modified < sale.modified:
            raise Refusal("outdated", "a newer version of that transaction is known", 409)
        sale.modified = receipt.modified
        sale.closed = sale.closed or receipt.closed
        sale.versions += sale.closed
        if self.broken("replaced-once-at-most") and sale.versions > 2:
            return
        if not sale.closed or (not self._takes_late and any(lot.landed for lot in sale.lots)):
            return
        if self.broken("redeems-what-it-locked"):
            every = {key for key, one in self.user_offers.items() if one.holder == receipt.id}
            receipt = replace(receipt, handed_back=tuple(every))
        leaving = [one for one in map(self.user_offers.get, receipt.handed_back) if one and self._leaves(one, receipt)]
        for given in leaving:
            given.leaving = True
        self._soon(lambda: self._take_effect(sale, receipt, leaving))

    def _leaves(self, given: UserOffer, receipt: Receipt) -> bool:
        mine = given.holder == receipt.id and given.held()
        return mine and not given.leaving and given.status() == "issued"

    def _take_effect(self, sale: Sale, receipt: Receipt, leaving: list[UserOffer]) -> None:
        self.redeemed_at_the_till.update(one.id for one in leaving)
        for given in leaving:
            given.state, given.leaving, given.redeemed_by, given.holder = "redeemed", False, sale.id, None
        total = sum((line.subtotal for line in receipt.lines), NOUGHT)
        shares = len(receipt.payers) or 1
        points, bonus = total * RATE / shares, Decimal(5) if total >= 50 else NOUGHT
        wanted = {one.id: (one, points, bonus) for one in receipt.payers}
        if self.broken("again-earns-again"):
            sale.lots.clear()
        for lot in [one for one in sale.lots if one.points]:
            self._take_back(lot)
        sale.lots.clear()
        for member, share, extra in wanted.values():
            if share:
                self._earn(sale, member, share, extra)

    def _earn(self, sale: Sale, member: Member, points: Decimal, bonus: Decimal) -> None:
        early = self.escrow_s * 0.75 if self.broken("points-land-early") else 0
        lot = Lot(member, points, bonus, now() + timedelta(seconds=self.escrow_s - early))
        sale.lots.append(lot)
        member.earned += points + bonus
        member.changed = now()
        member.accounts["stamps"].add(Decimal(1))
        if self.escrow_s:
            member.accounts["waiting_coins"].add(points + bonus)
            member.accounts["waiting_miles"].add(points + bonus)
            self._landing.append(lot)
        else:
            self._land(lot)
        member.climb(by_one=self.broken("one-rank-at-a-time"))
        if member.earned >= GIFT_AT and not member.rewarded:
            member.rewarded = True
            self.give(member, self.gift)

    def _land(self, lot: Lot) -> None:
        accounts = lot.member.accounts
        coins, miles = (not (self.escrow_s and self.broken(f"{kind}-never-land")) for kind in ("coins", "miles"))
        if self.escrow_s and lot.points:
            accounts["waiting_coins"].add((-lot.points - lot.bonus) * coins)
            accounts["waiting_miles"].add((-lot.points - lot.bonus) * miles)
        lot.landed = True
        accounts["coins"].add((lot.points + lot.bonus) * coins)
        accounts["miles"].add(lot.points * miles)
        accounts["bonus_miles"].add(lot.bonus * miles)
        if not self.broken("ranks-wait-for-the-night"):
            lot.member.climb(by_one=self.broken("one-rank-at-a-time"))

    def _take_back(self, lot: Lot) -> None:
        member, accounts = lot.member, lot.member.accounts
        member.earned -= lot.points + lot.bonus
        accounts["stamps"].add(Decimal(-1))
        coins, miles = ("coins", "miles") if lot.landed else ("waiting_coins", "waiting_miles")
        accounts[coins].add(-lot.points - lot.bonus)
        if not self.broken("returned-miles-stay"):
            accounts[miles].add(-lot.points if lot.landed else -lot.points - lot.bonus)
        if lot.landed:
            accounts["bonus_miles"].add(-lot.bonus)
        lot.points = lot.bonus = NOUGHT


_GIFT = {
    "offer_type": "fixed_amount_item_discount",
    "publish": True,
    "text_config": [{"title": "5 off one piece", "description": "Thanks for 100 points", "culture": "en-gb"}],
    "common_config": {
        "acquisition_start_date": "2020-01-01T00:00:00Z",
        "acquisition_end_date": "2090-01-01T00:00:00Z",
        "validity_unit": "weeks",
        "validity_period": 6,
    },
    "discount_config": {"off_cash": 5},
}
