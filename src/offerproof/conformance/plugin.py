"""The pytest plugin of the contract suite: fixtures, the choice of checks, and outcomes turned into findings.

pytest only finds and calls the checks here. Nothing is read from its exit code, and nothing of the user's pytest set-up
(options in the environment, plugins, ini files) takes part.
"""

from __future__ import annotations

import inspect
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest

from offerproof.client import Api, BudgetExhausted, preflight
from offerproof.client.lines import AHEAD
from offerproof.client.preflight import PROBES, answers_beside
from offerproof.client.wire import CHECK, RunStopped
from offerproof.conformance.checkrun import RUNNING, CheckRun, Conclusions
from offerproof.conformance.clause_plan import FoundCheck
from offerproof.conformance.clock import Clock
from offerproof.conformance.every_answer import EveryAnswer
from offerproof.conformance.expect import Expect
from offerproof.conformance.given import Given
from offerproof.conformance.marks import Consumption
from offerproof.conformance.outcome import ExpectationFailed, Settle, Undeclared
from offerproof.conformance.recorder import Recorder
from offerproof.conformance.schedule import Job, Schedule, run_checks
from offerproof.conformance.supplies import Supplies
from offerproof.conformance.waiting import Planted, PutOff, Wait, WaitPolicy
from offerproof.contract import SuiteFolders, now
from offerproof.errors import CannotJudge, ContentMissing, Misuse, OfferproofError
from offerproof.exchange import Exchange
from offerproof.findings import CheckFinished, CheckStarted, ClauseStarted, Event, LimitReached, RunWriter, Verdict
from offerproof.judgement.histories.rules import lock_lifetime
from offerproof.provisioning import NotOffered
from offerproof.target import NotAllowed, Profile

ATTEMPTS: Final = 3
"""Runs of a check whose requests have no answer."""
_MISREAD: Final = (TypeError, LookupError, AttributeError, ValueError, ArithmeticError)
"""What reading an answer of the wrong shape raises."""


@dataclass
class RunContext:
    """Everything the fixtures and hooks of one run need; made when the checks are known."""

    profile: Profile
    api: Api
    supplies: Supplies
    settle: Settle
    clock: Clock
    writer: RunWriter
    recorder: Recorder
    every_answer: EveryAnswer
    tell: Callable[[Event], None]
    schedule: Schedule
    wait_policy: WaitPolicy
    periods: Mapping[str, str]
    """By check, what has to end while it goes on."""
    planted: Mapping[str, Planted]
    """By check, what an earlier sitting left on the target."""
    put_off: dict[str, Planted] = field(default_factory=dict)
    """By check, what a later sitting has to look at."""
    stop_first: bool = False

    def begin(self) -> None:
        """Look whether the target is there; from then on every answer is judged."""
        self.api.wire.observers.append(self.clock.hear)
        self.api.wire.silence.answers_beside = self._answers_beside
        preflight(self.api)  # before anybody judges: what it finds is the profile's fault, or the network's
        self.api.wire.observers.append(self.every_answer.exchanged)

    def _answers_beside(self, lost: Exchange) -> bool:
        with self.api.minter.scope("beside", whole=True):
            return answers_beside(self.api, lost)

    def wait(self, run: CheckRun) -> Wait:
        """How a check waits for a period to end."""
        period = self.periods.get(run.name)
        if period is None:
            raise Undeclared(f'{run.name} waits: say for what, @clause(…, period="return_period")')
        left = deepcopy(self.planted.get(run.name)) or Planted(check=run.name)
        self.put_off[run.name] = left  # until the check has come to its end
        return Wait(self.wait_policy, self.supplies, left, within_the_run=self.profile.sees_end_of(period))

    def locks_last(self, name: str) -> timedelta | None:
        """How long a lock is sure to last while this check goes on; None: for ever, or the check waits for its end."""
        told = lock_lifetime(self.profile.behaviour("lock_lifetime.seconds"))
        return None if told is None or self.periods.get(name) == "lock_lifetime" else timedelta(microseconds=told)

    def leave_open(self, run: CheckRun) -> str:
        """Note which clauses of a check that was put off are open; return the date until when."""
        left = self.put_off[run.name]
        plan = self.writer.run.plan.clauses if self.writer.run else ()
        required = {one.clause.id for one in plan if one.required}
        left.clauses = {name: left.clauses.get(name, "") for name in run.open_clauses if name in required}
        return left.due[:10]


