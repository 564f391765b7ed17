"""A right server that answers otherwise than ours is not accused, however customers and user offers are come by."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from offerproof.conformance import Options, certify
from offerproof.findings import Level
from offerproof.target import CustomerSource, OfferSource, Profile

SWEEP = bool(os.environ.get("OFFERPROOF_DIALECT_SWEEP"))
"""The long sweep: level full, and further ways to run the server."""
MADE_ELSEWHERE = dict.fromkeys(("create_offer", "issue", "revoke"), False)

Start = Callable[..., Profile]


def judged(profile: Profile, folder: Path, level: Level = Level.GATE) -> tuple[list[str], int]:
    """Everything that is neither pass nor skip, and the exit code."""
    run = certify(Options(profile=profile, level=level, out=folder / "runs")).run
    loud = [one for one in run.findings if one.verdict not in ("pass", "skip")]
    told = [f"{one.clause} {one.verdict}: {one.summary}: {one.expected} / {one.observed}" for one in loud]
    return told, int(run.outcome.exit_code)


def issuing(start: Start, folder: Path) -> Profile:
    return start()


def in_escrow(start: Start, folder: Path) -> Profile:
    """Points wait for some seconds, in accounts whose names do not say so."""
    profile = start("--escrow-s", "3")
    return replace(profile, capabilities={**profile.capabilities, "escrow": True})


def earning(start: Start, folder: Path) -> Profile:
    """Nobody may issue; the loyalty rule gives each customer one user offer."""
    profile = start()
    return replace(
        profile,
        offers=OfferSource("earn", type="fixed_amount_item_discount", spend=Decimal("80.00")),
        capabilities={**profile.capabilities, **MADE_ELSEWHERE},
        behaviours={**profile.behaviours, "issue_rule.fires": "once"},
    )


def pooled(start: Start, folder: Path) -> Profile:
    """Customers and user offers were made beforehand."""
    profile = start("--pools", str(folder))
    return replace(
        profile,
        customers=CustomerSource("pool", folder / "customers.jsonl"),
        offers=OfferSource("pool", folder / "user-offers.jsonl"),
        capabilities={**profile.capabilities, **MADE_ELSEWHERE, "create_customer": False},
    )


def with_short_locks(start: Start, folder: Path) -> Profile:
    """Locks lapse after two seconds, and effects take their time."""
    profile = start("--lock-s", "2", "--delay-ms", "400")
    timing = replace(profile.timing, settle_ms=1500)
    return replace(profile, timing=timing, behaviours={**profile.behaviours, "lock_lifetime.seconds": "2"})


WAYS = (issuing, in_escrow, earning, pooled)


@pytest.mark.parametrize("way", [issuing, earning, pooled, in_escrow])
def test_it_conforms_at_level_gate(way: Callable[[Start, Path], Profile], harbour: Start, tmp_path: Path) -> None:
    assert judged(way(harbour, tmp_path), tmp_path) == ([], 0)


@pytest.mark.skipif(not SWEEP, reason="the long sweep is asked for by OFFERPROOF_DIALECT_SWEEP")
@pytest.mark.parametrize("way", [*WAYS, with_short_locks])
def test_it_conforms_at_level_full(way: Callable[[Start, Path], Profile], harbour: Start, tmp_path: Path) -> None:
    assert judged(way(harbour, tmp_path), tmp_path, Level.FULL) == ([], 0)
