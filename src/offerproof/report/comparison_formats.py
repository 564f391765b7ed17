"""A comparison of two runs as text, Markdown, JSON or HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from offerproof.findings import Finding, Run
from offerproof.report import html, markdown
from offerproof.report.comparison import Change, Comparison, Direction
from offerproof.report.safety import one_line
from offerproof.report.summary import summarize
from offerproof.report.words import moment

_SIGNS = {Direction.WORSE: "✗", Direction.BETTER: "✓", Direction.OTHER: "·"}
_SHOWN = 200


def as_text(comparison: Comparison) -> str:
    """Plain lines; the last one says whether anything got worse."""
    return "\n".join(_lines(comparison)) + "\n"


def as_markdown(comparison: Comparison) -> str:
    """For a pull request; bounded."""
    parts = [f"## {'❌' if comparison.worse else '✅'} {headline(comparison)}"]
    parts.append("\n".join(f"- {name}: {markdown.text(told)}" for name, told in _runs(comparison)))
    for title, changes in (("Clauses", comparison.clauses), ("Figures", comparison.figures)):
        if changes:
            rows = [
                f"| {_SIGNS[c.direction]} {c.direction} | {markdown.text(c.subject)} | {markdown.text(c.before)} |"
                f" {markdown.text(c.now)} |"
                for c in changes[:_SHOWN]
            ]
            parts.append("\n".join([f"| {title} | | before | now |", "| --- | --- | --- | --- |", *rows]))
    for title, findings in (("New findings", comparison.fresh), ("Resolved findings", comparison.gone)):
        if findings:
            lines = [f"- **{f.clause}** {markdown.text(f.summary)}" for f in findings[:_SHOWN]]
            parts.append("\n".join([f"**{title}**", "", *lines]))
    if comparison.notes:
        parts.append("\n".join(f"- {markdown.text(note)}" for note in comparison.notes))
    return "\n\n".join(parts)[: markdown.LENGTH] + "\n"


def as_json(comparison: Comparison) -> str:
    """For other programs; nothing is cut."""
    document: dict[str, Any] = {
        "format": "offerproof-comparison",
        "version": 1,
        "exit_code": comparison.exit_code,
        "worse": list(comparison.worse),
        "old": _run(comparison.old),
        "new": _run(comparison.new),
        "clauses": [_change(change) for change in comparison.clauses],
        "new_findings": [_finding(finding) for finding in comparison.fresh],
        "resolved_findings": [_finding(finding) for finding in comparison.gone],
        "figures": [_change(change) for change in comparison.figures],
        "notes": list(comparison.notes),
    }
    return json.dumps(document, indent=2) + "\n"


def as_html(comparison: Comparison) -> str:
    """One self-contained page, with the certificate's style and walls."""
    return html.page_of(
        "comparison.html",
        title=f"{headline(comparison)} · offerproof",
        headline=headline(comparison),
        comparison=comparison,
        runs=list(_runs(comparison)),
        shown=_SHOWN,
    )


def headline(comparison: Comparison) -> str:
    """The answer in a few words."""
    count = len(comparison.worse)
    if count:
        return f"{count} thing{'s' if count > 1 else ''} got worse"
    return "nothing got worse"


def _runs(comparison: Comparison) -> Iterator[tuple[str, str]]:
    for name, run in (("old", comparison.old), ("new", comparison.new)):
        s = summarize(run)
        yield name, f"{run.header.run_id}, {moment(run.header.started)}: {s.headline}, {s.sentence}"


def _lines(comparison: Comparison) -> Iterator[str]:
    for name, told in _runs(comparison):
        yield one_line(f"{name}: {told}")
    for title, changes in (("Clauses", comparison.clauses), ("Figures", comparison.figures)):
        if changes:
            yield f"\n{title}"
        for change in changes[:_SHOWN]:
            moved = one_line(f"{change.before} → {change.now}")
            about = "" if change.about in change.subject else f"  {one_line(change.about, 120)}"
            yield f"{_SIGNS[change.direction]} {change.direction:8} {one_line(change.subject):12} {moved}{about}"
        if len(changes) > _SHOWN:
            yield f"… and {len(changes) - _SHOWN} more"
    for title, findings in (("New findings", comparison.fresh), ("Resolved findings", comparison.gone)):
        if findings:
            yield f"\n{title}"
        for finding in findings[:_SHOWN]:
            yield f"  {finding.clause}  {one_line(finding.summary, 200)}"
    if comparison.notes:
        yield "\nNotes"
    yield from (f"  {one_line(note)}" for note in comparison.notes)
    yield ""
    yield headline(comparison)


def _run(run: Run) -> dict[str, Any]:
    header, outcome = run.header, run.outcome
    return {
        "run_id": header.run_id,
        "started": header.started,
        "target": header.target.name,
        "verdict": outcome.verdict.value,
        "exit_code": int(outcome.exit_code),
        "counts": run.counts,
    }


def _change(change: Change) -> dict[str, str]:
    return {
        "subject": change.subject,
        "about": change.about,
        "before": str(change.before),
        "now": str(change.now),
        "direction": change.direction.value,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"clause": finding.clause, "verdict": finding.verdict.value, "summary": finding.summary}
