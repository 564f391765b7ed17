"""Does a stalled server show? 200 arrivals a second, no answer for 0.2 s of every 2 s; the analytic truth is known.

An arrival that meets the stall waits for its rest: p95 is 100 ms, p99 180 ms, the longest 200 ms, the median nothing.

    python benchmarks/load_coordinated_omission.py [--seconds 20]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from offerproof.findings import read_run

HERE = Path(__file__).resolve().parent
TRUTH = {"p95": 100.0, "p99": 180.0, "max": 200.0}


def measure(folder: Path, seconds: int) -> dict[str, float]:
    """Run the load and return the percentiles of the visits, in milliseconds."""
    profile = folder / "target.toml"
    log = folder / "server.log"
    command = [sys.executable, str(HERE / "load_canned_server.py"), "--profile", str(profile), "--customers", "2000"]
    with log.open("wb") as output:
        server = subprocess.Popen([*command, "--stall", "0.2", "--every", "2"], stdout=output, stderr=output)
    try:
        while b"ready at" not in log.read_bytes():
            time.sleep(0.05)
        load = [sys.executable, "-m", "offerproof", "load", "--target", str(profile), "--scenario", "earn"]
        load += ["--rate", "200", "--warm-up", "2s", "--duration", f"{seconds}s", "--out", str(folder / "runs")]
        subprocess.run(load, check=False, capture_output=True)
    finally:
        server.terminate()
        server.wait()
    run = read_run(next(one for one in (folder / "runs").iterdir() if one.is_dir()))
    for series in run.load.series:
        if series.name == "earn":
            found = series.response
            return {**found.percentiles, "max": found.max, "mean": found.mean}
    raise SystemExit("nothing was measured")


def main() -> int:
    """Measure, print, and tell by the exit code whether the figures are within ten per cent of the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        found = measure(Path(name), options.seconds)
    right = found["p50"] < 3.0
    print(f"median {found['p50']:8.2f} ms   under 3")
    for label, truth in TRUTH.items():
        right &= abs(found[label] - truth) <= 0.1 * truth
        print(f"{label:<6} {found[label]:8.2f} ms   truth {truth:.0f}   {found[label] / truth - 1:+.1%}")
    print("within ten per cent" if right else "NOT within ten per cent")
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
