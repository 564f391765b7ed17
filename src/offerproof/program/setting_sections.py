"""The parts of a program file about points and tiers: accounts, families, earning, promotions, levels."""

from __future__ import annotations

from decimal import Decimal

from offerproof.program.model import TierLevel, TierSystem
from offerproof.program.setting_table import DAY, Table, distinct
from offerproof.program.setting_types import (
    AccountSettings,
    Base,
    Family,
    LookupPoints,
    PointsSettings,
    Promotion,
    Rounding,
    Split,
)


def families_and_accounts(top: Table) -> tuple[tuple[Family, ...], tuple[AccountSettings, ...]]:
    tables = top.tables("families", least=1)
    families: list[Family] = []
    parts: dict[str, tuple[int, bool]] = {}
    for index, table in enumerate(tables):
        families.append(
            Family(
                name=table.text("name"),
                rate=table.number("rate", "1"),
                cash_out=table.flag("cash_out", False),
                yearly_restart=table.flag("yearly_restart", False),
            )
        )
        for key, escrow in (("account", False), ("escrow", True)):
            if parts.setdefault(account := table.text(key), (index, escrow)) != (index, escrow):
                raise table.error(key, f'the account "{account}" already has a place in a family')
        table.done()
    distinct(tables, "name", [family.name for family in families], 'there are two families "{}"'.format)
    accounts: list[AccountSettings] = []
    account_tables = top.tables("accounts", least=1)
    for table in account_tables:
        key = table.text("key")
        if key not in parts:
            raise table.error("key", f'the account "{key}" is in no family')
        family, escrow = parts[key]
        accounts.append(
            AccountSettings(key, table.guid("id"), table.text("name"), table.text("label", ""), family, escrow)
        )
        table.done()
    distinct(account_tables, "key", [account.key for account in accounts], 'there are two accounts "{}"'.format)
    distinct(account_tables, "id", [account.id for account in accounts], "two accounts have the id {}".format)
    if missing := sorted(set(parts) - {account.key for account in accounts}):
        raise top.error("families", f'there is no account "{missing[0]}"')
    return tuple(families), tuple(accounts)


def family_named(table: Table, key: str, families: tuple[Family, ...], default: str | None = None) -> int:
    name = table.text(key) if default is None else table.text(key, default)
    return _family_index(table, key, name, families)


def _family_index(table: Table, key: str, name: str, families: tuple[Family, ...]) -> int:
    for index, family in enumerate(families):
        if family.name == name:
            return index
    raise table.error(key, f'there is no family "{name}"')


def points(table: Table) -> PointsSettings:
    settings = PointsSettings(
        base=table.choice("base", Base, Base.ITEMS_AFTER_DISCOUNTS),
        rounding=table.choice("rounding", Rounding, Rounding.DOWN),
        step=Decimal(1).scaleb(-at_most(table, "fraction_digits", 0, 4)),
        split=table.choice("split", Split, Split.SHARE),
        return_period=table.whole("return_period_days", 30) * DAY,
        starts_when_loaded=table.either("return_period_starts", "loaded", "opened", default=True),
        available_includes_escrow=table.either("available_points", "spendable_and_escrow", "spendable", default=False),
        lookup=table.choice("lookup_points", LookupPoints, LookupPoints.AVAILABLE),
        life_time_moves=table.either("escrow_life_time", "moves", "keeps", default=False),
        may_go_negative=table.flag("may_go_negative", False),
        unenrolled_earn=table.flag("unenrolled_earn", False),
    )
    table.done()
    return settings


def at_most(table: Table, key: str, default: int, most: int) -> int:
    value = table.whole(key, default)
    if value > most:
        raise table.error(key, f"must not be more than {most}")
    return value


def promotion(table: Table, families: tuple[Family, ...]) -> Promotion:
    names = table.texts("families", [family.name for family in families])
    promotion = Promotion(
        name=table.text("name"),
        families=frozenset(_family_index(table, "families", name, families) for name in names),
        starts_at=table.instant("starts_at"),
        ends_at=table.instant("ends_at"),
        channels=frozenset(channel.lower() for channel in table.texts("channels", [])),
        item_ids=frozenset(table.texts("item_ids", [])),
        minimum_base=table.number("minimum_base", "0"),
        multiplier=table.number("multiplier", "1"),
        bonus=table.number("bonus", "0"),
    )
    if promotion.multiplier < 1:
        raise table.error("multiplier", "must be 1 or more: promotions earn more")
    if promotion.multiplier == 1 and not promotion.bonus:
        raise table.error("multiplier", "the promotion needs a multiplier above 1 or a bonus")
    _require_in_order(table, "ends_at", promotion.starts_at, promotion.ends_at)
    table.done()
    return promotion


def _require_in_order(table: Table, key: str, start: int | None, end: int | None) -> None:
    if start is not None and end is not None and end <= start:
        raise table.error(key, "must be after the start")


def tiers(table: Table) -> bool:
    shown = table.either("unenrolled_and_base_show", "next_target", "nothing", default=True)
    table.done()
    return shown


def tier_systems(tables: list[Table], accounts: tuple[AccountSettings, ...]) -> tuple[TierSystem, ...]:
    systems = tuple(_tier_system(table, accounts) for table in tables)
    distinct(tables, "id", [system.id for system in systems], "two tier systems have the id {}".format)
    return systems


def _tier_system(table: Table, accounts: tuple[AccountSettings, ...]) -> TierSystem:
    indices: list[int] = []
    for key in table.texts("accounts"):
        found = [index for index, account in enumerate(accounts) if account.key == key]
        if not found:
            raise table.error("accounts", f'there is no account "{key}"')
        indices.extend(found)
    expiry = table.table("expiry")
    by_days = not expiry.either("kind", "end_of_following_year", "days", default=True)
    days = expiry.whole("days", least=1) if by_days else None
    expiry.done()
    tables = table.tables("levels", least=2)
    levels = tuple(_tier_level(level, rank) for rank, level in enumerate(tables))
    distinct(tables, "id", [level.id for level in levels], "two levels have the id {}".format)
    for below, above, where in zip(levels, levels[1:], tables[1:], strict=False):
        if above.threshold < below.threshold or (above.threshold == below.threshold and above.rank > 1):
            raise where.error("threshold", f'must be more than that of "{below.name}"')
    if levels[0].expires or levels[1].expires:
        raise tables[1].error("expires", "ranks 0 and 1 do not expire: there is nothing to fall back to")
    system = TierSystem(table.guid("id"), table.text("name"), tuple(indices), days, levels)
    table.done()
    return system


def _tier_level(table: Table, rank: int) -> TierLevel:
    level = TierLevel(
        id=table.guid("id"),
        name=table.text("name"),
        rank=table.whole("rank"),
        threshold=table.number("threshold", "0"),
        expires=table.flag("expires", False),
        rule_tree_id=table.guid("rule_tree_id"),
        group_rule_id=table.guid("group_rule_id"),
        rule_id=table.guid("rule_id"),
        constraint_id=table.guid("constraint_id"),
    )
    if level.rank != rank:
        raise table.error("rank", f"must be {rank}: levels stand by rising rank, from 0 without gaps")
    if rank <= 1 and level.threshold:
        raise table.error("threshold", "must be 0: everybody enrolled is at least at rank 1")
    table.done()
    return level
