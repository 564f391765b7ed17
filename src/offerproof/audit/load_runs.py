"""The recordings of our own load runs: what the tills saw of each user offer, judged again without the target.

A load run's folder keeps one file of operations for each worker. Whether an order explains them needs nobody to ask;
what stands in the target afterwards (LOAD-8 to LOAD-11) does, and is not judged here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from offerproof.audit.tally import RECORDED, Tally
from offerproof.contract import RUN_FILE
from offerproof.errors import Misuse
from offerproof.findings import Finding, Verdict, read_run
from offerproof.judgement.histories import Legality, Rules, check
from offerproof.judgement.histories.rules import lock_lifetime
from offerproof.traffic.operations import NOBODY, read_log
from offerproof.traffic.timeline import Timeline, load_timeline, walk

EXAMPLES: Final = 5
_LOGS: Final = "operations-*.bin"


def is_load_run(path: Path) -> bool:
    """Whether a folder is that of a load run with its operations."""
    return path.is_dir() and (path / RUN_FILE).is_file() and any(path.glob(_LOGS))


def judge_load_run(folder: Path, tally: Tally, settle: int) -> str:
    """Judge the operations of a load run; returns what was read. ``settle``: how long effects may take, microseconds.

    Raises:
        Misuse: the folder is no whole load run.
    """
    run = read_run(folder)
    logs = sorted(folder.glob(_LOGS))
    if run.header.load is None:
        raise Misuse(f"{folder.name} has operations, and is no load run", hint="name the folder as the run left it")
    bounds = [worker.clock.bound for worker in run.load.workers if worker.clock is not None]
    widen = round(max(bounds, default=0.0) * 1000)  # milliseconds there, microseconds here
    keys = {done.key for log in logs for done in read_log(log)} - {NOBODY}
    names = {key: f"user offer {key}" for key in keys}
    timeline = load_timeline(run.header.nonce, [(log, 0, widen) for log in logs], names, every=1)
    told = f"{folder.name}: operations of a load run, {timeline.count:,} read from {len(logs)} workers"
    if run.interrupted or any("lost workers" in note for note in (run.load.audited.notes if run.load.audited else ())):
        for clause in ("LOAD-5", "LOAD-6", "LOAD-7"):
            tally.undecided(clause, "the load run lost operations")
        return f"{told}; not judged: some were lost"
    declared = run.header.target.behaviour.get("lock_lifetime.seconds")
    declared = None if declared == "unknown" else declared
    _judge(
        timeline, tally, Rules(settle=settle, lock_lifetime=lock_lifetime(declared), configurations=50_000), folder.name
    )
    return told


def _judge(timeline: Timeline, tally: Tally, rules: Rules, name: str) -> None:
    certain = {key: walk(timeline.history, rows) for key, rows in timeline.rows_by_key()}
    names = timeline.history.transaction_names
    twice = [
        f"user offer {key} by {', '.join(names[one] for one in dict.fromkeys(found.redeemed_by))}"
        for key, found in certain.items()
        if found.twice
    ]
    both = [
        f"user offer {key} by {', '.join(names[one] for one in found.overlap)}"
        for key, found in certain.items()
        if found.overlap
    ]
    report = check(timeline.history, rules, kept=EXAMPLES)
    wrong = [f"{one.key}: {one.reason}" for one in report.findings if one.verdict is Legality.ILLEGAL]
    redeemed = sum(bool(found.redeemed_by) for found in certain.values())
    locked = sum(found.locked for found in certain.values())
    _tell(tally, "LOAD-5", "user offers redeemed", redeemed, twice, name)
    _tell(tally, "LOAD-6", "user offers locked", locked, both, name)
    _tell(tally, "LOAD-7", "user offers with a legal order", len(certain) - report.undecided, wrong, name)


def _tell(tally: Tally, clause: str, what: str, checked: int, bad: list[str], name: str) -> None:
    if not checked:
        tally.undecided(clause, "nothing of the kind was recorded")
        return
    tally.decide(
        Finding(
            clause=clause,
            check=RECORDED,
            verdict=Verdict.FAIL if bad else Verdict.PASS,
            identity=f"{clause}:recorded:{'fail' if bad else 'pass'}",
            summary=f"{what}: {checked:,} looked at in {name}, {len(bad)} wrong",
            expected="none wrong" if bad else None,
            observed="; ".join(bad[:EXAMPLES]) or None,
            count=max(len(bad), 1) if bad else checked,
        )
    )
