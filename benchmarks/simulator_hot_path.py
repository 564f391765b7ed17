"""The simulator's hot path under wrk: Lookup, Lock, send_transaction, reinstate, one core for the server, one for wrk.

    python -m benchmarks.simulator_hot_path                 # 100 customers, then 100,000 with 1,000,000 user offers
    python -m benchmarks.simulator_hot_path --sizes small --seconds 2 --runs 1

Beside it, in turns and under the same requests, nginx with an empty answer and an empty handler on the same transport:
figures of a machine that is shared mean little, ratios do, and the CPU time of the server for one request does
(1,000,000 of it a second is what a core has). The smallest size is run with a journal too. In the end stand the bars,
met or missed.
Needs wrk and two cores. Server and wrk are pinned where the machine can pin.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.peers import Apt, free_port, nginx, served
from offerproof.simulator import program_file
from offerproof.simulator.answers import Answer, Service

LUA = Path(__file__).with_suffix(".lua")
OFFER = "0f5d0ffe-0000-4000-8000-0000000b0000"
SIZES = {"small": (100, 10), "large": (100_000, 10)}
OF_NGINX = {"small": 0.27, "large": 0.24}
"""What a size has to reach of the requests that nginx answers with nothing."""
P99_OF_P50, JOURNAL_COSTS = 5.0, 0.15
"""How many times the median the slowest hundredth may take; how much slower a journal may make it."""
BATCH = 100
CONNECTIONS = 32


@dataclass(frozen=True)
class Figures:
    """Requests a second, what one cost the server in microseconds of CPU time, and what went wrong."""

    rate: float
    cost: float
    p50: float
    p99: float
    """Milliseconds."""
    errors: int


def main() -> int:
    """Run the benchmark and print a table."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    options.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    options.add_argument("--seconds", type=int, default=4)
    options.add_argument("--runs", type=int, default=3, choices=range(1, 10))
    options.add_argument("--serve-empty", action="store_true", help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.serve_empty:
        return serve_empty()
    if shutil.which("wrk") is None:
        print("wrk is not installed; see https://github.com/wg/wrk", file=sys.stderr)
        return 3
    with ExitStack() as stack:
        subjects = start(stack, given.sizes)
        figures = in_turns(subjects, given.seconds, given.runs)
        for subject in subjects:
            show(subject, figures[subject.label], figures[EMPTY])
    held_to_bars(given.sizes, figures)
    return 0


@dataclass(frozen=True)
class Subject:
    """One server under load, and what wrk has to know of it."""

    label: str
    url: str
    pid: int
    """0 where its memory and CPU time are not looked at."""
    authorization: str = "Basic x"
    customers: int = 100
    tag: str = ""
    """Sets the ids of its requests apart from those of others."""
    loaded: str = ""
    """What loading it took, in a line or two."""


NGINX, EMPTY = "nginx, empty answer", "empty handler"


def start(stack: ExitStack, sizes: list[str]) -> list[Subject]:
    """Start all that is compared; who has no turn costs the others nothing but memory."""
    subjects = []
    program = Apt("nginx", "nginx-light").get()
    if program is None:
        print("nginx is not to be had here: nothing is said of its bar")
    else:
        folder, port = Path(stack.enter_context(tempfile.TemporaryDirectory())), free_port()
        stack.enter_context(served(nginx(program, folder, port, answer=""), port, folder))
        subjects.append(Subject(NGINX, f"http://127.0.0.1:{port}", 0, tag="n"))
    command = [sys.executable, "-m", "benchmarks.simulator_hot_path", "--serve-empty"]
    url, _, process = stack.enter_context(server(command))
    subjects.append(Subject(EMPTY, url, process.pid, tag="e"))
    subjects += [of_size(stack, size) for size in sizes]
    subjects.append(of_size(stack, sizes[0], journal=True))
    return subjects


def in_turns(subjects: list[Subject], seconds: int, runs: int) -> dict[str, list[Figures]]:
    """Run wrk against each in turn, so that a disturbance meets all alike; the first, short turn warms up.

    Each run has its own user offers, as its end cuts cycles short."""
    figures: dict[str, list[Figures]] = {subject.label: [] for subject in subjects}
    for run in range(runs + 1):
        for subject in subjects:
            measured = wrk_once(subject, seconds if run else 1, run)
            if run:
                figures[subject.label].append(measured)
    return figures


def show(subject: Subject, figures: list[Figures], empty: list[Figures]) -> None:
    """Print the line of one server."""
    text = f"{subject.label:<22} {line(figures)}"
    if subject.pid:
        text += f"  RSS {rss(subject.pid):>5.0f} MiB  of the empty handler {median(figures) / median(empty):.2f}"
    print(text)
    if subject.loaded:
        print(subject.loaded)


def held_to_bars(sizes: list[str], figures: Mapping[str, list[Figures]]) -> None:
    """Print each bar, met or missed."""
    for size in sizes:
        mine = figures[label_of(size)]
        if NGINX in figures:
            bar(f"{size}: of nginx' empty answer", median(mine) / median(figures[NGINX]), OF_NGINX[size], at_least=True)
        tails = statistics.median(one.p99 / one.p50 for one in mine)
        bar(f"{size}: p99 of p50", tails, P99_OF_P50, at_least=False)
    slower = 1 - median(figures[label_of(sizes[0], journal=True)]) / median(figures[label_of(sizes[0])])
    bar(f"{sizes[0]}: slower with a journal", slower, JOURNAL_COSTS, at_least=False)


def label_of(size: str, *, journal: bool = False) -> str:
    """What a size is called in the table."""
    return f"{size} {SIZES[size][0]}{', journal' * journal}"


def bar(what: str, measured: float, asked: float, *, at_least: bool) -> None:
    """Print whether a bar is met."""
    met = measured >= asked if at_least else measured <= asked
    print(f"bar: {what} {measured:.2f}, at {'least' if at_least else 'most'} {asked:.2f}: {'met' if met else 'MISSED'}")


def of_size(stack: ExitStack, size: str, *, journal: bool = False) -> Subject:
    """Start a simulator, and load its customers and user offers."""
    customers, each = SIZES[size]
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    program = folder / "program.toml"
    rules = re.compile(r"^\[\[issue_rules\]\].*?(?=^\[)", re.MULTILINE | re.DOTALL)
    program.write_text(rules.sub("", program_file.DEFAULT.read_text("utf-8")), "utf-8")
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control", "--program", str(program)]
    command += ["--control-token", "test-token", "--credential", "cloudpos=test-key:test-secret"]
    command += ["--clock", "2018-09-07T16:00:00Z"]
    if journal:
        command += ["--journal", str(folder / "journal.db")]
    url, _, process = stack.enter_context(server(command))
    bare = rss(process.pid)
    started = time.perf_counter()
    with_customers = load(url, process.pid, customers, each)
    loaded = rss(process.pid)
    took = time.perf_counter() - started
    told = f"    loaded in {took:.1f} s: {bare:.0f} MiB before, {loaded:.0f} after"
    if customers >= 10_000:  # a few records weigh less than the noise
        person = (with_customers - bare) * 2**20 / customers
        held = (loaded - with_customers) * 2**20 / (customers * each)
        told += f"\n    {person:.0f} bytes a customer, {held:.0f} bytes a user offer"
    authorization = "Basic " + base64.b64encode(b"test-key:test-secret").decode()
    label, tag = label_of(size, journal=journal), size[0] + "j" * journal
    return Subject(label, url, process.pid, authorization, customers, tag, told)


def load(url: str, pid: int, customers: int, each: int) -> float:
    """Load through the control API; returns the memory in MiB when the customers were there."""
    post(url, "load", {"offers": [offer()]})
    for start in range(0, customers, 10_000):
        some = range(start, min(start + 10_000, customers))
        people = [{"id": user_id(n), "external_id": f"c{n}", "email": f"c{n}@example.com"} for n in some]
        post(url, "load", {"customers": people})
    with_customers = rss(pid)
    for start in range(0, customers, 2_000):
        some = range(start, min(start + 2_000, customers))
        mine = [
            {"id": user_offer_id(n, k), "user_id": user_id(n), "offer_id": OFFER} for n in some for k in range(each)
        ]
        post(url, "load", {"user_offers": mine})
    return with_customers


def offer() -> dict[str, Any]:
    """A $5 check discount."""
    return {
        "id": OFFER,
        "offer_type": "fixed_amount_check_discount",
        "publish": True,
        "text_config": [{"title": "$5 off", "description": "Five", "terms_and_conditions": "None.", "culture": "en"}],
        "common_config": {
            "acquisition_start_date": "2018-03-01 00:00:00.0",
            "validity_unit": "years",
            "validity_period": 9,
        },
        "discount_config": {"amount": "5"},
        "offer_config": {"type": "fixed_amount_check_discount"},
    }


def user_id(number: int) -> str:
    """The id of a customer."""
    return f"{number:08x}-0000-4000-8000-000000000000"


def user_offer_id(number: int, which: int) -> str:
    """The id of a customer's user offer."""
    return f"{number:08x}-0000-4000-9000-{which:012x}"


def post(url: str, call: str, document: object) -> None:
    """Send a command to the control API."""
    host = url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=120)
    headers = {"Authorization": "Bearer test-token", "Content-Type": "application/json"}
    connection.request("POST", f"/_control/{call}", json.dumps(document), headers)
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"the simulator refused to load: {answer.status} {body[:200]!r}")
    connection.close()


