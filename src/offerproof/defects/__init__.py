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
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from offerproof.defects import chapters
from offerproof.defects.wire import Rewrite, planted

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
    assert defect.family in FAMILIES, f"{defect.name}: there is no family {defect.family}"
    assert defect.name not in _REGISTRY, f"there are two defects {defect.name}"
    _REGISTRY[defect.name] = defect


def registry() -> dict[str, Defect]:
    """Return all defects by name."""
    for module in iter_modules(chapters.__path__):
        import_module(f"{chapters.__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))
