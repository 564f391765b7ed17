"""A recording that was opened: where its exchanges stand, in the order of their starts, and each of them when asked."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, BinaryIO, NamedTuple

import msgspec

from offerproof.files import read_json
from offerproof.recording.creators import Order, Traits
from offerproof.recording.elements import CHUNK
from offerproof.recording.model import MILLISECOND, SECOND, Recorded, Skipped

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class RecordedFile:
    """An open file that can be read again: what it is called, and how to get a file that it names."""

    title: str
    file: BinaryIO
    attached: Callable[[str], bytes | None] = lambda name: None

    def fingerprint(self) -> str:
        """SHA-256 of the whole."""
        self.file.seek(0)
        digest = hashlib.sha256()
        while chunk := self.file.read(CHUNK):
            digest.update(chunk)
        return digest.hexdigest()


class RecordedSpan(NamedTuple):
    """Where one exchange stands: by its start (microseconds; None: not recorded), a finer clock, its bytes."""

    start: int | None
    tie: float
    number: int
    offset: int
    length: int


@dataclass
class Recording:
    """One file, indexed. ``parse`` makes an exchange of an element's JSON value."""

    source: RecordedFile
    format: str
    traits: Traits
    parse: Callable[[Any, str], Recorded | Skipped]
    spans: list[RecordedSpan] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    """Elements that are no exchange, by the reason."""
    notes: dict[str, None] = field(default_factory=dict)
    """What there is to say of the file, each once."""
    cut: bool = False
    whole_seconds: bool = True

    @property
    def title(self) -> str:
        """What it is called."""
        return self.source.title

    @property
    def resolution(self) -> int:
        """How far apart two instants must be to tell an order, in microseconds."""
        return SECOND if self.whole_seconds else MILLISECOND

    def add(self, start: str | int | None, offset: int, length: int, tie: float = 0.0) -> None:
        """Note an exchange. ``start``: ISO text, or microseconds."""
        if isinstance(start, str):
            if "." in start:
                self.whole_seconds = False
            start = instant(start)
            if start is None:
                self.notes["some instants cannot be read: the order is that of the file there"] = None
        elif start is not None:
            self.whole_seconds = False
        self.spans.append(RecordedSpan(start, tie, len(self.spans), offset, length))

    def finish(self) -> Recording:
        """Sort by start, where starts are recorded; file order decides between equal ones."""
        if self.traits.order is Order.TIMED:
            last = 0
            placed = []
            for span in self.spans:
                last = span.start if span.start is not None else last
                placed.append(span._replace(start=last))
            self.spans = sorted(placed)
        return self

    def exchanges(self) -> Iterator[Recorded]:
        """Read all exchanges in the order of their starts; what is none is counted."""
        for span in self.spans:
            found = self.read(span)
            if isinstance(found, Recorded):
                yield found
            else:
                self.skipped[found.why] += 1

    def read(self, span: RecordedSpan) -> Recorded | Skipped:
        """Read one exchange."""
        place = f"entry {span.number + 1}"
        self.source.file.seek(span.offset)
        value = self.value(self.source.file.read(span.length), place)
        if not isinstance(value, dict):
            return Skipped(place, "no JSON object")
        try:
            return _printable(self.parse(value, place))
        except (AttributeError, KeyError, TypeError, ValueError):
            return Skipped(place, "not in the form of its kind")

    def value(self, raw: bytes, place: str) -> Any:
        """Decode one element; what strict JSON refuses (half a surrogate, bytes that are no UTF-8) is read anyway."""
        try:
            return read_json(raw)
        except ValueError:
            pass
        try:
            found = json.loads(raw.decode("utf-8", "surrogateescape"))
        except (ValueError, RecursionError):
            return None
        self.notes[f"{place} holds characters that are no Unicode"] = None
        return found


def _printable(found: Recorded | Skipped) -> Recorded | Skipped:
    """The same, without halves of characters in address and headers: they could not be written down."""
    if isinstance(found, Skipped):
        return found
    parts = (
        found.method,
        found.url,
        *(text for pair in (*found.request_headers, *found.answer_headers) for text in pair),
    )
    if all(map(str.isascii, parts)):
        return found
    return msgspec.structs.replace(
        found,
        method=_mended(found.method),
        url=_mended(found.url),
        request_headers=tuple((_mended(name), _mended(value)) for name, value in found.request_headers),
        answer_headers=tuple((_mended(name), _mended(value)) for name, value in found.answer_headers),
    )


def _mended(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def instant(text: str) -> int | None:
    """Microseconds since the epoch of an ISO instant; one without a zone is taken for UTC. None: it is none."""
    try:
        read = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    aware = read if read.tzinfo else read.replace(tzinfo=UTC)
    return round((aware - _EPOCH).total_seconds() * SECOND)


def pairs(members: Iterable[Any], name: str = "name") -> tuple[tuple[str, str], ...]:
    """Headers that stand as a list of objects; pseudo headers are left out, and values joined by a line feed parted."""
    listed = []
    for one in members:
        key, value = one.get(name), one.get("value")
        if isinstance(key, str) and not key.startswith(":"):
            listed += [(key, part) for part in str("" if value is None else value).split("\n")]
    return tuple(listed)
