"""``offerproof runs``: the runs that are kept, a line each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from offerproof.cli import say_table
from offerproof.contract import RUNS, known_runs
from offerproof.errors import ExitCode
from offerproof.findings import UnreadableRun, glance
from offerproof.report.safety import one_line


@click.command("runs")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(out: Path, as_json: bool) -> ExitCode:
    """List the runs that are kept, the oldest first: name, kind, target, level, verdict.

    Each name is one that report, compare, replay and matrix take; so is latest, for the last of them.
    """
    rows = [row for file in known_runs(out) if (row := _row(file))]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return ExitCode.OK
    columns = ("name", "kind", "target", "level", "verdict")
    say_table([row[name] for name in columns] for row in rows)
    return ExitCode.OK


def _row(file: Path) -> dict[str, Any] | None:
    """What a line says of a run; None for what is no run."""
    try:
        header, footer = glance(file)
    except UnreadableRun:
        return None
    return {
        "name": one_line(file.parent.name),
        "kind": header.kind,
        "target": one_line(header.target.name),
        "level": header.level.value if header.kind not in ("load", "audit") else "",
        "verdict": footer.verdict.value if footer else "not finished",
        "exit_code": footer.exit_code if footer else None,
        "started": header.started,
        "finished": footer.finished if footer else None,
    }
