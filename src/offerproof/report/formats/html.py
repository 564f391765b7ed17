"""A run as one HTML file: no request leaves it, it works offline and on paper, and nothing a target said can act in it.

Three walls stand against hostile answers: everything is escaped (jinja2 autoescape), every printed string goes through
``safety.visible`` (the environment's ``finalize``), and a content security policy lets no script run but ours, by its
hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Final

import jinja2

from offerproof.contract import Outcome
from offerproof.findings import MOST_URGENT_FIRST, Coverage, ExchangeRecord, OperationRecord, Run, Verdict
from offerproof.report.comparison import SHOWN, Comparison
from offerproof.report.difference import DiffRow, compare
from offerproof.report.formats import Format, Subject
from offerproof.report.load_comparison import Direction
from offerproof.report.loadview import LoadView, fold
from offerproof.report.matrix import Matrix
from offerproof.report.safety import BODY, CELL, Drawn, bounded, command, visible
from offerproof.report.summary import TALLY, FindingView, Summary, summarize
from offerproof.report.timeline import Bar, draw, timeline_of
from offerproof.report.words import duration, pretty

FINDINGS: Final = 100
"""Findings shown with everything."""
LISTED: Final = 5_000
"""Findings beyond these shown in a line each; more are counted."""
STEPS: Final = 32
"""Exchanges of one transcript: the first few, then the last ones, where the answer is that decided."""
BODIES: Final = 2_000_000
"""Characters of bodies in one document; when they are used up, bodies are cut to a line."""
LIMITS: Final = {"reasons": 12, "evidence": 6, "links": 12, "paper_heads": 60, "paper_errors": 10, "paper_groups": 15}
"""What is shown of a list; ``paper_…`` is what is printed when nothing more is asked for: six pages at most."""
_CLAUSE: Final = re.compile(r"\b[A-Z][A-Z0-9]*-[0-9]+\b")

SIGNS: Final[Mapping[str, str]] = {
    Verdict.PASS: "✓",
    Verdict.FAIL: "✗",
    Verdict.WARN: "!",
    Verdict.WAIVED: "≈",
    Verdict.SKIP: "–",
    Verdict.UNKNOWN: "?",
    Verdict.ERROR: "⚠",
}

_KINDS: Final = {
    "certify": "certificate of conformance",
    "load": "load report",
    "audit": "audit of recorded traffic",
    "client": "certificate of a client",
    "replay": "replay of a finding",
    "selfcheck": "check of the judge",
}


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """One exchange of a transcript, ready to print."""

    record: ExchangeRecord
    request_line: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status_line: str
    answer_headers: tuple[tuple[str, str], ...]
    answer_body: str
    took: str
    culprit: bool
    anchor: str | None


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding, ready to print."""

    view: FindingView
    rows: tuple[DiffRow, ...]
    steps: tuple[ShownExchange, ...]
    left_out: int
    timeline: Drawn | None
    also: tuple[ShownFinding, ...] = ()
    """What is red as well, probably for the same reason."""


@dataclass(slots=True)
class _Page:
    """What one document has used up so far: characters of bodies, and anchors, which must be unique."""

    bodies_left: int = BODIES
    anchors: set[int] = field(default_factory=set)

    def body(self, value: Any) -> str:
        text = bounded(pretty(value), BODY if self.bodies_left > 0 else CELL)
        self.bodies_left -= len(text)
        return text

    def anchor(self, number: int) -> str | None:
        if number in self.anchors:
            return None
        self.anchors.add(number)
        return f"x-{number}"

    def step(self, record: ExchangeRecord, culprit: int | None) -> ShownExchange:
        came = f"{record.status}" if record.status is not None else f"no answer: {record.failure or 'unknown reason'}"
        return ShownExchange(
            record=record,
            request_line=f"{record.method} {bounded(record.url, 2 * CELL)}",
            request_headers=_headers(record.request_headers),
            request_body=self.body(record.request_body),
            status_line=came,
            answer_headers=_headers(record.answer_headers),
            answer_body=self.body(record.answer_body),
            took=duration(record.duration_us),
            culprit=record.number == culprit,
            anchor=self.anchor(record.number),
        )

    def shown(self, view: FindingView) -> ShownFinding:
        steps = view.steps
        kept = steps if len(steps) <= STEPS else steps[:4] + steps[4 - STEPS :]
        finding = view.finding
        rows: tuple[DiffRow, ...] = ()
        if finding.expected is not None or finding.observed is not None:
            rows = compare(finding.expected or "", finding.observed or "")
        return ShownFinding(
            view=view,
            rows=rows,
            steps=tuple(self.step(record, view.culprit) for record in kept),
            left_out=len(steps) - len(kept),
            timeline=timeline_of(finding.detail),
        )


@dataclass(slots=True)
class CoverageRow:
    """One operation in one state, with counts by outcome and what falls short of a floor."""

    operation: str
    state: str | None
    counts: dict[str, int] = field(default_factory=dict)
    floor: str = ""


