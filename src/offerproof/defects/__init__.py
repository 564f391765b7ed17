"""Planted defects: all that a judge must find wrong, declared once, in one module for each chapter of the contract.

There are two kinds. A *wire rewrite* changes requests or answers on their way, so it works before any right server: our
simulator in this process, or any base URL::

    wire("lock-answers-info", "lock", "LOCK-1", "Lock answers the discount as it was before it was locked: INFO")(
        put("lock", "payload.status", "INFO")
    )

What most of them are made of is in ``rewrites``; a longer one is a function of a ``wire.Flow``. A *program patch*, for
what only the inside can do wrong, replaces a method of one simulator (``patches``). Both count how often they did harm.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from offerproof.defects import chapters
from offerproof.defects.wire import Rewrite, planted
from offerproof.errors import Misuse

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit

Patch = Callable[["App", "Hit"], None]

FAMILIES = (
    "schema",
    "identities",
    "search",
    "offers",
    "wallet",
    "lock",
    "redeem",
    "idempotency",
    "points",
    "concurrency",
    "robustness",
    "volume",
    "load",
)


@dataclass(frozen=True)
class Defect:
    """A planted defect: its name, family, the clause that should find it, what is wrong in a sentence, and how."""

    name: str
    family: str
    clause: str
    summary: str
    rewrite: Rewrite | None = None
    """What a wire rewrite does."""
    patch: Patch | None = None
    """What a program patch does."""

    @property
    def kind(self) -> str:
        """Whether it works before any server, or in our simulator only."""
        return "wire rewrite" if self.rewrite is not None else "program patch"

    def plant(self, app: App, hit: Hit) -> None:
        """Put it before or into an app; ``hit`` is called each time that it has shown itself."""
        if self.rewrite is not None:
            planted(app, self.rewrite, hit)
        if self.patch is not None:
            self.patch(app, hit)


_REGISTRY: dict[str, Defect] = {}


def wire(name: str, family: str, clause: str, summary: str) -> Callable[[Rewrite], Rewrite]:
    """Register a wire rewrite under a name."""

    def register(rewrite: Rewrite) -> Rewrite:
        _add(Defect(name, family, clause, summary, rewrite=rewrite))
        return rewrite

    return register


def program(name: str, family: str, clause: str, summary: str) -> Callable[[Patch], Patch]:
    """Register a program patch under a name."""

    def register(patch: Patch) -> Patch:
        _add(Defect(name, family, clause, summary, patch=patch))
        return patch

    return register


def _add(defect: Defect) -> None:
    if defect.family not in FAMILIES:
        raise Misuse(f"{defect.name}: there is no family {defect.family!r}", hint=f"there are {', '.join(FAMILIES)}")
    if defect.name in _REGISTRY:
        raise Misuse(f"there are two defects {defect.name}")
    _REGISTRY[defect.name] = defect


def registry() -> dict[str, Defect]:
    """Return all defects by name."""
    for module in iter_modules(chapters.__path__):
        import_module(f"{chapters.__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))


@cache
def defects_of(file: Path) -> dict[str, Defect]:
    """The defects that a team's own file declares, by name; ours are not among them, nor they among ours.

    Its code is run.

    Raises:
        Misuse: there is none, it cannot be run, or a name or family is wrong.
    """
    spec = spec_from_file_location(f"offerproof_defects_of_{file.parent.name.replace('-', '_')}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise Misuse(f"there is no {file}", hint="docs/your-own-clauses.md says what stands in it")
    before = registry()
    try:
        spec.loader.exec_module(module_from_spec(spec))
        return {name: one for name, one in _REGISTRY.items() if name not in before}
    except Misuse as problem:
        raise Misuse(f"{file}: {problem.message}", hint=problem.hint) from problem
    except Exception as problem:
        raise Misuse(f"{file} cannot be run: {type(problem).__name__}: {problem}") from problem
    finally:
        _REGISTRY.clear()
        _REGISTRY.update(before)
