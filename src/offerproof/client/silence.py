"""Who gives no answer: the whole target, or one of its calls beside others that are answered.

A target that is down answers nothing, and a gateway fails whatever comes; neither says anything of one call. A call
that never had an answer, however often it was sent, beside calls that have theirs, does.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from typing import Final

from offerproof.contract import OPERATIONS
from offerproof.exchange import Exchange

SILENT_MAX: Final = 20
"""Requests in a row that had no answer at all; after them nothing more is sent, unless something else is answered."""
ENOUGH: Final = 10
"""Requests of one call without an answer, from which on chance is no explanation."""
GIVEN_UP: Final = 3 * ENOUGH
"""As many, after which the call is sent no more: each may take until its time is over."""
_OTHERS: Final = 5
_LOST_BESIDE: Final = 0.1
"""Share of the other requests of a service that may be lost: where it is more, whatever is sent is lost by chance."""
_REFUSED: Final = 401


class Silence:
    """What had an answer so far, and what had none, by call.

    What a call answers to who has no right credentials is no answer of it, but a sign of life of its service.
    """

    def __init__(self) -> None:
        self._answered: Counter[str] = Counter()
        self._lost: Counter[str] = Counter()
        self._alive: Counter[str] = Counter()
        self.latest: dict[str, Exchange] = {}
        """By call, the newest exchange without an answer."""
        self.in_a_row = 0
        """Requests that had no answer since the last one that had."""
        self.on_no_answer: Callable[[Exchange], None] = lambda exchange: None
        """Told of a request that had no answer and is sent again."""
        self.answers_beside: Callable[[Exchange], bool] = lambda exchange: False
        """Asked when nothing has been answered for long: whether other calls than this one are."""
        self._looking = threading.Lock()

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        if exchange.operation not in OPERATIONS:
            return
        if exchange.unanswered:
            self._lost[exchange.operation] += 1
            self.latest[exchange.operation] = exchange
        else:
            self._alive[exchange.service] += 1
            self._answered[exchange.operation] += exchange.status != _REFUSED

    def alone(self) -> dict[str, int]:
        """The calls that never have an answer, while others of their service have: how often each was sent."""
        never = {
            name: count for name, count in list(self._lost.items()) if count >= ENOUGH and not self._answered[name]
        }
        return {name: count for name, count in never.items() if self._lives(OPERATIONS[name].service, never)}

    def given_up(self, operation: str) -> bool:
        """Whether asking once more would only cost time."""
        return self._lost[operation] >= GIVEN_UP and operation in self.alone()

    def all_is_lost(self) -> bool:
        """Whether nothing is answered any more; whoever asks first looks whether the target is still there."""
        with self._looking:
            lost = max(self.latest.values(), key=lambda exchange: exchange.number, default=None)
            if self.in_a_row >= SILENT_MAX and lost is not None and self.answers_beside(lost):
                self.in_a_row = 0
            return self.in_a_row >= SILENT_MAX

    def _lives(self, service: str, never: dict[str, int]) -> bool:
        lost = sum(
            count
            for name, count in list(self._lost.items())
            if name not in never and OPERATIONS[name].service == service
        )
        answered = self._alive[service]
        return answered >= _OTHERS and lost <= _LOST_BESIDE * answered
