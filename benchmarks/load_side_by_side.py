"""Requests a second and core of three clients, on the same scenario with the same checks, in turns; wrk beside them.

One core for the generator, one for the server; closed loop. Clients take turns, so that a disturbance meets all alike.
wrk sends one and the same lookup and checks nothing: the upper bound.

    python benchmarks/load_side_by_side.py [--server canned|simulator] [--tls] [--rounds 3] [--seconds 6] [--users 32]
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from statistics import median

import msgspec

from offerproof.findings.distribution import percentile
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.generator.ledger import RunLedger, read_ledger
from offerproof.loadtest.generator.workflows import Checkout, Mix
from offerproof.loadtest.plan.load_plan import PLAN_VARIABLE, TARGET_VARIABLE, LoadPlan, SupplyPlan, write_plan
from offerproof.loadtest.plan.workload import steady

HERE = Path(__file__).resolve().parent
CLIENTS = {
    "offerproof": HERE.parent / "load" / "checkout.py",
    "FastHttpUser": HERE / "load_with_fasthttp.py",
    "HttpUser": HERE / "load_with_http.py",
}
WRK = "wrk"
BAR = 5.0
"""What offerproof has to reach of FastHttpUser, in requests for each second of processor time, on canned answers."""


def pinned(core: int, command: list[str]) -> list[str]:
    """Return the command bound to one core, where that can be done."""
    return (
        ["taskset", "-c", str(core), *command]
        if os.path.exists("/usr/bin/taskset") and (os.cpu_count() or 1) > 1
        else command
    )


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1, with its key, in one file."""
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    made += ["-days", "2", "-keyout", str(key), "-out", str(cert), "-subj", "/CN=test"]
    subprocess.run([*made, "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


def wrk(url: str, folder: Path, users: int, seconds: float) -> tuple[float, float]:
    """Run wrk on core 1; return its requests a second, and the processor seconds it took for each second."""
    asked = {
        "store_id": "s",
        "client_id": "c",
        "request_id": "r",
        "request_payload": {"user_id": uuid.UUID(int=1 << 96)},
    }
    body = msgspec.json.encode(asked).decode()
    script = folder / "lookup.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nwrk.body = '{body}'\n")
    command = ["wrk", "-t1", f"-c{users}", f"-d{seconds:.0f}s", "-s", str(script), f"{url}/api/2.0/Lookup"]
    process = subprocess.Popen(pinned(1, command), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told = process.stdout.read()
    _, _, used = os.wait4(process.pid, 0)
    found = re.search(r"Requests/sec: *([0-9.]+)", told)
    if found is None:
        raise SystemExit(told)
    return float(found[1]), (used.ru_utime + used.ru_stime) / seconds


def start_server(
    kind: str, folder: Path, customers: int, tls: Path | None = None
) -> tuple[subprocess.Popen[bytes], Path]:
    """Start the server on core 0 and return it with its target profile."""
    profile = folder / "target.toml"
    if kind == "canned":
        command = [sys.executable, str(HERE / "load_canned_server.py"), "--profile", str(profile)]
        command += ["--customers", str(customers), *(["--tls", str(tls)] if tls else [])]
    else:
        command = [
            sys.executable,
            "-m",
            "offerproof",
            "simulate",
            "--port",
            "0",
            "--control",
            "--profile-out",
            str(profile),
        ]
    log = (folder / "server.log").open("wb")
    process = subprocess.Popen(pinned(0, command), stdout=log, stderr=subprocess.STDOUT)
    limit = time.monotonic() + 30
    while b"ready at" not in (folder / "server.log").read_bytes():
        if process.poll() is not None or time.monotonic() > limit:
            raise SystemExit((folder / "server.log").read_text())
        time.sleep(0.05)
    return process, profile


def run(client: str, profile: Path, folder: Path, users: int, seconds: float) -> RunLedger:
    """Run one client on core 1 and return what the coordinator wrote down."""
    folder.mkdir()
    nonce = uuid.uuid4().hex[:10]
    stock = int(seconds * (12_000 if "canned" in profile.read_text() else 1_500))  # never wait for customers
    plan = LoadPlan(
        scenario="checkout",
        facts=Mix((Checkout(), 1)).facts,
        run_id=f"bench-{nonce}",
        nonce=nonce,
        folder=str(folder),
        supply=SupplyPlan(stock=stock),
        workload=steady("closed", users, seconds, warm_up=1.0),
    )
    write_plan(plan, folder / "plan.json")
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(CLIENTS[client]),
        "--headless",
        "--only-summary",
        "--stop-timeout",
        "10",
    ]
    environment = {**os.environ, PLAN_VARIABLE: str(folder / "plan.json"), TARGET_VARIABLE: str(profile)}
    with (folder / "locust.log").open("wb") as log:
        subprocess.run(
            pinned(1, command), env=environment, stdout=log, stderr=subprocess.STDOUT, check=False, timeout=120
        )
    return read_ledger(folder)


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=["canned", "simulator"], default="canned")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--users", type=int, default=32)
    parser.add_argument("--tls", action="store_true", help="over TLS 1.3 (canned answers only)")
    options = parser.parse_args()
    clients = [*CLIENTS, *([WRK] if options.server == "canned" and shutil.which("wrk") else [])]
    rates: dict[str, list[float]] = {client: [] for client in clients}
    cores: dict[str, list[float]] = {client: [] for client in clients}
    shares: dict[str, list[float]] = {client: [] for client in clients}
    tails: dict[str, list[float]] = {client: [] for client in clients}
    with tempfile.TemporaryDirectory() as name:
        tls = certificate(Path(name)) if options.tls else None
        for number in range(options.rounds):
            for client in clients:
                folder = Path(name) / f"{number}-{client}"
                folder.mkdir()
                server, profile = start_server(options.server, folder, int(options.seconds * 16_000), tls)
                try:
                    if client == WRK:
                        url = (folder / "server.log").read_text().split()[-1]
                        rate, share = wrk(url, folder, options.users, options.seconds)
                    else:
                        ledger = run(client, profile, folder / "run", options.users, options.seconds)
                finally:
                    server.terminate()
                    server.wait()
                if client == WRK:
                    rates[client].append(rate)
                    shares[client].append(share)
                    cores[client].append(rate / share)
                    continue
                if ALL_CALLS not in ledger.totals:
                    log = (folder / "run" / "locust.log").read_text()
                    raise SystemExit(f"{client}: {ledger.ending.problem}\n{log[-2000:]}")
                calls = ledger.totals[ALL_CALLS]
                if calls.failed or ledger.ending.problem:
                    print(f"{client}: {calls.errors} {ledger.ending.problem}")
                rates[client].append(ledger.finished.get(ALL_CALLS, 0) / options.seconds)
                share = sum(one.health.cpu_share for one in ledger.workers.values())
                shares[client].append(share)
                cores[client].append(rates[client][-1] / share)
                tails[client].append(percentile(calls.latency, 99.0) or 0.0)
    show(options, rates, cores, shares, tails)


