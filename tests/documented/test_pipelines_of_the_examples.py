"""The shell parts of ``examples/ci`` run, keep what they say they keep, and pass the verdict on as their exit code."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documented.pages import ROOT

CI = ROOT / "examples" / "ci"
INSTALL = "python3 -m pip install offerproof"
AFTER = {
    "github.yml": {"offerproof.sarif", "summary.md"},
    "gitlab.yml": {"gl-code-quality-report.json", "metrics.txt", "offerproof.svg"},
    "Jenkinsfile": {"ctrf-report.json"},
    "azure.yml": {"summary.md", "certificate/run.jsonl", "certificate/certificate.html", "certificate/junit.xml"},
}
"""By pipeline, the files that its shell part leaves, beside the run."""
OF_TILLS = {
    "till.github.yml": {"summary.md"},
    "till.gitlab-ci.yml": set(),
    "till.Jenkinsfile": set(),
    "till.azure.yml": set(),
}
"""The same of the pipelines for tills."""


def shell_of(name: str) -> list[str]:
    """What a pipeline gives to a shell, one text for each step."""
    text = (CI / name).read_text("utf-8")
    if name.endswith("Jenkinsfile"):
        return [found[0] or found[1] for found in re.findall(r"sh (?:'''(.*?)'''|'(.*?)')", text, flags=re.DOTALL)]
    document: Any = yaml.safe_load(text)
    match name:
        case "github.yml" | "till.github.yml":
            (job,) = document["jobs"].values()
            return [step["run"] for step in job["steps"] if "run" in step]
        case "gitlab.yml" | "till.gitlab-ci.yml":
            (job,) = document.values()
            return ["\n".join(job["before_script"]), "\n".join(job["script"])]
        case _:
            return [step["script"] for step in document["steps"] if "script" in step]


def run_in(folder: Path, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as a pipeline does."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path, "GITHUB_STEP_SUMMARY": str(folder / "summary.md"), **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_there_is_a_test_for_each_pipeline_and_each_is_short() -> None:
    assert {path.name for path in CI.iterdir()} == {*AFTER, *OF_TILLS}
    assert [path.name for path in CI.iterdir() if len(path.read_text("utf-8").splitlines()) >= 40] == []


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(("name", "wrong"), [*((name, False) for name in AFTER), ("github.yml", True)])
def test_a_pipeline_passes_the_verdict_on_and_leaves_its_files(
    server: Any, tmp_path: Path, name: str, wrong: bool
) -> None:
    install, script = shell_of(name)
    assert install == INSTALL
    server.profile_into(tmp_path / "staging.toml")
    if wrong:
        profile = (tmp_path / "staging.toml").read_text("utf-8")
        (tmp_path / "staging.toml").write_text(profile.replace("unlock = true", "unlock = 7"), encoding="utf-8")
    shutil.copy(ROOT / "examples/waivers.toml", tmp_path)
    ran = run_in(tmp_path, script, LEVEL="smoke")
    assert ran.returncode == (2 if wrong else 0), ran.stdout[-2_000:] + ran.stderr[-2_000:]
    if not wrong:
        assert {file for file in AFTER[name] if (tmp_path / file).stat().st_size} == AFTER[name]
        assert len(list(tmp_path.glob("runs/*/junit.xml"))) == 1


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
@pytest.mark.parametrize(("name", "wrong"), [*((name, False) for name in OF_TILLS), ("till.github.yml", True)])
def test_a_pipeline_for_tills_passes_the_verdict_on_and_leaves_its_files(
    tmp_path: Path, name: str, wrong: bool
) -> None:
    install, script = shell_of(name)
    assert install == f"{INSTALL} requests"
    for file in ("session.json", "till.py"):
        shutil.copy(ROOT / "examples" / "till" / file, tmp_path)
    if wrong:
        (tmp_path / "till.py").write_text("raise SystemExit('broken')", encoding="utf-8")
    ran = run_in(tmp_path, script, SITUATIONS="--only sale")
    assert ran.returncode == (3 if wrong else 0), ran.stdout[-2_000:] + ran.stderr[-2_000:]
    assert {file for file in OF_TILLS[name] if (tmp_path / file).stat().st_size} == OF_TILLS[name]
    assert len(list(tmp_path.glob("runs/*/junit.xml"))) == 1
