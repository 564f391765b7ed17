"""A run as text for a terminal, a log or a pipe. The last line is the verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from typing import Final

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Column, Table
from rich.text import Text

from offerproof.findings import Run, Situation, Verdict
from offerproof.report.comparison import SHOWN, Comparison
from offerproof.report.difference import DiffRow, compare
from offerproof.report.formats import Format
from offerproof.report.loadview import LoadView, fold
from offerproof.report.matrix import Matrix
from offerproof.report.safety import CELL, bounded, command, one_line
from offerproof.report.summary import TALLY, FindingView, Summary, summarize
from offerproof.report.words import exchange_line, plain

FINDINGS: Final = 20
"""Findings shown in full; more are one line each, up to as many again."""
ALSO: Final = 12
"""Findings that follow from one shown in full: a line each."""
LINES: Final = 24
"""Lines of a difference, of a transcript, of a list."""
NARROW: Final = 80
"""Columns below which tables have one space between columns, not three."""

STYLES: Final[Mapping[Verdict, str]] = {
    Verdict.PASS: "bold green",
    Verdict.FAIL: "bold red",
    Verdict.WARN: "bold yellow",
    Verdict.WAIVED: "bold magenta",
    Verdict.SKIP: "dim",
    Verdict.UNKNOWN: "bold cyan",
    Verdict.ERROR: "bold magenta",
}


def render(run: Run, *, width: int = 100, colour: bool = False) -> str:
    """The run as text of at most ``width`` columns; escape sequences only with ``colour``, and only ours."""
    return _printed(_parts(summarize(run), width), width, colour)


def render_comparison(comparison: Comparison, *, width: int = 100) -> str:
    """What moved, as text; the last line says whether anything got worse."""
    return _printed(_moved(comparison), width)


def render_matrix(matrix: Matrix, *, width: int | None = None) -> str:
    """Runs side by side, as text: verdicts, chapters, and the clauses on which they differ."""
    return _printed(_side_by_side(matrix), width or 60 + 30 * len(matrix.columns))


def _printed(parts: Iterable[RenderableType], width: int = 100, colour: bool = False) -> str:
    out = StringIO()
    # An empty environment: the same run gives the same text wherever it is rendered.
    console = Console(
        file=out,
        width=max(width, 40),
        height=50,
        force_terminal=colour,
        color_system="standard" if colour else None,
        no_color=not colour,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )
    for part in parts:
        console.print(part, soft_wrap=isinstance(part, _Command))
    # Blanks that only fill a column help nobody who copies or compares.
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


class _Command(Text):
    """A line that is there to be copied, and so is never wrapped."""


def _parts(s: Summary, width: int) -> Iterator[RenderableType]:
    yield _facts(s)
    load = fold(s.run)
    if load:
        yield from _load(load, width)
    if s.run.situations:
        yield _title("Situations")
        yield from _situations(s.run.situations)
    if s.chapters:
        yield _title("Chapters")
        yield Padding(_chapters(s, width), (0, 0, 0, 2))
    if s.broken:
        yield _title(s.findings_title)
        yield from _findings(s.causes)
    if s.audits:
        yield _title("Audit")
        yield from _listed(f"{audit.verdict.upper()}: {audit.question}{_seen(audit.observed)}" for audit in s.audits)
    if s.errors:
        yield _title(f"What we failed to judge (our own errors; they say nothing about the {s.party})")
        yield from _findings(s.errors)
    if s.unproven_by_reason or s.scope or s.unjudged:
        yield _title("What this does not prove")
        yield from _listed([*s.unjudged, *(group.told for group in s.unproven_by_reason)])
    if s.readings:
        yield _title(f"How this {s.party} reads what the documents leave open")
        yield from _listed(f"{seen.question}: {seen.reading}" for seen in s.readings)
    audit_notes = s.run.load.audited.notes if s.run.load.audited else ()
    notes = (*s.run.outcome.waiver_notes, *s.run.plan.notes, *audit_notes)
    if notes:
        yield _title("Notes")
        yield from _listed(notes)
    yield Text()
    if s.run.outcome.reasons:
        yield Text("Why", style="bold")
        yield from _listed(s.run.outcome.reasons, kept=8)
        yield Text()
    if s.scope:
        yield Text(f"Scope: {one_line('; '.join(s.scope), 4 * CELL)}")
    yield Text(one_line(s.sentence))
    yield Text(s.headline, style=STYLES[s.tone])


def _title(words: str) -> Text:
    return Text(f"\n{words}", style="bold")


def _facts(s: Summary) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")  # a hash has no blank to break at, and is nothing without its end
    for name, value in s.facts.items():
        table.add_row(Text(name, style="dim"), Text(one_line(value)))
    return table


def _table(width: int, *, footer: bool = False) -> Table:
    padding = (0, 0) if width < NARROW else (0, 1)
    return Table(box=box.SIMPLE_HEAD, padding=padding, pad_edge=False, show_edge=False, show_footer=footer)


def _grid(columns: int, *, padding: int = 2) -> Table:
    """Columns without lines; a word that is too long is broken, for what a target said may have no blanks."""
    return Table.grid(*(Column(overflow="fold") for _ in range(columns)), padding=(0, padding))


def _chapters(s: Summary, width: int) -> Table:
    counts = s.run.counts
    columns = [verdict for verdict in TALLY if counts[verdict.value]]
    table = _table(width, footer=True)
    table.add_column("", footer="all")
    for verdict in columns:
        table.add_column(verdict.value, footer=str(counts[verdict.value]), justify="right", style=STYLES[verdict])
    untouched = [chapter for chapter in s.chapters if set(chapter.counts) == {Verdict.SKIP}]
    folded = untouched if len(untouched) > 1 else []
    rows = [(one_line(chapter.title, 60), chapter.counts) for chapter in s.chapters if chapter not in folded]
    if folded:
        left = sum(chapter.counts[Verdict.SKIP] for chapter in folded)
        rows.append((f"{len(folded)} chapters of which nothing was looked at", {Verdict.SKIP: left}))
    for title, seen in rows:
        table.add_row(Text(title), *(str(seen.get(verdict, "·")) for verdict in columns))
    return table


def _load(load: LoadView, width: int) -> Iterator[RenderableType]:
    yield _title("Figures (latencies in ms, from the intended start)")
    table = _table(width)
    table.add_column("", overflow="fold")
    for name in ("count", "a second", "errors", "p50", "p95", "p99", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in load.rows:
        latencies = [row.p(label) for label in ("p50", "p95", "p99", "max")]
        style = STYLES[Verdict.FAIL] if row.errors else ""
        errors = Text(f"{row.errors:,}", style=style)
        table.add_row(
            Text(one_line(row.name, 40)), f"{row.figures.count:,}", f"{row.figures.rate:,.1f}", errors, *latencies
        )
    yield Padding(table, (0, 0, 0, 2))
    if load.thresholds:
        yield _title("Thresholds")
        grid = _grid(5)
        for threshold in load.thresholds:
            words = (threshold.name, threshold.measure, threshold.bound, f"measured {threshold.measured}")
            grid.add_row(
                Text(f"  {threshold.told}", style=STYLES[threshold.verdict]), *(Text(one_line(word)) for word in words)
            )
        yield grid
    if load.capacity:
        yield Text(f"\nCapacity: {load.capacity}")


def _situations(lived: Iterable[Situation]) -> Iterator[RenderableType]:
    for number, one in enumerate(lived, 1):
        label = (one.verdict.upper(), STYLES[one.verdict])
        yield Text()
        yield Text.assemble(f"{number}. ", label, f"  {one_line(one.name)}: {one_line(one.title)}")
        table = Table.grid(padding=(0, 2))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        rows = [("did", one.did), ("right", one.right), ("wrong", [f"{x.clause} {x.told}" for x in one.wrong])]
        rows += [("in a shop", list(dict.fromkeys(x.harm for x in one.wrong)) or [one.told])]
        for name, lines in rows:
            for place, line in enumerate(lines[:LINES]):
                table.add_row(name if place == 0 else "", Text(one_line(line, 2 * CELL)))
            if len(lines) > LINES:
                table.add_row("", Text(f"… and {len(lines) - LINES} more"))
        yield Padding(table, (0, 0, 0, 3))


def _findings(views: Iterable[FindingView]) -> Iterator[RenderableType]:
    shown = list(views)
    for view in shown[:FINDINGS]:
        yield Text()
        yield _heading(view)
        yield Padding(_about(view), (0, 0, 0, 2))
        for name, line in (("again", view.finding.replay), ("curl", view.curl)):
            if line:
                yield _Command(f"  {name:10}  {command(line)}")
        yield from _also(view)
    for view in shown[FINDINGS : 2 * FINDINGS]:
        yield _heading(view)
        yield from _also(view)
    if len(shown) > 2 * FINDINGS:
        yield Text(f"… and {len(shown) - 2 * FINDINGS} more findings: see another format")


def _also(view: FindingView) -> Iterator[RenderableType]:
    if not view.also:
        return
    yield Text("  also red, probably for the same reason:", style="dim")
    for other in view.also[:ALSO]:
        yield Padding(_heading(other), (0, 0, 0, 4))
    if len(view.also) > ALSO:
        yield Text(f"    … and {len(view.also) - ALSO} more: see another format", style="dim")


def _heading(view: FindingView) -> Text:
    finding = view.finding
    times = f" (seen {finding.count:,} times)" if finding.count > 1 else ""
    label = (f"{view.verdict.upper()} {view.clause.id}", STYLES[view.verdict])
    return Text.assemble(f"{view.number}. ", label, f"  {one_line(finding.summary)}", (times, "dim"))


def _about(view: FindingView) -> Table:
    clause, finding = view.clause, view.finding
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("clause", Text(one_line(clause.sentence)))
    table.add_row("written in", Text(one_line(f"{clause.source}, {clause.section} ({clause.strength})")))
    if clause.needs:
        table.add_row("needs", Text(f"{', '.join(clause.needs)}: [capabilities] of the profile"))
    if view.verdict is Verdict.WAIVED and view.waived:
        table.add_row("waived", Text(one_line(view.waived)))
    for name, value in _difference(finding.expected, finding.observed):
        table.add_row(name, value)
    for place, line in enumerate(_transcript(view)):
        table.add_row("transcript" if place == 0 else "", line)
    if view.answer and not (finding.observed or "").startswith("HTTP "):  # which has the answer
        table.add_row("answer", Text(one_line(plain(view.answer))))
    return table


def _difference(expected: str | None, observed: str | None) -> Iterator[tuple[str, Text]]:
    if expected is None and observed is None:
        return
    sides = [("expected", expected or "", "green"), ("observed", observed or "", "red")]
    if all("\n" not in text and len(text) <= 2 * CELL for _, text, _ in sides):
        yield from ((name, Text(bounded(text, 2 * CELL), style=style)) for name, text, style in sides)
        return
    lines = list(_unified(compare(expected or "", observed or "")))
    for place, line in enumerate(lines[:LINES]):
        yield ("- expected" if place == 0 else "+ observed" if place == 1 else "", line)
    if len(lines) > LINES:
        yield "", Text(f"… ({len(lines) - LINES} more lines)", style="dim")


def _unified(rows: Iterable[DiffRow]) -> Iterator[Text]:
    for row in rows:
        left = "".join(piece.text for piece in row.left)
        right = "".join(piece.text for piece in row.right)
        if row.kind in ("same", "fold"):
            yield Text(f"  {left}", style="dim")
            continue
        if row.kind != "extra":
            yield Text(f"- {left}", style="green")
        if row.kind != "missing":
            yield Text(f"+ {right}", style="red")


def _transcript(view: FindingView) -> Iterator[Text]:
    steps = view.steps
    kept = steps if len(steps) <= LINES else steps[-LINES:]
    if len(kept) < len(steps):
        yield Text(f"… {len(steps) - len(kept)} earlier exchanges")
    for step in kept:
        mark = "  ← decided" if step.number == view.culprit else "  (setup)" if step.setup else ""
        yield Text(one_line(exchange_line(step)) + mark)


def _listed(lines: Iterable[str], *, kept: int = LINES) -> Iterator[RenderableType]:
    every = list(lines)
    for line in every[:kept]:
        table = _grid(2, padding=1)
        table.add_row("  -", Text(one_line(line, 2 * CELL)))
        yield table
    if len(every) > kept:
        yield Text(f"  … and {len(every) - kept} more", style="dim")


def _seen(observed: str | None) -> str:
    return f" ({observed})" if observed else ""


def _moved(comparison: Comparison) -> Iterator[RenderableType]:
    yield from (Text(one_line(f"{name}: {told}", 4 * CELL)) for name, told in comparison.runs)
    if comparison.notes:
        yield _title("Not the same kind of run")
        yield from _listed(comparison.notes, kept=SHOWN)
    if comparison.clauses:
        yield _title("What became of clauses")
        yield Text(comparison.moved)
        yield from _listed(comparison.counted, kept=SHOWN)
    for title, changes in comparison.changes:
        yield _title(title)
        table = _grid(4)
        for c in changes[:SHOWN]:
            moved, about = f"{c.before} → {c.now}", "" if c.about in c.subject else c.about
            words = (f"{c.direction.sign} {c.direction}", c.subject, moved, about)
            table.add_row(*(Text(one_line(word)) for word in words))
        yield table
        if len(changes) > SHOWN:
            yield Text(f"… and {len(changes) - SHOWN} more")
    for title, _, findings in comparison.findings:
        yield _title(title)
        yield from _listed((f"{finding.clause}  {finding.summary}" for finding in findings), kept=SHOWN)
    yield Text(f"\n{comparison.headline}")


def _side_by_side(matrix: Matrix) -> Iterator[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("", *matrix.heads):
        table.add_column(Text(one_line(head)), overflow="fold")
    table.add_row("verdict", *(Text(s.headline) for s in matrix.columns))
    for chapter in matrix.chapters:
        told = (Text(chapter.told(column)) for column in range(len(matrix.columns)))
        table.add_row(Text(one_line(chapter.title)), *told)
    for row in matrix.differing[:SHOWN]:
        words = (Text(verdict or "–") for verdict in row.verdicts)
        table.add_row(Text(one_line(f"{row.clause.id} {row.clause.sentence}", CELL)), *words)
    yield table
    count = len(matrix.differing)
    if count > SHOWN:
        yield Text(f"… and {count - SHOWN} more")
    yield Text(f"the runs differ in {count} clause{'' if count == 1 else 's'}")


FORMAT: Final = Format(
    wraps=True,
    name="text",
    suffix="txt",
    media_type="text/plain",
    about="a terminal, a log or a pipe",
    run=render,
    comparison=render_comparison,
    matrix=render_matrix,
)
