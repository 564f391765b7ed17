"""Writes the target profile that fits a running simulator: addresses, ids, what it can do, how it reads what is open.

Credentials never stand in it: they are written into files of mode 0600 beside it, and the profile names the files.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from offerproof.files import cannot_write, write_whole
from offerproof.program import Settings
from offerproof.program.model import UserOfferState
from offerproof.simulator.answers import Service
from offerproof.simulator.credentials import Keys
from offerproof.simulator.refusals import HttpSettings

STORE = "332b6ee0-e981-4f96-8047-d0d358cfb3e0"
CLIENT = "686ed454-ecab-4e86-8abe-c9470e8dd787"
Readings = dict[str, dict[str, str | int]]
_CAPABILITIES = (
    *("create_offer", "create_customer", "get_customer", "get_customer_by_external_id", "get_user_offers", "issue"),
    *("revoke", "unlock", "redeem", "reinstate", "lookup_transaction", "discounts", "earn", "escrow", "tiers"),
)

_USER_OFFER = (
    "user_offer_id id offer_id root_offer_id user_id offer_type name description terms is_redeemable acquire_date"
    " redemption_start_date redemption_end_date culture"
)
_USER = (
    "id opted_in activated available_points test_points unclaimed_achievement_count created_at updated_at suspended"
    " registered_at profile_photo_url account_status tier tier_system tier_points tier_entered_at"
    " test_account tier_starts_value next_tier_percentage"
)
_ATTRIBUTES = (
    "first_name last_name gender dob address address2 city zip dma state country current_zip current_dma current_state"
    " current_country profile_photo_url locale referrer_code verification_method opted_in activated suspended"
    " test_account user_profile phone_numbers"
)
_OVERVIEW = "id tier_system_id retailer_id name rank status"
_LEVELS = "search_customers.tier_details.tier_levels.*"
_BALANCES = "search_customers.tier_details.point_account_balances"
_RULES = f"{_LEVELS}.tier_progress.*.rules"
_DISCOUNT = (
    "reference_id user_id reference_id_type pos_discount_id status display_name image_url discounted_line_ids"
    " discounted_line_id_quantities discount_source amount stack_order applied_time"
)
_ANSWERS = "; ".join(
    f"{place}: {members}"
    for place, members in {
        "search_customers": f"{_USER} external_id email gender dob address address2 city zip dma state country"
        " last_name first_name current_zip current_dma current_state current_country next_tier_points tier_ends_value"
        " tier_resets_at locale referrer_code verification_method proxy_ids phone_numbers identifiers user_profile",
        "search_customers.identifiers.*": "external_id external_id_type",
        "search_customers.phone_numbers.*": "phone_number phone_type preference_flags verified_ownership",
        _LEVELS: "id tier_system_id tier_level_id user_id join_date tier_overview",
        f"{_LEVELS}.tier_overview": _OVERVIEW,
        f"{_LEVELS}.next_tier_overview": _OVERVIEW,
        f"{_LEVELS}.tier_progress.*": "rule_tree_id rules",
        f"{_RULES}.*": "rule_id tree_id rule_passed rule discriminator rule_tree_name",
        f"{_RULES}.*.?query_result": "parent_id",
        f"{_RULES}.*.rule": "discriminator id retailer_id rank is_new constraints",
        f"{_RULES}.*.rule.?target_balance": "comparison parent_id",
        f"{_RULES}.*.rule.?target_balance.constraints": "0",
        f"{_RULES}.*.rule.constraints.*": "discriminator point_accounts id rule_id is_new rank",
        _BALANCES: "retailer_id user_id summary details",
        f"{_BALANCES}.summary": "total_points life_time_points",
        f"{_BALANCES}.details.*": "account_name user_point_account_id point_account_id grouping_label"
        " available_balance life_time_value",
        "create_offer": "offer_id root_offer_id validation_errors revisioned new_status state_transition",
        "fetch_offer.offer": "offer_type_id id root_offer_id retailer_id title status acquisition_start_date"
        " acquisition_end_date validity_period validity_unit reward_store custom_data requires_extended_data"
        " all_items_eligible parent_offer_ids check_level offer_text offer_media start_date end_date"
        " valid_after_end_date",
        "fetch_offer.offer.offer_text.*": "id offer_id culture title description terms",
        "issue_offer.status_list.*": "user_id user_offer_id offer_id root_offer_id pending_extended_data fail_reason",
        "get_user_offers": "user_id user_offers total_records skip take",
        "get_user_offers.user_offers.*": f"{_USER_OFFER} media_uri media_culture",
        "user_offer_history": "total_records results",
        "user_offer_history.results.*": "title description terms user_offer_id offer_id offer_type user_id"
        " acquire_date redemption_start_date redemption_end_date status status_description culture media_uri"
        " media_culture skip take",
        "lookup.*": "user_reference_id user_account_id partial_response first_name last_name phone email points"
        " profile_fields offers accounts",
        "lookup.*.offers.*": _DISCOUNT,
        "lookup.*.accounts.*": "AccountName UserPointAccountID PointAccountID GroupingLabel AvailableBalance"
        " LifeTimeValue",
        "lock": _DISCOUNT,
        "lock.discounted_line_id_quantities.*": "line_id quantity",
        "revoke_offer": "user_offer_id offer_id user_id",
    }.items()
)

_VALUES = "; ".join(
    f"{place}: {values}"
    for place, values in {
        "search_customers": "test_points=0 unclaimed_achievement_count=0 account_status=good",
        "search_customers.phone_numbers.*": "verified_ownership=false",
        f"{_RULES}.*": "rule_tree_name=",
        f"{_RULES}.*.rule": "rank=0 is_new=false",
        f"{_RULES}.*.rule.constraints.*": "rank=0 is_new=false",
        "fetch_offer.offer": "requires_extended_data=false",
        "issue_offer.status_list.*": "pending_extended_data=false fail_reason=null",
        "lookup.*": "partial_response=false",
        "lookup.*.offers.*": "pos_discount_id=null stack_order=0",
        "lock": "pos_discount_id=null stack_order=0",
    }.items()
)

_ALWAYS: Readings = {
    "create_offer": {
        "malformed": "refused",
        "validity": "optional",
        "validity_units": "minutes hours days weeks months years",
        "texts": "kept",
        "media": "kept",
        "revision": "offer_id",
        "transitions": "created_new-(unknown_status>unpublished) revisioned-(published>published)"
        " revisioned-(published>unpublished)",
    },
    "issue_offer": {"quantity_missing": "1", "version": "newest published"},
    "user_members": {"members": _USER, "next_tier_percentage": "of tier_ends_value"},
    "answers": {"members": _ANSWERS, "values": _VALUES},
    "requests": {"malformed": "refused", "optional": "absent or null", "offsets": "read"},
    "ids": {"case": "ignored"},
    "spellings": {"documented": "all"},
    "content_type": {"parameters": "taken", "other": "refused"},
}
"""What no setting changes."""

_LIMITS = "; ".join(
    (
        "create_customer.user.mobile_number: 5 15 digits",
        "create_offer.common_config.validity_period: 1 10000",
        "create_offer.discount_config.$amount: 1 1000000000000",
        "create_offer.discount_config.minimum_subtotal: 1 1000000000000",
        "create_offer.discount_config.maximum_amount: 1 1000000000000",
        "issue_offer.quantity: 1 1000",
        "user_offer_history.rollback_option: 0 1000000000",
        "send_transaction.tax_total: -1000000000000 1000000000000",
        "send_transaction.guest_count: 0 1000000000",
    )
)
_REFUSALS = {
    "unknown_customer": "404 user_not_found",
    "malformed_flag": "400 argument_error",
    "customer_without_identifier": "400 validation",
    "taken_identifier": "409 validation",
    "unknown_offer": "404 unknown_offer",
    "untitled_offer": "400 invalid_request",
    "unknown_offer_type": "400 invalid",
    "unknown_retailer": "404 unknown_retailer",
    "offer_for_nobody": "404 unknown_customer",
    "negative_page": "400 invalid",
    "unknown_user_offer": "404 unknown_user_offer",
    "locked_by_another": "409 locked_by_another",
    "revoked": "409 revoked",
    "redeemed": "409 redeemed",
    "malformed_basket": "400 invalid_request",
    "no_json": "400 invalid_json",
    "other_content_type": "415 unsupported_media_type",
    "other_method": "405 method_not_allowed",
}
"""Written down and not taken from the tables that are served: a word that follows what is done promises nothing."""


def _refused_by_setting(settings: Settings) -> dict[str, str]:
    """What is a refusal under these settings alone."""
    user_offers = settings.user_offers
    answers = {
        "shared_number": ("409 argument_error", settings.customers.shared_mobile_number_refused),
        "unpublished_offer": ("409 offer_not_published", not settings.offers.issue_unpublished),
        "unlock_of_a_free_offer": ("409 not_locked", user_offers.unlock_unlocked_refused),
        "reinstating_the_unused": ("409 not_redeemed", user_offers.reinstate_issued_refused),
        "reused_request_id": (
            "409 request_id_reused",
            settings.requests.enabled and settings.requests.other_body_refused,
        ),
    }
    return {reason: answer for reason, (answer, refused) in answers.items() if refused}


_ANOTHER: Final = "choose another --profile-out"


def write(
    path: Path,
    settings: Settings,
    keys: Keys,
    addresses: Mapping[Service, str],
    *,
    token: str | None,
    control: str | None,
    http: HttpSettings | None = None,
) -> None:
    """Write profile and credential files; ``token`` and ``control`` (address) when the control API is on.

    ``http``: how refusals look; None: as by default."""
    stem = path.name.removesuffix(".toml") or path.name
    lines = [
        "# The target profile of a simulator that is running; its credentials are in the files beside it.",
        "schema = 1",
        'name = "simulator"',
        'environment = "simulator"',
        "allow_writes = true",
    ]
    try:
        for service, address in addresses.items():
            pair = keys.pair(service)
            name = service.value
            lines += ["", f"[services.{name}]", f'base_url = "{address}"']
            lines += [
                _kept(path, stem, f"{name}-key", pair.key, "key"),
                _kept(path, stem, f"{name}-secret", pair.secret, "secret"),
            ]
            if service is Service.CORE:
                lines.append(_kept(path, stem, "core-api-key", keys.api_key, "api_key"))
        lines += ["", "[ids]", f'retailer = "{settings.retailer_id}"', f'store = "{STORE}"', f'client = "{CLIENT}"']
        lines += ["", "[customers]", 'from = "create"', "", "[offers]", 'from = "issue"']
        if token is not None:
            lines += ["", "[control]", f'base_url = "{control}"', _kept(path, stem, "control-token", token, "token")]
        lines += ["", "[capabilities]", *(f"{name} = true" for name in _CAPABILITIES)]
        lines.append(f"idempotency = {_flag(settings.requests.enabled)}")
        lines += [f"{name} = {_flag(token is not None)}" for name in ("clock", "reset", "ttl_code")]
        lines += ["", "[behaviour]", *_behaviour(settings, http or HttpSettings())]
        lines += ["", "[timing]", "settle_ms = 0", f"return_period_s = {settings.points.return_period // 1_000_000}"]
        lines += ["", "[limits]", "load = true", ""]
        write_whole(path, "\n".join(lines), hint=_ANOTHER)
    except OSError as problem:
        raise cannot_write(path, problem, _ANOTHER) from None


def _kept(path: Path, stem: str, what: str, value: str, key: str) -> str:
    """Write one credential into its own file, readable by the owner only, and return the profile's line for it."""
    name = f"{stem}.{what}"
    file = path.with_name(name)
    file.unlink(missing_ok=True)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(value)
    return f'{key}_file = "{name}"'


