"""Files that nobody would write are refused in a sentence, whichever command they are given to."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from offerproof.cli import main
from offerproof.files import read_json, write_whole

DEEP = b"[" * 100_000 + b"]" * 100_000
ENDLESS = "/dev/zero"
GUID = "2d5b5a08-becd-4837-a69a-2ab967c7773a"


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


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file of this process may grow beyond 1,000 bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("no_room")
def test_where_there_is_no_room_what_was_written_before_stays(tmp_path, capsys):
    file = tmp_path / "openapi.json"
    file.write_text("before")
    assert main(["contract", "--format", "openapi", "--out", str(file)]) == 3
    assert f"cannot write {file}: File too large" in capsys.readouterr().err
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("openapi.json", "before")]


@pytest.mark.usefixtures("no_room")
def test_a_simulator_that_cannot_write_its_profile_leaves_the_one_before(tmp_path, capsys):
    file = tmp_path / "simulator.toml"
    file.write_text("before")
    assert main(["simulate", "--port", "0", "--profile-out", str(file)]) == 3
    assert f"cannot write {file}: File too large" in capsys.readouterr().err
    assert file.read_text() == "before"


@pytest.mark.usefixtures("no_room")
def test_half_a_profile_is_not_left_in_the_way(tmp_path, capsys):
    options = [word for service in ("core", "offers", "cloudpos") for word in (f"--{service}", "http://127.0.0.1:1")]
    words = ["init", str(tmp_path / "t.toml"), "--name", "t", "--environment", "staging", *options, "--retailer", GUID]
    assert main([*words, "--store", GUID, "--client", GUID]) == 3
    assert "cannot write" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_link_stays_one_and_a_file_keeps_its_rights(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "file")
    (tmp_path / "file").write_text("before")
    (tmp_path / "file").chmod(0o600)
    write_whole(tmp_path / "link", "first")
    assert (tmp_path / "file").read_text() == "first"
    write_whole(tmp_path / "file", "second")
    assert ((tmp_path / "link").read_text(), (tmp_path / "file").stat().st_mode & 0o777) == ("second", 0o600)


def test_json_of_another_kind_is_a_value_error():
    with pytest.raises(ValueError, match="Expected `int`"):
        read_json(b'"7"', int)
