"""Expected beside observed: which lines differ, and in them which words.

Two texts become rows; each row has a left and a right side; each side is a list of ``Piece`` (text, changed or not).
Work is bounded: longer texts are cut before they are compared, and the cut is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Final, NamedTuple

from offerproof.report.safety import bounded

LINES: Final = 80
"""Lines of one side that are compared and shown."""
COLUMNS: Final = 500
"""Characters of one line that are compared and shown."""
CONTEXT: Final = 3
"""Equal lines kept around a difference; longer stretches are folded."""

_WORDS: Final = re.compile(r"\w+|\s+|[^\w\s]")


class Piece(NamedTuple):
    """A stretch of a line, and whether it differs from the other side."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One line of either side. ``kind``: same, changed, missing (only expected), extra (only observed) or fold."""

    kind: str
    left: tuple[Piece, ...] = field(default=())
    right: tuple[Piece, ...] = field(default=())


def _lines(text: str) -> list[str]:
    lines = text.replace("\r\n", "\n").split("\n")
    kept = [bounded(line, COLUMNS) for line in lines[:LINES]]
    if len(lines) > LINES:
        kept.append(f"… ({len(lines) - LINES:,} more lines)")
    return kept


def _words(left: str, right: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both sides of a changed line, cut into words that agree and words that do not."""
    a, b = _WORDS.findall(left), _WORDS.findall(right)
    matcher = SequenceMatcher(None, a, b, autojunk=False)
    alike = sum(len(word.strip()) for tag, a1, a2, *_ in matcher.get_opcodes() if tag == "equal" for word in a[a1:a2])
    if 4 * alike < max(len(left), len(right)):  # little in common: a patchwork of coincidences helps nobody
        return (Piece(left, True),) if left else (), (Piece(right, True),) if right else ()
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for tag, a1, a2, b1, b2 in matcher.get_opcodes():
        for side, text in ((sides[0], "".join(a[a1:a2])), (sides[1], "".join(b[b1:b2]))):
            if text:
                side.append(Piece(text, tag != "equal"))
    return tuple(sides[0]), tuple(sides[1])


def _changed(left: Sequence[str], right: Sequence[str]) -> Iterator[DiffRow]:
    for one, other in zip_longest(left, right):
        if one is None:
            yield DiffRow("extra", right=(Piece(other, True),))
        elif other is None:
            yield DiffRow("missing", left=(Piece(one, True),))
        else:
            pieces = _words(one, other)
            yield DiffRow("changed", *pieces)


def _same(lines: Sequence[str], *, first: bool, last: bool) -> Iterator[DiffRow]:
    head = 0 if first else CONTEXT
    tail = 0 if last else CONTEXT
    if len(lines) <= head + tail + 1:
        yield from (DiffRow("same", (Piece(line, False),), (Piece(line, False),)) for line in lines)
        return
    for line in lines[:head]:
        yield DiffRow("same", (Piece(line, False),), (Piece(line, False),))
    note = Piece(f"⋯ {len(lines) - head - tail} equal lines", False)
    yield DiffRow("fold", (note,), (note,))
    for line in lines[len(lines) - tail :]:
        yield DiffRow("same", (Piece(line, False),), (Piece(line, False),))


def compare(expected: str, observed: str) -> tuple[DiffRow, ...]:
    """The rows of two texts side by side; texts of several lines are compared by line, changed lines by word."""
    left, right = _lines(expected), _lines(observed)
    rows: list[DiffRow] = []
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for number, (tag, a1, a2, b1, b2) in enumerate(codes):
        if tag == "equal":
            rows += _same(left[a1:a2], first=number == 0, last=number == len(codes) - 1)
        else:
            rows += _changed(left[a1:a2], right[b1:b2])
    return tuple(rows)
