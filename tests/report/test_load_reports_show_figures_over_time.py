"""What a load run adds: figures, thresholds, audits, plots that are the same bytes every time, histories."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram
from msgspec.structs import replace

from offerproof.findings import Audit, OperationRecord, Run, Verdict
from offerproof.findings.load_records import (
    AuditScope,
    Capacity,
    PhaseSetting,
    SeriesFigures,
    SeriesSecond,
    ThresholdResult,
    WorkerFigures,
)
from offerproof.report.formats import html, markdown, text
from offerproof.report.formats.html import change
from offerproof.report.loadview import fold, milliseconds, thin
from offerproof.report.timeline import Bar, draw, timeline_of


def histogram(*milliseconds_seen: int) -> str:
    whole = HdrHistogram(1, 3_600_000_000, 3)
    for value in milliseconds_seen:
        whole.record_value(value * 1_000)
    encoded: bytes = whole.encode()
    return encoded.decode("ascii")


def figures(making: Any, *, p99: float = 19.0, rate: float = 400.0, errors: int = 3, count: int = 1600) -> list[Any]:
    """Six seconds of load, of which two were warm-up; second 4 is slow and has the errors."""
    response = making.latency(histogram(*range(1, 21)), p50=2.0, p95=9.0, p99=p99, **{"p99.9": 20.0})
    visits = making.latency(p99=30.0)
    rows: list[Any] = [
        SeriesFigures(
            name="(all calls)",
            kind="all",
            count=count,
            rate=rate,
            errors={"503": errors} if errors else {},
            response=response,
            service=making.latency(p99=3.0),
        ),
        SeriesFigures(
            name="checkout", kind="workflow", count=400, rate=100.0, errors={}, response=visits, service=visits
        ),
        WorkerFigures(
            name="1",
            cpu_share=0.41,
            loop_lag_p99=1.5,
            loop_lag_max=2.0,
            late_arrivals=0,
            slots_exhausted=3,
            clock=None,
            parts={"checkout": 400},
        ),
        Capacity(best=410.0, broken=440.0),
        ThresholdResult(
            name="(all calls)", measure="p99_ms", bound=10.0, value=19.0, unit="ms", met=False, clause="LOAD-1"
        ),
    ]
    for second in range(2, 6):
        slow = second == 4
        rows.append(
            SeriesSecond(
                name="(all calls)",
                second=second,
                count=400,
                errors=3 if slow else 0,
                p50=2.0,
                p95=9.0,
                p99=250.0 if slow else 19.0,
                max=300.0 if slow else 21.0,
            )
        )
    return rows


@pytest.fixture
def load(making: Any) -> Run:
    return making.run(  # type: ignore[no-any-return]
        [making.clause("LOAD-1"), making.clause("LOAD-2")],
        [
            *figures(making),
            making.finding("LOAD-1", "fail", expected="p99 of (all calls) <= 10 ms", observed="19 ms"),
            making.finding("LOAD-2", "pass"),
            Audit(
                question="Was any user offer redeemed twice?",
                verdict=Verdict.FAIL,
                clause="LOAD-2",
                observed="1 user offer",
                checked=400,
                bad=1,
                examples=("5f1d by two transactions",),
            ),
            AuditScope(customers=100, user_offers=400, operations=1600, sample_every=4, notes=("look again",)),
            OperationRecord(operation="lock", key="5f1d", started_us=0, ended_us=3_000, outcome="ok", caller="till 1"),
            OperationRecord(
                operation="redeem",
                key="5f1d",
                started_us=2_000,
                ended_us=None,
                outcome="unknown",
                transaction="0b9c1f7e-000000042",
                caller="till 2",
            ),
        ],
        kind="load",
    )


def test_figures_are_folded_by_name(load: Run) -> None:
    view = fold(load)
    assert view is not None
    shown = [(row.figures, row.errors) for row in view.rows]
    assert [(one.name, one.kind, one.count, one.rate, errors) for one, errors in shown] == [
        ("(all calls)", "all", 1600, 400.0, 3),
        ("checkout", "workflow", 400, 100.0, 0),
    ]
    assert view.rows[0].p("p99") == "19.0"  # from the intended start, not the service time
    assert view.levels == [(second, 100.0) for second in range(6)]
    assert view.health == [
        ("1", "share of a core used", "41.0%"),
        ("1", "share of time spent waiting for answers", "59.0%"),
        ("1", "event-loop lag, p99", "1.5 ms"),
        ("1", "event-loop lag, worst", "2 ms"),
        ("1", "arrivals started late", "0"),
        ("1", "arrivals that found no free slot", "3"),
    ]
    assert view.capacity == "410 workflows/s met the thresholds; 440 did not"


def test_the_level_that_was_asked_for_follows_the_phases(making: Any) -> None:
    phases = (PhaseSetting(2.0, 0.0, 10.0, warm_up=True), PhaseSetting(1.0, 10.0, 10.0), PhaseSetting(1.0, 10.0, 0.0))
    view = fold(making.run([], [], kind="load", load=making.settings(duration_s=4.0, phases=phases)))
    assert view is not None
    assert view.levels == [(0, 2.5), (1, 7.5), (2, 10.0), (3, 5.0)]


def test_what_was_asked_to_come_later_is_listed_and_no_error(making: Any) -> None:
    whole, *rest = figures(making)
    throttled = replace(whole, errors={"503": 3, "throttled": 7})
    view = fold(making.run([making.clause("LOAD-1")], [throttled, *rest], kind="load"))
    assert view is not None
    assert view.rows[0].errors == 3
    assert view.errors == [("(all calls)", "throttled", 7), ("(all calls)", "503", 3)]


def test_a_certificate_has_no_load_section(failing: Run) -> None:
    assert fold(failing) is None
    assert 'id="load"' not in html.render(failing)


def test_text_and_markdown_show_figures_and_thresholds(load: Run) -> None:
    shown = [" ".join(line.split()) for line in text.render(load).splitlines()]
    assert "(all calls) 1,600 400.0 3 2.00 9.00 19.0 21.0" in shown
    assert "MISSED (all calls) p99_ms 10 measured 19 ms" in shown
    assert "- look again" in shown
    assert "- FAIL: Was any user offer redeemed twice? (1 user offer)" in shown
    assert "| (all calls) | 1,600 | 400.0 requests/s | 3 | 2.00 | 9.00 | 19.0 | 21.0 |" in markdown.render(load)
    assert "| ❌ | (all calls) | p99\\_ms | 10 | 19 ms |" in markdown.render(load)


def test_html_draws_rate_latency_errors_and_percentiles_inside_the_page(load: Run) -> None:
    shown = html.render(load)
    assert [label for label in re.findall(r'aria-label="(\w+)" ', shown) if label != "Sections"] == [
        "rate",
        "latency",
        "errors",
        "distribution",
    ]
    assert ">asked for (arrivals/s)</text>" in shown
    assert ">baseline</text>" not in shown
    assert "99.9" in shown
    assert "There were no errors." not in shown
    assert "5f1d by two transactions" in shown
    assert ">till 2</text>" in shown
    assert "Looked at: 100 customers, 400 user offers, 1,600 operations, a sample: one customer of 4." in shown
    assert ">redeem …00000042 → unknown</text>" in shown
    ids = re.findall(r'\bid="([^"]+)"', shown)
    assert sorted(ids) == sorted(set(ids))
    assert set(re.findall(r'href="#([^"]+)"', shown)) <= set(ids)
    assert "#00001" not in shown  # every colour became a variable of the style sheet


@pytest.mark.slow
def test_the_same_load_run_gives_the_same_bytes_in_another_process(load: Run, tmp_path: Any) -> None:
    import pickle

    file = tmp_path / "run.pickle"
    file.write_bytes(pickle.dumps(load))
    code = (
        "import pickle, sys; from offerproof.report.formats import html;"
        f"sys.stdout.buffer.write(html.render(pickle.load(open({str(file)!r}, 'rb'))).encode())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=60)
    assert other.stdout.decode() == html.render(load)


def test_no_plotting_library_is_loaded_for_a_certificate() -> None:
    code = "import sys, offerproof.report.formats.html; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_a_baseline_is_drawn_and_its_change_is_told(making: Any, load: Run) -> None:
    before = making.run([making.clause("LOAD-1")], figures(making, p99=10.0, rate=500.0), kind="load")
    shown = html.render(load, before)
    assert "baseline p99" in shown
    assert '19.0<br><span class="soft small">+90 %</span>' in shown
    assert '400.0/s<br><span class="soft small">-20 %</span>' in shown


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        (19.0, 10.0, "+90 %"),
        (400.0, 500.0, "-20 %"),
        (1.001, 1.0, "="),
        (None, 1.0, ""),
        (1.0, None, ""),
        (1.0, 0.0, ""),
    ],
)
def test_changes_are_signed_and_absent_figures_have_none(now: Any, before: Any, told: str) -> None:
    assert change(now, before) == told


def test_latencies_have_three_digits_where_they_matter() -> None:
    assert [milliseconds(v) for v in (0.4123, 2.0, 12.34, 1840.4)] == ["0.41", "2.00", "12.3", "1,840"]


def test_a_long_run_is_thinned_without_hiding_its_worst_second() -> None:
    calm = SeriesSecond(name="lock", second=0, count=100, errors=0, p50=1.0, p95=2.0, p99=3.0, max=4.0)
    seconds = [replace(calm, second=n) for n in range(3_600)]
    seconds[1_801] = replace(calm, second=1_801, count=10, errors=7, p50=9.0, p95=9.0, p99=99.0, max=999.0)
    thinned = thin(seconds)
    assert len(thinned) == 600
    assert max(s.max for s in thinned) == 999.0
    assert sum(s.errors for s in thinned) == 7
    assert thin(seconds[:600]) == seconds[:600]


def test_overlapping_operations_get_lanes_and_an_unanswered_one_is_dashed() -> None:
    drawing = draw([Bar("lock", "ok", 0, 5_000), Bar("lock", "ok", 4_000, 9_000), Bar("redeem", "?", 10_000, None)])
    assert drawing.count("<rect") == 3
    assert drawing.count("stroke-dasharray") == 1
    assert re.findall(r">(caller \d)<", drawing) == ["caller 1", "caller 2"]
    assert "redeem called at 10 ms, never answered: ?" in drawing


def test_a_history_in_a_findings_detail_is_drawn_with_it(making: Any) -> None:
    history = [{"operation": "<lock>", "started_us": 0, "ended_us": 9, "outcome": "ok", "caller": "till & 1"}]
    run = making.run([making.clause("CONC-1")], [making.finding("CONC-1", "fail", detail={"history": history})])
    shown = html.render(run)
    assert "&lt;lock&gt; → ok" in shown
    assert "till &amp; 1" in shown


@pytest.mark.parametrize("detail", [{}, {"history": "x"}, {"history": [1, {"started_us": "0"}]}, {"history": []}])
def test_a_detail_without_a_history_draws_nothing(detail: dict[str, Any]) -> None:
    assert timeline_of(detail) is None


def test_a_run_without_errors_says_so_and_draws_none(making: Any) -> None:
    clean = [replace(one, errors=0) if isinstance(one, SeriesSecond) else one for one in figures(making, errors=0)]
    shown = html.render(making.run([], clean, kind="load"))
    assert "There were no errors." in shown
    assert 'aria-label="rate"' in shown
    assert 'aria-label="errors"' not in shown


def test_an_unreadable_histogram_costs_the_curve_and_nothing_else(making: Any) -> None:
    broken = making.latency("not a histogram", p99=1.0)
    row = SeriesFigures(name="lock", kind="call", count=2, rate=1.0, errors={}, response=broken, service=broken)
    shown = html.render(making.run([], [row], kind="load"))
    assert "<code>lock</code>" in shown
    assert "Latency by percentile" not in shown
