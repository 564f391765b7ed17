"""Wires coordinator and worker to Locust: command line, messages between them, statistics, the shape of the load.

A scenario file imports ``LoyaltyUser`` (``offerproof.loadtest.generator.user``), which imports this; Locust's events do
the rest.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import signal
import sys
import time
import uuid
from functools import partial
from pathlib import Path
from typing import Any

import gevent
import gevent.select
import locust.stats
import msgspec
from locust import LoadTestShape, events
from locust.env import Environment
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from offerproof.errors import ExitCode, Misuse, OfferproofError
from offerproof.loadtest.generator import messages
from offerproof.loadtest.generator.coordinator import Coordinator
from offerproof.loadtest.generator.health import ClockOffset, best_of
from offerproof.loadtest.generator.locust_stats import feed, fine_bucket
from offerproof.loadtest.generator.messages import ToCoordinator, ToWorker, encode, to_coordinator, to_worker
from offerproof.loadtest.generator.scenario_facts import mix_of
from offerproof.loadtest.generator.worker import Worker
from offerproof.loadtest.generator.workflows import Mix
from offerproof.loadtest.plan.load_plan import PARENT_VARIABLE, PLAN_VARIABLE, TARGET_VARIABLE, LoadPlan, read_plan
from offerproof.loadtest.plan.permission import check_allowed
from offerproof.target import Profile, load_profile

log = logging.getLogger("offerproof.load")
BOOT = Path("/proc/sys/kernel/random/boot_id")
DOWN, UP = "offerproof_to_worker", "offerproof_to_coordinator"
"""Names of our messages among Locust's."""
PINGS = 7
"""Round trips in one measurement of a clock; the quickest counts."""
MEASURED_EVERY_S = 10.0
HELLO_WAIT_S = 5.0
ORPHAN_GRACE_S = 30.0
"""So long a run without its command may take to end in order."""


