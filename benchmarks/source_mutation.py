"""How many faults in the source of the simulator the suite finds: ``python -m benchmarks.source_mutation`` (minutes).

A seeded sample of small faults (``tests/mutation/mutator.py``) is made in ``program`` and ``simulator``, one in each
fresh simulator process, and the contract suite judges every one over HTTP. It stops at the first proof.

    killed      a must-clause failed: exit code 1
    warned      only should-clauses failed: exit code 0
    unjudged    the suite could not judge: exit code 3
    survived    the suite found that it conforms
    not viable  the simulator did not start; another fault is drawn in its place

Results go to a JSON file. ``--again FILE`` judges those of an earlier file that were not killed once more, ``--only
MODULE:INDEX`` single ones, ``--merge FILE…`` puts results together without judging; ``--markdown FILE`` writes
docs/mutation-score.md. What survivors mean is judged by people: tests/mutation/explained.toml says of many why no
clause may find them, and those do not count in the score.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import random
import re
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

import offerproof
from offerproof.conformance import Options, certify
from offerproof.contract import Level, Strength
from offerproof.errors import OfferproofError
from offerproof.findings import Run, Verdict
from offerproof.target import load_profile
from tests.mutation.mutator import sites
from tests.mutation.scoring import SURVIVORS, Judged, Mutant, markdown, summary

ROOT = Path(__file__).resolve().parent.parent
SOURCE = Path(offerproof.__file__).parent
READY_S, LIMIT_S = 20.0, 900.0
KEPT_SEED = 1

SCOPE = (
    *(f"program.{name}" for name in ("accounts", "agenda", "calendar", "customers", "drafts", "earning", "life_cycle")),
    *(f"program.{name}" for name in ("model", "offers", "points", "pricing", "program", "redemption", "refusal")),
    *(f"program.{name}" for name in ("state", "tiers", "transactions", "wallets")),
    *(f"simulator.{name}" for name in ("answers", "app", "baskets", "bodies", "cloudpos", "core", "credentials")),
    *(f"simulator.{name}" for name in ("idempotency", "offers", "refusals", "routes", "values")),
)
"""The modules whose code is the API's behaviour. Reading settings, the clock, ids, HTTP itself, the control API, the
journal, scenarios and the command have tests of their own; no call of the API can tell how they are made."""

ELSEWHERE = {
    "the control API": (
        *("program.tiers:Tiers.enrol", "program.tiers:Tiers.unenrol", "program.customers:Customers.load"),
        *("program.wallets:Wallets.load", "program.wallets:Wallets._load_one", "program.points:Points.cash_out"),
        *("program.points:Points._cash_out_family", "program.points:Points._points_to_cash_out"),
        *("program.redemption:Redemption.make_ttl_code", "program.program:Program.next_due"),
        *("simulator.answers:plain", "simulator.app:App.limit", "simulator.app:App.reseed"),
        "simulator.credentials:drawn_token",
    ),
    "settings that the program of the run does not use": (
        *("program.calendar:next_year_start", "program.calendar:next_of_dates", "program.points:Points.restart_year"),
        *("program.points:Points.cash_out_on_date", "program.points:Points._schedule_emptying"),
        *("program.earning:Earning._promotion_applies", "program.earning:Earning._promotion_points"),
        "program.life_cycle:LifeCycle.end_lock",
    ),
    "start options, the program file, the journal, scenarios": (
        *("simulator.refusals:http_settings", "simulator.credentials:from_texts", "simulator.credentials:drawn"),
        *("simulator.credentials:_word", "simulator.app:App.replay", "simulator.app:App.release"),
        *("simulator.app:App._stage", "simulator.app:_broken"),
    ),
    "the words of refusals, and the path nearest to one that is not there": (
        *("simulator.values:Malformed.__init__", "simulator.routes:no_such_call", "simulator.routes:_nearest"),
    ),
    "HTTP itself, and what clients send": ("simulator.routes:_origin_form", "simulator.credentials:Pair.header"),
}
OUTSIDE = {name for names in ELSEWHERE.values() for name in names}


ADDRESSES = re.compile(r"\b(only|prefix|_PREFIXES|_SHARED_ALONE)\b")
"""Names by which a line is about one service's own prefix or port: a way to start the simulator, not the API."""
STAGED = re.compile(r"\b(scenarios?|blocked|pending|PENDING|keep|_stage)\b")
"""Names by which a line of the app is about scenarios or the journal."""
HINTS = re.compile(r"\b(_READ_BY_GET|_LONGEST_COMPARED)\b|\{api_key\}")
"""Tables of routes from which only the sentence about the nearest path is made."""
SENTENCES = re.compile(r"\b(OffersErrors|CoreErrors)\(")
REFUSALS = re.compile(r"\brefusal\(")
"""Lines that say why something is refused. The words are left alone, and code and type are words: no document gives
them, but for those of Core, which stand in a table of their own. The status stays."""


