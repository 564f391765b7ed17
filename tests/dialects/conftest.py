"""The dialects and readings as fixtures, and the suite run against a simulator that speaks them."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = str(Path(__file__).resolve().parents[2])


def _speaking() -> ModuleType:
    if ROOT not in sys.path:  # the proxy and its dialects are modules of this folder
        sys.path.append(ROOT)
    return importlib.import_module("tests.dialects.speaking")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``dialect`` is run with each, one that asks for ``dialects`` or ``readings`` by handfuls."""
    if "dialect" in metafunc.fixturenames:
        known = _speaking().DIALECTS
        metafunc.parametrize("dialect", known.values(), ids=known.keys())
    for name in ("dialects", "readings"):
        if name in metafunc.fixturenames:
            bundles = _speaking().handfuls(getattr(_speaking(), name.upper()))
            metafunc.parametrize(name, bundles, ids=[next(iter(bundle)) for bundle in bundles])


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Simulators in processes of their own, one for each program."""
    running = _speaking().Simulators(tmp_path_factory.mktemp("simulators"))
    yield running
    running.stop()


@pytest.fixture
def judge(simulators: Any, tmp_path: Path) -> Callable[..., Any]:
    """Run the suite against a correct simulator that speaks these dialects and has these readings."""
    listen = _speaking().listen
    return lambda *dialects, **options: listen(simulators, dialects, tmp_path / "runs", **options)


@pytest.fixture
def judge_indoors(tmp_path: Path) -> Callable[..., Any]:
    """The same without HTTP."""
    listen = _speaking().listen_indoors
    return lambda *dialects, **options: listen(dialects, tmp_path, **options)


@pytest.fixture
def combine() -> Callable[[int], dict[str, Any]]:
    """Draw a combination of dialects and readings."""
    combination: Callable[[int], dict[str, Any]] = _speaking().combination
    return combination