class LocustPlugin:
    """One process's part of the run."""

    def __init__(self, environment: Environment, profile: Profile, plan: LoadPlan, mix: Mix) -> None:
        self.environment = environment
        self.profile = profile
        self.plan = plan
        self.mix = mix
        self.runner: Any = environment.runner
        self.worker: Worker | None = None
        self.coordinator: Coordinator | None = None
        self._round_trips: list[tuple[int, int]] = []
        self._clocks: dict[str, ClockOffset] = {}
        if isinstance(self.runner, LocalRunner | WorkerRunner):
            self._open_worker()
        if isinstance(self.runner, LocalRunner | MasterRunner):
            self._open_coordinator()

    def _open_worker(self) -> None:
        statistics = partial(feed, self.environment.stats)
        self.worker = Worker(self.profile, self.mix, self._tell, statistics)
        self.runner.register_message(DOWN, lambda environment, msg, **_: self._told(to_worker(msg.data)))
        if isinstance(self.runner, WorkerRunner):
            gevent.spawn(self._measure_clock)

    def _open_coordinator(self) -> None:
        gevent.signal_handler(signal.SIGTERM, self.interrupt)
        self.environment.shape_class = PlanShape(self) if self.plan.workload else self.environment.shape_class
        self.runner.register_message(
            UP, lambda environment, msg, **_: self._heard(msg.node_id, to_coordinator(msg.data))
        )

    def _tell(self, message: ToCoordinator) -> None:
        self.runner.send_message(UP, encode(message))

    def _told(self, message: ToWorker) -> None:
        """Worker: hear the coordinator."""
        worker = self.worker
        assert worker is not None
        match message:
            case messages.Begin():
                self.plan = message.plan
                gc.freeze()
                gc.set_threshold(50_000, 20, 100)  # what a visit makes is freed by its counts; see simulator.runner
                worker.begin(message)
            case messages.Supplied():
                worker.supply.take_in(message)
                gc.freeze()  # looking customers through for garbage would halt all users for a tenth of a second
            case messages.Sample(every=every):
                worker.log.every = every
            case messages.EndVisits():
                worker.end()
            case messages.GiveUp():
                worker.give_up()
            case messages.HoldAll(seconds=seconds):
                worker.meter.hold_for(seconds)
            case messages.ClockAnswer():
                self._compare_clocks(message)

    def _measure_clock(self) -> None:
        """Measure how our clock stands to the coordinator's, again and again, for clocks drift: a few round trips."""
        while True:
            self._round_trips.clear()
            for _ in range(PINGS):
                self._tell(messages.ClockQuestion(time.monotonic_ns()))
                gevent.sleep(0.05)
            gevent.sleep(MEASURED_EVERY_S)

    def _compare_clocks(self, answer: messages.ClockAnswer) -> None:
        trip = time.monotonic_ns() - answer.sent
        self._round_trips.append((trip, answer.sent + trip // 2 - answer.now))
        if len(self._round_trips) == PINGS:
            measured = best_of(self._round_trips, same_host=answer.boot != "" and answer.boot == boot_id())
            self._tell(messages.ClockMeasured(*measured))

    def crashed(self, problem: BaseException) -> None:
        """Tell the coordinator that a user broke: our error, not the target's."""
        self._tell(messages.Crashed(f"{type(problem).__name__}: {problem}"))

    def _heard(self, worker: str, message: ToCoordinator) -> None:
        """Coordinator: hear a worker; clocks are measured before there is a run."""
        coordinator = self.coordinator
        match message:
            case messages.ClockQuestion(sent=sent):
                self._send_to(messages.ClockAnswer(sent, time.monotonic_ns(), boot_id()), worker)
            case messages.ClockMeasured(offset=offset, uncertainty=uncertainty):
                self._clocks.setdefault(worker, ClockOffset()).measured(offset, uncertainty)
            case _ if coordinator is None:
                pass
            case messages.Wanted(customers=customers):
                coordinator.hand_out(worker, customers)
            case messages.HoldAsked(seconds=seconds):
                coordinator.held(seconds, worker)
            case messages.Dry(reason=reason):
                coordinator.ran_dry(reason)
            case messages.WorkerReport():
                coordinator.take_report(worker, message)
            case messages.Crashed(what=what):
                coordinator.end_by_us(f"our own error in a visit: {what}")

    # Master: the run.

    def start(self) -> None:
        """Provision and begin; blocks Locust's start until the workers have their plan."""
        if isinstance(self.runner, WorkerRunner):
            return
        workers = ["local"]
        if isinstance(self.runner, MasterRunner):
            workers = sorted(client.id for client in self.runner.clients.all)
            limit = time.monotonic() + HELLO_WAIT_S
            while not all(worker in self._clocks for worker in workers) and time.monotonic() < limit:
                gevent.sleep(0.02)
        again = self.coordinator is not None  # started once more from the web UI: figures are Locust's only
        fresh = {"nonce": uuid.uuid4().hex[:10], "folder": None} if again else {}
        plan = msgspec.structs.replace(self.plan, **fresh)
        self.coordinator = Coordinator(self.profile, plan, self._send_to)
        self.coordinator.progress.clocks = self._clocks
        if unknown := [worker for worker in workers if worker != "local" and worker not in self._clocks]:
            self.coordinator.progress.ending.blame_us(f"the clock of {len(unknown)} workers could not be measured")
        if self.is_alone:
            log.info("making the first customers and user offers of %s; -t goes on meanwhile", self.profile.name)
        self.coordinator.prepare(workers)
        if problem := self.coordinator.progress.ending.problem:
            log.error("%s", problem)

    def interrupt(self) -> None:
        """SIGTERM: end the run in order. Locust would only listen to it after the run."""
        if self.coordinator is None or not self.coordinator.begun:
            log.warning("interrupted before the load began")
            os._exit(int(ExitCode.NOT_JUDGED))
        self.coordinator.end("interrupted")

    def _send_to(self, message: ToWorker, worker: str) -> None:
        self.runner.send_message(DOWN, encode(message), worker)

    @property
    def is_alone(self) -> bool:
        """Whether Locust was started without us, and this process leads the run."""
        return self.coordinator is not None and not os.environ.get(PLAN_VARIABLE)

    @property
    def sent_nothing(self) -> bool:
        """Whether Locust has counted no call."""
        return not self.environment.stats.total.num_requests

    def finish(self, reason: str) -> None:
        """End the run if it is still on, and wait until everything is written down."""
        if self.coordinator is not None and not self.coordinator.over.is_set():
            self.coordinator.end(reason)
            self.coordinator.over.wait(self.plan.drain_seconds + 10)


class PlanShape(LoadTestShape):
    """How many users there are, second by second, as the plan says; ends the run when the coordinator is done."""

    def __init__(self, locust_plugin: LocustPlugin) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.locust_plugin = locust_plugin

    def tick(self) -> tuple[int, float] | None:
        """Return users and spawn rate, or None when everything is over."""
        coordinator, plan = self.locust_plugin.coordinator, self.locust_plugin.plan
        workload = plan.workload
        assert workload is not None
        if coordinator is not None and coordinator.over.is_set():
            return None
        if workload.model == "open":
            return plan.slots, 100_000.0
        now = (
            max((time.monotonic_ns() - coordinator.begun) / 1e9, 0.0)
            if coordinator is not None and coordinator.begun
            else 0.0
        )
        users = max(1, round(workload.level(min(now, workload.duration - 0.001))))
        return users, 100_000.0


def boot_id() -> str:
    """Return what tells whether two processes share one monotonic clock; empty where nothing can."""
    try:
        return BOOT.read_text().strip()
    except OSError:
        return ""


def end_with_parent() -> None:
    """Wait until the command that started us is gone, then end in order, or by force with the workers we forked."""
    with contextlib.suppress(OSError, ValueError):
        while True:
            gevent.select.select([0], [], [])
            if not os.read(0, 4096):
                break
    log.warning("the command that started this run is gone: ending")
    os.kill(os.getpid(), signal.SIGTERM)
    gevent.sleep(ORPHAN_GRACE_S)
    os.killpg(0, signal.SIGKILL)  # a session of our own: runner starts one


_locust_plugin: LocustPlugin | None = None


def locust_plugin() -> LocustPlugin:
    """Return this process's locust_plugin."""
    if _locust_plugin is None:
        raise Misuse("Locust has not been started with a target")
    return _locust_plugin


@events.init_command_line_parser.add_listener  # type: ignore[untyped-decorator]
def _options(parser: Any, **_: Any) -> None:
    parser.add_argument(
        "--target",
        env_var=TARGET_VARIABLE,
        default="",
        include_in_web_ui=False,
        help="offerproof target profile (TOML)",
    )
    parser.add_argument(
        "--record",
        default="",
        include_in_web_ui=False,
        metavar="FOLDER",
        help="record every operation there (a new folder), for 'offerproof load --audit FOLDER'",
    )


@events.init.add_listener  # type: ignore[untyped-decorator]
def _init(environment: Environment, **_: Any) -> None:
    global _locust_plugin
    locust.stats.bucket_response_time = fine_bucket  # type: ignore[assignment]
    if os.environ.get(PARENT_VARIABLE) == "stdin":
        gevent.spawn(end_with_parent)
    try:
        _locust_plugin = _build(environment)
    except OfferproofError as problem:
        sys.stderr.write(f"offerproof: {problem.message}\n" + (f"  hint: {problem.hint}\n" if problem.hint else ""))
        sys.stderr.flush()
        os._exit(int(problem.exit_code))  # nothing has begun, and Locust would go on after any exception here
    # Locust counts --run-time from gevent's clock, which stood still while all this was imported: a run could be over.
    gevent.get_hub().loop.update_now()


def _build(environment: Environment) -> LocustPlugin:
    options = environment.parsed_options
    path = (options.target if options else "") or os.environ.get(TARGET_VARIABLE, "")
    if not path:
        hint = "locust -f load/checkout.py --target profile.toml, or use 'offerproof load'"
        raise Misuse("load needs a target profile", hint=hint)
    profile = load_profile(Path(path))
    try:
        mix = mix_of(environment.user_classes)
    except Misuse as problem:
        raise Misuse(f"the Locust file {problem.message}", hint=problem.hint) from None
    planned = os.environ.get(PLAN_VARIABLE, "")
    if planned:
        plan = read_plan(Path(planned))
    else:
        nonce = uuid.uuid4().hex[:10]
        plan = LoadPlan(
            scenario=mix.name,
            facts=mix.facts,
            run_id=f"locust-{nonce}",
            nonce=nonce,
            load_rate=profile.limits.load_rate,
        )
    check_allowed(profile, plan)
    if not planned and options is not None and options.record and not isinstance(environment.runner, WorkerRunner):
        plan = recorded(environment, plan, Path(options.record))
    return LocustPlugin(environment, profile, plan, mix)


def recorded(environment: Environment, plan: LoadPlan, folder: Path) -> LoadPlan:
    """Return the plan of a run by Locust alone that is written down: running visits are finished, or some are lost."""
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as problem:
        raise Misuse(f"cannot make {folder}: {problem.strerror}", hint="--record takes a folder that is new") from None
    environment.stop_timeout = max(environment.stop_timeout or 0.0, plan.drain_seconds)
    return msgspec.structs.replace(plan, folder=str(folder.resolve()))


def told_of_the_audit(plan: LoadPlan) -> str:
    """Return what a run by Locust alone says in the end: what it checked, and how the audit can be had."""
    if plan.folder is None:
        how = "add --record FOLDER, or use 'offerproof load'"
        return f"offerproof: every answer was checked, nothing was audited (nothing was recorded): {how}"
    return (
        f"offerproof: every answer was checked, and recorded in {plan.folder}; audit the target now, before anybody "
        f"else changes it: offerproof load --audit {plan.folder} --target PROFILE"
    )


@events.test_start.add_listener  # type: ignore[untyped-decorator]
def _start(**_: Any) -> None:
    if _locust_plugin is not None:
        _locust_plugin.start()


@events.test_stop.add_listener  # type: ignore[untyped-decorator]
def _stop(**_: Any) -> None:
    if _locust_plugin is not None and _locust_plugin.worker is not None:
        _locust_plugin.worker.end()
        _locust_plugin.worker.flush()


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def _quit(**_: Any) -> None:
    if _locust_plugin is None:
        return
    _locust_plugin.finish("interrupted" if os.environ.get(PLAN_VARIABLE) else "ended by Locust")
    if _locust_plugin.is_alone and _locust_plugin.sent_nothing:
        _locust_plugin.environment.process_exit_code = int(ExitCode.NOT_JUDGED)


@events.quit.add_listener  # type: ignore[untyped-decorator]
def _after_the_statistics(**_: Any) -> None:
    if _locust_plugin is not None and _locust_plugin.is_alone:
        sys.stderr.write((NOTHING if _locust_plugin.sent_nothing else told_of_the_audit(_locust_plugin.plan)) + "\n")
        sys.stderr.flush()


NOTHING = """offerproof: no call was made: nothing was checked, and nothing is known of the target
  hint: more users (-u), or a longer run (-t): it goes on while the first customers and user offers are made, some
  minutes where the profile's load_rate is low; what Locust logged above may say why"""


@events.user_error.add_listener  # type: ignore[untyped-decorator]
def _crashed(exception: BaseException, **_: Any) -> None:
    if _locust_plugin is not None:
        _locust_plugin.crashed(exception)
