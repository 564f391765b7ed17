"""The event log: what happened, newest in a bounded ring; ids only, nothing personal, nothing secret.

Apart, as every part of the simulator writes it and the control interface reads it.
"""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import Any

from offerproof.simulator.values import zulu

KEPT = 10_000


class EventLog:
    """Counts all events and keeps the newest; each is an instant, a name, a customer's id and what it is about."""

    def __init__(self, kept: int = KEPT) -> None:
        self._ring: deque[tuple[int, str, str, str]] = deque(maxlen=kept)
        self._count = 0

    def add(self, at: int, what: str, customer_id: str = "", subject: str = "") -> None:
        """Write one event."""
        self._count += 1
        self._ring.append((at, what, customer_id, subject))

    def page(self, after: int = 0, take: int = 100) -> dict[str, Any]:
        """Return up to ``take`` events that follow number ``after``, the numbers of the first kept and of the last."""
        first = self._count - len(self._ring) + 1
        skip = max(after - first + 1, 0)
        events = [
            {"number": first + skip + index, "at": zulu(at), "what": what, "customer_id": who, "subject": subject}
            for index, (at, what, who, subject) in enumerate(islice(self._ring, skip, skip + take))
        ]
        return {"first_kept": first if self._ring else None, "last": self._count, "events": events}

    def clear(self) -> None:
        """Forget everything."""
        self._ring.clear()
        self._count = 0
