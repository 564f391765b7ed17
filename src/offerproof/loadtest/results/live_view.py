"""The run in the terminal while it goes on: rate, percentiles, errors, time left; plain lines without a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import IO, Self

from rich.console import Console
from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from offerproof.loadtest.generator.progress import Live

EVERY_S = 5.0
"""Between two plain lines."""


class TerminalView:
    """Shows a run on standard error; a context manager, so that the terminal is given back whatever happens."""

    def __init__(self, title: str, *, out: IO[str] | None = None) -> None:
        self._title = title
        self._out = out if out is not None else sys.stderr
        self._console = Console(file=self._out, highlight=False)
        self._screen: Screen | None = None
        self._status = ""
        self._line: Live | None = None
        self._total = 0.0
        self._told = 0.0
        self._counting = ("", 0.0)
        """What is counted, and since when."""

    def __enter__(self) -> Self:
        if self._console.is_terminal and not self._console.is_dumb_terminal:
            self._screen = Screen(self._table(), console=self._console, transient=True, refresh_per_second=4)
            self._screen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._screen is not None:
            self._screen.__exit__(kind, problem, trace)

    def status(self, text: str) -> None:
        """Say what is being done now."""
        self._status, self._line = text, None
        if self._screen is not None:
            self._screen.update(self._table())
        else:
            self._out.write(f"{text}\n")
            self._out.flush()

    def counted(self, what: str, done: int, total: int) -> None:
        """Say how far something is, and how long it will take if it goes on like that."""
        now = time.monotonic()
        if self._counting[0] != what:
            self._counting = what, now
            self._told = max(self._told, now - EVERY_S / 2)
        spent = now - self._counting[1]
        left = f", about {spent / done * (total - done):.0f} s left" if done and spent >= 1 else ""
        text = f"{what}: {done:,} of {total:,}{left}"
        if self._screen is not None:
            self._status, self._line = text, None
            self._screen.update(self._table())
        elif now - self._told >= EVERY_S:
            self._told = now
            self.status(text)

    def live(self, line: Live, total_s: float) -> None:
        """Show the last second."""
        over = bool(total_s) and line.at >= total_s and (self._line is None or self._line.at < total_s)
        self._line, self._total = line, total_s
        if self._screen is not None:
            self._screen.update(self._table())
        elif over or (line.total and time.monotonic() - self._told >= EVERY_S):
            self._told = time.monotonic()
            self._out.write(plain(line, total_s) + "\n")
            self._out.flush()

    def _table(self) -> Table:
        table = Table(title=self._title, title_justify="left", show_header=False, box=None, padding=(0, 2, 0, 0))
        line = self._line
        if line is None:
            table.add_row(Text(self._status or "starting", style="italic"))
            return table
        left = f"{max(self._total - line.at, 0):.0f} s left of {self._total:.0f}" if self._total else f"{line.at:.0f} s"
        rate = line.total_errors / line.total if line.total else 0.0
        table.add_row("time", left, "calls/s", f"{line.rate:.0f}", "visits/s", f"{line.workflows:.0f}")
        percentiles = (("p50", line.p50), ("p95", line.p95), ("p99", line.p99))
        table.add_row(*(cell for q, ms in percentiles for cell in (q, f"{_ms(ms)} ms")))
        errors = Text(f"{line.total_errors} of {line.total} ({rate:.2%})", style="red" if line.total_errors else "")
        table.add_row("errors", errors, "at work", str(line.busy), "waiting", str(line.queued))
        lost = f", {line.lost} lost" if line.lost else ""
        table.add_row(
            "generator",
            f"{line.cpu:.0%} of a core",
            "workers",
            f"{line.workers}{lost}",
            "offers left",
            str(line.offers),
        )
        return table


def plain(line: Live, total_s: float) -> str:
    """Return the state as one line."""
    of = f"/{total_s:.0f}" if total_s else ""
    return (
        f"{line.at:4.0f}{of} s  {line.rate:.0f} calls/s  {line.workflows:.0f} visits/s  "
        f"p50 {_ms(line.p50)}  p95 {_ms(line.p95)}  p99 {_ms(line.p99)} ms  "
        f"errors {line.total_errors} of {line.total}  generator {line.cpu:.0%}"
        + (f"  LOST {line.lost}" if line.lost else "")
    )


def _ms(value: float | None) -> str:
    """A percentile of one second, which too few answers may have none of."""
    return "-" if value is None else f"{value:.2f}"
