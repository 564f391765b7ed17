"""``offerproof audit``: what it prints, and one clear sentence for what it cannot read."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from benchmarks.recorded_walk import har, short_walk
from offerproof.cli import main


def test_standing_input_is_judged_like_a_file(desk, walked, monkeypatch, capsys, tmp_path):
    data = har(walked(short_walk))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    assert main(["audit", "-", "--out", str(tmp_path / "runs")]) == 0
    told = capsys.readouterr().out
    assert "standard input: HAR, 9 exchanges read, 9 of them calls of the API" in told
    assert "CONFORMS IN WHAT WAS RECORDED" in told
    assert "mitmproxy: can be complete" in told


@pytest.mark.parametrize(
    ("data", "sentence", "hint"),
    [
        (b"", "is empty", "record it again"),
        (b'{"log": {"entries": [', "was cut before its first exchange", "record it again"),
        (b"123:4:flow", "is a mitmproxy flow file", "mitmdump -nr FILE --set hardump=OUT.har"),
        (b"PK\x03\x04 no archive", "is no recording that is known", "read are HAR"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_a_hint(data, sentence, hint, capsys, tmp_path):
    (tmp_path / "file").write_bytes(data)
    assert main(["audit", str(tmp_path / "file"), "--out", str(tmp_path / "runs")]) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert sentence in first
    assert hint in second
    assert not (tmp_path / "runs").exists()


def test_a_file_that_is_not_there_is_misuse(capsys, tmp_path):
    assert main(["audit", str(tmp_path / "none.har")]) == 2
    assert "cannot read" in capsys.readouterr().err


def test_what_others_sent_is_not_replayed(desk, walked, capsys):
    folder = desk.audit(walked(short_walk, "lock-answers-info")).folder
    assert main(["replay", str(folder), "LOCK-1"]) == 2
    assert "certify --target PROFILE --only CLAUSE" in capsys.readouterr().err


def test_the_reports_of_an_audit_speak_of_recorded_traffic(desk, walked):
    run = desk.audit(walked(short_walk))
    from offerproof.report.formats import keep_reports

    keep_reports(run.run, run.folder)
    page = (Path(run.folder) / "certificate.html").read_text()
    assert "audit of recorded traffic" in page
    assert "none: recorded traffic" in page
    assert "recorder mitmproxy: can be complete" in page
