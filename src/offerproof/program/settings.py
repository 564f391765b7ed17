"""From a program file's values to settings. ``parse`` is the way in; everything open in the sources is here.

The shape is checked before (``schemas/program.json``), and defaults are filled in; here stands what no schema can say:
what names what, what is more than what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast

from offerproof.errors import Misuse
from offerproof.program.calendar import DAY, EPOCH, SECOND
from offerproof.program.drafts import draft_errors
from offerproof.program.model import OfferCommon, OfferDraft, OfferText, TierLevel, TierSystem, UserOfferState
from offerproof.program.setting_types import (
    AccountSettings,
    Base,
    CashOutSettings,
    CustomerSettings,
    Discriminators,
    Enrolment,
    Family,
    FoldingSettings,
    IssueRule,
    LookupPoints,
    OfferSettings,
    PagingSettings,
    PointsSettings,
    PreparedOffer,
    Promotion,
    RequestSettings,
    Rounding,
    Settings,
    Split,
    StateCode,
    TierSettings,
    TransactionSettings,
    UserOfferSettings,
)

__all__ = ["Settings", "SettingsError", "parse"]

Table = Mapping[str, Any]


class SettingsError(Misuse):
    """A program file contradicts itself; ``path`` is the dotted key (``tier_systems[0].levels[1].rank``)."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"program file: {path}: {message}")
        self.path = path
        self.told = message


def parse(document: Table) -> Settings:
    """Turn the values of a program file, checked against ``schemas/program.json``, into settings.

    Raises:
        SettingsError: two keys do not fit each other; it names the first.
    """
    families, accounts = _families_and_accounts(document)
    offers = _offers(document["offers"])
    return Settings(
        name=document["retailer"]["name"],
        retailer_id=document["retailer"]["id"].lower(),
        accounts=accounts,
        families=families,
        points=_points(document["points"], _cash_out(document["cash_out"])),
        promotions=tuple(
            _promotion(f"promotions[{index}]", table, families) for index, table in enumerate(document["promotions"])
        ),
        tiers=TierSettings(
            _tier_systems(document["tier_systems"], accounts),
            document["tiers"]["unenrolled_and_base_show"] == "next_target",
            Discriminators(**document["discriminators"]),
        ),
        customers=_customers(document["customers"]),
        offers=offers,
        issue_rules=tuple(
            _issue_rule(f"issue_rules[{index}]", table, families, offers)
            for index, table in enumerate(document["issue_rules"])
        ),
        user_offers=_user_offers(document["user_offers"]),
        transactions=_transactions(document["transactions"]),
        folding=FoldingSettings(document["folding"].get("keep")),
        paging=_paging(document["paging"]),
        requests=_requests(document["requests"]),
    )


# Points ---------------------------------------------------------------------------------------------------------------


def _families_and_accounts(top: Table) -> tuple[tuple[Family, ...], tuple[AccountSettings, ...]]:
    families: list[Family] = []
    parts: dict[str, tuple[int, bool]] = {}
    for index, table in enumerate(top["families"]):
        families.append(
            Family(table["name"], Decimal(table["rate"]), table["cash_out"], yearly_restart=table["yearly_restart"])
        )
        for key, escrow in (("account", False), ("escrow", True)):
            if parts.setdefault(account := table[key], (index, escrow)) != (index, escrow):
                raise SettingsError(
                    f"families[{index}].{key}", f'the account "{account}" already has a place in a family'
                )
    _distinct("families", "name", [family.name for family in families], 'there are two families "{}"'.format)
    accounts: list[AccountSettings] = []
    for index, table in enumerate(top["accounts"]):
        key = table["key"]
        if key not in parts:
            raise SettingsError(f"accounts[{index}].key", f'the account "{key}" is in no family')
        accounts.append(AccountSettings(key, table["id"].lower(), table["name"], table["label"], *parts[key]))
    _distinct("accounts", "key", [account.key for account in accounts], 'there are two accounts "{}"'.format)
    _distinct("accounts", "id", [account.id for account in accounts], "two accounts have the id {}".format)
    if missing := sorted(set(parts) - {account.key for account in accounts}):
        raise SettingsError("families", f'there is no account "{missing[0]}"')
    return tuple(families), tuple(accounts)


