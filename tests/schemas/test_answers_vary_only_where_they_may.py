"""Hand-written documents at the edge: what may vary is accepted, its nearest neighbour that may not is refused."""

from __future__ import annotations

import copy
from typing import Any

import pytest

GONE = object()
LOCK_ANSWER = "operations/lock.json#/$defs/answer_success"
LOOKUP_ANSWER = "operations/lookup.json#/$defs/answer_success"
HISTORY = "user_offer.json#/$defs/history"
ISSUE_ANSWER = "operations/issue_offer.json#/$defs/answer_success"
CORE_ERROR = "envelopes.json#/$defs/core_error"
OFFERS_ERROR = "envelopes.json#/$defs/offers_error"
CLOUDPOS_ERROR = "envelopes.json#/$defs/cloudpos_error"
RULE = "/tier_levels/0/tier_progress/0/rules/0"

ACCEPTED: list[tuple[str, str, Any]] = [
    # unknown keys, at every depth
    ("user.json", "/colour", "red"),
    ("user.json", "/tier_details/tier_levels/0/tier_overview/colour", None),
    ("tier_details.json", f"{RULE}/rule/constraints/0/colour", "red"),
    ("point_account_balances.json", "/details/0/colour", []),
    ("offer.json", "/colour", {}),
    (LOCK_ANSWER, "/payload/colour", "red"),
    (LOCK_ANSWER, "/trace_id", "abc"),
    # empty optional attributes: null or absent
    ("user.json", "/email", None),
    ("user.json", "/email", GONE),
    ("user.json", "/tier_resets_at", None),
    ("user.json", "/tier_resets_at", GONE),
    ("user.json", "/proxy_ids", GONE),
    ("user.json", "/tier_ends_value", None),
    ("tier_details.json", "/tier_levels/0/next_tier_overview", GONE),
    ("tier_details.json", "/tier_levels/0/tier_progress", GONE),
    ("tier_details.json", "/tier_levels/0/tier_progress", []),
    ("offer.json", "/offer_media", None),
    ("offer.json", "/custom_data", GONE),
    (HISTORY, "/media_uri", None),
    (HISTORY, "/description", GONE),
    ("wallet_customer.json", "/email", GONE),
    ("wallet_customer.json", "/profile_fields", None),
    ("discount.json", "/discounted_line_id_quantities", GONE),
    (LOCK_ANSWER, "/payload/discounted_line_id_quantities", None),
    (LOCK_ANSWER, "/payload/pos_discount_id", GONE),
    # numbers: whole or decimal
    ("user.json", "/available_points", "@2000.5"),
    ("user.json", "/tier_points", "@2000.00"),
    ("tier_details.json", "/tier_levels/0/tier_overview/rank", "@2.0"),
    (LOCK_ANSWER, "/payload/amount", "@4.99"),
    (LOCK_ANSWER, "/payload/stack_order", "@0.0"),
    # 0 to 7 fractional digits
    (LOCK_ANSWER, "/payload/applied_time", "2018-09-07T16:29:11Z"),
    (LOCK_ANSWER, "/payload/applied_time", "2018-09-07T16:29:11.2995051Z"),
    ("user.json", "/created_at", "2019-03-19 21:46:17.5"),
    ("tier_details.json", "/tier_levels/0/join_date", "2019-03-22T18:12:02"),
    # GUIDs in either case
    (LOCK_ANSWER, "/payload/reference_id", "757144C2-6693-4A29-9F2C-F1D3AA2FA24F"),
    ("user.json", "/id", "6CB9eee8-4a90-11E9-b863-0242ac11000C"),
    # any order and number of list elements
    (LOOKUP_ANSWER, "/payload", []),
    ("point_account_balances.json", "/details", []),
    # image_url null or a text
    (LOCK_ANSWER, "/payload/image_url", None),
    (LOCK_ANSWER, "/payload/image_url", "http://cdn.example.com/x.png"),
    # errors absent, null or empty on success
    (LOCK_ANSWER, "/errors", GONE),
    (LOCK_ANSWER, "/errors", {}),
    (LOCK_ANSWER, "/errors", []),
    (LOCK_ANSWER, "/errors", ""),
    # the case of status words
    (LOCK_ANSWER, "/status", "ok"),
    (LOCK_ANSWER, "/status", "Success"),
    (LOCK_ANSWER, "/payload/status", "Locked"),
    (LOCK_ANSWER, "/payload/reference_id_type", "UserOfferId"),
    (LOOKUP_ANSWER, "/payload/0/offers/0/status", "info"),
    (HISTORY, "/status_description", "ISSUED"),
    (CORE_ERROR, "/status", "Error"),
    # an error's stack_trace may exist, empty
    (CORE_ERROR, "/errors/stack_trace", ""),
    (OFFERS_ERROR, "/errors/stack_trace", None),
    (CLOUDPOS_ERROR, "/errors/stack_trace", []),
    (CLOUDPOS_ERROR, "/errors", "no such offer"),
    # rules and constraints of kinds that nobody has described
    ("tier_details.json", f"{RULE}/rule/discriminator", 4096),
    ("tier_details.json", f"{RULE}/rule/constraints/0/discriminator", 32),
    # open questions
    (ISSUE_ANSWER, "/payload/status_list/0/root_offer_id", GONE),
    ("offer.json", "/acquisition_end_date", GONE),
    ("operations/redeem.json#/$defs/answer_success", "/payload", None),
    # input: numbers and flags bare or as text, two spellings of tax, single-digit hours
    ("transaction.json", "/subtotal", ".77"),
    ("transaction.json", "/subtotal", "@11.77"),
    ("transaction.json", "/is_closed", True),
    ("transaction.json", "/is_closed", "TRUE"),
    ("transaction.json", "/tax_total", GONE),
    ("transaction.json", "/TaxTotal", GONE),
    ("transaction.json", "/open_time", "2018-06-10 9:20:00.000"),
    ("transaction.json", "/open_time", "2018-09-07T16:29:11.299505Z"),
    ("transaction.json", "/payments/0/user_id_type", "sessionm_id"),
    ("operations/create_offer.json#/$defs/request", "/publish", True),
]

