"""``offerproof load``: does the target hold the load, and is it still right under it?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import click
import msgspec

from offerproof.cli import exit_code_after, say, say_table, say_where
from offerproof.cli.typed_options import takes
from offerproof.contract import RUN_FILE, new_run_folder
from offerproof.errors import ExitCode, Misuse
from offerproof.findings.run import Run
from offerproof.interruption import stopped_by_signals
from offerproof.loadtest.capacity import find_capacity
from offerproof.loadtest.finish import finish
from offerproof.loadtest.generator import process as runner
from offerproof.loadtest.generator.scenario_facts import facts_of
from offerproof.loadtest.generator.workflows import known_workflows
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.loadtest.plan.measures import measures_told
from offerproof.loadtest.plan.options import LoadOptions, plan_of
from offerproof.loadtest.results.live_view import TerminalView
from offerproof.loadtest.results.run_file import write_figures_so_far


@takes(LoadOptions, "load", {"Measures of thresholds": measures_told})
def command(options: LoadOptions) -> ExitCode:
    """Put load on a target, and audit whether every answer was right.

    With nothing said: 30 s of checkout, 50 visits a second, against our own simulator.
    """
    if options.reached.audit is not None:
        return _audit(options.reached.audit, options)
    if options.generator.worker:
        if options.sent.target is None:
            raise Misuse("a worker needs --target, the same profile as its master's")
        with stopped_by_signals():
            return ExitCode(0 if runner.work(options.sent.target, options.file, options.generator) == 0 else 3)
    if options.generator.master and options.sent.target is None:
        raise Misuse("with --master, the target must be named: workers need the same profile")
    plan = plan_of(options, facts_of(options.file), known_workflows())
    if options.kept.dry_run:
        return _describe(plan, options)
    folder = new_run_folder(options.kept.out)
    plan = msgspec.structs.replace(plan, run_id=folder.name)
    with stopped_by_signals(), _target(options.sent.target, folder, plan) as (profile, own):
        run = _run(plan, options, profile, folder, own=own)
    return _report(run, folder, options.kept.prometheus)


def _audit(folder: Path, options: LoadOptions) -> ExitCode:
    """Audit a run by Locust alone (``locust -f load/checkout.py --record FOLDER``), and write its run file there."""
    if options.sent.target is None:
        raise Misuse("--audit needs --target, the profile that was loaded")
    session, ledger = runner.recorded_session(folder, options.sent.target)
    title = f"offerproof load · audit of {folder}"
    with stopped_by_signals(), runner.one_at_a_time(session.profile), TerminalView(title) as view:
        run = finish(session, ledger, view)
    return _report(run, folder, options.kept.prometheus)


@contextmanager
def _target(target: Path | None, folder: Path, plan: LoadPlan) -> Iterator[tuple[Path, bool]]:
    """Yield the profile to load: the given one, or our own simulator's while it runs.

    Where customers come back, what they have seen the last of is folded, so that a soak does not fill the memory."""
    if target is not None:
        yield target, False
        return
    from offerproof.conformance.own_simulator import own_simulator

    bounds = (
        ("--fold", str(plan.supply.offers_per_customer + 2), "--request-ids", "10000") if plan.supply.customers else ()
    )
    with own_simulator(folder, plan.seed, bounds, for_children=True) as profile:
        assert profile.source is not None
        yield profile.source, True


def _run(plan: LoadPlan, options: LoadOptions, target: Path, folder: Path, *, own: bool) -> Run:
    workload = plan.workload
    assert workload is not None
    title = f"offerproof load · {plan.scenario} · {workload.model}, peak {workload.peak:g}"
    with TerminalView(title) as live:
        view: runner.View = live
        if options.kept.prometheus is not None:
            from offerproof.loadtest.results.prometheus import PrometheusView

            view = PrometheusView(options.kept.prometheus, live)
        session = runner.prepare(plan, target, folder, options)
        with runner.one_at_a_time(session.profile):
            if not own:
                runner.look_before(session)
            if not options.reached.find_capacity:
                keep = partial(write_figures_so_far, session, folder=folder, own_simulator=own)
                return finish(session, runner.drive(session, view, keep), view, own_simulator=own)
            found = find_capacity(session, view, own_simulator=own)
            run = finish(found.session, found.ledger, view, own_simulator=own, extra=found.records)
    (found.session.folder / RUN_FILE).rename(folder / RUN_FILE)
    best, broken = found.search.best, found.search.broken
    say(f"capacity: {f'{best:.1f} visits/s meet the thresholds' if best else 'no rate met the thresholds'}")
    say(f"          {f'{broken:.1f} visits/s do not' if broken else 'no rate was found that does not'}")
    if found.unjudged:
        say(f"          the last probe is not judged: {found.unjudged}")
    return run


def _describe(plan: LoadPlan, options: LoadOptions) -> ExitCode:
    """Print what would be sent."""
    workload = plan.workload
    assert workload is not None
    hosts = ["our own simulator, on a free port of 127.0.0.1"]
    if options.sent.target is not None:
        with tempfile.TemporaryDirectory() as folder:  # nothing is kept of a dry run
            session = runner.prepare(plan, options.sent.target, Path(folder), options, planning=True)
        hosts = sorted({service.base_url for service in session.profile.services.values()})
    rows = [("target", ", ".join(hosts)), ("scenario", f"{plan.scenario} ({options.file.name})")]
    for phase in workload.phases:
        unit = "visits/s" if workload.model == "open" else "users"
        level = f"{phase.start:g}" if phase.start == phase.end else f"{phase.start:g} to {phase.end:g}"
        rows.append(("phase", f"{phase.seconds:g} s at {level} {unit}" + (" (warm-up)" if phase.warm_up else "")))
    if workload.model == "open":
        calls = plan.facts.calls
        rows.append(("visits", f"{workload.area():.0f}, about {workload.area() * calls:.0f} requests"))
        rows.append(("peak", f"about {workload.peak * calls:.0f} requests/s"))
    rows += [("threshold", f"{threshold.sentence} ({threshold.declared.clause})") for threshold in plan.thresholds]
    say_table(rows)
    return ExitCode.OK


def _report(run: Run, folder: Path, prometheus: Path | None) -> ExitCode:
    """Keep the run's reports beside it, show it, and return the exit code."""
    from offerproof.loadtest.results.prometheus import write_run
    from offerproof.report.formats import keep_reports, text

    def keep() -> None:
        keep_reports(run, folder)
        if prometheus is not None:
            write_run(run, prometheus)

    code = exit_code_after(keep, run.outcome.exit_code)
    with suppress(OSError):  # a pipe that was closed changes no verdict
        click.echo(text.render(run))
        say_where(folder)
    return code
