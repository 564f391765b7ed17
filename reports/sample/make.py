"""Make the committed samples: ``make.py`` renders them again, ``make.py NAME RUN`` takes a new run as a sample first.

A sample's run is a real one, normalised: fixed ports, instants, durations and ids, and only the exchanges that broken
clauses cite. Nothing else is touched, so the reports are what the tool really says.
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from offerproof.exchange.parsing import encode_exactly, parse_json
from offerproof.findings import Run, read_run
from offerproof.report import comparison_formats, html, json, junit, markdown, text
from offerproof.report.comparison import compare_runs

HERE: Final = Path(__file__).resolve().parent
STARTED: Final = "2018-09-07T16:00:00.000000Z"
FINISHED: Final = "2018-09-07T16:00:12.400000Z"
TOOK_US: Final = 12_400_000
EXCHANGE_US: Final = 1_500
RUNS: Final = ("conforming", "failing", "load-before", "load", "load-failing")

_PORT: Final = re.compile(r"(127\.0\.0\.1|localhost):[0-9]{2,5}")
_FOLDER: Final = re.compile(r"[^\s'\"]*offerproof-runs/[^\s/'\"]+")
_BROKEN: Final = ("fail", "warn", "error")


def reports(runs: dict[str, Run]) -> Iterator[tuple[str, str]]:
    """Every report of the samples: its path below this folder, and its content."""
    yield "conforming/certificate.html", html.render(runs["conforming"])
    yield "conforming/certificate.txt", text.render(runs["conforming"])
    for name, renderer in (
        ("certificate.html", html),
        ("certificate.txt", text),
        ("certificate.md", markdown),
        ("junit.xml", junit),
        ("report.json", json),
    ):
        yield f"failing/{name}", renderer.render(runs["failing"])
    for name, renderer in (("report.html", html), ("report.txt", text), ("report.md", markdown)):
        yield f"load/{name}", renderer.render(runs["load"])
    yield "load/with-baseline.html", html.render(runs["load"], baseline=runs["load-before"])
    yield "load-failing/report.html", html.render(runs["load-failing"])
    moved = compare_runs(runs["conforming"], runs["failing"])
    yield "comparison/comparison.html", comparison_formats.as_html(moved)
    yield "comparison/comparison.txt", comparison_formats.as_text(moved)
    yield "comparison/comparison.md", comparison_formats.as_markdown(moved)
    yield "comparison/comparison.json", comparison_formats.as_json(moved)


def read_samples() -> dict[str, Run]:
    """The committed runs by name."""
    return {name: read_run(HERE / name) for name in RUNS}


def normalised(lines: list[bytes], name: str) -> bytes:
    """A run file with fixed ports, instants, durations and ids; its footer counts and hashes what is left."""
    records = [parse_json(line) for line in lines]
    cited = {number for record in records if _is_broken(record) for number in record["exchanges"]}
    kept = [r for r in records if r["record"] != "exchange" or r["number"] in cited]
    kept = [r for r in kept if r["record"] != "clause_started"]
    run_id = f"20180907T160000Z-{name}"
    real = records[0]["run_id"].encode()
    texts = [_retold(record, run_id).replace(real, run_id.encode()) for record in kept]
    before = b"".join(line + b"\n" for line in texts[:-1])
    footer = msgspec.json.decode(texts[-1])
    footer |= {"records": len(texts) - 1, "sha256": hashlib.sha256(before).hexdigest()}
    return before + msgspec.json.encode(footer) + b"\n"


def _is_broken(record: dict[str, Any]) -> bool:
    return record["record"] == "finding" and record["verdict"] in _BROKEN


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


def main(arguments: list[str]) -> int:
    """Take a run if one is named; then write every report."""
    if len(arguments) == 2 and arguments[0] in RUNS:
        take(arguments[0], Path(arguments[1]))
    elif arguments:
        sys.stderr.write(f"usage: make.py [{'|'.join(RUNS)} RUN]\n")
        return 2
    for place, content in reports(read_samples()):
        path = HERE / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
