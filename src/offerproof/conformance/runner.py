"""One run of the contract suite: target, plan, checks, findings, footer. What ``offerproof certify`` calls."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from offerproof import __version__
from offerproof.client import Api, Budget, Minter, Pace, Wire, plain_credentials, transport_for
from offerproof.conformance import sittings
from offerproof.conformance.allotment import Allotments, customers_for
from offerproof.conformance.clause_plan import (
    ALLOWANCES,
    FoundCheck,
    endless,
    missing_capability,
    out_of_scope,
    plan_clauses,
)
from offerproof.conformance.clock import Clock, ControlPanel
from offerproof.conformance.estimate import Estimate, estimate
from offerproof.conformance.every_answer import EveryAnswer
from offerproof.conformance.nonce import OWN, checked_nonce, nonce_for
from offerproof.conformance.outcome import Settle
from offerproof.conformance.own_simulator import own_simulator
from offerproof.conformance.plugin import RunContext, SuitePlugin, run_pytest
from offerproof.conformance.recorder import Recorder
from offerproof.conformance.schedule import Schedule
from offerproof.conformance.standing import requests_for
from offerproof.conformance.supplies import Supplies
from offerproof.conformance.waiting import WaitPolicy
from offerproof.contract import (
    RUN_FILE,
    RUNS,
    Contract,
    Level,
    Strength,
    SuiteFolders,
    added_hash,
    content_hash,
    keep_private,
    new_run_folder,
    now,
    unjudged,
)
from offerproof.errors import CannotJudge, Misuse, OfferproofError
from offerproof.findings import (
    AddedClauses,
    Coverage,
    Event,
    Header,
    Interrupted,
    Listener,
    Needs,
    PlanMade,
    Run,
    RunFinished,
    RunPlan,
    RunStarted,
    RunWriter,
    TargetSummary,
    Verdict,
    Waiting,
    Waiver,
    versions_here,
)
from offerproof.findings.runfile import CannotWrite
from offerproof.provisioning import Pools, obstacles
from offerproof.provisioning.pools import shortfalls
from offerproof.target import Profile

FINDINGS_MAX: Final = 20
RTT_S: Final = 0.05
"""The round trip that a plan reckons with."""


@dataclass(frozen=True)
class Waivers:
    """Known failures that are let pass. ``strict``: one that is no longer needed fails the run."""

    listed: tuple[Waiver, ...] = ()
    strict: bool = False


@dataclass(frozen=True)
class SittingFile:
    """The file of a certificate in two sittings: one that this run ``opens``, or goes on with and ``closes``.

    Level, seed and clauses of the second sitting are those of the file.
    """

    opens: Path | None = None
    closes: Path | None = None


@dataclass(frozen=True)
class Options:
    """How to run. ``profile`` None: start our own simulator."""

    profile: Profile | None = None
    level: Level = Level.GATE
    seed: int = 0
    only: tuple[str, ...] = ()
    """Clause ids or chapters; all when empty."""
    check: str | None = None
    """Only the check of this name (replay)."""
    out: Path = RUNS
    waivers: Waivers = Waivers()
    findings_max: int = FINDINGS_MAX
    listeners: tuple[Listener, ...] = ()
    kind: str = "certify"
    stop_first: bool = False
    """Stop after the first check that fails a must-clause."""
    suite: SuiteFolders = field(default_factory=SuiteFolders)
    """By what is judged: our own clauses and checks, others in their place, or a team's beside them."""
    sitting: SittingFile = SittingFile()
    keep_all: bool = False
    """Whether every exchange is kept in the run file, and not only those that prove something."""
    nonce: str | None = None
    """That of an earlier run, to send its very requests again; chosen for the target when None."""


@dataclass(frozen=True)
class Finished:
    """A finished run and the folder that holds it."""

    run: Run
    folder: Path


@dataclass(frozen=True)
class Planned:
    """What a run would do and need; nothing was sent."""

    plan: RunPlan
    checks: int
    customers: int
    """About how many are taken in all."""
    shortfalls: tuple[str, ...]
    estimate: Estimate
    """What it sends and how long that takes."""


