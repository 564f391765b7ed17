"""Every measurement of this folder in one run, beside its peers: ``make bench`` writes ``benchmarks/RESULTS.md``.

    python -m benchmarks.results [--quick] [--only NAME] [--out FILE]

Each is a process of its own, one after the other; what it prints is kept whole. Of those whose figures are compared
the ratios stand first: a machine that is shared changes every figure, and few ratios. ``--quick`` measures shortly: it
shows that everything runs, and its figures are worth little.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PAGE: Final = ROOT / "benchmarks" / "RESULTS.md"
LONGEST_S: Final = 1_500
Ratios = Callable[[str], Iterator[tuple[str, str]]]


def none(told: str) -> Iterator[tuple[str, str]]:
    """Nothing that is compared."""
    return iter(())


def of_peers(ours: str) -> Ratios:
    """How often as fast ours is, of the JSON in the last line."""

    def read(told: str) -> Iterator[tuple[str, str]]:
        rates: Mapping[str, float | str] = json.loads(told.splitlines()[-1])
        own = rates.get(ours)
        for name, rate in rates.items():
            if name == ours or not isinstance(own, float):
                continue
            yield f"{ours} beside {name}", f"{own / rate:.2f} x" if isinstance(rate, float) else str(rate)

    return read


def of_load(told: str) -> Iterator[tuple[str, str]]:
    """The load clients, by requests for each second of processor time, and by requests a second."""
    made: dict[str, Any] = json.loads(told.splitlines()[-1])
    for what, words in (
        ("per_core", "requests a second of processor time"),
        ("requests_per_second", "requests a second"),
    ):
        medians = {name: sorted(each)[len(each) // 2] for name, each in made[what].items() if each}
        own = medians.pop("offerproof")
        for name, rate in medians.items():
            yield f"offerproof load beside {name}, {words}", f"{own / rate:.2f} x"


def of_truth(told: str) -> Iterator[tuple[str, str]]:
    """What a tool says of a stall whose truth is known."""
    for name, p99 in json.loads(told.splitlines()[-1]).items():
        yield f"{name}: p99 of a stalled server, of the true 180 ms", f"{p99 / 180:.2f}"


def of_bars(told: str) -> Iterator[tuple[str, str]]:
    """What the simulator's hot path came to, and its bars."""
    for what, said in re.findall(r"^bar: (.*?) ([0-9.-]+, at .*)$", told, re.MULTILINE):
        yield f"simulator's hot path, {what}", said


@dataclass(frozen=True)
class Measurement:
    """One program of this folder: how it is called, in short too, and what its figures do not say."""

    name: str
    title: str
    command: Sequence[str]
    says_not: str
    quick: Sequence[str] = ()
    """Further options of a short run."""
    full: Sequence[str] = ()
    """Further options of a whole one."""
    ratios: Ratios = none
    long: bool = False
    """Whether a short run leaves it out: it takes minutes however little it is asked for."""
    codes: Sequence[int] = (0,)
    """Exit codes of a measurement that came to its end; others are shown."""


def _python(name: str, *options: str) -> list[str]:
    return [sys.executable, "-m", f"benchmarks.{name}", *options]


def _script(name: str, *options: str) -> list[str]:
    return [sys.executable, f"benchmarks/{name}.py", *options]


