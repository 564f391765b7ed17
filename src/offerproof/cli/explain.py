"""``offerproof explain``: what a clause says, where it is written, how it is tested."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from offerproof.cli import a_teams_own_clauses, names_of_clauses, say
from offerproof.contract import ANY, BESIDE_SHAPES, Clause, SuiteFolders, load_requirements
from offerproof.errors import ExitCode

_STRENGTH: Final = {
    "must": "must: breaking it fails the target",
    "should": "should: breaking it is a warning",
    "info": "info: which reading the target follows; never judged",
}
_SAID_MAX: Final = 12
"""Requirements named; a clause that judges every member of an answer has a hundred."""


@click.command("explain")
@click.argument("clause", shell_complete=names_of_clauses)
@click.option("--source", is_flag=True, help="Show the checks' source text too.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@a_teams_own_clauses("Where a team's own clauses are.")
def command(clause: str, source: bool, as_json: bool, clauses: Path | None) -> ExitCode:
    """Explain CLAUSE (such as LOCK-3)."""
    suite = SuiteFolders(added=clauses)
    contract = suite.contract
    found = contract.find(clause)
    if as_json:
        click.echo(json.dumps(_document(found, suite, source=source), indent=2, ensure_ascii=False))
        return ExitCode.OK
    say(f"{found.id}  {contract.chapters[found.chapter]}\n\n  {found.sentence}\n")
    for name, value in _facts(found).items():
        say(f"  {name:<10} {value}")
    said = load_requirements().judged_by(found.id)
    for one in said[:_SAID_MAX]:
        say(f"  {'documents':<10} {one.id}: {one.says}")
    if len(said) > _SAID_MAX:
        say(f"  {'':<10} and {len(said) - _SAID_MAX} more (contracts/requirements.toml)")
    checks = checks_of(found.id, suite)
    for file, name, text in checks:
        say(f"  {'check':<10} {file}::{name}")
        if source:
            say("\n" + "\n".join(f"    {line}" for line in text.splitlines()) + "\n")
    if not checks and not found.shapes:
        say(f"  {'check':<10} none: {found.unchecked or 'nobody wrote one yet'}")
    say(f"\n  {_judged(found, suite)}")
    return ExitCode.OK


def _judged(clause: Clause, suite: SuiteFolders) -> str:
    """The command that judges a clause."""
    if clause.client:
        return f"offerproof audit RECORDING --client NAME --require {clause.id}"
    added = f" --clauses {suite.added}" if clause.chapter in suite.chapters else ""
    return f"offerproof certify --only {clause.id}{added}"


def _document(clause: Clause, suite: SuiteFolders, *, source: bool) -> dict[str, Any]:
    """The same for programs: the clause as ``clauses`` lists it, what the documents say, its checks, the command."""
    checks = [
        {"file": file, "function": name} | ({"source": text} if source else {})
        for file, name, text in checks_of(clause.id, suite)
    ]
    return {
        **msgspec.to_builtins(clause),
        "chapter": clause.chapter,
        "chapter_title": suite.contract.chapters[clause.chapter],
        "documents": [{"id": one.id, "says": one.says} for one in load_requirements().judged_by(clause.id)],
        "checks": checks,
        "command": _judged(clause, suite),
    }


def _facts(clause: Clause) -> dict[str, str]:
    facts = {
        "written in": f"{clause.source}, {clause.section}",
        "strength": _STRENGTH[clause.strength],
        "level": f"{clause.level} and above",
    }
    if clause.operations:
        facts["about"] = ", ".join(clause.operations)
    if clause.needs:
        facts["needs"] = f"{', '.join(clause.needs)} (declared by the target's profile)"
    for question, answers in clause.declares.items():
        told = "as it is declared there" if ANY in answers else " or ".join(f'"{answer}"' for answer in answers)
        facts["holds to"] = f"{facts.get('holds to', '')}; [behaviour] {question}: {told}".removeprefix("; ")
    if clause.shapes:
        named = f"every answer of {', '.join(clause.shapes)}, against its schema"
        facts["judges"] = BESIDE_SHAPES.get(clause.shapes[0], named)
    if clause.follows_from:
        facts["follows"] = (
            f"{', '.join(clause.follows_from)}: where one of these is broken, that is probably why this is"
        )
    return facts


def checks_of(clause: str, suite: SuiteFolders) -> list[tuple[str, str, str]]:
    """The checks of a clause as (file, function, source text), read without importing them."""
    return [
        (file.name, function.name, text)
        for folder in suite.folders
        for file in sorted(folder.glob("test_*.py"))
        for function, text in _functions(file)
        if clause in _marked(function)
    ]


def _functions(file: Path) -> list[tuple[ast.FunctionDef, str]]:
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    return [(node, "\n".join(lines[_first(node) - 1 : node.end_lineno])) for node in functions]


def _first(node: ast.FunctionDef) -> int:
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _marked(function: ast.FunctionDef) -> set[str]:
    return {
        str(argument.value)
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Name) and decorator.func.id == "clause"
        for argument in decorator.args
        if isinstance(argument, ast.Constant)
    }