def certify(options: Options) -> Finished:
    """Judge a target and return the run, always with a footer; the exit code is ``run.outcome.exit_code``.

    Raises:
        Misuse: the options are wrong. CannotJudge: our own simulator does not start, or the suite cannot be loaded.
    """
    with ExitStack() as stack:
        folder = new_run_folder(options.out)
        profile = options.profile or stack.enter_context(own_simulator(folder, options.seed))
        job = _Job(options, profile, folder)
        run = job.run()
    job.tell(RunFinished(run, folder))
    return Finished(run, folder)


def plan(options: Options, rtt_s: float = RTT_S) -> Planned:
    """Say what a run would need, and how long it takes at so many seconds a round trip; nothing is sent."""
    with ExitStack() as stack:
        profile = options.profile or stack.enter_context(_simulator_profile(options.seed))
        job = _Job(options, profile, options.out)
        return job.planned(rtt_s)


class PreparedRun:
    """A run whose checks somebody else calls, as pytest does; what it finds is not kept."""

    def __init__(self, job: _Job, found: Sequence[FoundCheck]) -> None:
        self._job = job
        self._chosen, self.context = job.prepared(found)
        self._problem: OfferproofError | None = None
        self._begun = False

    def outside(self, check: FoundCheck) -> str | None:
        """Why a check does not run against this target at this level; None where it does."""
        if check.name in self._chosen:
            return None
        assert self._job.writer is not None
        assert self._job.writer.run is not None
        reasons = {one.clause.id: one.outside for one in self._job.writer.run.plan.clauses}
        lacking = missing_capability(check.needs, self._job.profile)
        return next(filter(None, (reasons[name] for name in check.clauses)), lacking) or "outside this level"

    def begun(self) -> RunContext:
        """What checks need, once it is known that the target is there.

        Raises:
            CannotJudge: it is not, or it does not know us; the same every time.
        """
        if not self._begun:
            self._begun = True
            try:
                self.context.begin()
            except OfferproofError as problem:
                self._problem = problem
        if self._problem is not None:
            raise self._problem
        return self.context


@contextmanager
def prepared_run(
    options: Options, found: Sequence[FoundCheck], budget: Budget | None = None, pace: Pace | None = None
) -> Iterator[PreparedRun]:
    """Make ready what checks need that somebody else calls; nothing is sent before the first of them begins.

    Raises:
        Misuse: a check names a clause that there is not, or a pool is empty.
    """
    assert options.profile is not None
    with TemporaryDirectory(prefix="offerproof-") as folder:
        job = _Job(options, options.profile, Path(folder))
        job.budget, job.pace = budget or job.budget, pace
        job.writer = RunWriter(job.folder / RUN_FILE, job.header())
        with job.writer:
            try:
                yield PreparedRun(job, found)
            finally:
                job.hang_up()