MEASUREMENTS: Final = (
    Measurement(
        "mocks",
        "The simulator beside mock servers",
        _python("peers", "mocks"),
        "One core for a server is harsh for the JVM and node, whose compilers and collectors want another. Only "
        "Prism and Specmatic check the request; none of them keeps customers, wallets or locks. nginx is the "
        "ceiling of the machine.",
        ("--seconds", "2", "--warm-up", "2", "--rounds", "1"),
        ("--seconds", "5", "--warm-up", "15", "--rounds", "3"),
        of_peers("offerproof simulate"),
    ),
    Measurement(
        "simulator",
        "The simulator's hot path beside nginx and an empty handler on the same transport",
        _python("simulator_hot_path"),
        "Nothing of a network; wrk opens its connections once. The empty handler is ours too: it bounds what the "
        "rules cost.",
        ("--sizes", "small", "--seconds", "1", "--runs", "1"),
        ("--sizes", "small", "--seconds", "4", "--runs", "3"),
        of_bars,
    ),
    Measurement(
        "program",
        "The loyalty rules without HTTP",
        _script("program_hot_path"),
        "Microseconds of one call in a process that does nothing else; a server adds parsing, checks and the "
        "transport.",
        ("200", "10"),
        ("20000", "10"),
    ),
    Measurement(
        "framing",
        "How HTTP is framed, beside nginx, uvicorn and hypercorn",
        _python("simulator_framing"),
        "Which status a server answers, not how fast. What others answer is shown and not judged.",
        long=True,
    ),
    Measurement(
        "load",
        "The load client beside Locust's and wrk, same scenario, same checks",
        _script("load_side_by_side"),
        "The server answers without thinking, so that the client is the limit: no real target does. wrk sends one"
        " request over and over and checks nothing.",
        ("--rounds", "1", "--seconds", "2"),
        ("--rounds", "3", "--seconds", "6"),
        of_load,
    ),
    Measurement(
        "clients",
        "Load tools against a constant",
        _python("peers", "clients"),
        "These tools send one request, built before, and look at a status at most; offerproof builds each and "
        "checks each answer (see the load client). Artillery sends arrivals and has no closed loop. k6, vegeta "
        "and Gatling are in no package index that this was run with.",
        ("--seconds", "2", "--rounds", "1"),
        ("--seconds", "5", "--rounds", "3"),
        of_peers("wrk"),
    ),
    Measurement(
        "stalls",
        "Does a stalled server show? (coordinated omission)",
        _script("load_coordinated_omission"),
        "One shape of stall, whose truth is known. A busy machine adds its own waits: then it says so and exits "
        "with 1.",
        ("--seconds", "6"),
        ("--seconds", "20"),
        codes=(0, 1),
    ),
    Measurement(
        "stalled-peers",
        "The same stall by other tools that are asked for 200 requests a second",
        _python("peers", "stalls"),
        "wrk2, k6 and Gatling, which tell it rightly, are in no package index that this was run with.",
        ("--seconds", "6"),
        ("--seconds", "20"),
        of_truth,
    ),
    Measurement(
        "validators",
        "Validators of JSON Schema on one wallet",
        _python("peers", "validators"),
        "One schema of 20 flat records, parsed before; deeper ones differ. We judge with jsonschema-rs and let "
        "jsonschema explain what it refuses.",
        ("--seconds", "1"),
        ("--seconds", "4"),
        of_peers("jsonschema_rs"),
    ),
    Measurement(
        "histories",
        "Judging histories of concurrent operations",
        _script("histories"),
        "Histories that have a legal order; one that has none can take longer, up to a bound that is reported.",
        ("20000", "500"),
        ("200000", "5000"),
    ),
    Measurement(
        "million",
        "Auditing the operations of a long load run",
        _script("load_audit_million"),
        "Made by hand, not by a run: what a target of many keys and little contention leaves.",
        ("--operations", "20000"),
        ("--operations", "1000000"),
    ),
    Measurement(
        "audit",
        "Auditing a large recording",
        _python("audit_size"),
        "A recording of our own simulator, whose headers are many and whose bodies are short.",
        ("--exchanges", "2000"),
        ("--exchanges", "20000"),
    ),
    Measurement(
        "recall",
        "What an audit tells by recorded traffic alone",
        _python("audit_recall", "--walk", "short"),
        "Planted defects that the recorded workflow shows; what real faults look like nobody knows.",
    ),
    Measurement(
        "watch",
        "What watch adds to a call",
        _python("watch_latency"),
        "One connection on the loopback, nothing else under way.",
        ("--calls", "500"),
        ("--calls", "4000"),
        codes=(0, 1),
    ),
    Measurement(
        "soak",
        "Memory over a soak",
        _script("load_soak_memory", "--duration"),
        "Minutes, and no week; growth over the last quarter.",
        ("15s",),
        ("180s",),
        codes=(0, 1, 3),
    ),
    Measurement(
        "mutation",
        "Faults in the simulator's source that the suite finds",
        _python("source_mutation"),
        "A small sample at level gate here; docs/mutation-score.md has the large one, with what two readers hold "
        "of the survivors.",
        ("--sample", "4", "--level", "gate", "--out", "{temporary}/mutation.json"),
        ("--sample", "40", "--level", "gate", "--out", "{temporary}/mutation.json"),
    ),
    Measurement(
        "schemathesis",
        "Planted defects: our suite beside Schemathesis alone",
        _script("schemathesis_alone"),
        "A small sample here; docs/beside-schemathesis.md has all of them. Schemathesis knows a schema and no rules.",
        ("--sample", "1", "--seed", "1", "--minutes", "1", "--rows", "{temporary}/rows"),
        ("--sample", "8", "--seed", "1", "--minutes", "4", "--rows", "{temporary}/rows"),
        long=True,
    ),
    Measurement(
        "house",
        "How big the house is",
        _python("house"),
        "Lines say nothing of worth.",
    ),
)

