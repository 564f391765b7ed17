"""Cut a failing journey down by playing parts of it again on fresh data, within a budget of requests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from offerproof.client import BudgetExhausted
from offerproof.conformance.journeys.commands import Broken, Command
from offerproof.provisioning import CannotProvide

Replay = Callable[[Sequence[Command]], Broken | None]

PLAIN = {"upper": False, "basket": 0, "spelled": "json", "discounts": "all", "quantity": 1, "culture": "en-us"}
_TAILS = (1, 2, 4, 8, 16)
NEEDED_ARGUMENTS = frozenset(
    {"held", "slot", "customer", "offer", "by", "how", "kind", "operation", "customers", "skip", "take"}
)


def smallest(
    commands: Sequence[Command],
    broken: Broken,
    replay: Replay,
    used: Callable[[], int],
    budget: int,
    forget: Callable[[], None],
) -> tuple[list[Command], Broken]:
    """Return the shortest list of commands found that breaks the same rule, and how its last replay broke.

    ``used`` counts the requests sent so far; when ``budget`` more were sent, the run may send no more, or fresh data
    runs out, the shortest so far stands. ``forget`` is called before that one is played a last time, so that its
    transcript stands alone. When it does not break again (the target is not deterministic), the failure as first seen
    is returned.
    """
    limit = used() + budget
    kept = list(commands)

    def breaks(tried: Sequence[Command]) -> bool:
        if used() >= limit:
            return False
        try:
            again = replay(tried)
        except (BudgetExhausted, CannotProvide):
            return False
        return again is not None and again.objection.clause == broken.objection.clause

    kept = _fewer(kept, breaks)
    kept = _plainer(kept, breaks)
    try:
        forget()
        last = replay(kept)
    except (BudgetExhausted, CannotProvide):
        last = None
    if last is None or last.objection.clause != broken.objection.clause:
        return list(commands), broken
    return kept, last


def _fewer(commands: list[Command], breaks: Callable[[Sequence[Command]], bool]) -> list[Command]:
    kept = list(commands)
    for size in _TAILS:  # most failures need only what was done last, and short replays are cheap
        if size < len(commands) and breaks(commands[-size:]):
            kept = commands[-size:]
            break
    size = max(1, len(kept) // 2)
    while True:
        place, before = 0, len(kept)
        while place < len(kept):
            rest = kept[:place] + kept[place + size :]
            if breaks(rest):
                kept = rest
            else:
                place += size
        if size == 1 and len(kept) == before:
            return kept
        size = max(1, size // 2)


def _plainer(commands: list[Command], breaks: Callable[[Sequence[Command]], bool]) -> list[Command]:
    """Replace generated values by plain ones where the failure does not need them."""
    kept = list(commands)
    for place, command in enumerate(kept):
        plain = {
            name: PLAIN.get(name, value)
            for name, value in command.arguments.items()
            if name in NEEDED_ARGUMENTS or name in PLAIN
        }
        if plain != dict(command.arguments):
            tried = [*kept[:place], Command(command.name, plain), *kept[place + 1 :]]
            if breaks(tried):
                kept = tried
    return kept