class _Job:
    """One run being made."""

    def __init__(self, options: Options, profile: Profile, folder: Path) -> None:
        options = self.options = _as_opened(options)
        self.profile = profile
        self.folder = folder
        self.pools = Pools(profile, options.out)  # what is wrong with a pool file is told before anything is sent
        self.contract: Contract = options.suite.contract.side(client=False)
        self.contract.select(options.only)  # what is wrong with the names is told before anything is sent
        self.listeners = list(options.listeners)
        self.plugin = SuitePlugin(self._choose, options.suite.is_added)
        allowed = ALLOWANCES[options.level].requests + requests_for(profile, self.pools)
        self.budget = Budget(min(allowed, profile.limits.requests or 10**9))
        self.open = _opened(options, self.profile)
        self.nonce = OWN if options.nonce is None else checked_nonce(options.nonce)
        self.pace: Pace | None = None
        self.writer: RunWriter | None = None
        self.recorder: Recorder | None = None
        self.api: Api | None = None
        self.hang_up: Callable[[], None] = lambda: None
        for waiver in options.waivers.listed:
            for name in (waiver.clause, *waiver.also):
                self.contract.find(name)

    def tell(self, event: Event) -> None:
        """Pass an event on. Who cannot take it (a pipe that was closed, a full disk) is told nothing more."""
        for listener in list(self.listeners):
            try:
                listener.notice(event)
            except OSError:
                self.listeners.remove(listener)

    def planned(self, rtt_s: float) -> Planned:
        made: list[Planned] = []

        def choose(found: Sequence[FoundCheck]) -> tuple[frozenset[str], RunContext | None]:
            _, chosen, plan = self._plan(found)
            checks = [check for check in found if check.name in chosen]
            people = customers_for(checks, self.profile)
            offers = plan.needs.user_offers
            lacking = obstacles(self.profile, customers=people > 0, user_offers=any(offers.values()))
            lacking += shortfalls(offers, people, self.pools)
            made.append(Planned(plan, len(chosen), people, tuple(lacking), estimate(checks, self.profile, rtt_s)))
            return frozenset(), None

        self.plugin = SuitePlugin(choose, self.options.suite.is_added)
        run_pytest(self.options.suite, self.plugin)
        return made[0]

    def run(self) -> Run:
        if self.options.nonce is None and self.options.profile is not None:
            self.nonce = nonce_for(self.profile, self.options.seed, self.budget)
        header = self.header()
        self.writer = RunWriter(self.folder / RUN_FILE, header)
        self.tell(RunStarted(header, self.folder))
        with self.writer:
            interrupted: str | None = None
            try:
                run_pytest(self.options.suite, self.plugin)
                interrupted = self.plugin.interrupted
            except KeyboardInterrupt as stop:
                interrupted = str(stop) or "Ctrl-C"
            except CannotJudge as problem:
                if self.writer.run is None or isinstance(problem, CannotWrite):
                    raise
                interrupted = f"{problem.message} ({problem.hint})" if problem.hint else problem.message
            return self._finish(interrupted)

    def _finish(self, interrupted: str | None) -> Run:
        assert self.writer is not None
        if self.writer.run is None:
            raise CannotJudge(
                "the run was interrupted before it had a plan" if interrupted else "pytest could not be started"
            )
        if self.recorder is not None and self.api is not None:
            self.recorder.close()
            self.hang_up()
            keep_private(self.folder, self.api.wire.redactor.private)
        requests = self.api.wire.budget.used if self.api else 0
        if interrupted:
            self.writer.add(Interrupted(reason=interrupted, at=now()))
            return self.writer.finish(requests=requests)
        self._hold_against_the_floor(self.writer.run)
        if self.open is None:
            return self.writer.finish(requests=requests)
        left = self.plugin.context.put_off
        self.writer.add(sittings.record_of(self.open, self.writer.run, left))
        run = self.writer.finish(requests=requests)
        sittings.write(self.open, run, self.options.suite, left)
        return run

    def _hold_against_the_floor(self, run: Run) -> None:
        """Note how many must-clauses were exercised; a whole run of our own suite has a least number."""
        if self.writer is None or self._partial or self.options.stop_first:
            return
        self.writer.add(_exercised(run, self.options))

    @property
    def _partial(self) -> bool:
        """Whether it judges by less than our own whole suite, or by another."""
        return bool(self.options.only or self.options.check or self.options.suite.folder)

    # Called by the plugin, when the checks are known

    def _choose(self, found: Sequence[FoundCheck]) -> tuple[frozenset[str], RunContext | None]:
        chosen, context = self.prepared(found)
        context.begin()
        return chosen, context

    def prepared(self, found: Sequence[FoundCheck]) -> tuple[frozenset[str], RunContext]:
        """The names of the checks that run, and what they need; nothing is sent yet."""
        assert self.writer is not None
        by_chapter, chosen, plan = self._plan(found)
        self.writer.plan(plan)
        self.tell(PlanMade(plan, by_chapter))
        needs = {"customers": plan.needs.customers, "offers": sum(plan.needs.user_offers.values())}
        self.pools.refuse_empty([table for table, count in needs.items() if count])
        context = self._context(plan, [check for check in found if check.name in chosen])
        for finding in self.open.judged if self.open else ():
            self.writer.add(finding)
        return chosen, context

    def _plan(self, found: Sequence[FoundCheck]) -> tuple[dict[str, int], frozenset[str], RunPlan]:
        for check in found:
            self.options.suite.refuse_foreign(check.name, [self.contract.find(name) for name in check.clauses])
        clauses = plan_clauses(
            self.contract,
            found,
            self.profile,
            self.options.level,
            self.contract.select(self.options.only),
            sittings=self.open is not None,
        )
        required = {planned.clause.id: planned.clause for planned in clauses if planned.required}
        shaped = {name for clause in required.values() if self.options.only for name in clause.shapes}
        chosen = [check for check in found if self._runs(check, frozenset(required), frozenset(shaped))]
        if self.options.only and not chosen and not required:
            told = f"nothing to run: {', '.join(self.options.only)} is outside this level or this target"
            raise Misuse(told, hint="a higher --level? offerproof explain CLAUSE says what each needs")
        outside = {one.clause.id: one.outside for one in clauses}
        plan = RunPlan(
            chapters=dict(self.contract.chapters),
            clauses=clauses,
            needs=_sum([check.consumes for check in chosen], more=requests_for(self.profile, self.pools)),
            budget_requests=self.budget.limit,
            waivers=self.options.waivers.listed,
            notes=tuple(plain_credentials(self.profile)),
            unjudged={} if self._partial else unjudged(outside, writes=not self.profile.read_only),
            added=_added(self.options.suite),
        )
        by_chapter = Counter(check.clauses[0].rpartition("-")[0] for check in chosen)
        return dict(by_chapter), frozenset(check.name for check in chosen), plan

    def _runs(self, check: FoundCheck, required: frozenset[str], shaped: frozenset[str]) -> bool:
        """Whether a check runs: one of its clauses is required, or (shapes asked for alone) it makes their calls."""
        if self.options.check is not None and check.name != self.options.check:
            return False
        if self.open and self.open.before and check.name not in self.open.planted:
            return False
        clauses = [self.contract.clauses[name] for name in check.clauses]
        lowest = check.level or min((clause.level for clause in clauses), key=list(Level).index)
        profile, sittings = self.profile, self.open is not None
        missing = missing_capability(check.needs, profile) or endless(check.period, profile, sittings=sittings)
        if not self.options.level.includes(lowest) or missing:
            return False
        if required & set(check.clauses):
            return True
        needs = [need for clause in clauses for need in clause.needs]
        outside = partial(out_of_scope, profile=profile, sittings=sittings)
        makes_them = any(shaped & set(clause.operations) for clause in clauses if outside(clause) is None)
        return bool(shaped) and makes_them and missing_capability(needs, profile) is None

    def _context(self, plan: RunPlan, checks: Sequence[FoundCheck]) -> RunContext:
        assert self.writer is not None
        options, profile = self.options, self.profile
        transport = transport_for(profile)
        panel = ControlPanel(profile, transport)
        clock = Clock(profile, panel)
        minter = Minter(options.seed, self.nonce)
        wire = Wire(profile, transport, minter=minter, budget=self.budget, pace=self.pace, run_id=self.folder.name)
        self.api = api = Api(wire, clock.now)
        self.hang_up = transport.close
        self.recorder = recorder = Recorder(
            self.writer,
            plan,
            wire.redactor,
            tell=self.tell,
            replay=lambda identity: f"offerproof replay {shlex.quote(str(self.folder))} {identity}",
            findings_max=options.findings_max,
            first_only=options.stop_first,
        )
        if options.keep_all:
            wire.observers.append(recorder.keep_also)
        every_answer = EveryAnswer(recorder, wire.silence, clock.stuck)
        wire.silence.on_no_answer = every_answer.not_answered
        wire.on_wait = lambda reason, seconds: self.tell(Waiting(reason, seconds))
        settle = Settle(profile.settle_s, minter=minter, sleep=wire.pause)
        supplies = Supplies(
            api,
            panel,
            settle,
            self.pools,
            needs=plan.needs,
            run_id=self.folder.name,
            allotments=Allotments(checks, profile, self.pools),
        )
        schedule = Schedule(wire.at_once, self.budget, wire.stopped.set, profile.limits.requests)
        wait_policy = WaitPolicy(
            clock, profile.timing.wait_s, self.open is not None, self.tell, wire.stopped.is_set, wire.pause
        )
        return RunContext(
            profile,
            api,
            supplies,
            settle,
            clock,
            self.writer,
            recorder,
            every_answer,
            self.tell,
            schedule,
            wait_policy,
            _periods(self.contract, checks),
            self.open.planted if self.open else {},
            stop_first=options.stop_first,
        )

    def header(self) -> Header:
        """The first line of its file."""
        options, profile = self.options, self.profile
        return Header(
            kind=options.kind,
            run_id=self.folder.name,
            suite_version=__version__,
            content_hash=content_hash(options.suite.folder),
            started=now(),
            target=_summary(profile),
            profile=str(profile.source) if options.profile is not None else None,
            level=options.level,
            seed=options.seed,
            nonce=self.nonce,
            only=options.only,
            strict_waivers=options.waivers.strict,
            versions=versions_here(),
        )


