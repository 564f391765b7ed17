"""The simulator's time: real, or started elsewhere, or frozen; it never goes back.

Instants are integer microseconds since the epoch, UTC.
"""

from __future__ import annotations

import time


class SimulatedClock:
    """Hands out ``now``. Real by default; ``start`` shifts it, ``freeze`` stops it, ``advance`` moves it on."""

    def __init__(self, start: int | None = None, *, frozen: bool = False) -> None:
        self._offset = 0
        self._frozen: int | None = None
        self._latest = 0
        if start is not None:
            self._offset = start - _real()
            self._latest = start
        if frozen:
            self._frozen = start if start is not None else _real()

    @property
    def real(self) -> bool:
        """Whether this clock shows the machine's own time."""
        return self._frozen is None and self._offset == 0

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return self._frozen is not None

    def now(self) -> int:
        """Return the instant; never one before an instant already handed out."""
        now = self._frozen
        if now is None:
            now = time.time_ns() // 1000 + self._offset
        if now < self._latest:
            return self._latest
        self._latest = now
        return now

    def set(self, instant: int) -> None:
        """Move to ``instant``; what was in the past stays there, so the caller checks that this is not going back."""
        self._latest = instant
        if self._frozen is not None:
            self._frozen = instant
        else:
            self._offset = instant - _real()

    def put_back(self, earlier: SimulatedClock) -> None:
        """Go on as an earlier copy of this clock would have gone on."""
        self._offset, self._frozen, self._latest = earlier._offset, earlier._frozen, earlier._latest

    def freeze(self, instant: int) -> None:
        """Stop time at an instant that has been handed out."""
        self._frozen = self._latest = instant

    def unfreeze(self) -> None:
        """Let time run on from where it stands."""
        if self._frozen is not None:
            self._offset = self._frozen - _real()
            self._frozen = None


def _real() -> int:
    return time.time_ns() // 1000
