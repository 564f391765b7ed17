"""The operations of a load run are judged again from its folder alone."""

from __future__ import annotations

from pathlib import Path

from offerproof.contract import Level, Outcome, load_contract, now
from offerproof.errors import ExitCode
from offerproof.findings import Header, Needs, PlannedClause, RunPlan, RunWriter, TargetSummary
from offerproof.findings.load_records import LoadSettings
from offerproof.judgement.histories import Kind
from offerproof.traffic.operations import LogFile, OperationLog


def load_run(folder: Path, operations: list[tuple[Kind, Outcome, int, int]]) -> str:
    """Write the folder of a load run: (kind, outcome, transaction, start in milliseconds), all of one user offer."""
    folder.mkdir()
    target = TargetSummary(name="t", environment="simulator", services={})
    header = Header(
        kind="load",
        run_id="r",
        suite_version="0",
        content_hash="0" * 64,
        load_hash="0" * 64,
        started=now(),
        target=target,
        profile=None,
        level=Level.FULL,
        seed=0,
        nonce="n",
        load=SETTINGS,
    )
    clause = load_contract().clauses["LOAD-7"]
    with RunWriter(folder / "run.jsonl", header) as writer:
        writer.plan(
            RunPlan(
                chapters={}, clauses=(PlannedClause(clause=clause, required=False),), needs=Needs(), budget_requests=0
            )
        )
        writer.finish(requests=0)
    log, file = OperationLog(), LogFile(folder / "operations-0.bin")
    for kind, outcome, transaction, start in operations:
        log.record(kind, outcome, 0, 0, 0, 0, transaction, start * 1000, 500)
    file.write(log.take())
    file.close()
    return str(folder)


SETTINGS = LoadSettings(
    scenario="checkout",
    model="open",
    arrivals="constant",
    duration_s=1.0,
    warm_up_s=0.0,
    peak=1.0,
    processes=1,
    think="none",
    customers=1,
    phases=(),
    thresholds=(),
)
RIGHT = [
    (Kind.LOCK, Outcome.ACCEPTED, 1, 0),
    (Kind.LOCK, Outcome.REFUSED, 2, 10),
    (Kind.SEND, Outcome.ACCEPTED, 1, 20),
]


def test_a_right_run_holds_and_a_wrong_one_is_told(desk, tmp_path):
    run = desk.files(load_run(tmp_path / "right", RIGHT)).run
    assert run.outcome.exit_code is ExitCode.OK
    assert run.standings["LOAD-7"].verdict == "pass"
    assert "3 read from 1 workers" in run.plan.notes[-1]
    twice = [*RIGHT, (Kind.LOCK, Outcome.ACCEPTED, 2, 30), (Kind.SEND, Outcome.ACCEPTED, 2, 40)]
    run = desk.files(load_run(tmp_path / "wrong", twice)).run
    assert {one.clause for one in run.failures} == {"LOAD-5", "LOAD-7"}
    assert run.outcome.exit_code is ExitCode.FAILED
