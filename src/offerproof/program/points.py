"""Points: lots in escrow and their maturing, returns, issue rules, restarts and cash-out."""

from __future__ import annotations

from decimal import Decimal

from offerproof.program.accounts import Accounts
from offerproof.program.calendar import next_of_dates, next_year_start
from offerproof.program.life_cycle import LifeCycle
from offerproof.program.model import ZERO, CustomerRecord, GiftCard, Holding, Lot
from offerproof.program.offers import Offers
from offerproof.program.refusal import Refused
from offerproof.program.setting_types import IssueRule
from offerproof.program.state import CashOutDate, State, YearStart
from offerproof.program.tiers import Tiers


class Points:
    """Where points go from when they are earned. ``Holding`` says what always holds."""

    def __init__(self, state: State, accounts: Accounts, tiers: Tiers, offers: Offers, life_cycle: LifeCycle) -> None:
        self._state = state
        self._accounts = accounts
        self._tiers = tiers
        self._offers = offers
        self._life_cycle = life_cycle

    def earn(self, at: int, customer: CustomerRecord, points: tuple[Decimal, ...], matures_at: int) -> Lot | None:
        """Put points (by family) into escrow as one lot; None when there are none."""
        if not any(points):
            return None
        lot = Lot(customer, points, matures_at)
        for family, amount in enumerate(points):
            if amount:
                self.put_into_escrow(customer, family, amount)
        if self._state.on_event is not None:
            self._state.tell(at, "points_earned", customer.id, str(points[0]))
        if matures_at <= at:
            self.mature_lot(at, lot)
        else:
            self._state.agenda.add(matures_at, lot)
        self._apply_issue_rules(at, customer)
        return lot

    def put_into_escrow(self, customer: CustomerRecord, family: int, amount: Decimal) -> None:
        """Add points to a customer's escrow of one family, which is opened by the first."""
        holding = self._accounts.holding(customer, family)
        escrow = holding.escrow
        if escrow is None:
            escrow = holding.escrow = self._accounts.open()
        escrow.balance += amount
        escrow.life_time_value += amount
        holding.earned += amount

    def mature_lot(self, at: int, lot: Lot) -> None:
        """The return period is over: the lot rolls over into the final accounts, and tiers move at once."""
        if lot.matured:
            return  # folded into another one
        lot.matured = True
        for family, amount in enumerate(lot.points):
            if amount:
                self.roll_over(at, lot.customer, family, amount)
        self._state.tell(at, "points_matured", lot.customer.id, str(lot.points[0]))
        self._tiers.move(at, lot.customer)

    def roll_over(self, at: int, customer: CustomerRecord, family: int, amount: Decimal) -> None:
        """Move points of one family from escrow into the final account, which is opened by the first."""
        holding = self._accounts.holding(customer, family)
        escrow = holding.escrow
        if escrow is not None:
            escrow.balance -= amount
            if self._state.settings.points.life_time_moves:
                escrow.life_time_value -= amount
        if holding.account is None:
            holding.account = self._accounts.open()
        holding.account.balance += amount
        holding.account.life_time_value += amount
        self._schedule_emptying(at, customer, family, holding)

    def _schedule_emptying(self, at: int, customer: CustomerRecord, family: int, holding: Holding) -> None:
        """Points in a final account wait for the yearly restart or the next cash-out date, if there is one."""
        if holding.emptying_at is not None:
            return
        kind = self._state.settings.families[family]
        if kind.yearly_restart:
            holding.emptying_at = next_year_start(at)
            self._state.agenda.add(holding.emptying_at, YearStart(customer, family))
        elif kind.cash_out and self._state.settings.points.cash_out.dates:
            holding.emptying_at = next_of_dates(at, self._state.settings.points.cash_out.dates)
            self._state.agenda.add(holding.emptying_at, CashOutDate(customer, family))

    def return_from_lot(self, at: int, lot: Lot, kept: tuple[Decimal, ...]) -> None:
        """Lower a lot to what is kept of it: out of escrow inside the return period, else out of the final account."""
        for family, (before, after) in enumerate(zip(lot.points, kept, strict=True)):
            if before > after:
                self.take_back(lot, family, before - after)
        if kept != lot.points:
            lot.points = kept
            self._state.tell(at, "points_returned", lot.customer.id, str(kept[0]))

    def take_back(self, lot: Lot, family: int, amount: Decimal) -> None:
        """Take returned points out of escrow, or of the final account when the lot has matured."""
        holding = self._accounts.holding(lot.customer, family)
        account = holding.account if lot.matured else holding.escrow
        if account is None:
            return
        if lot.matured and not self._state.settings.points.may_go_negative:
            amount = min(amount, max(account.balance, ZERO))
        account.balance -= amount
        holding.returned += amount

    def _apply_issue_rules(self, at: int, customer: CustomerRecord) -> None:
        for index, rule in enumerate(self._state.settings.issue_rules):
            reached = self._times_reached(customer, rule)
            if reached <= 0 or (customer.fired is not None and customer.fired[index] >= reached):
                continue
            if customer.fired is None:
                customer.fired = [0] * len(self._state.settings.issue_rules)
            times = reached - customer.fired[index]
            customer.fired[index] = reached
            self._issue_by_rule(at, customer, rule, min(times, rule.most_at_once))

    def _times_reached(self, customer: CustomerRecord, rule: IssueRule) -> int:
        """How often a rule should have fired by now: for points earned in the family, less what was returned."""
        holding = self._accounts.holding(customer, rule.family)
        times = int((holding.earned - holding.returned) // rule.points)
        return times if rule.repeats else min(times, 1)

    def _issue_by_rule(self, at: int, customer: CustomerRecord, rule: IssueRule, times: int) -> None:
        """A rule whose offer cannot be issued now gives nothing."""
        try:
            offer = self._offers.to_issue(at, rule.offer_id, exact_version=False)
        except Refused:
            return
        keep = self._state.settings.folding.keep
        if keep is not None:  # a wallet that nobody empties must not grow for ever
            waiting = sum(one.offer.root_id == offer.root_id for one in (customer.wallet or {}).values())
            times = min(times, keep - waiting)
        for _ in range(times):
            self._life_cycle.issue(at, customer, offer)

    def restart_year(self, at: int, due: YearStart) -> None:
        """Qualifying points start again: the final account is emptied."""
        holding = self._accounts.holding(due.customer, due.family)
        holding.emptying_at = None
        if holding.account is not None and holding.account.balance > 0:
            holding.expired += holding.account.balance
            holding.account.balance = ZERO
            self._state.tell(at, "points_restarted", due.customer.id, str(due.family))

    def cash_out_on_date(self, at: int, due: CashOutDate) -> None:
        """Pay out one family of one customer, and wait for the next date while points are left."""
        holding = self._accounts.holding(due.customer, due.family)
        holding.emptying_at = None
        self._cash_out_family(at, due.customer, due.family)
        if holding.account is not None and holding.account.balance > 0:
            self._schedule_emptying(at, due.customer, due.family, holding)

    def cash_out(self, now: int, user_id: str | None = None) -> list[GiftCard]:
        """Turn spendable balances into gift cards, of one customer or (None) of all. Too few points: no card.

        Refused: UNKNOWN_CUSTOMER."""
        customers = self._state.customers.values() if user_id is None else (self._state.customer(user_id),)
        cards = []
        for customer in customers:
            for family, kind in enumerate(self._state.settings.families):
                if kind.cash_out and (card := self._cash_out_family(now, customer, family)) is not None:
                    cards.append(card)
        return cards

    def _cash_out_family(self, at: int, customer: CustomerRecord, family: int) -> GiftCard | None:
        """Escrow is never cashed out. What does not make a whole step stays."""
        holding = None if customer.holdings is None else customer.holdings[family]
        if holding is None or holding.account is None:
            return None
        points = self._points_to_cash_out(holding.account.balance)
        if points <= 0:
            return None
        holding.account.balance -= points
        holding.cashed_out += points
        card = GiftCard(self._state.new_id(), points, points * self._state.settings.points.cash_out.value_per_point, at)
        if customer.gift_cards is None:
            customer.gift_cards = []
        customer.gift_cards.append(card)
        self._state.tell(at, "points_cashed_out", customer.id, card.id)
        return card

    def _points_to_cash_out(self, balance: Decimal) -> Decimal:
        terms = self._state.settings.points.cash_out
        if balance <= 0 or balance < terms.minimum:
            return ZERO
        return balance // terms.step * terms.step
