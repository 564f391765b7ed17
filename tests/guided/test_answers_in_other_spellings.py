"""``--vary``: right answers in other spellings are right to our judge; a till that takes one spelling only is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recorded_walk import RecordedSimulator, har, long_walk
from offerproof.audit import AuditOptions, audit
from offerproof.errors import ExitCode
from offerproof.findings import Verdict
from offerproof.guided import SITUATIONS, GuidedSession, SessionOptions
from offerproof.selfcheck.in_process_simulator import in_process_simulator
from offerproof.simulator.answers import Answer
from offerproof.simulator.spelling import ADDED, Spellings
from offerproof.watch import Watch, WatchOptions
from tests.guided.conftest import TIMEOUT_S, example, played_by

PLAYED = ("sale", "changed-basket", "cancelled")
"""Four locks: each spelling once."""


class OneWord(example.Till):  # type: ignore[misc]  # loaded from examples/
    """It takes a lock for one only when the word is OK."""

    def send(self, call: str, body: dict[str, Any]) -> Any:
        answer = super().send(call, body)
        if call == "Lock" and self.word != "OK":
            raise example.Refused(self.word)
        return answer

    def __init__(self, settings: dict[str, str]) -> None:
        super().__init__(settings)
        self.word = ""
        self.session.hooks["response"] = [self.heard]

    def heard(self, told: Any, *_: Any, **__: Any) -> None:
        self.word = told.json().get("status", "")

    def cancel(self, sale: dict[str, Any], offer: dict[str, Any]) -> None:
        if sale["discounts"]:
            super().cancel(sale, offer)


def session(kind: type[Any], out: Path) -> Any:
    with in_process_simulator() as simulator:
        assert simulator.profile.source is not None
        simulator.app.scenarios.spellings = Spellings()
        with Watch(WatchOptions(simulator.profile.source, {"": 0})) as watch:
            options = SessionOptions("a till", PLAYED, TIMEOUT_S, out=out, nonce=kind.__name__)
            played = GuidedSession(simulator.profile, watch, options)
            for name in PLAYED:
                played.play(SITUATIONS[name], played_by(kind))
            return played.close()


@pytest.mark.slow
def test_the_example_till_understands_every_spelling(tmp_path):
    finished = session(example.Till, tmp_path)
    assert finished.exit_code is ExitCode.OK, finished.run.outcome.reasons
    assert finished.run.standings["TILL-43"].verdict is Verdict.PASS


@pytest.mark.slow
def test_a_till_that_knows_one_word_of_success_is_told(tmp_path):
    finished = session(OneWord, tmp_path)
    assert finished.run.standings["TILL-43"].verdict is Verdict.FAIL
    assert finished.exit_code is ExitCode.FAILED


def test_right_answers_stay_right_in_every_spelling(tmp_path):
    simulator = RecordedSimulator()
    simulator.app.scenarios.spellings = Spellings()
    for _ in range(3):
        long_walk(simulator)
    told = [one["response"]["content"]["text"] for one in simulator.entries]
    assert {json.loads(one)["status"] for one in told} >= {"OK", "success", "ok", "Success"}
    assert sum(ADDED in one for one in told) > 50
    path = tmp_path / "spelled.har"
    path.write_bytes(har(simulator.entries))
    run = audit(AuditOptions(files=(str(path),), complete=True, out=tmp_path)).run
    assert [(one.clause, one.summary, one.observed) for one in run.failures] == []


def test_each_spelling_comes_in_turn_and_refusals_stay():
    payload = {"id": "f728b4fa-4248-4e3a-8a5d-2f346baa9455", "at": "2026-03-02T09:00:00.123456Z", "n": None}
    answer = Answer(200, json.dumps({"status": "OK", "payload": payload}).encode())
    spellings = Spellings()
    told = [json.loads(spellings.spell("lock", answer).body) for _ in range(4)]
    assert [one["status"] for one in told] == ["OK", "success", "ok", "Success"]
    assert [one["payload"]["at"][19:] for one in told] == [".123456Z", "Z", ".1234560Z", ".123Z"]
    assert [one["payload"]["id"][:8] for one in told] == ["f728b4fa", "F728B4FA", "f728b4fa", "F728B4FA"]
    assert ["n" in one["payload"] for one in told] == [True, False, True, False]
    refusal = Answer(404, b'{"status":"error"}')
    assert spellings.spell("lock", refusal) is refusal
