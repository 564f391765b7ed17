"""Tier systems: entry, movement when points roll over, expiry, and what a customer's standing is."""

from __future__ import annotations

from decimal import Decimal

from offerproof.program.accounts import Accounts
from offerproof.program.calendar import DAY, end_of_following_year
from offerproof.program.model import ZERO, CustomerRecord, Membership, Standing, TierLevel, TierProgress, TierSystem
from offerproof.program.setting_types import Enrolment
from offerproof.program.state import State


class Tiers:
    """Who stands where in which tier system."""

    def __init__(self, state: State, accounts: Accounts) -> None:
        self._state = state
        self._accounts = accounts

    def enrol(self, now: int, user_id: str) -> CustomerRecord:
        """Opt a customer in: from rank 0 to what the points reach, at least rank 1. Refused: UNKNOWN_CUSTOMER."""
        customer = self._state.customer(user_id)
        customer.profile.opted_in = True
        for membership in customer.memberships:
            if membership.level.rank == 0:
                self.enter_level(now, membership, self.level_reached(membership))
        return customer

    def unenrol(self, now: int, user_id: str) -> CustomerRecord:
        """Opt a customer out: back to rank 0; the points stay. Refused: UNKNOWN_CUSTOMER."""
        customer = self._state.customer(user_id)
        customer.profile.opted_in = False
        for membership in customer.memberships:
            if membership.level.rank > 0:
                self.enter_level(now, membership, membership.system.levels[0])
        return customer

    def standing(self, customer: CustomerRecord) -> Standing:
        """Points and tier in the primary tier system (the members of ``user``)."""
        membership = customer.memberships[0]
        level = membership.level
        points = self._qualifying_points(customer, membership.system)
        target = self._target_shown(membership)
        return Standing(
            available_points=self._accounts.available_points(customer),
            tier=level.name,
            tier_system=membership.system.name,
            tier_points=points,
            next_tier_points=None if target is None else self._points_missing(membership, target, points),
            tier_ends_value=target,
            tier_starts_value=level.threshold,
            next_tier_percentage=min(Decimal(100), points * 100 // target) if target else ZERO,
            tier_entered_at=membership.joined_at,
            tier_resets_at=membership.expires_at,
        )

    def progress(self, customer: CustomerRecord) -> list[TierProgress]:
        """One entry for each tier system, in the settings' order (``tier_details.tier_levels``)."""
        progress = []
        for membership in customer.memberships:
            points = self._qualifying_points(customer, membership.system)
            above = self._next_level(membership)
            passed = above is not None and points >= above.threshold
            progress.append(TierProgress(membership, membership.level, above, points, passed))
        return progress

    def join(self, now: int, customer: CustomerRecord) -> None:
        """Give a new customer a place in every tier system: rank 1, or 0 who does not start enrolled."""
        rank = 1 if self._starts_enrolled(customer) else 0
        customer.memberships = tuple(
            Membership(self._state.new_id(), customer, system, system.levels[rank], now, None)
            for system in self._state.settings.tiers.systems
        )

    def _starts_enrolled(self, customer: CustomerRecord) -> bool:
        enrolment = self._state.settings.customers.enrolment
        return enrolment is Enrolment.ALWAYS or (enrolment is Enrolment.OPTED_IN and bool(customer.profile.opted_in))

    def is_enrolled(self, customer: CustomerRecord) -> bool:
        """Whether a customer is in the program: above rank 0 of the primary tier system."""
        return customer.memberships[0].level.rank > 0

    def move(self, at: int, customer: CustomerRecord) -> None:
        """Upward movement, at once, when qualifying points reach a higher level."""
        for membership in customer.memberships:
            if membership.level.rank == 0:
                continue
            reached = self.level_reached(membership)
            if reached.rank > membership.level.rank:
                self.enter_level(at, membership, reached)

    def level_reached(self, membership: Membership) -> TierLevel:
        """The highest level whose threshold the points reach; at least rank 1."""
        levels = membership.system.levels
        points = self._qualifying_points(membership.customer, membership.system)
        rank = 1
        while rank + 1 < len(levels) and points >= levels[rank + 1].threshold:
            rank += 1
        return levels[rank]

    def enter_level(self, at: int, membership: Membership, level: TierLevel) -> None:
        """Put a customer on a level of a tier system, from now on and until it expires."""
        membership.level = level
        membership.joined_at = at
        membership.customer.updated_at = at
        self._set_expiry(at, membership)
        self._state.tell(at, "tier_entered", membership.customer.id, level.name)

    def _set_expiry(self, at: int, membership: Membership) -> None:
        membership.expires_at = self._level_expiry(at, membership.system, membership.level)
        if membership.expires_at is not None:
            self._state.agenda.add(membership.expires_at, membership)

    def _level_expiry(self, at: int, system: TierSystem, level: TierLevel) -> int | None:
        if not level.expires:
            return None
        if system.expiry_days is not None:
            return at + system.expiry_days * DAY
        return end_of_following_year(at)

    def expire_level(self, at: int, membership: Membership) -> None:
        """A level's time is over: renew it when the points still reach it, or fall to what they reach."""
        if membership.expires_at != at:
            return  # it was left or renewed since
        reached = self.level_reached(membership)
        if reached.rank >= membership.level.rank:
            self._set_expiry(at, membership)
            self._state.tell(at, "tier_renewed", membership.customer.id, membership.level.name)
        else:
            self.enter_level(at, membership, reached)

    def _qualifying_points(self, customer: CustomerRecord, system: TierSystem) -> Decimal:
        if customer.holdings is None:
            return ZERO
        return sum((self._accounts.balance(customer, account) for account in system.accounts), ZERO)

    def _next_level(self, membership: Membership) -> TierLevel | None:
        levels = membership.system.levels
        rank = membership.level.rank + 1
        return levels[rank] if rank < len(levels) else None

    def _target_shown(self, membership: Membership) -> Decimal | None:
        above = self._next_level(membership)
        if above is None:
            return ZERO
        if membership.level.rank <= 1 and not self._state.settings.tiers.unenrolled_shows_next_target:
            return None
        return above.threshold

    def _points_missing(self, membership: Membership, target: Decimal, points: Decimal) -> Decimal:
        return ZERO if self._next_level(membership) is None else target - points
