"""Load profiles: a scenario, a workload, think times and thresholds in one TOML file (``load/profiles/*.toml``)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from offerproof import content
from offerproof.errors import Misuse
from offerproof.loadtest.plan.thresholds import Threshold, parse_thresholds
from offerproof.loadtest.plan.workload import Think, Workload, from_table

_KEYS = frozenset({"scenario", "think", "customers", "workload", "thresholds"})


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
    return content.folder("load") / f"{name}.py"


def load_load_profile(name: str) -> LoadProfile:
    """Read a profile, by name or path; raises :class:`Misuse` with what is wrong."""
    path = Path(name) if name.endswith(".toml") else content.folder("load") / "profiles" / f"{name}.toml"
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        hint = f"there are {', '.join(profile_names())}, or a file ending in .toml"
        raise Misuse(f"there is no load profile {name!r}", hint=hint) from None
    except OSError as problem:
        raise Misuse(f"cannot read the load profile {path}: {problem.strerror}") from problem
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise Misuse(f"{path} is not TOML: {problem}") from problem
    unknown = sorted(set(document) - _KEYS)
    if unknown or not isinstance(document.get("workload"), dict):
        raise Misuse(
            f"{path}: a load profile has scenario, think, customers, [workload] and [thresholds]",
            hint=", ".join(unknown),
        )
    customers = document.get("customers", 0)
    if type(customers) is not int or customers < 0:
        raise Misuse(f"{path}: customers must be a whole number", hint="how many customers come back again and again")
    think = str(document.get("think", "none"))
    Think(think)
    return LoadProfile(
        path.stem,
        str(document.get("scenario", "checkout")),
        from_table(document["workload"]),
        think,
        parse_thresholds(document.get("thresholds", {}), f"{path}: thresholds"),
        customers,
    )
