"""Tiers: entry, movement on roll-over, expiry, and the identities of the user and tier_details."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


def end_of(year: int) -> int:
    return at(f"{year + 1}-01-01T00:00:00") - 1


def test_points_move_the_tier_when_they_roll_over_and_not_before(world):
    member = world.customer()
    world.spend(member, "2000")
    loaded = world.now
    world.days(29.9)
    assert world.program.tiers.standing(member).tier == "BASE"
    world.days(0.1)
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_system) == ("SILVER", "ACME Tier System")
    assert standing.tier_entered_at == loaded + 30 * 86_400_000_000
    assert standing.tier_resets_at == end_of(2019)
    assert (standing.tier_points, standing.next_tier_points, standing.tier_ends_value) == (2000, 8000, 10000)
    assert (standing.tier_starts_value, standing.next_tier_percentage) == (2000, 20)
    assert standing.available_points == 2000


def test_one_point_less_stays_below(world):
    member = world.customer()
    world.spend(member, "1999.99")
    world.days(31)
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_points, standing.next_tier_points) == ("BASE", 1999, 1)


def test_a_tier_can_be_skipped_and_the_top_has_nothing_above(world):
    member = world.customer()
    world.spend(member, "10000")
    world.days(30)
    standing = world.program.tiers.standing(member)
    assert standing.tier == "GOLD"
    assert (standing.tier_points, standing.next_tier_points, standing.tier_ends_value) == (10000, 0, 0)
    (progress,) = world.program.tiers.progress(member)
    assert (progress.level.name, progress.next_level, progress.points, progress.passed) == ("GOLD", None, 10000, False)
    assert [event[3] for event in world.events if event[1] == "tier_entered"] == ["GOLD"]


def test_progress_tells_of_the_rule_of_the_next_level(world):
    member = world.customer()
    (progress,) = world.program.tiers.progress(member)
    assert progress.level.name == "BASE"
    assert progress.next_level.name == "SILVER"
    assert progress.next_level.threshold == 2000
    assert (progress.points, progress.passed) == (0, False)
    assert progress.membership.system.id == "057fa4e6-b443-4a2c-a3da-23629e86b34b"


@pytest.mark.parametrize(
    ("word", "unenrolled", "base"),
    [("next_target", (0, 0), (2000, 2000)), ("nothing", (None, None), (None, None))],
)
def test_what_the_lowest_levels_show_is_a_setting(make_world, word, unenrolled, base):
    world = make_world(tiers={"unenrolled_and_base_show": word})
    for opted_in, expected in ((False, unenrolled), (True, base)):
        standing = world.program.tiers.standing(world.customer(opted_in=opted_in))
        assert (standing.tier_ends_value, standing.next_tier_points) == expected
        assert standing.tier_resets_at is None


def test_a_level_is_renewed_at_its_expiry_when_the_points_still_reach_it(world):
    member = world.customer()
    world.spend(member, "2500")
    world.days(30)
    entered = world.program.tiers.standing(member).tier_entered_at
    world.at("2020-01-01T00:00:00")
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_entered_at) == ("SILVER", entered)
    assert standing.tier_resets_at == end_of(2020)
    assert "tier_renewed" in [event[1] for event in world.events]


def test_a_level_is_lost_at_its_expiry_when_the_points_no_longer_reach_it(world):
    member = world.customer()
    world.spend(member, "10000", "big")
    world.days(31)
    world.spend(member, "3000", "big")  # most of it goes back after the return period
    assert world.balances(member)[2] == 3000
    assert world.program.tiers.standing(member).tier == "GOLD", "a return leaves the tier as it is"
    assert world.program.tiers.standing(member).tier_resets_at == end_of(2019)
    world.now = end_of(2019) - 1
    world.program.advance(world.now)
    assert world.program.tiers.standing(member).tier == "GOLD"
    world.now += 1
    world.program.advance(world.now)
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_entered_at, standing.next_tier_points) == ("SILVER", end_of(2019), 7000)
    assert standing.tier_resets_at == end_of(2020)


def test_a_level_can_last_a_number_of_days(make_world, acme):
    systems = acme["tier_systems"]
    systems[0]["expiry"] = {"kind": "days", "days": 365}
    world = make_world(tier_systems=systems)
    member = world.customer()
    world.spend(member, "2000")
    world.days(30)
    standing = world.program.tiers.standing(member)
    assert standing.tier_resets_at - standing.tier_entered_at == 365 * 86_400_000_000


def test_the_expiry_of_a_lower_level_does_not_touch_the_higher_one(make_world, acme):
    systems = acme["tier_systems"]
    systems[0]["expiry"] = {"kind": "days", "days": 365}
    world = make_world(tier_systems=systems)
    member = world.customer()
    world.spend(member, "2000")
    world.days(100)
    world.spend(member, "8000")
    world.days(30)
    gold_until = world.program.tiers.standing(member).tier_resets_at
    assert gold_until == world.now + 365 * 86_400_000_000
    world.days(300)
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_resets_at) == ("GOLD", gold_until)


def test_a_yearly_restart_empties_the_qualifying_account_and_the_tier_follows_a_year_later(make_world, acme):
    families = acme["families"]
    families[1]["yearly_restart"] = True
    world = make_world(families=families)
    member = world.customer()
    world.spend(member, "2500")
    world.days(30)
    world.at("2018-12-31T23:59:59")
    assert world.balances(member) == (2500, 0, 2500, 0)
    world.at("2019-01-01T00:00:00")
    assert world.balances(member) == (2500, 0, 0, 0)
    assert world.program.tiers.standing(member).tier == "SILVER"
    world.spend(member, "500")
    world.at("2019-06-01T00:00:00")
    assert world.balances(member)[2] == 500
    world.at("2020-01-01T00:00:00")
    assert world.balances(member)[2] == 0
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_entered_at) == ("BASE", end_of(2019))
    assert (standing.tier_ends_value, standing.next_tier_points) == (2000, 2000)
    assert member.holdings[1].expired == 3000


def test_a_level_left_before_its_expiry_is_not_touched_by_it(world):
    member = world.customer()
    world.spend(member, "2000")
    world.days(30)
    world.program.tiers.unenrol(world.now, member.id)
    world.at("2021-06-01T00:00:00")
    standing = world.program.tiers.standing(member)
    assert (standing.tier, standing.tier_resets_at) == ("UNENROLLED", None)
    world.program.tiers.enrol(world.now, member.id)
    assert world.program.tiers.standing(member).tier == "SILVER", "the points are still there"


def test_points_that_mature_after_leaving_move_no_tier(world):
    member = world.customer()
    world.spend(member, "2000")
    world.program.tiers.unenrol(world.now, member.id)
    world.days(31)
    assert world.program.tiers.standing(member).tier == "UNENROLLED"


def test_a_customer_can_be_in_several_tier_systems(make_world, acme):
    def renumbered(value: Any) -> Any:
        if isinstance(value, str) and len(value) == 36 and value.count("-") == 4:
            return "f" + value[1:] if value[0] != "f" else "e" + value[1:]
        if isinstance(value, dict):
            return {key: renumbered(one) for key, one in value.items()}
        return [renumbered(one) for one in value] if isinstance(value, list) else value

    first = acme["tier_systems"][0]
    second = {**renumbered(first), "name": "Second", "accounts": ["spendable", "spendable_escrow"]}
    second["levels"][2]["threshold"] = 50
    world = make_world(tier_systems=[first, second])
    member = world.customer()
    world.spend(member, "100")
    assert [one.level.name for one in world.program.tiers.progress(member)] == ["BASE", "BASE"]
    world.days(30)
    one, two = world.program.tiers.progress(member)
    assert (one.level.name, one.points, two.level.name, two.points) == ("BASE", 100, "SILVER", 100)
    assert two.membership.system.name == "Second"
    assert one.membership.id != two.membership.id
    assert world.program.tiers.standing(member).tier_system == "ACME Tier System"


def test_the_identities_of_the_documents_hold_on_the_way(world):
    member = world.customer()
    for money in ("1500.75", "700", "9000.5", "0.99"):
        world.spend(member, money)
        world.days(16)
        standing = world.program.tiers.standing(member)
        accounts = world.program.accounts.of(member)
        by_label = {
            label: sum(a.balance for setting, a in accounts if a is not None and setting.label == label)
            for label in ("Spend", "Tier")
        }
        assert standing.tier_points == by_label["Tier"]
        assert standing.available_points == by_label["Spend"]
        (progress,) = world.program.tiers.progress(member)
        if progress.next_level is not None:
            assert standing.next_tier_points == standing.tier_ends_value - standing.tier_points > 0
            assert standing.tier_ends_value == progress.next_level.threshold
            assert progress.next_level.rank == progress.level.rank + 1
            assert progress.passed is (progress.points >= progress.next_level.threshold)
    assert world.program.tiers.standing(member).tier == "GOLD"
    assert isinstance(world.program.tiers.standing(member).tier_points, Decimal)
