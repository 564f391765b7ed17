"""A run as Markdown for a pull request: bounded, and nothing a target said becomes markup, a link or a mention."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from offerproof.findings import Run, Verdict
from offerproof.report.comparison import SHOWN, Comparison
from offerproof.report.difference import compare
from offerproof.report.formats import Format, Subject
from offerproof.report.loadview import LoadView, fold
from offerproof.report.safety import CELL, command, one_line
from offerproof.report.summary import TALLY, FindingView, Summary, summarize
from offerproof.report.words import exchange_line

LENGTH: Final = 60_000
"""Characters of the whole: GitHub refuses comments of more than 65,536."""
FINDINGS: Final = 20
LINES: Final = 30

_SIGNS: Final = {Verdict.PASS: "✅", Verdict.FAIL: "❌", Verdict.UNKNOWN: "❔", Verdict.WARN: "⚠️", Verdict.WAIVED: "🟣"}
# A colon only where it could start a link or an emoji, a dot only where GitHub would see an address.
_SPECIAL: Final = re.compile(r"[\\`*_{}\[\]<>#|~$^@&]|:(?=[/\w])|(?<=www)\.", re.IGNORECASE)
_ENTITY: Final = {"<": "&lt;", ">": "&gt;", "&": "&amp;"} | {sign: f"&#{ord(sign)};" for sign in "@#:|."}


def render(run: Run) -> str:
    """The run as a comment of at most ``LENGTH`` characters; what does not fit is left out from the end, and said."""
    s = summarize(run)
    kept: list[str] = []
    room = LENGTH - 200
    blocks = list(_blocks(s, fold(run)))
    for place, block in enumerate(blocks):
        room -= len(block) + 2
        if room < 0:
            kept.append(f"*{len(blocks) - place} more sections did not fit: see the HTML report.*")
            break
        kept.append(block)
    return "\n\n".join(kept) + "\n"


def _blocks(s: Summary, load: LoadView | None) -> Iterator[str]:
    yield f"## {_SIGNS[s.tone]} {s.headline}\n\n{text(s.sentence)}"
    if s.scope:
        yield f"**Scope:** {text('; '.join(s.scope), 4 * CELL)}"
    if s.run.outcome.reasons:
        yield _listed(s.run.outcome.reasons, kept=10)
    if load:
        yield _load(load)
    if s.audits:
        rows = ([a.verdict.value, text(a.question), text(a.observed or "")] for a in s.audits)
        yield _table(["audit", "question", "answer"], rows)
    if s.run.situations:
        lived = (
            [x.verdict.value, text(f"{x.name}: {x.title}"), text("; ".join(f.told for f in x.wrong) or x.told)]
            for x in s.run.situations
        )
        yield _table(["situation", "", ""], lived)
    if s.chapters:
        counts = s.run.counts
        columns = [verdict for verdict in TALLY if counts[verdict.value]]
        chapters = ([text(c.title), *(str(c.counts.get(v, "")) for v in columns)] for c in s.chapters)
        yield _table(["chapter", *(verdict.value for verdict in columns)], chapters)
    shown = [*s.causes, *s.errors]
    for view in shown[:FINDINGS]:
        yield _finding(view)
    if len(shown) > FINDINGS:
        yield f"*{sum(1 + len(view.also) for view in shown[FINDINGS:])} more findings: see the HTML report.*"
    if s.unproven_by_reason or s.unjudged:
        reasons = _listed([*s.unjudged, *(group.told for group in s.unproven_by_reason)])
        yield _folded("What this does not prove", reasons)
    if s.run.outcome.waiver_notes:
        yield _folded("Waivers", _listed(s.run.outcome.waiver_notes))
    if s.readings:
        yield _folded("Readings of open questions", _listed(f"{x.question}: {x.reading}" for x in s.readings))
    yield _folded("This run", _table(["", ""], ([text(name), text(value)] for name, value in s.facts.items())))


def _finding(view: FindingView) -> str:
    finding, clause = view.finding, view.clause
    times = f", seen {finding.count:,} times" if finding.count > 1 else ""
    sign = _SIGNS.get(view.verdict, "⚠️")
    parts = [f"{sign} **{view.verdict} {clause.id}**: {text(finding.summary)}{times}", f"> {text(clause.sentence)}"]
    if view.verdict is Verdict.WAIVED and view.waived:
        parts.append(f"Waived: {text(view.waived)}")
    if finding.expected is not None or finding.observed is not None:
        parts.append(_fenced("\n".join(_unified(finding.expected or "", finding.observed or "")), "diff"))
    again = [one_line(exchange_line(step)) for step in view.steps[-10:]]
    if finding.replay:
        again.append(f"\n{command(finding.replay)}")
    if view.curl:
        again.append(f"\n{command(view.curl)}")
    if again:
        parts.append(_folded(f"Transcript of {clause.id}, and how to see it again", _fenced("\n".join(again))))
    if view.also:
        lines = (f"{other.verdict} {other.clause.id}: {other.finding.summary}" for other in view.also)
        parts.append(_folded(f"Also red, probably for the same reason: {_ids(view.also)}", _listed(lines)))
    return "\n\n".join(parts)


def _ids(views: Iterable[FindingView]) -> str:
    ids = list(dict.fromkeys(view.clause.id for view in views))
    return ", ".join(ids[:LINES]) + (f" and {len(ids) - LINES} more" if len(ids) > LINES else "")


def _unified(expected: str, observed: str) -> Iterator[str]:
    lines: list[str] = []
    for row in compare(expected, observed):
        left = "".join(piece.text for piece in row.left)
        right = "".join(piece.text for piece in row.right)
        if row.kind in ("same", "fold"):
            lines.append(f"  {left}")
            continue
        lines += [f"- {left}"] if row.kind != "extra" else []
        lines += [f"+ {right}"] if row.kind != "missing" else []
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"  … ({len(lines) - LINES} more lines)"


def _load(load: LoadView) -> str:
    columns = ["", "count", "rate", "errors", "p50 ms", "p95 ms", "p99 ms", "max ms"]
    rows = (
        [
            text(r.name),
            f"{r.figures.count:,}",
            f"{r.figures.rate:,.1f} {r.unit}",
            f"{r.errors:,}",
            r.p("p50"),
            r.p("p95"),
            r.p("p99"),
            r.p("max"),
        ]
        for r in load.rows
    )
    parts = [_table(columns, rows)]
    if load.thresholds:
        checks = ([x.sign, text(x.name), text(x.measure), x.bound, text(x.measured)] for x in load.thresholds)
        parts.append(_table(["met", "of", "threshold", "bound", "measured"], checks))
    return "\n\n".join(parts)


def text(words: str, limit: int = CELL) -> str:
    """Text in a paragraph or a table cell: one line, bounded, every character of markup disarmed."""
    return _SPECIAL.sub(lambda m: _ENTITY.get(m.group(), "\\" + m.group()), one_line(words, limit))


def _fenced(words: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall("`+", words)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{words}\n{fence}"


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{inside}\n\n</details>"


def _listed(lines: Iterable[str], *, kept: int = LINES) -> str:
    every = list(lines)
    shown = [f"- {text(line, 2 * CELL)}" for line in every[:kept]]
    if len(every) > kept:
        shown.append(f"- … and {len(every) - kept} more")
    return "\n".join(shown)


def _table(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def render_comparison(comparison: Comparison) -> str:
    """What moved, for a pull request; bounded."""
    parts = [f"## {'❌' if comparison.worse else '✅'} {comparison.headline}"]
    parts.append("\n".join(f"- {name}: {text(told)}" for name, told in comparison.runs))
    if comparison.notes:
        parts.append("\n".join(f"- {text(note)}" for note in comparison.notes))
    if comparison.clauses:
        parts.append(f"Clauses: {text(comparison.moved)}.")
    if comparison.counted:
        parts.append("\n".join(f"- {text(told)}" for told in comparison.counted))
    for title, changes in comparison.changes:
        rows = (
            [f"{c.direction.sign} {c.direction}", text(c.subject), text(c.before), text(c.now)] for c in changes[:SHOWN]
        )
        parts.append(_table([title, "", "before", "now"], rows))
    for title, _, findings in comparison.findings:
        lines = [f"- **{f.clause}** {text(f.summary)}" for f in findings[:SHOWN]]
        parts.append("\n".join([f"**{title}**", "", *lines]))
    return "\n\n".join(parts)[:LENGTH] + "\n"


FORMAT: Final = Format(
    name="markdown",
    suffix="md",
    media_type="text/markdown",
    about="a comment on a pull request",
    run=render,
    comparison=render_comparison,
    kept=(Subject.LOAD,),
)
