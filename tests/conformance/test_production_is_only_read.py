"""Production, counted by the server: documented reads under the right credentials, and nothing else at all."""

from __future__ import annotations

import pytest

from benchmarks.production_requests import NEVER, judged
from offerproof.contract import Level
from offerproof.selfcheck.in_process_simulator import in_process_simulator

READS = {
    "fetch_offer",
    "get_customer",
    "get_customer_by_external_id",
    "get_user_offers",
    "lookup",
    "search_customers",
    "user_offer_history",
}


@pytest.mark.slow
@pytest.mark.parametrize("level", [Level.GATE, Level.FULL])
def test_a_server_counts_reads_alone(level, tmp_path):
    with in_process_simulator() as simulator:
        run, seen = judged(simulator, tmp_path, level)
    assert {what: seen[what] for what in NEVER} == dict.fromkeys(NEVER, 0)
    assert {what for what, count in seen.items() if count} <= READS
    assert seen["search_customers"] > 10
    assert seen["lookup"] > 10
    assert int(run.outcome.exit_code) == 0, run.outcome.reasons
    assert run.footer is not None
    assert run.footer.requests == sum(seen[what] for what in READS)


def test_a_server_counts_what_may_not_be_sent(tmp_path):
    """The counter itself: a run elsewhere sends all three."""
    from benchmarks.production_requests import counted, of_standing
    from offerproof.conformance import Options, certify

    with in_process_simulator() as simulator:
        of_standing(simulator, tmp_path / "standing.jsonl", "production")
        with counted(simulator) as seen:
            certify(Options(profile=simulator.profile, only=("AUTH-1", "LOCK-1", "REFUSE-11"), out=tmp_path / "runs"))
    assert seen["writes"] > 0
    assert seen["credentials missing or wrong"] > 0
