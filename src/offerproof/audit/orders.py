"""Which orders of calls are possible, and what each of them leads to.

Two calls are in order only if the answer to one came, by more than the clocks' resolution, before the other was sent;
or if the other names what only the first one's answer can have told. All else may have been the other way round, and
an answer is wrong only when no possible order explains it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from offerproof.audit.observed import Observed
from offerproof.judgement.oracle import Objection, WorldModel

_MAKERS: Final = ("create_customer", "create_offer", "issue_offer")
STEPS_MAX: Final = 600
"""Most calls that are judged, over all orders of one group, before it is given up as undecided."""


@dataclass(frozen=True)
class Stepped:
    """What one call led to: the world after it, what is held against its answer, which clauses held, what excuses."""

    world: WorldModel
    seen: WorldModel
    """The same with what only this answer told, where no state is kept."""
    objections: tuple[Objection, ...]
    held: frozenset[str]
    excused: tuple[tuple[str, str], ...] = ()
    """Clauses that cannot be decided, with the reason."""


@dataclass(frozen=True)
class Path:
    """One order: the calls, each with what it led to."""

    steps: tuple[tuple[Observed, Stepped], ...]

    @property
    def world(self) -> WorldModel:
        """What is at its end."""
        return self.steps[-1][1].world

    @property
    def objections(self) -> int:
        """How much is held against it."""
        return sum(len(stepped.objections) for _, stepped in self.steps)


@dataclass(frozen=True)
class OrdersTried:
    """The orders of a group that explain every answer; when there are none, the first one, which does not.

    ``whole``: every order was tried.
    """

    legal: tuple[Path, ...]
    first: Path
    whole: bool


Step = Callable[[WorldModel, Observed], Stepped]


def explore(
    worlds: Sequence[WorldModel], group: Sequence[Observed], before: Before, step: Step, most: int
) -> OrdersTried:
    """Try the orders of a group from each world, those nearest to the order of the starts first."""
    search = _OrderSearch(group, before, step, most)
    for world in worlds:
        search.walk(world, (), frozenset())
    assert search.first is not None
    return OrdersTried(tuple(search.legal), search.first, not search.cut)


class Before:
    """Tells which of two calls was surely first."""

    def __init__(self, resolution: int, apart: int) -> None:
        self.resolution = resolution
        self.apart = apart
        """The same, between calls of different recordings."""

    def __call__(self, one: Observed, other: Observed) -> bool:
        """Whether ``one`` surely took effect before ``other``, or can take effect only from its start on anyway."""
        gap = self.resolution if one.source == other.source else self.apart
        end = one.start if one.lost else one.end
        if end is not None and end + gap < other.start:
            return True
        return told_by(one, other)


def told_by(one: Observed, later: Observed) -> bool:
    """Whether a later request names what only the answer of an earlier call can have told: an id that it made."""
    if one.call.operation not in _MAKERS:
        return False
    made, asked, named = one.names, one.asked, later.asked
    return bool(
        ((made.user_offers - asked.user_offers) & named.user_offers)
        | (made.created & named.people)
        | ((made.offers - asked.offers) & named.offers)
    )


class _OrderSearch:
    def __init__(self, group: Sequence[Observed], before: Before, step: Step, most: int) -> None:
        self.group = group
        self.earlier = [
            frozenset(place for place, one in enumerate(group) if one is not other and before(one, other))
            for other in group
        ]
        self.step = step
        self.most = most
        self.legal: list[Path] = []
        self.first: Path | None = None
        self.steps = 0
        self.cut = False

    def walk(self, world: WorldModel, taken: tuple[tuple[Observed, Stepped], ...], done: frozenset[int]) -> None:
        """Go on with every call that may be next; an order that an answer contradicts is left, but for the first."""
        if len(done) == len(self.group):
            self._arrive(Path(taken))
            return
        for place in self._next(done):
            if self.steps >= STEPS_MAX or len(self.legal) >= self.most:
                self.cut = True
                if self.first is not None:
                    return
            self.steps += 1
            observed = self.group[place]
            stepped = self.step(world, observed)
            if stepped.objections and self.first is not None:
                continue
            self.walk(stepped.world, (*taken, (observed, stepped)), done | {place})
            if not stepped.objections and stepped.world == world:
                return  # what is right here and changes nothing need not be tried later

    def _next(self, done: frozenset[int]) -> list[int]:
        """The calls that nothing outside ``done`` was before; clocks that contradict each other order nothing."""
        rest = [place for place in range(len(self.group)) if place not in done]
        return [place for place in rest if self.earlier[place] <= done] or rest

    def _arrive(self, path: Path) -> None:
        if self.first is None:
            self.first = path
        if not path.objections and all(path.world != known.world for known in self.legal):
            self.legal.append(path)
