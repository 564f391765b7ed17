"""A target that answers 429, or not at all, has held nothing: neither its rate nor its answers can be praised."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offerproof.errors import ExitCode
from offerproof.loadtest.figures import LatencyRecorder
from offerproof.loadtest.finish import finish
from offerproof.loadtest.generator.health import Health
from offerproof.loadtest.generator.ledger import RunLedger, read_ledger, write_ledger
from offerproof.loadtest.generator.messages import WorkerReport
from offerproof.loadtest.generator.process import Session
from offerproof.loadtest.generator.progress import RunProgress
from offerproof.loadtest.generator.workflows import Browse, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.workload import steady
from offerproof.target import Profile


class View:
    """Shows nothing."""

    def status(self, text: str) -> None:
        pass

    def counted(self, what: str, done: int, total: int) -> None:
        pass

    def live(self, line: Any, total_s: float) -> None:
        pass


TWELVE = "12 of 40 requests had no answer: lookup 8 × closed, lookup 4 × a gateway's 502"


def browsed(folder: Path, model: Any, kinds: list[str]) -> tuple[Session, RunLedger]:
    """Four seconds of browsing, ten visits in each, whose one call ended as ``kinds`` say in turn."""
    facts = Mix((Browse(), 1)).facts
    plan = LoadPlan(scenario="browse", facts=facts, run_id="run", nonce="nonce", folder=str(folder))
    plan = replace(plan, workload=steady(model, 10, 4))
    progress, recorder = RunProgress(plan), LatencyRecorder()
    progress.begin(1, ["w"])
    for number in range(40):
        recorder.record("lookup", 1_000_000, 1_000_000, kinds[number % len(kinds)])
        recorder.record("browse", 1_000_000, 1_000_000, kinds[number % len(kinds)])
        if number % 10 == 9:
            report = WorkerReport(
                second=number // 10,
                final=number == 39,
                figures=recorder.take(),
                warm_up={},
                operations=b"",
                finished=[],
                health=Health().take(),
                sent=10,
                busy=0,
                offers=0,
                queued=0,
            )
            progress.add("w", report)
    progress.end()
    write_ledger(progress.ledger(), folder)
    ledger = read_ledger(folder)
    return Session(plan, folder / "target.toml", Profile("test", "simulator", {}), Path("browse.py"), folder), ledger


@pytest.mark.parametrize(
    ("model", "kinds", "code", "clauses"),
    [
        ("open", [""], ExitCode.OK, []),
        ("closed", [""], ExitCode.OK, []),
        ("open", ["throttled"], ExitCode.FAILED, ["LOAD-3", "LOAD-4"]),
        ("open", ["", "", "throttled", ""], ExitCode.FAILED, ["LOAD-3"]),
        ("closed", ["throttled"], ExitCode.NOT_JUDGED, ["LOAD-4"]),
        ("closed", ["", "throttled"], ExitCode.OK, []),
        ("closed", ["connect"], ExitCode.NOT_JUDGED, ["LOAD-4"]),
        ("closed", ["timeout", "throttled"], ExitCode.NOT_JUDGED, ["LOAD-4"]),
    ],
)
def test_only_what_was_served_counts(tmp_path, model, kinds, code, clauses):
    run = finish(*browsed(tmp_path, model, kinds), View())
    assert run.outcome.exit_code == code
    assert [name for name, one in run.standings.items() if one.verdict in ("fail", "unknown")] == clauses


@pytest.mark.parametrize(
    ("kinds", "verdict", "told"),
    [
        (["", "throttled"], "pass", "0 of 40 requests had no answer"),
        (["", "schema", "http_5xx", ""], "pass", "0 of 40 requests had no answer"),
        ([*["reset", "closed", "gateway_502"], *[""] * 7], "warn", TWELVE),
    ],
)
def test_what_had_no_answer_is_counted_by_operation_and_kind_in_the_words_of_a_certificate(
    tmp_path, kinds, verdict, told
):
    run = finish(*browsed(tmp_path, "closed", kinds), View())
    (found,) = [one for one in run.findings if one.clause == "AVAIL-1"]
    assert (found.verdict, found.summary) == (verdict, told)


def test_who_was_sent_away_is_not_finished(tmp_path):
    _, ledger = browsed(tmp_path, "open", ["", "throttled"])
    assert ledger.finished == {"lookup": 20, "browse": 20, "(all calls)": 20}
