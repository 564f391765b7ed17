"""Provisioning, reading back and calibrations keep several requests on their way, and say how far they are."""

from __future__ import annotations

import io
import threading
import time
from decimal import Decimal
from typing import Any

import pytest

from offerproof.loadtest.audit.final_state import Calibration, Reader
from offerproof.loadtest.client.bodies import CATALOGUE, RETURNED, EarningKind
from offerproof.loadtest.client.calls import Meter
from offerproof.loadtest.client.endpoints import CONNECTIONS, Endpoints, endpoints_of
from offerproof.loadtest.client.side_by_side import SideBySide
from offerproof.loadtest.client.wait_budget import WaitBudget
from offerproof.loadtest.generator.progress import Live
from offerproof.loadtest.generator.provision import source_of
from offerproof.loadtest.results.live_view import TerminalView
from offerproof.target import Ids, load_profile


@pytest.fixture
def lines() -> SideBySide:
    """Nobody is called."""
    return SideBySide(Endpoints({}, Ids("r", "s", "c"), "key", {}), Meter(budget=WaitBudget(10.0)), 1)


def test_eight_are_at_work_at_once_after_the_first_and_what_they_made_is_in_order(lines):
    together = threading.Barrier(CONNECTIONS)
    alone: list[int] = []

    def do(item: int) -> int:
        if item == 0:
            alone.append(threading.active_count())
        else:
            together.wait(10)
        with lines.calls():
            return item * item

    before = threading.active_count()
    told: list[tuple[int, int]] = []
    wanted = 1 + 2 * CONNECTIONS
    assert lines.each(range(wanted), do, lambda done, total: told.append((done, total))) == [
        number * number for number in range(wanted)
    ]
    assert alone == [before]
    assert told[-1] == (wanted, wanted)


def test_what_one_raises_ends_the_rest_and_is_raised(lines):
    done: list[int] = []

    def do(item: int) -> None:
        done.append(item)
        if item:
            raise ValueError("1")

    with pytest.raises(ValueError, match="1"):
        lines.each(range(1000), do)
    assert len(done) <= 1 + CONNECTIONS


def test_a_stop_by_the_user_ends_what_the_others_wait_for(lines):
    def told(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lines.each(range(100), lambda item: lines.meter.budget.sleep(60) if item else None, told)
    assert lines.meter.budget.reason == "stopped by the user"


@pytest.mark.slow
def test_calibrations_of_every_kind_share_one_settle_time(simulator):
    profile = load_profile(simulator())
    told: list[str] = []
    budget = WaitBudget(60.0)
    reader = Reader(
        endpoints_of(profile, run_id="audit"), budget=budget, told=lambda what, done, total: told.append(what)
    )
    kinds = ["", "fixed_amount_check_discount", "percent_check_discount"]
    codes = {EarningKind(number | back, kind).code for number in (0, 3) for back in (0, RETURNED) for kind in kinds}
    calibration = Calibration(reader, source_of(profile, reader.lines, nonce="calibration", seed=1), "calibration")
    calibration.send(codes)
    reader.rest(time.monotonic() + 0.1)
    calibration.read()
    reader.close()
    assert calibration.disagreements == []
    plain = {name: points for name, points in calibration.earned(EarningKind(0, "").code).items() if points}
    assert set(plain.values()) == {Decimal(int(CATALOGUE[0].subtotal))}
    assert {code for code in codes if any(calibration.earned(code).values())} == codes
    assert list(dict.fromkeys(told)) == ["calibrations", "seconds for effects to show", "balances of calibrations"]


def test_a_counter_shows_how_far_it_is_and_how_long_it_will_take(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("offerproof.loadtest.results.live_view.time.monotonic", lambda: now[0])
    out = io.StringIO()
    view: Any = TerminalView("load", out=out)
    for done in range(0, 1001, 50):
        view.counted("provisioning", done, 1000)
        now[0] += 1.0
    assert out.getvalue().splitlines() == [
        "provisioning: 150 of 1,000, about 17 s left",
        "provisioning: 400 of 1,000, about 12 s left",
        "provisioning: 650 of 1,000, about 7 s left",
        "provisioning: 900 of 1,000, about 2 s left",
    ]


def test_every_probe_of_a_search_shows_its_figures_in_a_terminal_that_is_none(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("offerproof.loadtest.results.live_view.time.monotonic", lambda: now[0])
    out = io.StringIO()
    view: Any = TerminalView("load", out=out)
    for _ in range(3):
        for at in range(5):
            view.live(line_at(at), 3.0)
            now[0] += 1.0
    assert [one.split("/")[0].strip() for one in out.getvalue().splitlines()] == ["1", "3", "3", "3"]


def line_at(second: int) -> Live:
    counts = {"errors": 0, "total": 10 * second, "total_errors": 0, "busy": 1, "queued": 0, "offers": 9}
    percentiles: dict[str, Any] = {"p50": 1.0, "p95": None, "p99": None}
    return Live(at=float(second), rate=9.0, workflows=3.0, workers=1, lost=0, cpu=0.1, **counts, **percentiles)
