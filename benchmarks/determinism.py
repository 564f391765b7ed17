"""Is a seed a seed? ``python -m benchmarks.determinism --level full --seeds 1 2 3`` (minutes).

For each seed the suite is run twice at the same time, so that each is a load for the other, in processes with
different hash seeds, each against a simulator of its own that was made anew, with a frozen clock. What both sent, got
and report must be the same; ``tests/determinism/sameness.py`` says what is normalised. Then the seeds are compared with
each other: they must differ, or nothing was shown.

``--own`` runs plain ``certify``, which starts its own simulator with a running clock. ``--busy`` adds processes that
only compute. ``--defect`` plants a defect in the simulators: a run that fails is the same run too. ``--keep`` leaves
the recordings in a folder. ``--selfcheck``, with whatever options it takes, runs ``offerproof selfcheck`` twice instead
and compares what became of each defect.

``--connections N``: do checks that run side by side send what they send one by one? The second run of each seed has
``limits.connections = N``, the first one. Compared are each check's requests, whatever their order, and the verdicts.

``--against CHECKOUT``: is another build the same judge? Each seed is run with the code of both, each with the
interpreter of its own ``.venv`` against a simulator of its own checkout. Compared are, literally but for the version in
``User-Agent``: every request and answer with the check it belongs to, and for every clause what each check found. Run
files and reports are not, for their form may have changed. ``--against-seed`` gives the other build another seed: then
it must find differences. ``--one-simulator`` runs both against simulators of the other checkout: are the judges the
same, whatever has changed in ours on purpose?
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from offerproof.findings import read_run
from tests.determinism.sameness import (
    different,
    each_check_apart,
    judged_apart,
    lines_apart,
    of_any_version,
    read_judged,
    read_sent,
    steps,
    without_instants,
)

ROOT = Path(__file__).resolve().parents[1]
HASH_SEEDS = (17, 40_961)
_RACING = "CONC"


@dataclass(frozen=True)
class Build:
    """A checkout and the interpreter that has its package."""

    root: Path = ROOT
    python: str = sys.executable

    @property
    def recorder(self) -> list[str]:
        """How its recorder is started; what an older one does not write down is added."""
        own = self.root / "tests" / "determinism" / "recorded_run.py"
        if "verdicts.jsonl" in own.read_text("utf-8"):
            return ["-m", "tests.determinism.recorded_run"]
        return [str(ROOT / "tests" / "determinism" / "older_recorder.py")]

    def child(self, *arguments: str, hash_seed: int, output: Path) -> subprocess.Popen[bytes]:
        """A Python process of its own, with this hash seed; what it says goes into a file."""
        environment = {**os.environ, "PYTHONHASHSEED": str(hash_seed)}
        environment.pop("PYTHONPATH", None)  # it would put one build's code before the other's
        with output.open("wb") as out:
            return subprocess.Popen(
                [self.python, *arguments], cwd=self.root, env=environment, stdout=out, stderr=subprocess.STDOUT
            )


OURS = Build()


def build_in(checkout: str) -> Build:
    """Another checkout, which has been installed."""
    root = Path(checkout).resolve()
    python = root / ".venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not python.exists():
        raise SystemExit(f"{checkout} has no .venv: run `make install` there first")
    return Build(root, str(python))


@contextmanager
def simulator(build: Build, folder: Path, seed: int, hash_seed: int, defects: Sequence[str]) -> Iterator[Path]:
    """A simulator with a frozen clock; gives its profile."""
    profile, log = folder / "target.toml", folder / "simulator.log"
    command = ["-m", "offerproof", "simulate", "--port", "0", "--control", "--profile-out", str(profile)]
    command += ["--seed", str(seed), "--clock", "2026-03-01T12:00:00Z", "--frozen"]
    command += [option for defect in defects for option in ("--defect", defect)]
    process = build.child(*command, hash_seed=hash_seed, output=log)
    try:
        deadline = time.monotonic() + 60
        while b": ready at " not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(f"no simulator: {log.read_text()}")
            time.sleep(0.02)
        yield profile
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def busy(count: int) -> Iterator[None]:
    """Processes that compute and do nothing else."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait(20)


