"""``offerproof till``: a till lives through twelve situations before a simulator, and is told what it did."""

from __future__ import annotations

import select
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from offerproof.cli import close, say
from offerproof.cli.watch import ports
from offerproof.conformance.own_simulator import own_simulator
from offerproof.contract import RUNS
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Situation, read_waivers
from offerproof.guided import SITUATIONS, Card, Drive, GuidedSession, Script, SessionOptions, read_script
from offerproof.guided.script import Look, ScriptedTill
from offerproof.guided.telling import told
from offerproof.report.safety import one_line
from offerproof.watch import Watch, WatchOptions


@click.command("till")
@click.option("--script", type=click.Path(path_type=Path), metavar="FILE", help="How to start a till without hands.")
@click.option(
    "--listen",
    default="0",
    show_default=True,
    metavar="PORT|core=P1,offers=P2,cloudpos=P3",
    help="Where the till finds the services, on the loopback; 0 is any free port.",
)
@click.option("--only", multiple=True, metavar="NAME", help="A situation; repeatable. --list names them.")
@click.option("--vary", is_flag=True, help="Spell answers in every way that the documents allow (TILL-43).")
@click.option("--list", "listed", is_flag=True, help="Say what the situations are, and stop.")
@click.option("--client", metavar="NAME", help='Who calls: "POS 7.2".')
@click.option(
    "--till-timeout",
    type=click.FloatRange(0.5, 60),
    metavar="SECONDS",
    help="How long the till waits for an answer; 10 unless the script says.",
)
@click.option("--till-by", default="store_id", show_default=True, metavar="MEMBER", help="What tells tills apart.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Speak TLS to the till (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, where it is not in it.")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Known failures (TOML).")
def command(
    script: Path | None,
    listen: str,
    only: tuple[str, ...],
    vary: bool,
    listed: bool,
    client: str | None,
    till_timeout: float | None,
    till_by: str,
    tls_cert: Path | None,
    tls_key: Path | None,
    out: Path,
    waivers: Path | None,
) -> ExitCode:
    """Let a till live through what happens in shops, before a simulator, and say what it did.

    Twelve situations: an offer expires, another till is first, an answer is lost, … You serve at the till by hand, or
    a script starts a till without hands. Each situation is judged by itself, and the whole as the certificate of a
    client.
    """
    if listed:
        for one in SITUATIONS.values():
            say(f"{one.name:<15} {one.title}\n{'':<15} {one.do}\n{'':<15} {one.meanwhile}")
        return ExitCode.OK
    read = read_script(script) if script is not None else Script()
    drive: Drive = _by_hand
    if script is not None:
        drive = ScriptedTill(read, script.resolve().parent, lambda line: say(f"   {one_line(line)}", err=True))
    elif not sys.stdin.isatty():
        raise Misuse("nobody is at the till: standard input is no terminal", hint="--script FILE starts a till")
    options = SessionOptions(
        client=client or read.client,
        names=_named(only),
        till_timeout_s=till_timeout or read.till_timeout_s,
        till_by=till_by,
        out=out,
        waivers=read_waivers(waivers) if waivers else (),
    )
    with (
        TemporaryDirectory(prefix="offerproof-till-") as folder,
        own_simulator(Path(folder), 0, ("--vary",) if vary else (), for_children=True) as profile,
    ):
        assert profile.source is not None, "it was read from a file"
        with Watch(WatchOptions(profile.source, ports(listen), tls_cert=tls_cert, tls_key=tls_key)) as watch:
            session = GuidedSession(profile, watch, options)
            _play(session, drive, shows_where=script is None)
            finished = session.close()
    close(finished.run, finished.folder)
    say(f"{options.client}: {finished.run.outcome.verdict}")
    for reason in finished.run.outcome.reasons:
        say(f"  - {reason}")
    return finished.exit_code


def _named(only: Sequence[str]) -> tuple[str, ...]:
    unknown = [name for name in only if name not in SITUATIONS]
    if unknown:
        raise Misuse(f"there is no situation {unknown[0]!r}", hint=f"there are {', '.join(SITUATIONS)}")
    return tuple(only) or tuple(SITUATIONS)


def _play(session: GuidedSession, drive: Drive, *, shows_where: bool) -> None:
    """Play the situations one after the other, and say of each how it ended."""
    wanted = session.options.situations
    if shows_where:
        _show_where(session.simulator.told)
    for number, one in enumerate(wanted, 1):
        say(f"{number} of {len(wanted)}  {one.name}: {one.title}")
        sys.stdout.flush()
        lived = session.play(one, drive)
        if lived is None:
            say("   stopped", err=True)
            return
        _show(lived)


def _show(lived: Situation) -> None:
    """How a situation ended."""
    say(f"   {lived.verdict.upper()}  {lived.told}")
    for fault in lived.wrong:
        say(f"   {fault.verdict.upper()} {fault.clause}  {one_line(fault.told)}\n        in a shop: {fault.harm}")
    for sentence in lived.right:
        say(f"   right: {sentence}")
    sys.stdout.flush()


def _show_where(told: Callable[[], dict[str, str]]) -> None:
    """What the till must be set up with, once."""
    say("Set your till up with:")
    for name, value in told().items():
        say(f"   {name:<22} {value}")


def _by_hand(card: Card, look: Look) -> str | None:
    """Show the card, then what passes, until somebody says that the sale is over."""
    for name, person in (("customer", card.customer), ("second", card.second)):
        if person is not None:
            say(f"   {name:<10} {person.external_id}   {person.email}   {person.phone}")
    say(f"   do         {card.situation.do}")
    say(f"   meanwhile  {card.situation.meanwhile}")
    say("   Enter when it is over, s and Enter to skip it; Ctrl-C ends the session.")
    began = None
    while True:
        passed = look(0.1)
        if passed is None:
            return "the session was stopped"
        for request in passed:
            began = request.start if began is None else began
            say(f"   {told(request, began)}")
        if select.select([sys.stdin], [], [], 0)[0]:
            answer = sys.stdin.readline()
            return "skipped" if answer.strip().lower() in ("s", "skip") or not answer else None
