"""``offerproof selfcheck``: can the judge be trusted?"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from offerproof.cli import a_teams_own_clauses, say
from offerproof.contract import Level, Strength, SuiteFolders
from offerproof.errors import ExitCode, Misuse
from offerproof.files import write_whole
from offerproof.interruption import stopped_by_signals

if TYPE_CHECKING:
    from offerproof.defects import Defect


_STANDARD_OUTPUT: Final = Path("-")
_JSON: Final = "Write the report there; -: to standard output, and what people read to standard error."


@click.command("selfcheck")
@click.option("--only", multiple=True, metavar="NAME", help="Only this planted defect; repeatable.")
@click.option("--family", multiple=True, metavar="NAME", help="Only the planted defects of this family; repeatable.")
@click.option("--clause", multiple=True, metavar="CLAUSE", help="Only the planted defects of this clause; repeatable.")
@click.option(
    "--tills", is_flag=True, help="Check the judge of clients: tills with a planted mistake each, and right ones."
)
@click.option(
    "--seeds",
    type=click.IntRange(0, 10_000),
    help="Correct simulators to judge (3 by default), or right tills (50 by default).",
)
@click.option("--jobs", type=click.IntRange(1, 64), help="Processes; as many as there are processors by default.")
@click.option("--level", type=click.Choice(["gate", "full"]), default="gate", show_default=True, help="Of whole runs.")
@click.option("--quick", is_flag=True, help="One defect of each family, one seed.")
@click.option(
    "--thorough/--no-thorough",
    default=False,
    show_default=True,
    help="Also run the whole suite against killed defects: what else turns red?",
)
@a_teams_own_clauses("Of a team's own clauses: plant the defects of DIR/defects.py; their code is run as trusted.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), metavar="FILE", help=_JSON)
def command(
    only: tuple[str, ...],
    family: tuple[str, ...],
    clause: tuple[str, ...],
    tills: bool,
    seeds: int | None,
    jobs: int | None,
    level: str,
    quick: bool,
    thorough: bool,
    clauses: Path | None,
    json_file: Path | None,
) -> ExitCode:
    """Judge simulators with one planted defect each, and correct ones; all of it over HTTP on the loopback.

    Exit code 0 only when each defect is killed by the clause it names, none is vacuous, and no correct simulator is
    accused. With --tills the same is asked of the judge of clients (audit --client), in this process.
    """
    if tills:
        return _tills(only, clause, _RIGHT_TILLS if seeds is None else seeds, json_file)

    say = _talk(json_file)
    from offerproof.selfcheck import Plan, Trial, alarm_line, catalogue, check, summary, trial_line

    chosen = _chosen(catalogue(clauses), only, family, clause, quick=quick)
    plan = Plan(
        defects=chosen,
        seeds=tuple(range(1 if quick else _RIGHT_SIMULATORS if seeds is None else seeds)),
        level=Level(level),
        thorough=thorough,
        jobs=jobs or os.cpu_count() or 1,
        clauses=clauses,
    )
    with stopped_by_signals():
        report = check(plan, lambda one: say(trial_line(one) if isinstance(one, Trial) else alarm_line(one)))
    say(summary(report))
    if clauses is not None:
        say(_without_a_defect(clauses))
    _keep(report, json_file)
    return report.exit_code


def _talk(json_file: Path | None) -> Callable[[str], None]:
    """Where people read: beside the JSON, where that goes to standard output."""
    return partial(say, err=json_file == _STANDARD_OUTPUT)


def _without_a_defect(clauses: Path) -> str:
    """Of a team's clauses, those that nothing shows to be able to turn red."""
    from offerproof.selfcheck import catalogue

    suite = SuiteFolders(added=clauses)
    able = {one.clause for one in catalogue(clauses).values()}
    own = (one for one in suite.contract.clauses.values() if one.chapter in suite.chapters and not one.unchecked)
    lacking = [one.id for one in own if one.id not in able and one.strength is not Strength.INFO]
    return f"no defect shows that these can turn red: {', '.join(lacking) or 'none, each has one'}"


def _tills(only: tuple[str, ...], clause: tuple[str, ...], seeds: int, json_file: Path | None) -> ExitCode:
    """Judge tills, right and wrong ones."""
    from offerproof.selfcheck.tills import MISTAKES, judge_tills, till_line, tills_summary

    for name in only:
        if name not in MISTAKES:
            raise Misuse(f"there is no planted mistake {name!r}", hint=f"there are {', '.join(MISTAKES)}")
    wanted = {name.upper() for name in clause}
    if unknown := sorted(wanted - {one.clause for one in MISTAKES.values()}):
        raise Misuse(f"no planted mistake names the clause {unknown[0]}", hint="offerproof clauses TILL lists them")
    names = [
        one.name for one in MISTAKES.values() if (not only or one.name in only) and (not wanted or one.clause in wanted)
    ]
    trials = []
    for trial in judge_tills(names, seeds):
        _talk(json_file)(till_line(trial))
        trials.append(trial)
    _talk(json_file)(tills_summary(trials))
    _keep(trials, json_file)
    return ExitCode.OK if all(trial.right for trial in trials) else ExitCode.FAILED


def _keep(report: object, json_file: Path | None) -> None:
    """Write a report as JSON, where that is asked for."""
    import msgspec

    if json_file is None:
        return
    document = msgspec.json.format(msgspec.json.encode(report), indent=2)
    if json_file == _STANDARD_OUTPUT:
        click.echo(document)
        return
    write_whole(json_file, f"{document.decode()}\n", hint="choose another --json")


def _chosen(
    known: Mapping[str, Defect],
    only: tuple[str, ...],
    family: tuple[str, ...],
    clause: tuple[str, ...],
    *,
    quick: bool,
) -> tuple[str, ...]:
    """The names of the defects that are asked for, by family and name."""
    from difflib import get_close_matches

    from offerproof.defects import FAMILIES

    for name in only:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.4)
            raise Misuse(f"there is no defect {name!r}", hint=f"near: {', '.join(near)}" if near else _LIST)
    for name in family:
        if name not in FAMILIES:
            raise Misuse(f"there is no family {name!r}", hint=f"there are {', '.join(FAMILIES)}")
    wanted = {name.upper() for name in clause}
    unknown = sorted(wanted - {one.clause for one in known.values()})
    if unknown:
        raise Misuse(f"no defect names the clause {unknown[0]}", hint=_LIST)
    named = bool(only or family or wanted)
    chosen = [
        one
        for one in sorted(known.values(), key=lambda one: (FAMILIES.index(one.family), one.name))
        if (not only or one.name in only)
        and (not family or one.family in family)
        and (not wanted or one.clause in wanted)
        and (named or one.family != _BY_LOAD)
    ]
    if quick:
        first = {one.family: one for one in reversed(chosen)}
        chosen = [one for one in chosen if first[one.family] is one]
    return tuple(one.name for one in chosen)


_RIGHT_SIMULATORS = 3
_RIGHT_TILLS = 50
_BY_LOAD = "load"
"""The family that only load runs can judge: left out unless it is asked for."""
_LIST = "see offerproof simulate --list-defects"