def wrk_once(subject: Subject, seconds: int, run: int) -> Figures:
    """Run wrk once, pinned to the last core."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", "-s", str(LUA), subject.url, "--"]
    command += [subject.authorization, str(subject.customers), str(BATCH), f"{subject.tag}{run}-", str(run)]
    before = cpu_seconds(subject.pid)
    text = subprocess.run(pinned(command, -1), capture_output=True, text=True, check=True).stdout
    spent = cpu_seconds(subject.pid) - before
    count = re.search(r"([0-9]+) requests in", text)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    p50, p99 = (re.search(rf"^\s+{part}%\s+(\S+)", text, re.MULTILINE) for part in (50, 99))
    refused = re.search(r"Non-2xx or 3xx responses: ([0-9]+)", text)
    sockets = re.search(r"Socket errors: (.*)", text)
    if count is None or rate is None or p50 is None or p99 is None or sockets is not None:
        raise SystemExit(f"wrk did not do its work:\n{text}")
    cost = spent * 1e6 / max(1, int(count.group(1)))
    halves, tail = milliseconds(p50.group(1)), milliseconds(p99.group(1))
    return Figures(float(rate.group(1)), cost, halves, tail, int(refused.group(1)) if refused else 0)


def milliseconds(text: str) -> float:
    """A latency as wrk writes it: 673.00us, 2.55ms, 1.20s."""
    unit = next(unit for unit in ("us", "ms", "s") if text.endswith(unit))
    return float(text.removesuffix(unit)) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]


def median(figures: list[Figures]) -> float:
    """The median rate."""
    return statistics.median(one.rate for one in figures)


def line(figures: list[Figures]) -> str:
    """One line of the table."""
    rates = " ".join(f"{one.rate:,.0f}" for one in figures)
    middle = sorted(figures, key=lambda one: one.rate)[len(figures) // 2]
    refused = sum(one.errors for one in figures)
    cost = statistics.median(one.cost for one in figures)
    figure = f"{median(figures):>9,.0f}/s  {cost:.1f} us CPU  p50 {middle.p50:.2f} p99 {middle.p99:.2f} ms"
    return f"{figure}  refused {refused}  ({rates})"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far; 0 where /proc is not there."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss(pid: int) -> float:
    """Resident memory of a process in MiB; 0 where /proc is not there."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = re.search(r"VmRSS:\s+([0-9]+) kB", text)
    return int(found.group(1)) / 1024 if found else 0.0


