"""``offerproof load``: does the target hold the load, and is it still right under it?"""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from offerproof.cli import exit_code_after, stopped_by_sigterm
from offerproof.contract import RUN_FILE, RUNS, new_run_folder
from offerproof.errors import ExitCode, Misuse
from offerproof.findings.run import Run
from offerproof.loadtest.capacity import find_capacity, slots_for
from offerproof.loadtest.finish import finish
from offerproof.loadtest.generator import process as runner
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.load_profiles import load_load_profile, profile_names, scenario_file, scenario_names
from offerproof.loadtest.plan.thresholds import load_thresholds
from offerproof.loadtest.plan.workload import Think, Workload, seconds, steady
from offerproof.loadtest.results.live_view import TerminalView


@dataclass
class Asked:
    """What the command line asks for."""

    plan: LoadPlan
    scenario: Path
    distribution: runner.Distribution


@click.command("load", context_settings={"show_default": True})
@click.option(
    "--target", type=click.Path(path_type=Path), metavar="PROFILE", help="Target profile; none: our simulator."
)
@click.option("--scenario", metavar="NAME|FILE", help=f"{', '.join(scenario_names())}, or a Locust file of yours.")
@click.option(
    "--workload", default="steady", metavar="NAME|FILE", help=f"{', '.join(profile_names())}, or a TOML file."
)
@click.option("--rate", type=click.FloatRange(0.01, 100_000), help="Open: so many visits a second.")
@click.option("--users", type=click.IntRange(1, 100_000), help="Closed: so many users, each waiting for its answers.")
@click.option("--duration", metavar="TIME", help="How long the judged part lasts, such as 30s or 5m.")
@click.option("--warm-up", metavar="TIME", help="Left out of the figures.")
@click.option("--arrivals", type=click.Choice(["constant", "poisson"]), help="Spacing of an open workload's visits.")
@click.option("--think", metavar="DIST", help='Think time, such as "exponential(2s)", "lognormal(2s, 0.5)" or none.')
@click.option(
    "--slo", type=click.Path(path_type=Path), metavar="FILE", help="Thresholds (TOML); replaces the workload's."
)
@click.option("--find-capacity", is_flag=True, help="Search the highest rate that meets the thresholds.")
@click.option(
    "--ceiling", type=click.FloatRange(0.01, 100_000), default=2000.0, help="--find-capacity: no rate above this."
)
@click.option("--probe", default="8s", metavar="TIME", help="--find-capacity: how long each rate is tried.")
@click.option("--processes", type=click.IntRange(1, 256), default=1, help="Load generator processes on this host.")
@click.option("--master", is_flag=True, help="Lead workers on other hosts.")
@click.option(
    "--expect-workers", type=click.IntRange(1, 1000), default=1, help="--master: begin when so many are there."
)
@click.option("--worker", is_flag=True, help="Be a worker for a master elsewhere.")
@click.option("--master-host", default="127.0.0.1", help="--worker: where the master is.")
@click.option("--master-port", type=click.IntRange(1, 65535), default=5557, help="Port of master and workers.")
@click.option("--bind", default="127.0.0.1", help="--master: address to listen on for workers.")
@click.option("--ui", "ui_port", type=click.IntRange(1, 65535), metavar="PORT", help="Locust's web UI on this port.")
@click.option("--slots", type=click.IntRange(1, 100_000), help="Open: most visits at the same time.")
@click.option(
    "--max-operations", type=click.IntRange(10_000), default=4_000_000, help="Kept for the audit, then thinned."
)
@click.option("--shared-offers", type=click.IntRange(0, 1_000_000), default=0, help="stampede: user offers fought for.")
@click.option("--stock", type=click.IntRange(0, 1_000_000), default=0, help="Customers made before; 0: estimated.")
@click.option(
    "--customers", type=click.IntRange(1, 1_000_000), metavar="N", help="So many, who come back with fresh user offers."
)
@click.option(
    "--audit", type=click.Path(path_type=Path), metavar="FOLDER", help="Audit what Locust alone has recorded there."
)
@click.option("--seed", type=int, default=0, help="Baskets, choices and made-up people follow from it.")
@click.option("--out", type=click.Path(path_type=Path), default=RUNS, help="Where runs are kept.")
@click.option("--prometheus", type=click.Path(path_type=Path), metavar="FILE", help="Figures as Prometheus text.")
@click.option("--dry-run", is_flag=True, help="Print what would be sent; send nothing.")
def command(
    target: Path | None, out: Path, prometheus: Path | None, dry_run: bool, audit: Path | None, **options: Any
) -> ExitCode:
    """Put load on a target, and audit whether every answer was right.

    With nothing said: 30 s of checkout, 50 visits a second, against our own simulator.
    """
    if audit is not None:
        return _audit(audit, target, prometheus)
    asked = _asked({**options, "out": out})
    if options["worker"]:
        if target is None:
            raise Misuse("a worker needs --target, the same profile as its master's")
        with stopped_by_sigterm():
            return ExitCode(0 if runner.work(target, asked.scenario, asked.distribution) == 0 else 3)
    if options["master"] and target is None:
        raise Misuse("with --master, the target must be named: workers need the same profile")
    if dry_run:
        return _describe(asked, target)
    folder = new_run_folder(out)
    with stopped_by_sigterm(), _target(target, folder, asked.plan) as (profile, own):
        run = _run(asked, profile, folder, prometheus, own=own, options=options)
    return _report(run, folder, prometheus)


