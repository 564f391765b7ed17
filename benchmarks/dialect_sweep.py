"""No right target is accused, the long way: ``python -m benchmarks.dialect_sweep`` (hours on one core; see ``--help``).

The whole suite is run, over HTTP, against a correct simulator behind a proxy (``tests/dialects``): with all dialects
that the documents tolerate and all other readings of what they leave open, in handfuls, in random combinations of many,
and one by one; at level gate and at level full, the journeys always included. Each run is a process of its own.

A run is green when every clause that was judged was kept: nothing failed, nothing warned, nothing stayed unknown, and
the exit code is 0. The table has a line for each run; run folders that are not green stay in ``--out``.
Exit code: 0 all green, 1 not.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.dialects.speaking import DIALECTS, READINGS, Simulators, combination, handfuls, listen

KNOWN = {**DIALECTS, **READINGS}
LEVELS = ("gate", "full")
KINDS = ("handfuls", "combinations", "singles")


@dataclass(frozen=True)
class Job:
    """One run to make: under which name, with what, at which level and seed."""

    kind: str
    name: str
    spoken: tuple[str, ...]
    level: str
    seed: int


@dataclass
class Row:
    """What came of one run; counts are findings by verdict."""

    job: Job
    exit_code: int = -1
    kept: int = 0
    failed: int = 0
    warned: int = 0
    unknown: int = 0
    requests: int = 0
    changed: int = 0
    seconds: float = 0.0
    red: list[str] = field(default_factory=list)

    @property
    def green(self) -> bool:
        """Whether nothing was held against the target, and nothing was left open."""
        return self.exit_code == 0 and not self.red

    def line(self) -> str:
        """The run as a line of the table."""
        job = self.job
        counts = f"{self.kept:>5} {self.failed:>5} {self.warned:>5} {self.unknown:>8} {self.requests:>9}"
        told = f"{self.changed:>8} {self.seconds:>7.0f} s  {'green' if self.green else f'RED, exit {self.exit_code}'}"
        return f"{job.kind:<12} {job.name:<42} {job.level:<5} {job.seed:>5} {counts} {told}"


HEADER = (
    f"{'kind':<12} {'name':<42} {'level':<5} {'seed':>5} {'kept':>5} {'fail':>5} {'warn':>5} {'unknown':>8}"
    f" {'requests':>9} {'rewrote':>8} {'time':>9}  verdict"
)


def jobs(arguments: argparse.Namespace) -> Iterator[Job]:
    """The runs that were asked for, level by level: handfuls, random combinations, then each one by itself."""
    seed = arguments.seed
    for level in arguments.levels:
        if "handfuls" in arguments.what:
            for known, word in ((DIALECTS, "dialects"), (READINGS, "readings")):
                for number, together in enumerate(handfuls(known), 1):
                    yield Job("handful", f"{len(together)} {word}, no. {number}", tuple(together), level, seed + number)
        if "combinations" in arguments.what:
            for drawn in range(seed + 1, seed + 1 + arguments.combinations):
                spoken = tuple(combination(drawn))
                yield Job("combination", f"{len(spoken)} of {len(KNOWN)}, drawn by the seed", spoken, level, drawn)
        if "singles" in arguments.what:
            for number, name in enumerate(arguments.only or KNOWN):
                kind = "dialect" if name in DIALECTS else "reading"
                yield Job(kind, name, (name, *arguments.beside), level, seed + number)


def heard(job: Job, out: Path) -> Row:
    """Make one run; a run that breaks is a red one."""
    started, row = time.monotonic(), Row(job)
    with TemporaryDirectory(prefix="dialects-") as folder:
        simulators = Simulators(Path(folder))
        try:
            spoken = [KNOWN[name] for name in job.spoken]
            told = listen(simulators, spoken, out, level=job.level, seed=job.seed)
            row.exit_code, row.red, row.changed = told.exit_code, told.red, told.changed
            row.kept, row.failed = told.count("pass"), told.count("fail") + told.count("error")
            row.warned, row.unknown = told.count("warn"), told.count("unknown")
            row.requests = told.finished.run.footer.requests if told.finished.run.footer else 0
            if told.green:
                shutil.rmtree(told.finished.folder)
            else:
                row.red.append(f"the run is in {told.finished.folder}")
        except Exception as problem:
            row.red.append(f"the run broke: {problem!r}")
        finally:
            simulators.stop()
    row.seconds = time.monotonic() - started
    return row


def sweep(todo: Sequence[Job], processes: int, out: Path) -> list[Row]:
    """Make all runs, so many at a time, each in a process of its own; tell each as it ends."""
    rows: list[Row] = []
    print(HEADER, flush=True)
    with ThreadPoolExecutor(processes) as pool:
        for done in as_completed([pool.submit(_apart, job, out) for job in todo]):
            rows.append(done.result())
            print(rows[-1].line(), *(f"    {red}" for red in rows[-1].red), sep="\n", flush=True)
    return rows


def _apart(job: Job, out: Path) -> Row:
    """Make one run in a fresh process, so that none meets what another left behind, whatever becomes of it."""
    command = [sys.executable, "-m", "benchmarks.dialect_sweep", "--out", str(out), "--one", json.dumps(asdict(job))]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        return Row(**json.loads(made.stdout.splitlines()[-1]) | {"job": job})
    except (IndexError, ValueError):
        return Row(job, red=[f"the run broke with exit code {made.returncode}: {made.stderr.strip()[-500:]}"])


def summary(rows: Sequence[Row]) -> str:
    """How many runs of each kind and level were green, and every verdict that was not kept."""
    lines = [f"\n{'kind':<12} {'level':<6} {'runs':>5} {'green':>6} {'kept':>7} {'fail':>5} {'warn':>5} {'unknown':>8}"]
    groups = sorted({(row.job.kind, row.job.level) for row in rows}, key=lambda one: (one[0], LEVELS.index(one[1])))
    for kind, level in groups:
        of = [row for row in rows if (row.job.kind, row.job.level) == (kind, level)]
        kept, failed = sum(row.kept for row in of), sum(row.failed for row in of)
        warned, unknown = sum(row.warned for row in of), sum(row.unknown for row in of)
        green = sum(row.green for row in of)
        lines.append(f"{kind:<12} {level:<6} {len(of):>5} {green:>6} {kept:>7} {failed:>5} {warned:>5} {unknown:>8}")
    green = sum(row.green for row in rows)
    lines.append(f"\n{green} of {len(rows)} runs of right targets are green")
    return "\n".join(lines)


def main() -> int:
    """Read the options, sweep, and tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--levels", nargs="+", choices=LEVELS, default=list(LEVELS))
    parser.add_argument("--what", nargs="+", choices=KINDS, default=list(KINDS), help="which runs")
    parser.add_argument("--only", nargs="+", choices=list(KNOWN), default=[], metavar="NAME", help="of the singles")
    parser.add_argument(
        "--beside", nargs="+", choices=list(KNOWN), default=[], metavar="NAME", help="these too, with each single"
    )
    parser.add_argument("--combinations", type=int, default=12, metavar="N", help="random ones at each level")
    parser.add_argument("--seed", type=int, default=0, help="of the first run; each run has its own")
    parser.add_argument("--jobs", type=int, default=1, help="runs at the same time")
    parser.add_argument("--out", type=Path, default=Path("offerproof-runs/dialects"), help="where red runs are kept")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one:
        print(json.dumps(asdict(heard(Job(**json.loads(arguments.one)), arguments.out))))
        return 0
    rows = sweep(list(jobs(arguments)), arguments.jobs, arguments.out)
    print(summary(rows))
    return 0 if all(row.green for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
