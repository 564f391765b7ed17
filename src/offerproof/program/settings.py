"""From a decoded program file to checked settings. ``parse`` is the way in; everything open in the sources is here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from offerproof.program.drafts import draft_errors
from offerproof.program.model import OfferDraft, OfferText, UserOfferState
from offerproof.program.setting_sections import (
    at_most,
    families_and_accounts,
    family_named,
    points,
    promotion,
    tier_systems,
    tiers,
)
from offerproof.program.setting_table import DAY, SECOND, SettingsError, Table, distinct
from offerproof.program.setting_types import (
    CashOutSettings,
    CustomerSettings,
    Discriminators,
    Enrolment,
    Family,
    FoldingSettings,
    IssueRule,
    OfferSettings,
    PagingSettings,
    PreparedOffer,
    RequestSettings,
    Settings,
    StateCode,
    TransactionSettings,
    UserOfferSettings,
)

__all__ = ["Settings", "SettingsError", "parse"]

_REQUIRABLE = ("external_id", "email", "mobile_number", "first_name", "last_name", "dob", "gender", "country", "locale")
_SCOPES = ("store", "client", "operation")
_STATE_CODES = {
    UserOfferState.ISSUED: (1, "Issued"),
    UserOfferState.LOCKED: (2, "Locked"),
    UserOfferState.REDEEMED: (3, "Redeemed"),
    UserOfferState.EXPIRED: (4, "Expired"),
    UserOfferState.REVOKED: (5, "Revoked"),
}


def parse(document: Mapping[str, object]) -> Settings:
    """Check a program file (as ``tomllib`` reads it). Raises ``SettingsError`` naming the first wrong key."""
    top = Table(document)
    if top.whole("schema") != 1:
        raise top.error("schema", "must be 1: this version reads no other")
    retailer = top.table("retailer")
    name, retailer_id = retailer.text("name"), retailer.guid("id")
    retailer.done()
    families, accounts = families_and_accounts(top)
    offers = _offers(top.table("offers"))
    settings = Settings(
        name=name,
        retailer_id=retailer_id,
        accounts=accounts,
        families=families,
        points=points(top.table("points")),
        promotions=tuple(promotion(table, families) for table in top.tables("promotions")),
        tier_systems=tier_systems(top.tables("tier_systems", least=1), accounts),
        unenrolled_shows_next_target=tiers(top.table("tiers")),
        customers=_customers(top.table("customers")),
        offers=offers,
        issue_rules=tuple(_issue_rule(table, families, offers) for table in top.tables("issue_rules")),
        user_offers=_user_offers(top.table("user_offers")),
        transactions=_transactions(top.table("transactions")),
        folding=_folding(top.table("folding")),
        paging=_paging(top.table("paging")),
        requests=_requests(top.table("requests")),
        cash_out=_cash_out(top.table("cash_out")),
        discriminators=_discriminators(top.table("discriminators")),
    )
    top.done()
    return settings


def _customers(table: Table) -> CustomerSettings:
    settings = CustomerSettings(
        required=table.texts("required", []),
        opted_in_by_default=table.flag("opted_in_by_default", True),
        enrolment=table.choice("enrolled", Enrolment, Enrolment.OPTED_IN),
        shared_mobile_number_refused=table.either("shared_mobile_number", "refuse", "newest", default=True),
    )
    for member in settings.required:
        if member not in _REQUIRABLE:
            raise table.error("required", f'"{member}" cannot be required; one of {", ".join(_REQUIRABLE)}')
    table.done()
    return settings


def _offers(table: Table) -> OfferSettings:
    amount_keys = table.texts("amount_keys", ["amount"])
    percent_keys = table.texts("percent_keys", ["percent"])
    tables = table.tables("prepared")
    prepared = tuple(_prepared(one, amount_keys, percent_keys) for one in tables)
    distinct(tables, "id", [offer.id for offer in prepared], "two offers have the id {}".format)
    settings = OfferSettings(
        prepared=prepared,
        issue_unpublished=table.either("issue_unpublished", "allow", "refuse", default=False),
        issue_outside_acquisition=table.either("issue_outside_acquisition", "allow", "refuse", default=False),
        fetch_all_texts=table.either("fetch_texts", "all", "best", default=True),
        fall_back_to_first=table.either("last_fall_back", "first", "none", default=True),
        money_step=Decimal(1).scaleb(-at_most(table, "money_digits", 2, 4)),
        amount_keys=amount_keys,
        percent_keys=percent_keys,
        item_discount_each=table.either("item_discount", "each", "dearest", default=False),
    )
    table.done()
    return settings


def _prepared(table: Table, amount_keys: tuple[str, ...], percent_keys: tuple[str, ...]) -> PreparedOffer:
    offer_id = table.guid("id")
    texts = []
    for text in table.tables("texts", least=1):
        texts.append(
            OfferText(text.text("culture"), text.text("title"), text.text("description", ""), text.text("terms", ""))
        )
        text.done()
    offer_type = table.text("type")
    draft = OfferDraft(
        offer_type=offer_type,
        texts=texts,
        new_offer_id=offer_id,
        acquisition_start=table.instant("acquisition_start"),
        acquisition_end=table.instant("acquisition_end"),
        does_not_expire=table.flag("does_not_expire", False),
        valid_after_end_date=table.flag("valid_after_end_date", False),
        reward_store=table.flag("reward_store", False),
        validity_unit=table.optional_text("validity_unit"),
        validity_period=table.optional_whole("validity_period", least=1),
        custom_data=table.optional_text("custom_data"),
        discount_config=table.mapping("discount_config"),
        offer_config={"type": offer_type},
    )
    table.done()
    for member, problems in draft_errors(draft, amount_keys, percent_keys).items():
        raise table.error(member.removeprefix("common_config."), problems[0])
    return PreparedOffer(offer_id, draft.acquisition_start or 0, draft)


def _issue_rule(table: Table, families: tuple[Family, ...], offers: OfferSettings) -> IssueRule:
    rule = IssueRule(
        offer_id=table.guid("offer_id"),
        family=family_named(table, "family", families, families[0].name),
        points=table.number("points", above=Decimal(0)),
        repeats=table.flag("repeats", True),
        most_at_once=table.whole("most_at_once", 100, least=1),
    )
    if rule.offer_id not in {offer.id for offer in offers.prepared}:
        raise table.error("offer_id", "is not one of offers.prepared")
    table.done()
    return rule


def _seconds(table: Table, key: str, default: int) -> int | None:
    return (table.whole(key, default) * SECOND) or None


def _user_offers(table: Table) -> UserOfferSettings:
    states_table = table.table("states")
    states: dict[UserOfferState, StateCode] = {}
    for state, (code, description) in _STATE_CODES.items():
        one = states_table.table(state.value)
        states[state] = StateCode(one.whole("code", code), one.text("description", description))
        one.done()
    states_table.done()
    if len({code.code for code in states.values()}) < len(states):
        raise table.error("states", "two states have the same code")
    settings = UserOfferSettings(
        lock_life=_seconds(table, "lock_seconds", 0),
        ttl_code_life=_seconds(table, "ttl_code_seconds", 300),
        lock_outlives_validity=table.flag("lock_outlives_validity", False),
        locked_in_lookup=table.either("locked_in_lookup", "stays", "leaves", default=True),
        locked_in_wallet=table.either("locked_in_get_user_offers", "stays", "leaves", default=False),
        plain_eligible=table.flag("plain_offers_eligible", True),
        unlock_unlocked_refused=table.either("unlock_unlocked", "refuse", "ignore", default=True),
        revoke_revoked_refused=table.either("revoke_revoked", "refuse", "ignore", default=True),
        revoke_locked_refused=table.either("revoke_locked", "refuse", "allow", default=False),
        reinstate_issued_refused=table.either("reinstate_issued", "refuse", "ignore", default=True),
        unknown_customer_lookup_refused=table.either("unknown_customer_lookup", "refuse", "empty", default=True),
        unknown_customer_history_refused=table.either("unknown_customer_history", "refuse", "empty", default=False),
        unknown_customer_wallet_refused=table.either(
            "unknown_customer_get_user_offers", "refuse", "empty", default=False
        ),
        states=states,
    )
    table.done()
    return settings


def _transactions(table: Table) -> TransactionSettings:
    fold_days = table.optional_whole("fold_after_days")
    settings = TransactionSettings(
        stale_refused=table.either("stale", "refuse", "ignore", default=False),
        reopening_refused=table.either("reopening", "refuse", "allow", default=True),
        closed_by_default=table.either("is_closed_missing", "closed", "open", default=False),
        late_return_taken=table.either("late_return", "final_account", "ignore", default=True),
        unknown_payer_refused=table.either("unknown_payer", "refuse", "nobody", default=False),
        bad_discount_refused=table.either("bad_discount", "refuse", "ignore", default=True),
        void_reinstates=table.flag("void_reinstates", True),
        fold_after=None if fold_days is None else fold_days * DAY,
    )
    table.done()
    return settings


def _folding(table: Table) -> FoldingSettings:
    settings = FoldingSettings(table.optional_whole("keep", least=1))
    table.done()
    return settings


def _paging(table: Table) -> PagingSettings:
    settings = PagingSettings(
        default_take=table.whole("default_take", 100, least=1),
        max_take=table.whole("max_take", 1000, least=1),
        above_max_refused=table.either("above_max", "refuse", "cap", default=False),
    )
    if settings.default_take > settings.max_take:
        raise table.error("default_take", "must not be more than max_take")
    table.done()
    return settings


def _requests(table: Table) -> RequestSettings:
    settings = RequestSettings(
        enabled=table.flag("enabled", True),
        scope=table.texts("scope", list(_SCOPES)),
        other_body_refused=table.either("other_body", "refuse", "stored_answer", default=True),
        reads_counted=table.flag("reads_counted", False),
        refusals_stored=table.flag("refusals_stored", True),
        kept=table.whole("kept", 100_000, least=1),
    )
    if any(part not in _SCOPES for part in settings.scope):
        raise table.error("scope", f"may name {', '.join(_SCOPES)}")
    table.done()
    return settings


def _cash_out(table: Table) -> CashOutSettings:
    dates: list[tuple[int, int]] = []
    for text in table.texts("dates", []):
        match = re.fullmatch(r"([0-9]{2})-([0-9]{2})", text)
        try:
            found = date(2001, int(match[1]), int(match[2])) if match else None  # not a leap year: no 29 February
        except ValueError:
            found = None
        if found is None:
            raise table.error("dates", f'"{text}" is not a day of every year, written MM-DD')
        dates.append((found.month, found.day))
    settings = CashOutSettings(
        value_per_point=table.number("value_per_point", "0.01", above=Decimal(0)),
        minimum=table.number("minimum_points", "1"),
        step=table.number("step_points", "1", above=Decimal(0)),
        dates=tuple(sorted(dates)),
    )
    table.done()
    return settings


def _discriminators(table: Table) -> Discriminators:
    settings = Discriminators(
        balance_rule=table.whole("balance_rule", 2048),
        leaf=table.whole("leaf", 2),
        group=table.whole("group", 1),
        accounts_constraint=table.whole("accounts_constraint", 8),
        at_least=table.whole("at_least", 4),
        level_status=table.whole("level_status", 2),
    )
    table.done()
    return settings
