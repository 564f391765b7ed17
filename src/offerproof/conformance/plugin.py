"""The pytest plugin of the contract suite: fixtures, the choice of checks, and outcomes turned into findings.

pytest only finds and calls the checks here. Nothing is read from its exit code, and nothing of the user's pytest set-up
(options in the environment, plugins, ini files) takes part.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from offerproof.client import Api, BudgetExhausted
from offerproof.conformance.checkrun import CheckRun
from offerproof.conformance.clause_plan import Check
from offerproof.conformance.clock import Clock
from offerproof.conformance.expect import Expect
from offerproof.conformance.given import Given
from offerproof.conformance.marks import Consumption
from offerproof.conformance.outcome import ExpectationFailed, Settle, Undeclared
from offerproof.conformance.recorder import Recorder
from offerproof.conformance.supplies import Supplies
from offerproof.conformance.waiting import Patience, Planted, PutOff, Wait
from offerproof.contract import now
from offerproof.errors import CannotJudge, ContentMissing
from offerproof.findings import CheckFinished, CheckStarted, ClauseStarted, Event, LimitReached, RunWriter, Verdict
from offerproof.provisioning import NotOffered
from offerproof.target import NotAllowed, Profile

_MISREAD: Final = (TypeError, LookupError, AttributeError, ValueError, ArithmeticError)
"""What reading an answer of the wrong shape raises."""


@dataclass(frozen=True)
class FoundCheck(Check):
    """A check as pytest found it."""

    consumes: Consumption = field(default_factory=Consumption)


@dataclass
class Stage:
    """Everything the fixtures and hooks of one run need; made when the checks are known."""

    profile: Profile
    api: Api
    supplies: Supplies
    settle: Settle
    clock: Clock
    writer: RunWriter
    recorder: Recorder
    tell: Callable[[Event], None]
    patience: Patience
    periods: Mapping[str, str]
    """By check, what has to end while it goes on."""
    planted: Mapping[str, Planted]
    """By check, what an earlier sitting left on the target."""
    put_off: dict[str, Planted] = field(default_factory=dict)
    """By check, what a later sitting has to look at."""
    stop_first: bool = False

    def wait(self, run: CheckRun) -> Wait:
        """How a check waits for a period to end."""
        period = self.periods.get(run.name)
        if period is None:
            raise Undeclared(f'{run.name} waits: say for what, @clause(…, period="return_period")')
        left = self.planted.get(run.name) or Planted(check=run.name)
        self.put_off[run.name] = left  # until the check has come to its end
        return Wait(self.patience, self.supplies, left, within_the_run=self.profile.sees_end_of(period))

    def leave_open(self, run: CheckRun) -> str:
        """Note which clauses of a check that was put off are open; return the date until when."""
        left = self.put_off[run.name]
        plan = self.writer.run.plan.clauses if self.writer.run else ()
        required = {one.clause.id for one in plan if one.required}
        left.clauses = {name: left.clauses.get(name, "") for name in run.open_clauses if name in required}
        return left.due[:10]


class SuitePlugin:
    """``choose`` gets the checks found and returns the names of those to run, and the stage; it may raise."""

    def __init__(self, choose: Callable[[Sequence[FoundCheck]], tuple[frozenset[str], Stage | None]]) -> None:
        self._choose = choose
        self._stage: Stage | None = None
        self._runs: dict[str, CheckRun] = {}
        self._later: dict[str, int] = {}
        """By check, how many requests those after it may need."""
        self.problem: Exception | None = None
        """What made the run impossible."""
        self.interrupted: str | None = None
        """By what the run was stopped."""

    @property
    def stage(self) -> Stage:
        assert self._stage is not None
        return self._stage

    # Fixtures

    @pytest.fixture
    def api(self) -> Api:
        """The client."""
        return self.stage.api

    @pytest.fixture
    def profile(self) -> Profile:
        """What the target declares."""
        return self.stage.profile

    @pytest.fixture
    def settle(self) -> Settle:
        """Waits for effects."""
        return self.stage.settle

    @pytest.fixture
    def clock(self) -> Clock:
        """The target's clock."""
        return self.stage.clock

    @pytest.fixture
    def given(self, request: pytest.FixtureRequest) -> Given:
        """The check's supplies."""
        return Given(self.stage.supplies, self._runs[request.node.nodeid])

    @pytest.fixture
    def expect(self, request: pytest.FixtureRequest) -> Expect:
        """The check's expectations."""
        return Expect(self._runs[request.node.nodeid])

    @pytest.fixture
    def wait(self, request: pytest.FixtureRequest) -> Wait:
        """Looks again when a period has ended."""
        return self.stage.wait(self._runs[request.node.nodeid])

    # Hooks

    def pytest_configure(self, config: pytest.Config) -> None:
        config.addinivalue_line("markers", "clause(*ids, consumed, level, needs, period): the clauses a check judges")

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.problem is None:
            told = str(report.longrepr).strip().splitlines()
            self.problem = ContentMissing(f"the suite cannot be loaded: {report.nodeid}: {told[-1] if told else ''}")

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.problem is not None:
            items.clear()
            return
        try:
            found = [_found(item) for item in items]
            chosen, self._stage = self._choose(found)
        except Exception as problem:
            self.problem = problem
            items.clear()
            return
        kept = [(item, check) for item, check in zip(items, found, strict=True) if check.name in chosen]
        items[:] = [item for item, _ in kept]
        later = 0
        for item, check in reversed(kept):
            self._later[item.nodeid] = later
            later += check.consumes.requests

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        self.interrupted = str(excinfo.value) or "Ctrl-C"

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        stage, check = self.stage, _found(item)
        run = CheckRun(check.name, check.clauses, check.consumes, stage.recorder)
        if left := stage.planted.get(check.name):  # an earlier sitting has ruled on the others
            run.concluded = {name: Verdict.PASS for name in check.clauses if name not in left.clauses}
        self._runs[item.nodeid] = run
        stage.recorder.check, stage.api.wire.check = run, check.name
        stage.api.wire.budget.reserved = self._later[item.nodeid]
        chapter = check.clauses[0].rpartition("-")[0]
        stage.writer.add(ClauseStarted(check=check.name, clauses=check.clauses, at=now()))
        stage.tell(CheckStarted(check.name, chapter, check.clauses))
        started = time.perf_counter_ns()
        try:
            return (yield)
        finally:
            verdict = run.finish((Verdict.ERROR, "the check did not come to its end"))
            took = (time.perf_counter_ns() - started) // 1000
            stage.recorder.check, stage.api.wire.check = None, None
            del self._runs[item.nodeid]
            stage.tell(CheckFinished(check.name, chapter, verdict, stage.api.wire.budget.used, took))
            if stage.stop_first and stage.recorder.failures:
                item.session.shouldfail = "the first failure was asked for"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Generator[None, object, object]:
        run = self._runs[pyfuncitem.nodeid]
        rest: tuple[Verdict, str] | None = None
        try:
            yield
        except KeyboardInterrupt:
            run.finish((Verdict.UNKNOWN, "the run was interrupted"))
            raise
        except ExpectationFailed as problem:
            rest = (Verdict.UNKNOWN, f"not reached: {run.current} did not hold")
            run.conclude(problem)
        except PutOff:
            run.finish((Verdict.SKIP, f"open until {self.stage.leave_open(run)}"))
            return True
        except BaseException as problem:
            rest = self._classify(run, problem)
        self.stage.put_off.pop(run.name, None)
        run.finish(rest)
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        run = self._runs.get(report.nodeid)
        if report.failed and run is not None:  # a fixture that does not exist, a teardown that broke
            told = str(report.longrepr).strip().splitlines()
            run.finish((Verdict.ERROR, f"{report.when}: {told[-1] if told else 'failed'}"))

    def _classify(self, run: CheckRun, problem: BaseException) -> tuple[Verdict, str]:
        """The verdict on a check that ended with anything but a failed expectation."""
        if isinstance(problem, NotAllowed):
            return Verdict.SKIP, problem.scope
        if isinstance(problem, BudgetExhausted):
            self.stage.tell(LimitReached(problem.message, "what was not exercised stays unknown"))
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


