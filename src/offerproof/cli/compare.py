"""``offerproof compare``: what moved between two runs."""

from __future__ import annotations

from pathlib import Path

import click

from offerproof.cli.report import emit
from offerproof.errors import ExitCode
from offerproof.findings import read_run
from offerproof.report.comparison import compare_runs
from offerproof.report.formats import all_formats

_FORMATS = {one.name: one for one in all_formats() if one.comparison}


@click.command(name="compare")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="text",
    help="The kind of report; text if not given.",
)
@click.option("--out", type=click.Path(path_type=Path), help="Write into this file instead of to standard output.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0),
    default=10.0,
    show_default=True,
    help="Per cent by which a figure of a load run may move before it counts.",
)
def command(old: Path, new: Path, form: str, out: Path | None, tolerance: float) -> ExitCode:
    """Compare two finished runs (folders or run.jsonl files) of the same kind.

    Exit code 1 when something got worse: a clause, a new finding, a figure beyond chance and tolerance, the verdict.
    """
    comparison = compare_runs(read_run(old), read_run(new), tolerance=tolerance)
    chosen = _FORMATS[form]
    assert chosen.comparison is not None
    emit(chosen, chosen.comparison, comparison, out=out)
    return ExitCode(comparison.exit_code)
