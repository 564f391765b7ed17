"""Everything that can be asked of a load run, as one typed value; and the plan that follows from it."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from offerproof.contract import RUNS
from offerproof.errors import Misuse
from offerproof.findings.distribution import needed
from offerproof.findings.load_records import ALL_CALLS
from offerproof.loadtest.plan.load_plan import LoadPlan, SupplyPlan
from offerproof.loadtest.plan.measures import PERCENTILE, measure_of
from offerproof.loadtest.plan.scenario import (
    ScenarioFacts,
    load_load_profile,
    profile_names,
    scenario_file,
    scenario_name,
    scenario_names,
)
from offerproof.loadtest.plan.thresholds import Threshold, load_thresholds
from offerproof.loadtest.plan.workload import Think, Workload, seconds, steady

_SCENARIOS, _PROFILES = ", ".join(scenario_names()), ", ".join(profile_names())


def _about(told: str, metavar: str | None = None, *, ge: float | None = None, le: float | None = None) -> Meta:
    """Say what an option is about, for ``--help``, and the numbers it takes."""
    return Meta(description=told, ge=ge, le=le, extra={"metavar": metavar})


class SentOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent"""

    target: Annotated[Path | None, _about("Target profile; none: our simulator.", "PROFILE")] = None
    scenario: Annotated[str | None, _about(f"{_SCENARIOS}, or a Locust file of yours.", "NAME|FILE")] = None
    workload: Annotated[str | None, _about(f"{_PROFILES}, or a TOML file; none: steady.", "NAME|FILE")] = None
    rate: Annotated[float | None, _about("Open: so many visits a second.", ge=0.01, le=100_000)] = None
    users: Annotated[int | None, _about("Closed: so many users, each waiting for its answers.", ge=1, le=100_000)] = (
        None
    )
    duration: Annotated[str | None, _about("How long the judged part lasts, such as 30s or 5m.", "TIME")] = None
    warm_up: Annotated[str | None, _about("Left out of the figures.", "TIME")] = None
    arrivals: Annotated[Literal["constant", "poisson"] | None, _about("Spacing of an open workload's visits.")] = None
    think: Annotated[
        str | None, _about('Think time, such as "exponential(2s)", "lognormal(2s, 0.5)" or none.', "DIST")
    ] = None
    seed: Annotated[int, _about("Baskets, choices and made-up customers follow from it.")] = 0


class ReachedOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What has to be reached"""

    slo: Annotated[Path | None, _about("Thresholds (TOML); replaces the workload's.", "FILE")] = None
    find_capacity: Annotated[bool, _about("Search the highest rate that meets the thresholds.")] = False
    ceiling: Annotated[float, _about("--find-capacity: no rate above this.", ge=0.01, le=100_000)] = 2000.0
    probe: Annotated[str, _about("--find-capacity: how long each rate is tried.", "TIME")] = "8s"
    audit: Annotated[Path | None, _about("Audit what Locust alone has recorded there.", "FOLDER")] = None


class GeneratorOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Where it comes from"""

    processes: Annotated[int, _about("Load generator processes on this host.", ge=1, le=256)] = 1
    master: Annotated[bool, _about("Lead workers on other hosts.")] = False
    expect_workers: Annotated[int, _about("--master: begin when so many are there.", ge=1, le=1000)] = 1
    worker: Annotated[bool, _about("Be a worker for a master elsewhere.")] = False
    master_host: Annotated[str, _about("--worker: where the master is.")] = "127.0.0.1"
    master_port: Annotated[int, _about("Port of master and workers.", ge=1, le=65535)] = 5557
    bind: Annotated[str, _about("--master: address to listen on for workers.")] = "127.0.0.1"
    ui: Annotated[int | None, _about("Locust's web UI on this port.", "PORT", ge=1, le=65535)] = None
    slots: Annotated[int | None, _about("Open: most visits at the same time.", ge=1, le=100_000)] = None


class SupplyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Customers and user offers"""

    stock: Annotated[int, _about("Customers made before; 0: estimated.", ge=0, le=1_000_000)] = 0
    customers: Annotated[int | None, _about("So many, who come back again and again.", "N", ge=1, le=1_000_000)] = None
    shared_offers: Annotated[int, _about("stampede: user offers fought for.", ge=0, le=1_000_000)] = 0


class KeptOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept"""

    out: Annotated[Path, _about("Where runs are kept.")] = RUNS
    max_operations: Annotated[int, _about("Kept for the audit, then thinned.", ge=10_000)] = 4_000_000
    prometheus: Annotated[Path | None, _about("Figures as Prometheus text.", "FILE")] = None
    dry_run: Annotated[bool, _about("Print what would be sent; send nothing.")] = False


class LoadOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of a load run; ``offerproof load --help`` lists it in these groups."""

    sent: SentOptions = SentOptions()
    reached: ReachedOptions = ReachedOptions()
    generator: GeneratorOptions = GeneratorOptions()
    supply: SupplyOptions = SupplyOptions()
    kept: KeptOptions = KeptOptions()

    @property
    def file(self) -> Path:
        """The Locust file of the scenario, which the workload names where nothing is said."""
        return scenario_file(self.sent.scenario or load_load_profile(self.sent.workload or "steady").scenario)


def plan_of(options: LoadOptions, facts: ScenarioFacts, known_workflows: frozenset[str]) -> LoadPlan:
    """Turn options into a plan; raises :class:`Misuse` for what does not fit together.

    Thresholds for ``known_workflows`` that are none of this scenario do not concern the run."""
    sent, supply = options.sent, options.supply
    if sent.rate and sent.users:
        raise Misuse("--rate (open) and --users (closed) exclude each other")
    fights = facts.shared and sent.workload is None and not sent.rate and not sent.users
    chosen = load_load_profile("stampede" if fights else sent.workload or "steady")
    workload = _workload(chosen.workload, sent)
    think = Think(sent.think or chosen.think).text
    if options.reached.slo:
        thresholds = load_thresholds(options.reached.slo)
    else:
        thresholds = (
            chosen.thresholds if workload == chosen.workload else answerable(chosen.thresholds, facts, workload)
        )
    others = known_workflows - set(facts.workflows)
    nonce = uuid.uuid4().hex[:10]
    return LoadPlan(
        scenario=scenario_name(options.file),
        facts=facts,
        run_id=f"load-{nonce}",
        nonce=nonce,
        seed=sent.seed,
        workload=workload,
        think=think,
        slots=options.generator.slots or slots_for(workload.peak),
        max_operations=options.kept.max_operations,
        supply=SupplyPlan(
            stock=supply.stock,
            customers=supply.customers or chosen.customers,
            shared_offers=supply.shared_offers,
            runs=str(options.kept.out),
        ),
        thresholds=tuple(row for row in thresholds if row.name not in others),
    )


LOWER = (99.9, 99.0, 95.0, 90.0, 75.0, 50.0)
"""The percentiles that may stand for a higher one that a run is too short for."""
COME = 0.8
"""Of the visits that are due, so many come to an end at least."""


def answerable(thresholds: tuple[Threshold, ...], facts: ScenarioFacts, workload: Workload) -> tuple[Threshold, ...]:
    """Return what can be asked of another workload than the one the thresholds are for.

    A percentile that so few visits show nothing of is asked for as the next lower one that they show, or not at all."""
    if workload.model != "open":
        return thresholds
    visits = workload.area(workload.warm_up) * COME
    asked = []
    for row in thresholds:
        measure, number = measure_of(row.measure)
        count = visits * facts.calls if row.name == ALL_CALLS else visits
        if measure.name == PERCENTILE:
            fits = (q for q in (number, *LOWER) if q <= number and needed(q) <= count)
            if (q := next(fits, None)) is None:
                continue
            row = msgspec.structs.replace(row, measure=measure.name.replace("N", f"{q:g}"))
        asked.append(row)
    return tuple(asked)


def _workload(chosen: Workload, sent: SentOptions) -> Workload:
    """Return the profile's workload, or a steady one where options say how much or how long."""
    spacing = sent.arrivals or chosen.spacing
    if sent.rate is None and sent.users is None and sent.duration is None and sent.warm_up is None:
        return Workload(chosen.model, chosen.phases, spacing)
    judged = chosen.duration - chosen.warm_up
    duration = seconds(sent.duration) if sent.duration is not None else judged
    warm_up = seconds(sent.warm_up) if sent.warm_up is not None else min(chosen.warm_up, duration / 10)
    if sent.users is not None:
        return steady("closed", float(sent.users), duration, warm_up=warm_up)
    if sent.rate is not None:
        return steady("open", sent.rate, duration, warm_up=warm_up, spacing=spacing)
    levels = {phase.start for phase in chosen.phases} | {phase.end for phase in chosen.phases}
    if len(levels) > 1:
        raise Misuse("this workload has several levels: --duration needs --rate or --users with it")
    return steady(chosen.model, chosen.peak, duration, warm_up=warm_up, spacing=spacing)


def slots_for(rate: float) -> int:
    """Return how many visits may go on at once for an open rate: a second's worth, within bounds."""
    return int(min(max(rate, 64), 2000))