def _family_index(key: str, name: str, families: Sequence[Family]) -> int:
    for index, family in enumerate(families):
        if family.name == name:
            return index
    raise SettingsError(key, f'there is no family "{name}"')


def _points(table: Table, cash_out: CashOutSettings) -> PointsSettings:
    return PointsSettings(
        base=Base(table["base"]),
        rounding=Rounding(table["rounding"]),
        step=Decimal(1).scaleb(-table["fraction_digits"]),
        split=Split(table["split"]),
        return_period=table["return_period_seconds"] * SECOND
        if "return_period_seconds" in table
        else table["return_period_days"] * DAY,
        starts_when_loaded=table["return_period_starts"] == "loaded",
        available_includes_escrow=table["available_points"] == "spendable_and_escrow",
        lookup=LookupPoints(table["lookup_points"]),
        life_time_moves=table["escrow_life_time"] == "moves",
        may_go_negative=table["may_go_negative"],
        unenrolled_earn=table["unenrolled_earn"],
        cash_out=cash_out,
    )


def _promotion(place: str, table: Table, families: Sequence[Family]) -> Promotion:
    names = table.get("families", [family.name for family in families])
    promotion = Promotion(
        name=table["name"],
        families=frozenset(_family_index(f"{place}.families", name, families) for name in names),
        starts_at=_instant(place, table, "starts_at"),
        ends_at=_instant(place, table, "ends_at"),
        channels=frozenset(channel.lower() for channel in table["channels"]),
        item_ids=frozenset(table["item_ids"]),
        minimum_base=Decimal(table["minimum_base"]),
        multiplier=Decimal(table["multiplier"]),
        bonus=Decimal(table["bonus"]),
    )
    if promotion.multiplier < 1:
        raise SettingsError(f"{place}.multiplier", "must be 1 or more: promotions earn more")
    if promotion.multiplier == 1 and not promotion.bonus:
        raise SettingsError(f"{place}.multiplier", "the promotion needs a multiplier above 1 or a bonus")
    start, end = promotion.starts_at, promotion.ends_at
    if start is not None and end is not None and end <= start:
        raise SettingsError(f"{place}.ends_at", "must be after the start")
    return promotion


def _issue_rule(place: str, table: Table, families: Sequence[Family], offers: OfferSettings) -> IssueRule:
    rule = IssueRule(
        offer_id=table["offer_id"].lower(),
        family=_family_index(f"{place}.family", table.get("family", families[0].name), families),
        points=_above_zero(f"{place}.points", table["points"]),
        repeats=table["repeats"],
        most_at_once=table["most_at_once"],
    )
    if rule.offer_id not in {offer.id for offer in offers.prepared}:
        raise SettingsError(f"{place}.offer_id", "is not one of offers.prepared")
    return rule


def _cash_out(table: Table) -> CashOutSettings:
    dates = []
    for index, text in enumerate(table["dates"]):
        try:
            found = date.fromisoformat(f"2001-{text}")  # not a leap year: no 29 February
        except ValueError:
            raise SettingsError(f"cash_out.dates[{index}]", f'"{text}" is not a day of every year') from None
        dates.append((found.month, found.day))
    return CashOutSettings(
        value_per_point=_above_zero("cash_out.value_per_point", table["value_per_point"]),
        minimum=Decimal(table["minimum_points"]),
        step=_above_zero("cash_out.step_points", table["step_points"]),
        dates=tuple(sorted(dates)),
    )


# Tiers ----------------------------------------------------------------------------------------------------------------


def _tier_systems(tables: Sequence[Table], accounts: Sequence[AccountSettings]) -> tuple[TierSystem, ...]:
    systems = tuple(_tier_system(f"tier_systems[{index}]", table, accounts) for index, table in enumerate(tables))
    _distinct("tier_systems", "id", [system.id for system in systems], "two tier systems have the id {}".format)
    return systems


