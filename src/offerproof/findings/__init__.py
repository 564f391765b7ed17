"""Verdicts, findings and runs: what every report is made of.

``model`` has the values (each record of a run file; ``load_records`` those of load runs), ``run`` a whole :class:`Run`
and its judgement, ``runfile`` the JSON Lines writer and reader, ``causes`` which findings are probably one fault,
``waivers`` the waiver file, ``events`` what a run tells while it goes on.

To render a run: ``run = read_run(path)``; then ``run.header``, ``run.plan.chapters``, ``run.standings`` (clause id →
verdict, findings, reason), ``run.outcome`` (verdict, exit code, reasons, scope, waiver notes), ``run.failures``,
``run.causes``, ``run.transcript(finding)``, ``run.observations``, ``run.coverage``, ``run.load``, ``run.audits``,
``run.situations``, ``run.footer``.
"""

from offerproof.findings.causes import causes_of
from offerproof.findings.events import (
    CheckFinished,
    CheckStarted,
    Event,
    FindingMade,
    LimitReached,
    Listener,
    PlanMade,
    RunFinished,
    RunStarted,
    Waiting,
)
from offerproof.findings.model import (
    AddedClauses,
    AnyRecord,
    Audit,
    ClauseStarted,
    Coverage,
    ExchangeRecord,
    Fault,
    Finding,
    Footer,
    Header,
    Interrupted,
    Needs,
    Observation,
    OpenItem,
    OperationRecord,
    PlannedClause,
    RunPlan,
    RunVerdict,
    Sittings,
    Situation,
    TargetSummary,
    Verdict,
    Waiver,
)
from offerproof.findings.run import ClauseStanding, Run
from offerproof.findings.runfile import (
    EmptyRun,
    RunWriter,
    TamperedRun,
    TruncatedRun,
    UnreadableRun,
    WrongRunSchema,
    glance,
    read_run,
    versions_here,
    versions_moved,
)
from offerproof.findings.waivers import read_waivers
