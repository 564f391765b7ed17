"""What is due when. Nothing is scanned: instants wait in a heap, and what is due at one instant in a list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

_Entry = TypeVar("_Entry")
_FEW = 64


class Agenda(Generic[_Entry]):
    """Entries by instant. Entries of one instant keep the order they were added in.

    A million entries that share an instant cost eight bytes each; an entry alone at its instant is kept without a list.
    What was dropped stays in the list of its instant until half of the list is dropped (``live`` tells), so that
    dropping is cheap however many share the instant; nothing must happen when such an entry falls due all the same.
    """

    def __init__(self, live: Callable[[_Entry], bool] | None = None) -> None:
        self._instants: list[int] = []
        self._at: dict[int, _Entry | list[_Entry]] = {}
        self._live = live
        self._dropped: dict[int, int] = {}  # how many of a list's entries were dropped
        self.next: int | None = None  # the earliest instant; it may be one whose entries were all dropped

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

    def drop(self, at: int, entry: _Entry) -> None:
        """Take an entry off the agenda: ``live`` is false for it from now on."""
        there = self._at.get(at)
        if isinstance(there, list):
            self._dropped[at] = self._dropped.get(at, 0) + 1
            if 2 * self._dropped[at] >= len(there) and self._live is not None:
                del self._dropped[at]
                there[:] = filter(self._live, there)
                if not there:
                    self._forget(at)
        elif there is entry:
            self._forget(at)

    def _forget(self, at: int) -> None:
        """Nothing is due at an instant any more. The heap is made anew when half of it is for nothing."""
        del self._at[at]
        if len(self._instants) > 2 * len(self._at) + _FEW:
            self._instants = list(self._at)
            heapify(self._instants)
            self.next = self._instants[0] if self._instants else None

    def take_due(self, now: int) -> Iterator[tuple[int, _Entry]]:
        """Take off what is due at or before ``now``, in order; what is added meanwhile and due takes its turn too."""
        while self.next is not None and self.next <= now:
            at = heappop(self._instants)
            entries = self._at.pop(at, None)
            self._dropped.pop(at, None)
            self.next = self._instants[0] if self._instants else None
            if entries is None:
                continue
            if isinstance(entries, list):
                for entry in entries:
                    yield at, entry
            else:
                yield at, entries
