"""Two runs of one seed on simulators made anew are the same run, and what differs between two runs is told."""

from __future__ import annotations

import importlib
import json
import re
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from offerproof.report.formats import all_formats

REPORTS = [f"report.{one.name}" for one in all_formats()]
SHORT = {"report.badge": 8, "report.codequality": 1, "report.github": 1, "report.sarif": 20}
"""Lines that a report of a run at gate has at least, where it has fewer than 50."""


@pytest.fixture(scope="module")
def gate(record):
    """Two runs of seed 1 with different hash seeds, one of seed 2, one of seed 1 on a target with one wrong answer."""
    return record("gate", (1, ()), (1, ()), (2, ()), (1, ("--defect", "custom-data-lost")))


@pytest.fixture(scope="module")
def rows(gate, sameness):
    return [sameness.read_sent(run.sent) for run in gate]


def test_the_same_seed_sends_the_same_requests_and_gets_the_same_answers(rows, sameness):
    assert len(rows[0]) > 1_000
    assert sameness.different(rows[0], rows[1]) == []


def test_the_same_seed_gives_the_same_reports(gate, sameness):
    assert (gate[0].folder / "normalised.jsonl").read_bytes() == (gate[1].folder / "normalised.jsonl").read_bytes()
    for name in REPORTS:
        texts = [(run.folder / "reports" / name).read_text("utf-8") for run in gate[:2]]
        assert texts[0].count("\n") >= SHORT.get(name, 50), name
        assert sameness.lines_apart(*texts) == [], name


def test_plain_certify_twice_differs_in_its_instants_only(record, sameness):
    runs = record("smoke", (1, None), (1, None))
    rows = [sameness.read_sent(run.sent) for run in runs]
    assert len(rows[0]) > 10
    assert sameness.different(*rows) != []
    assert sameness.different(*rows, instants=True) == []
    for name in REPORTS:
        texts = [(run.folder / "reports" / name).read_text("utf-8") for run in runs]
        assert sameness.lines_apart(*texts) == [], name


def test_another_seed_sends_other_requests_and_not_only_other_ids(rows, sameness):
    assert sameness.different(rows[0], rows[2]) != []
    without_ids = [[sameness._GUID.sub("", row.body) for row in one] for one in (rows[0], rows[2])]
    assert sum(one != other for one, other in zip(*without_ids, strict=False)) > 100


def test_a_wrong_answer_of_the_target_is_a_difference_in_answers_and_reports(gate, rows, sameness):
    assert (gate[0].exit_code, gate[3].exit_code) == (0, 1)
    assert any("answer" in told for told in sameness.different(rows[0], rows[3]))
    for name in REPORTS:
        texts = [(run.folder / "reports" / name).read_text("utf-8") for run in (gate[0], gate[3])]
        assert sameness.lines_apart(*texts) != [], name


@pytest.mark.parametrize("place", [0, 500, -1])
@pytest.mark.parametrize(
    "change",
    [
        lambda row: {"check": row.check + "x"},
        lambda row: {"answer": row.answer.replace("}", " }", 1)},
        lambda row: {"status": (row.status or 0) + 1},
        lambda row: {"answer_headers": {**row.answer_headers, "x-more": "1"}},
        lambda row: {"body": row.body + " "},
        lambda row: {"path": row.path + "?"},
        lambda row: {"headers": {**row.headers, "Accept": "text/html"}},
        lambda row: {"headers": {**row.headers, "traceparent": row.headers["traceparent"].replace("-01", "-00")}},
    ],
    ids=["check", "answer", "status", "answer header", "body", "path", "header", "trace"],
)
def test_one_change_anywhere_is_told(rows, sameness, place, change):
    changed = list(rows[0])
    changed[place] = msgspec.structs.replace(changed[place], **change(changed[place]))
    (told,) = sameness.different(rows[0], changed)
    assert told.startswith(f"step {place % len(changed) + 1}: ")


def test_another_order_and_a_missing_request_are_told(rows, sameness):
    one = rows[0]
    assert len(sameness.different(one, [*one[:7], one[8], one[7], *one[9:]])) == 2
    assert sameness.different(one, one[:-1]) == [f"{len(one)} steps and {len(one) - 1} steps"]


