"""The whole program: one state, and the parts that work on it."""

from __future__ import annotations

from collections.abc import Callable

from offerproof.program.accounts import Accounts
from offerproof.program.customers import Customers
from offerproof.program.earning import Earning
from offerproof.program.folding import Folding
from offerproof.program.life_cycle import LifeCycle
from offerproof.program.model import Lot, Membership, UserOfferRecord
from offerproof.program.offers import Offers
from offerproof.program.points import Points
from offerproof.program.pricing import Pricer
from offerproof.program.redemption import Redemption
from offerproof.program.setting_types import Settings
from offerproof.program.state import CashOutDate, CodeEnd, Due, EventSink, LockEnd, State, YearStart
from offerproof.program.tiers import Tiers
from offerproof.program.transactions import Transactions
from offerproof.program.wallets import Wallets


class Program:
    """The loyalty program: its state, and its rules by what they are about.

    Operations of the business: ``customers`` create, load, find · ``tiers`` enrol, unenrol, standing, progress ·
    ``accounts`` of, available_points, lookup_points · ``points`` cash_out · ``offers`` create, fetch, text_of ·
    ``wallets`` issue, load, revoke, page, history · ``redemption`` lookup, lock, unlock, redeem, reinstate,
    make_ttl_code · ``transactions`` send. Each takes ``now`` (microseconds, UTC) where it matters, changes the state in
    place and returns model objects, or raises ``Refused`` and changes nothing. Call ``advance(now)`` before each;
    ``now`` never goes back.

    ``new_id()`` gives a fresh lower-case GUID. ``on_event(at, what, customer_id, subject_id)`` is told of everything
    that happens, also of what time brings (points mature, offers expire). Rules are small public methods of the part
    they belong to, called through it by all others, so that one of them can be replaced on an instance.
    """

    def __init__(self, settings: Settings, new_id: Callable[[], str], on_event: EventSink | None = None) -> None:
        self.state = State(settings, new_id, on_event)
        self._agenda = self.state.agenda
        self.offers = Offers(self.state)
        self.pricer = Pricer(self.state)
        self.accounts = Accounts(self.state)
        self.tiers = Tiers(self.state, self.accounts)
        self.customers = Customers(self.state, self.tiers)
        self.folding = Folding(self.state)
        self.life_cycle = LifeCycle(self.state, self.offers, self.folding)
        self.wallets = Wallets(self.state, self.offers, self.life_cycle)
        self.redemption = Redemption(self.state, self.customers, self.wallets, self.life_cycle, self.pricer)
        self.points = Points(self.state, self.accounts, self.tiers, self.offers, self.life_cycle)
        self.earning = Earning(self.state, self.tiers)
        self.transactions = Transactions(
            self.state, self.redemption, self.life_cycle, self.earning, self.points, self.folding
        )
        for prepared in settings.offers.prepared:
            self.offers.create(prepared.created_at, prepared.draft)

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
            self.points.mature_lot(at, entry)
        elif isinstance(entry, UserOfferRecord):
            self.life_cycle.end_validity(at, entry)
        elif isinstance(entry, Membership):
            self.tiers.expire_level(at, entry)
        elif isinstance(entry, LockEnd):
            self.life_cycle.end_lock(at, entry)
        elif isinstance(entry, CodeEnd):
            self.state.codes.pop(entry.code, None)
        elif isinstance(entry, YearStart):
            self.points.restart_year(at, entry)
        elif isinstance(entry, CashOutDate):
            self.points.cash_out_on_date(at, entry)
        else:
            self.folding.fold_by_age(entry)
