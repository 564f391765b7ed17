"""How a worker's clock stands to the master's: measured by round trips, again and again while the run goes on.

A message leaves the worker, the master answers with its own time, and the answer arrives: the master's time was taken
somewhere between. Taken as the middle it is wrong by half the round trip at most. Nanoseconds of ``monotonic_ns``.
"""

from __future__ import annotations

import msgspec


def best_of(round_trips: list[tuple[int, int]], *, same_host: bool) -> tuple[int, int]:
    """Return offset (worker's clock minus master's) and the bound of its error, from (round trip, offset) pairs.

    On one host there is one clock, and the error is none; unless the measurement says otherwise (a namespace of its
    own has a clock of its own)."""
    trip, offset = min(round_trips)
    bound = (trip + 1) // 2
    return (0, 0) if same_host and abs(offset) <= bound else (offset, bound)


class Clock(msgspec.Struct):
    """A worker's clock. ``offset`` is that of the first measurement, by which the run is timed."""

    offset: int = 0
    bound: int = 0
    """How far an instant of the worker, brought to the master's clock by ``offset``, may be wrong: drift included."""
    measurements: int = 0

    def measured(self, offset: int, uncertainty: int) -> None:
        """Take in a measurement; later ones can only widen the bound."""
        if not self.measurements:
            self.offset = offset
        self.bound = max(self.bound, abs(offset - self.offset) + uncertainty)
        self.measurements += 1