def _is_elsewhere(fault: Mutant, line: str) -> bool:
    """Whether a fault is in an address of the simulator's own, a scenario, the journal, or the words of a refusal."""
    about = {"simulator.routes": (ADDRESSES, HINTS), "simulator.app": (STAGED,)}
    if any(names.search(line) for names in about.get(fault.module, ())):
        return True
    text = fault.before.startswith("'") or (
        fault.operator.startswith("arguments") and not re.search("[0-9]", fault.before)
    )
    return bool(SENTENCES.search(line) or (REFUSALS.search(line) and text))


def mutants(module: str) -> list[Mutant]:
    """The faults of one module of the scope."""
    return [
        Mutant(module, site.index, site.operator, site.line, site.function, site.before, site.after)
        for site in sites(_source(module))
        if f"{module}:{site.function}" not in OUTSIDE
    ]


def _kept(module: str) -> list[Mutant]:
    """The faults of the sample that is kept, as they are in the source now."""
    rows = json.loads((ROOT / "tests/mutation/sample.json").read_text(encoding="utf-8"))
    wanted = [
        Mutant(module, 0, operator, line, function, before, after)
        for where, function, operator, line, before, after in rows
        if where == module
    ]
    return list(dict.fromkeys(here for one in wanted if (here := _same(one)) is not None))


