"""Where a run is kept: a private folder of its own, ``offerproof-runs/<utc>-<id>``, the same for certify and load."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from offerproof.contract.vocabulary import utc_now
from offerproof.errors import Misuse

RUNS: Final = Path("offerproof-runs")
"""Where runs are kept when ``--out`` says nothing else; ledgers of what was used up of pools are kept there too."""
RUN_FILE: Final = "run.jsonl"
"""The run file in a run's folder."""
LATEST: Final = "latest"
"""What the newest run is called."""


def new_run_folder(out: Path) -> Path:
    """Make the folder of a new run below ``out``; its name is the run's id, and never that of an earlier one.

    Only its owner may read it (mode 0700): personal data and credentials of synthetic customers may stand in it.

    Raises:
        Misuse: it cannot be made.
    """
    folder = out / f"{utc_now():%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        folder.mkdir(mode=0o700)
    except OSError as problem:
        raise Misuse(f"cannot create {folder}: {problem.strerror}", hint="choose another --out") from problem
    return folder


def known_runs(out: Path) -> list[Path]:
    """The run files of every run that is kept below a folder, the oldest first; none where there is no folder."""
    found = [file for file in out.glob(f"*/{RUN_FILE}") if file.is_file()]
    return sorted(found, key=lambda file: (file.parent.name[:16], file.stat().st_mtime_ns))


def run_file(name: Path) -> Path:
    """The run file that a name stands for: the file itself or its folder; ``latest``, or the name of a run, of those
    that are kept in ``offerproof-runs``; ``FOLDER/latest`` of those that are kept in another folder.

    Raises:
        Misuse: ``latest`` is named, and no run is kept there.
    """
    if name.exists():
        return name / RUN_FILE if name.is_dir() else name
    there = RUNS if name.parent == Path() else name.parent
    if name.name == LATEST:
        runs = known_runs(there)
        if not runs:
            raise Misuse(f"no run is kept in {there}", hint="--out of a command says where it keeps its runs")
        return runs[-1]
    kept = there / name.name / RUN_FILE
    return kept if kept.is_file() else name


def keep_private(folder: Path, values: Mapping[str, str]) -> None:
    """Write what the placeholders of a run stand for (shell variable → value): never part of a report.

    ``source`` the file (``private.env``, mode 0600) before a curl of a finding.
    """
    path = folder / "private.env"
    path.touch(mode=0o600)
    lines = [f"export {name}={_shell_word(value)}\n" for name, value in values.items()]
    path.write_text("# Personal data of this run. Do not share.\n" + "".join(lines), encoding="utf-8")


def _shell_word(value: str) -> str:
    """Quote a value that a target made up: a file that somebody shows must not speak to the terminal."""
    if value.isprintable():
        return shlex.quote(value)
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return "$'" + "".join(sign if sign.isprintable() else f"\\U{ord(sign):08x}" for sign in escaped) + "'"