def _behaviour(settings: Settings, http: HttpSettings) -> list[str]:
    """One line for each question that the documents leave open (api.md section 8)."""
    tables = {**_of_points_and_offers(settings), **_of_the_till(settings), **_of_showing(settings)}
    tables["request_limits"] = {"places": _LIMITS.replace("$amount", settings.offers.amount_keys[0])}
    if http == HttpSettings():
        answers = {**_REFUSALS, **_refused_by_setting(settings)}
        tables["refusals"] = {"answers": "; ".join(f"{reason}: {answer}" for reason, answer in answers.items())}
    return [f"{name} = {{ {_members(members)} }}" for name, members in tables.items()]


def _of_points_and_offers(settings: Settings) -> Readings:
    offers, points, customers = settings.offers, settings.points, settings.customers
    base = next((level for level in settings.tiers.systems[0].levels if level.rank == 1), None)
    shared = _word(customers.shared_mobile_number_refused, "error", "newest")
    readings: Readings = {
        **_ALWAYS,
        "points": {"base": points.base.value, "rounding": points.rounding.value, "split": points.split.value},
        "return_period": {"start": _word(points.starts_when_loaded, "loaded", "opened")},
        "enrolment": {
            "how": customers.enrolment.value,
            "base_threshold": str(base.threshold) if base else "none",
            "unenrolled_earn": _word(points.unenrolled_earn, "yes", "no"),
        },
        "discount_config": {
            "amount_key": offers.amount_keys[0],
            "percent_key": offers.percent_keys[0],
            "items_key": "item_ids",
            "minimum_key": "minimum_subtotal",
            "maximum_key": "maximum_amount",
            "several": "from what is left",
            "item_discount": _word(offers.item_discount_each, "each", "dearest"),
        },
        "issue_outside_window": {
            "unpublished": _word(offers.issue_unpublished, "allowed", "refused"),
            "ended": _word(offers.issue_outside_acquisition, "allowed", "refused"),
            "before_start": _word(offers.issue_outside_acquisition, "allowed", "refused"),
        },
        "create_customer": {
            "required": ", ".join(("one identifier", *customers.required)),
            "phone_member": "both",
            "phone_decoration": "ignored",
            "malformed": "refused",
            "external_id_type": "kept",
            "taken": "refused",
            "attributes": _ATTRIBUTES,
        },
        "shared_mobile_number": {"lookup": shared, "search": shared},
        "user_offers_members": {"id_member": "user_offer_id", "members": _USER_OFFER},
        "redemption_window": {"length": "validity period", "does_not_expire": "no end"},
    }
    if settings.issue_rules:
        fires = _word(settings.issue_rules[0].repeats, "each time", "once")
        readings["issue_rule"] = {"counts": "earned net of returns", "fires": fires}
        if len(settings.issue_rules) == 1:
            readings["issue_rule"]["points"] = str(settings.issue_rules[0].points)
    return readings


