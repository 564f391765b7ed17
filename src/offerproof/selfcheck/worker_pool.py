"""The processes that do the work: each imports the judge and starts a simulator once, and keeps both warm."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing.connection import wait
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from offerproof.selfcheck.in_process_simulator import FOLDERS, InProcessSimulator, in_process_simulator
from offerproof.selfcheck.model import Alarm, Plan, Report, Trial
from offerproof.selfcheck.trial import catalogue, try_defect, try_seed

_REMOVES: Final = """
import pathlib, shutil, sys, time
sys.stdin.read()
for _ in range(100):
    shutil.rmtree(sys.argv[1], ignore_errors=True)
    if not pathlib.Path(sys.argv[1]).exists():
        break
    time.sleep(0.05)
"""
"""Ends soon after its standard input. A worker that is about to end may write into the folder meanwhile."""
Tell = Callable[[Trial | Alarm], None]


def check(plan: Plan, tell: Tell) -> Report:
    """Try every defect and every seed of the plan; ``tell`` hears of each as soon as it is judged, in any order.

    Raises:
        Misuse: there is no defect of a name. CannotJudge: a simulator does not start.
    """
    started = time.perf_counter()
    trials: dict[str, Trial] = {}
    alarms: dict[int, Alarm] = {}
    with _results(plan) as results:
        for result in results:
            if isinstance(result, Trial):
                trials[result.name] = result
            else:
                alarms[result.seed] = result
            tell(result)
    return Report(
        trials=tuple(trials[name] for name in plan.defects),
        alarms=tuple(alarms[seed] for seed in plan.seeds),
        seconds=round(time.perf_counter() - started, 1),
        level=plan.level,
        thorough=plan.thorough,
    )


@contextmanager
def _folder() -> Iterator[Path]:
    """A temporary folder that is gone when we are, also when we are killed: who removes it then reads our end."""
    with TemporaryDirectory(prefix=FOLDERS) as folder:  # ours to remove: a worker process ends without a word
        command = [sys.executable, "-I", "-S", "-c", _REMOVES, folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True):  # noqa: S603  (our own words)
            yield Path(folder)


@contextmanager
def _results(plan: Plan) -> Iterator[Iterator[Trial | Alarm]]:
    with _folder() as folder:
        if plan.jobs <= 1:
            with in_process_simulator(partial(catalogue, plan.clauses), folder) as own:
                yield _one_by_one(own, plan)
            return
        spawn = multiprocessing.get_context("spawn")
        begin = (plan.clauses, folder)
        pool = ProcessPoolExecutor(plan.jobs, mp_context=spawn, initializer=_start_worker, initargs=begin)
        try:
            futures: list[Future[Trial | Alarm]] = [pool.submit(_work, name, plan) for name in plan.defects]
            futures += [pool.submit(_work, seed, plan) for seed in plan.seeds]
            yield (future.result() for future in as_completed(futures))
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one_by_one(own: InProcessSimulator, plan: Plan) -> Iterator[Trial | Alarm]:
    for name in plan.defects:
        yield try_defect(own, name, plan)
    for seed in plan.seeds:
        yield try_seed(own, seed, plan)


# Within a worker process

_kept = ExitStack()
_mine: list[InProcessSimulator] = []


def _start_worker(clauses: Path | None, folder: Path) -> None:
    """Make this process's simulator, in a folder within this one; it lives as long as the process, and this as long as
    its parent: a pool that was killed leaves nobody who would wait for work.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None, "it was started by a pool"
    threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    _mine.append(_kept.enter_context(in_process_simulator(partial(catalogue, clauses), folder)))


def _work(what: str | int, plan: Plan) -> Trial | Alarm:
    return try_defect(_mine[0], what, plan) if isinstance(what, str) else try_seed(_mine[0], what, plan)
