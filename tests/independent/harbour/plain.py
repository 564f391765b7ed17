"""Small things every part needs: refusals, times, numbers, and JSON that keeps decimals exact."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

Json = dict[str, Any]
_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.]([0-9]{1,7}))?(Z|[+-][0-9]{2}:[0-9]{2})?"
)


class Refusal(Exception):
    """A request that cannot be honoured: a code, words for people, and the HTTP status this server likes for it."""

    def __init__(self, code: str, words: str, status: int = 422) -> None:
        super().__init__(words)
        self.code = code
        self.words = words
        self.status = status


def now() -> datetime:
    return datetime.now(UTC)


def read_time(value: Any, name: str) -> datetime:
    """An instant in any of the spellings that tills send; without a zone it is UTC."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise Refusal("validation", f"{name} is no time")
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    fraction = int((found[7] or "").ljust(6, "0")[:6])
    try:
        moment = datetime(year, month, day, hour, minute, second, fraction, tzinfo=UTC)
    except ValueError:
        raise Refusal("validation", f"{name} is no time of any calendar") from None
    zone = found[8] or "Z"
    if zone != "Z":
        away = timedelta(hours=int(zone[1:3]), minutes=int(zone[4:]))
        try:
            moment = moment - away if zone[0] == "+" else moment + away
        except OverflowError:
            raise Refusal("validation", f"{name} is out of range") from None
    return moment


def long_time(moment: datetime) -> str:
    """With seven digits of fraction, as some platforms print it."""
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z"


def bare_time(moment: datetime) -> str:
    """Date and time as the customer's attributes show them."""
    return f"{moment.year:04d}-{moment:%m-%d %H:%M:%S}"


def joined_time(moment: datetime) -> str:
    """ISO, no zone, no trailing zeros in the fraction."""
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{moment.year:04d}-{moment:%m-%dT%H:%M:%S}" + (f".{fraction}" if fraction else "")


def read_number(value: Any, name: str) -> Decimal:
    """A number, sent as one or as text; nothing absurd."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Refusal("validation", f"{name} is no number")
    try:
        number = Decimal(value.strip() if isinstance(value, str) else value)
    except InvalidOperation:
        raise Refusal("validation", f"{name} is no number") from None
    if not number.is_finite() or number < 0 or number.adjusted() > 9 or int(number.as_tuple().exponent) < -8:
        raise Refusal("validation", f"{name} is out of range")
    return number


def read_whole(value: Any, name: str, otherwise: int) -> int:
    """A whole number that may be negative; ``otherwise`` when it was left out."""
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise Refusal("validation", f"{name} is no whole number")
    if not re.fullmatch(r"-?[0-9]{1,9}", str(value)):
        raise Refusal("validation", f"{name} is no whole number")
    return int(value)


def read_flag(value: Any, name: str, otherwise: bool) -> bool:
    """True and false, also as text."""
    if value is None:
        return otherwise
    word = value.lower() if isinstance(value, str) else value
    if word in (True, "true"):
        return True
    if word in (False, "false"):
        return False
    raise Refusal("validation", f"{name} is neither true nor false")


def read_text(value: Any, name: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value.strip() or len(value) > 4000:
        raise Refusal("missing_data", f"{name} is needed")
    return value


def read_object(value: Any, name: str) -> Json:
    if not isinstance(value, dict):
        raise Refusal("validation", f"{name} is no object")
    return value


def read_list(value: Any, name: str) -> list[Json]:
    """A list of objects; an absent one is empty."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Refusal("validation", f"{name} is no list of objects")
    return value


def _no_constant(word: str) -> Any:
    raise ValueError(word)


def parse(body: bytes) -> Json:
    """The request's JSON object."""
    try:
        document = json.loads(body.decode("utf-8"), parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, InvalidOperation):
        raise Refusal("argument_error", "the body cannot be read as JSON", 200) from None
    return read_object(document, "the body")


def render(value: Any, between: str = ",") -> str:
    """JSON, with a Decimal spelled as it is and everything beyond ASCII escaped."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        inner = between.join(f"{json.dumps(name)}: {render(item, between)}" for name, item in value.items())
        return "{" + inner + "}"
    if isinstance(value, list):
        return "[" + between.join(render(item, between) for item in value) + "]"
    return json.dumps(value)
