"""Does ``audit`` tell a wrong target by its recorded traffic alone, and never accuse a right one?

For every planted defect that the documented workflow shows: one recording of it and one of the right simulator (another
seed for each pair). A defect is told when the audit fails or warns; told by name when its own clause is among them.

    python -m benchmarks.audit_recall [--walk long|short] [--complete | --no-complete] [--profile] [--missed]
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.recorded_walk import RecordedSimulator, har, long_walk, short_walk
from offerproof.audit import AuditOptions, audit
from offerproof.defects import registry
from offerproof.findings import Run
from offerproof.simulator import profile
from offerproof.simulator.answers import Service
from offerproof.target import Profile, load_profile

WALKS = {"long": long_walk, "short": short_walk}


def recorded(walk: str, seed: int, defect: str | None, folder: Path) -> tuple[Path, int]:
    """Play a walk and write its recording; returns the file and how often the defect did harm."""
    simulator = RecordedSimulator(seed, defect)
    with suppress(KeyError, TypeError, IndexError):  # a wrong answer ends the walk, as it would end a client's
        WALKS[walk](simulator)
    path = folder / f"{defect or 'right'}-{seed}.har"
    path.write_bytes(har(simulator.entries))
    return path, simulator.hits


def judged(path: Path, folder: Path, target: Profile | None, complete: bool | None) -> Run:
    """Audit one recording."""
    return audit(AuditOptions(files=(str(path),), profile=target, complete=complete, out=folder / "runs")).run


def own_profile(folder: Path) -> Profile:
    """What the simulator declares of itself."""
    app = RecordedSimulator().app
    path = folder / "simulator.toml"
    addresses = dict.fromkeys(Service, "http://127.0.0.1:8080")
    profile.write(path, app.settings, app.auth.keys, addresses, token=None, control=None)
    return load_profile(path)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--walk", choices=WALKS, default="long")
    parser.add_argument("--complete", action=argparse.BooleanOptionalAction, help="as of audit; without: by recorder")
    parser.add_argument("--profile", action="store_true")
    parser.add_argument("--missed", action="store_true", help="name the defects that were not told")
    options = parser.parse_args()
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as name:
        folder = Path(name)
        target = own_profile(folder) if options.profile else None
        for number, defect in enumerate(registry().values()):
            path, hits = recorded(options.walk, 0, defect.name, folder)
            if not hits:
                counts["not shown by the workflow"] += 1
                continue
            counts["pairs"] += 1
            broken = [one.clause for one in judged(path, folder, target, options.complete).failures]
            counts["told"] += bool(broken)
            counts["told under its own clause"] += defect.clause in broken
            if not broken and options.missed:
                print(f"  missed {defect.clause} {defect.name}: {defect.summary}")
            right, _ = recorded(options.walk, number + 1, None, folder)
            accused = judged(right, folder, target, options.complete).failures
            counts["right ones accused"] += bool(accused)
            for one in accused:
                print(f"  ACCUSED {one.clause}: {one.summary}: {one.expected} / {one.observed}")
    for what in ("pairs", "told", "told under its own clause", "right ones accused", "not shown by the workflow"):
        print(f"{what:28} {counts[what]}")
    return 1 if counts["right ones accused"] else 0


if __name__ == "__main__":
    sys.exit(main())
