"""``offerproof report``: a run, shown again, also a week later."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Run, read_run
from offerproof.report.safety import write

FORMATS = ("text", "html", "junit", "markdown", "json")


@click.command(name="report")
@click.argument("run", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True, help="Kind of report.")
@click.option("--out", type=click.Path(path_type=Path), help="Write into this file instead of to standard output.")
@click.option("--baseline", type=click.Path(path_type=Path), help="An earlier load run to draw beside this one (html).")
@click.option("--partial", is_flag=True, help="Show an unfinished run as far as it goes: never better than not judged.")
def command(run: Path, form: str, out: Path | None, baseline: Path | None, partial: bool) -> ExitCode:
    """Show RUN, a run's folder or its run.jsonl.

    The exit code says whether the report was made, not what is in it; an unfinished or changed run is refused with 3.
    """
    if baseline is not None and form != "html":
        raise Misuse("--baseline goes with --format html", hint="offerproof compare shows what moved, in every format")
    read = read_run(run, partial=partial)
    emit(rendered(read, form, baseline=read_run(baseline) if baseline else None), out)
    return ExitCode.OK


def rendered(run: Run, form: str, *, baseline: Run | None = None) -> str:
    """The run in one of ``FORMATS``. Only the renderer that is needed gets imported."""
    if form == "html":
        from offerproof.report import html

        return html.render(run, baseline=baseline)
    if form == "junit":
        from offerproof.report import junit

        return junit.render(run)
    if form == "markdown":
        from offerproof.report import markdown

        return markdown.render(run)
    if form == "json":
        from offerproof.report import json

        return json.render(run)
    from offerproof.report import text

    return text.render(run)


def emit(document: str, out: Path | None) -> None:
    """Write a document to a file, or to standard output whatever its encoding.

    Raises:
        Misuse: the file cannot be written.
    """
    if out is None:
        write(sys.stdout, document)
        return
    try:
        out.write_text(document, encoding="utf-8", newline="\n")
    except OSError as problem:
        raise Misuse(f"cannot write {out}: {problem.strerror}") from problem
