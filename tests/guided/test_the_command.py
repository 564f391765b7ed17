"""``offerproof till``: what is refused, how a till without hands is started and ended, what Ctrl-C leaves behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.client_duties import ClientRequest
from offerproof.errors import Misuse
from offerproof.findings import read_run
from offerproof.guided import SITUATIONS, Card, read_script
from offerproof.guided.prepared_simulator import TillCustomer
from offerproof.guided.script import Look, Script, ScriptedTill
from tests.guided.conftest import EXAMPLE

NOBODY = TillCustomer("1", "guest", "guest@example.com", "555-123-4567")


def written(tmp_path: Path, **members: object) -> Path:
    file = tmp_path / "session.json"
    file.write_text(json.dumps(members), encoding="utf-8")
    return file


def test_the_situations_are_listed(capsys):
    assert main(["till", "--list"]) == 0
    told = capsys.readouterr().out
    assert [one for one in SITUATIONS.values() if f"{one.name:<15} {one.title}" not in told] == []


def test_nobody_at_the_till_is_refused(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["till"]) == 2
    assert "standard input is no terminal" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not a script of a till"),
        ('{"comand": ["till"]}', "unknown field `comand`"),
        ('{"command": []}', "length >= 1"),
        ('{"command": ["till"], "limit_s": 0}', ">= 1"),
        ('{"command": ["till"], "situations": {"rivals": {}}}', "there is no situation 'rivals'"),
    ],
)
def test_a_script_that_is_not_understood_is_refused(text, told, tmp_path, capsys):
    file = tmp_path / "session.json"
    file.write_text(text, encoding="utf-8")
    assert main(["till", "--script", str(file)]) == 2
    assert told in capsys.readouterr().err


def test_a_script_that_is_not_there_and_a_situation_that_is_not_known_are_refused(tmp_path, capsys):
    assert main(["till", "--script", str(tmp_path / "none.json")]) == 2
    assert main(["till", "--script", str(written(tmp_path, command=["till"])), "--only", "fire"]) == 2
    told = capsys.readouterr().err
    assert "cannot read the script" in told
    assert "there is no situation 'fire'" in told


def test_the_example_is_a_script():
    assert read_script(EXAMPLE / "session.json").client == "example till 1.0"


def card(tmp_path: Path) -> Card:
    return Card(SITUATIONS["sale"], NOBODY, None, (), {"TILL_SITUATION": "sale"})


def started(tmp_path: Path, code: str, *, limit_s: float = 60.0, look: Look = lambda timeout: []) -> Any:
    told: list[str] = []
    till = ScriptedTill(Script(command=[sys.executable, "-c", code], limit_s=limit_s), tmp_path, told.append)
    return till(card(tmp_path), look), told


def test_a_till_without_hands_is_told_the_situation_and_nothing_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("OFFERPROOF_SIMULATOR_CONTROL_TOKEN", "secret")
    code = "import os, json; open('told.json', 'w').write(json.dumps(dict(os.environ)))"
    assert started(tmp_path, code) == (None, [])
    environment = json.loads((tmp_path / "told.json").read_text("utf-8"))
    assert environment["TILL_SITUATION"] == "sale"
    assert [name for name in environment if name.startswith("OFFERPROOF_")] == []


def test_how_a_till_broke_down_is_said(tmp_path):
    assert started(tmp_path, "print('no paper'); raise SystemExit(7)") == (
        "the till ended with exit code 7",
        ["   | no paper"],
    )
    assert started(tmp_path, "import os; os.kill(os.getpid(), 9)")[0] == "the till was ended by SIGKILL"


def test_what_a_till_prints_holds_nothing_of_what_it_was_told(tmp_path):
    pair = {"TILL_CORE_KEY": "core-key-42", "TILL_CORE_SECRET": "core+secret/42", "TILL_API_KEY": "api-key-4242"}
    person = {"TILL_CUSTOMER_EMAIL": "canary@example.org", "TILL_CUSTOMER_PHONE": "508-995-9991"}
    person |= {"TILL_SECOND_EXTERNAL_ID": "CANARY-0042"}
    told: list[str] = []
    code = (
        "import os; print(*(os.environ[name] for name in os.environ if name.startswith('TILL_'))); raise SystemExit(1)"
    )
    till = ScriptedTill(Script(command=[sys.executable, "-c", code]), tmp_path, told.append)
    till(Card(SITUATIONS["sale"], NOBODY, None, (), pair | person), lambda timeout: [])
    assert told == ["   | {core_key} {core_secret} {api_key} {email-1} {phone-1} {external-id-1}"]


@pytest.mark.slow
def test_a_till_that_hangs_is_ended(tmp_path):
    told, _ = started(tmp_path, "import time; time.sleep(600)", limit_s=1.0)
    assert told == "the till had not ended after 1 s, and was stopped"


def test_a_session_that_is_stopped_ends_the_till_and_all_that_it_started(tmp_path):
    code = "import os, subprocess, sys, time; sleep = [sys.executable, '-c', 'import time; time.sleep(600)']\n"
    code += (
        "pids = f'{os.getpid()} {subprocess.Popen(sleep).pid}'; open('new', 'w').write(pids); os.rename('new', 'pids')"
    )
    code += "; time.sleep(600)"
    pids = tmp_path / "pids"

    def look(timeout: float) -> list[ClientRequest] | None:
        return None if pids.exists() else []

    assert started(tmp_path, code, look=look)[0] == "the session was stopped"
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and not dead(pid) for pid in pids.read_text("utf-8").split()):
        assert time.monotonic() < deadline


def dead(pid: str) -> bool:
    """Whether it has ended and nobody has asked for its exit code yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_till_that_cannot_be_started_is_misuse(tmp_path):
    with pytest.raises(Misuse, match="cannot start 'no-such-till'"):
        ScriptedTill(Script(command=["no-such-till"]), tmp_path, print)(card(tmp_path), lambda timeout: [])


@pytest.mark.slow
def test_ctrl_c_keeps_what_was_lived_through(tmp_path):
    code = f"import sys, time; sys.path.insert(0, {str(EXAMPLE)!r}); import os, till; "
    code += "till.play(till.Till(dict(os.environ))) if os.environ['TILL_SITUATION'] == 'sale' else time.sleep(600)"
    file = written(tmp_path, client="slow till", command=[sys.executable, "-c", code])
    command = [sys.executable, "-m", "offerproof", "till", "--script", str(file), "--out", str(tmp_path / "runs")]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONUNBUFFERED": "1"}
    ) as session:
        assert session.stdout is not None
        line = ""
        while not line.startswith("2 of 12"):
            line = session.stdout.readline()
            assert line, "it ended"
        session.send_signal(signal.SIGINT)
        told, _ = session.communicate(timeout=60)
    assert session.returncode == 3, told
    (folder,) = (tmp_path / "runs").iterdir()
    run = read_run(folder)
    assert [(one.name, one.verdict) for one in run.situations] == [("sale", "pass")]
    assert run.interrupted is not None
    assert run.interrupted.reason == "the session was stopped after 1 of 12 situations"
    assert (folder / "certificate.html").exists()
