"""The same server, broken on purpose: each defect, found by reading the documents, is told by the clause it breaks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.target import Profile
from tests.independent.test_another_right_server import only_read, with_short_periods

DEFECTS = {
    "strangers-are-forbidden": "AUTH-1",  # 403 where credentials are missing
    "any-secret-opens": "AUTH-2",
    "flags-are-one": "CUST-8",  # any flag brings tier_details
    "empty-accounts-have-no-past": "LOYAL-2",  # lifetimes of accounts without a balance are left out of the sum
    "one-progress-for-all-systems": "LOYAL-4",  # of two tier systems, both show the progress of one
    "partners-skip-a-rank": "LOYAL-10",  # in the tier system that the customer's own attributes do not speak of
    "cultures-match-exactly": "FETCH-13",
    "ends-in-another-zone": "FETCH-5",
    "texts-of-another-offer": "FETCH-1",
    "two-for-three": "ISSUE-5",
    "history-forgets-the-revoked": "ISSUE-11",
    "worth-without-a-basket": "WALLET-8",
    "looking-locks": "WALLET-15",
    "six-digits-are-enough": "WALLET-20",  # the last six of a phone number
    "history-of-the-first": "HIST-10",  # of several customers
    "pages-turn-around": "PAGE-5",  # the second page is read backwards
    "one-code-for-all": "HIST-13",
    "numbers-begin-with-a-digit": "LOCK-34",  # ".77" is refused
    "first-price-stays": "LOCK-11",
    "a-refused-rival-frees": "LOCK-13",
    "unlock-only-says-so": "LOCK-18",
    "false-is-a-text": "REDEEM-3",  # is_closed "false" closes
    "one-lock-a-transaction": "REDEEM-8",  # a second lock lets go of the first
    "redeems-what-it-locked": "REDEEM-5",  # although the discounts do not name it
    "reinstated-stays-used": "REDEEM-21",
    "refusals-without-errors": "REFUSE-10",
    "holds-before-it-looks": "REFUSE-22",  # a lock that is refused for its basket holds all the same
    "request-ids-mean-nothing": "IDEM-1",
    "pending-for-ever": "IDEM-1",  # the repeat of a request never gets its answer
    "again-earns-again": "POINTS-5",
    "returned-miles-stay": "POINTS-5",
    "cards-earn-nothing": "POINTS-17",  # a payer who is named by an external id
    "coins-never-land": "TIME-1",
    "miles-never-land": "TIME-2",
    "points-land-early": "TIME-3",
    "ranks-wait-for-the-night": "TIME-4",
    "one-rank-at-a-time": "TIME-4",
    "replaced-once-at-most": "POINTS-29",
    "locks-look-twice": "CONC-1",  # a moment between looking and locking
}


@pytest.mark.slow
@pytest.mark.parametrize(("defect", "clause"), [("partners-skip-a-rank", "LOYAL-10"), ("flags-are-one", "CUST-8")])
def test_it_is_told_where_nothing_may_be_written(
    defect: str, clause: str, harbour: Callable[..., Profile], tmp_path: Path
) -> None:
    profile = only_read(partial(harbour, "--defect", defect), tmp_path)
    run = certify(Options(profile=profile, only=(clause,), out=tmp_path / "runs")).run
    assert run.standings[clause].verdict == "fail"


@pytest.mark.parametrize("welcome", [(), ("--welcome", "offer")])
def test_offers_that_nobody_issued_are_told_also_where_everybody_new_gets_one(
    welcome: tuple[str, ...], harbour: Callable[..., Profile], tmp_path: Path
) -> None:
    profile = harbour("--defect", "redeeming-brings-a-gift", *welcome)
    run = certify(Options(profile=profile, level=Level.GATE, only=("JOURN-5",), out=tmp_path / "runs")).run
    assert run.standings["JOURN-5"].verdict == "fail"


@pytest.mark.slow
@pytest.mark.parametrize(("defect", "clause"), DEFECTS.items(), ids=DEFECTS.keys())
def test_a_broken_server_is_told_by_the_clause_it_breaks(
    defect: str, clause: str, harbour: Callable[..., Profile], tmp_path: Path
) -> None:
    profile = harbour("--defect", defect)
    if clause.startswith("TIME-"):
        profile = with_short_periods(partial(harbour, "--defect", defect), tmp_path)
    level = Level.FULL if clause in ("POINTS-17", "POINTS-29", "CONC-1") else Level.GATE
    run = certify(Options(profile=profile, level=level, only=(clause,), out=tmp_path / "runs")).run
    assert clause in {one.clause for one in run.findings if one.verdict in ("fail", "warn")}
