"""Histograms that add up, errors by kind, thresholds, and Locust's statistics fed from them."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hdrh.histogram import HdrHistogram
from msgspec.structs import replace

from offerproof.errors import Misuse
from offerproof.findings.distribution import cut, decode, encode, longest, needed, percentile, upper
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.figures import Figures, LatencyRecorder, Series
from offerproof.loadtest.generator.health import HealthSample, WorkerHealth
from offerproof.loadtest.generator.locust_stats import feed, fine_bucket
from offerproof.loadtest.generator.workflows import Checkout, Mix
from offerproof.loadtest.plan.measures import SeriesReading
from offerproof.loadtest.plan.options import answerable
from offerproof.loadtest.plan.scenario import load_load_profile, profile_names
from offerproof.loadtest.plan.thresholds import Threshold, parse_thresholds, to_abort
from offerproof.loadtest.plan.workload import steady
from offerproof.toml_file import Document


def series_of(*milliseconds: float, errors: dict[str, int] | None = None) -> Series:
    series = Series()
    for value in milliseconds:
        us = cut(int(value * 1000))
        series.latency[us] = series.latency.get(us, 0) + 1
        series.service[us] = series.service.get(us, 0) + 1
    series.errors = errors or {}
    return series


def test_percentiles_are_those_of_the_histogram_and_never_flatter():
    rng = random.Random(5)
    values = sorted(int(rng.lognormvariate(8, 1.5)) for _ in range(5000))
    counts: dict[int, int] = {}
    for value in values:
        counts[cut(value)] = counts.get(cut(value), 0) + 1
    whole = HdrHistogram.decode(encode(counts).encode())
    for q in (50.0, 90.0, 99.0, 99.9):
        found = percentile(counts, q)
        assert found is not None
        assert found == whole.get_value_at_percentile(q) / 1000
        truth = values[int(q / 100 * 5000) - 1] / 1000
        assert truth <= found <= truth * 1.001 + 0.001


@pytest.mark.parametrize(
    ("slow", "of", "q", "is_slow"),
    [(3, 51, 95.0, True), (2, 51, 95.0, False), (1, 100, 99.0, False), (2, 100, 99.0, True), (1, 1000, 99.9, False)],
)
def test_at_most_the_stated_share_exceeds_a_percentile(slow, of, q, is_slow):
    assert percentile({100: of - slow, 500: slow}, q) == (0.5 if is_slow else 0.1)


@pytest.mark.parametrize(("q", "least"), [(50.0, 2), (75.0, 4), (95.0, 20), (99.0, 100), (99.9, 1000), (99.99, 10_000)])
def test_a_percentile_of_so_few_that_nobody_could_exceed_it_is_none(q, least):
    assert needed(q) == least
    assert percentile({7: least - 1}, q) is None
    assert percentile({7: least}, q) == 0.007


def test_a_latency_is_never_cut_below_what_it_was():
    recorder = LatencyRecorder()
    for nanoseconds in (1, 1_000, 1_001, 2_048_000_001, 5_000_000_999):
        recorder.record("lock", nanoseconds, nanoseconds)
        taken = recorder.take()["lock"]
        for counts in (taken.latency, taken.service):
            (us,) = counts
            assert nanoseconds <= upper(us) * 1000 <= nanoseconds * 1.001 + 1_000
            assert longest(counts) == upper(us) / 1000


def test_a_histogram_is_kept_whole():
    counts = {0: 1, 5: 7, 2047: 1, cut(3_333): 4, cut(1_234_567): 2}
    assert decode(encode(counts)) == counts


def test_a_latency_beyond_an_hour_counts_as_an_hour():
    assert cut(10**12) == cut(3_600_000_000)
    assert sum(decode(encode({cut(10**12): 3})).values()) == 3


def test_the_sum_of_the_workers_is_the_whole():
    whole, parts = Figures(), [LatencyRecorder() for _ in range(3)]
    for number, recorder in enumerate(parts):
        for step in range(100 * (number + 1)):
            recorder.record("lock", step * 10_000, step * 9_000, "timeout" if step % 50 == 49 else "")
        recorder.record("checkout", 5_000_000, 5_000_000)
        whole.add(f"worker {number}", 0, recorder.take())
    assert whole.total["lock"].count == 600
    assert whole.total[ALL_CALLS].count == 600
    assert whole.total["checkout"].count == 3
    assert whole.total["lock"].errors == {"timeout": 12}
    assert [whole.parts[f"worker {n}"]["lock"] for n in range(3)] == [100, 200, 300]
    assert parts[0].take() == {}


def test_the_warm_up_stays_out_of_the_figures():
    whole, recorder = Figures(), LatencyRecorder()
    recorder.record("lock", 1_000_000, 1_000_000)
    whole.add("w", 0, recorder.take(), warm_up=True)
    assert whole.total == {}
    assert whole.warm_up["lock"].count == 1
    assert whole.parts == {}


def test_seconds_that_are_over_are_handed_out_once():
    whole, recorder = Figures(), LatencyRecorder()
    for second in (1, 0, 2):
        recorder.record("lock", 1_000_000, 1_000_000)
        whole.add("w", second, recorder.take())
    assert [second for second, _ in whole.drop_before(2)] == [0, 1]
    assert [second for second, _ in whole.drop_before(99)] == [2]


THRESHOLDS = {
    "abort_on_fail": True,
    "all": {"p99_ms": 100, "error_rate": 0.01, "abort_on_fail": False},
    "call": {"lock": {"p99.9_ms": 250}},
    "workflow": {"checkout": {"rate_share": 0.95, "rate": 10}},
}


def test_thresholds_are_read_row_by_row():
    rows = parse_thresholds(THRESHOLDS)
    assert rows == (
        Threshold(ALL_CALLS, "p99_ms", 100.0, False),
        Threshold(ALL_CALLS, "error_rate", 0.01, False),
        Threshold("lock", "p99.9_ms", 250.0, True),
        Threshold("checkout", "rate_share", 0.95, True),
        Threshold("checkout", "rate", 10.0, True),
    )
    assert [row.declared.clause for row in rows] == ["LOAD-1", "LOAD-2", "LOAD-1", "LOAD-3", "LOAD-3"]


@pytest.mark.parametrize(
    "document",
    [
        {"all": {"p99": 100}},
        {"all": {"p100_ms": 5}},
        {"all": {"p99_ms": -1}},
        {"all": {"p99_ms": "fast"}},
        {"all": {"error_rate": True}},
        {"calls": {"lock": {}}},
        {"call": {"lock": 5}},
    ],
)
def test_a_threshold_that_is_none_is_misuse(document):
    with pytest.raises(Misuse, match=r"thresholds\.toml: thresholds\."):
        Document({"thresholds": document}, Path("thresholds.toml")).checked("thresholds")


@pytest.mark.parametrize(
    ("row", "value", "met"),
    [
        (("p50_ms", 1.0), 1.0, True),
        (("p50_ms", 0.9), 1.0, False),
        (("max_ms", 99), 100.0, False),
        (("mean_ms", 30), 25.75, True),
        (("error_rate", 0.25), 0.25, True),
        (("error_rate", 0.2), 0.25, False),
        (("rate", 2.0), 2.0, True),
        (("rate", 2.1), 2.0, False),
        (("rate_share", 0.8), 0.8, True),
        (("rate_share", 0.81), 0.8, False),
    ],
)
def test_a_bound_is_kept_up_to_and_including_it(row, value, met):
    series = series_of(1, 1, 1, 100, errors={"timeout": 1, "throttled": 9})
    found = Threshold("x", *row).held_against(SeriesReading(series, finished=4, elapsed=2.0, due=5))
    assert found.value == pytest.approx(value, rel=0.001)
    assert found.met is met


def test_nothing_measured_is_not_met_and_not_broken():
    nothing = SeriesReading(Series(), finished=0, elapsed=2, due=5)
    assert Threshold("x", "p99_ms", 5).held_against(nothing).met is None
    assert Threshold("x", "rate", 5).held_against(nothing).met is False


def test_a_percentile_of_too_few_is_neither_met_nor_broken():
    few, enough = (SeriesReading(series_of(*[5] * count)) for count in (99, 100))
    assert Threshold("x", "p99_ms", 1).held_against(few).met is None
    assert Threshold("x", "p99_ms", 1).held_against(few).value is None
    assert Threshold("x", "p99_ms", 1).held_against(enough).met is False


@pytest.mark.parametrize(
    ("late", "bound", "excused"),
    [
        (None, 100, True),  # the generator may have done all of it
        (1 / 55, 100, False),  # half of the answers took 204 ms, and one arrival of 55 was late
        (20 / 55, 100, True),
        (1 / 55, 160, True),  # the others may each have waited a little, too
    ],
)
def test_a_percentile_that_a_few_late_arrivals_cannot_explain_is_broken(late, bound, excused):
    reading = SeriesReading(series_of(*[5] * 20, *[204] * 35), late=late)
    found = Threshold("x", "p50_ms", bound).held_against(reading)
    assert (found.met, found.excused) == (False, excused)


@pytest.mark.parametrize(
    ("rate", "seconds", "asked"),
    [(50, 30, ["p99_ms", "p95_ms"]), (1.5, 20, ["p95_ms", "p95_ms"]), (1, 5, ["p90_ms", "p75_ms"]), (0.3, 1, [])],
)
def test_a_short_run_is_only_asked_for_percentiles_that_it_can_answer(rate, seconds, asked):
    rows = (Threshold(ALL_CALLS, "p99_ms", 500), Threshold("checkout", "p95_ms", 900))
    facts = Mix((Checkout(), 1)).facts
    assert [row.measure for row in answerable(rows, facts, steady("open", rate, seconds))] == asked


@pytest.mark.parametrize("name", profile_names())
def test_a_workload_of_ours_is_long_enough_for_what_it_asks(name):
    chosen = load_load_profile(name)
    facts = Mix((Checkout(), 1)).facts
    assert answerable(chosen.thresholds, facts, chosen.workload) == chosen.thresholds


def test_only_a_threshold_that_says_so_ends_a_run_and_only_with_enough_seen():
    stopping, patient = Threshold("x", "p50_ms", 1, True), Threshold("x", "p50_ms", 1, False)
    few, many = {"x": series_of(*[5] * 19)}, {"x": series_of(*[5] * 20)}
    assert to_abort((stopping,), few) is None
    assert to_abort((stopping,), many) == stopping
    assert to_abort((patient,), many) is None


def second_of(**members: Any) -> HealthSample:
    return replace(HealthSample(1.0, 0.3, 1.0, 2.0, arrivals=100, late=0, no_slot=0, starved=0), **members)


@pytest.mark.parametrize(
    ("members", "word"),
    [
        ({}, ""),
        ({"no_slot": 100}, ""),  # the target was slow, the generator waited for it
        ({"late": 2}, "started late"),
        ({"lag_p99_ms": 80.0}, "lagged"),
        ({"cpu_s": 0.99}, "used up its core"),
        ({"starved": 50}, "provisioning was the limit"),
    ],
)
def test_the_generator_says_when_it_was_the_limit(members, word):
    health = WorkerHealth()
    for _ in range(10):
        health.add(second_of(**members))
    reason = health.was_the_limit(open_model=True)
    assert word in reason
    assert bool(reason) == bool(word)
    assert health.late_alone(open_model=True) == (word in ("", "started late"))


class _Entry:
    def __init__(self) -> None:
        self.use_response_times_cache = True
        self.last_request_timestamp = 0.0
        self.num_requests = self.num_failures = 0
        self.num_reqs_per_sec: dict[int, int] = _Zero()
        self.num_fail_per_sec: dict[int, int] = _Zero()
        self.response_times: dict[float, int] = _Zero()
        self.total_response_time = 0.0
        self.min_response_time: float | None = None
        self.max_response_time = 0.0


class _Zero(dict[Any, int]):
    def __missing__(self, key: Any) -> int:
        return 0


class _Row:
    def __init__(self, method: str, name: str, error: str) -> None:
        self.method, self.name, self.error, self.occurrences = method, name, error, 1


class _Stats:
    """What of Locust's RequestStats is touched."""

    def __init__(self) -> None:
        self.total = _Entry()
        self.entries: dict[tuple[str, str], _Entry] = _Entries()
        self.errors: dict[str, _Row] = {}

    def log_error(self, method: str, name: str, error: str) -> None:
        self.total.num_failures += 1
        self.entries[name, method].num_failures += 1
        self.errors[f"{method}{name}{error}"] = _Row(method, name, error)


class _Entries(dict[Any, _Entry]):
    def __missing__(self, key: Any) -> _Entry:
        self[key] = _Entry()
        return self[key]


def test_locusts_statistics_hold_the_same_counts():
    stats = _Stats()
    lock = series_of(1.5, 1.5, 20, errors={"http_5xx": 2})
    feed(stats, {"lock": lock, "checkout": series_of(30), ALL_CALLS: lock})
    entry = stats.entries["lock", "POST"]
    assert (entry.num_requests, entry.num_failures, stats.total.num_requests, stats.total.num_failures) == (3, 2, 3, 2)
    assert entry.response_times == {fine_bucket(1.5): 2, fine_bucket(20): 1}
    assert fine_bucket(20) == pytest.approx(20, rel=0.01)
    assert (entry.min_response_time, entry.max_response_time) == (1.5, cut(20_000) / 1000)
    assert stats.entries["checkout", "FLOW"].num_requests == 1
    assert [row.occurrences for row in stats.errors.values()] == [2]
