"""The words that runs, histories and reports share: what came of a call, what says success, how an instant is written.

A report that says "refused" and a history that says the same mean the same, because both have the word from here.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Final

_SUCCESS_WORDS: Final = frozenset({"ok", "success"})
"""What a ``status`` says of a success, in any case."""
_PENDING: Final = re.compile(r"\b(?:request_)?pending\b", re.IGNORECASE)
"""The word, or the code ``request_pending``; a code such as ``no_pending_offers`` is another refusal."""


def is_success_word(status: object) -> bool:
    """Whether the ``status`` of an answer says success."""
    return isinstance(status, str) and status.lower() in _SUCCESS_WORDS


def says_pending(answer: object) -> bool:
    """Whether an answer says that the request is pending, in its ``status`` or its ``errors``; a success does not."""
    if not isinstance(answer, Mapping) or is_success_word(answer.get("status")):
        return False
    return any(_PENDING.search(str(answer.get(one))) for one in ("status", "errors"))


class Outcome(IntEnum):
    """What came of a call, as its answer claims; whether the answer is right is another question.

    The numbers stand in operation logs, and the words (``word``) in run files and reports.
    """

    ACCEPTED = 0
    """It claims that what was asked was done."""
    REFUSED = 1
    """It claims that nothing was done."""
    UNKNOWN = 2
    """No answer: it may have been done."""
    TURNED_AWAY = 3
    """Nothing was done and nothing is claimed: HTTP 429, or never sent."""
    BROKEN = 4
    """An answer that is never right (a server error, no JSON): it may have been done. Histories say UNKNOWN."""

    @property
    def word(self) -> str:
        """The outcome in words: ``turned away``."""
        return self.name.lower().replace("_", " ")


def utc_text(instant: datetime) -> str:
    """An aware instant as every file of ours writes it: UTC, ISO 8601, microseconds, ``Z``."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_TICKING: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
"""A clock that nobody sets; on Linux one that goes on while the machine is suspended."""
_ANCHOR: Final = (time.time_ns() // 1000, time.clock_gettime_ns(_TICKING))
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def utc_us() -> int:
    """The present instant in microseconds since 1970, UTC. The machine's wall clock was read once, when this process
    began: somebody who sets it during a run moves no instant, no duration and no deadline of ours.
    """
    began, ticks = _ANCHOR
    return began + (time.clock_gettime_ns(_TICKING) - ticks) // 1000


def utc_now() -> datetime:
    """The same instant, aware UTC."""
    return _EPOCH + timedelta(microseconds=utc_us())


def now() -> str:
    """The present instant, as :func:`utc_text` writes it."""
    return utc_text(utc_now())
