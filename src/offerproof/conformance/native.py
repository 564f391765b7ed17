"""Checks run by pytest itself: ``pytest contracts/ --offerproof-target PROFILE``, and test files of anybody's own.

``certify`` finds checks by pytest and schedules them itself; here pytest runs them, one after the other in a process,
with all that its users know: selection, ``-x``, ``--lf``, reports, xdist. A broken must fails its test, a broken should
warns, what could not be observed is an error. No run is kept.
"""

from __future__ import annotations

import secrets
import tempfile
import time
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest
from filelock import FileLock

from offerproof.client import Budget, Pace
from offerproof.client.wire import CHECK, connections_of
from offerproof.conformance.checkrun import RUNNING, CheckRun
from offerproof.conformance.clause_plan import FoundCheck
from offerproof.conformance.marks import TURNS, Consumption
from offerproof.conformance.outcome import ExpectationFailed
from offerproof.conformance.plugin import FIXTURES, classify, fixtures_of, found_check
from offerproof.conformance.recorder import Recorder
from offerproof.conformance.runner import Options, PreparedRun, prepared_run
from offerproof.contract import Clause, Level, Strength, SuiteFolders
from offerproof.errors import OfferproofError
from offerproof.exchange import Exchange
from offerproof.findings import Verdict
from offerproof.target import Profile, load_profile

_FREELY: Final = Consumption(customers=1_000, user_offers={"any": 1_000})
"""What a test may take that does not say what it takes."""
_ALONE: Final = "it moves the target's clock, which all workers share: run it without -n"
_SHARED: Final = "offerproof_shared"
_UNKNOWN: Final = pytest.StashKey[bool]()
"""Of a test: that its clause could not be observed, and nothing is said of the target."""


class ShouldIsNotKept(UserWarning):
    """A should-clause does not hold."""


def made_for(config: pytest.Config) -> Native | Controller:
    """The plugin that gives the fixtures; with xdist, in each worker.

    Raises:
        pytest.UsageError: the profile is wrong, or there are more workers than the target takes connections.
    """
    try:
        profile = load_profile(Path(config.getoption("offerproof_target")))
    except OfferproofError as problem:
        raise pytest.UsageError(_told(problem)) from problem
    given: dict[str, Any] | None = getattr(config, "workerinput", None)
    workers = given["workercount"] if given else _workers(config)
    if workers > connections_of(profile):
        told = f"limits.connections is {connections_of(profile)}, so at most so many workers can ask the target"
        raise pytest.UsageError(f"{told}: -n {connections_of(profile)}")
    if workers and given is None:
        return Controller(config, profile)
    shared = Path(given[_SHARED]) if given else None
    return Native(config, _portion(profile, workers), shared)


def _workers(config: pytest.Config) -> int:
    """How many workers xdist will start."""
    return len(config.getoption("tx", None) or ()) if config.getoption("dist", "no") != "no" else 0