class SuitePlugin:
    """``choose`` gets the checks found and returns the names of those to run, and the context; it may raise."""

    def __init__(
        self,
        choose: Callable[[Sequence[FoundCheck]], tuple[frozenset[str], RunContext | None]],
        is_added: Callable[[str], bool],
    ) -> None:
        self._choose = choose
        self._is_added = is_added
        self._context: RunContext | None = None
        self.problem: Exception | None = None
        """What made the run impossible."""
        self.interrupted: str | None = None
        """By what the run was stopped."""

    @property
    def context(self) -> RunContext:
        assert self._context is not None
        return self._context

    # Hooks

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line(
            "markers", "clause(*ids, consumed, level, needs, period, turn): the clauses a check judges"
        )

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.problem is None:
            told = str(report.longrepr).strip().splitlines()
            message = f"the checks cannot be loaded: {report.nodeid}: {told[-1] if told else ''}"
            added = self._is_added(report.nodeid.rpartition("/")[2])
            self.problem = Misuse(message) if added else ContentMissing(message)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.problem is not None:
            items.clear()
            return
        try:
            found = [found_check(item, self._is_added) for item in items]
            chosen, self._context = self._choose(found)
        except Exception as problem:
            self.problem = problem
            items.clear()
            return
        kept = [(item, check) for item, check in zip(items, found, strict=True) if check.name in chosen]
        items[:] = [item for item, _ in kept]

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = str(excinfo.value) or "Ctrl-C"

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run the checks that were collected: pytest finds them, we schedule them."""
        if self._context is not None:
            items = [item for item in session.items if isinstance(item, pytest.Function)]
            try:
                run_checks([self._job(item) for item in items], self.context.schedule)
            except OfferproofError as problem:  # which pytest would print as an error of its own, with all its frames
                self.problem = problem
        return True

    def _job(self, item: pytest.Function) -> Job:
        check = found_check(item, self._is_added)
        return Job(
            check.name,
            check.turn_at(self.context.profile),
            check.consumes.requests,
            partial(self._run, item, check),
            check.weight,
            self.context.supplies.allotments.of(check.name).holds,
        )

    def _run(self, item: pytest.Function, check: FoundCheck) -> None:
        """Run one check, in a context of its own, and write down what came of it."""
        context = self.context
        CHECK.set(check.name)
        AHEAD.set(check.weight)
        chapter = check.clauses[0].rpartition("-")[0]
        with context.recorder.guard:
            context.writer.add(ClauseStarted(check=check.name, clauses=check.clauses, at=now()))
            context.tell(CheckStarted(check.name, chapter, check.clauses))
        started = time.perf_counter_ns()
        verdict = self._until_answered(item, check)
        took = (time.perf_counter_ns() - started) // 1000
        context.supplies.allotments.end(check.name)
        context.tell(CheckFinished(check.name, chapter, verdict, context.api.wire.budget.used, took))
        if context.stop_first and context.recorder.failures:
            context.schedule.stop()

    def _until_answered(self, item: pytest.Function, check: FoundCheck) -> Verdict:
        """Run a check; again on fresh data where the target gave no answer to it, for that is no breach.

        Two runs without an answer are unknown, but for what held all the same. And who never answers the same request,
        while its neighbours are answered, hides nothing by that: the third time it counts.
        """
        again: set[tuple[str, int]] = set()
        for attempt in range(1, ATTEMPTS + 1):
            run, conclusions = self._attempt(item, check, attempt)
            again = set(run.lost) if attempt == 1 else again & set(run.lost)  # of thousands two may be lost by chance
            if not run.lost or run.held_all or (attempt == ATTEMPTS and again and self._neighbours_answered(run)):
                break
            if attempt > 1 and not (again and attempt < ATTEMPTS):
                return self._no_answer(check, run, conclusions)
        with self.context.recorder.guard:  # what a check found stands together
            conclusions.hand_on()
        return run.worst

    def _neighbours_answered(self, run: CheckRun) -> bool:
        """Whether who did not answer a check's last lost request answers others: if not, it is down."""
        api, services = self.context.api, self.context.profile.services
        last = next(exchange for exchange in reversed(run.exchanges) if exchange.unanswered)
        there = {name for name, one in services.items() if one.base_url == services[last.service].base_url}
        if run.answered & there:
            return True
        probes = [PROBES[name] for name in sorted(there) if PROBES[name] != last.operation]
        try:
            with api.minter.scope(f"{run.name}, neighbours", whole=True):
                return any(not api.send(probe, api.example(probe)).unanswered for probe in probes)
        except CannotJudge:  # nothing more is sent: nobody knows
            return False

    def _attempt(self, item: pytest.Function, check: FoundCheck, attempt: int) -> tuple[CheckRun, Conclusions]:
        recorder = self.context.recorder
        conclusions = Conclusions(recorder, recorder.verdict_of)
        lasts = self.context.locks_last(check.name)
        run = CheckRun(check.name, check.clauses, check.consumes, conclusions, lasts)
        if left := self.context.planted.get(check.name):  # an earlier sitting has ruled on the others
            run.concluded = {name: Verdict.PASS for name in check.clauses if name not in left.clauses}
        RUNNING.set(run)
        rest: tuple[Verdict, str] | None = (Verdict.UNKNOWN, "the run was interrupted")
        try:
            scope = check.name if attempt == 1 else f"{check.name}, attempt {attempt}"
            with self.context.api.minter.scope(scope, whole=True):
                rest = self._played(item, run)
        except BaseException:
            run.finish(rest)
            conclusions.hand_on()
            raise
        run.finish(rest)
        return run, conclusions

    def _no_answer(self, check: FoundCheck, run: CheckRun, conclusions: Conclusions) -> Verdict:
        """Conclude a check that was run again and had no answer again: what that may have spoiled is unknown."""
        operations = ", ".join(sorted({operation for operation, _ in run.lost}))
        last = CheckRun(check.name, check.clauses, check.consumes, self.context.recorder)
        last.exchanges = run.exchanges
        spoiled = run.in_question
        last.concluded = {name: verdict for name, verdict in run.concluded.items() if name not in spoiled}
        with self.context.recorder.guard:
            conclusions.hand_on(without=spoiled)
            return last.finish((Verdict.UNKNOWN, f"no answer to {operations}, nor when the check was run again"))

    def _played(self, item: pytest.Function, run: CheckRun) -> tuple[Verdict, str] | None:
        """Call the check's function; what is to be said of the clauses it did not come to."""
        try:
            item.obj(**self._arguments(item, run))
        except PutOff:
            return Verdict.SKIP, f"open until {self.context.leave_open(run)}"
        except ExpectationFailed as problem:
            rest: tuple[Verdict, str] | None = (Verdict.UNKNOWN, f"not reached: {run.current} did not hold")
            run.conclude(problem)
        except KeyboardInterrupt:
            raise
        except BaseException as problem:
            rest = classify(problem, run, self.context.tell)
        else:
            rest = None
        self.context.put_off.pop(run.name, None)
        return rest

    def _arguments(self, item: pytest.Function, run: CheckRun) -> dict[str, object]:
        known = fixtures_of(self.context, run)
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        wanted = inspect.signature(item.obj).parameters
        unknown = [name for name in wanted if name not in known and name not in parameters]
        if unknown:
            raise ContentMissing(f"there is no fixture {unknown[0]!r}", hint=f"there are {', '.join(known)}")
        return {name: parameters[name] if name in parameters else known[name]() for name in wanted}