def render(run: Run, baseline: Run | None = None) -> str:
    """The run as one self-contained HTML document; a load run can be shown beside the ``baseline`` of another."""
    s = summarize(run)
    page = _Page()
    findings = _findings(s, page)
    errors = [page.shown(view) for view in s.errors[:FINDINGS]]
    every = [one.view for shown in findings for one in (shown, *shown.also)]
    whole = {view.number for view in every}
    more = [view for view in s.broken if view.number not in whole][:LISTED]
    by_clause: dict[str, list[FindingView]] = {}
    for view in (*every, *more, *(shown.view for shown in errors)):
        by_clause.setdefault(view.clause.id, []).append(view)
    rows, outcomes = _coverage(s.coverage)
    load = load_values(run, baseline)
    return _page_of(
        "certificate.html",
        title=f"{s.headline}: {run.header.target.name} · offerproof",
        s=s,
        kind_title=_KINDS.get(run.header.kind, "report"),
        tally=[(verdict, run.counts[verdict.value]) for verdict in TALLY],
        findings=findings,
        reasons=[_linked(s, reason, by_clause) for reason in s.run.outcome.reasons[: LIMITS["reasons"]]],
        ranks=" ".join(MOST_URGENT_FIRST),
        more=more,
        findings_left_out=len(s.broken) - len(every),
        errors=errors,
        by_clause=by_clause,
        anchors=page.anchors,
        coverage=rows,
        outcomes=outcomes,
        sections=_sections(s, load["load"] is not None),
        **load,
    )


def render_comparison(comparison: Comparison) -> str:
    """What moved, as one self-contained page with the certificate's style and walls."""
    return _page_of(
        "comparison.html",
        title=f"{comparison.headline} · offerproof",
        comparison=comparison,
        directions=_directions(comparison),
        shown=SHOWN,
    )


def render_matrix(matrix: Matrix) -> str:
    """Runs side by side on one self-contained page: chapters, then every clause."""
    headers = [s.run.header for s in matrix.columns]
    facts = [
        ("Verdict", [s.headline for s in matrix.columns]),
        ("Level", [header.level.value for header in headers]),
        ("Run", [header.run_id for header in headers]),
        ("Suite", [header.suite_version for header in headers]),
    ]
    title = f"{len(headers)} runs side by side · offerproof"
    kept = [row.differs for chapter in matrix.chapters for row in chapter.rows[:SHOWN]]
    agreement = [("differ", "differ", sum(kept)), ("agree", "agree", len(kept) - sum(kept))]
    return _page_of("matrix.html", title=title, matrix=matrix, facts=facts, agreement=agreement, shown=SHOWN)


def _directions(comparison: Comparison) -> list[Direction]:
    """In which directions things moved, of those that the page shows."""
    moved = {change.direction for _, changes in comparison.changes for change in changes[:SHOWN]}
    moved |= {direction for _, direction, _ in comparison.findings}
    return [one for one in Direction if one in moved]


def _findings(s: Summary, page: _Page) -> list[ShownFinding]:
    """The findings to repair, each with what follows from it; where not all fit, those to repair have precedence."""
    causes = [page.shown(view) for view in s.causes[:FINDINGS]]
    room = FINDINGS - len(causes)
    found = []
    for shown in causes:
        also = tuple(page.shown(view) for view in shown.view.also[:room])
        room -= len(also)
        found.append(replace(shown, also=also))
    return found


def _linked(s: Summary, reason: str, by_clause: Mapping[str, list[FindingView]]) -> list[tuple[str, str | None]]:
    """A reason in pieces: a clause's id leads to its first finding, or to the clause; a question to its answer."""
    text = bounded(reason, CELL)
    for place, audit in enumerate(s.audits, 1):
        if reason.endswith(f": {audit.question}"):
            return [(text, f"audit-{place}")]
    pieces: list[tuple[str, str | None]] = []
    end = 0
    for found in _CLAUSE.finditer(text):
        name = found.group()
        if name not in s.run.standings:
            continue
        views = by_clause.get(name)
        pieces += [(text[end : found.start()], None), (name, views[0].anchor if views else f"clause-{name}")]
        end = found.end()
    return [piece for piece in [*pieces, (text[end:], None)] if piece[0]]


