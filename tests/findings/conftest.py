"""Small whole runs to judge, write, read and damage."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from offerproof.contract import Clause, Level, Strength
from offerproof.findings import (
    Finding,
    Header,
    Needs,
    PlannedClause,
    Run,
    RunPlan,
    RunWriter,
    TargetSummary,
    Verdict,
    Waiver,
)

STARTED = "2026-03-01T10:00:00.000000Z"


class Maker:
    """Builds headers, clauses, findings and runs with as few words as a test needs."""

    def header(self, **changes: object) -> Header:
        values: dict[str, object] = {
            "kind": "certify",
            "run_id": "run-1",
            "suite_version": "0.1.0",
            "content_hash": "0" * 64,
            "started": STARTED,
            "target": TargetSummary(name="unit", environment="simulator", services={"core": "http://127.0.0.1:1"}),
            "profile": None,
            "level": Level.GATE,
            "seed": 1,
            "nonce": "n",
        }
        return Header(**{**values, **changes})  # type: ignore[arg-type]

    def clause(self, name: str, strength: str = "must") -> Clause:
        return Clause(
            id=name,
            sentence=f"The sentence of {name}.",
            source="Offer Management",
            section="Step 5",
            strength=Strength(strength),
        )

    def planned(self, name: str, strength: str = "must", **changes: object) -> PlannedClause:
        values: dict[str, object] = {"clause": self.clause(name, strength), "required": True}
        return PlannedClause(**{**values, **changes})  # type: ignore[arg-type]

    def finding(self, clause: str, verdict: str, **changes: object) -> Finding:
        values: dict[str, object] = {
            "clause": clause,
            "check": f"test_{clause}",
            "verdict": Verdict(verdict),
            "identity": f"{clause}:{verdict}",
            "summary": f"{clause} was looked at",
        }
        return Finding(**{**values, **changes})  # type: ignore[arg-type]

    def plan(self, *clauses: PlannedClause, waivers: tuple[Waiver, ...] = ()) -> RunPlan:
        chapters = {planned.clause.chapter: planned.clause.chapter.title() for planned in clauses}
        return RunPlan(chapters=chapters, clauses=clauses, needs=Needs(), budget_requests=10, waivers=waivers)

    def run(self, *clauses: PlannedClause, findings: tuple[Finding, ...] = (), **header: object) -> Run:
        return Run(self.header(**header), self.plan(*clauses), list(findings))

    def written(self, path: Path, *findings: Finding) -> Run:
        """Write a whole run file of one must-clause, LOCK-1."""
        with RunWriter(path, self.header()) as writer:
            writer.plan(self.plan(self.planned("LOCK-1")))
            for finding in findings or (self.finding("LOCK-1", "pass"),):
                writer.add(finding)
            return writer.finish(requests=3)


@pytest.fixture
def make() -> Maker:
    return Maker()


@pytest.fixture
def make_waiver() -> Callable[..., Waiver]:
    def build(clause: str, expires: str = "2026-12-31", also: tuple[str, ...] = ()) -> Waiver:
        return Waiver(clause=clause, reason="known", owner="till team", expires=expires, also=also)

    return build
