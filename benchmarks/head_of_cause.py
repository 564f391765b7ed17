"""How often a report's head is the planted defect's own clause: ``python -m benchmarks.head_of_cause``.

Each planted defect is judged by the whole suite, as a user would judge it who knows nothing of it. Counted is how often
its own clause is the head of a cause, how often it is the first one that the report shows, and how often a check broke
(verdict error) instead of ruling. Defects whose clause the level does not judge are left out. ``--sample 60 --seed 1
--level full`` draws some.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from offerproof.conformance import Options, certify
from offerproof.conformance.nonce import OWN
from offerproof.contract import Level, load_contract
from offerproof.defects import registry
from offerproof.findings import Verdict
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator


@dataclass(frozen=True)
class Seen:
    """What the report of a run against one defect shows: the heads of its causes in their order, and broken checks."""

    name: str
    clause: str
    heads: tuple[str, ...]
    errors: tuple[str, ...]


def judged(simulator: InProcessSimulator, name: str, level: Level) -> Seen:
    """Judge a new simulator with one defect by everything of a level."""
    simulator.renew(0, name)
    run = certify(Options(profile=simulator.profile, level=level, out=Path(mkdtemp()), kind="selfcheck", nonce=OWN)).run
    errors = [one for one in run.findings if one.verdict is Verdict.ERROR]
    heads = tuple(cause.primary.clause for cause in run.causes)
    return Seen(name, registry()[name].clause, heads, tuple(f"{one.clause}: {one.summary}" for one in errors))


def _share(names: list[str], level: Level) -> list[Seen]:
    with in_process_simulator() as simulator:
        return [judged(simulator, name, level) for name in names]


def measured(names: list[str], level: Level, jobs: int) -> Iterator[Seen]:
    """Judge each defect, some in each process, and tell of them as they come."""
    shares = [names[first : first + 10] for first in range(0, len(names), 10)]
    with ProcessPoolExecutor(jobs) as pool:
        for share in pool.map(_share, shares, [level] * len(shares)):
            yield from share


def main() -> None:
    """Print a line for each defect that its own clause does not head, and the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--level", choices=["gate", "full"], default="gate")
    parser.add_argument("--sample", type=int, help="so many, drawn by --seed; all of them by default")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    level, clauses = Level(asked.level), load_contract().clauses
    names = [one.name for one in registry().values() if level.includes(clauses[one.clause].level)]
    names = [name for name in names if not clauses[registry()[name].clause].unchecked]
    if asked.sample:
        names = random.Random(asked.seed).sample(names, asked.sample)
    seen = []
    for one in measured(names, level, asked.jobs):
        seen.append(one)
        if one.clause not in one.heads[:1]:
            print(f"{one.name}: {one.clause}, shown first: {', '.join(one.heads[:3]) or 'nothing'}", flush=True)
        for error in one.errors:
            print(f"{one.name}: broke {error}", flush=True)
    heads, first = (sum(one.clause in one.heads[:most] for one in seen) for most in (None, 1))
    print(f"level {level}: {len(seen)} defects; own clause heads a cause: {heads}, the first one: {first}")
    print(f"error verdicts: {sum(len(one.errors) for one in seen)}, in runs of {sum(bool(one.errors) for one in seen)}")


if __name__ == "__main__":
    main()
