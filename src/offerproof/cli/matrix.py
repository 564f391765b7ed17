"""``offerproof matrix``: several runs on one page."""

from __future__ import annotations

from pathlib import Path

import click

from offerproof.cli.report import emit
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import read_run
from offerproof.report.formats import all_formats
from offerproof.report.matrix import matrix_of

_FORMATS = {one.name: one for one in all_formats() if one.matrix}


@click.command("matrix")
@click.argument("runs", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="RUN…")
@click.option(
    "--format",
    "form",
    type=click.Choice(list(_FORMATS)),
    default="text",
    show_default=True,
    help="The kind of page; text lists the clauses on which the runs differ, the others all.",
)
@click.option("--differing", is_flag=True, help="Only chapters and clauses on which the runs do not agree.")
@click.option("--out", type=click.Path(path_type=Path), help="Write into this file instead of to standard output.")
def command(runs: tuple[Path, ...], form: str, differing: bool, out: Path | None) -> ExitCode:
    """Show finished runs side by side: targets, or versions of one, as columns; chapters and clauses as rows.

    The exit code says whether the page was made, not what is in it.
    """
    if len(runs) < 2:
        raise Misuse("a matrix has two runs or more", hint="offerproof report shows one")
    matrix = matrix_of([read_run(run) for run in runs])
    if differing:
        matrix = matrix.without_agreement()
    chosen = _FORMATS[form]
    assert chosen.matrix is not None
    emit(chosen, chosen.matrix, matrix, out=out, widest=60 + 30 * len(runs))
    return ExitCode.OK
