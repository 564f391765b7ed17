"""``offerproof watch``: judge what passes between a client and a target, while it happens."""

from __future__ import annotations

import statistics
import sys
import time
from collections import deque
from pathlib import Path

import click

from offerproof.audit import AuditOptions, ClientOptions, LiveAudit
from offerproof.audit.clients import FOLDER, LEAST_SALES
from offerproof.cli import close, say
from offerproof.contract import RUNS, SERVICES
from offerproof.errors import ExitCode, Misuse
from offerproof.findings import Event, FindingMade, read_waivers
from offerproof.recording import Recorded
from offerproof.target import load_profile

_SHOWN_EVERY_S = 1.0


@click.command("watch")
@click.option("--target", type=click.Path(path_type=Path), required=True, metavar="PROFILE", help="Who is behind it.")
@click.option(
    "--listen",
    required=True,
    metavar="PORT|core=P1,offers=P2,cloudpos=P3",
    help="Ports of the loopback: one for all services, or one each; 0 is any free one.",
)
@click.option("--read-only", is_flag=True, help="Answer calls that write with 403; production needs it.")
@click.option("--tls-cert", type=click.Path(path_type=Path), metavar="FILE", help="Speak TLS to the client (PEM).")
@click.option("--tls-key", type=click.Path(path_type=Path), metavar="FILE", help="Its key, where it is not in it.")
@click.option("--client", default="client", show_default=True, metavar="NAME", help='Who calls: "POS 7.2".')
@click.option("--till-by", default="store_id", show_default=True, metavar="MEMBER", help="What tells tills apart.")
@click.option("--least-sales", type=click.IntRange(1), default=LEAST_SALES, show_default=True, help="To conform.")
@click.option("--require", multiple=True, metavar="CLAUSE", help="A clause or chapter that must be judged; repeatable.")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Known failures (TOML).")
def command(
    target: Path,
    listen: str,
    read_only: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    client: str,
    till_by: str,
    least_sales: int,
    require: tuple[str, ...],
    out: Path,
    waivers: Path | None,
) -> ExitCode:
    """Stand between a client and a target, and judge both until Ctrl-C.

    Everything passes at once and unchanged, but for the Host header; nothing is repeated, no redirect is followed. If
    judging fails, bytes still flow. At Ctrl-C the run is written as by audit: the target's certificate, and the
    client's in the folder client.
    """
    from offerproof.watch import Watch, WatchOptions

    show = _View()
    options = WatchOptions(target, ports(listen), read_only, tls_cert, tls_key)
    audit = AuditOptions(
        files=(),
        profile=load_profile(target, planning=True),
        require=require,
        out=out,
        waivers=read_waivers(waivers) if waivers else (),
        client=ClientOptions(client, complete=True, till_by=till_by, least_sales=least_sales),
        listeners=(show,),
    )
    with Watch(options) as watch:
        told = " ".join(f"{name or 'all'}={port}" for name, port in watch.ports.items())
        say(f"offerproof watch: ready on 127.0.0.1, {told}; Ctrl-C ends it")
        sys.stdout.flush()
        finished = watch.judge(audit, show.each)
    show.end()
    close(finished.run, finished.folder)
    if finished.client is not None:
        close(finished.client, finished.folder / FOLDER)
        for run in (finished.run, finished.client):
            say(f"{run.header.kind} {run.header.target.name}: {run.outcome.verdict}")
    return finished.exit_code


def ports(text: str) -> dict[str, int]:
    """Read ``--listen``: service → port; one port for all of them stands under the empty name.

    Raises:
        Misuse: it is not written so.
    """
    found: dict[str, int] = {}
    for part in text.split(","):
        name, equals, port = part.strip().rpartition("=")
        if (equals and name not in SERVICES) or not port.isdigit() or name in found:
            raise Misuse(
                f"--listen {text!r} is not understood", hint="such as 9000, or core=9001,offers=9002,cloudpos=9003"
            )
        found[name] = int(port)
    if "" not in found and set(found) != set(SERVICES):
        raise Misuse(f"--listen {text!r} leaves a service out", hint=f"name {', '.join(SERVICES)}, or one port for all")
    return found


class _View:
    """Shows findings as they are made and, on a terminal, one line that is kept up to date."""

    def __init__(self) -> None:
        self.live = sys.stderr.isatty()
        self.findings = 0
        self.latest: deque[float] = deque(maxlen=1000)
        self.shown = 0.0

    def notice(self, event: Event) -> None:
        """Show a finding, once."""
        if isinstance(event, FindingMade) and not event.again:
            self.findings += 1
            self.end()
            one = event.finding
            say(f"{event.verdict.upper()} {one.clause}  {one.summary}: {one.expected}, not {one.observed}", err=True)

    def each(self, live: LiveAudit, recorded: Recorded | None) -> None:
        """Keep the line up to date."""
        if recorded is not None and recorded.started is not None and recorded.ended is not None:
            self.latest.append((recorded.ended - recorded.started) / 1000)
        if self.live and time.monotonic() - self.shown >= _SHOWN_EVERY_S:
            self.shown = time.monotonic()
            median = f", median {statistics.median(self.latest):.1f} ms" if self.latest else ""
            slow = f", slowest {max(self.latest):.0f} ms of the last {len(self.latest)}" if self.latest else ""
            line = f"{live.taken:,} exchanges, {live.calls:,} calls, {self.findings} findings{median}{slow}"
            click.echo(f"\r\x1b[K{line}", err=True, nl=False)

    def end(self) -> None:
        """Leave the line alone."""
        if self.live:
            click.echo("\r\x1b[K", err=True, nl=False)
