"""Several recorders have several clocks: how far each is from the target's, by the Date of its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from offerproof.recording import Recorded, Recording, date_of

SAMPLED: Final = 200
"""Answers of a recording that are looked at."""
_SECOND: Final = 1_000_000
_STEADY: Final = 2 * _SECOND
"""An offset that varies more than this tells nothing."""


@dataclass(frozen=True)
class RecorderClock:
    """What to add to a recording's instants (microseconds), and how unsure that is; None where Date does not tell."""

    shift: int
    unsure: int | None


def aligned(recordings: Sequence[Recording]) -> list[RecorderClock]:
    """Bring all clocks to that of the first recording; one recording alone keeps its own."""
    if len(recordings) == 1:
        return [RecorderClock(0, 0)]
    offsets = [_offset(one) for one in recordings]
    first = offsets[0]
    clocks = []
    for offset in offsets:
        if offset is None or first is None:
            clocks.append(RecorderClock(0, None))
        elif abs(offset - first) <= _SECOND:
            clocks.append(RecorderClock(0, _SECOND))  # Date has whole seconds
        else:
            clocks.append(RecorderClock(offset - first, _SECOND))
    return clocks


def _offset(recording: Recording) -> int | None:
    """The target's clock minus the recorder's; None where it is unknown or not steady."""
    step = max(1, len(recording.spans) // SAMPLED)
    found = []
    for span in recording.spans[::step]:
        exchange = recording.read(span)
        if not isinstance(exchange, Recorded) or exchange.started is None:
            continue
        date = date_of(exchange)
        if date is not None:
            found.append(date + _SECOND // 2 - exchange.started)
    if not found:
        return None
    middle = round(median(found))
    steady = sum(abs(one - middle) <= _STEADY for one in found)
    return middle if steady * 10 >= len(found) * 9 else None