LEFT_OUT: Final[Mapping[str, str]] = {
    "audit_recordings": "a row for each recording of a folder of yours",
    "canary_table": "do secrets or people leave? with a verdict; its table stands in `docs/reading-a-certificate.md`",
    "clauses_of_recordings": "writes contracts/recorded.json, ten minutes; its figures stand in `docs/coverage.md`",
    "clauses_page": "writes the page of all clauses",
    "compare_pairs": "does compare tell chance from change? a quarter of an hour, with a verdict and no figure",
    "contract_tools": "what common tools make of the contract's files; with a verdict and no figure",
    "coverage_page": "writes docs/coverage.md",
    "determinism": "is a seed a seed? minutes, with a verdict and no figure",
    "dialect_sweep": "is a right target accused? hours, with a verdict and no figure",
    "head_of_cause": "is a defect's own clause the head of its findings? minutes; its figures stand in the changelog",
    "hostile_requests": "what hostile requests cost the simulator; minutes, with a verdict",
    "journal_damage": "what a killed or damaged journal keeps; with a verdict and no figure",
    "production_requests": "counts what production is sent; what it counts stands in `docs/what-a-run-takes.md`",
    "load_across_hosts": "needs root and network namespaces; with a verdict and no figure",
    "load_canned_server": "a server for the others",
    "load_with_fasthttp": "a client of load_side_by_side",
    "load_with_http": "a client of load_side_by_side",
    "profile_keys_page": "writes docs/profile-keys.md",
    "recorded_walk": "recordings for the others",
    "requests_of_checks": "writes contracts/requests.json",
    "results": "this",
    "schemas_and_simulator": "do schemas and simulator agree? with a verdict and no figure",
    "formats_are_valid": "are our formats valid? with a verdict and no figure",
    "signature_is_valid": "is our signature valid? with a verdict and no figure",
}
"""Programs of this folder that are no measurement, or none that fits here, and why."""


@dataclass
class Outcome:
    """What one measurement printed."""

    measurement: Measurement
    command: list[str]
    told: str
    code: int
    seconds: float
    ratios: list[tuple[str, str]] = field(default_factory=list)


def measured(one: Measurement, *, quick: bool, temporary: Path) -> Outcome:
    """Run one to its end."""
    further = [part.format(temporary=temporary) for part in (one.quick if quick else one.full)]
    command, begun = [*one.command, *further], time.monotonic()
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, start_new_session=True)
    try:
        out, err = process.communicate(timeout=LONGEST_S)
        told, code = out.strip() or err.strip()[-2_000:], process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # its own children hold the pipes too
        process.communicate()
        told, code = f"not at its end after {LONGEST_S} s", -1
    shown = [part.replace(str(temporary), "FOLDER") for part in command]
    outcome = Outcome(one, shown, told.replace(str(ROOT), "."), code, time.monotonic() - begun)
    if code in one.codes:
        outcome.ratios = list(one.ratios(told))
    return outcome


