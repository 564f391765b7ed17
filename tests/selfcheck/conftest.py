"""Short words for the tests of selfcheck: a simulator that stays, plans, and defects of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from offerproof import defects
from offerproof.contract import Level
from offerproof.defects import Defect
from offerproof.selfcheck import Plan, Trial
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator
from offerproof.selfcheck.trial import try_defect
from offerproof.simulator.app import App
from offerproof.simulator.planting import Hit


@pytest.fixture(scope="session")
def warm() -> Iterator[InProcessSimulator]:
    """One simulator's address for all tests of this process."""
    with in_process_simulator() as made:
        yield made


@pytest.fixture
def plan() -> Callable[..., Plan]:
    """A plan whose whole runs are short ones."""

    def make(*names: str, **changes: Any) -> Plan:
        return Plan(**{"defects": names, "seeds": (), "level": Level.SMOKE, **changes})

    return make


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Add a defect to the registry for one test; returns its name."""
    defects.registry()

    def add(clause: str, patch: Callable[[App, Hit], None], name: str = "of-this-test") -> str:
        monkeypatch.setitem(defects._REGISTRY, name, Defect(name, "lock", clause, "a defect of a test", patch=patch))
        return name

    return add


@pytest.fixture
def judged(warm: InProcessSimulator, plan: Callable[..., Plan]) -> Callable[..., Trial]:
    """Judge one defect."""
    return lambda name, **changes: try_defect(warm, name, plan(name, **changes))
