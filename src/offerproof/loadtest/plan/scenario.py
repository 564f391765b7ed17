"""What is known of a scenario before anything is sent: facts that its workflows state of themselves."""

from __future__ import annotations

from pathlib import Path

import msgspec

from offerproof import content
from offerproof.errors import Misuse


class ScenarioFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The facts of all workflows of a scenario, by their shares of the visits."""

    workflows: tuple[str, ...]
    writes: bool
    calls: float
    """Calls a visit makes on average, rounded up."""
    offers: float
    """User offers a visit uses up on average, rounded up."""
    shared: bool
    """Whether any of them fights for shared user offers."""


def scenario_names() -> list[str]:
    """Return the names of the scenarios that come with the package."""
    return sorted(path.stem for path in content.folder("load").glob("*.py") if not path.stem.startswith("_"))


def scenario_file(name: str) -> Path:
    """Return the Locust file of a scenario, by name or path."""
    path = Path(name)
    if path.suffix == ".py":
        if not path.is_file():
            raise Misuse(f"there is no scenario file {name}")
        return path.resolve()
    if name not in scenario_names():
        raise Misuse(f"there is no scenario {name!r}", hint=f"there are {', '.join(scenario_names())}, or a file")
    return (content.folder("load") / f"{name}.py").resolve()


def scenario_name(file: Path) -> str:
    """Return what reports call a scenario: its name, or the whole file name of one that is not ours."""
    return file.stem if file.parent == content.folder("load").resolve() else file.name
