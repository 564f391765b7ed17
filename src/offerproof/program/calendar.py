"""Calendar arithmetic on integer microseconds, UTC: validity periods, year ends, yearly dates."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
SECOND: Final = 1_000_000
DAY: Final = 86_400 * SECOND
_MINUTE: Final = DAY // 1440
_FIXED: Final = {"minute": _MINUTE, "hour": 60 * _MINUTE, "day": DAY, "week": 7 * DAY}
_MONTHS: Final = {"month": 1, "year": 12}
_MICROSECOND: Final = timedelta(microseconds=1)

UNITS: Final = tuple(f"{unit}s" for unit in (*_FIXED, *_MONTHS))


def unit_of(text: str) -> str | None:
    """The unit as we keep it ("days") from "Day", "days", …; None when there is no such unit."""
    unit = f"{text.strip().lower().removesuffix('s')}s"
    return unit if unit in UNITS else None


def instant(at: int) -> datetime:
    """Microseconds since the epoch as an aware instant."""
    return EPOCH + timedelta(microseconds=at)


def micros(when: datetime) -> int:
    """An aware instant as microseconds since the epoch."""
    return (when - EPOCH) // _MICROSECOND


def later(at: int, unit: str, period: int) -> int | None:
    """``period`` units after ``at``; None when that is past the year 9999, which means never.

    Months and years keep the day and the time of day; a day that the month does not have becomes its last one
    (31 January + 1 month = 28 or 29 February, 29 February + 1 year = 28 February).
    """
    name = unit.removesuffix("s")
    fixed = _FIXED.get(name)
    if fixed is not None:
        end = at + period * fixed
        return end if end < _END else None
    start = instant(at)
    year, month = divmod(start.year * 12 + start.month - 1 + period * _MONTHS[name], 12)
    if year > 9999:
        return None
    return micros(start.replace(year=year, month=month + 1, day=min(start.day, monthrange(year, month + 1)[1])))


def end_of_following_year(at: int) -> int:
    """The last microsecond of the calendar year after the one of ``at``."""
    return _first_of_january(instant(at).year + 2) - 1


def next_year_start(at: int) -> int:
    """The first 1 January 00:00 after ``at``."""
    return _first_of_january(instant(at).year + 1)


def next_of_dates(at: int, dates: Sequence[tuple[int, int]]) -> int:
    """The first 00:00 strictly after ``at`` on one of the (month, day) ``dates``, which must be in order."""
    now = instant(at)
    for month, day in dates:
        when = now.replace(month=month, day=day, hour=0, minute=0, second=0, microsecond=0)
        if when > now:
            return micros(when)
    month, day = dates[0]
    return micros(now.replace(year=now.year + 1, month=month, day=day, hour=0, minute=0, second=0, microsecond=0))


def next_midnight(at: int) -> int:
    """The first 00:00 at or after ``at``."""
    return -(-at // DAY) * DAY


def _first_of_january(year: int) -> int:
    return micros(EPOCH.replace(year=year))


_END: Final = micros(EPOCH.replace(year=9999, month=12, day=31))
