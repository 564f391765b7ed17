"""Run files come back as they were written, and refuse to be read when they are not whole or not unchanged."""

from __future__ import annotations

import json
import os
import signal
import threading
from decimal import Decimal

import pytest

from offerproof.errors import Misuse
from offerproof.findings import (
    EmptyRun,
    ExchangeRecord,
    RunWriter,
    TamperedRun,
    TruncatedRun,
    WrongRunSchema,
    read_run,
    read_waivers,
)
from offerproof.interruption import stopped_by


def test_a_run_comes_back_as_it_was_written(make, tmp_path):
    wrote = make.written(tmp_path / "run.jsonl", make.finding("LOCK-1", "fail", expected="LOCKED", observed="INFO"))
    read = read_run(tmp_path / "run.jsonl")
    assert read == wrote
    assert read.findings[0].observed == "INFO"
    assert read.footer is not None
    assert (read.footer.exit_code, read.footer.records, read.footer.requests) == (1, 3, 3)


def test_a_folder_stands_for_its_run_file(make, tmp_path):
    make.written(tmp_path / "run.jsonl")
    assert read_run(tmp_path).outcome.exit_code == 0


def test_one_defect_seen_three_times_is_one_finding_with_its_count(make, tmp_path):
    finding = make.finding("LOCK-1", "fail")
    make.written(tmp_path / "run.jsonl", finding, finding, finding)
    assert [(found.identity, found.count) for found in read_run(tmp_path).findings] == [("LOCK-1:fail", 3)]


def test_a_run_that_is_looked_at_while_it_goes_on_is_judged_by_all_of_it(make, tmp_path):
    with RunWriter(tmp_path / "run.jsonl", make.header()) as writer:
        run = writer.plan(make.plan(make.planned("LOCK-1"), make.planned("LOCK-2")))
        writer.add(make.finding("LOCK-1", "pass"))
        assert (run.standings["LOCK-2"].verdict, run.outcome.exit_code, run.causes) == ("unknown", 3, ())
        writer.add(make.finding("LOCK-2", "fail"))
        assert (run.standings["LOCK-2"].verdict, run.outcome.exit_code) == ("fail", 1)
        assert [cause.primary.clause for cause in run.causes] == ["LOCK-2"]
        writer.finish(requests=1)
    assert read_run(tmp_path).outcome == run.outcome


@pytest.mark.parametrize("moment", ["before a record is written", "after a record is written"])
def test_a_signal_that_comes_while_a_record_is_written_waits_until_it_is(make, tmp_path, monkeypatch, moment):
    class Signalled:
        """The run's file; while one record is written, a signal comes."""

        def __init__(self, file):
            self.file = file

        def write(self, line):
            monkeypatch.setattr(writer, "_file", self.file)
            if moment.startswith("before"):
                os.kill(os.getpid(), signal.SIGTERM)
            self.file.write(line)
            if moment.startswith("after"):
                os.kill(os.getpid(), signal.SIGTERM)

        def flush(self):
            self.file.flush()

    with stopped_by(signal.SIGTERM), RunWriter(tmp_path / "run.jsonl", make.header()) as writer:
        writer.plan(make.plan(make.planned("LOCK-1")))
        monkeypatch.setattr(writer, "_file", Signalled(writer._file))
        with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
            writer.add(make.finding("LOCK-1", "fail"))
        wrote = writer.finish(requests=1)
    assert read_run(tmp_path) == wrote
    assert [found.clause for found in wrote.findings] == ["LOCK-1"]


def test_threads_that_write_at_once_write_one_record_after_the_other(make, tmp_path):
    long = "x" * 10_000  # Python lets other threads on while it hashes and writes so much
    with RunWriter(tmp_path / "run.jsonl", make.header()) as writer:
        writer.plan(make.plan(make.planned("LOCK-1")))
        begin = threading.Barrier(8)

        def work(name):
            begin.wait(30)
            for number in range(50):
                writer.add(make.finding("LOCK-1", "fail", identity=f"{name}-{number}", observed=long))

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        wrote = writer.finish(requests=1)
    assert len(wrote.findings) == 400
    assert read_run(tmp_path) == wrote


def test_a_run_file_is_never_overwritten(make, tmp_path):
    make.written(tmp_path / "run.jsonl")
    with pytest.raises(Misuse, match="never overwritten"):
        RunWriter(tmp_path / "run.jsonl", make.header())


def test_a_missing_file_is_misuse(tmp_path):
    with pytest.raises(Misuse, match="cannot read the run"):
        read_run(tmp_path / "nothing.jsonl")


def test_a_record_nested_too_deeply_is_refused_by_its_line(make, tmp_path):
    file = tmp_path / "run.jsonl"
    file.write_bytes(b'{"record":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n")
    with pytest.raises(WrongRunSchema, match="line 1: nested too deeply"):
        read_run(file)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "run.jsonl").touch()
    with pytest.raises(EmptyRun):
        read_run(tmp_path)


@pytest.mark.parametrize("keep", [1, 2, 3])
def test_a_run_without_its_footer_is_refused(make, tmp_path, keep):
    path = tmp_path / "run.jsonl"
    make.written(path)
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:keep]))
    with pytest.raises(TruncatedRun):
        read_run(path)


