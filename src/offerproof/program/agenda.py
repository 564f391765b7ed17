"""What is due when. Nothing is scanned: instants wait in a heap, and what is due at one instant in a list."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush
from typing import Generic, TypeVar

_Entry = TypeVar("_Entry")


class Agenda(Generic[_Entry]):
    """Entries by instant. Entries of one instant keep the order they were added in.

    A million entries that share an instant cost eight bytes each; an entry alone at its instant is kept without a list.
    """

    def __init__(self) -> None:
        self._instants: list[int] = []
        self._at: dict[int, _Entry | list[_Entry]] = {}
        self.next: int | None = None  # the earliest instant

    def add(self, at: int, entry: _Entry) -> None:
        """Put an entry on the agenda. ``_Entry`` is never itself a list."""
        there = self._at.get(at)
        if there is None:
            self._at[at] = entry
            heappush(self._instants, at)
            self.next = self._instants[0]
        elif isinstance(there, list):
            there.append(entry)
        else:
            self._at[at] = [there, entry]

    def take_due(self, now: int) -> Iterator[tuple[int, _Entry]]:
        """Take off what is due at or before ``now``, in order; what is added meanwhile and due takes its turn too."""
        while self.next is not None and self.next <= now:
            at = heappop(self._instants)
            entries = self._at.pop(at)
            self.next = self._instants[0] if self._instants else None
            if isinstance(entries, list):
                for entry in entries:
                    yield at, entry
            else:
                yield at, entries
