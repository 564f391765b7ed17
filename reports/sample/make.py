"""Make the committed samples.

``make.py`` renders them again; ``make.py retake`` runs everything anew and takes all of them (some minutes, on a
machine that is not busy); ``make.py retake NAME`` only that one; ``make.py NAME RUN``
takes a run that is there already.

A sample's run is a real one, normalised (fixed ports, instants, durations and ids) and cut down: of the clauses that
hold, one for each chapter and each reason; of the exchanges, the last ones that broken clauses cite. Nothing else is
touched, so the reports are what the tool really says.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import msgspec

from offerproof.exchange.parsing import encode_exactly, parse_json
from offerproof.findings import AnyRecord, Header, Run, RunPlan, Verdict, read_run
from offerproof.report.comparison import compare_runs
from offerproof.report.formats import Subject, all_formats, find_format
from offerproof.report.matrix import matrix_of

HERE: Final = Path(__file__).resolve().parent
STARTED: Final = "2018-09-07T16:00:00.000000Z"
FINISHED: Final = "2018-09-07T16:00:12.400000Z"
TOOK_US: Final = 12_400_000
EXCHANGE_US: Final = 1_500
RUNS: Final = ("failing", "conforming", "load-before", "load", "load-failing", "till")

RATE: Final = "20"
"""Visits a second of the load samples: what a busy laptop bears too, for a sample shows a report and no speed."""
COMMANDS: Final[dict[str, tuple[int, tuple[str, ...], tuple[str, ...]]]] = {
    "failing": (1, ("custom-data-lost", "lock-is-stolen", "total-points-forget-escrow"), ("certify",)),
    "conforming": (0, (), ("certify",)),
    "load-before": (0, (), ("load", "--rate", RATE, "--warm-up", "2s", "--duration", "10s", "--seed", "1")),
    "load": (0, (), ("load", "--rate", RATE, "--warm-up", "2s", "--duration", "10s")),
    "load-failing": (
        1,
        ("lock-is-stolen",),
        ("load", "--scenario", "stampede", "--warm-up", "0.4s", "--duration", "4s"),
    ),
    "till": (1, (), ("till", "--script", str(HERE.parents[1] / "examples" / "till" / "two-mistakes.json"))),
}
"""What each sample's run is: the exit code it must have, the defects of the simulator it judges, the command."""
_READY_S: Final = 60.0

_PORT: Final = re.compile(r"(127\.0\.0\.1|localhost):[0-9]{2,5}")
_FOLDER: Final = re.compile(r"[^\s'\"]*offerproof-runs/[^\s/'\"]+")
_BROKEN: Final = (Verdict.FAIL, Verdict.WARN, Verdict.WAIVED, Verdict.ERROR)
_DECODER: Final = msgspec.json.Decoder(AnyRecord, float_hook=Decimal)

EXCHANGES: Final = 4
"""Exchanges that are kept of the transcript of a finding to repair; of others the one that decided."""


def reports(runs: dict[str, Run]) -> Iterator[tuple[str, str]]:
    """Every report of the samples: its path below this folder, and its content."""
    moved = compare_runs(runs["conforming"], runs["failing"])
    for one in all_formats():
        yield f"failing/{one.file_name(Subject.CERTIFICATE)}", one.run(runs["failing"])
        if not one.whole:  # one sample of what leaves nothing out is long enough
            yield f"load/{one.file_name(Subject.LOAD)}", one.run(runs["load"])
        if one.beside:
            yield f"load/with-baseline.{one.suffix}", one.beside(runs["load"], runs["load-before"])
        if one.comparison:
            yield f"comparison/{one.file_name(Subject.COMPARISON)}", one.comparison(moved)
        if one.matrix:
            both = matrix_of([runs["conforming"], runs["failing"]])
            yield f"comparison/{one.file_name(Subject.MATRIX)}", one.matrix(both)
    for name in ("html", "text"):
        one = find_format(name)
        yield f"conforming/{one.file_name(Subject.CERTIFICATE)}", one.run(runs["conforming"])
        yield f"till/{one.file_name(Subject.CERTIFICATE)}", one.run(runs["till"])
    yield "load-failing/report.html", find_format("html").run(runs["load-failing"])


def read_samples() -> dict[str, Run]:
    """The committed runs by name."""
    return {name: read_run(HERE / name) for name in RUNS}


def normalised(lines: list[bytes], name: str) -> bytes:
    """A run file with fixed ports, instants, durations and ids, cut down; its footer says what is left."""
    kept = [c.clause.id for c in read_run(HERE / "failing").plan.clauses] if name == "conforming" else []
    records = _cut_down([parse_json(line) for line in lines], _run(lines), kept)
    run_id = f"20180907T160000Z-{name}"
    real = records[0]["run_id"].encode()
    texts = [_retold(record, run_id).replace(real, run_id.encode()) for record in records]
    run = _run(texts)
    footer = msgspec.json.decode(texts.pop()) | {
        "counts": run.counts,
        "reasons": run.outcome.reasons,
        "scope": run.outcome.scope,
        "records": len(texts),
        "sha256": hashlib.sha256(b"".join(line + b"\n" for line in texts)).hexdigest(),
    }
    return b"".join(line + b"\n" for line in (*texts, msgspec.json.encode(footer)))


