"""How long ``audit`` takes over a large recording, and how much memory it needs.

    python -m benchmarks.audit_size [--exchanges 50000] [--keep FILE] [--client]

The recording is the documented workflow over and over, as a HAR with as many headers as a browser sends.
The audit runs in a process of its own, so that its peak of memory is its own.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.recorded_walk import RecordedSimulator, short_walk

PADDING = [{"name": f"x-header-{number}", "value": "value of a header " * 3} for number in range(20)]
"""What else a browser sends, so that the file has the size of a real one."""


def write(path: Path, exchanges: int) -> int:
    """Write a recording; returns its bytes."""
    simulator = RecordedSimulator()
    count = 0
    with path.open("w", encoding="utf-8") as out:
        out.write('{"log":{"version":"1.2","creator":{"name":"mitmproxy","version":"12"},"pages":[],"entries":[')
        while count < exchanges:
            short_walk(simulator)
            for entry in simulator.entries[: exchanges - count]:
                entry["request"]["headers"] += PADDING
                out.write((",\n" if count else "") + json.dumps(entry, ensure_ascii=False))
                count += 1
            simulator.entries.clear()
        out.write("]}}")
    return path.stat().st_size


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--exchanges", type=int, default=50_000)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--client", action="store_true", help="judge the client as well")
    options = parser.parse_args()
    with TemporaryDirectory() as name:
        path = options.keep or Path(name) / "large.har"
        size = path.stat().st_size if path.exists() else write(path, options.exchanges)
        command = [sys.executable, "-m", "offerproof", "audit", str(path), "--out", str(Path(name) / "runs")]
        command += ["--client", "the client"] if options.client else []
        started = time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - started
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print("\n".join(line for line in done.stdout.splitlines() if "exchanges read" in line or "clauses." in line))
    print(done.stderr[-2000:], end="")
    print(
        f"{size / 1e6:.0f} MB: {seconds:.1f} s ({used.ru_utime + used.ru_stime:.1f} s of one core), "
        f"{used.ru_maxrss / 1024:.0f} MiB at most, exit code {done.returncode}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
