"""What pytest loads in every run of an environment that has offerproof (``pytest11``): options, a marker, fixtures.

Nothing of offerproof is imported until ``--offerproof-target`` is given. The fixtures are called ``offerproof_api`` and
so on, as nobody else's are; in a module that holds a ``@clause`` function they have their short names as well (``api``,
``given``, ``expect``, ``settle``, …), so that the files which ``certify`` runs are run by pytest as they stand.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final

import pytest

NAMES: Final = ("api", "given", "expect", "settle", "profile", "clock", "wait")
"""Fixtures of a check (``docs/write-a-clause.md``); with ``offerproof_`` before them everywhere."""
NATIVE: Final = "offerproof-native"
"""The name of the plugin that has what they give; registered with a target, and only then."""
NO_TARGET: Final = "offerproof has no target: give --offerproof-target PROFILE"
_LEVELS: Final = ("smoke", "gate", "full")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say which target is judged."""
    group = parser.getgroup("offerproof", "judge a loyalty-offer API (docs/pytest.md)")
    group.addoption("--offerproof-target", metavar="PROFILE", help="target profile; without it such tests are skipped")
    group.addoption("--offerproof-level", choices=_LEVELS, default="gate", help="what is skipped as too much (gate)")
    group.addoption("--offerproof-seed", type=int, default=0, metavar="N", help="ids and generated values follow (0)")
    group.addoption(
        "--offerproof-unknown",
        choices=("error", "skip"),
        default="error",
        help="what a test is whose clause could not be observed (error)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the target ready, where one is named."""
    told = "clause(*ids, ...): the clauses of the loyalty-offer API that a test judges (offerproof)"
    config.addinivalue_line("markers", told)
    if config.getoption("offerproof_target"):
        from offerproof.conformance.native import made_for

        # Where warnings are errors, a broken should is none, unless the command line says so of it.
        config.addinivalue_line("filterwarnings", "default::offerproof.conformance.native.ShouldIsNotKept")
        config.pluginmanager.register(made_for(config), NATIVE)


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, obj: object) -> None:
    """Give the short names of the fixtures to a module that holds a check."""
    if not inspect.isfunction(obj) or all(mark.name != "clause" for mark in getattr(obj, "pytestmark", ())):
        return
    module = collector.getparent(pytest.Module)
    if module is None or module.stash.get(_SHORT, False):
        return
    module.stash[_SHORT] = True
    for name in NAMES:
        if not hasattr(module.obj, name):  # its own fixture of that name stays
            pytest.register_fixture(name=name, func=_giving(name), node=module)


_SHORT: Final = pytest.StashKey[bool]()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ``-k LOCK-3`` find the checks of a clause."""
    mark = item.get_closest_marker("clause")
    if mark is not None:
        item.extra_keyword_matches.update(mark.args)


def _giving(name: str) -> Callable[[pytest.FixtureRequest], Any]:
    def give(request: pytest.FixtureRequest) -> Any:
        native = request.config.pluginmanager.getplugin(NATIVE)
        if native is None:
            pytest.skip(NO_TARGET)
        return native.give(name, request.node)

    return give


def _everywhere(name: str) -> Any:
    return pytest.fixture(name=f"offerproof_{name}")(_giving(name))


offerproof_api = _everywhere("api")
offerproof_given = _everywhere("given")
offerproof_expect = _everywhere("expect")
offerproof_settle = _everywhere("settle")
offerproof_profile = _everywhere("profile")
offerproof_clock = _everywhere("clock")
offerproof_wait = _everywhere("wait")
