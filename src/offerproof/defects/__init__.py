"""Planted defects: errors that a judge must find, to be handed to an ``App`` as its catalogue.

A defect is a function of five lines in one of this package's modules::

    @defect("lock-without-amount", "lock", "LOCK-1", "Lock's answer has no amount")
    def _(app: App, hit: Hit) -> None:
        rewrite(app, hit, "lock", lambda document: document["payload"].pop("amount", KEEP))

``hit()`` counts that the defect has really shown itself; ``rewrite`` calls it when the answer has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from offerproof.simulator.app import App
    from offerproof.simulator.planting import Hit

Planter = Callable[["App", "Hit"], None]

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
    """A planted defect: its name, family, the clause that should find it, and what is wrong in a sentence."""

    name: str
    family: str
    clause: str
    summary: str
    planter: Planter

    def plant(self, app: App, hit: Hit) -> None:
        """Put it into an app; ``hit`` is called each time that it has shown itself."""
        self.planter(app, hit)


_REGISTRY: dict[str, Defect] = {}


def defect(name: str, family: str, clause: str, summary: str) -> Callable[[Planter], Planter]:
    """Register a planter under a name."""

    def register(planter: Planter) -> Planter:
        assert family in FAMILIES, f"{name}: there is no family {family}"
        assert name not in _REGISTRY, f"there are two defects {name}"
        _REGISTRY[name] = Defect(name, family, clause, summary, planter)
        return planter

    return register


def registry() -> dict[str, Defect]:
    """Return all defects by name."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))