def _of_the_till(settings: Settings) -> Readings:
    user_offers, sent, requests = settings.user_offers, settings.transactions, settings.requests
    life = user_offers.lock_life
    return {
        "locked_offer": {
            "lookup": _word(user_offers.locked_in_lookup, "stays", "leaves"),
            "status": "LOCKED",
            "other_transaction": "hidden",
            "get_user_offers": _word(user_offers.locked_in_wallet, "stays", "leaves"),
            "history": user_offers.states[UserOfferState.LOCKED].description,
        },
        "manual_fulfillment": {"lookup_with_transaction": _word(user_offers.plain_eligible, "eligible", "left out")},
        "unknown_customer": {
            "lookup": _word(user_offers.unknown_customer_lookup_refused, "error", "empty"),
            "history": _word(user_offers.unknown_customer_history_refused, "error", "empty"),
            "get_user_offers": _word(user_offers.unknown_customer_wallet_refused, "error", "empty"),
        },
        "request_id": {
            "scope": "+".join(requests.scope),
            "other_body": _word(requests.other_body_refused, "refused", "stored answer"),
            "reads": _word(requests.reads_counted, "counted", "not counted"),
            "refusals": _word(requests.refusals_stored, "stored", "not stored"),
            "kept": requests.kept,
        },
        "send_transaction": {
            "older": _word(sent.stale_refused, "refused", "ignored"),
            "equal": _word(sent.stale_refused, "refused", "ignored"),
            "reopen": _word(sent.reopening_refused, "refused", "allowed"),
            "is_closed_missing": _word(sent.closed_by_default, "closed", "open"),
            "full_return": "items []",
            "late_return": _word(sent.late_return_taken, "final account", "ignored"),
            "bad_discount": _word(sent.bad_discount_refused, "refused", "ignored"),
            "unknown_payer": _word(sent.unknown_payer_refused, "refused", "earned by nobody"),
            "payments_missing": "payers stay",
            "voided_offers": _word(sent.void_reinstates, "given back", "kept"),
        },
        "life_cycle": {
            "unlock_not_locked": _word(user_offers.unlock_unlocked_refused, "refused", "ignored"),
            "second_revoke": _word(user_offers.revoke_revoked_refused, "refused", "ignored"),
            "revoke_locked": _word(user_offers.revoke_locked_refused, "refused", "allowed"),
            "reinstate_issued": _word(user_offers.reinstate_issued_refused, "refused", "ignored"),
        },
        "lock_lifetime": {"seconds": "none" if life is None else life // 1_000_000},
    }


def _of_showing(settings: Settings) -> Readings:
    offers, paging = settings.offers, settings.paging
    expiry = settings.tiers.systems[0].expiry_days
    return {
        "paging": {
            "default_take": paging.default_take,
            "maximum_take": paging.max_take,
            "zero": "refused",
            "negative": "refused",
            "order": "newest first",
        },
        "offer_text": {
            "cultures": _word(offers.fetch_all_texts, "all", "best"),
            "get_user_offers": "best",
            "fall_back": _word(offers.fall_back_to_first, "first", "none"),
        },
        "get_user_offers_path": {"told_apart_by": "body"},
        "bottom_tiers": {
            "tier_ends_value": _word(settings.tiers.unenrolled_shows_next_target, "next target", "null"),
            "tier_resets_at": "null",
        },
        "tier_expiry": {"rule": "end of the following calendar year" if expiry is None else f"{expiry} days"},
        "available_points": {
            "formula": _word(settings.points.available_includes_escrow, "spendable and escrow", "spendable")
        },
        "life_time_value": {"escrow": _word(settings.points.life_time_moves, "moves", "keeps")},
        "lookup_points": {"formula": f"{settings.points.lookup}_points"},
    }


def _members(members: dict[str, str | int]) -> str:
    return ", ".join(
        f"{key} = {value}" if isinstance(value, int) else f'{key} = "{value}"' for key, value in members.items()
    )


def _word(value: bool, yes: str, no: str) -> str:
    return yes if value else no


def _flag(value: bool) -> str:
    return "true" if value else "false"