def recorded(
    folder: Path,
    level: str,
    runs: Sequence[tuple[Build, int]],
    *,
    own: bool,
    defects: Sequence[str],
    one_simulator: bool = False,
    connections: Sequence[int] = (),
) -> list[Path]:
    """Record two runs at the same time, each of a build with a seed; returns the folders.

    Their simulators are of the build itself, or with ``one_simulator`` both of the last build.
    """
    with ExitStack() as stack:
        folders, processes = [], []
        for place, (hash_seed, (build, seed)) in enumerate(zip(HASH_SEEDS, runs, strict=True)):
            mine = folder / f"{level}-{seed}-{place}"
            mine.mkdir()
            command = [*build.recorder, str(mine), "--level", level, "--seed", str(seed)]
            if connections:
                command += ["--connections", str(connections[place])]
            if not own:
                judged = runs[-1][0] if one_simulator else build
                command += ["--profile", str(stack.enter_context(simulator(judged, mine, seed, hash_seed, defects)))]
            processes.append(build.child(*command, hash_seed=HASH_SEEDS[~place], output=mine / "run.log"))
            folders.append(mine)
        for process, mine in zip(processes, folders, strict=True):
            process.wait()
            if not (mine / "verdicts.jsonl").is_file():
                raise SystemExit((mine / "run.log").read_text())
    return folders


def compared(folders: Sequence[Path], level: str, seed: int, *, own: bool) -> bool:
    """Print whether two recordings are the same run, and where they are not."""
    rows = [read_sent(mine / "sent.jsonl") for mine in folders]
    runs = [read_run(mine / "normalised.jsonl") for mine in folders]
    apart = [f"requests and answers, {one}" for one in different(*rows, instants=own)]
    names = ["normalised.jsonl", *sorted(f"reports/{file.name}" for file in (folders[0] / "reports").iterdir())]
    for name in names:
        apart += [f"{name}, {one}" for one in lines_apart(*((mine / name).read_text("utf-8") for mine in folders))]
    raced = [sum(row.thread.startswith("race-") for row in one) for one in rows]
    verdicts = [str(run.outcome.verdict) for run in runs]
    print(
        f"{level} seed {seed}: {len(rows[0])} and {len(rows[1])} requests ({raced[0]} and {raced[1]} in races) in "
        f"{len(steps(rows[0]))} steps, {len(names)} reports, verdicts {verdicts[0]} and {verdicts[1]}: "
        f"{f'{len(apart)} DIFFERENCES' if apart else 'the same'}",
        flush=True,
    )
    for one in apart:
        print(f"  {one}")
    return not apart


def compared_checks(folders: Sequence[Path], title: str) -> bool:
    """Print whether each check sent and found the same in two runs, and where it did not."""
    rows = [read_sent(mine / "sent.jsonl") for mine in folders]
    found = [read_judged(mine / "verdicts.jsonl") for mine in folders]
    apart = [*each_check_apart(*rows), *(f"verdicts, {one}" for one in judged_apart(*found))]
    checks = len({row.check for row in rows[0]} - {""})
    print(
        f"{title}: {len(rows[0])} and {len(rows[1])} requests of {checks} checks, verdicts {found[0][-1].verdict} and "
        f"{found[1][-1].verdict}: {f'{len(apart)} DIFFERENCES' if apart else 'the same'}",
        flush=True,
    )
    for one in apart:
        print(f"  {one}")
    return not apart


def compared_builds(folders: Sequence[Path], title: str, *, own: bool) -> bool:
    """Print whether two builds sent, got and found the same, and where they did not."""
    rows = [of_any_version(read_sent(mine / "sent.jsonl")) for mine in folders]
    found = [read_judged(mine / "verdicts.jsonl") for mine in folders]
    apart = [f"requests and answers, {one}" for one in different(*rows, instants=own)]
    apart += [f"verdicts, {one}" for one in judged_apart(*found)]
    checks = len({row.check for row in rows[0]} - {""})
    verdicts = " and ".join(f"{len(one)} ({one[-1].verdict})" for one in found)
    print(
        f"{title}: {len(rows[0])} and {len(rows[1])} requests in {len(steps(rows[0]))} steps of {checks} checks, "
        f"verdicts {verdicts}: {f'{len(apart)} DIFFERENCES' if apart else 'the same'}",
        flush=True,
    )
    for one in apart:
        print(f"  {one}")
    return not apart