def _page_of(template: str, **values: Any) -> str:
    """A document from one of our templates, with style, script and content security policy in place."""
    environment = _environment()
    script = _part("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return environment.get_template(template).render(
        style=Drawn(_part("style.css")),
        script=Drawn(script),
        script_hash=digest,
        signs=SIGNS,
        limits=LIMITS,
        **values,
    )


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("offerproof.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=lambda value: visible(value) if isinstance(value, str) and not hasattr(value, "__html__") else value,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["cell"] = lambda value: bounded(str(value), CELL)
    environment.filters["short"] = lambda value: bounded(str(value), CELL // 2)
    environment.filters["command"] = lambda value: command(str(value))
    environment.filters["body"] = lambda value: bounded(str(value), BODY)
    return environment


def _part(name: str) -> str:
    environment = _environment()
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0]


def _headers(headers: Mapping[str, str], kept: int = 30) -> tuple[tuple[str, str], ...]:
    shown = [(bounded(name, 100), bounded(value)[:CELL]) for name, value in list(headers.items())[:kept]]
    if len(headers) > kept:
        shown.append(("…", f"{len(headers) - kept} more headers"))
    return tuple(shown)


def _coverage(cells: Iterable[Coverage]) -> tuple[list[CoverageRow], list[str]]:
    rows: dict[tuple[str, str | None], CoverageRow] = {}
    outcomes: dict[str, None] = {}
    for cell in cells:
        row = rows.setdefault((cell.operation, cell.state), CoverageRow(cell.operation, cell.state))
        row.counts[cell.outcome] = row.counts.get(cell.outcome, 0) + cell.count
        outcomes[cell.outcome] = None
        if cell.floor is not None and cell.count < cell.floor:
            row.floor += f"{cell.outcome}: {cell.count} of {cell.floor} needed "
    known = [outcome.word for outcome in Outcome]
    return list(rows.values()), sorted(outcomes, key=lambda name: (known.index(name) if name in known else 9, name))


def _sections(s: Summary, load: bool) -> list[tuple[str, str]]:
    every = [
        ("why", "Why", bool(s.run.outcome.reasons)),
        ("load", "Load", load),
        ("situations", f"Situations ({len(s.run.situations)})", bool(s.run.situations)),
        ("chapters", "Chapters", bool(s.chapters)),
        ("unproven", "Not proven", True),
        ("findings", f"Findings ({len(s.broken)})", bool(s.broken)),
        ("errors", f"Our errors ({len(s.errors)})", bool(s.errors)),
        ("waivers", "Waivers", bool(s.run.outcome.waiver_notes)),
        ("clauses-title", "Clauses", bool(s.chapters)),
        ("readings", "Readings", bool(s.readings)),
        ("coverage", "Coverage", bool(s.coverage)),
        ("about", "This run", True),
    ]
    return [(place, name) for place, name, there in every if there]


FORMAT: Final = Format(
    name="html",
    suffix="html",
    media_type="text/html",
    about="people: one file with transcripts and plots, which asks for nothing from anywhere",
    run=render,
    beside=render,
    comparison=render_comparison,
    matrix=render_matrix,
    kept=(Subject.CERTIFICATE, Subject.LOAD),
)


# What a load run shows beside figures: plots, histories, the change from a baseline run

COLUMNS: Final = ("p50", "p95", "p99", "p99.9", "max")
HISTORIES: Final = 8
"""Histories drawn; an audit names more keys than anybody looks at."""


def load_values(run: Run, baseline: Run | None) -> dict[str, Any]:
    """The variables of the load template; ``load`` is None when the run measured no load."""
    load = fold(run)
    if load is None:
        return {"load": None}
    from offerproof.report import plots  # imports numbers and curves only when there is something to draw

    before = fold(baseline) if baseline else None
    return {
        "load": load,
        "baseline": before,
        "baseline_id": baseline.header.run_id if baseline else "",
        "load_columns": _columns(load),
        "change": change,
        "plots": plots.over_time(load, before),
        "curve": plots.distribution(load, before),
        "histories": histories(run.operations),
        "looked_at": _looked_at(load),
    }


def change(now: float | None, before: float | None) -> str:
    """The change from one figure to another, signed: ``+12 %``; ``=`` within half a per cent."""
    if now is None or not before:
        return ""
    moved = 100.0 * (now - before) / before
    return "=" if abs(moved) < 0.5 else f"{moved:+.0f} %"


def histories(operations: list[OperationRecord]) -> list[tuple[str, Drawn]]:
    """Key → drawing of what happened to it, for the keys whose operations the run kept."""
    by_key: dict[str, list[OperationRecord]] = {}
    for operation in operations:
        by_key.setdefault(operation.key, []).append(operation)
    return [(key, draw([_bar(one) for one in found])) for key, found in list(by_key.items())[:HISTORIES]]


def _bar(operation: OperationRecord) -> Bar:
    transaction = operation.transaction
    short = transaction if len(transaction) <= 12 else f"…{transaction[-8:]}"  # ids differ at their ends
    return Bar(
        operation=f"{operation.operation} {short}".strip(),
        outcome=operation.outcome,
        started_us=operation.started_us,
        ended_us=operation.ended_us,
        caller=operation.caller or None,
    )


def _columns(load: LoadView) -> list[str]:
    return [label for label in COLUMNS if any(row.latency(label) is not None for row in load.rows)]


def _looked_at(load: LoadView) -> str:
    scope = load.figures.audited
    if scope is None:
        return ""
    sample = f", a sample: one customer of {scope.sample_every}" if scope.sample_every != 1 else ""
    return f"{scope.customers:,} customers, {scope.user_offers:,} user offers, {scope.operations:,} operations{sample}"
