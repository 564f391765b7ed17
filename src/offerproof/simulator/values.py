"""Numbers, booleans and instants as they come over the wire: as JSON values or as text, and nothing else.

Both forms are legal input (api.md section 5). What is out of any sensible range is refused here, so that no arithmetic
behind this door can overflow, blow up or lose a digit.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,15}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})")
_LIMIT = Decimal(10) ** 12
_FINEST = -20
_LONGEST = 40  # what is longer is neither number nor instant, and is not remembered whole
_INSTANT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]{1,7}))?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_AN_INSTANT = "an instant such as 2018-06-10 9:20:00.000 or 2018-09-07T16:29:11.299505Z"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = 86_400_000_000


class Malformed(Exception):
    """A member has a type or a form that the call does not take; says where, what was expected, never the value."""

    def __init__(self, where: str, expected: str) -> None:
        lead = "" if expected.startswith(("expected", "object ", "invalid")) else "expected "
        super().__init__(f"{where}: {lead}{expected}")
        self.where = where


def number(value: Any, where: str) -> Decimal:
    """Return a JSON number or a decimal string exactly; at most 10^12 and 20 decimal places."""
    kind = type(value)
    if kind is str:
        written = _written(value[:_LONGEST])
        if written is None:
            raise Malformed(where, "a number")
        result = written
    elif kind is int:
        if not -1_000_000_000_000 <= value <= 1_000_000_000_000:
            raise Malformed(where, "a number up to 10^12")
        return Decimal(value)
    elif kind is Decimal:
        result = value
        exponent = result.as_tuple().exponent
        if not isinstance(exponent, int) or not _FINEST <= exponent <= 12:
            raise Malformed(where, "a number of sensible size")
    else:
        raise Malformed(where, "a number")
    if not -_LIMIT <= result <= _LIMIT:
        raise Malformed(where, "a number up to 10^12")
    return result


@lru_cache(maxsize=4096)
def _written(value: str) -> Decimal | None:
    """Return the number that a text writes; None when it is none. Tills write the same prices again and again."""
    return Decimal(value) if _NUMBER.fullmatch(value) else None


def whole(value: Any, where: str, least: int = 0, most: int = 1_000_000_000) -> int:
    """Return a whole number, as JSON number or text, within bounds."""
    result = number(value, where)
    if result != result.to_integral_value():
        raise Malformed(where, "a whole number")
    if not least <= result <= most:
        raise Malformed(where, f"a whole number from {least} to {most}")
    return int(result)


def flag(value: Any, where: str) -> bool:
    """Return a JSON boolean or the texts true and false in any case."""
    if value is True or value is False:
        return bool(value)
    if type(value) is str:
        lower = value.lower()
        if lower == "true":
            return True
        if lower == "false":
            return False
    raise Malformed(where, "true or false")


def instant(value: str, where: str) -> int:
    """Return an instant as microseconds since the epoch; every spelling of the documents, UTC where no zone is named.

    A seventh digit of the fraction is cut off.
    """
    found = _parsed(value[:_LONGEST])
    if found is None:
        raise Malformed(where, _AN_INSTANT)
    return found


@lru_cache(maxsize=4096)
def _parsed(value: str) -> int | None:
    """A till says the same time in each call of a basket, so the newest are remembered."""
    found = _INSTANT.fullmatch(value)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    micro = int((fraction + "000000")[:6]) if fraction else 0
    try:
        moment = datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), micro, UTC)
    except ValueError:
        return None
    elapsed = moment - _EPOCH
    result = elapsed.days * _DAY + elapsed.seconds * 1_000_000 + elapsed.microseconds
    if zone and zone not in "Zz":
        digits = zone[1:].replace(":", "")
        minutes = int(digits[:2]) * 60 + int(digits[2:])
        if minutes >= 1440:
            return None
        result -= minutes * 60_000_000 if zone[0] == "+" else -minutes * 60_000_000
    return result


_YEAR_1 = -62_135_596_800
_YEAR_9999 = 253_402_300_799


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    """Write a second as ISO without a zone; what lies beyond the calendar is shown at its edge."""
    moment = datetime.fromtimestamp(max(_YEAR_1, min(seconds, _YEAR_9999)), UTC)
    return moment.isoformat()[:19]


def zulu(micro: int) -> str:
    """Write an instant as ``2018-09-07T16:29:11.299505Z``; no fraction when it is zero."""
    seconds, rest = divmod(micro, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}Z" if rest else f"{_second(seconds)}Z"


def spaced(micro: int) -> str:
    """Write an instant as the user object does: ``2019-03-19 21:46:17``, cut to the second, no zone."""
    return _second(micro // 1_000_000).replace("T", " ")


def joined(micro: int) -> str:
    """Write an instant as ``join_date``: ISO, no zone, trailing zeros of the fraction dropped."""
    seconds, rest = divmod(micro, 1_000_000)
    return f"{_second(seconds)}.{rest:06d}".rstrip("0") if rest else _second(seconds)


def sane(value: Any, where: str) -> Any:
    """Return a free JSON value as it is, once all its numbers are known to be of sensible size."""
    kind = type(value)
    if kind is dict:
        for key, one in value.items():
            sane(one, f"{where}.{key[:40]}")
    elif kind is list:
        for index, one in enumerate(value):
            sane(one, f"{where}[{index}]")
    elif kind is int or kind is Decimal:
        number(value, where)
    return value


def shown(value: Decimal) -> Decimal | int:
    """Return a number as it is printed: whole ones without a fraction."""
    whole_part = int(value)
    return whole_part if whole_part == value else value