def page(outcomes: Sequence[Outcome], *, quick: bool) -> str:
    """``RESULTS.md``: ratios, the machine, how to read it, then each measurement with what it does not say."""
    lines = ["# What was measured", ""]
    lines += ["**A short run, which shows that everything runs; its figures are worth little.**", ""] if quick else []
    if os.getloadavg()[2] > 2 * (os.cpu_count() or 1):
        lines += ["**The machine did much other work at the same time: bars missed here are no verdict.**", ""]
    lines += ["`make bench` writes this page anew; everything on it is of one run.", "", "## Ratios", ""]
    lines += ["| what beside what | ratio |", "|---|---:|"]
    lines += [f"| {what} | {ratio} |" for one in outcomes for what, ratio in one.ratios]
    lines += ["", "## The machine", "", *(f"- {line}" for line in machine()), "", "## How to read it", ""]
    lines += [
        "Above 1 means that the first has more of it. Servers and clients of one measurement take turns in one "
        "run, each on",
        "a core of its own where the machine can pin: a disturbance meets all alike. Take ratios under 1.25 for "
        "ties. Figures",
        "by themselves are of this machine and this hour; those of another are comparable only by the ratios.",
        "",
    ]
    for one in outcomes:
        name = " ".join(Path(part).name if part == sys.executable else part for part in one.command)
        ended = "" if one.code in one.measurement.codes else f" **It did not come to its end: exit code {one.code}.**"
        lines += [f"## {one.measurement.title}", "", f"`{name}`, {one.seconds:.0f} s.{ended}", ""]
        lines += [
            "```text",
            *_without_json(one.told),
            "```",
            "",
            f"What it does not say: {one.measurement.says_not}",
            "",
        ]
    lines += ["## What else is in this folder", "", "| program | why it is not above |", "|---|---|"]
    done = [one.measurement for one in outcomes]
    lines += [f"| `{one.name}` | left out of this run |" for one in MEASUREMENTS if one not in done]
    lines += [f"| `{name}` | {why} |" for name, why in LEFT_OUT.items()]
    return "\n".join(lines) + "\n"


def machine() -> Iterator[str]:
    """Processor, memory, system, versions, and how busy it was."""
    with Path("/proc/cpuinfo").open() if Path("/proc/cpuinfo").exists() else Path(os.devnull).open() as told:
        models = sorted({line.partition(":")[2].strip() for line in told if line.startswith("model name")})
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    yield f"{os.cpu_count()} processors ({', '.join(models) or platform.machine()}), {memory:.0f} GiB"
    yield f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    yield ", ".join(
        f"{name} {version(name)}" for name in ("offerproof", "locust", "schemathesis", "jsonschema-rs", "uvloop")
    )
    yield f"load average at the end {', '.join(f'{one:.1f}' for one in os.getloadavg())}"


def _without_json(told: str) -> list[str]:
    return [line.rstrip() for line in told.splitlines() if not line.startswith("{")] or ["nothing was printed"]


def main() -> int:
    """Measure everything and write the page; 1 where a measurement did not come to its end."""
    from tempfile import TemporaryDirectory

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", default=bool(os.environ.get("QUICK")))
    parser.add_argument("--only", action="append", choices=[one.name for one in MEASUREMENTS], default=[])
    parser.add_argument("--out", type=Path, default=PAGE)
    options = parser.parse_args()
    outcomes = []
    with TemporaryDirectory() as place:
        for one in MEASUREMENTS:
            if (one.name not in options.only) if options.only else (options.quick and one.long):
                continue
            outcome = measured(one, quick=options.quick, temporary=Path(place))
            outcomes.append(outcome)
            print(f"{one.name:<14} {outcome.seconds:>6.0f} s  exit code {outcome.code}", flush=True)
    options.out.write_text(page(outcomes, quick=options.quick), encoding="utf-8")
    print(f"written: {options.out}")
    return int(any(one.code not in one.measurement.codes for one in outcomes))


if __name__ == "__main__":
    sys.exit(main())
