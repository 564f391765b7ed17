"""``offerproof check``: is this profile right for this target? Step by step, and nothing is changed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from statistics import median
from typing import Any, Final

import click

from offerproof.cli import say
from offerproof.client import Api, Look, Minter, Wire, looks, plain_credentials, spellings, transport_for
from offerproof.conformance import Options, plan
from offerproof.contract import RUNS, Level
from offerproof.errors import CannotJudge, ExitCode
from offerproof.exchange import Exchange
from offerproof.report.safety import one_line
from offerproof.target import Profile, load_profile

SKEW_S: Final = 60.0
"""A difference of clocks that is worth a word: offers and return periods begin by the target's."""


@click.command("check")
@click.option(
    "--target", type=click.Path(path_type=Path), metavar="PROFILE", required=True, help="The target profile to try."
)
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def command(target: Path, out: Path, as_json: bool) -> ExitCode:
    """Try a profile on its target, changing nothing, and say what each level will need.

    Are its services there, do they know our credentials, ids and the spelling of each call, can customers and offers be
    had, do the clocks agree? Writing calls are tried with an empty body, which must be refused, and only where the
    profile allows writes. What stops certify and load is found by the same steps here.

    Exit code 3: something would keep certify or load from judging. 2: the profile is wrong. 0: begin.
    """
    profile = load_profile(target)
    levels = {level.value: _needs(Options(profile=profile, level=level, out=out)) for level in Level}
    steps: list[Look] = []
    if not as_json:
        say(f"{profile.name} ({profile.environment})")
    plain = (Look("credentials", "of the profile", told, tried=False) for told in plain_credentials(profile))
    for one in (*_provisioning(profile, levels[Level.SMOKE.value]["missing"]), *plain, *walk(profile)):
        steps.append(one)
        if not as_json:
            _print(one)
    code = ExitCode.NOT_JUDGED if any(one.problem for one in steps) else ExitCode.OK
    if as_json:
        told = {"format": "offerproof-check", "version": 1, "target": profile.name, "exit_code": int(code)}
        click.echo(json.dumps(told | {"steps": [_described(one) for one in steps], "levels": levels}, indent=2))
        return code
    said: list[str] = []
    for level, needs in levels.items():
        most = f"at most {needs['requests_at_most']:,} requests, about {needs['customers']} customers"
        say(f"  {level:<12} {most} and {needs['user_offers']} user offers")
        for lacking in [one for one in needs["missing"] if one not in said]:
            say(f"  {'':<12} missing, here and below: {lacking}: what needs them will be unknown")
        said += needs["missing"]
    wrong = sum(one.problem is not None for one in steps)
    say(f"{wrong} of {len(steps)} steps keep us from judging" if wrong else "nothing keeps us from judging")
    return code


def walk(profile: Profile) -> Iterator[Look]:
    """Every step that asks the target: the preflight of certify and load, every other spelling, the clock."""
    transport = transport_for(profile)
    wire = Wire(profile, transport, minter=Minter(0, secrets.token_hex(4)), run_id="check")
    offsets: list[float] = []
    wire.observers.append(lambda exchange: offsets.extend(_offset(exchange)))
    try:
        yield from _asked(Api(wire))
    except CannotJudge as problem:
        yield Look("answers", "all", problem=problem)
    finally:
        transport.close()
    if not offsets:
        yield Look("clock", "target", "not known: no answer carries a Date header", tried=False)
        return
    ahead = median(offsets)
    told = (
        f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} ours" if abs(ahead) > 1 else "in step with ours"
    )
    yield Look("clock", "target", told + ": periods end by the target's" * (abs(ahead) > SKEW_S))


def _asked(api: Api) -> Iterator[Look]:
    """What the target is asked; the other calls of a service only where its own read went well."""
    lost = set()
    for one in looks(api):
        lost |= {one.about} if one.problem and one.step in ("reachable", "credentials") else set()
        yield one
    yield from spellings(api, lost)


def _needs(options: Options) -> dict[str, Any]:
    """What a run of this level needs; nothing is sent."""
    planned = plan(options)
    return {
        "requests": planned.plan.needs.requests,
        "requests_at_most": planned.plan.budget_requests,
        "customers": planned.customers,
        "user_offers": sum(planned.plan.needs.user_offers.values()),
        "missing": list(planned.shortfalls),
    }


def _provisioning(profile: Profile, missing: list[str]) -> Iterator[Look]:
    """Whether the smallest level can have what it needs, as far as the profile and its pools say."""
    if missing:
        hint = "see [customers], [offers] and [capabilities] in the profile"
        if profile.read_only and profile.environment != "production":
            hint = "allow_writes is false: set it, if the target's owner agrees; else name pools: [customers], [offers]"
        yield Look("provisioning", "level smoke", problem=CannotJudge("; ".join(missing), hint=hint))
        return
    yield Look("provisioning", "customers", f"from {profile.customers.kind}")
    yield Look("provisioning", "user offers", f"from {profile.offers.kind}")


def _offset(exchange: Exchange) -> Iterator[float]:
    """Seconds that the target's clock is ahead of ours, by the Date header of an answer, which counts whole ones."""
    try:
        told = parsedate_to_datetime(exchange.answer_headers["date"])
    except (KeyError, ValueError):
        return
    halfway = exchange.started + timedelta(microseconds=exchange.duration_us / 2)
    yield (told.replace(tzinfo=told.tzinfo or UTC) - halfway).total_seconds() + 0.5


def _print(one: Look) -> None:
    sign = "✗" if one.problem else "✓" if one.tried else "–"
    told = one.problem.message if one.problem else one.told
    say(f"{sign} {one.step:<12} {one.about:<28} {one_line(told)}")
    if one.problem and one.problem.hint:
        say(f"  {'':<12} {'':<28} hint: {one_line(one.problem.hint)}")


def _described(one: Look) -> dict[str, Any]:
    problem = one.problem
    return {
        "step": one.step,
        "about": one.about,
        "status": "failed" if problem else "ok" if one.tried else "not tried",
        "told": one_line(problem.message if problem else one.told),
        "hint": one_line(problem.hint) if problem and problem.hint else None,
    }
