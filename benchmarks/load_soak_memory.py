"""Memory over a soak: ``python benchmarks/load_soak_memory.py [further options of offerproof load]``.

Runs ``offerproof load --workload soak`` against its own simulator and prints the resident memory of generator and
simulator every ten seconds, then how fast each grew over the last quarter. Linux (/proc).
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

EVERY_S = 10.0
Row = tuple[float, int, int]


def rss_kb(pid: int) -> int:
    """Resident memory of a process."""
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def children(pid: int) -> list[int]:
    """The processes a process started."""
    return [int(one) for path in Path(f"/proc/{pid}/task").glob("*/children") for one in path.read_text().split()]


def sample(pid: int, began: float) -> Row:
    """Seconds, generator, simulator; 0 for one that is not there."""
    found = {b"locust": 0, b" simulate ": 0}
    for child in children(pid):
        command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ")
        for word in found:
            if word in command:
                found[word] = rss_kb(child)
    return time.monotonic() - began, found[b"locust"], found[b" simulate "]


def slope(rows: list[Row], column: int) -> float:
    """kB a minute, by least squares."""
    middle_x = sum(row[0] for row in rows) / len(rows)
    middle_y = sum(row[column] for row in rows) / len(rows)
    spread = sum((row[0] - middle_x) ** 2 for row in rows)
    return 60 * sum((row[0] - middle_x) * (row[column] - middle_y) for row in rows) / spread if spread else 0.0


def main() -> int:
    """Run, sample, print."""
    command = [sys.executable, "-m", "offerproof", "load", "--workload", "soak", *sys.argv[1:]]
    process = subprocess.Popen(command)
    began, rows = time.monotonic(), list[Row]()
    print("seconds  generator kB  simulator kB")
    while process.poll() is None:
        time.sleep(EVERY_S)
        try:
            row = sample(process.pid, began)
        except (OSError, StopIteration):
            continue  # one of them has just ended
        if row[1] and row[2]:
            rows.append(row)
            print(f"{row[0]:7.0f}  {row[1]:12,}  {row[2]:12,}", flush=True)
    last = rows[-max(len(rows) // 4, 2) :]
    if len(last) > 1:
        print(f"last quarter: generator {slope(last, 1):+.0f} kB a minute, simulator {slope(last, 2):+.0f} kB a minute")
    return process.returncode


if __name__ == "__main__":
    raise SystemExit(main())
