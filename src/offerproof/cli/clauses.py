"""``offerproof clauses``: all clauses, a line each."""

from __future__ import annotations

import json
from pathlib import Path

import click
import msgspec

from offerproof.cli import a_teams_own_clauses, names_of_clauses, say
from offerproof.contract import SuiteFolders
from offerproof.errors import ExitCode


@click.command("clauses")
@click.argument("names", nargs=-1, metavar="[CLAUSE|CHAPTER]...", shell_complete=names_of_clauses)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="text for people, json for programs.",
)
@a_teams_own_clauses("With a team's own.")
def command(names: tuple[str, ...], form: str, clauses: Path | None) -> ExitCode:
    """List the clauses: id, strength, level, sentence. All of them, or those named."""
    contract = SuiteFolders(added=clauses).contract
    chosen = [clause for clause in contract.clauses.values() if clause.id in contract.select(names)]
    if form == "json":
        described = [
            {**msgspec.to_builtins(one), "chapter": one.chapter, "chapter_title": contract.chapters[one.chapter]}
            for one in chosen
        ]
        click.echo(json.dumps(described, indent=2, ensure_ascii=False))
        return ExitCode.OK
    chapter = None
    for clause in chosen:
        if clause.chapter != chapter:
            chapter = clause.chapter
            say(f"\n{chapter}  {contract.chapters[chapter]}")
        say(f"  {clause.id:<11} {clause.strength:<7} {clause.level:<6} {clause.sentence}")
    return ExitCode.OK
