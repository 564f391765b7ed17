"""A wire rewrite is not ours alone: before a server that shares nothing with us it breaks the same clause."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.defects import registry
from offerproof.target import Profile
from tests.independent.test_another_right_server import with_short_periods

SAMPLE = (
    "lock-answers-info",  # what is answered
    "title-cut",
    "history-forgets-revoked",
    "closing-redeems-nothing",  # what is asked
    "repeat-is-done-again",
    "any-credentials",  # who is let in
    "lock-is-stolen",  # what is asked behind the client's back
    "both-terminals-lock",  # when it is answered
    "on-its-way-is-unknown",
    "every-payer-earns-all",  # what several do together
    "redeemed-is-eligible",
    "path-shows-the-old-address",
)


IN_TIME = ("top-tier-lacks-points", "expired-stays-in-wallet", "expired-offer-locks", "expired-is-forgotten")
"""What shows only when a period has ended, and no clock can be set."""


@pytest.mark.slow
@pytest.mark.parametrize("name", IN_TIME)
def test_what_goes_wrong_in_time_is_told_where_periods_are_short(
    name: str, harbour: Callable[..., Profile], before: Callable[..., Any], tmp_path: Path
) -> None:
    defect = registry()[name]
    planted = before(with_short_periods(harbour, tmp_path), defect.rewrite)
    run = certify(Options(profile=planted.profile, level=Level.FULL, only=(defect.clause,), out=tmp_path / "runs")).run
    assert run.standings[defect.clause].verdict == "fail"
    assert planted.hits > 0


@pytest.mark.parametrize("name", SAMPLE)
def test_a_wire_rewrite_is_told_by_its_clause(
    name: str, harbour: Callable[..., Profile], before: Callable[..., Any], tmp_path: Path
) -> None:
    defect = registry()[name]
    planted = before(harbour(), defect.rewrite)
    run = certify(Options(profile=planted.profile, level=Level.FULL, only=(defect.clause,), out=tmp_path / "runs")).run
    assert defect.clause in {one.clause for one in run.findings if one.verdict in ("fail", "warn")}
    assert planted.hits > 0


WHERE_ALL_ARE_WELCOME = {
    "later-pages-leak": "JOURN-5",
    "unlocked-still-shown-locked": "JOURN-2",
    "redeemed-stays-in-wallet": "JOURN-6",
    "offer-of-somebody": "JOURN-5",
}


@pytest.mark.parametrize(("name", "clause"), WHERE_ALL_ARE_WELCOME.items())
def test_a_wire_rewrite_is_told_where_everybody_new_gets_an_offer(
    name: str, clause: str, harbour: Callable[..., Profile], before: Callable[..., Any], tmp_path: Path
) -> None:
    planted = before(harbour("--welcome", "offer"), registry()[name].rewrite)
    run = certify(Options(profile=planted.profile, level=Level.GATE, only=(clause,), out=tmp_path / "runs")).run
    assert run.standings[clause].verdict == "fail"
    assert planted.hits > 0


def test_the_same_proxy_changes_nothing_by_itself(
    harbour: Callable[..., Profile], before: Callable[..., Any], tmp_path: Path
) -> None:
    planted = before(harbour(), lambda flow: flow.send())
    run = certify(Options(profile=planted.profile, level=Level.SMOKE, out=tmp_path / "runs")).run
    assert int(run.outcome.exit_code) == 0
    assert planted.hits == 0
