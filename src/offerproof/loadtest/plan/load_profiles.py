"""Load profiles: a scenario, a workload, think times and thresholds in one TOML file (``load/profiles/*.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from offerproof import content
from offerproof.errors import Misuse
from offerproof.loadtest.plan.thresholds import Threshold, parse_thresholds
from offerproof.loadtest.plan.workload import Think, Workload, from_table
from offerproof.toml_file import read_toml, said_of


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
