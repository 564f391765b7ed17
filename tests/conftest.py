"""What all tests need of the process they run in."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from typing import Any

import coverage
import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no stubs

TOGETHER = (
    "tests/contracts/test_clauses_and_checks.py",
    "tests/determinism/",
    "tests/documented/",
    "tests/repo/test_the_house.py",
    "tests/repo/test_walls.py",
    "tests/report/test_samples_are_what_the_renderers_make.py",
)
"""What is made once for many tests (recorded runs, a simulator, a copy of the source), so one worker has them all."""

# A shell that starts the tests in the background, or nohup, has them ignored, and the commands that the tests start and
# stop by them would inherit that.
for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, usual)


class OneWorkerForWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]
    """Each test is sent on its own, but those of one file in ``TOGETHER`` go to one worker.

    The mark ``xdist_group`` is for this, but has no effect with pytest 9.2, whose node ids cannot be changed.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Measure no coverage in what is ``slow`` or ``unmeasured``: it makes a test two to three times as slow, and the
    others reach what they reach."""
    measured = coverage.Coverage.current()
    if measured is None or not any(item.get_closest_marker(name) for name in ("slow", "unmeasured")):
        return (yield)
    measured.stop()
    handed_on = os.environ.pop("COVERAGE_PROCESS_CONFIG", None)  # what lets subprocesses measure as well
    try:
        return (yield)
    finally:
        if handed_on is not None:
            os.environ["COVERAGE_PROCESS_CONFIG"] = handed_on
        measured.start()


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerForWhatIsShared:
    return OneWorkerForWhatIsShared(config, log)
