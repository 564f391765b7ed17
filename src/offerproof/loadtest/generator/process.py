"""Runs Locust as a subprocess, follows it second by second, and brings home what its coordinator wrote down.

Nothing here imports Locust or gevent. The folder of a run is private (mode 0700): it holds the supply of customers.
"""

from __future__ import annotations

import hashlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

import msgspec
from filelock import FileLock, Timeout

from offerproof.client import Api, Minter, Wire, preflight, transport_for
from offerproof.contract import RUN_FILE
from offerproof.errors import CannotJudge, Misuse
from offerproof.findings.runfile import glance
from offerproof.loadtest.generator.ledger import SO_FAR, RunLedger, read_ledger
from offerproof.loadtest.generator.progress import LIVE, Live, Provisioned
from offerproof.loadtest.plan.load_plan import PARENT_VARIABLE, PLAN_VARIABLE, TARGET_VARIABLE, LoadPlan, write_plan
from offerproof.loadtest.plan.options import GeneratorOptions, LoadOptions
from offerproof.loadtest.plan.permission import check_allowed
from offerproof.provisioning import Pools
from offerproof.target import Profile, is_loopback, load_profile

POLL_S = 0.1
STOP_GRACE_S = 45.0
WORKERS_WAIT_S = 600
"""So long a master waits for workers on other hosts, which somebody has to start."""
FORKS_WAIT_S = 60
"""So long it waits for those it forked."""
LOCK_WAIT_S = 0.2
"""So long a run waits for the lock of its target: one that ends may just remove its file."""


class View(Protocol):
    """Shows a run while it goes on."""

    def status(self, text: str) -> None:
        """Say what is being done now."""

    def counted(self, what: str, done: int, total: int) -> None:
        """Say how far something is that may take long."""

    def live(self, line: Live, total_s: float) -> None:
        """Show the last second."""


@dataclass
class Session:
    """One run that is being made: what is run, where, and how it went."""

    plan: LoadPlan
    target: Path
    profile: Profile
    scenario: Path
    folder: Path
    options: LoadOptions = field(default_factory=LoadOptions)
    interrupted: str = ""


def prepare(plan: LoadPlan, target: Path, folder: Path, options: LoadOptions, *, planning: bool = False) -> Session:
    """Check that this load may be sent, and make a session of it; nothing is sent yet."""
    profile = load_profile(target, planning=planning)
    capped = msgspec.structs.replace(plan, load_rate=profile.limits.load_rate, folder=str(folder))
    check_allowed(profile, capped)
    return Session(capped, target.resolve(), profile, options.file, folder, options)


def look_before(session: Session) -> None:
    """See whether its pools hold anything, and the target is there and knows us: one read for each service.

    Raises:
        Misuse: a pool is empty, or wrong. CannotJudge: what certify's preflight finds.
    """
    profile = session.profile
    pool = "offers" if profile.offers.kind == "pool" else "customers"
    Pools(profile, Path(session.plan.supply.runs) if session.plan.supply.runs else None).refuse_empty((pool,))
    transport = transport_for(profile)
    wire = Wire(profile, transport, minter=Minter(session.plan.seed, session.plan.nonce), run_id=session.plan.run_id)
    try:
        preflight(Api(wire))
    finally:
        transport.close()


def recorded_session(folder: Path, target: Path) -> tuple[Session, RunLedger]:
    """Return what Locust alone has recorded into a folder, as a session whose load is over."""
    if (folder / RUN_FILE).exists() and glance(folder / RUN_FILE)[1] is not None:
        raise Misuse(f"{folder} was audited before", hint=f"offerproof report {folder / 'run.jsonl'}")
    try:
        ledger = read_ledger(folder)
    except (OSError, ValueError):
        hint = "locust -f load/checkout.py --target PROFILE --record FOLDER, and let it come to its end"
        raise Misuse(f"{folder} holds no finished recording", hint=hint) from None
    profile = load_profile(target)
    check_allowed(profile, ledger.plan)
    scenario = Path(f"{ledger.plan.scenario}.py")
    return Session(ledger.plan, target.resolve(), profile, scenario, folder), ledger


