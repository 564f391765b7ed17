"""Planted defects as the simulator sees them: a catalogue that is handed in, and what of it is planted.

The simulator knows no defect. Whoever makes an ``App`` gives it a catalogue (``offerproof.defects.registry``), which is
only read when something is planted or the catalogue is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Protocol

from offerproof.errors import Misuse

Hit = Callable[[], None]
"""To be called each time that a defect has shown itself."""


class Plantable(Protocol):
    """One defect that can be planted, and what is told of it."""

    @property
    def name(self) -> str:
        """What it is planted by."""

    @property
    def family(self) -> str:
        """What kind of harm it does."""

    @property
    def clause(self) -> str:
        """The id of the clause that it breaks."""

    @property
    def summary(self) -> str:
        """What is wrong, in a sentence."""

    @property
    def kind(self) -> str:
        """How it does it."""

    def plant(self, app: Any, hit: Hit) -> None:
        """Put it into an ``App``; what takes it out again goes to ``app.planting.undo``."""


Catalogue = Callable[[], Mapping[str, Plantable]]


def none() -> Mapping[str, Plantable]:
    """Return the catalogue of a simulator in which nothing can be planted."""
    return {}


class Planting:
    """What is planted in one ``App``; ``hits`` counts how often each has shown itself."""

    def __init__(self, app: object, catalogue: Catalogue) -> None:
        self._app = app
        self.catalogue = catalogue
        self.planted: dict[str, Plantable] = {}
        self.hits: dict[str, int] = {}
        self.broken: list[str] = []
        """What planted defects have raised, which they never should: type and place."""
        self.undo: list[Callable[[], None]] = []

    def plant(self, names: Iterable[str]) -> None:
        """Plant by name, one after the other; a name that does not exist is misuse, and then none is planted."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return
        known = self.catalogue()
        for name in wanted:
            if name not in known:
                near = get_close_matches(name, known, n=3, cutoff=0.4)
                hint = f"near: {', '.join(near)}" if near else "see offerproof simulate --list-defects"
                raise Misuse(f"there is no defect {name!r}", hint=hint)
        for name in wanted:
            if name not in self.planted:
                self.hits[name] = 0
                self.planted[name] = known[name]
                known[name].plant(self._app, self._counter(name))

    def clear(self) -> None:
        """Take all out again; the state stays as they left it."""
        self.take_out()
        self.planted.clear()
        self.hits.clear()
        self.broken.clear()

    def take_out(self) -> None:
        """Undo what was done to the app, before its parts are made anew; ``put_back`` does it again."""
        for undo in reversed(self.undo):
            undo()
        self.undo.clear()

    def put_back(self) -> None:
        """Plant in the new parts what was planted in the old ones."""
        for name, one in self.planted.items():
            one.plant(self._app, self._counter(name))

    def _counter(self, name: str) -> Hit:
        def hit() -> None:
            self.hits[name] = self.hits.get(name, 0) + 1

        return hit