def all_apart(folders: Sequence[Path], *, own: bool) -> bool:
    """Print and return whether the requests of different seeds differ."""
    rows = [read_sent(mine / "sent.jsonl") for mine in folders]
    same = [pair for pair in pairwise(rows) if not different(*pair, instants=own)]
    print(f"{len(folders)} seeds: {'THE SAME REQUESTS' if same else 'each sends other requests'}", flush=True)
    return not same


def selfcheck_twice(folder: Path, arguments: Sequence[str]) -> bool:
    """Run selfcheck twice, one after the other; print and return whether each defect met the same end."""
    reports: list[dict[str, dict[str, Any]]] = []
    for place, hash_seed in enumerate(HASH_SEEDS):
        file = folder / f"selfcheck-{place}.json"
        command = ["-m", "offerproof", "selfcheck", "--json", str(file), *arguments]
        OURS.child(*command, hash_seed=hash_seed, output=folder / f"selfcheck-{place}.log").wait()
        document = json.loads(file.read_text("utf-8"))
        reports.append({one["name"]: one for one in document["trials"]})
        reports[-1] |= {f"seed {one['seed']}": one for one in document["alarms"]}
    return same_ends(*reports)


def same_ends(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> bool:
    """Print and return whether two selfchecks agree: the outcome, the clause, the words; without races the requests."""
    apart = [f"{name} was judged once" for name in sorted(set(one) ^ set(other))]
    for name in sorted(set(one) & set(other)):
        first, second = one[name], other[name]
        raced = str(first.get("clause", _RACING)).startswith(_RACING)
        members = ["outcome", "clause", "caught_by", "reasons", *(() if raced else ("told", "requests", "hits", "red"))]
        for member in members:  # the clock of these simulators runs
            values = [without_instants(repr(side.get(member))) for side in (first, second)]
            apart += [f"{name}: {member} {values[0]} and {values[1]}"] if values[0] != values[1] else []
    print(f"selfcheck: {len(one)} trials: {f'{len(apart)} DIFFERENCES' if apart else 'the same'}", flush=True)
    for line in apart:
        print(f"  {line}")
    return not apart


def main() -> int:
    """Compare; 1 when something differs that must not."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--level", choices=["smoke", "gate", "full"], default="gate")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--own", action="store_true")
    parser.add_argument("--busy", type=int, default=0, metavar="N")
    parser.add_argument("--defect", action="append", default=[], metavar="NAME")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--against", type=build_in, metavar="CHECKOUT")
    parser.add_argument("--against-seed", type=int, metavar="SEED", help="default: the same seeds")
    parser.add_argument("--one-simulator", action="store_true")
    parser.add_argument("--connections", type=int, metavar="N")
    parser.add_argument("--selfcheck", nargs=argparse.REMAINDER, metavar="ARGUMENT")
    given = parser.parse_args()
    with TemporaryDirectory(prefix="offerproof-determinism-") as name, busy(given.busy):
        folder = given.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if given.selfcheck is not None:
            return 0 if selfcheck_twice(folder, given.selfcheck) else 1
        right, firsts = True, []
        for seed in given.seeds:
            other = seed if given.against_seed is None else given.against_seed
            runs = [(OURS, seed), (given.against, other) if given.against else (OURS, seed)]
            folders = recorded(
                folder,
                given.level,
                runs,
                own=given.own,
                defects=given.defect,
                one_simulator=given.one_simulator,
                connections=(1, given.connections) if given.connections else (),
            )
            if given.connections:
                right &= compared_checks(folders, f"{given.level} seed {seed}, 1 and {given.connections} connections")
            elif given.against:
                title = f"{given.level} seed {seed}" + (f" and seed {other}" if other != seed else "")
                right &= compared_builds(folders, title, own=given.own)
            else:
                right &= compared(folders, given.level, seed, own=given.own)
            firsts.append(folders[0])
        apart = len(firsts) == 1 or all_apart(firsts, own=given.own)
        return 0 if apart and right else 1


if __name__ == "__main__":
    raise SystemExit(main())
