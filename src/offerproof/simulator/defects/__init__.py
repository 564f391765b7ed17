"""Planted defects: errors that a judge must find. ``plant`` puts them into one ``App``; ``clear`` takes them out.

A defect is a function of five lines in one of this package's modules::

    @defect("lock-without-amount", "lock", "LOCK-1", "Lock's answer has no amount")
    def _(app: App, hit: Hit) -> None:
        rewrite(app, hit, "lock", lambda document: document["payload"].pop("amount", KEEP))

``hit()`` counts that the defect has really shown itself; ``rewrite`` calls it when the answer has changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from offerproof.errors import Misuse

if TYPE_CHECKING:
    from offerproof.simulator.app import App

Hit = Callable[[], None]
Planter = Callable[["App", Hit], None]

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


def plant(app: App, names: Iterable[str]) -> None:
    """Plant defects by name, one after the other; a name that does not exist is misuse, and then none is planted."""
    wanted = list(dict.fromkeys(names))
    if not wanted:
        return
    known = registry()
    for name in wanted:
        if name not in known:
            near = get_close_matches(name, known, n=3, cutoff=0.4)
            hint = f"near: {', '.join(near)}" if near else "see offerproof simulate --list-defects"
            raise Misuse(f"there is no defect {name!r}", hint=hint)
    for name in wanted:
        if name not in app.planted:
            planter = known[name].planter
            app.hits.setdefault(name, 0)
            app.planted[name] = _bound(name, planter)
            app.planted[name](app)


def clear(app: App) -> None:
    """Take all defects out again; the state stays as they left it."""
    for undo in reversed(app.undo):
        undo()
    app.undo.clear()
    app.planted.clear()
    app.hits.clear()


def _bound(name: str, planter: Planter) -> Callable[[App], None]:
    def bound(app: App) -> None:
        def hit() -> None:
            app.hits[name] = app.hits.get(name, 0) + 1

        planter(app, hit)

    return bound
