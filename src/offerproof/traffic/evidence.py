"""How values and exchanges become evidence: shown with placeholders, bounded, told apart by what does not vary."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from offerproof.contract import Outcome
from offerproof.exchange import BODY_LIMIT, Exchange, Redacted, Redactor
from offerproof.judgement import shapes

TRANSCRIPT_MAX: Final = 30
"""Most exchanges a finding cites; of a longer check, the last ones."""
SHOWN_MAX: Final = 2_000
"""Most characters of an expected or observed value."""

_VARYING = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F-]{27,}|[0-9]+")


def shown(value: Any, redactor: Redactor) -> str:
    """A value for a report: placeholders for what is personal, JSON for what has a structure, bounded."""
    if isinstance(value, Redacted):
        text = str(value)
    elif isinstance(value, str):
        text = redactor.text(value[:BODY_LIMIT])
    elif isinstance(value, Mapping | list | tuple | set | frozenset):
        plain = sorted(value, key=str) if isinstance(value, set | frozenset) else value
        encoded = msgspec.json.Encoder(decimal_format="number", enc_hook=str).encode(redactor.document(plain))
        text = msgspec.json.format(encoded, indent=2).decode()
    elif value is None or isinstance(value, bool):
        text = {None: "null", True: "true", False: "false"}[value]
    else:
        text = redactor.text(str(value))
    return text if len(text) <= SHOWN_MAX else f"{text[:SHOWN_MAX]}… ({len(text)} characters)"


def identity_of(clause: str, operation: str | None, signature: str) -> str:
    """What makes two findings the same: clause, operation, and the signature without numbers and ids."""
    normal = _VARYING.sub("#", signature)
    return f"{clause}:{operation or '-'}:{hashlib.sha256(normal.encode()).hexdigest()[:8]}"


def cited(exchanges: Sequence[Exchange], on: Exchange | None) -> list[Exchange]:
    """The transcript: what the check sent up to the exchange that decided, and that one last."""
    before = [exchange for exchange in exchanges if on is None or exchange.number < on.number]
    return before[-(TRANSCRIPT_MAX - 1) :] + ([on] if on is not None else [])


def outcome_of(exchange: Exchange) -> Outcome:
    """What came of an exchange, as the coverage counts it: what went wrong on the way is broken as well."""
    if exchange.unanswered or exchange.failure or exchange.status is None or exchange.status >= 500:
        return Outcome.BROKEN
    return Outcome.ACCEPTED if shapes.claims_success(exchange.answer, exchange.status) else Outcome.REFUSED


def standing_at(exchange: Exchange, problem: shapes.Problem, redactor: Redactor) -> str:
    """What stands where the problem is, with placeholders; the whole path is walked in the redacted answer."""
    value: Any = redactor.body(exchange.raw.answer)
    for step in problem.place:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return "absent"
    return shown(value, redactor)