def show(options: argparse.Namespace, *figures: dict[str, list[float]]) -> None:
    """Print the table: medians, and for the rates what was lowest and highest."""
    rates, cores, shares, tails = figures
    about = f"{options.users} users, closed loop, {options.seconds:g} s, {options.rounds} rounds"
    print(f"server: {options.server}{', TLS 1.3' if options.tls else ''}; {about}")
    heads = ("client", "requests/s", "lowest", "highest", "per core", "ratio", "p99 ms", "waiting")
    print(f"{heads[0]:<14}" + "".join(f"{head:>12}" for head in heads[1:]))
    base = median(cores["FastHttpUser"])
    for client, found in rates.items():
        core = median(cores[client])
        cells = [f"{median(found):,.0f}", f"{min(found):,.0f}", f"{max(found):,.0f}", f"{core:,.0f}"]
        waiting = 1 - min(median(shares[client]), 1.0)
        tail = f"{median(tails[client]):.2f}" if tails[client] else ""
        cells += [f"{core / base:.1f}x", tail, f"{waiting:.0%}"]
        print(f"{client:<14}" + "".join(f"{cell:>12}" for cell in cells))
    print("per core: requests for each second of processor time the generator used")
    if options.server == "canned":
        reached = median(cores["offerproof"]) / base
        print(
            f"bar: offerproof of FastHttpUser {reached:.2f}, at least {BAR:g}: {'met' if reached >= BAR else 'MISSED'}"
        )
    print(msgspec.json.encode({"server": options.server, "requests_per_second": rates, "per_core": cores}).decode())


if __name__ == "__main__":
    main()