_MADE: Final[Mapping[str, Callable[[RunContext, CheckRun], object]]] = {
    "api": lambda context, run: context.api,
    "given": lambda context, run: Given(context.supplies, run),
    "expect": lambda context, run: Expect(run),
    "settle": lambda context, run: context.settle,
    "profile": lambda context, run: context.profile,
    "clock": lambda context, run: context.clock,
    "wait": lambda context, run: context.wait(run),
}
FIXTURES: Final = tuple(_MADE)
"""What a check may ask for by name."""


def fixtures_of(context: RunContext, run: CheckRun) -> dict[str, Callable[[], object]]:
    """What makes each fixture for a check."""
    return {name: partial(make, context, run) for name, make in _MADE.items()}


def classify(problem: BaseException, run: CheckRun, tell: Callable[[Event], None]) -> tuple[Verdict, str]:
    """The verdict on a check that ended with anything but a failed expectation."""
    if isinstance(problem, RunStopped):
        return Verdict.UNKNOWN, "the run was interrupted"
    if isinstance(problem, NotAllowed):
        return Verdict.SKIP, problem.scope
    if isinstance(problem, BudgetExhausted):
        tell(LimitReached(problem.message, "what was not exercised stays unknown"))
        return Verdict.UNKNOWN, problem.message
    if isinstance(problem, NotOffered):
        return Verdict.SKIP, problem.message
    if isinstance(problem, CannotJudge):
        return Verdict.UNKNOWN, problem.message
    if isinstance(problem, pytest.skip.Exception):
        return Verdict.UNKNOWN, f"the check gave up: {problem}"
    if isinstance(problem, _MISREAD) and run.malformed:
        return Verdict.UNKNOWN, f"an answer had the wrong shape and could not be read: {run.malformed}"
    frames = traceback.extract_tb(problem.__traceback__)
    place = next((frame for frame in reversed(frames) if Path(frame.filename).name.startswith("test_")), frames[-1])
    return Verdict.ERROR, f"{type(problem).__name__}: {problem} ({Path(place.filename).name}:{place.lineno})"


