"""``offerproof certify``: does the target keep the contract?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from textwrap import fill

import click

from offerproof.cli import close, exit_code_after, stopped_by_sigterm
from offerproof.conformance import Finished, Options, Planned, certify, plan, sittings
from offerproof.conformance.runner import FINDINGS_MAX
from offerproof.contract import RUN_FILE, RUNS, Level, utc_now, utc_text
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import read_waivers
from offerproof.target import load_profile

_AGAIN = "--nonce: a target that has seen it with this seed answers what it stored, and refuses customers that it has"


@click.command("certify")
@click.option(
    "--target", type=click.Path(path_type=Path), metavar="PROFILE", help="Target profile; none: our simulator."
)
@click.option(
    "--level",
    type=click.Choice([level.value for level in Level]),
    default="gate",
    show_default=True,
    help="smoke: one workflow; gate: every must that a pipeline can wait for; full: everything.",
)
@click.option("--only", multiple=True, metavar="CLAUSE", help="A clause (LOCK-3) or chapter (LOCK); repeatable.")
@click.option("--seed", type=int, default=0, show_default=True, help="Ids and generated values follow from it.")
@click.option("--nonce", metavar="TEXT", help="That of an earlier run: with its seed, sends its very requests again.")
@click.option("--plan", "plan_only", is_flag=True, help="Print what the run would need; send nothing.")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Known failures (TOML).")
@click.option("--strict-waivers", is_flag=True, help="A waiver that is no longer needed fails the run.")
@click.option(
    "--max-findings", type=click.IntRange(1, 1000), default=FINDINGS_MAX, show_default=True, help="Kept a clause."
)
@click.option(
    "--open",
    "opens",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Judge what can be judged now, and leave on the target what FILE says when to look at.",
)
@click.option(
    "--close", "closes", type=click.Path(path_type=Path), metavar="FILE", help="Look at what is due of an open one."
)
@click.option("--status", type=click.Path(path_type=Path), metavar="FILE", help="List what is open and due in FILE.")
@click.option(
    "--sign",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Sign the certificate with this private Ed25519 key; offerproof verify checks it.",
)
@click.option("--build", metavar="TEXT", help="With --sign: what is deployed on the target, as you know it.")
@click.option(
    "--valid-days", type=click.IntRange(1, 3650), default=90, show_default=True, help="With --sign: for how long."
)
@click.option("--first", is_flag=True, help="Stop at the first failed must-clause.")
def command(
    target: Path | None,
    level: str,
    only: tuple[str, ...],
    seed: int,
    nonce: str | None,
    plan_only: bool,
    out: Path,
    waivers: Path | None,
    strict_waivers: bool,
    max_findings: int,
    first: bool,
    opens: Path | None,
    closes: Path | None,
    status: Path | None,
    sign: Path | None,
    build: str | None,
    valid_days: int,
) -> ExitCode:
    """Judge a target against the contract, and print and keep the certificate.

    smoke: at most 30 requests. gate: at most 2,000. full: at most 50,000. A target other than our own simulator sees
    nothing its profile does not allow, and no more than limits.rate requests a second.

    Every run has a nonce, so that its request_ids and e-mail addresses are none that the target knows. Runs on
    simulators that were made anew have the same one. --nonce repeats another run's: a target that was not made anew
    since then answers what it stored then, and refuses customers that it has.

    What ends only in days or years is judged in two sittings: --open FILE exits with 4 where the target conforms so
    far and clauses are open, --close FILE, at any later time and on any machine, looks at what is due by then.
    """
    from offerproof.report.live import LiveView

    if sum(one is not None for one in (opens, closes, status)) > 1:
        raise Misuse("--open, --close and --status are of different sittings: give one of them")
    if status is not None:
        return _print_status(status)
    signed = _signing(sign, build, valid_days)
    options = Options(
        profile=load_profile(target, planning=plan_only) if target else None,
        level=Level(level),
        seed=seed,
        only=only,
        out=out,
        waivers=read_waivers(waivers) if waivers else (),
        strict_waivers=strict_waivers,
        findings_max=max_findings,
        stop_first=first,
        nonce=nonce,
        opens=opens,
        closes=closes,
    )
    if plan_only:
        _print_plan(plan(options))
        return ExitCode.OK
    if nonce and options.profile is not None and options.profile.environment != "simulator":
        click.echo(f"offerproof: {_AGAIN}", err=True)
    with LiveView() as view, stopped_by_sigterm():
        finished = certify(Options(**{**vars(options), "listeners": (view,)}))
    return exit_code_after(lambda: signed(finished), close(finished.run, finished.folder))


def _signing(key: Path | None, build: str | None, days: int) -> Callable[[Finished], None]:
    """What signs a finished run; the key is read at once: what is wrong with it is told before anything is sent."""
    if key is None:
        return lambda finished: None
    from offerproof.report.attestation import FILE, read_private_key, sign

    private = read_private_key(key)

    def write(finished: Finished) -> None:
        envelope = sign(finished.run, finished.folder / RUN_FILE, private, build=build, days=days)
        (finished.folder / FILE).write_text(json.dumps(envelope) + "\n", encoding="utf-8")
        click.echo(f"signed: {finished.folder / FILE}")

    return write


def _print_status(file: Path) -> ExitCode:
    """What is open in a file between two sittings, when it is due, and which clauses will rule on it."""
    certificate = sittings.read(file)
    click.echo(f"target     {certificate.target} ({', '.join(dict.fromkeys(certificate.services.values()))})")
    for sitting in certificate.sittings:
        click.echo(f"sitting    {sitting.began[:19]}Z  {sitting.verdict}  run {sitting.run_id}")
    due_by = utc_text(utc_now())
    for one in certificate.open:
        word = "due" if one.due <= due_by else "open"
        click.echo(f"{word:<9}  {one.due[:19]}Z  {one.awaited}: {', '.join(one.clauses)}")
        for deed in one.deeds:
            ids = ", ".join(f"{name} {value}" for name, value in deed.ids.items())
            click.echo(f"             {deed.target_time[:19]}Z  {deed.did}" + f" ({ids})" * bool(ids))
    click.echo(certificate.told() if certificate.open else "nothing is open")
    return ExitCode.OK


def _print_plan(planned: Planned) -> None:
    """Customers, user offers by type, requests, and what will not be judged."""
    needs = planned.plan.needs
    required = sum(clause.required for clause in planned.plan.clauses)
    click.echo(f"clauses       {required} required, of {len(planned.plan.clauses)}")
    click.echo(f"checks        {planned.checks}")
    click.echo(f"requests      about {needs.requests}, at most {planned.plan.budget_requests}")
    click.echo(f"customers     about {planned.customers}")
    click.echo(f"user offers   {sum(needs.user_offers.values())}")
    for kind, count in sorted(needs.user_offers.items()):
        click.echo(f"  {count:>4}  {kind}")
    scope: dict[str, int] = {}
    for clause in planned.plan.clauses:
        if clause.scope and clause.outside:
            scope[clause.outside] = scope.get(clause.outside, 0) + 1
    for reason, count in scope.items():
        click.echo(f"out of scope  {reason} ({count})")
    for remedy, ids in planned.plan.unjudged.items():
        click.echo(f"unjudged      {remedy}: {len(ids)} requirement{'' if len(ids) == 1 else 's'} of the documents")
        click.echo(fill(" ".join(ids), 100, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False))
    for lacking in planned.shortfalls:
        click.echo(f"missing       {lacking}: what needs them will be unknown")
