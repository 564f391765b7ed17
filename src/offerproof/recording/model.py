"""One recorded exchange, whichever tool recorded it, and what may be said of each part of it."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

import msgspec

MILLISECOND: Final = 1_000
SECOND: Final = 1_000_000


class Fact(StrEnum):
    """What a recording says of one part of an exchange. Only what is known may make a clause fail."""

    KNOWN = "known"
    NOT_RECORDED = "not recorded"
    ALTERED = "recorded, but not as it went over the wire"


class Body(msgspec.Struct, frozen=True):
    """The body of a request or an answer. ``values``: of an altered one, whether its JSON values are still right."""

    data: bytes = b""
    fact: Fact = Fact.KNOWN
    values: bool = True

    @property
    def readable(self) -> bool:
        """Whether its JSON values are those that were sent."""
        return self.fact is Fact.KNOWN or (self.fact is Fact.ALTERED and self.values)


EMPTY: Final = Body()
MISSING: Final = Body(fact=Fact.NOT_RECORDED, values=False)

Headers = tuple[tuple[str, str], ...]


class Recorded(msgspec.Struct, frozen=True, kw_only=True):
    """One exchange as it was recorded. Instants are integer microseconds since the epoch, None where not recorded."""

    place: str
    """Where it stands, for people: ``entry 12``."""
    method: str
    url: str
    """Absolute where the recorder knows the host."""
    request_headers: Headers
    request: Body
    status: int | None
    """None when there was no answer."""
    answer_headers: Headers
    answer: Body
    started: int | None
    ended: int | None
    failure: str | None = None
    """Why there is no (whole) answer: ``closed`` or ``timeout``."""
    altered: str | None = None
    """Why request and answer may not belong together (a redirect that the recorder hides), as a few words."""
    placed: str | None = None
    """Other traffic than calls, known from the entry itself: ``preflight``."""


class Skipped(msgspec.Struct, frozen=True):
    """An element that is no exchange, or none that can be read, with the reason as a few words."""

    place: str
    why: str


def header(headers: Headers, name: str) -> str | None:
    """The value of a header by its lower-case name, the first where it is there twice; None when it is absent."""
    return next((value for key, value in headers if key.lower() == name), None)


def date_of(recorded: Recorded) -> int | None:
    """The Date of an answer in microseconds, to a second; None where it has none that can be read."""
    told = header(recorded.answer_headers, "date")
    try:
        return round(parsedate_to_datetime(told).timestamp() * 1_000_000) if told else None
    except (ValueError, OverflowError):
        return None