def _tier_system(place: str, table: Table, accounts: Sequence[AccountSettings]) -> TierSystem:
    keys = [account.key for account in accounts]
    for key in table["accounts"]:
        if key not in keys:
            raise SettingsError(f"{place}.accounts", f'there is no account "{key}"')
    by_days, days = table["expiry"]["kind"] == "days", table["expiry"].get("days")
    if by_days and days is None:
        raise SettingsError(f"{place}.expiry.days", 'is missing: kind = "days" counts so many after entry')
    if days is not None and not by_days:
        raise SettingsError(f"{place}.expiry.days", 'belongs to kind = "days"')
    levels = tuple(_tier_level(f"{place}.levels[{rank}]", level, rank) for rank, level in enumerate(table["levels"]))
    _distinct(f"{place}.levels", "id", [level.id for level in levels], "two levels have the id {}".format)
    for below, above in pairwise(levels):
        if above.threshold < below.threshold or (above.threshold == below.threshold and above.rank > 1):
            where = f"{place}.levels[{above.rank}].threshold"
            raise SettingsError(where, f'must be more than that of "{below.name}"')
    if levels[0].expires or levels[1].expires:
        where = f"{place}.levels[1].expires"
        raise SettingsError(where, "ranks 0 and 1 do not expire: there is nothing to fall back to")
    indices = tuple(keys.index(key) for key in table["accounts"])
    return TierSystem(table["id"].lower(), table["name"], indices, days, levels)


def _tier_level(place: str, table: Table, rank: int) -> TierLevel:
    level = TierLevel(
        id=table["id"].lower(),
        name=table["name"],
        rank=table["rank"],
        threshold=Decimal(table["threshold"]),
        expires=table["expires"],
        rule_tree_id=table["rule_tree_id"].lower(),
        group_rule_id=table["group_rule_id"].lower(),
        rule_id=table["rule_id"].lower(),
        constraint_id=table["constraint_id"].lower(),
    )
    if level.rank != rank:
        raise SettingsError(f"{place}.rank", f"must be {rank}: levels stand by rising rank, from 0 without gaps")
    if rank <= 1 and level.threshold:
        raise SettingsError(f"{place}.threshold", "must be 0: everybody enrolled is at least at rank 1")
    return level


# Customers, offers, the till ------------------------------------------------------------------------------------------


def _customers(table: Table) -> CustomerSettings:
    return CustomerSettings(
        required=tuple(table["required"]),
        opted_in_by_default=table["opted_in_by_default"],
        enrolment=Enrolment(table["enrolled"]),
        shared_mobile_number_refused=table["shared_mobile_number"] == "refuse",
    )


def _offers(table: Table) -> OfferSettings:
    keys = tuple(table["amount_keys"]), tuple(table["percent_keys"])
    prepared = tuple(_prepared(f"offers.prepared[{index}]", one, *keys) for index, one in enumerate(table["prepared"]))
    _distinct("offers.prepared", "id", [offer.id for offer in prepared], "two offers have the id {}".format)
    return OfferSettings(
        prepared=prepared,
        issue_unpublished=table["issue_unpublished"] == "allow",
        issue_outside_acquisition=table["issue_outside_acquisition"] == "allow",
        fetch_all_texts=table["fetch_texts"] == "all",
        fall_back_to_first=table["last_fall_back"] == "first",
        money_step=Decimal(1).scaleb(-table["money_digits"]),
        amount_keys=keys[0],
        percent_keys=keys[1],
        item_discount_each=table["item_discount"] == "each",
    )


