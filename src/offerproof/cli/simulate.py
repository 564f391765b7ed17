"""``offerproof simulate``: a faithful server of the loyalty-offer API to develop against."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from offerproof.errors import ExitCode, Misuse

_ENVIRONMENT = "OFFERPROOF_SIMULATOR_"


@click.command("simulate", context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on; others can only reach it elsewhere.")
@click.option("--port", default=8080, help="Port to listen on; 0 takes a free one.")
@click.option("--separate-ports", is_flag=True, help="Core, Offers and CloudPOS on PORT, PORT+1 and PORT+2.")
@click.option("--program", type=click.Path(path_type=Path), help="Program file (TOML); the ACME program by default.")
@click.option("--seed", default=0, help="Ids and drawn credentials follow from it.")
@click.option("--clock", help="Start time, such as 2018-09-07T16:00:00Z; real time by default.")
@click.option("--frozen", is_flag=True, help="Time stands still until the control API moves it.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep what is acknowledged in this SQLite file.")
@click.option(
    "--journal-sync", type=click.Choice(["normal", "full"]), default="normal", help="full: survives power loss."
)
@click.option("--control", is_flag=True, help="Serve the control API under /_control.")
@click.option(
    "--control-token", envvar=f"{_ENVIRONMENT}CONTROL_TOKEN", help="Its token; drawn from the seed by default."
)
@click.option(
    "--credential", multiple=True, metavar="SERVICE=KEY:SECRET", help="core, offers, cloudpos; or api_key=KEY."
)
@click.option("--profile-out", type=click.Path(path_type=Path), help="Write the target profile that fits.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Plant a defect (may be given several times).")
@click.option("--list-defects", is_flag=True, help="List the defects that can be planted, and stop.")
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="CALL=KIND[:DELAY]", help="Such as lock=late:2s,count=1."
)
@click.option(
    "--fold",
    type=click.IntRange(1),
    metavar="N",
    help="Bound memory: keep N closed transactions and N used-up user offers of each customer, fold older ones.",
)
@click.option(
    "--request-ids", type=click.IntRange(1), metavar="N", help="Remember the newest N request ids, not the program's."
)
@click.option("--max-body", default=1024 * 1024, help="Largest request body in bytes.")
def command(
    host: str,
    port: int,
    separate_ports: bool,
    program: Path | None,
    seed: int,
    clock: str | None,
    frozen: bool,
    journal: Path | None,
    journal_sync: str,
    control: bool,
    control_token: str | None,
    credential: tuple[str, ...],
    profile_out: Path | None,
    defects: tuple[str, ...],
    list_defects: bool,
    scenarios: tuple[str, ...],
    fold: int | None,
    request_ids: int | None,
    max_body: int,
) -> ExitCode:
    """Serve the loyalty-offer API until it is stopped (SIGTERM, Ctrl-C).

    Everything is on one port; the path tells the service. Credentials: --credential, or OFFERPROOF_SIMULATOR_CORE,
    _OFFERS, _CLOUDPOS (KEY:SECRET) and _API_KEY in the environment, or drawn from the seed and shown at the start.

    Scenarios for till developers: late, pending, twice, drop, refuse, unavailable.
    """
    from offerproof.defects import registry
    from offerproof.simulator import runner
    from offerproof.simulator.values import Malformed, instant

    if list_defects:
        for one in registry().values():
            click.echo(f"{one.name:<34} {one.family:<14} {one.clause:<10} {one.summary}")
        return ExitCode.OK
    try:
        start = None if clock is None else instant(clock, "--clock")
    except Malformed as problem:
        raise Misuse(str(problem), hint="such as --clock 2018-09-07T16:00:00Z") from None
    if max_body < 1024:
        raise Misuse("--max-body is less than 1024 bytes", hint="no request of a till would fit")
    options = runner.Options(
        host=host,
        port=runner.checked_port(port, separate=separate_ports),
        separate_ports=separate_ports,
        program=program,
        seed=seed,
        clock=start,
        frozen=frozen,
        journal=journal,
        full_sync=journal_sync == "full",
        control=control,
        control_token=control_token,
        credentials=_credentials(credential),
        profile_out=profile_out,
        defects=defects,
        scenarios=scenarios,
        max_body=max_body,
        fold=fold,
        request_ids=request_ids,
    )
    runner.run(options, registry, lambda running: _announce(running, options))
    return ExitCode.OK


def _credentials(given: tuple[str, ...]) -> dict[str, str]:
    texts = {}
    for name in ("core", "offers", "cloudpos", "api_key"):
        value = os.environ.get(f"{_ENVIRONMENT}{name.upper()}")
        if value:
            texts[name] = value
    for one in given:
        name, equals, value = one.partition("=")
        if name not in ("core", "offers", "cloudpos", "api_key") or not equals:
            raise Misuse(
                "a --credential is not written as it must be",
                hint="core=KEY:SECRET, offers=KEY:SECRET, cloudpos=KEY:SECRET or api_key=KEY",
            )
        texts[name] = value
    return texts


def _announce(running: object, options: object) -> None:
    """Say that it is ready: one line; credentials once, unless they went into files."""
    from offerproof.simulator.answers import Service
    from offerproof.simulator.runner import Options, Running, loopback

    assert isinstance(running, Running)
    assert isinstance(options, Options)
    if options.profile_out is None:
        for service in Service:
            pair = running.keys.pair(service)
            click.echo(f"{service.value:<9} {running.addresses[service]}  key {pair.key}  secret {pair.secret}")
        click.echo(f"{'api key':<9} {running.keys.api_key}")
        if running.token is not None:
            click.echo(f"{'control':<9} {running.addresses[Service.CORE]}/_control  token {running.token}")
    if not loopback(options.host):
        click.echo(f"offerproof simulate: {options.host} can be reached by others", err=True)
    notes = [f"{running.replayed} requests replayed"] if options.journal is not None else []
    notes += [f"profile {options.profile_out}"] if options.profile_out is not None else []
    if running.app.planting.planted:
        notes.append(f"planted: {', '.join(running.app.planting.planted)}")
    note = f" ({'; '.join(notes)})" if notes else ""
    places = dict.fromkeys(running.addresses.values())
    click.echo(f"offerproof simulate: ready at {' '.join(places)}{note}")
    sys.stdout.flush()
