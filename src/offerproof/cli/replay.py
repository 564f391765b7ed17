"""``offerproof replay``: show a finding again, on fresh data."""

from __future__ import annotations

from pathlib import Path

import click

from offerproof.cli import a_teams_own_clauses, close, stopped_by_signals
from offerproof.conformance import Options, certify
from offerproof.contract import RUNS, SuiteFolders, added_hash
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Finding, Run, Verdict, read_run, versions_here, versions_moved
from offerproof.target import load_profile

_EVERY = "every answer"


@click.command("replay")
@click.argument("run", type=click.Path(path_type=Path))
@click.argument("finding")
@click.option(
    "--target", type=click.Path(path_type=Path), metavar="PROFILE", help="Another profile than the recorded one."
)
@a_teams_own_clauses("Where a team's own clauses are now, if not where the run had them.")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
def command(run: Path, finding: str, target: Path | None, clauses: Path | None, out: Path) -> ExitCode:
    """Run the check of FINDING (its id, the end of it, or its clause) of RUN again.

    Same target, level and seed; new customers and offers. Exit code 1: it fails again. 0: it passes now.
    """
    from offerproof.report.live import LiveView

    recorded = read_run(run, partial=True)
    if recorded.header.kind == "load":
        scenario, seed = recorded.header.load.scenario if recorded.header.load else "checkout", recorded.header.seed
        hint = f"do the load again: offerproof load --scenario {scenario} --seed {seed}, and the settings it had"
        raise Misuse("what a load run found is of many calls at once, and is not replayed", hint=hint)
    if recorded.header.kind == "audit":
        hint = "offerproof certify --target PROFILE --only CLAUSE asks a target for it"
        raise Misuse("an audit judges what others sent, and what it found is not replayed", hint=hint)
    for moved in versions_moved(recorded.header.versions, versions_here()):
        click.echo(f"offerproof: {moved} since then: the same seed may send other requests", err=True)
    wanted = find(recorded, finding)
    profile = target or (Path(recorded.header.profile) if recorded.header.profile else None)
    with LiveView() as view, stopped_by_signals():
        finished = certify(
            Options(
                profile=load_profile(profile) if profile else None,
                level=recorded.header.level,
                seed=recorded.header.seed,
                only=(wanted.clause,),
                check=None if wanted.check == _EVERY else wanted.check,
                out=out,
                suite=_suite(recorded, clauses),
                kind="replay",
                listeners=(view,),
            )
        )
    code = close(finished.run, finished.folder)
    again = [found for found in finished.run.findings if found.verdict in (Verdict.FAIL, Verdict.WARN)]
    if any(found.identity == wanted.identity for found in again):
        click.echo(f"{wanted.identity} fails again: {finished.folder}")
        return ExitCode.FAILED
    if again:
        click.echo(f"{wanted.clause} fails again, in another way ({again[0].identity}): {finished.folder}")
        return ExitCode.FAILED
    if finished.run.outcome.exit_code is ExitCode.OK:
        click.echo(f"{wanted.identity} passes now: {finished.folder}")
    return code


def _suite(run: Run, clauses: Path | None) -> SuiteFolders:
    """What the run was judged by, with a team's clauses where it had some: as they are today."""
    added = run.plan.added
    if added is None:
        return SuiteFolders(added=clauses)
    folder = clauses or Path(added.folder)
    if not folder.is_dir():
        raise Misuse(f"the run had clauses of {folder}, and there is no such folder", hint="name it with --clauses")
    if added_hash(folder) != added.sha256:
        click.echo(f"offerproof: {folder} has changed since the run; it is judged by what stands there now", err=True)
    return SuiteFolders(added=folder)


def find(run: Run, name: str) -> Finding:
    """The finding of a run by its identity, the end of its identity, or its clause.

    Raises:
        Misuse: there is none, or several fit.
    """
    found = [one for one in run.findings if one.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)]
    for fits in (
        [one for one in found if one.identity == name],
        [one for one in found if one.identity.endswith(f":{name}")],
        [one for one in found if one.clause == name.upper()],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise Misuse(f"{name} fits several findings", hint=f"one of: {', '.join(one.identity for one in fits)}")
    known = ", ".join(one.identity for one in found[:10])
    raise Misuse(f"the run has no finding {name!r}", hint=f"it has: {known}" if known else "it has no failure at all")
