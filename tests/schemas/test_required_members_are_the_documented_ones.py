"""Which members are required, written down a second time: a schema that forgets one would pass its own mutants."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import pytest

LEAF = "/tier_levels/0/tier_progress/0/rules/0"
GROUP, UNKNOWN = LEAF[:-1] + "1", LEAF[:-1] + "2"
LOCKED = (
    "reference_id user_id reference_id_type status display_name discounted_line_ids discount_source amount stack_order"
)

REQUIRED: list[tuple[str, str, str]] = [
    (
        "user.json",
        "",
        "id opted_in suspended account_status available_points tier tier_system tier_points next_tier_points "
        "tier_ends_value",
    ),
    ("user.json", "/identifiers/0", "external_id external_id_type"),
    ("user.json#/$defs/attributes", "", "id"),
    ("tier_details.json", "", "tier_levels point_account_balances"),
    ("tier_details.json", "/tier_levels/0", "id tier_system_id tier_level_id user_id join_date tier_overview"),
    ("tier_details.json", "/tier_levels/0/tier_overview", "id tier_system_id retailer_id name rank status"),
    ("tier_details.json", "/tier_levels/0/next_tier_overview", "id tier_system_id retailer_id name rank status"),
    ("tier_details.json", "/tier_levels/0/tier_progress/0", "rule_tree_id rules"),
    ("tier_details.json", LEAF, "rule_id tree_id rule_passed rule discriminator rule_tree_name query_result parent_id"),
    ("tier_details.json", GROUP, "rule_id tree_id rule_passed rule discriminator rule_tree_name"),
    ("tier_details.json", UNKNOWN, "rule_id tree_id rule_passed rule discriminator rule_tree_name"),
    (
        "tier_details.json",
        f"{LEAF}/rule",
        "discriminator id target_balance comparison retailer_id parent_id rank is_new constraints",
    ),
    ("tier_details.json", f"{GROUP}/rule", "discriminator id constraints"),
    ("tier_details.json", f"{UNKNOWN}/rule", "discriminator id"),
    ("tier_details.json", f"{LEAF}/rule/constraints/0", "discriminator id point_accounts rule_id is_new rank"),
    ("tier_details.json", f"{UNKNOWN}/rule/constraints/0", "discriminator id"),
    ("point_account_balances.json", "", "retailer_id user_id summary details"),
    ("point_account_balances.json", "/summary", "total_points life_time_points"),
    (
        "point_account_balances.json",
        "/details/0",
        "account_name user_point_account_id point_account_id grouping_label available_balance life_time_value",
    ),
    (
        "offer.json",
        "",
        "offer_type_id id root_offer_id retailer_id title status acquisition_start_date reward_store "
        "requires_extended_data all_items_eligible check_level offer_text start_date valid_after_end_date",
    ),
    ("offer.json", "/offer_text/0", "id offer_id culture title"),
    ("user_offer.json#/$defs/wallet", "", ""),
    (
        "user_offer.json#/$defs/history",
        "",
        "title user_offer_id offer_id offer_type user_id acquire_date status status_description skip take",
    ),
    ("discount.json", "", f"{LOCKED} applied_time"),
    ("discount.json#/$defs/lookup_offer", "", LOCKED),
    ("wallet_customer.json", "", "user_reference_id user_account_id partial_response points offers accounts"),
    (
        "wallet_customer.json",
        "/accounts/0",
        "AccountName UserPointAccountID PointAccountID GroupingLabel AvailableBalance LifeTimeValue",
    ),
    ("transaction.json", "", "transaction_id items"),
    ("transaction.json", "/items/0", "line_id item_id quantity subtotal"),
    ("transaction.json", "/payments/0", "amount"),
    ("transaction.json", "/discounts/0", "reference_id"),
    ("envelopes.json#/$defs/core_success", "", "status"),
    ("envelopes.json#/$defs/core_error", "", "status errors"),
    ("envelopes.json#/$defs/core_error", "/errors", "code message"),
    ("envelopes.json#/$defs/offers_success", "", "status"),
    ("envelopes.json#/$defs/offers_error", "", "status errors"),
    ("envelopes.json#/$defs/offers_error", "/errors", "code message"),
    ("envelopes.json#/$defs/cloudpos_success", "", "status payload"),
    ("envelopes.json#/$defs/cloudpos_error", "", "status errors"),
    ("envelopes.json#/$defs/container", "", "store_id client_id request_id request_payload"),
    ("operations/search_customers.json#/$defs/answer_success", "", "status user"),
    ("operations/get_customer.json#/$defs/answer_success", "", "status user"),
    ("operations/get_customer_by_external_id.json#/$defs/answer_success", "", "status user"),
    ("operations/create_customer.json#/$defs/answer_success", "", "status user"),
    ("operations/create_offer.json#/$defs/request", "", "retailer_id offer_type text_config"),
    ("operations/create_offer.json#/$defs/answer_success", "", "status payload"),
    (
        "operations/create_offer.json#/$defs/answer_success",
        "/payload",
        "offer_id root_offer_id revisioned new_status state_transition",
    ),
    ("operations/fetch_offer.json#/$defs/request", "", "retailer_id offer_id"),
    ("operations/fetch_offer.json#/$defs/answer_success", "/payload", "offer"),
    ("operations/issue_offer.json#/$defs/request", "", "retailer_id user_id offer_id"),
    ("operations/issue_offer.json#/$defs/answer_success", "/payload", "status_list"),
    ("operations/issue_offer.json#/$defs/answer_success", "/payload/status_list/0", "user_id user_offer_id offer_id"),
    ("operations/revoke_offer.json#/$defs/request", "", "retailer_id user_offer_id"),
    ("operations/revoke_offer.json#/$defs/answer_success", "", "status"),
    ("operations/get_user_offers.json#/$defs/request", "", "retailer_id user_id"),
    ("operations/get_user_offers.json#/$defs/answer_success", "/payload", "user_id user_offers total_records"),
    ("operations/user_offer_history.json#/$defs/request", "", "retailer_id user_ids"),
    ("operations/user_offer_history.json#/$defs/answer_success", "/payload", "total_records results"),
    ("operations/lookup.json#/$defs/request", "", "store_id client_id request_id request_payload"),
    ("operations/lookup.json#/$defs/answer_success", "", "status payload"),
    (
        "operations/lock.json#/$defs/request",
        "/request_payload",
        "offer_lookup_code offer_lookup_type transaction",
    ),
    ("operations/lock.json#/$defs/answer_success", "", "status payload"),
    (
        "operations/redeem.json#/$defs/request",
        "/request_payload",
        "offer_lookup_code offer_lookup_type transaction",
    ),
    ("operations/unlock.json#/$defs/request", "/request_payload", "user_offer_id"),
    ("operations/reinstate.json#/$defs/request", "/request_payload", "user_offer_id"),
    ("operations/send_transaction.json#/$defs/request", "/request_payload", "transaction_id items"),
    ("operations/send_transaction.json#/$defs/answer_success", "", "status payload"),
]

# What may hold anything: undocumented content, members of kinds of rules that nobody has described, and what the
# sources do not publish: how CloudPOS fills an error, and what four calls answer.
FREE = re.compile(
    r"/user_profile/favourite|/rules/2/rule/(days|constraints/0/channels/0)|/offer_media/0/uri|/phone_numbers/0"
    r"|^transaction\.json/custom_data"
    r"|cloudpos_success/payload|cloudpos_error/errors/(code|message)"
    r"|^operations/(lookup|lock|redeem|unlock|reinstate|send_transaction)\.json#/\$defs/answer_error/errors/(code|message)"
)
ANY_PAYLOAD = tuple(
    f"operations/{n}.json#/$defs/answer_success" for n in ("redeem", "unlock", "reinstate", "revoke_offer")
)


@pytest.fixture(scope="module")
def maximal(every_document: list[tuple[str, list[Any]]]) -> dict[str, Any]:
    return {reference: documents[0] for reference, documents in every_document}


@pytest.mark.parametrize(("reference", "pointer", "names"), REQUIRED)
def test_exactly_these_members_are_required(reference, pointer, names, maximal, tools):
    refused = set()
    for name in tools.at(maximal[reference], pointer):
        document = copy.deepcopy(maximal[reference])
        del tools.at(document, pointer)[name]
        if not tools.accepts(reference, document):
            refused.add(name)
    assert refused == set(names.split())


def leaves(value: Any, pointer: str = "") -> Iterator[str]:
    """The pointers of everything in a document that is neither object nor list."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if parts is None:
        yield pointer
    for name, part in parts or ():
        yield from leaves(part, f"{pointer}/{name}")


def test_an_object_in_the_place_of_a_value_is_refused_nearly_everywhere(maximal, tools):
    tolerated = set()
    for reference, document in maximal.items():
        if reference in ANY_PAYLOAD:
            continue
        for pointer in leaves(document):
            spoilt = copy.deepcopy(document)
            parent, _, name = pointer.rpartition("/")
            target = tools.at(spoilt, parent)
            target[int(name) if isinstance(target, list) else name] = {"a": {}}
            if tools.accepts(reference, spoilt):
                tolerated.add(reference + pointer)
    assert {place for place in tolerated if not FREE.search(place)} == set()
    assert "user.json/user_profile/favourite" in tolerated
