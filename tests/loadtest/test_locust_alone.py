"""The scenario files under plain Locust: recorded when asked, and audited afterwards."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from offerproof.cli import main

CHECKOUT = Path(__file__).parents[2] / "load" / "checkout.py"


def locust(profile: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "locust",
        "-f",
        str(CHECKOUT),
        "--headless",
        "--only-summary",
        "-u",
        "4",
        "-r",
        "4",
    ]
    command += ["-t", "6s", "--target", str(profile), "--record", str(folder)]
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=False, cwd=folder.parent)


def records(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "run.jsonl").read_text("utf-8").splitlines()]


@pytest.mark.slow
def test_what_locust_alone_recorded_can_be_audited_once(simulator, tmp_path, capsys):
    """The target loses acknowledged redemptions now and then: that is found, and nothing else is."""
    profile = simulator("--defect", "acknowledged-redemption-is-lost")
    folder = tmp_path / "recorded"
    done = locust(profile, folder)
    assert done.returncode in (0, 1), done.stderr
    assert f"offerproof load --audit {folder} --target PROFILE" in done.stderr
    assert "making the first customers and user offers of" in done.stderr
    assert main(["load", "--audit", str(folder), "--target", str(profile)]) == 1
    told = capsys.readouterr().out
    found = records(folder)
    audits = {one["clause"]: one["verdict"] for one in found if one["record"] == "audit"}
    assert {clause for clause, verdict in audits.items() if verdict != "pass"} == {"LOAD-7", "LOAD-8"}, told
    counts = {one["name"]: one["count"] for one in found if one["record"] == "series"}
    shown = re.search(r"FLOW +checkout +([0-9]+)", done.stdout + done.stderr)
    assert shown is not None
    assert counts["checkout"] == int(shown[1])
    assert main(["load", "--audit", str(folder), "--target", str(profile)]) == 2
    assert "was audited before" in capsys.readouterr().err


def test_a_recording_is_never_written_over(simulator, tmp_path):
    folder = tmp_path / "recorded"
    folder.mkdir()
    done = locust(simulator(), folder)
    assert done.returncode == 2
    assert "--record takes a folder that is new" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("class Till(LoyaltyUser):\n    mix = Mix((Checkout(), 1))\n", 3, "no call was made: nothing was checked"),
        ("from locust import User\n\n\nclass Till(User):\n    pass\n", 2, "the Locust file has no LoyaltyUser with a"),
    ],
    ids=["sends nothing", "no user of ours"],
)
def test_a_run_that_says_nothing_of_the_target_is_no_success(simulator, tmp_path, text, code, told):
    file = tmp_path / "mine.py"
    file.write_text(f"from offerproof.load import Checkout, LoyaltyUser, Mix\n\n\n{text}", encoding="utf-8")
    users = ["--headless", "-u", "0", "-t", "1s", "--target", str(simulator())]
    command = [sys.executable, "-m", "locust", "-f", str(file), *users]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == code, done.stderr
    assert told in done.stderr


@pytest.mark.parametrize("arguments", [(), ("--target", "nowhere.toml")])
def test_there_must_be_a_recording_and_a_target(tmp_path, capsys, arguments):
    assert main(["load", "--audit", str(tmp_path), *arguments]) == 2
    told = capsys.readouterr().err
    assert "needs --target" in told if not arguments else "holds no finished recording" in told
