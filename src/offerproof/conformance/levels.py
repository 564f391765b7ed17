"""What each level may use: requests, seconds, customers and user offers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from offerproof.contract import Level


@dataclass(frozen=True)
class Allowance:
    """Upper bounds of a level; ``seconds`` holds for our own simulator, a foreign target has its rate instead."""

    requests: int
    seconds: int
    customers: int
    user_offers: int
    must_floor: int
    """Must-clauses a whole run has to exercise; fewer are too little to certify anything. Reads in production are
    about 80 at gate (11 fewer without wrong_credentials), so only a run that skipped what it planned, or a profile
    that switches all off, falls below."""


ALLOWANCES: Final = {
    Level.SMOKE: Allowance(requests=30, seconds=5, customers=1, user_offers=1, must_floor=3),
    Level.GATE: Allowance(requests=2_000, seconds=30, customers=20, user_offers=60, must_floor=60),
    Level.FULL: Allowance(requests=50_000, seconds=600, customers=100, user_offers=500, must_floor=60),
}