def _run(lines: list[bytes]) -> Run:
    """The run that these records (without its footer) make."""
    header, plan, *others, _ = [_DECODER.decode(line) for line in lines]
    assert isinstance(header, Header)
    assert isinstance(plan, RunPlan)
    run = Run(header, plan)
    for record in others:
        run.add(record)
    return run


def _cut_down(records: list[dict[str, Any]], run: Run, also: Iterable[str]) -> list[dict[str, Any]]:
    """What shows everything once: broken clauses, of the others one a chapter and verdict, and one for each reason."""
    clauses = set(also)  # those of the run that it is compared with
    shown: set[tuple[str, ...]] = set()
    for name, standing in run.standings.items():
        kinds = {(standing.clause.chapter, standing.verdict), (standing.planned.outside or "",)}
        if standing.verdict in _BROKEN or not kinds <= shown:
            clauses.add(name)
            shown |= kinds
    open_ends = [name for name in clauses if run.standings[name].verdict in _BROKEN]
    while open_ends:  # what is red as well is found by way of these
        above = set(run.standings[open_ends.pop()].clause.follows_from) & set(run.standings) - clauses
        clauses |= above
        open_ends += above
    cited = {number for cause in run.causes for number in cause.primary.exchanges[-EXCHANGES:]}
    cited |= {finding.exchanges[-1] for finding in run.failures if finding.exchanges}
    kept = []
    for record in records:
        match record:
            case {"record": "plan"}:
                kept.append(record | {"clauses": [c for c in record["clauses"] if c["clause"]["id"] in clauses]})
            case {"record": "exchange", "number": number}:
                kept += [record] * (number in cited)
            case {"record": "finding" | "observation", "clause": str(clause)}:
                kept += [record] * (clause in clauses)
            case {"record": kind} if kind != "clause_started":
                kept.append(record)
    return kept


def _retold(record: dict[str, Any], run_id: str) -> bytes:
    fixed: dict[str, Any] = {}
    match record["record"]:
        case "header":
            profile = None if record["profile"] is None else "simulator.toml"
            fixed = {"started": STARTED, "run_id": run_id, "nonce": "sample", "profile": profile}
        case "footer":
            fixed = {"finished": FINISHED, "duration_us": TOOK_US}
        case "exchange":
            fixed = {"started": STARTED, "duration_us": EXCHANGE_US}
        case "interrupted":
            fixed = {"at": FINISHED}
    line = encode_exactly(record | fixed)
    line = _PORT.sub(r"\1:8080", line)
    return _FOLDER.sub(f"offerproof-runs/{run_id}", line).encode()


def take(name: str, run: Path) -> None:
    """Make a real run the sample ``name``; it must be one that the reader accepts, before and after."""
    file = run / "run.jsonl" if run.is_dir() else run
    read_run(file)
    (HERE / name).mkdir(exist_ok=True)
    (HERE / name / "run.jsonl").write_bytes(normalised(file.read_bytes().splitlines(), name))
    read_run(HERE / name)


def retake(name: str) -> None:
    """Run a sample's command anew and take its run; a run with another exit code than it must have is no sample."""
    wanted, defects, command = COMMANDS[name]
    with TemporaryDirectory() as folder, _simulator(Path(folder), defects) as target:
        line = [sys.executable, "-m", "offerproof", *command, *target, "--out", "runs"]
        sys.stderr.write(f"{name}: {' '.join(line[2:])}\n")
        code = subprocess.run(line, cwd=folder, check=False, stdout=subprocess.DEVNULL).returncode  # noqa: S603  (ours)
        if code != wanted:
            raise SystemExit(f"{name}: exit code {code} instead of {wanted}: is the machine busy? Nothing was taken.")
        (run,) = [path for path in (Path(folder) / "runs").iterdir() if path.is_dir()]
        take(name, run)


@contextmanager
def _simulator(folder: Path, defects: tuple[str, ...]) -> Iterator[list[str]]:
    """Options that name a simulator with these defects; none for a right one, which a command starts itself."""
    if not defects:
        yield []
        return
    profile = folder / "simulator.toml"
    line = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control", "--profile-out", profile.name]
    planted = [word for name in defects for word in ("--defect", name)]
    running = subprocess.Popen([*line, *planted], cwd=folder, stdout=subprocess.DEVNULL)  # noqa: S603  (ours)
    try:
        until = time.monotonic() + _READY_S
        while not profile.exists():
            if running.poll() is not None or time.monotonic() > until:
                raise SystemExit("the simulator did not start")
            time.sleep(0.05)
        yield ["--target", profile.name]
    finally:
        running.terminate()
        running.wait(_READY_S)


def main(arguments: list[str]) -> int:
    """Take a run if one is named; then write every report."""
    if arguments[:1] == ["retake"] and all(name in RUNS for name in arguments[1:]):
        for name in arguments[1:] or RUNS:
            retake(name)
    elif len(arguments) == 2 and arguments[0] in RUNS:
        take(arguments[0], Path(arguments[1]))
    elif arguments:
        sys.stderr.write(f"usage: make.py [retake [NAME …] | NAME RUN]   NAME: {', '.join(RUNS)}\n")
        return 2
    for place, content in reports(read_samples()):
        path = HERE / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
