"""``offerproof replay``: show a finding again, on fresh data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import click

from offerproof.cli import a_teams_own_clauses, close, say
from offerproof.conformance import Finished, Options, certify
from offerproof.contract import RUNS, SuiteFolders, added_hash
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Finding, Run, Verdict, read_run, versions_here, versions_moved
from offerproof.interruption import stopped_by_signals
from offerproof.target import Profile, load_profile

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
    """Run the check of FINDING (its id, the end of it, or its clause: all of that) of RUN again.

    Same target, level and seed; new customers and offers. What passes alone is asked for once more among all checks
    of RUN: what these do beside it may be the reason. Exit code 1: it fails again. 0: it passes now, both ways. 3: it
    passes alone, and what the others do could not be done again.
    """
    from offerproof.report.live import LiveView

    recorded = read_run(run, partial=True)
    _refuse_what_is_not_asked(recorded)
    for moved in versions_moved(recorded.header.versions, versions_here()):
        say(f"offerproof: {moved} since then: the same seed may send other requests", err=True)
    wanted = find(recorded, finding)
    profile = _profile(recorded, target)
    header, suite = recorded.header, _suite(recorded, clauses)
    again = Options(profile=profile, level=header.level, seed=header.seed, out=out, suite=suite, kind="replay")
    checks = {one.check for one in wanted}
    check = None if len(checks) > 1 or _EVERY in checks else wanted[0].check
    clause, name = wanted[0].clause, wanted[0].identity if len(wanted) == 1 else wanted[0].clause
    among: Finished | None = None
    with LiveView() as view, stopped_by_signals():
        again = replace(again, listeners=(view,))
        alone = certify(replace(again, only=(clause,), check=check))
        ran = {one.check for one in alone.run.findings}
        if _passed(alone, clause) and {one.check for one in recorded.findings} > ran:
            among = certify(replace(again, only=header.only))
    code = close(alone.run, alone.folder)
    told = _failed_again(alone, wanted)
    if told:
        say(f"{told}: {alone.folder}")
        return ExitCode.FAILED
    if not _passed(alone, clause):
        return code
    if among is None:
        say(f"{name} passes now: {alone.folder}")
        return code
    told = _failed_again(among, wanted)
    if told:
        say(f"{told} among the other checks, whose doings it needs; alone it passes: {among.folder}")
        return ExitCode.FAILED
    if not _passed(among, clause):
        say(f"{name} passes alone; among the other checks it could not be judged: {among.folder}")
        return ExitCode.NOT_JUDGED
    say(f"{name} passes now, alone and among the other checks: {among.folder}")
    return code


def _refuse_what_is_not_asked(recorded: Run) -> None:
    """Only what a run of the suite has found is asked for again.

    Raises:
        Misuse: the run is another one; the hint says what does it again.
    """
    if recorded.header.kind == "load":
        scenario, seed = recorded.header.load.scenario if recorded.header.load else "checkout", recorded.header.seed
        hint = f"do the load again: offerproof load --scenario {scenario} --seed {seed}, and the settings it had"
        raise Misuse("what a load run found is of many calls at once, and is not replayed", hint=hint)
    if recorded.header.kind in ("audit", "client"):
        hint = "offerproof certify --target PROFILE --only CLAUSE asks a target for it"
        raise Misuse("an audit judges what others sent, and what it found is not replayed", hint=hint)


def _profile(recorded: Run, target: Path | None) -> Profile | None:
    """The profile that is given, else the recorded one, which must still lead where it led; None: our own simulator.

    Raises:
        Misuse: the recorded one is not there, as in a run folder that was moved, or leads elsewhere now.
    """
    if target or not recorded.header.profile:
        return load_profile(target) if target else None
    there, hint = Path(recorded.header.profile), "give the target's profile: --target PROFILE"
    if not there.is_file():
        raise Misuse(f"the profile of the run, {there}, is not there (seen from {Path.cwd()})", hint=hint)
    profile = load_profile(there)
    services = {name: service.base_url for name, service in profile.services.items()}
    if services != recorded.header.target.services:
        raise Misuse(f"the profile of the run, {there}, leads to another target than it did", hint=hint)
    return profile


def _passed(finished: Finished, clause: str) -> bool:
    """Whether the clause was judged in a run, and held."""
    standing = finished.run.standings.get(clause)
    return standing is not None and standing.verdict is Verdict.PASS


def _failed_again(finished: Finished, wanted: Sequence[Finding]) -> str:
    """What to say when the clause failed in a run; empty when it did not."""
    bad, clause = (Verdict.FAIL, Verdict.WARN), wanted[0].clause
    found = [one.identity for one in finished.run.findings if one.verdict in bad and one.clause == clause]
    again = [one.identity for one in wanted if one.identity in found]
    if again:
        return f"{', '.join(again)} {'fails' if len(again) == 1 else 'fail'} again"
    return f"{clause} fails again, in another way ({found[0]})" if found else ""


def _suite(run: Run, clauses: Path | None) -> SuiteFolders:
    """What the run was judged by, with a team's clauses where it had some: as they are today."""
    added = run.plan.added
    if added is None:
        return SuiteFolders(added=clauses)
    folder = clauses or Path(added.folder)
    if not folder.is_dir():
        raise Misuse(f"the run had clauses of {folder}, and there is no such folder", hint="name it with --clauses")
    if added_hash(folder) != added.sha256:
        say(f"offerproof: {folder} has changed since the run; it is judged by what stands there now", err=True)
    return SuiteFolders(added=folder)


def find(run: Run, name: str) -> tuple[Finding, ...]:
    """The finding of a run by its identity or the end of it, or all findings of a clause; at least one.

    Raises:
        Misuse: there is none, or findings of several clauses fit.
    """
    found = [one for one in run.findings if one.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.ERROR)]
    for fits in (
        [one for one in found if one.identity == name],
        [one for one in found if one.identity.endswith(f":{name}")],
        [one for one in found if one.clause == name.upper()],
    ):
        if len({one.clause for one in fits}) == 1:
            return tuple(fits)
        if fits:
            raise Misuse(f"{name} fits several findings", hint=f"one of: {', '.join(one.identity for one in fits)}")
    if standing := run.standings.get(name.upper()):
        told = f"{name.upper()} did not fail in this run, it is {standing.verdict}"
        because = f": {standing.reason}" if standing.reason and standing.verdict is not Verdict.PASS else ""
        raise Misuse(f"{told}{because}", hint=f"offerproof certify --only {name.upper()} asks for it again")
    known = ", ".join(one.identity for one in found[:10])
    raise Misuse(f"the run has no finding {name!r}", hint=f"it has: {known}" if known else "it has no failure at all")
