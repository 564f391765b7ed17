"""``offerproof audit``: judge recorded traffic; nothing is sent."""

from __future__ import annotations

from pathlib import Path

import click

from offerproof.audit import AuditOptions, ClientOptions, audit
from offerproof.audit.clients import FOLDER, LEAST_SALES
from offerproof.audit.run import FINDINGS_MAX
from offerproof.cli import close
from offerproof.contract import RUNS
from offerproof.errors import ExitCode
from offerproof.findings import read_waivers
from offerproof.target import load_profile


@click.command("audit")
@click.argument("files", nargs=-1, required=True, metavar="FILE…")
@click.option(
    "--target", type=click.Path(path_type=Path), metavar="PROFILE", help="What the target declares of itself."
)
@click.option("--base-url", "bases", multiple=True, metavar="URL", help="Only calls below this address; repeatable.")
@click.option("--require", multiple=True, metavar="CLAUSE", help="A clause or chapter that must be judged; repeatable.")
@click.option(
    "--complete/--incomplete",
    default=None,
    help="Every call that reached the target meanwhile is there; or some are missing.  [default: by recorder]",
)
@click.option(
    "--anonymise",
    type=click.Path(path_type=Path),
    metavar="OUT.har",
    help="Also write the recording without people and secrets, to be handed on.",
)
@click.option("--client", metavar="NAME", help='Judge the client as well, and name it: "POS 7.2".')
@click.option(
    "--session",
    type=click.Choice(["complete", "cut"]),
    default="cut",
    show_default=True,
    help="complete: the client's session begins and ends in the recording, so what it did not send is held against it.",
)
@click.option(
    "--till-by",
    default="store_id",
    show_default=True,
    metavar="MEMBER",
    help="What tells tills apart: store_id, client_id, pos_employee_id, table_id or header:NAME.",
)
@click.option(
    "--least-sales",
    type=click.IntRange(1),
    default=LEAST_SALES,
    show_default=True,
    help="Closed sales that must be seen before a client conforms.",
)
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, show_default=True, help="Where runs are kept.")
@click.option("--waivers", type=click.Path(path_type=Path), metavar="FILE", help="Known failures (TOML).")
@click.option("--strict-waivers", is_flag=True, help="A waiver that is no longer needed fails the run.")
@click.option(
    "--max-findings", type=click.IntRange(1, 1000), default=FINDINGS_MAX, show_default=True, help="Kept a clause."
)
def command(
    files: tuple[str, ...],
    target: Path | None,
    bases: tuple[str, ...],
    require: tuple[str, ...],
    complete: bool | None,
    anonymise: Path | None,
    client: str | None,
    session: str,
    till_by: str,
    least_sales: int,
    out: Path,
    waivers: Path | None,
    strict_waivers: bool,
    max_findings: int,
) -> ExitCode:
    """Judge recorded traffic against the contract; no request is sent.

    FILE is a HAR (plain or zipped), a gateway's log as JSON Lines with the bodies of requests, a newman report, a
    vcrpy cassette, WireMock's journal, a run of ours, a folder of these, or - for standard input.

    Only what a recording knows is judged. What it cannot know (bodies that were left out, calls that its recorder may
    have lost, the order of overlapping calls, what others did meanwhile) is never held against the target.

    With --client the requests are judged as well: which duties of a client (clauses TILL) were kept, broken, or never
    exercised. That is a certificate of its own, in the folder client of the run.
    """
    from offerproof.report.live import LiveView

    with LiveView() as view:
        finished = audit(
            AuditOptions(
                files=files,
                profile=load_profile(target, planning=True) if target else None,
                bases=bases,
                require=require,
                complete=complete,
                out=out,
                waivers=read_waivers(waivers) if waivers else (),
                strict_waivers=strict_waivers,
                findings_max=max_findings,
                anonymise=anonymise,
                client=ClientOptions(client, session == "complete", till_by, least_sales) if client else None,
                listeners=(view,),
            )
        )
    close(finished.run, finished.folder)
    if finished.client is not None:
        close(finished.client, finished.folder / FOLDER)
    return finished.exit_code