def found_check(item: pytest.Item, is_added: Callable[[str], bool]) -> FoundCheck:
    """What a check's decorator says of it.

    Raises:
        ContentMissing, or Misuse in a file that was added: it has none.
    """
    name = f"{item.path.name}::{item.nodeid.partition('::')[2]}"
    mark = item.get_closest_marker("clause")
    if mark is None or not mark.args:
        kind = Misuse if is_added(item.path.name) else ContentMissing
        raise kind(f"{name} names no clause", hint='put @clause("ID") above it')
    options: dict[str, Any] = {"level": None, "needs": (), "period": None, "turn": "any", "consumed": Consumption()}
    options |= mark.kwargs
    asks_for = inspect.signature(item.obj).parameters if isinstance(item, pytest.Function) else {}
    return FoundCheck(
        name,
        mark.args,
        options["level"],
        options["needs"],
        options["period"],
        consumes=options["consumed"],
        turn="alone" if "clock" in asks_for else options["turn"],
        settles="settle" in asks_for,
        sees_an_end="wait" in asks_for,
    )


_UNWANTED: Final = (
    *("terminal", "cacheprovider", "faulthandler", "logging", "unraisableexception", "threadexception", "warnings"),
    *("doctest", "junitxml", "pastebin", "stepwise", "nose", "debugging", "setuponly", "setupplan"),
)


def run_pytest(suite: SuiteFolders, plugin: SuitePlugin) -> None:
    """Let pytest find and call the checks of a suite; the plugin knows what came of it, and raises what went wrong."""
    folders = suite.folders
    arguments = [*map(str, folders), "-c", os.devnull, "--rootdir", str(folders[0].parent), "--import-mode=importlib"]
    arguments += ["--assert=plain", "--capture=no", "--strict-markers", "--noconftest"]
    # Else pytest looks at all that lies in each folder above: everything of site-packages, or of the user's home.
    arguments += ["--confcutdir", str(folders[0])]
    for name in _UNWANTED:
        arguments += ["-p", f"no:{name}"]
    files = [file for folder in folders for file in folder.glob("test_*.py")]
    if any("hypothesis" in file.read_text("utf-8", "replace") for file in files):
        _calm_hypothesis()
    try:
        with _no_pytest_environment():
            pytest.main(arguments, plugins=[plugin])
    finally:
        for folder in folders if suite.folder else folders[1:]:
            _forget_modules(folder)
    if plugin.problem is not None:
        raise plugin.problem


def _forget_modules(folder: Path) -> None:
    """Forget the modules of a folder, so that another suite with files of the same names can be loaded."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and os.path.dirname(file) == str(folder):
            del sys.modules[name]


def _calm_hypothesis() -> None:
    """No example database and no deadline, before any module of the suite chooses its settings."""
    from hypothesis import settings

    settings.register_profile("offerproof", database=None, deadline=None)
    settings.load_profile("offerproof")


@contextmanager
def _no_pytest_environment() -> Iterator[None]:
    """``PYTEST_ADDOPTS`` and its like could turn a failing suite green; plugins of the user could do anything."""
    kept: dict[str, Any] = {name: os.environ.pop(name) for name in list(os.environ) if name.startswith("PYTEST_")}
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(kept)
