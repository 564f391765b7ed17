"""Start the Harbour Club and say where it is: one line of JSON with the three addresses.

``python -m tests.independent.harbour`` from the top of the repository. It stops when its standard input ends.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

from .house import House
from .pools import fill
from .wire import Desk, Keys

KEYS = {
    "core": Keys("core-key", "core-secret", "harbour-app"),
    "offers": Keys("offers-key", "offers-secret"),
    "cloudpos": Keys("till-key", "till-secret"),
}


def main() -> None:
    """Serve until nobody listens to us any more."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--delay-ms", type=int, default=40, help="until a closed transaction shows")
    options.add_argument("--escrow-s", type=float, default=0, help="how long points are on approach; 0: not at all")
    options.add_argument("--lock-s", type=float, default=60, help="how long a lock lasts")
    options.add_argument("--busy-s", type=float, default=0, help="how long a repeat is refused as pending")
    options.add_argument("--late", choices=("taken", "ignored"), default="taken", help="versions after that time")
    options.add_argument("--tier-s", type=float, default=365 * 86_400, help="how long the upper ranks last")
    options.add_argument("--pools", type=Path, help="a folder for customers.jsonl and user-offers.jsonl")
    gifts = ("offer", "ended-offer", "late-offer", "points")
    options.add_argument("--welcome", action="append", default=[], choices=gifts, help="what a new customer gets")
    options.add_argument("--defect", action="append", default=[], help="break something, by name")
    asked = options.parse_args()
    house = House(
        delay_ms=asked.delay_ms,
        escrow_s=asked.escrow_s,
        lock_s=asked.lock_s,
        busy_s=asked.busy_s,
        takes_late=asked.late == "taken",
        welcome=asked.welcome,
        defects=frozenset(asked.defect),
    )
    house.register.rank_lasts = timedelta(seconds=asked.tier_s)
    if asked.pools:
        fill(house, asked.pools)
    desks = {service: Desk(service, house, keys) for service, keys in KEYS.items()}
    for desk in desks.values():
        desk.start()
    sys.stdout.write(json.dumps({service: desk.address for service, desk in desks.items()}) + "\n")
    sys.stdout.flush()
    threading.Thread(target=_keep_up, args=(house,), daemon=True).start()
    sys.stdin.read()


def _keep_up(house: House) -> None:
    """Let things happen when they are due, also while nobody asks."""
    while True:
        time.sleep(0.01)
        with house.guard:
            house.catch_up()


main()