def _exercised(run: Run, options: Options) -> Coverage:
    """How many of our must-clauses were exercised, and how many have to be."""
    tried = (Verdict.PASS, Verdict.FAIL, Verdict.WAIVED)
    ours = [one for one in run.standings.values() if one.clause.chapter not in options.suite.chapters]
    count = sum(one.verdict in tried for one in ours if one.clause.strength is Strength.MUST)
    floor = ALLOWANCES[options.level].must_floor
    return Coverage(operation="must-clauses", outcome="exercised", count=count, floor=floor)


def _summary(profile: Profile) -> TargetSummary:
    return TargetSummary(
        name=profile.name,
        environment=profile.environment,
        services={name: service.base_url for name, service in profile.services.items()},
        capabilities=dict(profile.capabilities),
        behaviour=dict(profile.behaviours),
    )


def _as_opened(options: Options) -> Options:
    """The options, with what an open certificate was begun with."""
    if options.sitting.closes is None:
        return options
    before = sittings.read(options.sitting.closes)
    return replace(options, level=before.level, seed=before.seed, only=before.only)


def _added(suite: SuiteFolders) -> AddedClauses | None:
    if suite.added is None:
        return None
    return AddedClauses(folder=str(suite.added), sha256=added_hash(suite.added), chapters=suite.chapters)


def _opened(options: Options, profile: Profile) -> sittings.Open | None:
    if options.sitting.opens is not None:
        return sittings.begin(options.sitting.opens)
    if options.sitting.closes is not None:
        return sittings.go_on(options.sitting.closes, profile, options.suite)
    return None


def _periods(contract: Contract, found: Sequence[FoundCheck]) -> dict[str, str]:
    """By check, what has to end while it goes on: by its decorator, or by the clauses it judges."""
    told = {one.name: [one.period, *(contract.clauses[name].period for name in one.clauses)] for one in found}
    return {name: next(filter(None, periods)) for name, periods in told.items() if any(periods)}


def _sum(consumed: Sequence[Needs], more: int) -> Needs:
    offers: Counter[str] = Counter()
    for one in consumed:
        offers.update(one.user_offers)
    return Needs(
        customers=sum(one.customers for one in consumed),
        user_offers=dict(offers),
        requests=sum(one.requests for one in consumed) + more,
    )


@contextmanager
def _simulator_profile(seed: int) -> Iterator[Profile]:
    """The profile of our own simulator, for a plan: it is started, asked nothing, and stopped."""
    with TemporaryDirectory(prefix="offerproof-") as folder, own_simulator(Path(folder), seed) as profile:
        yield profile
