"""How fast histories are judged: ``python benchmarks/histories.py [operations] [keys]`` prints seconds and memory.

Three shapes: every user offer in sequence, racing terminals on every one, and one offer that everybody wants.
The histories are made from a correct serial execution, so each must be legal.
"""

from __future__ import annotations

import random
import resource
import sys
import time

from offerproof.contract import Outcome
from offerproof.judgement.histories import History, Kind, Legality, Rules, Seen, check


class _Offer:
    """A correct user offer, one call at a time."""

    def __init__(self) -> None:
        self.tag, self.holder = "issued", ""

    def call(self, kind: Kind, transaction: str) -> Outcome:
        free, mine = self.tag == "issued", self.tag == "locked" and self.holder == transaction
        if kind is Kind.LOCK and (free or mine):
            self.tag, self.holder = "locked", transaction
        elif kind is Kind.UNLOCK and self.tag == "locked":
            self.tag = "issued"
        elif kind in (Kind.REDEEM, Kind.SEND) and (mine or (free and kind is Kind.REDEEM)):
            self.tag, self.holder = "redeemed", transaction
        elif kind is Kind.REINSTATE and self.tag == "redeemed":
            self.tag = "issued"
        else:
            return Outcome.REFUSED
        return Outcome.ACCEPTED

    def seen(self) -> Seen:
        return {"issued": Seen.ISSUED | Seen.LOCKED, "locked": Seen.LOCKED, "redeemed": Seen.REDEEMED}[self.tag]


def made(operations: int, keys: int, overlap: int, seed: int = 1) -> History:
    """Make a legal history: each call takes effect at an instant of its own, within an interval around it."""
    rng = random.Random(seed)
    history = History()
    offers = [_Offer() for _ in range(keys)]
    kinds = [Kind.LOCK, Kind.LOCK, Kind.UNLOCK, Kind.SEND, Kind.REDEEM, Kind.REINSTATE, Kind.READ, Kind.READ]
    for number in range(operations):
        key = rng.randrange(keys)
        kind, transaction = rng.choice(kinds), f"t{key}-{rng.randrange(8)}"
        instant = number * 1_000
        start, end = instant - rng.randrange(overlap + 1), instant + rng.randrange(overlap + 1)
        process = f"till-{rng.randrange(16)}"
        if kind is Kind.READ:
            history.add(f"u{key}", kind, start, end, Outcome.ACCEPTED, None, process, offers[key].seen())
            continue
        outcome = offers[key].call(kind, transaction)
        lost = rng.random() < 0.001
        history.add(f"u{key}", kind, start, None if lost else end, outcome, transaction, process)
    return history


def measure(name: str, operations: int, keys: int, overlap: int) -> None:
    history = made(operations, keys, overlap)
    begun = time.perf_counter()
    report = check(history, Rules())
    spent = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name:12} {operations:>9,} operations on {keys:>7,} user offers: {spent:6.2f} s "
        f"({report.concurrent:,} searched, {report.undecided} undecided, peak {peak:.0f} MiB)"
    )
    assert report.verdict is not Legality.ILLEGAL, report.findings[:1]


def main() -> None:
    operations = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    keys = int(sys.argv[2]) if len(sys.argv) > 2 else operations // 10
    measure("in sequence", operations, keys, 0)
    measure("racing", operations, keys, 2 * keys * 1_000)
    measure("one offer", operations // 10, 1, 16_000)


if __name__ == "__main__":
    main()
