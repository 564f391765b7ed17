"""A run while it goes on: progress by chapter, clauses as they fail, then the certificate.

Progress goes to standard error and the certificate to standard output, so that a pipe carries the certificate alone.
On a terminal the progress is a table that redraws itself and vanishes at the end; without one, under CI, with NO_COLOR,
or where it is too narrow, it is plain lines that only ever get longer.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from offerproof.findings import (
    MOST_URGENT_FIRST,
    CheckFinished,
    CheckStarted,
    Event,
    Finding,
    FindingMade,
    LimitReached,
    PlanMade,
    Run,
    RunFinished,
    RunStarted,
    Verdict,
    Waiting,
)
from offerproof.report.formats import text
from offerproof.report.safety import one_line, write

NARROWEST: Final = 60
"""Columns below which a redrawn table would wrap and smear."""
WIDEST: Final = 110
NOTABLE_WAIT_S: Final = 1.0


@dataclass(slots=True)
class _Chapter:
    title: str
    checks: int
    done: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=dict)

    @property
    def told(self) -> Text:
        """The verdicts so far, the most urgent first, each in its colour; a clean chapter says nothing."""
        told = [verdict for verdict in MOST_URGENT_FIRST if verdict is not Verdict.PASS and self.verdicts.get(verdict)]
        return Text.assemble(*((f"{self.verdicts[verdict]} {verdict}  ", text.STYLES[verdict]) for verdict in told))


class LiveView:
    """Listens to a run and shows it. A context manager, so that the terminal is given back whatever happens.

    ``certificate`` off leaves standard output alone: for a caller that prints another format itself.
    """

    def __init__(
        self,
        *,
        out: IO[str] | None = None,
        progress: IO[str] | None = None,
        environ: Mapping[str, str] | None = None,
        certificate: bool = True,
    ) -> None:
        self._out = out if out is not None else sys.stdout
        self._progress = progress if progress is not None else sys.stderr
        environ = os.environ if environ is None else environ
        self._certificate = certificate
        self._colour = _isatty(self._out) and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        columns, rows = _size(self._progress)
        self._redraws = _may_redraw(self._progress, environ) and columns >= NARROWEST
        self._console = Console(
            file=self._progress,
            width=columns,
            height=rows,
            highlight=False,
            markup=False,
            emoji=False,
            _environ=environ,
        )
        self._live: Live | None = None
        self._title = ""
        self._chapters: dict[str, _Chapter] = {}
        self._check = ""
        self._requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the terminal back. Harmless when repeated."""
        live, self._live = self._live, None
        if live:
            live.stop()

    def notice(self, event: Event) -> None:
        """Show an event of the run."""
        match event:
            case RunStarted(header=header):
                level = "" if header.kind == "load" else f", level {header.level}"
                self._title = one_line(f"{header.kind} {header.target.name} ({header.target.environment}){level}", 90)
                self._line(Text(f"offerproof {header.suite_version}: {self._title}, seed {header.seed}", style="bold"))
            case PlanMade(plan=plan, checks=checks):
                titles = plan.chapters
                self._chapters = {name: _Chapter(titles.get(name, name), count) for name, count in checks.items()}
                self._start()
            case CheckStarted(check=check, clauses=clauses):
                self._check = one_line(" ".join(clauses) or check, 60)
            case FindingMade(finding=finding, verdict=verdict, again=again):
                if not again:
                    self._found(finding, verdict)
            case CheckFinished():
                self._finished(event)
            case Waiting(reason=reason, seconds=seconds):
                if seconds >= NOTABLE_WAIT_S:
                    self._line(Text(f"  waiting {seconds:.0f} s: {one_line(reason)}", style="dim"))
            case LimitReached(limit=limit, consequence=consequence):
                self._line(Text(f"  limit reached: {one_line(limit)}: {one_line(consequence)}", style="yellow"))
            case RunFinished(run=run):
                self.close()
                if self._certificate:
                    self.certificate(run)

    def certificate(self, run: Run) -> None:
        """Print the certificate on standard output, as wide as the terminal allows."""
        columns, _ = _size(self._out)
        write(self._out, text.render(run, width=min(columns, WIDEST), colour=self._colour))

    def _found(self, finding: Finding, verdict: Verdict) -> None:
        if verdict not in (Verdict.FAIL, Verdict.WARN, Verdict.WAIVED, Verdict.ERROR):
            return
        label = (f"  {verdict.upper()} {finding.clause}", text.STYLES[verdict])
        self._line(Text.assemble(label, f"  {one_line(finding.summary, 200)}"))

    def _finished(self, event: CheckFinished) -> None:
        self._requests = event.requests
        chapter = self._chapters.setdefault(event.chapter, _Chapter(event.chapter, 0))
        chapter.done += 1
        chapter.verdicts[event.verdict] = chapter.verdicts.get(event.verdict, 0) + 1
        if not self._live and chapter.done == chapter.checks:
            counts = ", ".join(f"{n} {v}" for v in MOST_URGENT_FIRST[::-1] if (n := chapter.verdicts.get(v, 0)))
            checks = "1 check" if chapter.done == 1 else f"{chapter.done} checks"
            self._line(Text(f"  {one_line(chapter.title, 60)}: {checks}: {counts}"))

    def _start(self) -> None:
        # A table taller than the terminal could not be redrawn in place.
        if self._redraws and len(self._chapters) + 4 <= self._console.height:
            self._live = Live(
                get_renderable=self._table,
                console=self._console,
                transient=True,
                refresh_per_second=8,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def _line(self, line: Text) -> None:
        if self._redraws:
            self._console.print(line)
        else:
            write(self._progress, line.plain + "\n")

    def _table(self) -> RenderableType:
        bar_width = 24 if self._console.width >= text.NARROW else 8
        table = Table.grid(padding=(0, 2))
        table.add_column(no_wrap=True, max_width=28, overflow="ellipsis")
        table.add_column(width=bar_width)
        table.add_column(justify="right", no_wrap=True)
        table.add_column(no_wrap=True)
        for chapter in list(self._chapters.values()):
            bar = ProgressBar(total=max(chapter.checks, 1), completed=chapter.done, width=bar_width)
            done = f"{chapter.done}/{chapter.checks}"
            table.add_row(Text(one_line(chapter.title)), bar, Text(done, style="dim"), chapter.told)
        return Group(table, Text(f"  {self._requests:,} requests   {self._check}", style="dim", no_wrap=True))


def _isatty(stream: IO[str]) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # a closed stream
        return False


def _may_redraw(stream: IO[str], environ: Mapping[str, str]) -> bool:
    if not _isatty(stream) or environ.get("NO_COLOR") or environ.get("TERM", "") in ("dumb", "unknown"):
        return False
    return environ.get("CI", "").lower() in ("", "0", "false")


def terminal_columns(stream: IO[str]) -> int | None:
    """Columns of the stream's own terminal; None without one."""
    return _size(stream)[0] if _isatty(stream) else None


def _size(stream: IO[str]) -> tuple[int, int]:
    """Columns and rows of the stream's own terminal; 100 by 50 without one, so that logs are alike wherever made."""
    try:
        size = os.get_terminal_size(stream.fileno()) if _isatty(stream) else None
    except (OSError, ValueError):
        size = None
    # A terminal that does not know its size says 0.
    return (size.columns or 100, size.lines or 50) if size else (100, 50)