def test_one_changed_record_of_a_run_is_told(gate, sameness, tmp_path):
    lines = (gate[0].folder / "normalised.jsonl").read_text("utf-8").splitlines(keepends=True)
    places = [n for n, line in enumerate(lines) if '"record":"finding"' in line and '"verdict":"pass"' in line]
    place = places[len(places) // 2]
    lines[place] = lines[place].replace('"verdict":"pass"', '"verdict":"unknown"')
    (tmp_path / "run.jsonl").write_text("".join(lines), encoding="utf-8")
    again = sameness.normalised(tmp_path / "run.jsonl").decode()
    told = sameness.lines_apart("".join(lines), again)
    assert [one.partition(":")[0] for one in told] == [f"line {len(lines)}"]  # only the footer's hash was made anew
    original = (gate[0].folder / "normalised.jsonl").read_text("utf-8")
    assert sameness.lines_apart(original, again)[0].startswith(f"line {place + 1}: ")


# Two builds: what each leaves has to be the same, whatever its run files and reports look like


@pytest.fixture(scope="module")
def builds(sameness):
    """The command's module; asking for ``sameness`` makes the root of the checkout importable."""
    return importlib.import_module("benchmarks.determinism")


def test_two_builds_are_compared_request_for_request_and_verdict_for_verdict(gate, builds, capsys):
    def told(other: Any) -> Any:
        same = builds.compared_builds([gate[0].folder, other.folder], "gate", own=False)
        return same, capsys.readouterr().out

    same, out = told(gate[1])
    assert (same, out.count("\n")) == (True, 1)
    assert re.search(r", verdicts ([0-9]{3,}) \(conforms\) and \1 \(conforms\): the same$", out.strip())
    same, out = told(gate[2])
    assert (same, "requests and answers, step 1: request " in out) == (False, True)
    same, out = told(gate[3])
    assert not same
    assert "verdicts, only the first: FETCH-6 pass test_25_create_fetch.py::" in out
    assert "verdicts, only the second: FETCH-6 fail test_25_create_fetch.py::" in out


def test_every_request_names_its_check_and_every_check_has_verdicts(gate, rows, sameness):
    found = sameness.read_judged(gate[0].folder / "verdicts.jsonl")
    assert found[-1] == sameness.Judged("", "", "conforms")
    senders = [row.check for row in rows[0] if row.check]
    assert len(senders) > 1_000
    for_all = {sender for sender in senders if sender.startswith("shared offer ")}
    assert for_all
    assert set(senders) - for_all <= {one.check for one in found}


def test_side_by_side_each_check_sends_and_finds_what_it_does_one_by_one(gate, rows, record, sameness):
    (run,) = record("gate", (1, ()), connections=8)
    sent = sameness.read_sent(run.sent)
    assert [row.check for row in sent] != [row.check for row in rows[0]], "they did not run side by side"
    assert sameness.each_check_apart(rows[0], sent) == []
    assert sameness.each_check_apart(rows[0], rows[2]) != []
    found = [sameness.read_judged(one.folder / "verdicts.jsonl") for one in (gate[0], run)]
    assert sameness.judged_apart(*found) == []


def test_one_changed_verdict_is_told_and_another_order_is_not(gate, sameness):
    found = sameness.read_judged(gate[0].folder / "verdicts.jsonl")
    assert sameness.judged_apart(found, found[::-1]) == []
    one = found[100]
    changed = [*found[:100], sameness.Judged(one.clause, one.check, "unknown"), *found[101:]]
    told = sameness.judged_apart(found, changed)
    assert [line.split(" ")[:4] for line in told] == [
        ["only", "the", "first:", one.clause],
        ["only", "the", "second:", one.clause],
    ]
    assert sameness.judged_apart(found, [*found, one, one]) == [
        f"only the second: {one.clause} {one.verdict} {one.check} (2 times)"
    ]


def test_builds_may_differ_in_the_version_that_they_name(rows, sameness):

    def of_another(row: Any) -> Any:
        headers = {name: value.replace("offerproof/", "offerproof/9.") for name, value in row.headers.items()}
        return msgspec.structs.replace(row, headers=headers)

    newer = [of_another(row) for row in rows[0]]
    assert sameness.different(rows[0], newer) != []
    assert sameness.different(sameness.of_any_version(rows[0]), sameness.of_any_version(newer)) == []


def test_a_checkout_that_was_not_installed_is_refused(builds, tmp_path):
    with pytest.raises(SystemExit, match="run `make install` there first"):
        builds.build_in(str(tmp_path))


def test_an_older_run_file_gives_the_same_form(sameness):
    older = importlib.import_module("tests.determinism.older_recorder")
    lines = [
        '{"record":"header","schema":1}',
        '{"record":"clause_started","check":"test_a.py::test_b","clauses":["A-1"]}',
        '{"record":"finding","clause":"A-1","check":"test_a.py::test_b","verdict":"pass","identity":"i","count":2}',
        '{"record":"footer","verdict":"conforms","exit_code":0}',
    ]
    found = [sameness.Judged(**row) for row in older.verdicts_of_format_1(lines)]
    assert found == [sameness.Judged("A-1", "test_a.py::test_b", "pass"), sameness.Judged("", "", "conforms")]


# Races: by hand, for how terminals interleave is nobody's to choose

USER_OFFER, OTHER = "0a000000-0000-4000-8000-00000000000a", "0b000000-0000-4000-8000-00000000000b"
MADE = [f"{n}c000000-0000-4000-8000-00000000000c" for n in range(8)]


@pytest.fixture
def row(sameness):
    def make(thread, path, body="", answer=""):
        headers = {"traceparent": f"00-{'a' * 32}-{'1' * 16}-01"}
        return sameness.Sent(thread=thread, method="POST", path=path, headers=headers, body=body, answer=answer)

    return make


def lock(row: Any, terminal: int, code: str = USER_OFFER, request_id: str = MADE[0], answer: str = "refused") -> Any:
    body = json.dumps({"offer_lookup_code": code, "request_id": request_id})
    return row(f"race-1-terminal-{terminal}", "/Lock", body, answer)


def issued(row: Any, *ids: str) -> list[Any]:
    return [row("MainThread", "/issue", f"{n}", f'{{"id": "{one}"}}') for n, one in enumerate(ids)]


def test_terminals_may_interleave_in_any_way(row, sameness):
    before = issued(row, USER_OFFER, OTHER)
    race = [lock(row, n, request_id=MADE[n], answer="won" if n == 1 else "refused") for n in range(1, 5)]
    other = [lock(row, n, request_id=MADE[n], answer="won" if n == 3 else "refused") for n in (3, 1, 4, 2)]
    assert sameness.different(before + race, before + other) == []
    stolen = [*other[:2], lock(row, 4, code=OTHER, request_id=MADE[4]), other[3]]
    (told,) = sameness.different(before + race, before + stolen)
    assert told.startswith("step 3, race-1-terminal-4: request ")
    (told,) = sameness.different(before + race, before + other[:3])
    assert told.startswith("step 3, race-1-terminal-2: request ")


def test_what_a_terminal_sends_for_a_lock_that_it_won_is_left_out_and_nothing_else(row, sameness):
    before = issued(row, USER_OFFER, OTHER)

    def sends(terminal: int) -> Any:
        return row(f"race-1-terminal-{terminal}", "/api/2.0/send_transaction", "closed")

    race = [lock(row, 1), lock(row, 2), sends(1), lock(row, 1, code=OTHER, request_id=MADE[1])]
    other = [lock(row, 2), sends(2), lock(row, 1), lock(row, 1, code=OTHER, request_id=MADE[2])]
    assert sameness.different(before + race, before + other) == []
    less = [*other[:3], lock(row, 1, request_id=MADE[2])]
    (told,) = sameness.different(before + race, before + less)
    assert told.startswith("step 3, race-1-terminal-1: request ")


def test_after_a_race_ids_of_the_target_are_named_by_their_first_use(row, sameness):
    race = [lock(row, 1), lock(row, 2)]

    def after(first: str, second: str, again: str) -> list[Any]:
        asks = [row("MainThread", "/history", f'{{"id": "{one}"}}', "ok") for one in (first, second, again)]
        return [*race, *issued(row, first, second), *asks]

    one = after(MADE[1], MADE[2], MADE[1])
    assert sameness.different(one, after(MADE[4], MADE[3], MADE[4])) == []
    (told,) = sameness.different(one, after(MADE[4], MADE[3], MADE[3]))
    assert told.startswith("step 6: request ")
    changed = [*one[:-1], msgspec.structs.replace(one[-1], answer="another")]
    (told,) = sameness.different(one, changed)
    assert told.startswith("step 6: answer ")


def test_ids_of_our_own_are_compared_after_a_race_too(row, sameness):
    def asks(own: str) -> list[Any]:
        return [lock(row, 1), lock(row, 2), row("MainThread", "/history", own, "ok")]

    (told,) = sameness.different(asks(MADE[1]), asks(MADE[2]))
    assert told.startswith("step 2: request ")


def test_every_row_of_a_recording_is_a_step_or_in_a_race(rows, sameness):
    assert len(sameness.steps(rows[0])) == len(rows[0])
    assert all(one != other for one, other in pairwise(sameness.steps(rows[0])))
