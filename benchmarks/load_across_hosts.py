"""Master, three workers and the target, each in a network namespace of its own: the merged figures, and a lost worker.

Two runs. In the first every worker lives: the merged figures must be the sum of the parts, and the operations that the
workers recorded must be as many as the calls that were counted. In the second a worker is killed half-way: the run must
say so, go on with the others, and end with an audit of what is recorded. Needs Linux, root and iproute2; everything it
makes is called ``offerproof-*`` and is removed in the end. Nothing leaves the namespaces.

    sudo python benchmarks/load_across_hosts.py [--rate 60] [--seconds 12] [--port 18080]
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from offerproof.judgement.histories import Kind
from offerproof.traffic.operations import read_log

SWITCH = "offerproof-switch"
HOSTS = {
    "offerproof-target": "10.77.0.10",
    "offerproof-master": "10.77.0.20",
    "offerproof-worker-1": "10.77.0.31",
    "offerproof-worker-2": "10.77.0.32",
    "offerproof-worker-3": "10.77.0.33",
}
TARGET, MASTER, *WORKERS = HOSTS
RECORDED = {
    "lock": (Kind.LOCK,),
    "unlock": (Kind.UNLOCK,),
    "send_transaction": (Kind.SEND, Kind.RETURN),
}
"""Calls of the checkout scenario of which each is recorded exactly once."""


def ip(*arguments: str) -> None:
    """Run ``ip``; what it complains about ends the program."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"ip {' '.join(arguments)}: {done.stderr.strip()}")


@contextmanager
def network() -> Iterator[None]:
    """A switch in a namespace of its own, and a namespace with one cable to it for every host."""
    made: list[str] = []
    try:
        for name in (SWITCH, *HOSTS):
            ip("netns", "add", name)
            made.append(name)
        ip("-n", SWITCH, "link", "add", "switch", "type", "bridge")
        ip("-n", SWITCH, "link", "set", "switch", "up")
        for number, (name, address) in enumerate(HOSTS.items()):
            ip("-n", SWITCH, "link", "add", f"port{number}", "type", "veth", "peer", "name", "eth0", "netns", name)
            ip("-n", SWITCH, "link", "set", f"port{number}", "master", "switch", "up")
            ip("-n", name, "address", "add", f"{address}/24", "dev", "eth0")
            ip("-n", name, "link", "set", "eth0", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield
    finally:
        for name in made:
            subprocess.run(["ip", "netns", "del", name], check=False)


class Host:
    """Starts ``offerproof`` in one namespace."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.log = folder / f"{name}-{time.monotonic_ns()}.log"

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command; its output goes to the log."""
        command = ["ip", "netns", "exec", self.name, sys.executable, "-m", "offerproof", *arguments]
        with self.log.open("wb") as output:
            return subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)


def until(true: Callable[[], bool], what: str, limit: float = 60.0) -> None:
    """Wait for a condition."""
    end = time.monotonic() + limit
    while not true():
        if time.monotonic() > end:
            raise SystemExit(f"waited {limit:.0f} s for {what}")
        time.sleep(0.05)


def descendants(pid: int) -> list[int]:
    """Return the processes below one, the nearest first."""
    children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return children + [one for child in children for one in descendants(child)]


def run(folder: Path, profile: Path, options: argparse.Namespace, *, kill: bool) -> tuple[int, Path, str]:
    """One run with three workers; returns the master's exit code, the run's folder and what the master printed."""
    out = folder / ("killed" if kill else "whole")
    common = ["load", "--target", str(profile), "--scenario", "checkout"]
    lead = ["--master", "--bind", HOSTS[MASTER], "--expect-workers", str(len(WORKERS)), "--out", str(out)]
    lead += ["--rate", str(options.rate), "--duration", f"{options.seconds:g}s", "--warm-up", "0s"]
    lead += ["--slo", str(folder / "slo.toml")]
    head = Host(MASTER, folder)
    master = head.start(*common, *lead)
    workers = [Host(name, folder).start(*common, "--worker", "--master-host", HOSTS[MASTER]) for name in WORKERS]
    try:
        if kill:
            lives = list[Path]()

            def half_way() -> bool:
                lives[:] = out.glob("*/live.jsonl")
                return bool(lives) and lives[0].read_bytes().count(b"\n") >= options.seconds / 2

            until(half_way, "the middle of the run")
            for pid in descendants(workers[1].pid) or [workers[1].pid]:
                os.kill(pid, signal.SIGKILL)
        code = master.wait(options.seconds + 180)
        for worker in workers:
            worker.wait(60)
    finally:
        for process in (master, *workers):
            if process.poll() is None:
                process.terminate()
    return code, next(out.glob("*/run.jsonl")).parent, head.log.read_text("utf-8", "replace")


def check(folder: Path) -> None:
    """Print one run's parts and sums, its audit and what it says of lost workers; exits when a sum is wrong."""
    records: list[dict[str, Any]] = [json.loads(line) for line in (folder / "run.jsonl").open(encoding="utf-8")]
    whole = {one["name"]: one["count"] for one in records if one["record"] == "series"}
    contributed = [one["parts"] for one in records if one["record"] == "worker"]
    recorded: Counter[Kind] = Counter()
    for path in folder.glob("operations-*.bin"):
        recorded.update(Kind(done.kind) for done in read_log(path))
    wrong = []
    print(f"{'name':<18}{'parts':>24}{'their sum':>12}{'merged':>9}{'recorded':>10}")
    for name, count in whole.items():
        parts = [parts[name] for parts in contributed if name in parts]
        kept = sum(recorded[kind] for kind in RECORDED[name]) if name in RECORDED else None
        print(
            f"{name:<18}{' + '.join(map(str, parts)):>24}{sum(parts):>12}{count:>9}{'' if kept is None else kept:>10}"
        )
        wrong += [name] if sum(parts) != count or kept not in (None, count) else []
    for one in records:
        if one["record"] == "audit":
            print(f"audit {one['clause']:<8} {one['verdict']:<8} {one.get('observed', '')}")
        elif one["record"] == "finding" and one["verdict"] != "pass":
            print(f"finding {one['clause']} {one['verdict']}: {one.get('observed', '')}")
        elif one["record"] == "footer":
            print(f"verdict: {one['verdict']}; reasons: {one['reasons']}")
    if wrong:
        raise SystemExit(f"the sum of the parts is not the whole: {wrong}")
    print("every sum is right")


def main() -> None:
    """Make the network, run twice, print, and take everything down."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--port", type=int, default=18080)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, network():
        folder = Path(name)
        (folder / "slo.toml").write_text('[thresholds.all]\n"p99_ms" = 20000\nerror_rate = 0.001\n', encoding="utf-8")
        profile = folder / "target.toml"
        host = Host(TARGET, folder)
        arguments = ["simulate", "--host", HOSTS[TARGET], "--port", str(options.port), "--profile-out", str(profile)]
        simulator = host.start(*arguments, "--control")
        try:
            until(lambda: b"ready at" in host.log.read_bytes() or simulator.poll() is not None, "the simulator")
            for kill in (False, True):
                print(f"\n== three workers, {'one of them killed half-way' if kill else 'all of them to the end'}")
                code, result, said = run(folder, profile, options, kill=kill)
                print(f"exit code {code}")
                check(result)
                print("\n".join(line for line in said.splitlines() if "worker" in line.lower()))
        finally:
            simulator.terminate()
            simulator.wait(20)


if __name__ == "__main__":
    main()