def pinned(command: list[str], core: int) -> list[str]:
    """The command, kept to one of our cores."""
    if shutil.which("taskset") is None:
        return command
    return ["taskset", "-c", str(sorted(os.sched_getaffinity(0))[core]), *command]


@contextmanager
def server(command: list[str]) -> Iterator[tuple[str, str, subprocess.Popen[str]]]:
    """Start a server on the first core, wait for its ready line, end it afterwards."""
    process = subprocess.Popen(pinned(command, 0), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        for text in process.stdout:
            found = re.search(r"ready at (http://\S+)", text)
            if found:
                yield found.group(1), text, process
                break
        else:
            raise SystemExit("the server did not start")
    finally:
        process.terminate()
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Empty:
    """Answers everything with the same 575 bytes."""

    answer = Answer(200, json.dumps({"status": "OK", "payload": "x" * 535}).encode())

    def handle(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        only: Service | None = None,
        *,
        oversize: bool = False,
    ) -> Answer:
        """Answer one request."""
        return self.answer

    def limit(self, target: bytes) -> int:
        """A body of a megabyte."""
        return 1024 * 1024

    def release(self, key: object) -> None:
        """Nothing is held back."""


def serve_empty() -> int:
    """Serve the empty handler until SIGTERM."""
    from offerproof.simulator.server import Server, new_loop, wait_for_stop

    async def serve() -> None:
        transport = Server(Empty())
        port = await transport.listen("127.0.0.1", 0)
        print(f"ready at http://127.0.0.1:{port}", flush=True)
        await wait_for_stop()
        await transport.close()

    new_loop().run_until_complete(serve())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
