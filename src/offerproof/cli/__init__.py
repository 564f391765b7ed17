"""The command line: one module per command, imported only when that command is called.

A command is a ``click`` command named ``command`` in ``offerproof.cli.<name>``; its function returns an ``ExitCode``.
"""

from __future__ import annotations

import io
import os
import re
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from difflib import get_close_matches
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeVar, cast

import click
from click.shell_completion import CompletionItem

from offerproof import __version__
from offerproof.errors import ExitCode, OfferproofError
from offerproof.files import FULL

if TYPE_CHECKING:
    from offerproof.findings import Run

Command = TypeVar("Command", bound=Callable[..., Any])

COMMANDS = {
    "certify": "Does the target keep the contract? With no target: starts its own simulator.",
    "load": "Does it hold the load, and is it still right under it?",
    "audit": "Does recorded traffic keep the contract? Nothing is sent.",
    "watch": "Do a client and a target keep the contract, while they work? A proxy between them.",
    "till": "Does a till do right when things go wrong? Twelve situations before a simulator.",
    "simulate": "A faithful server to develop against.",
    "init": "Write a commented target profile: from answers, options or a recording.",
    "check": "Is a profile right for its target? Step by step; changes nothing.",
    "replay": "Show a finding again, on fresh data.",
    "report": "Show a run again, in any format.",
    "runs": "The runs that are kept, a line each.",
    "compare": "What moved between two runs.",
    "matrix": "Several runs on one page: targets or versions side by side.",
    "verify": "Is a signed certificate right, and does its run say so?",
    "explain": "What a clause says, where it is written, how it is tested.",
    "clauses": "All clauses, a line each.",
    "contract": "The API's description as one file: to generate a client from, to mock, to import.",
    "selfcheck": "Can the judge be trusted? Every planted defect must be caught.",
}