def _portion(profile: Profile, workers: int) -> Profile:
    """The profile for one worker: of the connections its share."""
    if workers < 2 or (profile.environment == "simulator" and profile.limits.connections is None):
        return profile
    return replace(profile, limits=replace(profile.limits, connections=connections_of(profile) // workers))


class Controller:
    """xdist's own process: it runs no test, and keeps what the workers share."""

    def __init__(self, config: pytest.Config, profile: Profile) -> None:
        self._profile = profile
        self._shared = tempfile.TemporaryDirectory(prefix="offerproof-")
        config.add_cleanup(self._shared.cleanup)

    def pytest_report_header(self, config: pytest.Config) -> str:
        """Whom the run judges."""
        return _header(self._profile, config)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where the others count their requests."""
        node.workerinput[_SHARED] = self._shared.name


class CommonBudget(Budget):
    """The requests of all workers, counted in a file."""

    def __init__(self, limit: int, folder: Path) -> None:
        super().__init__(limit)
        self._file, self._lock = folder / "requests", FileLock(folder / "requests.lock", poll_interval=0.001)

    def take(self) -> None:
        """Take one request."""
        with self._lock:
            self.used = int(self._file.read_text() or 0) if self._file.exists() else 0
            super().take()
            self._file.write_text(str(self.used))


class CommonPace(Pace):
    """One rate for all workers: the next instant at which a request may leave stands in a file."""

    def __init__(self, rate: float | None, folder: Path) -> None:
        super().__init__(rate)
        self._every = 1 / rate if rate else 0.0
        self._file, self._lock = folder / "pace", FileLock(folder / "pace.lock", poll_interval=0.001)

    def wait(self) -> None:
        """Return when the next request may go."""
        if not self._every:
            return
        with self._lock:
            due = max(time.monotonic(), float(self._file.read_text()) if self._file.exists() else 0.0)
            self._file.write_text(repr(due + self._every))
        time.sleep(max(0.0, due - time.monotonic()))


@dataclass
class NativeKeeper:
    """A keeper that a test's conclusions go through: what is written down of them is what pytest shows."""

    recorder: Recorder
    judged: bool
    """Whether the test names clauses; without one, whatever does not hold fails it."""
    lines: list[tuple[Verdict, str]] = field(default_factory=list)

    def failed(self, check: CheckRun, problem: ExpectationFailed) -> Verdict:
        """Keep what does not hold."""
        clause = self.recorder.required.get(check.current)
        verdict = self.recorder.failed(check, problem) if self.judged else Verdict.FAIL
        seen = self.recorder.shown
        told = [_sentence(clause) if clause else "", self.recorder.redactor.sentence(problem.what)]
        told += [f"  expected  {seen(problem.expected)}", f"  observed  {seen(problem.observed)}", *_asked(problem.on)]
        self.lines.append((verdict, "\n".join(line for line in told if line)))
        return verdict

    def passed(self, check: CheckRun, clause: str) -> None:
        """Nothing is to be said of what holds."""

    def verdict(self, check: CheckRun, clause: str, verdict: Verdict, summary: str) -> None:
        """Keep why a clause is unknown, or out of the question."""
        required = self.recorder.required.get(clause)
        told = self.recorder.redactor.sentence(summary)
        if not self.judged:
            self.lines.append((verdict, f"{verdict}: {told}"))
        elif required is not None:
            mild = {Strength.SHOULD: Verdict.WARN, Strength.INFO: Verdict.PASS}.get(required.strength, verdict)
            self.lines.append((verdict if verdict is Verdict.SKIP else mild, f"{clause} {verdict}: {told}"))

    def observe(self, question: str, reading: str, clause: str | None, on: Exchange | None) -> None:
        """Readings of open questions judge nothing."""

    def of(self, verdict: Verdict) -> str:
        """What was told with a verdict."""
        return "\n\n".join(dict.fromkeys(text for kind, text in self.lines if kind is verdict))


class Native:
    """Runs the tests of one process that judge a target."""

    def __init__(self, config: pytest.Config, profile: Profile, shared: Path | None) -> None:
        self._config = config
        self._profile = profile
        self._shared = shared
        self._open = ExitStack()
        self._prepared: PreparedRun | None = None
        self._checks: dict[str, FoundCheck] = {}
        self._running: tuple[CheckRun, NativeKeeper] | None = None
        self._shapes_told: set[str] = set()
        """Findings about the shape of answers that have failed a test."""

    def pytest_report_header(self, config: pytest.Config) -> str:
        """Whom the run judges."""
        return _header(self._profile, config)

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Plan what was selected: what this target or level leaves out is skipped, what moves a clock comes last."""
        marked = [item for item in items if item.get_closest_marker("clause")]
        try:
            found = {item.nodeid: replace(found_check(item, lambda _: True), name=item.nodeid) for item in marked}
            options = self._options(marked)
            self._prepared = self._open.enter_context(prepared_run(options, list(found.values()), *self._bounds()))
        except OfferproofError as problem:
            raise pytest.UsageError(_told(problem)) from problem
        self._checks = found
        for item in marked:
            check = found[item.nodeid]
            item.user_properties += [("clause", name) for name in check.clauses]
            alone = check.turn_at(self._profile) == "alone"
            reason = self._prepared.outside(check) or (_ALONE if alone and self._shared else None)
            if reason:
                item.add_marker(pytest.mark.skip(reason=f"offerproof: {reason}"))
        turns = {name: "alone" if check.sees_an_end else check.turn for name, check in found.items()}
        items.sort(key=lambda item: TURNS.index(turns.get(item.nodeid, "any")))

    def pytest_unconfigure(self) -> None:
        """Let go of the target."""
        self._open.close()

    def _options(self, marked: Sequence[pytest.Item]) -> Options:
        own = SuiteFolders().folders[0]
        folders = {item.path.parent for item in marked if (item.path.parent / "clauses.toml").is_file()}
        added = sorted(folder for folder in folders if folder.resolve() != own.resolve())
        if len(added) > 1:
            raise pytest.UsageError(f"clauses of a team's own stand in {added[0]} and in {added[1]}: run one of them")
        return Options(
            profile=self._profile,
            level=Level(self._config.getoption("offerproof_level")),
            seed=self._config.getoption("offerproof_seed"),
            kind="pytest",
            nonce=secrets.token_hex(4),
            suite=SuiteFolders(added=added[0] if added else None),
        )

    def _bounds(self) -> tuple[Budget | None, Pace | None]:
        """What all workers may do together."""
        limits, shared = self._profile.limits, self._shared
        if shared is None:
            return Budget(limits.requests or 10**9), None
        return CommonBudget(limits.requests or 10**9, shared), CommonPace(limits.rate, shared)

    # One test

    def give(self, name: str, node: pytest.Item) -> object:
        """What a fixture is, for the test that runs."""
        assert self._prepared is not None
        assert self._running is not None
        try:
            return fixtures_of(self._prepared.begun(), self._running[0])[name]()
        except OfferproofError as problem:
            self._unknown(node, _told(problem))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Let what is sent from here on be this test's."""
        assert self._prepared is not None
        check = self._checks.get(item.nodeid)
        context = self._prepared.context
        told = NativeKeeper(context.recorder, judged=check is not None)
        asked_for = item.get_closest_marker("clause")
        says = check is not None and asked_for is not None and "consumed" in asked_for.kwargs
        run = CheckRun(
            item.nodeid,
            check.clauses if check else ("TEST",),
            check.consumes if check and says else _FREELY,
            told,
            context.locks_last(item.nodeid),
        )
        self._running = run, told
        before, running = CHECK.set(item.nodeid), RUNNING.set(run)
        try:
            with context.api.minter.scope(item.nodeid, whole=True), self._alone_with_what_it_holds(item.nodeid):
                return (yield)
        finally:
            context.supplies.allotments.end(item.nodeid)
            CHECK.reset(before)
            RUNNING.reset(running)

    def _alone_with_what_it_holds(self, name: str) -> ExitStack:
        """No other worker has the customers that this test has."""
        assert self._prepared is not None
        held = ExitStack()
        for one in sorted(self._prepared.context.supplies.allotments.of(name).holds) if self._shared else ():
            held.enter_context(FileLock(f"{self._shared}/{one.encode().hex()[:200]}.lock", poll_interval=0.01))
        return held

    @pytest.hookimpl(wrapper=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> Iterator[None]:
        """Turn what a test concluded into what pytest knows: failed, warned, an error, skipped."""
        assert self._running is not None
        run, told = self._running
        ours = any(name.removeprefix("offerproof_") in FIXTURES for name in pyfuncitem.fixturenames)
        try:
            result = yield
        except BaseException as problem:
            if not ours or not self._concluded(run, problem):
                raise
            result = None
        else:
            if ours:
                run.finish(None)
        if ours:
            self._judge(pyfuncitem, run, told)
        return result

    def _concluded(self, run: CheckRun, problem: BaseException) -> bool:
        """Whether an exception is a conclusion about the target; others are pytest's."""
        if isinstance(problem, ExpectationFailed):
            run.conclude(problem)
            run.finish((Verdict.UNKNOWN, f"not reached: {run.current} did not hold"))
            return True
        if isinstance(problem, (KeyboardInterrupt, SystemExit, pytest.skip.Exception, pytest.fail.Exception)):
            return False
        rest = classify(problem, run, lambda event: None)
        if rest[0] is Verdict.ERROR:
            return False
        run.finish(rest)
        return True

    def _judge(self, item: pytest.Item, run: CheckRun, told: NativeKeeper) -> None:
        recorder = told.recorder
        seen_here = {one for exchange in run.exchanges for one in recorder.misshapen.get(exchange.number, ())}
        identities = seen_here - self._shapes_told  # else one wrong member fails every test that sees the answer
        self._shapes_told |= seen_here
        for finding in recorder.findings:
            if finding.identity in identities and (clause := recorder.required.get(finding.clause)):
                seen = f"  expected  {finding.expected}\n  observed  {finding.observed}"
                told.lines.append((finding.verdict, f"{_sentence(clause)}\n{finding.summary}\n{seen}"))
        if warned := told.of(Verdict.WARN):
            warnings.warn(ShouldIsNotKept(warned), stacklevel=2)
        if run.lost and not run.held_all:
            names = ", ".join(sorted({operation for operation, _ in run.lost}))
            self._unknown(item, f"the target gave no answer to {names}; nothing is said of it")
        elif failed := told.of(Verdict.FAIL):
            pytest.fail(failed, pytrace=False)
        elif unknown := told.of(Verdict.UNKNOWN):
            self._unknown(item, unknown)
        elif (skipped := told.of(Verdict.SKIP)) and not any(run.counts.values()):
            pytest.skip(skipped)

    def _unknown(self, item: pytest.Item, told: str) -> NoReturn:
        if self._config.getoption("offerproof_unknown") == "skip":
            pytest.skip(f"unknown: {told}")
        item.stash[_UNKNOWN] = True
        pytest.fail(told, pytrace=False)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What could not be observed is an error, as if the test could not be set up; no failure of the target."""
        report = yield
        if report.failed and item.stash.get(_UNKNOWN, False):
            report.when = "setup"
        return report


def _sentence(clause: Clause) -> str:
    return f"{clause.id} ({clause.strength}): {clause.sentence} [{clause.source}, {clause.section}]"


def _asked(on: Exchange | None) -> list[str]:
    return [f"  {on.described}", f"  {on.record()['curl']}"] if on is not None else []


def _header(profile: Profile, config: pytest.Config) -> str:
    hosts = ", ".join(dict.fromkeys(service.base_url for service in profile.services.values()))
    return (
        f"offerproof: {profile.name} ({profile.environment}) at {hosts}, level {config.getoption('offerproof_level')}"
    )


def _told(problem: OfferproofError) -> str:
    return f"offerproof: {problem.message}" + (f" ({problem.hint})" if problem.hint else "")
