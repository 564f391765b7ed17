"""No right target is accused: the suite, run against a correct simulator that speaks every tolerated dialect.

What lies between them rewrites the answers: one dialect after the other at level smoke and handfuls of them at gate
(without HTTP, which is cheap); and an HTTP proxy, for other readings of what the documents leave open and for random
combinations of it all. ``python -m benchmarks.dialect_sweep`` is the long sweep: every dialect and every reading
singly, and any number of combinations, at levels gate and full.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from offerproof.contract import Level


@pytest.mark.slow
def test_a_dialect_of_its_own_passes_the_smoke_level(dialect: Any, judge_indoors: Callable[..., Any]) -> None:
    heard = judge_indoors(dialect, level=Level.SMOKE)
    assert heard.red == []
    assert heard.exit_code == 0


@pytest.mark.slow
def test_a_handful_of_dialects_stays_green(dialects: dict[str, Any], judge_indoors: Callable[..., Any]) -> None:
    heard = judge_indoors(*dialects.values())
    assert heard.red == []
    assert heard.exit_code == 0
    assert heard.changed > 100, "the dialects were not spoken"


@pytest.mark.slow
def test_a_handful_of_readings_stays_green(readings: dict[str, Any], judge: Callable[..., Any]) -> None:
    heard = judge(*readings.values())
    assert heard.red == []
    assert heard.exit_code == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_many_dialects_and_readings_at_once_stay_green(
    seed: int, judge: Callable[..., Any], combine: Callable[[int], dict[str, Any]]
) -> None:
    heard = judge(*combine(seed).values(), seed=seed)
    assert heard.red == []
    assert heard.exit_code == 0
