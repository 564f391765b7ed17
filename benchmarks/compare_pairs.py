"""Does ``compare`` tell chance from change? Pairs of equal load runs, and pairs of which the second target got worse.

    python -m benchmarks.compare_pairs [--pairs 10] [--rate 20] [--duration 75] [--apart] [--keep FOLDER]

Each pair is three runs of ``offerproof load``, each on a simulator of its own on the loopback: two where the calls of a
checkout are answered after 20 ms, one where they are answered after 40 ms and one in a hundred is refused with 500.
``compare`` has to say that nothing got worse from the first to the second, and that latencies and shares of errors did
from the first to the third. Exit code 1 where it says otherwise. The three run at the same time, so that a machine that
is busy with other work is as busy for each of them (as in duet benchmarking, Bulej and others, 2020). With ``--apart``
they run one after the other: runs of a machine that is not always as busy are not equal, and ``compare`` may have to
say that it does not compare them, which is counted as not told. A machine that has not even time for 20 visits a second
makes both wait, and nothing is to be seen of 20 ms more.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from offerproof.defects.wire import Flow, planted
from offerproof.findings import Run, read_run
from offerproof.report.comparison import Comparison, compare_runs
from offerproof.report.load_comparison import Direction
from offerproof.selfcheck.in_process_simulator import in_process_simulator
from offerproof.simulator.answers import Answer

CHECKOUT: Final = ("lookup", "lock", "unlock", "send_transaction")
ATTEMPTS: Final = 3
LEAST_LATENCIES: Final = 3
"""Of the calls and the visits whose latency doubled, so many have to be told of."""


def serve(answer_ms: float, errors: float, seed: int) -> None:
    """Be the target until standard input ends: say where its profile is, and answer as slowly and as badly as asked."""
    draw = random.Random(seed)

    def slow(flow: Flow) -> Answer:
        if flow.operation not in CHECKOUT:
            return flow.send()
        answer = flow.refuse(500, "internal", "as ordered") if draw.random() < errors else flow.send()
        return flow.hold(answer, answer_ms / 1000)

    with in_process_simulator() as simulator:
        planted(simulator.app, slow, lambda: None)
        print(simulator.profile.source, flush=True)
        sys.stdin.read()


@contextmanager
def target(answer_ms: float, errors: float, seed: int) -> Iterator[str]:
    """A target in a process of its own; gives the profile."""
    words = [sys.executable, "-m", "benchmarks.compare_pairs", "--serve", str(answer_ms), str(errors), str(seed)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.communicate()


def loaded(profile: str, rate: float, duration: float, out: Path) -> Path:
    """One run; gives its folder."""
    bounds = out / "thresholds.toml"
    out.mkdir(parents=True, exist_ok=True)
    bounds.write_text("[thresholds.all]\np50_ms = 60000\n")  # figures are compared here, and not with a bound of ours
    words = ["load", "--target", profile, "--rate", f"{rate:g}", "--duration", f"{duration:g}s", "--out", str(out)]
    words += ["--slo", str(bounds)]
    done = subprocess.run(
        [sys.executable, "-m", "offerproof", *words],
        capture_output=True,
        text=True,
        timeout=20 * duration + 300,
        check=False,
    )
    told = done.stdout.splitlines()
    if not told or not told[-1].startswith("run: "):
        raise SystemExit(f"{' '.join(words)} made no run (exit code {done.returncode}): {done.stderr[-2000:]}")
    return Path(told[-1].removeprefix("run: "))


def worse(comparison: Comparison) -> tuple[int, int]:
    """How many latencies, and how many shares of errors, ``compare`` calls worse."""
    moved = [one.subject for one in comparison.figures if one.direction is Direction.WORSE]
    shares = sum("error" in subject for subject in moved)
    return len(moved) - shares, shares


def three_runs(number: int, options: argparse.Namespace, folder: Path) -> list[Run]:
    """The runs of a pair: of a target, of one that is equal, and of one that got worse."""

    def one(place: int) -> Run:
        answer_ms, errors = ((20.0, 0.0), (20.0, 0.0), (40.0, 0.01))[place]
        with target(answer_ms, errors, 3 * number + place) as profile:
            out = folder / f"{number}-{place}"
            return read_run(loaded(profile, options.rate, options.duration, out))

    with ThreadPoolExecutor(1 if options.apart else 3) as pool:
        return list(pool.map(one, range(3)))


def pair(number: int, options: argparse.Namespace) -> bool:
    """Three runs and two comparisons, a line of the table; whether both comparisons are right."""
    with TemporaryDirectory() as folder:
        for attempt in range(ATTEMPTS):
            runs = three_runs(number, options, (options.keep or Path(folder)) / str(attempt))
            if all(run.outcome.verdict != "not judged" for run in runs):
                break
            print("      a run was not judged, for its generator was the limit; all three once more", flush=True)
    equal, changed = compare_runs(runs[0], runs[1]), compare_runs(runs[0], runs[2])
    latencies, shares = worse(changed)
    right = not equal.worse and latencies >= LEAST_LATENCIES and shares > 0
    told = f"worse: {latencies} latencies, {shares} shares of errors"
    print(f"{number:>4}  {equal.headline:<22}  {told:<44}  {'right' if right else 'WRONG'}", flush=True)
    for line in equal.worse:
        print(f"      equal, and called worse: {line}", flush=True)
    for line in (*equal.notes, *changed.notes):
        if "not compared" in line:
            print(f"      {line}", flush=True)
    return right


def main() -> int:
    """Print the table; 1 where ``compare`` was wrong of any pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=10)
    parser.add_argument("--rate", type=float, default=20, help="visits a second")
    parser.add_argument("--duration", type=float, default=75, help="seconds of the judged part of a run")
    parser.add_argument("--apart", action="store_true", help="one run after the other")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="put the runs there")
    parser.add_argument("--serve", nargs=3, metavar=("MS", "SHARE", "SEED"), help="be the target")
    options = parser.parse_args()
    if options.serve:
        serve(float(options.serve[0]), float(options.serve[1]), int(options.serve[2]))
        return 0
    print(f"{'pair':<4}  {'20 ms and 20 ms':<22}  {'20 ms, and 40 ms with 1 % of errors':<44}", flush=True)
    right = sum(pair(number, options) for number in range(1, options.pairs + 1))
    print(f"compare was right of {right} of {options.pairs} pairs; load average {os.getloadavg()[0]:.1f}")
    return int(right < options.pairs)


if __name__ == "__main__":
    sys.exit(main())