def _prepared(place: str, table: Table, amount_keys: tuple[str, ...], percent_keys: tuple[str, ...]) -> PreparedOffer:
    offer_id = table["id"].lower()
    draft = OfferDraft(
        offer_type=table["type"],
        texts=[OfferText(one["culture"], one["title"], one["description"], one["terms"]) for one in table["texts"]],
        new_offer_id=offer_id,
        common=OfferCommon(
            _instant(place, table, "acquisition_start"),
            _instant(place, table, "acquisition_end"),
            table["does_not_expire"],
            table["valid_after_end_date"],
            table["reward_store"],
            table.get("validity_unit"),
            table.get("validity_period"),
            table.get("custom_data"),
        ),
        discount_config=table["discount_config"],
        offer_config={"type": table["type"]},
    )
    for member, problems in draft_errors(draft, amount_keys, percent_keys).items():
        raise SettingsError(f"{place}.{member.removeprefix('common_config.')}", problems[0])
    return PreparedOffer(offer_id, draft.common.acquisition_start or 0, draft)


def _user_offers(table: Table) -> UserOfferSettings:
    states = {state: StateCode(**table["states"][state.value]) for state in UserOfferState}
    if len({code.code for code in states.values()}) < len(states):
        raise SettingsError("user_offers.states", "two states have the same code")
    return UserOfferSettings(
        lock_life=table["lock_seconds"] * SECOND or None,
        ttl_code_life=table["ttl_code_seconds"] * SECOND or None,
        lock_outlives_validity=table["lock_outlives_validity"],
        locked_in_lookup=table["locked_in_lookup"] == "stays",
        locked_in_wallet=table["locked_in_get_user_offers"] == "stays",
        plain_eligible=table["plain_offers_eligible"],
        unlock_unlocked_refused=table["unlock_unlocked"] == "refuse",
        revoke_revoked_refused=table["revoke_revoked"] == "refuse",
        revoke_locked_refused=table["revoke_locked"] == "refuse",
        reinstate_issued_refused=table["reinstate_issued"] == "refuse",
        unknown_customer_lookup_refused=table["unknown_customer_lookup"] == "refuse",
        unknown_customer_history_refused=table["unknown_customer_history"] == "refuse",
        unknown_customer_wallet_refused=table["unknown_customer_get_user_offers"] == "refuse",
        states=states,
    )


def _transactions(table: Table) -> TransactionSettings:
    fold_days = table.get("fold_after_days")
    return TransactionSettings(
        stale_refused=table["stale"] == "refuse",
        reopening_refused=table["reopening"] == "refuse",
        closed_by_default=table["is_closed_missing"] == "closed",
        late_return_taken=table["late_return"] == "final_account",
        unknown_payer_refused=table["unknown_payer"] == "refuse",
        bad_discount_refused=table["bad_discount"] == "refuse",
        void_reinstates=table["void_reinstates"],
        fold_after=None if fold_days is None else fold_days * DAY,
    )


def _paging(table: Table) -> PagingSettings:
    if table["default_take"] > table["max_take"]:
        raise SettingsError("paging.default_take", "must not be more than max_take")
    return PagingSettings(table["default_take"], table["max_take"], above_max_refused=table["above_max"] == "refuse")


def _requests(table: Table) -> RequestSettings:
    return RequestSettings(
        enabled=table["enabled"],
        scope=tuple(table["scope"]),
        other_body_refused=table["other_body"] == "refuse",
        reads_counted=table["reads_counted"],
        refusals_stored=table["refusals_stored"],
        kept=table["kept"],
    )


# Values ---------------------------------------------------------------------------------------------------------------


def _above_zero(key: str, value: int | str) -> Decimal:
    number = Decimal(value)
    if number <= 0:
        raise SettingsError(key, "must be more than 0")
    return number


def _instant(place: str, table: Table, key: str) -> int | None:
    """An instant with its offset, in microseconds since the epoch; None when left out."""
    text = cast(str | None, table.get(key))
    if text is None:
        return None
    try:
        return (datetime.fromisoformat(text) - EPOCH) // timedelta(microseconds=1)
    except ValueError as problem:
        raise SettingsError(f"{place}.{key}", f"{text!r} is no instant: {problem}") from None


def _distinct(place: str, key: str, values: Sequence[str], what: Callable[[str], str]) -> None:
    """Refuse a value that stands twice; ``what`` says it in words."""
    for index, value in enumerate(values):
        if value in values[:index]:
            raise SettingsError(f"{place}[{index}].{key}", what(value))
