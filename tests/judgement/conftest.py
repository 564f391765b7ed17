"""Histories written down as text, one operation a line: ``till kind transaction start-end outcome [seen|key…]``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from offerproof.judgement.histories import History, Kind, Operation, Outcome, Seen

_OUTCOMES = {
    "ok": Outcome.ACCEPTED,
    "no": Outcome.REFUSED,
    "?": Outcome.UNKNOWN,
    "busy": Outcome.TURNED_AWAY,
}


def _operation(line: str) -> Operation:
    till, kind, transaction, times, outcome, *more = line.split()
    start, _, end = times.partition("-")
    seen = Seen(63)
    keys: tuple[str, ...] = ("U1",)
    if kind == "read":
        seen = Seen(0)
        for word in more:
            seen |= Seen[word.upper()]
    elif more:
        keys = tuple(more)
    return Operation(
        keys=keys,
        kind=Kind[kind.upper()],
        start=int(start),
        end=int(end) if end else None,
        outcome=_OUTCOMES[outcome],
        transaction=None if transaction == "-" else transaction,
        process=till,
        seen=seen,
    )


@pytest.fixture
def written() -> Callable[[str], History]:
    """Parse a written history."""

    def parse(text: str) -> History:
        return History.of(_operation(line) for line in text.strip().splitlines())

    return parse
