"""JSON as it is judged: exact numbers, no NaN, bounded depth."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec

DEPTH_MAX: Final = 100
"""Deepest nesting of JSON that is looked at; the documented answers need less than ten."""

_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


class _NotJson:
    """The type of ``NOT_JSON``."""

    def __repr__(self) -> str:
        return "NOT_JSON"

    def __bool__(self) -> bool:
        return False


NOT_JSON: Final = _NotJson()
"""Stands where an answer would be when its body is no JSON (or holds NaN or Infinity)."""


def parse_json(body: bytes) -> Any:
    """Parse JSON exactly: integers as int, other numbers as Decimal; ``NOT_JSON`` when it is none.

    What is nested deeper than ``DEPTH_MAX`` is not taken for JSON either: nothing of ours could walk through it. Nor is
    a number whose exponent no Decimal holds.
    """
    try:
        value = _DECODER.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation):
        return NOT_JSON
    return NOT_JSON if body.count(b"[") + body.count(b"{") > DEPTH_MAX and _deeper(value) else value


def _deeper(value: Any) -> bool:
    level = [value]
    for _ in range(DEPTH_MAX):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True


def encode_exactly(body: Any) -> str:
    """JSON text of a value, its numbers as they were."""
    return _ENCODER.encode(body).decode()
