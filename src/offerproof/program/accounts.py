"""Point accounts: what a customer has in each family, and what is shown of it."""

from __future__ import annotations

from decimal import Decimal

from offerproof.program.model import ZERO, Account, CustomerRecord, Holding
from offerproof.program.setting_types import AccountSettings, LookupPoints
from offerproof.program.state import State


class Accounts:
    """Who has how many points where."""

    def __init__(self, state: State) -> None:
        self._state = state

    def holding(self, customer: CustomerRecord, family: int) -> Holding:
        """A customer's points of one family, by its index in the settings; empty ones when there were none yet."""
        if customer.holdings is None:
            customer.holdings = [None] * len(self._state.settings.families)
        holding = customer.holdings[family]
        if holding is None:
            holding = customer.holdings[family] = Holding()
        return holding

    def open(self) -> Account:
        """An empty account with an id of its own."""
        return Account(self._state.new_id(), ZERO, ZERO)

    def balance(self, customer: CustomerRecord, account: int) -> Decimal:
        """The balance of one account by its index in the settings; 0 when it was never touched."""
        where = self._state.settings.accounts[account]
        holding = customer.holdings[where.family] if customer.holdings is not None else None
        if holding is None:
            return ZERO
        found = holding.escrow if where.escrow else holding.account
        return ZERO if found is None else found.balance

    def of(self, customer: CustomerRecord) -> list[tuple[AccountSettings, Account | None]]:
        """All point accounts in the settings' order; None: never touched (empty id, 0, 0 on the wire)."""
        holdings = customer.holdings
        if holdings is None:
            return [(account, None) for account in self._state.settings.accounts]
        found: list[tuple[AccountSettings, Account | None]] = []
        for account in self._state.settings.accounts:
            holding = holdings[account.family]
            part = None if holding is None else holding.escrow if account.escrow else holding.account
            found.append((account, part))
        return found

    def available_points(self, customer: CustomerRecord) -> Decimal:
        """The points of the accounts labelled "Spend", with their escrow if the settings say so."""
        if customer.holdings is None:
            return ZERO
        total = ZERO
        for account in self._state.settings.accounts:
            holding = customer.holdings[account.family]
            if account.label != "Spend" or holding is None:
                continue
            if holding.account is not None:
                total += holding.account.balance
            if self._state.settings.points.available_includes_escrow and holding.escrow is not None:
                total += holding.escrow.balance
        return total

    def lookup_points(self, customer: CustomerRecord) -> Decimal:
        """What Lookup shows as ``points``, by setting: the available points, or a sum over all accounts."""
        shown = self._state.settings.points.lookup
        if shown is LookupPoints.AVAILABLE:
            return self.available_points(customer)
        accounts = [account for _, account in self.of(customer) if account is not None]
        if shown is LookupPoints.TOTAL:
            return sum((account.balance for account in accounts), ZERO)
        return sum((account.life_time_value for account in accounts), ZERO)
