"""One row for each recording of a folder: what ``audit`` read, judged and found, what it could not judge, and why.

python -m benchmarks.audit_recordings FOLDER [--complete]
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from offerproof.audit import AuditOptions, audit
from offerproof.errors import Misuse
from offerproof.findings import Verdict

_READ = re.compile(r"([0-9,]+) exchanges read, ([0-9,]+) of them calls")


def main() -> int:
    """Audit each file and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--complete", action="store_true")
    options = parser.parse_args()
    accused = 0
    print("| file | read | calls | clauses kept | findings | not judged in whole, and why |\n|---|---|---|---|---|---|")
    with TemporaryDirectory() as out:
        for path in sorted(options.folder.iterdir()):
            try:
                run = audit(AuditOptions(files=(str(path),), complete=options.complete or None, out=Path(out))).run
            except Misuse as refused:
                print(f"| {path.name} | – | – | – | – | refused: {refused.message}; {refused.hint} |")
                continue
            notes = run.plan.notes
            read, calls = next(found.groups() for note in notes if (found := _READ.search(note)))
            why = [
                note.partition(": ")[2] for note in notes if note.startswith(("not judged", "not decided", "states"))
            ]
            kept = sum(one.verdict is Verdict.PASS for one in run.standings.values())
            broken = ", ".join(one.clause for one in run.failures) or "none"
            accused += bool(run.failures)
            print(f"| {path.name} | {read} | {calls} | {kept} | {broken} | {'; '.join(why) or '–'} |")
    return 1 if accused else 0


if __name__ == "__main__":
    sys.exit(main())