def refuse_taken_ports(spread: GeneratorOptions) -> None:
    """Raise :class:`Misuse` where somebody else listens already: Locust would only say so in its log."""
    wanted = [("--ui", "127.0.0.1", spread.ui)] if spread.ui is not None else []
    wanted += [("--master-port", spread.bind, spread.master_port)] if spread.master else []
    for option, host, port in wanted:
        try:
            with socket.create_server((host, port or 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET):
                pass
        except OSError as problem:
            hint = "another port, or another address to --bind to"
            raise Misuse(f"{option} {port}: cannot listen on {host}: {problem.strerror}", hint=hint) from None


def told_of_listening(spread: GeneratorOptions) -> list[str]:
    """Return where a run can be seen and joined, and what trust that needs, a line each."""
    told = []
    if spread.ui is not None:
        told.append(f"web UI: http://127.0.0.1:{spread.ui}")
    if spread.master and not is_loopback(spread.bind):
        told.append(
            f"--bind {spread.bind}: whoever reaches port {spread.master_port} can join as a worker, is told customers "
            "and plan, and can end the run; there are no credentials: only in a network whose hosts you trust"
        )
    return told


def free_port() -> int:
    """Return a port of loopback that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def one_at_a_time(profile: Profile) -> Iterator[None]:
    """Keep two load runs of this host off one target: a lock on a file named after it."""
    hosts = ",".join(sorted(service.base_url for service in profile.services.values()))
    path = Path(tempfile.gettempdir()) / f"offerproof-load-{hashlib.sha256(hosts.encode()).hexdigest()[:16]}.lock"
    lock = FileLock(path, mode=0o600, timeout=LOCK_WAIT_S)
    try:
        lock.acquire()
    except Timeout:
        raise Misuse("another load run of this host goes to the same target", hint="wait until it is over") from None
    except OSError as problem:
        hint = "it keeps two load runs off one target; if it is another user's, and no run of theirs goes on, remove it"
        raise Misuse(f"cannot open the lock file {path}: {problem.strerror}", hint=hint) from problem
    try:
        yield
    finally:
        # While it is ours, so that other users are not kept out: FileLock takes no file that was removed meanwhile.
        path.unlink(missing_ok=True)
        lock.release()


def drive(session: Session, view: View, keep: Callable[[RunLedger], None]) -> RunLedger:
    """Run Locust to its end (or to Ctrl-C) and return what its coordinator wrote down.

    ``keep`` is called at the beginning, and then with what is known so far, every few seconds.
    """
    refuse_taken_ports(session.options.generator)
    keep(RunLedger(plan=session.plan))
    write_plan(session.plan, session.folder / "plan.json")
    log = session.folder / "locust.log"
    with log.open("xb") as output:
        process = _start(session, output)
        try:
            _follow(process, session, view, keep)
        finally:
            _stop(process, session, view)
    try:
        return read_ledger(session.folder)
    except (OSError, msgspec.DecodeError):
        if session.interrupted:
            raise CannotJudge("interrupted before the load began: there is nothing to judge") from None
        if "Gave up waiting for workers" in log.read_text("utf-8", "replace"):
            hint = "offerproof load --worker --master-host HERE --target PROFILE, on each of the other hosts"
            raise CannotJudge("the load did not begin: not all workers came in time", hint=hint) from None
        raise CannotJudge(
            f"the load generator ended without its figures (exit code {process.returncode}): {_tail(log)}",
            hint=f"see {log}",
        ) from None


def work(target: Path, scenario: Path, spread: GeneratorOptions) -> int:
    """Be a worker for a master elsewhere, until it says to stop; returns Locust's exit code."""
    arguments = [*_locust(scenario), "--worker", "--master-host", spread.master_host]
    arguments += ["--master-port", str(spread.master_port)]
    process = subprocess.Popen(arguments, env=_environment(target, None), stdin=subprocess.PIPE, start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
    try:
        return process.wait(timeout=STOP_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _locust(scenario: Path) -> list[str]:
    return [sys.executable, "-m", "locust", "-f", str(scenario), "--loglevel", "INFO"]


def _environment(target: Path, plan: Path | None) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LOCUST_", "PYTEST_"))}
    kept[TARGET_VARIABLE] = str(target)
    kept[PARENT_VARIABLE] = "stdin"
    kept.pop(PLAN_VARIABLE, None)
    if plan is not None:
        kept[PLAN_VARIABLE] = str(plan)
    return kept


def _start(session: Session, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start Locust in a session of its own, so that Ctrl-C reaches us alone and we end it in order.

    Its standard input closes when we end, however we end; then it ends too (``locust_plugin``)."""
    spread = session.options.generator
    arguments = [*_locust(session.scenario), "--stop-timeout", f"{session.plan.drain_seconds:.0f}", "--only-summary"]
    if spread.ui is None:
        arguments += ["--headless"]
    else:
        arguments += ["--autostart", "--autoquit", "1", "--web-host", "127.0.0.1", "--web-port", str(spread.ui)]
    if spread.master:
        arguments += ["--master", "--expect-workers", str(spread.expect_workers)]
        arguments += ["--expect-workers-max-wait", str(WORKERS_WAIT_S)]
        arguments += ["--master-bind-host", spread.bind, "--master-bind-port", str(spread.master_port)]
    elif spread.processes > 1:
        port = str(free_port())
        arguments += ["--processes", str(spread.processes), "--expect-workers", str(spread.processes)]
        arguments += ["--expect-workers-max-wait", str(FORKS_WAIT_S)]
        arguments += ["--master-bind-host", "127.0.0.1", "--master-bind-port", port]
        arguments += ["--master-host", "127.0.0.1", "--master-port", port]
    return subprocess.Popen(
        arguments,
        env=_environment(session.target, session.folder / "plan.json"),
        stdout=output,
        stderr=subprocess.STDOUT,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )


def _follow(process: subprocess.Popen[bytes], session: Session, view: View, keep: Callable[[RunLedger], None]) -> None:
    workload = session.plan.workload
    total = workload.duration if workload else 0.0
    live, so_far = session.folder / LIVE, session.folder / SO_FAR
    position, kept = 0, 0.0
    spread = session.options.generator
    waits = f"waiting up to {WORKERS_WAIT_S} s for {spread.expect_workers} workers, then " if spread.master else ""
    for line in told_of_listening(spread):
        view.status(line)
    view.status(f"{waits}provisioning")

    def show(line: Live | Provisioned) -> None:
        if isinstance(line, Live):
            view.live(line, total)
        else:
            view.counted("provisioning", line.made, line.wanted)

    try:
        while process.poll() is None:
            if live.exists():
                position = _read_live(live, position, show)
            with suppress(FileNotFoundError):  # it goes when the run is over
                if (written := so_far.stat().st_mtime) != kept:
                    keep(read_ledger(session.folder, SO_FAR))
                    kept = written
            time.sleep(POLL_S)
        if live.exists():
            _read_live(live, position, show)
    except KeyboardInterrupt:
        session.interrupted = "stopped by the user"


def _read_live(path: Path, position: int, show: Callable[[Live | Provisioned], None]) -> int:
    with path.open("rb") as file:
        file.seek(position)
        for line in file:
            if not line.endswith(b"\n"):
                break
            show(msgspec.json.decode(line, type=Live | Provisioned))
            position += len(line)
    return position


def _stop(process: subprocess.Popen[bytes], session: Session, view: View) -> None:
    """End Locust if it still runs: asked nicely, it lets running visits finish and writes everything down."""
    if process.poll() is None:
        view.status("stopping: running visits are finished, figures are written")
        process.send_signal(signal.SIGTERM)
    limit = time.monotonic() + STOP_GRACE_S
    while process.poll() is None:
        try:
            process.wait(timeout=max(limit - time.monotonic(), 0.1))
        except KeyboardInterrupt:
            limit = time.monotonic()
        except subprocess.TimeoutExpired:
            _kill_group(process)
            process.wait()
    if process.stdin is not None:
        process.stdin.close()
    _kill_group(process)  # were it killed itself, the workers it forked would look for it for a minute


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill what is left of a session that we started, and nobody else."""
    with suppress(ProcessLookupError, PermissionError):  # macOS: EPERM when only zombies are left
        os.killpg(process.pid, signal.SIGKILL)


def _tail(log: Path) -> str:
    lines = [line.strip() for line in log.read_text("utf-8", "replace").splitlines() if line.strip()]
    told = [line for line in lines if line.startswith(("offerproof:", "hint:"))]
    return " ".join(told) or (lines[-1] if lines else "it said nothing")
