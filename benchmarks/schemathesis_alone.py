"""What Schemathesis alone finds: its own command line on our description, side by side with our suite.

For each planted defect fresh simulators are started. ``st run`` judges one for each service, with that service's
credentials and its default settings; ``offerproof certify`` judges another (gate, then full). A failure is a kill of
Schemathesis when it was not reported against the correct simulator, which it judges with three seeds first: by kind and
operation, so that what it always complains of does not count for or against it.

All of them take hours. Rows are kept as they come, and a second call with the same file goes on where the first ended.

    python benchmarks/schemathesis_alone.py --sample 20 --seed 1 --rows rows.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from offerproof import defects

ROOT = Path(__file__).resolve().parents[1]
SERVICES = ("core", "offers", "cloudpos")
Failures = frozenset[tuple[str, str, str]]
"""Kind, title and operation of each."""
ATTEMPTS = 3
"""How often Schemathesis is run, each time with another seed, until it writes a report that can be read."""


@dataclass(frozen=True)
class Row:
    """What both came to for one defect."""

    name: str
    family: str
    alone: tuple[str, ...]
    """What Schemathesis reported beyond what it reports of the correct simulator: title and operation."""
    alone_s: float
    ours: str
    ours_s: float


def main() -> None:
    """Judge the correct simulator, then a sample of the defects; print the table."""
    options = _options()
    known = [one for one in defects.registry().values() if one.family != "load"]
    chosen = _sample(known, options.sample, options.seed)
    with ThreadPoolExecutor(options.workers) as pool:
        right = frozenset[tuple[str, str, str]]().union(*(found for found, _ in pool.map(_alone, [()] * 3, (1, 2, 3))))
        print(f"against the correct simulator (seeds 1 to 3): {len(right)} failures, which do not count")
        for kind, title, operation in sorted(right):
            print(f"    {kind:24} {title:36} {operation}")
        deadline = time.monotonic() + options.minutes * 60
        rows = _kept(options.rows)
        missing = [one for one in chosen if one.name not in {row.name for row in rows}]
        for row in pool.map(lambda one: _row(one, right, options, deadline), missing):
            rows += [row] if row else []
    _print(rows, len(known), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sample", type=int, default=0, help="so many defects, drawn by seed over all families; 0: all"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--rows", type=Path, help="keep each row in this file (JSON Lines), and leave out what it has")
    parser.add_argument("--minutes", type=float, default=15.0, help="no further defect is begun after so long")
    return parser.parse_args()


def _sample(known: Sequence[defects.Defect], size: int, seed: int) -> list[defects.Defect]:
    """In turn from each family, so that all are there."""
    drawn = random.Random(seed)
    families: dict[str, list[defects.Defect]] = {}
    for one in drawn.sample(list(known), len(known)):
        families.setdefault(one.family, []).append(one)
    turns = [one for turn in range(len(known)) for group in families.values() for one in group[turn : turn + 1]]
    return turns[: size or None]


def _kept(file: Path | None) -> list[Row]:
    """The rows of an earlier call."""
    if file is None or not file.exists():
        return []
    told = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [Row(**{**one, "alone": tuple(one["alone"])}) for one in told]


def _row(defect: defects.Defect, right: Failures, options: argparse.Namespace, deadline: float) -> Row | None:
    if time.monotonic() > deadline:
        return None
    found, alone_s = _alone((defect.name,), options.seed)
    ours, ours_s = _ours(defect)
    alone = tuple(sorted({f"{title} ({operation})" for _, title, operation in found - right}))
    row = Row(defect.name, defect.family, alone, alone_s, ours, ours_s)
    print(_line(row), flush=True)
    if options.rows:
        with options.rows.open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(row)) + "\n")
    return row


@contextmanager
def _simulator(planted: Sequence[str], seed: int = 0) -> Iterator[Path]:
    """A fresh simulator; yields the folder of its profile and credentials."""
    with TemporaryDirectory(prefix="offerproof-") as name:
        folder = Path(name)
        command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control", "--seed", str(seed)]
        command += ["--profile-out", str(folder / "target.toml")]
        command += [part for one in planted for part in ("--defect", one)]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, cwd=folder)
        try:
            deadline = time.monotonic() + 60
            while b": ready at " not in (folder / "log").read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit((folder / "log").read_text("utf-8"))
                time.sleep(0.02)
            yield folder
        finally:
            process.terminate()
            process.wait(10)


def _alone(planted: Sequence[str], seed: int) -> tuple[Failures, float]:
    """What Schemathesis reports, and the seconds it took."""
    started = time.monotonic()
    found: set[tuple[str, str, str]] = set()
    for service in SERVICES:
        found |= _service_alone(planted, service, seed)
    return frozenset(found), time.monotonic() - started


def _service_alone(planted: Sequence[str], service: str, seed: int) -> set[tuple[str, str, str]]:
    for attempt in range(ATTEMPTS):
        with _simulator(planted) as folder:
            found = _st_run(folder, service, seed + 1000 * attempt)
        if found is not None:
            return found
    raise SystemExit(f"Schemathesis wrote no report that can be read in {ATTEMPTS} runs ({service}, {planted})")


def _st_run(folder: Path, service: str, seed: int) -> set[tuple[str, str, str]] | None:
    """What it reports; None when its report ends in the middle, which a generated text that is no UTF-8 can do."""
    profile = (folder / "target.toml").read_text("utf-8")
    address = profile.partition('base_url = "')[2].partition('"')[0]
    key, secret = ((folder / f"target.{service}-{part}").read_text("utf-8") for part in ("key", "secret"))
    config = folder / "schemathesis.toml"
    api_key = (folder / "target.core-api-key").read_text("utf-8")
    config.write_text(f'[parameters]\n"path.api_key" = "{api_key}"\n', encoding="utf-8")
    report = folder / "report.json"
    command = [str(Path(sys.executable).with_name("st")), "--config-file", str(config), "run"]
    command += [str(ROOT / "schemas" / "openapi.json"), "--url", address, "--include-tag", service]
    command += ["--auth", f"{key}:{secret}", "--seed", str(seed), "--report", "json", "--report-json-path", str(report)]
    subprocess.run(command, cwd=folder, capture_output=True, timeout=600, check=False)
    try:
        told = json.loads(report.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return {
        (failure["type"], failure["title"], operation)
        for failure in told["failures"]
        for operation in failure["operations"] or ["-"]
    }


def _ours(defect: defects.Defect) -> tuple[str, float]:
    """The clauses that certify finds broken, the first ones, and the seconds it took."""
    started = time.monotonic()
    red: list[str] = []
    for level in ("gate", "full"):
        with _simulator((defect.name,)) as folder:
            command = [sys.executable, "-m", "offerproof", "certify", "--target", str(folder / "target.toml")]
            command += ["--level", level, "--first", "--out", str(folder / "runs")]
            code = subprocess.run(command, cwd=folder, capture_output=True, timeout=900, check=False).returncode
            for run in folder.glob("runs/*/run.jsonl"):
                records = [json.loads(line) for line in run.read_bytes().split(b"\n") if line]
                red += [one["clause"] for one in records if one["record"] == "finding" and one["verdict"] == "fail"]
        if code == 1:
            return " ".join(dict.fromkeys(red)) or "fails", time.monotonic() - started
    return "", time.monotonic() - started


def _line(row: Row) -> str:
    name = f"{row.name:38} {row.family:12}"
    return f"{name} {row.ours or '-':28} {row.ours_s:5.0f} s   {row.alone_s:5.0f} s  {'; '.join(row.alone) or '-'}"


def _print(rows: Sequence[Row], known: int, options: argparse.Namespace) -> None:
    print()
    print(f"{'defect':38} {'family':12} {'our suite':28} {'':7}   Schemathesis alone")
    for row in sorted(rows, key=lambda one: (one.family, one.name)):
        print(_line(row))
    ours, alone = sum(bool(row.ours) for row in rows), sum(bool(row.alone) for row in rows)
    print()
    print(f"{len(rows)} of {known} defects (seed {options.seed}; those that only load shows are left out)")
    print(f"our suite killed {ours}, Schemathesis alone {alone}")


if __name__ == "__main__":
    main()