def test_half_a_line_is_a_truncated_run(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(TruncatedRun, match="middle of line 4"):
        read_run(path)


def test_an_unfinished_run_can_be_looked_at_and_is_not_judged(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path)
    path.write_bytes(path.read_bytes()[:-20])
    run = read_run(path, partial=True)
    assert run.outcome.exit_code == 3
    assert run.standings["LOCK-1"].verdict == "pass"


def test_a_changed_record_is_noticed(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path, make.finding("LOCK-1", "fail", observed="INFO"))
    path.write_bytes(path.read_bytes().replace(b'"observed":"INFO"', b'"observed":"Info"'))
    with pytest.raises(TamperedRun, match="hash"):
        read_run(path)


def test_a_removed_record_is_noticed(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path, make.finding("LOCK-1", "fail"))
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:2] + lines[3:]))
    with pytest.raises(TamperedRun, match="counts 3 records, there are 2"):
        read_run(path)


def test_a_changed_footer_is_noticed(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path, make.finding("LOCK-1", "fail"))
    path.write_bytes(
        path.read_bytes().replace(b'"verdict":"fails","exit_code":1', b'"verdict":"conforms","exit_code":0')
    )
    with pytest.raises(TamperedRun, match="the findings say otherwise"):
        read_run(path)


def test_a_second_footer_is_noticed(make, tmp_path):
    path = tmp_path / "run.jsonl"
    make.written(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, lines[-1]]))
    with pytest.raises(TamperedRun, match="a second header, plan or footer"):
        read_run(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (b'"schema":2', b'"schema":1', "a run of format 1, and this offerproof reads format 2"),
        (b'"schema":2', b'"schema":"\\u001b[2J"', "a run of format an unknown number"),
        (b'"record":"finding"', b'"record":"rumour"', "not a record of a run"),
        (b'"verdict":"pass","identity"', b'"verdict":"fine","identity"', "finding at /verdict"),
        (b'"level":"gate","seed":1', b'"level":"gate","seed":"one"', "header at /seed"),
        (b'{"record":"plan"', b'{"record":"plan"}{', "not JSON"),
        (b'{"record":"plan"', b'{"record":"\xff"', "not JSON"),
    ],
)
def test_a_line_that_is_no_record_is_refused_by_name(make, tmp_path, old, new, says):
    path = tmp_path / "run.jsonl"
    make.written(path)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(WrongRunSchema, match=says):
        read_run(path)


@pytest.mark.parametrize(
    ("by", "hint"),
    [
        (b"0.1.0", "make the run again, or report it with offerproof 0.1.0"),
        (b"0.1.0\\u001b[2J", "make the run again, or report it with the offerproof that wrote it"),
    ],
)
def test_a_run_of_an_earlier_version_is_refused_with_what_to_do(make, tmp_path, by, hint):
    path = tmp_path / "run.jsonl"
    make.written(path)
    header, _, rest = path.read_bytes().partition(b"\n")
    old = json.loads(header) | {"schema": 1}
    del old["load_hash"]
    text = json.dumps(old).encode().replace(json.dumps(old["suite_version"]).encode(), b'"' + by + b'"')
    path.write_bytes(text + b"\n" + rest)
    with pytest.raises(WrongRunSchema) as refused:
        read_run(path)
    assert refused.value.hint == hint


def test_an_exchange_is_found_by_the_finding_that_cites_it(make, tmp_path):
    exchange = ExchangeRecord(
        number=7,
        check="test_LOCK-1",
        operation="lock",
        service="cloudpos",
        method="POST",
        url="http://127.0.0.1:1/api/2.0/Lock",
        request_headers={},
        request_body={"store_id": "s"},
        status=200,
        answer_headers={},
        answer_body={"status": "OK", "amount": Decimal("1E+999999")},
        started="2026-03-01T10:00:00.000000Z",
        duration_us=900,
        failure=None,
    )
    with RunWriter(tmp_path / "run.jsonl", make.header()) as writer:
        writer.plan(make.plan(make.planned("LOCK-1")))
        writer.add(exchange)
        writer.add(make.finding("LOCK-1", "fail", exchanges=(7,)))
        writer.finish(requests=1)
    run = read_run(tmp_path)
    assert run.transcript(run.failures[0]) == [exchange]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[waiver]]\nclause='LOCK-1'", r"waiver\[0\]\.reason: is missing"),
        (
            "[[waiver]]\nclause='LOCK-1'\nreason='r'\nowner=' '\nexpires=2027-01-01",
            "owner: ' ' is not written as it must be",
        ),
        ("[[waiver]]\nclause='LOCK-1'\nreason='r'\nowner='o'\nexpires='soon'", "expires: 'soon' is not written"),
        ("[[waivers]]\n", "waivers: unknown key; did you mean 'waiver'"),
        ("[[waiver", "is not TOML"),
        ("[waiver]\nclause='LOCK-1'", "an array is due"),
        ("waiver = 3", "an array is due"),
        (2 * "[[waiver]]\nclause='LOCK-1'\nreason='r'\nowner='o'\nexpires=2027-01-01\n", "waived twice"),
    ],
)
def test_a_wrong_waiver_file_is_misuse_and_says_where(tmp_path, text, says):
    (tmp_path / "waivers.toml").write_text(text)
    with pytest.raises(Misuse, match=says):
        read_waivers(tmp_path / "waivers.toml")


def test_a_waiver_is_read_with_a_date_of_any_form(tmp_path):
    entry = "[[waiver]]\nclause='LOCK-{}'\nreason='r'\nowner='o'\nexpires={}\n"
    (tmp_path / "waivers.toml").write_text(entry.format(1, "2027-01-31") + entry.format(2, "'20270228'"))
    assert [waiver.expires for waiver in read_waivers(tmp_path / "waivers.toml")] == ["2027-01-31", "2027-02-28"]
