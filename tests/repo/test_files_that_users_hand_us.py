"""Files that nobody would write are refused in a sentence, whichever command they are given to."""

from __future__ import annotations

from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.files import read_json

DEEP = b"[" * 100_000 + b"]" * 100_000
ENDLESS = "/dev/zero"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("audit",), "cannot read the recording"),
        (("report",), "cannot read the run"),
        (("certify", "--status"), "cannot read the open certificate"),
        (("till", "--script"), "cannot read the script"),
        (("verify", "--key"), "cannot read the key"),
    ],
)
def test_a_device_that_never_ends_is_not_read(words, says, capsys):
    more = [ENDLESS] if words[0] == "verify" else []
    assert main([*words, ENDLESS, *more]) == 2
    assert f"{says} {ENDLESS}: it is a device, which may never end" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "content", "code", "says"),
    [
        (("audit",), b'{"a":' + DEEP + b"}\n", 2, "is no recording that is known"),
        (("audit",), b'{"log":{"version":"1.2","entries":[{"request":' + DEEP + b"}]}}", 3, "NOT JUDGED"),
        (
            ("certify", "--status"),
            b'{"schema":' + DEEP + b"}",
            2,
            "is no open certificate: not JSON: nested too deeply",
        ),
        (("till", "--script"), b'{"command":[' + DEEP + b"]}", 2, "is not a script of a till"),
    ],
)
def test_what_is_nested_too_deeply_is_no_fault_of_ours(words, content, code, says, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("file").write_bytes(content)
    assert main([*words, "file"]) == code
    told = capsys.readouterr()
    assert says in told.out + told.err


@pytest.mark.parametrize("name", ["run.jsonl", "ledger.json"])
def test_a_folder_of_what_is_nested_too_deeply_is_no_run(name, tmp_path, capsys):
    (tmp_path / "runs" / "one").mkdir(parents=True)
    (tmp_path / "runs" / "one" / name).write_bytes(b'{"a":' + DEEP + b"}\n")
    assert main(["runs", "--out", str(tmp_path / "runs")]) == 0
    assert main(["load", "--target", "nowhere.toml", "--audit", str(tmp_path / "runs" / "one")]) in (2, 3)
    assert "fault of offerproof" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "cassette",
    [
        b"interactions: " + b"[" * 5_000 + b"]" * 5_000,
        b"interactions: &a [*a]",
        b"interactions:\n- &a [x]\n"
        + b"".join(b"- &%c [%s]\n" % (one, b", ".join([b"*%c" % (one - 1)] * 100)) for one in b"bcdefgh"),
    ],
    ids=["deep", "endless", "a billion"],
)
def test_a_cassette_that_would_take_all_memory_is_refused(cassette, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("offerproof.recording.formats.vcrpy.EXPANDED_MAX", 100_000)
    (tmp_path / "c.yaml").write_bytes(cassette + b"\nversion: 1\n")
    assert main(["audit", str(tmp_path / "c.yaml")]) == 2
    assert "c.yaml: not YAML" in capsys.readouterr().err


def test_json_of_another_kind_is_a_value_error():
    with pytest.raises(ValueError, match="Expected `int`"):
        read_json(b'"7"', int)