class _Lazy(click.Group):
    """Imports a command's module when it is asked for, so that ``--help`` costs nothing."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        return cast(click.Command, import_module(f"offerproof.cli.{cmd_name}").command)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Complete the names of commands without importing any."""
        names = [CompletionItem(name, help=told) for name, told in COMMANDS.items() if name.startswith(incomplete)]
        return names or super(click.Group, self).shell_complete(ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = get_close_matches(name, COMMANDS, n=1, cutoff=0.5)
            meant = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(COMMANDS)}."
            ctx.fail(f"No such command {name!r}. {meant}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="offerproof")
def offerproof() -> None:
    """Certify, load-test and simulate the loyalty-offer API.

    Exit codes: 0 conforms, 1 does not, 2 called wrongly, 3 could not judge, 4 conforms so far (certify --open).
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; our own errors become one line and a hint on standard error."""
    with _streams():
        return _main(argv)


def _main(argv: Sequence[str] | None) -> int:
    try:
        code = offerproof.main(args=None if argv is None else list(argv), prog_name="offerproof", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return int(stop.exit_code)
    except click.Abort:
        say("offerproof: interrupted", err=True)
        return int(ExitCode.NOT_JUDGED)
    except click.ClickException as wrong:
        shown = io.StringIO()
        wrong.show(file=shown)
        say(shown.getvalue().rstrip("\n"), err=True)
        if ".toml" in wrong.message and "unexpected extra argument" in wrong.message:
            say("  hint: a target profile is named with --target PROFILE", err=True)
        return int(ExitCode.MISUSE)
    except OfferproofError as problem:
        say(f"offerproof: {problem.message}", err=True)
        if problem.hint:
            say(f"  hint: {problem.hint}", err=True)
        return int(problem.exit_code)
    except Exception as problem:  # never Python's own exit code 1: it would say that the target does not conform
        return _broken(problem)
    return int(code) if isinstance(code, int) else int(ExitCode.OK)


def say(text: object = "", *, err: bool = False) -> None:
    """Print a text for people: on a terminal each line breaks at blanks, and goes on beneath its last column.

    Without a terminal it is printed as it is: what programs read has its lines whole.
    """
    columns = terminal_columns(sys.stderr if err else sys.stdout)
    lines = str(text).split("\n")
    click.echo("\n".join(lines if columns is None else (_broken_at(line, columns) for line in lines)), err=err)


def say_table(rows: Iterable[Sequence[str]]) -> None:
    """Print rows for people, two blanks between columns; on a terminal the last column breaks where it must."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    for row in rows:
        table.add_row(*map(Text, row))
    for column in table.columns[:-1]:
        column.no_wrap = True
    if not table.rows:
        return
    shown = io.StringIO()
    width = terminal_columns(sys.stdout) or 100_000  # without a terminal no line breaks
    Console(file=shown, width=width, color_system=None, legacy_windows=False).print(table)
    click.echo(re.sub(" +$", "", shown.getvalue(), flags=re.MULTILINE), nl=False)


def terminal_columns(stream: TextIO) -> int | None:
    """Columns of the stream's own terminal; None without one."""
    if not stream.isatty():
        return None
    from offerproof.report import live

    return live.terminal_columns(stream)


def _broken_at(line: str, columns: int) -> str:
    if len(line) <= columns:
        return line
    rightmost = min(columns * 0.6, columns - max(map(len, line.split()), default=0))  # a path stays whole, and fits
    begins = [gap.end() for gap in re.finditer(r"(?:^|\S) {2,}(?=\S)", line) if gap.end() <= rightmost]
    beneath = " " * (begins[-1] if begins else 2)
    return textwrap.fill(line, columns, subsequent_indent=beneath, break_long_words=False, break_on_hyphens=False)


def a_teams_own_clauses(what: str) -> Callable[[Command], Command]:
    """The option that names a folder of clauses which are not ours; ``what`` it is for."""
    where = click.Path(path_type=Path, exists=True, file_okay=False)
    return click.option("--clauses", type=where, metavar="DIR", help=what)


def names_of_clauses(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the ids of clauses and chapters, of a team's own too where ``--clauses`` stands before."""
    from offerproof.contract import SuiteFolders

    contract = SuiteFolders(added=ctx.params.get("clauses")).contract
    known = {**contract.chapters, **{one.id: one.sentence for one in contract.clauses.values()}}
    return [CompletionItem(name, help=told) for name, told in known.items() if name.startswith(incomplete.upper())]


def exit_code_after(write: Callable[[], None], code: ExitCode) -> ExitCode:
    """Write a run's reports and return its exit code; nothing to write on does not hide a failure."""
    try:
        write()
    except OSError as problem:
        with suppress(OSError):
            say(f"offerproof: the reports cannot be written: {problem.strerror}", err=True)
        return ExitCode.NOT_JUDGED if code is ExitCode.OK else code
    return code


def close(run: Run, folder: Path) -> ExitCode:
    """Keep the reports of a run, say where, and return the exit code."""
    from offerproof.report.formats import keep_reports

    code = exit_code_after(lambda: keep_reports(run, folder), run.outcome.exit_code)
    with suppress(OSError):  # a pipe that was closed changes no verdict
        say_where(folder)
    return code


def say_where(folder: Path) -> None:
    """Say where the page of a run is to open, and last where all of the run is."""
    for page in sorted(folder.glob("*.html")):
        say(f"to read: {page}")
    say(f"run: {folder}")


@contextmanager
def _streams() -> Iterator[None]:
    """Standard streams that were closed, or break, are replaced by nothing: the exit code is the answer that counts."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # ``>&-``
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115  (for the whole process)
    given = sys.stdout
    sys.stdout = cast(TextIO, _ReadAsFarAsWanted(given))
    try:
        yield
    finally:
        sys.stdout = given
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError):  # else the interpreter tries again at its end, and exits with 120
                with suppress(OSError, ValueError):
                    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class _ReadAsFarAsWanted:
    """Standard output whose reader may have had enough (``| head``): the rest goes nowhere, and nothing has failed."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, while somebody reads."""
        try:
            self._stream.write(text)
        except BrokenPipeError:
            self._go_nowhere()
        return len(text)

    def flush(self) -> None:
        """Flush, while somebody reads."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._go_nowhere()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _go_nowhere(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())


def _broken(problem: Exception) -> int:
    """Say in one line that we failed; an exception's text may hold anything, so only the system's own is shown."""
    told = problem.strerror if isinstance(problem, OSError) and problem.strerror else type(problem).__name__
    if isinstance(problem, OSError) and problem.errno in FULL:
        with suppress(OSError):
            say(f"offerproof: cannot write: {told}\n  hint: is the disk full?", err=True)
        return int(ExitCode.NOT_JUDGED)
    frames = traceback.extract_tb(problem.__traceback__)
    place = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    with suppress(OSError):
        say(f"offerproof: {told}{place}", err=True)
        if not isinstance(problem, OSError):
            say("  hint: this is a fault of offerproof, not of the target; please report it", err=True)
        if os.environ.get("OFFERPROOF_TRACEBACK"):
            traceback.print_exception(problem)
        else:
            say("  hint: OFFERPROOF_TRACEBACK=1 shows where (it may show personal data)", err=True)
    return int(ExitCode.NOT_JUDGED)


if __name__ == "__main__":
    sys.exit(main())
