"""A call that hangs when the run has to end is an error with a record: it must not vanish."""

from __future__ import annotations

import threading
import time
from typing import Any

import gevent
import pytest

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind
from offerproof.loadtest.client.gevent_connection import GeventConnection
from offerproof.loadtest.figures import Series
from offerproof.loadtest.generator.messages import Begin, Supplied, ToCoordinator, WorkerReport
from offerproof.loadtest.generator.supply import Shopper
from offerproof.loadtest.generator.worker import Worker
from offerproof.loadtest.generator.workflows import Earn, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.workload import steady
from offerproof.target import Profile, TargetService
from offerproof.target.values import Timing
from offerproof.traffic.operations import RECORD, Done


def totals(reports: list[WorkerReport]) -> dict[str, Series]:
    found: dict[str, Series] = {}
    for report in reports:
        for name, packed in report.figures.items():
            found.setdefault(name, Series()).merge(packed)
    return found


@pytest.mark.parametrize("model", ["open", "closed"])
def test_a_call_that_hangs_when_the_run_ends_is_counted_and_written_down(serve, request_reader, model):
    asked, release = threading.Event(), threading.Event()

    def script(conn: Any, number: int) -> None:
        request_reader(conn, bytearray())
        asked.set()
        release.wait(10)

    services = {name: TargetService(name, serve(script).url, None, None) for name in ("core", "offers", "cloudpos")}
    timing, can = Timing(request_timeout_ms=600_000), {"earn": True, "redeem": True}
    profile = Profile("test", "simulator", services, timing=timing, allow_writes=True, capabilities=can)
    reports: list[WorkerReport] = []

    def said(message: ToCoordinator) -> None:
        if isinstance(message, WorkerReport):
            reports.append(message)

    mix, workload = Mix((Earn(), 1)), steady(model, 100, 0.03)
    worker = Worker(profile, mix, said)
    plan = LoadPlan(scenario="earn", facts=mix.facts, run_id="run", nonce="nonce", workload=workload)
    worker.begin(Begin(plan, 0, 1, time.monotonic_ns(), [], 1))
    worker.supply.take_in(Supplied([Shopper(7, "user-7")], "no more"))
    steps = worker.steps(GeventConnection)
    visits = gevent.spawn(lambda: worker.serve_next(steps) and worker.serve_next(steps))
    limit = time.monotonic() + 5
    waiting = 2 if model == "open" else 0
    while not (asked.is_set() and worker.arrivals.waiting == waiting) and time.monotonic() < limit:
        gevent.sleep(0.01)
    worker.end()
    worker.give_up()
    release.set()
    assert visits.get(timeout=5) is False
    assert reports[-1].final
    found = totals(reports)
    assert found["send_transaction"].errors == {"unfinished": 1}
    assert found["earn"].errors == {"unfinished": 1 + waiting}
    (done,) = map(Done._make, RECORD.iter_unpack(b"".join(report.operations for report in reports)))
    assert (done.kind, done.outcome, done.customer, done.end) == (Kind.SEND, Outcome.UNKNOWN, 7, None)
