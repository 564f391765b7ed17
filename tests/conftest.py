"""What all tests need of the process they run in."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no stubs

TOGETHER = (
    "tests/contracts/test_clauses_and_checks.py",
    "tests/determinism/",
    "tests/documented/",
    "tests/repo/test_the_house.py",
    "tests/repo/test_walls.py",
)
"""What is made once for many tests (recorded runs, a simulator, a copy of the source), so one worker has them all."""

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that starts the tests in the background has it ignored, and the commands that the tests start and stop
    # with Ctrl-C would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)


class OneWorkerForWhatIsShared(LoadScopeScheduling):  # type: ignore[misc]
    """Each test is sent on its own, but those of one file in ``TOGETHER`` go to one worker.

    The mark ``xdist_group`` is for this, but has no effect with pytest 9.2, whose node ids cannot be changed.
    """

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition("::")[0] if nodeid.startswith(TOGETHER) else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneWorkerForWhatIsShared:
    return OneWorkerForWhatIsShared(config, log)
