"""``offerproof simulate``: a faithful server of the loyalty-offer API to develop against."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from offerproof.cli import say, say_table
from offerproof.errors import ExitCode, Misuse

if TYPE_CHECKING:
    from offerproof.simulator.runner import Running, ServerOptions

_ENVIRONMENT = "OFFERPROOF_SIMULATOR_"


@click.command("simulate", context_settings={"show_default": True})
@click.option("--host", default="127.0.0.1", help="Address to listen on; others can only reach it elsewhere.")
@click.option("--port", default=8080, help="Port to listen on; 0 takes a free one.")
@click.option("--separate-ports", is_flag=True, help="Core, Offers and CloudPOS on PORT, PORT+1 and PORT+2.")
@click.option("--program", type=click.Path(path_type=Path), help="Program file (TOML); the ACME program by default.")
@click.option("--seed", default=0, help="Ids follow from it, and credentials drawn for this machine alone.")
@click.option("--clock", help="Start time, such as 2018-09-07T16:00:00Z; real time by default.")
@click.option("--frozen", is_flag=True, help="Time stands still until the control API moves it.")
@click.option("--journal", type=click.Path(path_type=Path), help="Keep what is acknowledged in this SQLite file.")
@click.option(
    "--journal-sync", type=click.Choice(["normal", "full"]), default="normal", help="full: survives power loss."
)
@click.option(
    "--accept-loss", is_flag=True, help="Go on with what of a damaged journal is whole; the damaged one is kept."
)
@click.option("--control", is_flag=True, help="Serve the control API under /_control.")
@click.option(
    "--control-token", envvar=f"{_ENVIRONMENT}CONTROL_TOKEN", help="Its token; drawn by default, like the credentials."
)
@click.option(
    "--credential", multiple=True, metavar="SERVICE=KEY:SECRET", help="core, offers, cloudpos; or api_key=KEY."
)
@click.option("--profile-out", type=click.Path(path_type=Path), help="Write the target profile that fits.")
@click.option(
    "--log", type=click.Path(path_type=Path, allow_dash=True), metavar="FILE", help="One line a request; - : stderr."
)
@click.option("--log-format", type=click.Choice(["text", "json"]), default="text", help="json: JSON lines.")
@click.option("--defect", "defects", multiple=True, metavar="NAME", help="Plant a defect (may be given several times).")
@click.option("--list-defects", is_flag=True, help="List the defects that can be planted, and stop.")
@click.option(
    "--scenario", "scenarios", multiple=True, metavar="CALL=KIND[:DELAY]", help="Such as lock=late:2s,count=1."
)
@click.option("--vary", is_flag=True, help="Spell answers in every way that the documents allow, one after the other.")
@click.option(
    "--fold",
    type=click.IntRange(1),
    metavar="N",
    help="Bound memory: keep N closed transactions and N used-up user offers of each customer, fold older ones.",
)
@click.option(
    "--request-ids", type=click.IntRange(1), metavar="N", help="Remember the newest N request ids, not the program's."
)
@click.option(
    "--watch",
    type=click.IntRange(0, 65535),
    metavar="PORT",
    help="Also start offerproof watch there, before this simulator.",
)
@click.option("--max-body", default=1024 * 1024, help="Largest request body in bytes.")
def command(
    *,
    clock: str | None,
    frozen: bool,
    journal: Path | None,
    journal_sync: str,
    accept_loss: bool,
    credential: tuple[str, ...],
    fold: int | None,
    request_ids: int | None,
    log: Path | None,
    log_format: str,
    list_defects: bool,
    watch: int | None,
    vary: bool,
    scenarios: tuple[str, ...],
    **given: Any,
) -> ExitCode:
    """Serve the loyalty-offer API until it is stopped (SIGTERM, Ctrl-C).

    Everything is on one port; the path tells the service. Credentials: --credential, or OFFERPROOF_SIMULATOR_CORE,
    _OFFERS, _CLOUDPOS (KEY:SECRET) and _API_KEY in the environment (these are never printed), or drawn and shown at the
    start: from the seed where only this machine can reach the simulator, at random elsewhere.

    Scenarios for till developers (docs/scenarios.md): late, pending, twice, drop, refuse, unavailable, rival, jump.
    """
    from offerproof.defects import registry
    from offerproof.simulator import runner
    from offerproof.simulator.clock import SimulatedClock
    from offerproof.simulator.request_log import LogChoice
    from offerproof.simulator.scenarios import VARY
    from offerproof.simulator.values import Malformed, instant

    if list_defects:
        say_table((one.name, one.family, one.clause, one.kind, one.summary) for one in registry().values())
        return ExitCode.OK
    try:
        start = None if clock is None else instant(clock, "--clock")
    except Malformed as problem:
        raise Misuse(str(problem), hint="such as --clock 2018-09-07T16:00:00Z") from None
    texts, concealed = _credentials(credential)
    if click.get_current_context().get_parameter_source("control_token") is ParameterSource.ENVIRONMENT:
        concealed.add("control")
    options = runner.ServerOptions(
        listen=runner.ListenOn(*(given.pop(name) for name in ("host", "port", "separate_ports"))),
        clock=SimulatedClock(start, frozen=frozen),
        journal=None if journal is None else runner.JournalChoice(journal, journal_sync == "full", accept_loss),
        credentials=texts,
        log=None if log is None else LogChoice(log, log_format == "json"),
        bounds={"fold": fold, "request_ids": request_ids},
        scenarios=(*scenarios, VARY) if vary else scenarios,
        **given,
    )
    if watch is not None:
        return _run_watched(options, concealed, watch)
    runner.run(options, registry, lambda running: _announce(running, options, concealed))
    return ExitCode.OK


def _run_watched(options: ServerOptions, concealed: set[str], port: int) -> ExitCode:
    """Serve with a watch before the simulator; its exit code is the answer."""
    from offerproof.defects import registry
    from offerproof.simulator import runner

    with TemporaryDirectory() as folder:
        served = replace(options, profile_out=options.profile_out or Path(folder) / "simulator.toml")
        watching: list[subprocess.Popen[bytes]] = []

        def ready(running: Running) -> None:
            _announce(running, options, concealed)
            watching.append(_watched(served, port))

        runner.run(served, registry, ready)
        (process,) = watching
        process.send_signal(signal.SIGINT)
        return ExitCode(process.wait())


def _watched(options: ServerOptions, port: int) -> subprocess.Popen[bytes]:
    """Start ``offerproof watch`` before the simulator, out of reach of Ctrl-C: it is told when the simulator ends."""
    command = [sys.executable, "-m", "offerproof", "watch", "--target", str(options.profile_out), "--listen", str(port)]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603  (this very program)


def _credentials(given: tuple[str, ...]) -> tuple[dict[str, str], set[str]]:
    """Return the credentials that are given, and whose stand in the environment."""
    names = ("core", "offers", "cloudpos", "api_key")
    inherited = {name: value for name in names if (value := os.environ.get(f"{_ENVIRONMENT}{name.upper()}"))}
    stated = {}
    for one in given:
        name, equals, value = one.partition("=")
        if name not in names or not equals:
            raise Misuse(
                "a --credential is not written as it must be",
                hint="core=KEY:SECRET, offers=KEY:SECRET, cloudpos=KEY:SECRET or api_key=KEY",
            )
        stated[name] = value
    return {**inherited, **stated}, inherited.keys() - stated.keys()


def _announce(running: Running, options: ServerOptions, concealed: set[str]) -> None:
    """Say that it is ready: one line; credentials once, unless they went into files or came from the environment."""
    from offerproof.simulator.runner import loopback

    if options.profile_out is None:
        say_what_a_profile_needs(running, concealed)
    if not loopback(options.listen.host):
        say(f"offerproof simulate: {options.listen.host} can be reached by others", err=True)
    notes = [f"{running.replayed} requests replayed"] if options.journal is not None else []
    notes += [f"profile {options.profile_out}"] if options.profile_out is not None else []
    if running.app.planting.planted:
        notes.append(f"planted: {', '.join(running.app.planting.planted)}")
    note = f" ({'; '.join(notes)})" if notes else ""
    places = dict.fromkeys(running.addresses.values())
    say(f"offerproof simulate: ready at {' '.join(places)}{note}")
    sys.stdout.flush()


def say_what_a_profile_needs(running: Running, concealed: set[str]) -> None:
    """Say addresses, credentials and ids, and the command that makes a profile of them."""
    from offerproof.simulator.answers import Service
    from offerproof.simulator.profile import CLIENT, STORE

    shown = {"core": "", "offers": "", "cloudpos": "", "api_key": f"key {running.keys.api_key}"}
    for service in Service:
        pair = running.keys.pair(service)
        shown[service.value] = f"key {pair.key}  secret {pair.secret}"
    if running.token is not None:
        shown["control"] = f"token {running.token}"
    addresses = {service.value: address for service, address in running.addresses.items()}
    places = addresses | {"api_key": "", "control": f"{addresses['core']}/_control"}
    for name, text in shown.items():
        known = f"from {_ENVIRONMENT}{'CONTROL_TOKEN' if name == 'control' else name.upper()}"
        told = (f"{name:<8}", places[name], known if name in concealed else text)
        say("  ".join(part for part in told if part))
    ids = {"retailer": running.app.settings.retailer_id, "store": STORE, "client": CLIENT}
    say(f"ids       {'  '.join(f'{name} {value}' for name, value in ids.items())}")
    say("profile   --profile-out FILE writes one that fits, with its credentials; or by hand:")
    same = len(set(addresses.values())) == 1
    options = ({"core": addresses["core"]} if same else addresses) | ids
    words = " ".join(f"--{name} {value}" for name, value in options.items())
    say(f"  offerproof init mine.toml --name simulator --environment sandbox --allow-writes {words}")
