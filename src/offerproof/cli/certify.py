"""``offerproof certify``: does the target keep the contract?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final, Literal

import click
import msgspec

from offerproof.cli import close, exit_code_after, names_of_clauses, say
from offerproof.cli.typed_options import about, takes
from offerproof.conformance import Finished, Options, Planned, certify, plan, sittings
from offerproof.conformance.runner import FINDINGS_MAX, RTT_S, SittingFile, Waivers
from offerproof.contract import RUN_FILE, RUNS, Level, SuiteFolders, utc_now, utc_text
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import read_waivers
from offerproof.interruption import stopped_by_signals
from offerproof.target import load_profile

_LEVELS: Final = "smoke: one workflow; gate: every must that a pipeline can wait for; full: everything."
_ONLY: Final = "A clause (LOCK-3) or chapter (LOCK); repeatable."
_CLAUSES: Final = "Also judge by a team's own clauses and checks; their code is run as trusted."
_RTT: Final = "--plan: a round trip to the target, in ms; 50 when left out, 0 for our own simulator."
_OPEN: Final = "Judge what can be judged now, and leave on the target what FILE says when to look at."
_KEEP: Final = "Exchanges in the run file: those that prove a finding or a verdict, or all."
_SIGN: Final = "Sign the certificate with this private Ed25519 key; offerproof verify checks it."
_AGAIN: Final = (
    "--nonce: a target that has seen it with this seed answers what it stored, and refuses customers that it has"
)


class JudgedOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is judged"""

    target: Annotated[Path | None, about("Target profile; none: our simulator.", "PROFILE")] = None
    level: Annotated[Literal["smoke", "gate", "full"], about(_LEVELS)] = "gate"
    only: Annotated[tuple[str, ...], about(_ONLY, "CLAUSE", complete=names_of_clauses)] = ()
    clauses: Annotated[Path | None, about(_CLAUSES, "DIR")] = None
    first: Annotated[bool, about("Stop at the first failed must-clause.")] = False
    seed: Annotated[int, about("Ids and generated values follow from it.")] = 0
    nonce: Annotated[str | None, about("That of an earlier run: with its seed, sends its very requests.", "TEXT")] = (
        None
    )


class PlannedOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What would be done"""

    plan: Annotated[bool, about("Print what the run would need and how long it would take; send nothing.")] = False
    rtt: Annotated[int | None, about(_RTT, "MS", ge=0, le=60_000)] = None
    json: Annotated[bool, about("--plan and --status: for programs.")] = False


class SittingOptions(msgspec.Struct, frozen=True, kw_only=True):
    """In two sittings"""

    open: Annotated[Path | None, about(_OPEN, "FILE")] = None
    close: Annotated[Path | None, about("Look at what is due of an open one.", "FILE")] = None
    status: Annotated[Path | None, about("List what is open and due in FILE.", "FILE")] = None


class CertificateOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of it"""

    out: Annotated[Path, about("Where runs are kept.")] = RUNS
    waivers: Annotated[Path | None, about("Known failures (TOML).", "FILE")] = None
    strict_waivers: Annotated[bool, about("A waiver that is no longer needed fails the run.")] = False
    max_findings: Annotated[int, about("Kept a clause.", ge=1, le=1000)] = FINDINGS_MAX
    keep: Annotated[Literal["proof", "all"], about(_KEEP)] = "proof"
    sign: Annotated[Path | None, about(_SIGN, "PEM")] = None
    build: Annotated[str | None, about("With --sign: what is deployed on the target, as you know it.", "TEXT")] = None
    valid_days: Annotated[int, about("With --sign: for how long.", ge=1, le=3650)] = 90


class CertifyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be asked of ``offerproof certify``."""

    judged: JudgedOptions = JudgedOptions()
    planned: PlannedOptions = PlannedOptions()
    sittings: SittingOptions = SittingOptions()
    kept: CertificateOptions = CertificateOptions()


@takes(CertifyOptions, "certify")
def command(options: CertifyOptions) -> ExitCode:
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

    sitting, planned, kept = options.sittings, options.planned, options.kept
    if sum(one is not None for one in (sitting.open, sitting.close, sitting.status)) > 1:
        raise Misuse("--open, --close and --status are of different sittings: give one of them")
    if sitting.status is not None:
        return _print_status(sitting.status, as_json=planned.json)
    if planned.json and not planned.plan:
        raise Misuse("--json prints a plan or a status", hint="of a run: offerproof report latest --format json")
    signed = _signing(kept.sign, kept.build, kept.valid_days)
    asked = _asked(options)
    if planned.plan:
        tell_plan = _print_plan_as_json if planned.json else _print_plan
        near = 0.0 if asked.profile is None else RTT_S
        tell_plan(plan(asked, near if planned.rtt is None else planned.rtt / 1000))
        return ExitCode.OK
    if asked.nonce and asked.profile is not None and asked.profile.environment != "simulator":
        say(f"offerproof: {_AGAIN}", err=True)
    with LiveView() as view, stopped_by_signals():
        finished = certify(replace(asked, listeners=(view,)))
    return exit_code_after(lambda: signed(finished), close(finished.run, finished.folder))


def _asked(options: CertifyOptions) -> Options:
    """The run that is asked for; what is wrong with its files is told here."""
    judged, kept = options.judged, options.kept
    if judged.clauses is not None and not judged.clauses.is_dir():
        raise Misuse(f"there is no folder {judged.clauses}", hint="--clauses names a folder with clauses.toml")
    return Options(
        profile=load_profile(judged.target, planning=options.planned.plan) if judged.target else None,
        level=Level(judged.level),
        seed=judged.seed,
        only=judged.only,
        out=kept.out,
        waivers=Waivers(read_waivers(kept.waivers) if kept.waivers else (), strict=kept.strict_waivers),
        findings_max=kept.max_findings,
        stop_first=judged.first,
        keep_all=kept.keep == "all",
        nonce=judged.nonce,
        sitting=SittingFile(opens=options.sittings.open, closes=options.sittings.close),
        suite=SuiteFolders(added=judged.clauses),
    )


def _signing(key: Path | None, build: str | None, days: int) -> Callable[[Finished], None]:
    """What signs a finished run; the key is read at once: what is wrong with it is told before anything is sent."""
    if key is None:
        return lambda finished: None
    from offerproof.report.attestation import FILE, read_private_key, sign

    private = read_private_key(key)

    def write(finished: Finished) -> None:
        envelope = sign(finished.run, finished.folder / RUN_FILE, private, build=build, days=days)
        (finished.folder / FILE).write_text(json.dumps(envelope) + "\n", encoding="utf-8")
        say(f"signed: {finished.folder / FILE}")

    return write


def _print_status(file: Path, *, as_json: bool) -> ExitCode:
    """What is open in a file between two sittings, when it is due, and which clauses will rule on it."""
    certificate = sittings.read(file)
    if as_json:
        open_, sat = msgspec.to_builtins(certificate.open), msgspec.to_builtins(certificate.sittings)
        told = {"target": certificate.target, "sittings": sat, "open": open_, "until": certificate.until}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return ExitCode.OK
    say(f"target     {certificate.target} ({', '.join(dict.fromkeys(certificate.services.values()))})")
    for sitting in certificate.sittings:
        say(f"sitting    {sitting.began[:19]}Z  {sitting.verdict}  run {sitting.run_id}")
    due_by = utc_text(utc_now())
    for one in certificate.open:
        word = "due" if one.due <= due_by else "open"
        say(f"{word:<9}  {one.due[:19]}Z  {one.awaited}: {', '.join(one.clauses)}")
        for deed in one.deeds:
            ids = ", ".join(f"{name} {value}" for name, value in deed.ids.items())
            say(f"             {deed.target_time[:19]}Z  {deed.did}" + f" ({ids})" * bool(ids))
    say(certificate.told() if certificate.open else "nothing is open")
    return ExitCode.OK


def _print_plan_as_json(planned: Planned) -> None:
    """The plan for programs."""
    made, reckoned = planned.plan, planned.estimate
    scope = Counter(clause.outside for clause in made.clauses if clause.scope and clause.outside)
    told = {
        "clauses": {"required": sum(clause.required for clause in made.clauses), "all": len(made.clauses)},
        "checks": planned.checks,
        "requests": {"about": reckoned.requests, "at_most": made.budget_requests, "kinds": dict(reckoned.kinds)},
        "seconds": round(reckoned.seconds, 1),
        "rtt_ms": round(reckoned.rtt_s * 1000),
        "customers": planned.customers,
        "user_offers": made.needs.user_offers,
        "out_of_scope": dict(scope),
        "unjudged": {remedy: list(ids) for remedy, ids in made.unjudged.items()},
        "missing": list(planned.shortfalls),
    }
    click.echo(json.dumps(told, indent=2, ensure_ascii=False))


def _print_plan(planned: Planned) -> None:
    """Customers, user offers by type, requests, and what will not be judged."""
    needs = planned.plan.needs
    required = sum(clause.required for clause in planned.plan.clauses)
    say(f"clauses       {required} required, of {len(planned.plan.clauses)}")
    say(f"checks        {planned.checks}")
    from offerproof.report.words import duration

    reckoned = planned.estimate
    say(f"requests      about {reckoned.requests}, at most {planned.plan.budget_requests}")
    for kind, count in reckoned.kinds.items():
        say(f"  {count:>6}  {kind}")
    lasts = duration(round(reckoned.seconds * 1e6))
    say(f"time          about {lasts} at {reckoned.rtt_s * 1000:.0f} ms a round trip")
    say(f"customers     about {planned.customers}")
    say(f"user offers   {sum(needs.user_offers.values())}")
    for kind, count in sorted(needs.user_offers.items()):
        say(f"  {count:>4}  {kind}")
    scope: dict[str, int] = {}
    for clause in planned.plan.clauses:
        if clause.scope and clause.outside:
            scope[clause.outside] = scope.get(clause.outside, 0) + 1
    for reason, count in scope.items():
        say(f"out of scope  {reason} ({count})")
    for remedy, ids in planned.plan.unjudged.items():
        say(f"unjudged      {remedy}: {len(ids)} requirement{'' if len(ids) == 1 else 's'} of the documents")
        say(f"      {' '.join(ids)}")
    for lacking in planned.shortfalls:
        say(f"missing       {lacking}: what needs them will be unknown")
