"""Expected beside observed, line by line and word by word."""

from __future__ import annotations

from typing import Any

import pytest

from offerproof.report.difference import Piece, compare


def told(side: tuple[Piece, ...]) -> str:
    return "".join(f"[{piece.text}]" if piece.changed else piece.text for piece in side)


@pytest.mark.parametrize(
    ("expected", "observed", "rows"),
    [
        ("same", "same", [("same", "same", "same")]),
        ("status LOCKED", "status INFO", [("changed", "status [LOCKED]", "status [INFO]")]),
        ("within 250 ms", "a refusal came", [("changed", "[within 250 ms]", "[a refusal came]")]),
        ("a\nb", "a", [("same", "a", "a"), ("missing", "[b]", "")]),
        ("a", "a\nb", [("same", "a", "a"), ("extra", "", "[b]")]),
        ("", "x", [("changed", "", "[x]")]),
        ('{"amount": 5.00}', '{"amount": 12.00}', [("changed", '{"amount": [5].00}', '{"amount": [12].00}')]),
    ],
)
def test_rows(expected: str, observed: str, rows: Any) -> None:
    assert [(row.kind, told(row.left), told(row.right)) for row in compare(expected, observed)] == rows


def test_long_equal_stretches_are_folded_around_the_difference() -> None:
    lines = [str(n) for n in range(40)]
    rows = compare("\n".join([*lines, "old", *lines]), "\n".join([*lines, "new", *lines]))
    left = [told(row.left) for row in rows]
    assert left == [
        "⋯ 37 equal lines",
        "37",
        "38",
        "39",
        "[old]",
        "0",
        "1",
        "2",
        "⋯ 37 equal lines",
    ]


def test_long_texts_are_cut_before_they_are_compared() -> None:
    rows = compare("\n".join("x" * 600 for _ in range(5_000)), "")
    assert len(rows) == 81
    assert told(rows[-1].left) == "[… (4,920 more lines)]"
    assert told(rows[0].left) == f"[{'x' * 500}… (100 more characters)]"
