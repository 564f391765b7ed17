"""Whatever tills and time do: points are conserved, listings agree with states, refusals change nothing."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from offerproof.program import Program, Refused, Settings
from offerproof.program.model import (
    ZERO,
    CustomerAttributes,
    Discount,
    Key,
    Line,
    Lot,
    OfferCommon,
    OfferDraft,
    OfferText,
    Payment,
    Transaction,
    UserOfferState,
)

DAY = 86_400_000_000
WHO = st.integers(0, 2)
TILL = st.sampled_from(["a", "b", "c"])
MONEY = st.decimals(0, 900, places=2)
LEGAL = {
    (UserOfferState.ISSUED, UserOfferState.LOCKED),
    (UserOfferState.LOCKED, UserOfferState.ISSUED),
    (UserOfferState.ISSUED, UserOfferState.REDEEMED),
    (UserOfferState.LOCKED, UserOfferState.REDEEMED),
    (UserOfferState.REDEEMED, UserOfferState.ISSUED),
    (UserOfferState.ISSUED, UserOfferState.EXPIRED),
    (UserOfferState.LOCKED, UserOfferState.EXPIRED),
    (UserOfferState.ISSUED, UserOfferState.REVOKED),
    (UserOfferState.LOCKED, UserOfferState.REVOKED),
}


def machine(program_settings: Settings) -> Any:
    """The state machine for one program file."""

    class Shop(RuleBasedStateMachine):
        program: Any

        @initialize()
        def open_shop(self):
            count = iter(range(10**9))
            self.program = Program(program_settings, lambda: f"00000000-0000-4000-8000-{next(count):012x}")
            self.now = 1_536_336_000_000_000
            create = self.program.customers.create
            self.customers: list[Any] = [
                create(self.now, CustomerAttributes(external_id=f"ext-{n}", opted_in=n < 2)) for n in range(3)
            ]
            draft = OfferDraft(
                "percent_check_discount",
                [OfferText("en", "Ten percent")],
                common=OfferCommon(validity_unit="days", validity_period=20),
                discount_config={"percent": "10"},
            )
            self.offer = self.program.offers.create(self.now, draft).offer.id
            self.seen: dict[str, UserOfferState] = {}
            self.clock = 0

        def user_offer(self, draw: int) -> str:
            there = list(self.program.state.user_offers)
            return there[draw % len(there)] if there else "none"

        def attempt(self, call: Callable[[], object]) -> None:
            """A refusal must leave everything as it was."""
            before = self.snapshot()
            try:
                call()
            except Refused:
                assert self.snapshot() == before

        def snapshot(self) -> object:
            state, accounts_of = self.program.state, self.program.accounts.of
            return (
                [
                    (one.id, one.state, one.hold and (one.hold.transaction_id, one.hold.at))
                    for one in state.user_offers.values()
                ],
                [[a and (a.balance, a.life_time_value) for _, a in accounts_of(c)] for c in self.customers],
                [(r.id, r.state, r.modified_at, len(r.lots)) for r in state.transactions.values()],
            )

        @rule(days=st.integers(0, 40))
        def time_passes(self, days):
            self.now += days * DAY
            self.program.advance(self.now)

        @rule(who=WHO, quantity=st.integers(1, 2))
        def issue(self, who, quantity):
            self.attempt(lambda: self.program.wallets.issue(self.now, self.customers[who].id, self.offer, quantity))

        @rule(draw=st.integers(0, 50), till=TILL, price=MONEY, at_once=st.booleans())
        def take_offer(self, draw, till, price, at_once):
            basket = Transaction(till, [Line("1", "x", Decimal(1), price, price)])
            call = self.program.redemption.redeem if at_once else self.program.redemption.lock
            self.attempt(lambda: call(self.now, self.user_offer(draw), "userofferid", basket))

        @rule(draw=st.integers(0, 50), verb=st.sampled_from(["unlock", "reinstate", "revoke"]))
        def put_back(self, draw, verb):
            part = self.program.wallets if verb == "revoke" else self.program.redemption
            self.attempt(lambda: getattr(part, verb)(self.now, self.user_offer(draw)))

        @rule(
            till=TILL,
            price=MONEY,
            payers=st.lists(st.tuples(WHO, MONEY), max_size=3),
            draws=st.lists(st.integers(0, 50), max_size=2),
            closed=st.booleans(),
            voided=st.sampled_from([False, False, False, True]),
            step=st.sampled_from([1, 1, 1, 0]),
        )
        def send(self, till, price, payers, draws, closed, voided, step):
            self.clock += step
            basket = Transaction(
                till,
                [Line("1", "x", Decimal(1), price, price)],
                is_closed=closed,
                is_voided=voided,
                payments=[Payment(money, f"ext-{who}", "External_ID") for who, money in payers],
                discounts=[Discount(self.user_offer(draw), Decimal(1), "userofferid") for draw in draws],
                modified_at=self.clock,
            )
            self.attempt(lambda: self.program.transactions.send(self.now, basket))

        @rule(who=st.none() | WHO)
        def cash_out(self, who):
            self.program.points.cash_out(self.now, None if who is None else self.customers[who].id)

        @rule(who=WHO, enrol=st.booleans())
        def change_enrolment(self, who, enrol):
            (self.program.tiers.enrol if enrol else self.program.tiers.unenrol)(self.now, self.customers[who].id)

        @invariant()
        def points_are_conserved(self):
            for customer in self.customers:
                for holding in filter(None, customer.holdings or ()):
                    parts = [part.balance for part in (holding.account, holding.escrow) if part is not None]
                    went = holding.earned - holding.returned - holding.cashed_out - holding.expired
                    assert went == sum(parts, ZERO)
                    assert all(part >= 0 for part in parts)
                if customer.holdings and all(customer.holdings):
                    spendable, qualifying = customer.holdings
                    assert spendable.earned == qualifying.earned

        @invariant()
        def escrow_is_what_the_waiting_lots_hold(self):
            waiting: dict[str, Decimal] = {}
            due = self.program.state.agenda._at.values()
            lots = [one for there in due for one in (there if isinstance(there, list) else [there])]
            lots = [one for one in lots if isinstance(one, Lot) and not one.matured]
            for lot in lots:
                waiting[lot.customer.id] = waiting.get(lot.customer.id, ZERO) + lot.points[0]
            for record in self.program.state.transactions.values():
                assert all(lot.matured or any(lot is one for one in lots) for lot in record.lots)
            for customer in self.customers:
                escrow = self.program.accounts.of(customer)[1][1]
                assert (escrow.balance if escrow else 0) == waiting.get(customer.id, 0)

        @invariant()
        def states_change_only_along_the_life_cycle(self):
            for one in self.program.state.user_offers.values():
                before = self.seen.get(one.id, UserOfferState.ISSUED)
                path = {before} | {after for start, after in LEGAL if start is before}
                further = {after for start, after in LEGAL if start in path}
                assert one.state in path | further
                assert (one.hold is not None) == (one.state in (UserOfferState.LOCKED, UserOfferState.REDEEMED))
                if one.state in (UserOfferState.ISSUED, UserOfferState.LOCKED):
                    assert one.ends_at is None or one.ends_at > self.now
                self.seen[one.id] = one.state

        @invariant()
        def listings_agree_with_states(self):
            for customer in self.customers:
                history = self.program.wallets.history([customer.id], 0, 1000).user_offers
                issued = [one.id for one in history if one.state is UserOfferState.ISSUED]
                shown = [one.id for one in self.program.wallets.page(customer.id, 0, 1000).user_offers]
                assert shown == issued
                held = [one.id for one in history if one.state in (UserOfferState.ISSUED, UserOfferState.LOCKED)]
                wallet = self.program.redemption.lookup(self.now, Key.USER_ID, customer.id)
                assert [one.id for one in wallet.offers] == held

        @invariant()
        def tiers_and_points_tell_the_same(self):
            for customer in self.customers:
                standing = self.program.tiers.standing(customer)
                (progress,) = self.program.tiers.progress(customer)
                assert progress.points == standing.tier_points
                if progress.next_level is not None:
                    assert standing.next_tier_points == standing.tier_ends_value - standing.tier_points
                if progress.level.rank > 0 and progress.next_level is not None:
                    assert standing.next_tier_points > 0

    return Shop


def run(shop: Any) -> None:
    shop.TestCase.settings = settings(
        max_examples=120,
        stateful_step_count=30,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )
    case = shop.TestCase()
    case.runTest()


@pytest.mark.slow
def test_points_and_user_offers_stay_consistent_with_a_short_return_period(acme, settings_of):
    acme["points"]["return_period_days"] = 3
    run(machine(settings_of(acme)))


@pytest.mark.slow
def test_they_stay_consistent_with_restarts_dates_folding_and_lock_lives(acme, settings_of):
    acme["families"][1]["yearly_restart"] = True
    acme["cash_out"]["dates"] = ["03-31", "12-31"]
    acme["points"]["fraction_digits"] = 2
    acme["user_offers"]["lock_seconds"] = 3600
    acme["tier_systems"][0]["expiry"] = {"kind": "days", "days": 30}
    run(machine(settings_of(acme)))


@pytest.mark.slow
def test_they_stay_consistent_when_all_but_the_last_is_folded(acme, settings_of):
    acme["folding"] = {"keep": 1}
    acme["points"]["return_period_days"] = 3
    run(machine(settings_of(acme)))
