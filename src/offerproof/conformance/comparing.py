"""When two values are the same by the documents: ids in any case, instants in any form, lists in any order."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ]([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,9}))?)?"
    r" ?(Z|[+-][0-9]{2}:?[0-9]{2})?"
)


def ticks(value: Any) -> int | None:
    """An instant as 100-nanosecond ticks since year 1 UTC; None when it is none. Without a zone it is UTC.

    Documented spellings: ``2018-06-10 9:20:00.000``, ``2018-09-07T16:29:11.299505Z``, up to 7 fractional digits.
    """
    if isinstance(value, datetime):
        value = value.astimezone(UTC).isoformat()
    found = _INSTANT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    try:
        whole = datetime(
            int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=UTC
        )
    except ValueError:
        return None
    seconds = (whole - datetime(1, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    if zone and zone != "Z":
        digits = zone[1:].replace(":", "")
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return seconds * 10_000_000 + int((fraction or "").ljust(7, "0")[:7])


def in_any_order(value: Any) -> Any:
    """The value with the elements of every list in an order of ours: lists may come in any."""
    if isinstance(value, dict):
        return {name: in_any_order(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return sorted((in_any_order(inner) for inner in value), key=_place)
    return value


def _place(element: Any) -> str:
    return repr(sorted(element.items())) if isinstance(element, dict) else repr(element)


def same_id(one: Any, other: Any) -> bool:
    """Whether two ids are the same; GUIDs are compared in any case."""
    return isinstance(one, str) and isinstance(other, str) and one.casefold() == other.casefold()
