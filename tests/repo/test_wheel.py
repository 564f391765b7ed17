"""What people install: a wheel built through the sdist, in a fresh environment, run from an empty folder."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest


def _run(*command: str | Path, cwd: Path, timeout_s: float = 300) -> subprocess.CompletedProcess[str]:
    scrubbed = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYTEST", "COV", "COVERAGE"))}
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=scrubbed,
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    built = _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ".", cwd=root)
    assert built.returncode == 0, built.stdout + built.stderr
    (found,) = out.glob("*.whl")
    return found


@pytest.mark.slow
def test_the_wheel_holds_the_contract_and_nothing_of_the_tests(wheel: Path, root: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("schemas", "contracts", "load"):
        inside = {n.split(f"_content/{folder}/", 1)[1] for n in names if f"_content/{folder}/" in n}
        outside = {
            str(p.relative_to(root / folder))
            for p in (root / folder).rglob("*")
            if p.is_file() and "__pycache__" not in p.parts
        }
        assert inside == outside
    assert [n for n in names if n.startswith("tests/") or "__pycache__" in n] == []
    assert "offerproof/cli/profile.toml.jinja" in names  # what init writes profiles from
    assert not (root / "src" / "offerproof" / "_content").exists()


@pytest.mark.slow
def test_an_installed_wheel_certifies_its_own_simulator(wheel: Path, root: Path, tmp_path: Path) -> None:
    environment = tmp_path / "fresh"
    venv.create(environment, with_pip=True)
    python = environment / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps")
    for what in (("--require-hashes", "-r", root / "requirements.lock"), (wheel,)):
        installed = _run(*pip, *what, cwd=tmp_path)
        assert installed.returncode == 0, installed.stdout + installed.stderr
    empty = tmp_path / "empty"
    empty.mkdir()
    certified = _run(python.with_name("offerproof"), "certify", "--level", "smoke", cwd=empty)
    assert certified.returncode == 0, certified.stdout + certified.stderr
    assert "CONFORMS" in certified.stdout
