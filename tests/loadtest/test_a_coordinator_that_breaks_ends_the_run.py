"""A disk that is full, or an error of ours, ends a load run: the target is never loaded for ever."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from offerproof.errors import CannotJudge
from offerproof.loadtest.generator import coordinator as coordinators
from offerproof.loadtest.generator import supplier
from offerproof.loadtest.generator.health import Health
from offerproof.loadtest.generator.messages import EndVisits, ToWorker, WorkerReport
from offerproof.loadtest.generator.progress import RunProgress
from offerproof.loadtest.generator.supply import Shopper
from offerproof.loadtest.generator.workflows import Earn, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan, SupplyPlan
from offerproof.loadtest.plan.workload import steady
from offerproof.target import Profile, TargetService

LATER = b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 999999\r\nContent-Length: 2\r\n\r\n{}"
SERVICES = {name: TargetService(name, "http://127.0.0.1:9", None, None) for name in ("core", "offers", "cloudpos")}


class Source:
    """Makes customers without asking anybody, or breaks."""

    def __init__(self, problem: Exception | None = None) -> None:
        self.problem = problem

    def more(self, customers: int, offers_each: int) -> list[Shopper]:
        if self.problem is not None:
            raise self.problem
        return [Shopper(0, "user") for _ in range(customers)]

    def again(self, customers: list[Shopper], offers_each: int) -> None:
        raise AssertionError("nobody comes back")


class Worker:
    """Takes the coordinator's messages and sends its last report as soon as it is to end."""

    def __init__(self, folder: Path) -> None:
        facts = Mix((Earn(), 1)).facts
        plan = LoadPlan(
            scenario="earn", facts=facts, run_id="run", nonce="nonce", folder=str(folder), supply=SupplyPlan(stock=1)
        )
        plan = replace(plan, workload=steady("closed", 1, 3600))
        self.coordinator = coordinators.Coordinator(Profile("test", "simulator", SERVICES), plan, self.told)

    def told(self, message: ToWorker, worker: str) -> None:
        if isinstance(message, EndVisits):
            self.report()

    def report(self, operations: bytes = b"") -> None:
        said = WorkerReport(
            second=0,
            final=not operations,
            figures={},
            warm_up={},
            operations=operations,
            finished=[],
            health=Health().take(),
            sent=1,
            busy=0,
            offers=0,
            queued=0,
        )
        self.coordinator.take_report("w", said)

    def run(self) -> bool:
        self.coordinator.prepare(["w"])
        return bool(self.coordinator.over.wait(10))


@pytest.fixture
def given(monkeypatch):
    return lambda source: monkeypatch.setattr(supplier, "source_of", lambda *_, **__: source)


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def problem_of(folder: Path) -> str:
    return str(json.loads((folder / "ledger.json").read_bytes())["ending"]["problem"])


def test_a_live_file_that_cannot_be_written_ends_the_run(given, monkeypatch, tmp_path):
    given(Source())
    monkeypatch.setattr(RunProgress, "write_live", full)
    assert Worker(tmp_path).run()
    assert problem_of(tmp_path) == "our own error at the coordinator: No space left on device"


def test_operations_that_cannot_be_written_end_the_run(given, monkeypatch, tmp_path):
    given(Source())
    worker = Worker(tmp_path)
    worker.coordinator.prepare(["w"])
    monkeypatch.setattr(coordinators, "LogFile", full)
    worker.report(b"operations")
    assert worker.coordinator.over.wait(10)
    assert problem_of(tmp_path) == "our own error at the coordinator: No space left on device"


def test_a_run_that_cannot_be_written_down_at_all_says_so_and_ends(given, monkeypatch, tmp_path, capsys):
    given(Source())
    monkeypatch.setattr(RunProgress, "write_live", full)
    monkeypatch.setattr(coordinators, "write_ledger", full)
    assert Worker(tmp_path).run()
    assert capsys.readouterr().err == (
        "offerproof: the run cannot be written down: No space left on device\n"
        "  hint: is the disk full? --out names another place\n"
    )


@pytest.mark.parametrize(
    ("problem", "told"),
    [
        (KeyError("shopper@example.com"), "our own error at the coordinator: KeyError"),
        (CannotJudge("the target did not issue the offer"), "the target did not issue the offer"),
    ],
)
def test_provisioning_that_breaks_ends_the_run_before_it_begins(given, tmp_path, problem, told):
    given(Source(problem))
    worker = Worker(tmp_path)
    assert worker.run()
    assert worker.coordinator.begun == 0
    assert problem_of(tmp_path) == told


def test_a_target_that_only_says_later_keeps_provisioning_waiting_within_a_bound(answering, monkeypatch, tmp_path):
    monkeypatch.setattr(supplier, "PROVISIONING_S", 5.0)
    peer = answering(LATER, LATER)
    services = {name: TargetService(name, peer.url, None, None) for name in SERVICES}
    worker = Worker(tmp_path)
    worker.coordinator._supplier.profile = Profile(
        "test", "simulator", services, allow_writes=True, capabilities={"create_customer": True}
    )
    assert worker.run()
    assert problem_of(tmp_path).startswith(
        "set-up: create_customer had no answer (the target kept the provisioning waiting (429 with Retry-After, or no "
        "right answers): 5 s are allowed)"
    )
    assert len(peer.connections) == 1


def test_once_the_run_has_begun_it_ends_by_itself(given, monkeypatch, tmp_path):
    made: list[Any] = []

    def source_of(profile: Profile, calls: Any, **_: Any) -> Source:
        made.append(calls)
        return Source()

    monkeypatch.setattr(supplier, "source_of", source_of)
    worker = Worker(tmp_path)
    worker.coordinator.prepare(["w"])
    worker.coordinator.end()
    assert made[0].meter.budget is None
    assert worker.coordinator.over.wait(10)
