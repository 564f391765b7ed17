"""A check that cannot fail proves nothing: each planted defect turns its clause red, without HTTP and one check a time.

The long way is ``offerproof selfcheck``, which judges all of them by whole runs; here are those whose checks run here.
"""

from __future__ import annotations

from typing import Any

import pytest

from offerproof.contract import load_contract
from offerproof.defects import registry

BY_WHOLE_RUNS = ("AVAIL", "CONC", "DECL-81", "JOURN", "KEEP", "LOAD", "SURF")
"""What one check alone does not judge: see ``tests/surface``, ``tests/journeys`` and ``offerproof selfcheck``."""

KNOWN = {name: one for name, one in registry().items() if not one.clause.startswith(BY_WHOLE_RUNS)}

ARGUMENTS: dict[str, dict[str, Any]] = {
    "test_another_services_pair_is_refused_with_401": {"operation": "search_customers"},
    "test_a_header_that_is_no_basic_pair_is_refused_with_401": {"header": "Bearer abcdef"},
}

ABOUT = {
    "search_customers": "test_the_customer_is_found_by_each_identifier",
    "create_customer": "test_a_created_customer_has_an_id_and_is_found",
    "create_offer": "test_publish_may_be_a_json_value",
    "fetch_offer": "test_what_was_created_comes_back",
    "issue_offer": "test_issuing_names_a_new_user_offer_each_time",
    "lookup": "test_lookup_answers_the_customer_and_the_wallet",
    "get_user_offers": "test_get_user_offers_lists_what_lookup_holds",
    "user_offer_history": "test_every_issued_offer_has_one_record_that_describes_it",
    "lock": "test_a_lock_answers_the_discount",
    "unlock": "test_an_unlocked_offer_is_free_again",
    "send_transaction": "test_a_closed_transaction_redeems_the_offer_it_hands_back",
    "redeem": "test_redeeming_at_once",
    "*": "test_an_issued_offer_is_in_wallet_list_and_history",
}
"""For a clause about the shape of an operation's answers: a check that sees one."""


@pytest.mark.parametrize("name", KNOWN)
def test_a_planted_defect_turns_its_clause_red(name: str, bench: Any) -> None:
    clause = load_contract().clauses[KNOWN[name].clause]
    planting = bench.app.planting
    planting.plant([name])
    try:
        runs = [bench.run(check, **ARGUMENTS.get(check, {})) for check in _checks(bench, clause)]
        problems = [problem for run in runs for problem in run.problems]
        assert any(set(clause.shapes) & set(run.shapes) or run.verdicts.get(clause.id) == "fail" for run in runs), (
            problems
        )
        assert planting.broken == []
    finally:
        planting.clear()


def _checks(bench: Any, clause: Any) -> list[str]:
    """The checks that judge a clause; for its shapes, those that see the operations' answers."""
    early = "test_05_put_aside.py"  # it only puts aside what another check looks at
    own = [name for name, check in bench.checks.items() if clause.id in check.clauses and check.module != early]
    return own + [ABOUT[operation] for operation in clause.shapes if operation in ABOUT]


def test_right_answers_turn_nothing_red(bench: Any) -> None:
    red, able = {}, [name for name in bench.checks if "who_exist" not in name]
    for name in able:  # customers who exist: tests/conformance/test_standing_customers.py
        run = bench.run(name, **ARGUMENTS.get(name, {}))
        if run.problems or run.shapes:
            red[name] = [*run.problems, *run.shapes]
    assert red == {}
