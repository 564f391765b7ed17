"""One simulator with a watch before it for all tests of a process, and the example till, which is played in it."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from offerproof.findings import Waiver
from offerproof.guided import SITUATIONS, Card, GuidedSession, SessionOptions
from offerproof.guided.script import Look
from offerproof.selfcheck.in_process_simulator import in_process_simulator
from offerproof.watch import Watch, WatchOptions

EXAMPLE = Path(__file__).parents[2] / "examples" / "till"
TIMEOUT_S = 2.0
"""An answer that nothing delays comes within it on a busy machine, too."""
FIRST_PAUSE_S = 0.25


def _loaded() -> Any:
    spec = importlib.util.spec_from_file_location("example_till", EXAMPLE / "till.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = _loaded()


def played_by(kind: type[Any]) -> Callable[[Card, Look], None]:
    """A till of this class, as a session drives it."""

    def drive(card: Card, look: Look) -> None:
        till = kind(dict(card.environment))
        till.first_pause_s = FIRST_PAUSE_S
        with till.session, suppress(example.Refused):  # a wrong till may not know what to do with a refusal
            example.play(till)

    return drive


@pytest.fixture(scope="session")
def begin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., GuidedSession]]:
    """``begin(*names)``: a session of these situations, of all when none is named."""
    with in_process_simulator() as simulator:
        assert simulator.profile.source is not None
        with Watch(WatchOptions(simulator.profile.source, {"": 0})) as watch:

            def begin(*names: str, waivers: tuple[Waiver, ...] = ()) -> GuidedSession:
                out = tmp_path_factory.mktemp("runs")
                options = SessionOptions(
                    "example till",
                    names or tuple(SITUATIONS),
                    TIMEOUT_S,
                    out=out,
                    waivers=waivers,
                    nonce=out.name + str(names),
                )
                return GuidedSession(simulator.profile, watch, options)

            yield begin