REFUSED: list[tuple[str, str, Any]] = [
    ("user.json", "/id", "6cb9eee8-4a90-11e9-b863-0242ac11000"),
    ("user.json", "/id", "r519hacf-bdf8-57ae-b6a1-a4443b20c6c1"),
    ("user.json", "/id", "2D5B5A08-BECD-4837-A69A-2AB967C17773A"),
    ("user.json", "/id", "6cb9eee84a9011e9b8630242ac11000c"),
    ("user.json", "/available_points", "2000"),
    ("user.json", "/tier", ""),
    ("user.json", "/tier", None),
    ("user.json", "/dob", "1999-13-01"),
    ("user.json", "/dob", "01.07.1999"),
    ("user.json", "/created_at", "2019-03-19T21:46:17Z"),
    ("user.json", "/created_at", "2019-03-19 24:46:17"),
    ("user.json", "/email", "nobody"),
    ("tier_details.json", "/tier_levels/0/join_date", "2019-03-22"),
    ("tier_details.json", "/tier_levels/0/tier_overview/rank", "@1.5"),
    ("tier_details.json", "/tier_levels/0/tier_overview/rank", -1),
    ("tier_details.json", f"{RULE}/query_result", GONE),
    ("tier_details.json", f"{RULE}/query_result", None),
    ("tier_details.json", f"{RULE}/parent_id", GONE),
    ("tier_details.json", f"{RULE}/rule/target_balance", GONE),
    ("tier_details.json", f"{RULE}/rule/constraints/0/point_accounts", GONE),
    ("tier_details.json", f"{RULE}/rule/constraints/0/point_accounts", {}),
    ("tier_details.json", f"{RULE}/rule/constraints/0/point_accounts", {"Spend": "ACME"}),
    ("tier_details.json", f"{RULE}/rule/constraints/0/discriminator", "8"),
    ("tier_details.json", "/tier_levels/0/tier_progress/0/rules/1/rule/constraints", [{"discriminator": 8, "id": 1}]),
    ("tier_details.json", "/tier_levels/0/tier_progress/0/rules/2/rule/id", GONE),
    ("point_account_balances.json", "/details/0/user_point_account_id", "none"),
    ("offer.json", "/acquisition_start_date", "2018-03-01 00:00:00"),
    ("offer.json", "/acquisition_start_date", "2018-03-01T00:00:00"),
    ("offer.json", "/acquisition_start_date", "2018-03-01T00:00:00+01:00"),
    ("offer.json", "/custom_data", {"CustomAttribute": "CustomValue"}),
    ("user_offer.json#/$defs/wallet", "/offer_id", "1"),
    (HISTORY, "/status", 2),
    (HISTORY, "/status_description", "Redeemed"),
    (HISTORY, "/acquire_date", "2018-09-04T19:47:28.34758149Z"),
    (LOCK_ANSWER, "/payload/status", "INFO"),
    (LOCK_ANSWER, "/payload/applied_time", None),
    (LOCK_ANSWER, "/payload/applied_time", "2018-09-07T16:29:11Z\n"),
    (LOCK_ANSWER, "/payload/amount", -1),
    (LOCK_ANSWER, "/payload/amount", "12"),
    (LOCK_ANSWER, "/payload/image_url", 1),
    (LOCK_ANSWER, "/payload/discounted_line_ids", [0]),
    (LOCK_ANSWER, "/payload", None),
    (LOCK_ANSWER, "/errors", {"code": "x"}),
    (LOCK_ANSWER, "/errors", ["x"]),
    (LOCK_ANSWER, "/status", "okay"),
    (LOCK_ANSWER, "/status", "error"),
    (LOOKUP_ANSWER, "/payload/0/offers/0/status", "REDEEMED"),
    (LOOKUP_ANSWER, "/payload/0/points", "0"),
    (ISSUE_ANSWER, "/payload/status_list", []),
    (ISSUE_ANSWER, "/payload/status_list/0/user_offer_id", GONE),
    (ISSUE_ANSWER, "/payload/status_list/0/user_offer_id", ""),
    (CORE_ERROR, "/errors/code", "User_Not_Found"),
    (CORE_ERROR, "/errors/code", ""),
    (CORE_ERROR, "/errors", None),
    (CORE_ERROR, "/errors/stack_trace", "at Program.Main()"),
    (CORE_ERROR, "/stack_trace", ["at Program.Main()"]),
    (CORE_ERROR, "/status", "ok"),
    (OFFERS_ERROR, "/payload", {"offer_id": "x"}),
    (OFFERS_ERROR, "/errors/stack_trace", "at Program.Main()"),
    (CLOUDPOS_ERROR, "/errors", None),
    (CLOUDPOS_ERROR, "/errors", {}),
    (CLOUDPOS_ERROR, "/errors", []),
    (CLOUDPOS_ERROR, "/errors", ""),
    (CLOUDPOS_ERROR, "/errors", [{"stack_trace": "at Program.Main()"}]),
    (CLOUDPOS_ERROR, "/errors/stack_trace", "at Program.Main()"),
    (CLOUDPOS_ERROR, "/payload", {"reference_id": "x"}),
    ("transaction.json", "/transaction_id", ""),
    ("transaction.json", "/subtotal", "11,77"),
    ("transaction.json", "/subtotal", "."),
    ("transaction.json", "/subtotal", ""),
    ("transaction.json", "/is_closed", "yes"),
    ("transaction.json", "/is_closed", 1),
    ("transaction.json", "/guest_count", "1.5"),
    ("transaction.json", "/open_time", "10.06.2018"),
    ("transaction.json", "/payments/0/user_id_type", "email"),
    ("operations/lookup.json#/$defs/request", "/request_payload/external_customer_id", GONE),
    ("operations/lock.json#/$defs/request", "/request_payload/offer_lookup_type", "barcode"),
    ("operations/send_transaction.json#/$defs/request", "/request_payload/items", GONE),
    ("operations/send_transaction.json#/$defs/answer_success", "/payload", {}),
    ("operations/create_offer.json#/$defs/request", "/text_config", []),
]