def _source(module: str) -> str:
    return (SOURCE / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8")


def drawn(seed: int, size: int) -> dict[str, tuple[list[Mutant], int]]:
    """For each module its faults in a random order, and how many of them the sample has: by their share of all.

    Seed 1 was drawn once and is kept (``tests/mutation/sample.json``), or each change of a module would draw another
    sample of it: of those faults the ones that can still be made come first, and others take the places of the rest.
    """
    every = {module: mutants(module) for module in SCOPE}
    for module, found in every.items():
        random.Random(f"{seed}").shuffle(found)
        lines = _source(module).splitlines()
        found[:] = [one for one in found if not _is_elsewhere(one, lines[one.line - 1])]
        if seed == KEPT_SEED:
            kept = [one for one in _kept(module) if one in found]
            found[:] = [*kept, *(one for one in found if one not in kept)]
    total = sum(len(found) for found in every.values())
    return {module: (found, math.ceil(size * len(found) / total)) for module, found in every.items() if found}


# Judging, in a worker


class NotViable(Exception):
    """The simulator does not start with this fault."""


@contextmanager
def simulator(folder: Path, module: str, index: int, *options: str) -> Iterator[Path]:
    """Run a simulator with one fault; gives the path of its profile. It is killed when judging takes too long."""
    log, profile = folder / "simulator.log", folder / "simulator.toml"
    command = [sys.executable, "-m", "tests.mutation.mutated_simulator", f"offerproof.{module}", str(index), *options]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--port", "0", "--control", "--profile-out", str(profile)],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    watch = threading.Timer(LIMIT_S, process.kill)
    watch.start()
    try:
        deadline = time.monotonic() + READY_S
        while b": ready at " not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise NotViable(log.read_text("utf-8", "replace").strip().splitlines()[-1:])
            time.sleep(0.01)
        yield profile
    finally:
        watch.cancel()
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def judge(mutant: Mutant, level: Level, only: tuple[str, ...] = ()) -> Judged:
    """Judge one fault; ``only`` by these clauses or chapters."""
    started = time.perf_counter()

    def judged(verdict: str, clause: str = "", told: str = "", requests: int = 0) -> Judged:
        return Judged(mutant, verdict, clause, told[:300], requests, round(time.perf_counter() - started, 2))

    with TemporaryDirectory(prefix="offerproof-mutant-") as name:
        folder = Path(name)
        try:
            with simulator(folder, mutant.module, mutant.index) as profile:
                out = folder / "runs"
                options = Options(profile=load_profile(profile), level=level, only=only, out=out, stop_first=True)
                finished = certify(options)
        except NotViable as problem:
            return judged("not viable", told=str(problem))
        except OfferproofError as problem:
            return judged("unjudged", told=problem.message)
        shutil.rmtree(finished.folder, ignore_errors=True)
        return judged(*_verdict(finished.run))


def _verdict(run: Run) -> tuple[str, str, str, int]:
    requests = run.footer.requests if run.footer else 0
    strengths = {planned.clause.id: planned.clause.strength for planned in run.plan.clauses}
    for verdict, wanted in (("killed", Verdict.FAIL), ("warned", Verdict.WARN), ("unjudged", Verdict.ERROR)):
        for one in run.findings:
            if one.verdict is wanted and (wanted is not Verdict.FAIL or strengths[one.clause] is Strength.MUST):
                if verdict == "warned" and run.outcome.exit_code == 3:
                    continue
                told = f"{one.summary}: expected {one.expected}, observed {one.observed}"
                return verdict, one.clause, told, requests
    if run.outcome.exit_code:
        return "unjudged", "", run.outcome.reasons[0] if run.outcome.reasons else "", requests
    return "survived", "", "", requests


# The whole

Known = dict[Mutant, Judged]
"""What was judged before."""


def sample(pool: ProcessPoolExecutor, seed: int, size: int, level: Level, known: Known) -> Iterator[Judged]:
    """Judge the sample; what is not viable is told too, and replaced by the next of its module.

    What is ``known`` already is not judged again.
    """
    waiting = {module: (iter(found), count) for module, (found, count) in drawn(seed, size).items()}
    while waiting:
        batch = [(module, one) for module, (rest, count) in waiting.items() for one in _some(rest, count)]
        missing: Counter[str] = Counter()
        for result in _judged_all(pool, [one for _, one in batch], level, known):
            missing[result.mutant.module] += result.verdict == "not viable"
            yield result
        waiting = {module: (waiting[module][0], count) for module, count in missing.items() if count}
        if not batch:
            return


def _judged_all(
    pool: ProcessPoolExecutor, faults: list[Mutant], level: Level, known: Known, only: tuple[str, ...] = ()
) -> Iterator[Judged]:
    """Judge faults, each as soon as a process is free for it; those that are known already come first."""
    waiting = []
    for one in faults:
        if one in known:
            yield known[one]
        else:
            waiting.append(pool.submit(judge, one, level, only))
    for done in as_completed(waiting):
        yield done.result()


def _some(rest: Iterator[Mutant], count: int) -> list[Mutant]:
    return [one for _, one in zip(range(count), rest, strict=False)]


def chosen(names: list[str], again: Path | None) -> list[Mutant]:
    """The faults that were named, and those of an earlier file that were not killed, by what they are."""
    found = []
    for name in names:
        module, _, index = name.partition(":")
        found += [one for one in mutants(module) if one.index == int(index)]
    if again is not None:
        wanted = [Mutant(**one["mutant"]) for one in json.loads(again.read_text()) if one["verdict"] in SURVIVORS]
        found += [here for one in wanted if (here := _same(one)) is not None]
    return found


def _same(wanted: Mutant) -> Mutant | None:
    """The same fault in the source as it is now; lines and numbers may have moved."""

    def what(one: Mutant) -> tuple[str, str, str, str]:
        return one.operator, one.function, one.before, one.after

    alike = [one for one in mutants(wanted.module) if what(one) == what(wanted)]
    return min(alike, key=lambda one: (abs(one.line - wanted.line), abs(one.index - wanted.index)), default=None)


def lines_executed(level: Level, *, traced: bool) -> dict[str, set[int]]:
    """See that a simulator without a fault conforms; when ``traced`` (slow), which lines the run executes in it."""
    with TemporaryDirectory(prefix="offerproof-mutant-") as name:
        folder = Path(name)
        options = ("--lines", str(folder / "lines.json")) if traced else ()
        with simulator(folder, "program", -1, *options) as profile:
            run = certify(Options(profile=load_profile(profile), level=level, out=folder / "runs")).run
        if run.outcome.exit_code:
            sys.exit(f"the simulator without a fault does not conform: {run.outcome.reasons}")
        written = json.loads((folder / "lines.json").read_text()) if traced else {}
    return {module.removeprefix("offerproof."): set(lines) for module, lines in written.items()}


def main() -> None:
    """Judge a sample and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=int, default=320, help="how many faults that let the simulator start")
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument("--level", type=Level, default=Level.FULL, choices=list(Level))
    parser.add_argument("--lines", action="store_true", help="tell survivors in lines that no run executes (slow)")
    parser.add_argument("--out", type=Path, default=Path("mutation.json"), help="where the results go")
    parser.add_argument("--only", nargs="*", default=[], metavar="MODULE:INDEX")
    parser.add_argument("--clauses", nargs="*", default=[], metavar="CLAUSE", help="judge by these clauses alone")
    parser.add_argument("--resume", action="store_true", help="go on with the results that --out holds already")
    parser.add_argument("--again", type=Path, metavar="FILE", help="judge the survivors of this file once more")
    parser.add_argument("--merge", type=Path, nargs="*", default=[], metavar="FILE", help="later files win")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the survivors and the score")
    given = parser.parse_args()
    results = merged(given.merge) if given.merge else judged(given)
    print(summary(results))
    if given.markdown is not None:
        given.markdown.write_text(markdown(results, given.seed, given.level), encoding="utf-8")


def judged(given: argparse.Namespace) -> list[Judged]:
    """Judge what was asked for, and keep the results as they come."""
    executed = {} if given.clauses else lines_executed(given.level, traced=given.lines)
    known = {one.mutant: one for one in merged([given.out])} if given.resume and given.out.exists() else {}
    results: list[Judged] = []
    spawn = multiprocessing.get_context("spawn")
    started = time.perf_counter()
    with ProcessPoolExecutor(given.jobs, mp_context=spawn) as pool:
        few = chosen(given.only, given.again)
        stream = _judged_all(pool, few, given.level, known, tuple(given.clauses)) if few else None
        for one in stream or sample(pool, given.seed, given.sample, given.level, known):
            results.append(one)
            if one.verdict in SURVIVORS:
                print(_line(one, executed), flush=True)
            _write(given.out, [*results, *(old for fault, old in known.items() if old not in results)])
    print(f"{time.perf_counter() - started:.0f} s")
    return results


def _write(path: Path, results: list[Judged]) -> None:
    """Put the results into a file; one that was there is whole until the new one is."""
    fresh = path.with_name(f"{path.name}.part")
    fresh.write_text(json.dumps([asdict(one) for one in results], indent=1), encoding="utf-8")
    fresh.replace(path)


def merged(files: list[Path]) -> list[Judged]:
    """The results of several files; of a fault that stands in two, the later. The source has to be the same."""
    found: dict[tuple[str, int], Judged] = {}
    now = {(one.module, one.index): one for module in SCOPE for one in mutants(module)}
    for file in files:
        for one in json.loads(file.read_text()):
            key = one["mutant"]["module"], one["mutant"]["index"]
            found[key] = Judged(**{**one, "mutant": now[key]})
    return list(found.values())


def _line(one: Judged, executed: dict[str, set[int]]) -> str:
    fault = one.mutant
    never = " (line never executed)" if executed and fault.line not in executed.get(fault.module, ()) else ""
    where = f"{fault.module}:{fault.index} line {fault.line} {fault.function}"
    told = f"\n    {one.clause} {one.told}" if one.told else ""
    return f"{one.verdict:<9} {where}: {fault.operator}{never}\n    {fault.before[:400]}\n    {fault.after[:400]}{told}"


if __name__ == "__main__":
    main()