def _found(item: pytest.Item) -> FoundCheck:
    name = item.nodeid.rpartition("/")[2]
    mark = item.get_closest_marker("clause")
    if mark is None or not mark.args:
        raise ContentMissing(f"{name} names no clause", hint='put @clause("ID") above it')
    options = mark.kwargs
    return FoundCheck(name, mark.args, options["level"], options["needs"], options["period"], options["consumed"])


_UNWANTED: Final = (
    *("terminal", "cacheprovider", "faulthandler", "logging", "unraisableexception", "threadexception", "warnings"),
    *("doctest", "junitxml", "pastebin", "stepwise", "nose", "debugging", "setuponly", "setupplan"),
)


def run_pytest(folder: Path, plugin: SuitePlugin) -> None:
    """Let pytest find and call the checks of a folder; the plugin knows what came of it."""
    arguments = [str(folder), "-c", os.devnull, "--rootdir", str(folder.parent), "--import-mode=importlib"]
    arguments += ["--assert=plain", "--capture=no", "--strict-markers", "--noconftest"]
    for name in _UNWANTED:
        arguments += ["-p", f"no:{name}"]
    if any("hypothesis" in file.read_text("utf-8") for file in folder.glob("test_*.py")):
        _calm_hypothesis()
    with _no_pytest_environment():
        pytest.main(arguments, plugins=[plugin])


def forget_modules(folder: Path) -> None:
    """Forget the modules of a folder, so that another suite with files of the same names can be loaded."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if file and Path(file).parent == folder:
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