def _audit(folder: Path, target: Path | None, prometheus: Path | None) -> ExitCode:
    """Audit a run by Locust alone (``locust -f load/checkout.py --record FOLDER``), and write its run file there."""
    if target is None:
        raise Misuse("--audit needs --target, the profile that was loaded")
    session, ledger = runner.recorded_session(folder, target)
    title = f"offerproof load · audit of {folder}"
    with stopped_by_sigterm(), runner.one_at_a_time(session.profile), TerminalView(title) as view:
        run = finish(session, ledger, view)
    return _report(run, folder, prometheus)


def _asked(options: dict[str, Any]) -> Asked:
    """Turn options into a plan; raises :class:`Misuse` for what does not fit together."""
    if options["rate"] and options["users"]:
        raise Misuse("--rate (open) and --users (closed) exclude each other")
    chosen = load_load_profile(options["workload"])
    scenario = options["scenario"] or chosen.scenario
    if scenario == "stampede" and options["workload"] == "steady" and not options["rate"] and not options["users"]:
        chosen = load_load_profile("stampede")
    workload = _workload(chosen.workload, options)
    think = options["think"] or chosen.think
    Think(think)
    thresholds = load_thresholds(options["slo"]) if options["slo"] else chosen.thresholds
    file = scenario_file(scenario).resolve()
    # by its whole name where it is not ours: what browse.py of somebody else does, we cannot know
    name = file.stem if file.parent == scenario_file("browse").resolve().parent else file.name
    nonce = uuid.uuid4().hex[:10]
    plan = LoadPlan(
        scenario=name,
        run_id=f"load-{nonce}",
        nonce=nonce,
        seed=options["seed"],
        runs=str(options["out"]),
        think=think,
        slots=options["slots"] or slots_for(workload.peak),
        max_operations=options["max_operations"],
        shared_offers=options["shared_offers"],
        stock=options["stock"],
        customers=options["customers"] or chosen.customers,
        thresholds=tuple(row for row in thresholds if row.name not in _others(name)),
        processes=options["processes"],
        workload=workload,
    )
    distribution = runner.Distribution(
        processes=options["processes"],
        master=options["master"],
        worker=options["worker"],
        expect_workers=options["expect_workers"],
        master_host=options["master_host"],
        master_port=options["master_port"] if options["master"] or options["worker"] else runner.free_port(),
        bind_host=options["bind"],
        ui_port=options["ui_port"],
    )
    return Asked(plan, file, distribution)


def _others(scenario: str) -> frozenset[str]:
    """Workflows of other scenarios: a profile's thresholds for them do not concern this run."""
    flows = frozenset({"checkout", "stampede", "browse", "earn"})
    mine = flows - {"stampede"} if scenario == "day" else {scenario}
    return flows - mine if scenario in {*flows, "day"} else frozenset()


def _workload(chosen: Workload, options: dict[str, Any]) -> Workload:
    """Return the profile's workload, or a steady one where options say how much or how long."""
    rate, users = options["rate"], options["users"]
    spacing = options["arrivals"] or chosen.spacing
    if rate is None and users is None and options["duration"] is None and options["warm_up"] is None:
        return Workload(chosen.model, chosen.phases, spacing)
    judged = chosen.duration - chosen.warm_up
    duration = seconds(options["duration"]) if options["duration"] is not None else judged
    warm_up = seconds(options["warm_up"]) if options["warm_up"] is not None else min(chosen.warm_up, duration / 10)
    if users is not None:
        return steady("closed", float(users), duration, warm_up=warm_up)
    if rate is not None:
        return steady("open", float(rate), duration, warm_up=warm_up, spacing=spacing)
    levels = {phase.start for phase in chosen.phases} | {phase.end for phase in chosen.phases}
    if len(levels) > 1:
        raise Misuse("this workload has several levels: --duration needs --rate or --users with it")
    return steady(chosen.model, chosen.peak, duration, warm_up=warm_up, spacing=spacing)


