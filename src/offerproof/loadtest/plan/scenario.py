"""What a run may be made from: scenarios, with what their workflows state of themselves, and load profiles."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from offerproof import content
from offerproof.errors import Misuse
from offerproof.loadtest.plan.thresholds import Threshold, parse_thresholds
from offerproof.loadtest.plan.workload import Think, Workload, from_table
from offerproof.toml_file import read_toml, said_of


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


# Load profiles: a scenario, a workload, think times and thresholds in one TOML file


@dataclass(frozen=True)
class LoadProfile:
    """What a profile file says."""

    name: str
    scenario: str
    workload: Workload
    think: str
    thresholds: tuple[Threshold, ...]
    customers: int = 0


def profile_names() -> list[str]:
    """Return the names of the profiles that come with the package."""
    return sorted(path.stem for path in (content.folder("load") / "profiles").glob("*.toml"))


def load_load_profile(name: str) -> LoadProfile:
    """Read a profile, by name or path; raises :class:`Misuse` with what is wrong."""
    path = Path(name) if name.endswith(".toml") else content.folder("load") / "profiles" / f"{name}.toml"
    hint = f"there are {', '.join(profile_names())}, or a file such as examples/load-profile.toml"
    if not path.exists():
        raise Misuse(f"there is no load profile {name!r}", hint=hint)
    document = read_toml(path, "load_profile", "the load profile", hint=hint)
    values = document.values
    return LoadProfile(
        path.stem,
        values["scenario"],
        said_of(document, "workload", lambda: from_table(values["workload"])),
        said_of(document, "think", lambda: Think(values["think"]).text),
        parse_thresholds(values["thresholds"]),
        values["customers"],
    )
