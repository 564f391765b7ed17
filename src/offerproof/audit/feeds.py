"""Recordings as streams of exchanges in the order of their starts, merged where their clocks can be compared."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Final, NamedTuple

import msgspec

from offerproof.recording import Body, Fact, Order, Recorded, Recording, Traits, date_of

UNSURE: Final = 3600 * 1_000_000
"""How far apart two clocks may be that no Date brings together: then no order between their calls is known."""
_REMEMBERED: Final = 5_000
"""Exchanges among which the same one is looked for."""


@dataclass(frozen=True)
class Feed:
    """One recording. ``shift`` brings its clock to that of the first one (microseconds)."""

    number: int
    recording: Recording
    shift: int = 0


class _Seen(NamedTuple):
    """An exchange that may come again from another recorder."""

    feed: int
    start: int
    end: int
    status: int | None
    answer: Body

    def same(self, recorded: Recorded) -> bool:
        """Whether what is known of both answers is the same."""
        whole = self.answer.fact is Fact.KNOWN and recorded.answer.fact is Fact.KNOWN
        if self.status is None or recorded.status is None:
            return True
        return self.status == recorded.status and (not whole or self.answer.data == recorded.answer.data)


@dataclass
class RecordingGroup:
    """Recordings that are judged together. ``apart``: how unsure the order between two of them is (microseconds)."""

    feeds: list[Feed]
    apart: int
    twins: int = 0
    """Exchanges that stood in two recordings, or twice in one; they are judged once."""
    _seen: OrderedDict[tuple[str, str, bytes], list[_Seen]] = field(default_factory=OrderedDict)

    @property
    def traits(self) -> Traits:
        """What can be relied on of all its recorders."""
        rows = [feed.recording.traits for feed in self.feeds]
        return msgspec.structs.replace(
            rows[0], complete=all(row.complete for row in rows), repeats=any(row.repeats for row in rows)
        )

    @property
    def resolution(self) -> int:
        """How far apart two instants of one recording must be to tell an order."""
        return max(feed.recording.resolution for feed in self.feeds)

    def exchanges(self) -> Iterator[tuple[Feed, int, Recorded]]:
        """Yield each exchange once, with its place in the order."""
        for place, (_, _, feed, recorded) in enumerate(heapq.merge(*(self._keyed(feed) for feed in self.feeds))):
            if self._again(feed, recorded):
                self.twins += 1
            else:
                yield feed, place, recorded

    @staticmethod
    def _keyed(feed: Feed) -> Iterator[tuple[int, int, Feed, Recorded]]:
        last = 0
        for recorded in feed.recording.exchanges():
            last = recorded.started + feed.shift if recorded.started is not None else last
            yield last, feed.number, feed, recorded

    def _again(self, feed: Feed, recorded: Recorded) -> bool:
        """Whether this exchange was seen already: by another recorder at the same time, or with the same start."""
        if recorded.started is None or not recorded.request.readable:
            return False
        start = recorded.started + feed.shift
        end = recorded.ended + feed.shift if recorded.ended is not None else start
        key = (recorded.method, _path(recorded.url), recorded.request.data)
        waiting = self._seen.setdefault(key, [])
        self._seen.move_to_end(key)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        for place, other in enumerate(waiting):
            if other.feed == feed.number:
                if start == other.start and recorded.failure is not None:
                    return True
            elif start <= other.end + self.apart and other.start <= end + self.apart and other.same(recorded):
                del waiting[place]  # each has one twin
                return True
        waiting.append(_Seen(feed.number, start, end, recorded.status, recorded.answer))
        return False


def grouped(recordings: Sequence[Recording]) -> tuple[list[RecordingGroup], list[str]]:
    """Sort recordings: those with instants are one group, each other one a group of its own. Also what to say of it."""
    timed = [number for number, one in enumerate(recordings) if one.traits.order is Order.TIMED]
    clocks = aligned([recordings[number] for number in timed]) if timed else []
    merged = [Feed(number, recordings[number], clock.shift) for number, clock in zip(timed, clocks, strict=True)]
    unsure = max((UNSURE if clock.unsure is None else clock.unsure for clock in clocks), default=0)
    notes = [
        f"{feed.recording.title}: its clock is {feed.shift / 1e6:+.0f} s from the first one's, by the Date of answers"
        for feed in merged
        if feed.shift
    ]
    if unsure == UNSURE:
        notes.append("the clocks of the recordings cannot be compared: no order between their calls is known")
    alone = [RecordingGroup([Feed(number, one)], 0) for number, one in enumerate(recordings) if number not in timed]
    return ([RecordingGroup(merged, unsure)] if merged else []) + alone, notes


def _path(url: str) -> str:
    """What follows the host: a client and a proxy name the target differently."""
    return url.split("://", 1)[-1].partition("/")[2]


# Several recorders have several clocks: how far each is from the target's, by the Date of its answers

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
