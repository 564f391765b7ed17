"""No right target is accused: the suite, over HTTP, of a correct simulator that speaks every tolerated dialect.

A proxy between them speaks the dialects: each singly at level gate, except for the journeys, and random combinations of
many, together with other readings of what the documents leave open. ``OFFERPROOF_DIALECT_SWEEP=40`` adds every dialect
and every reading singly at level full, and 40 further combinations at level full.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

SWEEP = int(os.environ.get("OFFERPROOF_DIALECT_SWEEP") or 0)


def test_a_dialect_of_its_own_stays_green(dialect: Any, judge: Callable[..., Any]) -> None:
    heard = judge(dialect, without=["JOURN"])
    assert heard.red == []
    assert heard.exit_code == 0
    assert heard.changed > 5 or dialect.paths, "the dialect was not spoken"


@pytest.mark.parametrize("seed", [1, 2])
def test_many_dialects_and_readings_at_once_stay_green(
    seed: int, judge: Callable[..., Any], combine: Callable[[int], list[Any]]
) -> None:
    heard = judge(*combine(seed), seed=seed)
    assert heard.red == []
    assert heard.exit_code == 0


@pytest.mark.skipif(not SWEEP, reason="the long sweep is asked for by OFFERPROOF_DIALECT_SWEEP")
def test_a_dialect_of_its_own_stays_green_at_level_full(dialect: Any, judge: Callable[..., Any]) -> None:
    heard = judge(dialect, level="full")
    assert (heard.red, heard.exit_code) == ([], 0)


@pytest.mark.skipif(not SWEEP, reason="the long sweep is asked for by OFFERPROOF_DIALECT_SWEEP")
def test_another_reading_of_its_own_stays_green_at_level_full(reading: Any, judge: Callable[..., Any]) -> None:
    heard = judge(reading, level="full")
    assert (heard.red, heard.exit_code) == ([], 0)


@pytest.mark.skipif(not SWEEP, reason="the long sweep is asked for by OFFERPROOF_DIALECT_SWEEP")
@pytest.mark.parametrize("seed", range(100, 100 + SWEEP))
def test_further_combinations_stay_green_at_level_full(
    seed: int, judge: Callable[..., Any], combine: Callable[[int], list[Any]]
) -> None:
    heard = judge(*combine(seed), level="full", seed=seed)
    assert (heard.red, heard.exit_code) == ([], 0)