def altered(document: Any, pointer: str, value: Any, tools: Any) -> Any:
    """The document with another value (``@`` marks a decimal as it stands on the wire), or none, at the pointer."""
    if isinstance(value, str) and value.startswith("@"):
        value = tools.parse(value[1:])
    copied = copy.deepcopy(document)
    parent, _, name = pointer.rpartition("/")
    target = tools.at(copied, parent)
    if value is GONE:
        del target[name]
    else:
        target[int(name) if isinstance(target, list) else name] = value
    return copied


@pytest.fixture(scope="module")
def maximal(every_document: list[tuple[str, list[Any]]]) -> dict[str, Any]:
    return {reference: documents[0] for reference, documents in every_document}


@pytest.mark.parametrize(("reference", "pointer", "value"), ACCEPTED)
def test_what_may_vary_is_accepted(reference, pointer, value, maximal, tools):
    assert tools.accepts(reference, altered(maximal[reference], pointer, value, tools))


@pytest.mark.parametrize(("reference", "pointer", "value"), REFUSED)
def test_what_may_not_vary_is_refused(reference, pointer, value, maximal, tools):
    assert not tools.accepts(reference, altered(maximal[reference], pointer, value, tools))


def test_a_user_offer_needs_one_of_its_two_ids(tools):
    assert not tools.accepts("user_offer.json#/$defs/wallet", {"name": "$5"})


def test_a_search_has_exactly_one_identifier(tools):
    request = "operations/search_customers.json#/$defs/request"
    assert not tools.accepts(request, {})
    assert not tools.accepts(request, {"email": "test@example.com", "external_id": "x"})


def test_an_answer_is_success_or_error_and_never_both(documented, tools):
    reference, documents = documented
    operation, _, form = reference.partition("#/$defs/")
    if not operation.startswith("operations/") or form not in ("answer_success", "answer_error"):
        return  # an object, or a request
    other = {"answer_success": "answer_error", "answer_error": "answer_success"}[form]
    for document in documents:
        assert tools.accepts(f"{operation}#/$defs/answer", document)
        assert not tools.accepts(f"{operation}#/$defs/{other}", document)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_not_json_is_never_judged(number, tools):
    with pytest.raises(ValueError, match="is not JSON"):
        tools.parse(f'{{"amount": {number}}}')


def test_numbers_stay_exact(tools):
    assert str(tools.parse("0.1000")) == "0.1000"
    assert str(tools.parse("12345678901234567890.12")) == "12345678901234567890.12"
