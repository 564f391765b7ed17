"""``offerproof report``: a run, shown again, also a week later."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from offerproof.errors import ExitCode, Misuse
from offerproof.files import write_whole
from offerproof.findings import read_run
from offerproof.report.formats import Format, all_formats, find_format
from offerproof.report.live import WIDEST, terminal_columns
from offerproof.report.safety import write

_FORMATS = all_formats()
_BESIDE = ", ".join(one.name for one in _FORMATS if one.beside)


@click.command(name="report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice([one.name for one in _FORMATS]),
    default="text",
    show_default=True,
    help="; ".join(f"{one.name}: for {one.about}" for one in _FORMATS) + ".",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write into this file instead of to standard output.")
@click.option(
    "--baseline", type=click.Path(path_type=Path), help=f"An earlier load run to draw beside this one ({_BESIDE})."
)
@click.option("--partial", is_flag=True, help="Show an unfinished run as far as it goes: never better than not judged.")
def command(run: Path, form: str, out: Path | None, baseline: Path | None, partial: bool) -> ExitCode:
    """Show RUN, a run's folder or its run.jsonl.

    The exit code says whether the report was made, not what is in it; an unfinished or changed run is refused with 3.
    """
    chosen = find_format(form)
    if baseline is None:
        emit(chosen, chosen.run, read_run(run, partial=partial), out=out)
        return ExitCode.OK
    if chosen.beside is None:
        raise Misuse(f"--baseline goes with --format {_BESIDE}", hint="offerproof compare shows what moved")
    emit(chosen, chosen.beside, read_run(run, partial=partial), read_run(baseline), out=out)
    return ExitCode.OK


def emit(form: Format, render: Callable[..., str], *shown: object, out: Path | None, widest: int = WIDEST) -> None:
    """Write what a format makes to a file, or to standard output, as wide as its terminal and whatever its encoding.

    Raises:
        CannotJudge: there is no room for the file. Misuse: it cannot be written.
    """
    columns = terminal_columns(sys.stdout) if form.wraps and out is None else None
    document = render(*shown, **({"width": min(columns, widest)} if columns else {}))
    if out is None:
        write(sys.stdout, document)
        return
    write_whole(out, document)
