"""One call in plain form: what was asked, what came back, when. A trace of calls can be written by hand."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from offerproof.contract import OPERATIONS, Outcome, is_success_word
from offerproof.exchange import NOT_JSON, Exchange

CLOUDPOS = frozenset(name for name, call in OPERATIONS.items() if call.service == "cloudpos")
CORE = frozenset(name for name, call in OPERATIONS.items() if call.service == "core")
_TURNED_AWAY = 429
_MOMENT = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{1,2}):([0-9]{2}):([0-9]{2})(?:[.]([0-9]{1,7}))?(?:Z|[+]00:00)?"
)
_NUMBER = re.compile(r"[+-]?(?:[0-9]+[.]?[0-9]*|[.][0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_MIDDLE = range(200, 500)


@dataclass(frozen=True, slots=True)
class Call:
    """One call and its answer.

    ``request`` is the parsed body; of a GET its query, with ``user_id`` or ``external_id`` from the path. ``answer`` is
    the parsed body, None when none came or it was no JSON. Instants are integer microseconds; ``ended`` is None when no
    answer came.
    """

    operation: str
    request: Mapping[str, Any]
    answer: Any = None
    status: int | None = 200
    started: int = 0
    ended: int | None = 0
    number: int = field(default=-1, compare=False)

    @property
    def payload(self) -> Any:
        """What the answer is about: ``user`` of core, else ``payload``."""
        if not isinstance(self.answer, Mapping):
            return None
        return self.answer.get("user" if self.operation in CORE else "payload")

    @property
    def asked(self) -> Mapping[str, Any]:
        """What was asked: the content of the container, else the whole request."""
        if self.operation not in CLOUDPOS:
            return self.request
        inner = self.request.get("request_payload")
        return inner if isinstance(inner, Mapping) else {}


def outcome_of(call: Call) -> Outcome:
    """Tell what the answer of a call claims; no judgement of whether it should."""
    if call.status is None:
        return Outcome.UNKNOWN
    if call.status == _TURNED_AWAY:
        return Outcome.TURNED_AWAY
    if call.status not in _MIDDLE or not isinstance(call.answer, Mapping):
        return Outcome.BROKEN
    success = is_success_word(call.answer.get("status"))
    if success and call.status < 300:
        return Outcome.BROKEN if call.answer.get("errors") else Outcome.ACCEPTED
    return Outcome.REFUSED


def from_exchange(exchange: Exchange) -> Call:
    """Return the plain form of an exchange."""
    parts = urlsplit(exchange.raw.url)
    sent = exchange.sent if exchange.raw.body else None
    request: dict[str, Any] = dict(sent) if isinstance(sent, Mapping) else {}
    if exchange.method == "GET":
        request = dict(parse_qsl(parts.query, keep_blank_values=True))
        last = unquote(parts.path.rstrip("/").rpartition("/")[2])
        if exchange.operation == "get_customer":
            request["user_id"] = last
        elif exchange.operation == "get_customer_by_external_id":
            request["external_id"] = last
    started = round(exchange.started.timestamp() * 1_000_000)
    return Call(
        operation=exchange.operation,
        request=request,
        answer=None if exchange.answer is NOT_JSON else exchange.answer,
        status=exchange.status,
        started=started,
        ended=None if exchange.status is None else started + exchange.duration_us,
        number=exchange.number,
    )


# Reading values that an answer may spell in several ways (numbers as texts, ids in any case).


def number(value: Any) -> Decimal | None:
    """Return a JSON number, or its text, as Decimal; None for anything else.

    A text may have no digit before or after its point (``.77`` is printed in the sources) and blanks around it. Other
    spellings that Python would read (``1_000``, digits of other scripts) are no numbers to the next program.
    """
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal | float):
        return None
    text = str(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def truth(value: Any) -> bool | None:
    """Return a boolean written as JSON or as text; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def moment(value: Any) -> tuple[int, ...] | None:
    """Return an instant as comparable numbers down to 100 ns; None when it is not in a documented spelling."""
    found = _MOMENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        return None
    *whole, fraction = found.groups()
    return (*(int(one) for one in whole), int((fraction or "").ljust(7, "0")))


def ident(value: Any) -> str:
    """Return an id in the form in which ids are compared."""
    return value.strip().lower() if isinstance(value, str) else ""


def rows(value: Any) -> Sequence[Mapping[str, Any]]:
    """Return the objects of an array; nothing for anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
