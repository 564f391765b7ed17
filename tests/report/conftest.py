"""Runs written by hand for the renderers: one that conforms, one that does not, one full of hostile answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from offerproof.contract import Clause, Level, Strength
from offerproof.findings import (
    Audit,
    Coverage,
    ExchangeRecord,
    Finding,
    Footer,
    Header,
    Needs,
    Observation,
    OperationRecord,
    PlannedClause,
    Run,
    RunPlan,
    TargetSummary,
    Verdict,
    Waiver,
)
from offerproof.findings.load_records import (
    AuditScope,
    Latency,
    LoadSettings,
    PhaseSetting,
    SeriesFigures,
    ThresholdResult,
)

STARTED = "2018-09-07T16:00:00.000000Z"
FINISHED = "2018-09-07T16:00:12.400000Z"


class Making:
    """Makes the parts of a run with as few words as a test needs."""

    def clause(self, name: str, *, strength: str = "must", sentence: str | None = None) -> Clause:
        return Clause(
            id=name,
            sentence=sentence or f"What {name} says, in one sentence.",
            source="Offer Management",
            section="Redeeming an offer",
            strength=Strength(strength),
            operations=("lock",),
        )

    def finding(self, clause: str, verdict: str, **more: Any) -> Finding:
        given: dict[str, Any] = {
            "clause": clause,
            "check": f"contracts/test_lock.py::test_{clause.lower().replace('-', '_')}",
            "verdict": Verdict(verdict),
            "identity": f"{clause}/{verdict}",
            "summary": f"{clause} was looked at",
        }
        return Finding(**(given | more))

    def exchange(self, number: int, **more: Any) -> ExchangeRecord:
        given: dict[str, Any] = {
            "number": number,
            "check": "contracts/test_lock.py::test_lock_2",
            "operation": "lock",
            "service": "cloudpos",
            "method": "POST",
            "url": "http://127.0.0.1:8080/api/2.0/Lock",
            "request_headers": {"Content-Type": "application/json", "Authorization": "Basic {cloudpos credentials}"},
            "request_body": {"store_id": "100", "request_payload": {"offer_lookup_code": "5f1d", "transaction": {}}},
            "status": 200,
            "answer_headers": {"Content-Type": "application/json"},
            "answer_body": {"status": "OK", "payload": {"status": "INFO", "amount": 5}, "errors": None},
            "started": STARTED,
            "duration_us": 2_345,
            "failure": None,
            "curl": 'curl -X POST -u "$CLOUDPOS_KEY:$CLOUDPOS_SECRET" http://127.0.0.1:8080/api/2.0/Lock',
        }
        return ExchangeRecord(**(given | more))

    def settings(self, **more: Any) -> LoadSettings:
        """What a load run was to send: six seconds of a hundred arrivals, the first two of them warm-up."""
        given: dict[str, Any] = {
            "scenario": "checkout",
            "model": "open",
            "arrivals": "constant",
            "duration_s": 6.0,
            "warm_up_s": 2.0,
            "peak": 100.0,
            "processes": 1,
            "think": "none",
            "customers": 0,
            "phases": (PhaseSetting(2.0, 100.0, 100.0, warm_up=True), PhaseSetting(4.0, 100.0, 100.0)),
            "thresholds": (),
        }
        return LoadSettings(**(given | more))

    def latency(self, histogram: str = "", maximum: float = 21.0, **percentiles: float) -> Latency:
        return Latency(mean=1.0, max=maximum, percentiles=percentiles, histogram=histogram)

    def run(
        self,
        clauses: list[Clause | PlannedClause],
        records: list[Any],
        *,
        kind: str = "certify",
        waivers: tuple[Waiver, ...] = (),
        only: tuple[str, ...] = (),
        level: str = "gate",
        load: LoadSettings | None = None,
        **target: Any,
    ) -> Run:
        """A finished run: header, plan, the records given, and the footer that follows from them."""
        header = Header(
            kind=kind,
            run_id="20180907T160000Z-7f3a",
            suite_version="0.1.0",
            content_hash="0123456789abcdef" * 4,
            started=STARTED,
            target=TargetSummary(
                **(
                    {
                        "name": "staging-eu",
                        "environment": "staging",
                        "services": {name: f"http://127.0.0.1:8080/{name}" for name in ("core", "offers", "cloudpos")},
                    }
                    | target
                )
            ),
            profile="examples/staging.toml",
            level=Level(level),
            seed=7,
            nonce="c0ffee",
            only=only,
            load=load or (self.settings() if kind == "load" else None),
        )
        plan = RunPlan(
            chapters={"SMOKE": "Smoke", "LOCK": "Lock", "REDEEM": "Redeem", "TIME": "Time"},
            clauses=tuple(
                c if isinstance(c, PlannedClause) else PlannedClause(clause=c, required=True, checks=("a",))
                for c in clauses
            ),
            needs=Needs(customers=20, user_offers={"any": 60}, requests=1200),
            budget_requests=2000,
            waivers=waivers,
        )
        run = Run(header, plan)
        for record in records:
            run.add(record)
        outcome = run.outcome
        run.footer = Footer(
            finished=FINISHED,
            duration_us=12_400_000,
            requests=321,
            counts=run.counts,
            verdict=outcome.verdict,
            exit_code=int(outcome.exit_code),
            reasons=outcome.reasons,
            scope=outcome.scope,
            records=len(records) + 2,
            sha256="fedcba9876543210" * 4,
        )
        return run


@pytest.fixture(scope="session")
def making() -> Making:
    return Making()


@pytest.fixture
def conforming(making: Making) -> Run:
    names = ("SMOKE-1", "LOCK-1", "LOCK-2", "REDEEM-1")
    return making.run(
        [making.clause(name) for name in names],
        [
            *(making.finding(name, "pass", count=3, exchanges=(number,)) for number, name in enumerate(names, 1)),
            Coverage(operation="lock", outcome="accepted", count=12, state="issued"),
            Coverage(operation="lock", outcome="refused", count=4, state="redeemed"),
            Observation(question="the lifetime of a lock", reading="none", clause="LOCK-9", exchanges=(3,)),
        ],
    )


@pytest.fixture
def failing(making: Making) -> Run:
    """Every verdict once, two defects, one waived, one error of ours, a clause nobody looked at."""
    clauses: list[Clause | PlannedClause] = [
        making.clause("SMOKE-1"),
        making.clause("LOCK-1", sentence="The Lock answer carries the status LOCKED."),
        making.clause(
            "LOCK-2", sentence="A lock held by another transaction refuses a second lock with a clear error."
        ),
        making.clause("LOCK-3", strength="should"),
        making.clause("LOCK-4"),
        making.clause("REDEEM-1"),
        making.clause("REDEEM-2"),
        PlannedClause(clause=making.clause("TIME-1"), required=False, outside="no clock", scope=True, checks=("a",)),
    ]
    return making.run(
        clauses,
        [
            making.exchange(3, setup=True, operation="issue_offer", service="offers"),
            making.exchange(11, operation="lookup"),
            making.exchange(12),
            making.finding("SMOKE-1", "pass", count=2, exchanges=(1, 2)),
            making.finding(
                "LOCK-1",
                "fail",
                summary="the Lock answer says INFO instead of LOCKED",
                operation="lock",
                expected='{\n  "status": "LOCKED",\n  "amount": 5\n}',
                observed='{\n  "status": "INFO",\n  "amount": 5\n}',
                exchanges=(3, 11, 12),
                count=14,
                replay="offerproof replay offerproof-runs/20180907T160000Z-7f3a LOCK-1",
            ),
            making.finding("LOCK-2", "pass", exchanges=(13,)),
            making.finding("LOCK-3", "warn", expected="within 250 ms", observed="after 1.9 s", exchanges=(12,)),
            making.finding("LOCK-4", "fail", expected="a refusal", observed="status OK", exchanges=(99,)),
            making.finding("REDEEM-2", "error", summary="our own error: KeyError in the check"),
            Coverage(operation="lock", outcome="accepted", count=12, state="issued"),
            Observation(question="the lifetime of a lock", reading="none", exchanges=(3,)),
        ],
        waivers=(Waiver(clause="LOCK-4", reason="fixed in release 12", owner="till team", expires="2018-12-31"),),
    )


HOSTILE = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)> \x1b[31mred\x1b]0;title\x07 \x00\x08 "
    "‮gnp.exe⁦ `code` ```fence``` | pipe @someone #1 ]]> {{ 7*7 }} [link](javascript:alert(3)) [bold]rich[/bold]"
)


@pytest.fixture
def hostile_text() -> str:
    return HOSTILE


@pytest.fixture
def hostile(making: Making) -> Run:
    """A run in which every text that can come from a target or a profile attacks its reader."""
    return making.run(
        [making.clause("LOCK-1"), making.clause("LOCK-2"), making.clause("LOCK-3")],
        [
            making.exchange(
                1,
                url=f"http://127.0.0.1:8080/{HOSTILE}",
                answer_headers={HOSTILE: HOSTILE},
                answer_body={HOSTILE: HOSTILE, "long": "x" * 500_000},
                request_body=HOSTILE * 50,
                operation=HOSTILE,
                failure=HOSTILE,
                curl=f"curl '{HOSTILE}'",
            ),
            making.finding(
                "LOCK-1",
                "fail",
                summary=HOSTILE,
                expected=HOSTILE * 100,
                observed="\n".join([HOSTILE] * 300) + "y" * 100_000,
                operation=HOSTILE,
                exchanges=(1,),
                replay=HOSTILE,
                check=HOSTILE,
            ),
            making.finding("LOCK-2", "unknown", summary=HOSTILE),
            making.finding("LOCK-3", "error", summary=HOSTILE),
            Observation(question=HOSTILE, reading=HOSTILE),
            Coverage(operation=HOSTILE, outcome="accepted", count=1, state=HOSTILE),
            Audit(
                question=HOSTILE,
                verdict=Verdict.FAIL,
                clause=HOSTILE,
                expected=HOSTILE,
                observed=HOSTILE,
                examples=(HOSTILE,),
            ),
            OperationRecord(operation=HOSTILE, key=HOSTILE, started_us=0, ended_us=1, outcome=HOSTILE, caller=HOSTILE),
            SeriesFigures(
                name=HOSTILE,
                kind="workflow",
                count=1,
                rate=1.0,
                errors={HOSTILE: 1},
                response=making.latency(),
                service=making.latency(),
            ),
            ThresholdResult(
                name=HOSTILE, measure=HOSTILE, bound=1.0, value=2.0, unit=HOSTILE, met=False, clause=HOSTILE
            ),
            AuditScope(customers=1, user_offers=1, operations=1, sample_every=1, notes=(HOSTILE,)),
        ],
        name=HOSTILE,
        services={"core": HOSTILE},
    )


Make = Callable[..., Run]
