"""Recordings made in this process, and the audit of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks.recorded_walk import RecordedSimulator, har
from offerproof.audit import AuditOptions, FinishedAudit, audit

Entry = dict[str, Any]


class Desk:
    """Writes recordings into a folder and audits them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.count = 0

    def write(self, entries: Sequence[Mapping[str, Any]], creator: str = "mitmproxy") -> str:
        """Write a HAR; returns its path."""
        self.count += 1
        path = self.folder / f"recording-{self.count}.har"
        path.write_bytes(har(entries, creator))
        return str(path)

    def audit(self, entries: Sequence[Mapping[str, Any]], creator: str = "mitmproxy", **options: Any) -> FinishedAudit:
        """Audit one HAR of these entries."""
        return self.files(self.write(entries, creator), **options)

    def files(self, *paths: str, **options: Any) -> FinishedAudit:
        """Audit files."""
        return audit(AuditOptions(files=paths, out=self.folder / "runs", **options))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture(scope="session")
def walked() -> Callable[..., list[Entry]]:
    """The entries of a walk of one's own: ``walked(play, defect)``."""

    def walked(play: Callable[[RecordedSimulator], Any], defect: str | None = None, seed: int = 0) -> list[Entry]:
        simulator = RecordedSimulator(seed, defect)
        play(simulator)
        return simulator.entries

    return walked