@contextmanager
def _target(target: Path | None, folder: Path, plan: LoadPlan) -> Iterator[tuple[Path, bool]]:
    """Yield the profile to load: the given one, or our own simulator's while it runs.

    Where customers come back, what they have seen the last of is folded, so that a soak does not fill the memory."""
    if target is not None:
        yield target, False
        return
    from offerproof.conformance.own_simulator import own_simulator

    bounds = ("--fold", str(plan.offers_per_customer + 2), "--request-ids", "10000") if plan.customers else ()
    with own_simulator(folder, plan.seed, bounds, for_children=True) as profile:
        assert profile.source is not None
        yield profile.source, True


def _run(
    asked: Asked, target: Path, folder: Path, prometheus: Path | None, *, own: bool, options: dict[str, Any]
) -> Run:
    workload = asked.plan.workload
    assert workload is not None
    title = f"offerproof load · {asked.plan.scenario} · {workload.model}, peak {workload.peak:g}"
    with TerminalView(title) as live:
        view: runner.View = live
        if prometheus is not None:
            from offerproof.loadtest.results.prometheus import PrometheusView

            view = PrometheusView(prometheus, live)
        session = runner.prepare(asked.plan, target, asked.scenario, folder, asked.distribution)
        with runner.one_at_a_time(session.profile):
            if options["find_capacity"]:
                return _capacity(asked, target, folder, view, own=own, options=options)
            ledger = runner.drive(session, view)
            return finish(session, ledger, view, own_simulator=own)


def _capacity(
    asked: Asked, target: Path, folder: Path, view: runner.View, *, own: bool, options: dict[str, Any]
) -> Run:
    start = options["rate"] or (asked.plan.workload.peak if asked.plan.workload else 0.0)
    found = find_capacity(
        asked.plan,
        target,
        asked.scenario,
        folder,
        view,
        start=min(start, options["ceiling"]),
        ceiling=options["ceiling"],
        probe_seconds=seconds(options["probe"]),
        distribution=asked.distribution,
    )
    assert found.session is not None
    assert found.ledger is not None
    run = finish(found.session, found.ledger, view, own_simulator=own, extra=found.records)
    (found.session.folder / RUN_FILE).rename(folder / RUN_FILE)
    knee, broken = found.search.knee, found.search.broken
    click.echo(f"capacity: {f'{knee:.1f} visits/s meet the thresholds' if knee else 'no rate met the thresholds'}")
    click.echo(f"          {f'{broken:.1f} visits/s do not' if broken else 'no rate was found that does not'}")
    return run


def _describe(asked: Asked, target: Path | None) -> ExitCode:
    """Print what would be sent."""
    from offerproof.loadtest.plan.permission import CALLS_A_VISIT

    plan, workload = asked.plan, asked.plan.workload
    assert workload is not None
    if target is not None:
        with tempfile.TemporaryDirectory() as folder:  # nothing is kept of a dry run
            session = runner.prepare(plan, target, asked.scenario, Path(folder), asked.distribution, planning=True)
        hosts = sorted({service.base_url for service in session.profile.services.values()})
    else:
        hosts = ["our own simulator, on a free port of 127.0.0.1"]
    calls = CALLS_A_VISIT.get(plan.scenario, 4.0)
    click.echo(f"target      {', '.join(hosts)}")
    click.echo(f"scenario    {plan.scenario} ({asked.scenario.name})")
    for phase in workload.phases:
        unit = "visits/s" if workload.model == "open" else "users"
        level = f"{phase.start:g}" if phase.start == phase.end else f"{phase.start:g} to {phase.end:g}"
        click.echo(f"phase       {phase.seconds:g} s at {level} {unit}" + (" (warm-up)" if phase.warm_up else ""))
    if workload.model == "open":
        click.echo(f"visits      {workload.area():.0f}, about {workload.area() * calls:.0f} requests")
        click.echo(f"peak        about {workload.peak * calls:.0f} requests/s")
    for threshold in plan.thresholds:
        click.echo(f"threshold   {threshold.sentence} ({threshold.clause})")
    return ExitCode.OK


def _report(run: Run, folder: Path, prometheus: Path | None) -> ExitCode:
    """Keep the run's reports beside it, show it, and return the exit code."""
    from offerproof.report.formats import text

    code = exit_code_after(lambda: _write(run, folder, prometheus), run.outcome.exit_code)
    with suppress(OSError):  # a pipe that was closed changes no verdict
        click.echo(text.render(run))
        click.echo(f"run: {folder}")
    return code


def _write(run: Run, folder: Path, prometheus: Path | None) -> None:
    from offerproof.loadtest.results.prometheus import write_run
    from offerproof.report.formats import keep_reports

    keep_reports(run, folder)
    if prometheus is not None:
        write_run(run, prometheus)
