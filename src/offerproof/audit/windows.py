"""Which user offers may have expired, or must have, while a recording goes on: by the target's own time.

The target's time is the Date of its answers. Where an answer has none, it is the recorder's clock, which may be an hour
wrong, so that nothing is sure by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from offerproof.audit.observed import Observed
from offerproof.contract import Outcome
from offerproof.judgement.histories.rules import EXPIRED, ISSUED, TAG_MASK
from offerproof.judgement.oracle.calls import ident, moment, outcome_of, rows
from offerproof.judgement.oracle.world import Held
from offerproof.recording.source import instant

_SECOND: Final = 1_000_000
_BY_DATE: Final = 2 * _SECOND
"""Date has whole seconds, and is written a little after or before what was done."""
_BY_RECORDER: Final = 3600 * _SECOND
_SURELY: Final = 60 * _SECOND
"""So long after its end nobody is still at work on expiring an offer."""
_SHORTEST: Final = 6 * 24 * 3600 * _SECOND
"""Offers whose body says that they last do so for a week at least; in which zone is open."""
_LISTS: Final[Mapping[str, str]] = {"get_user_offers": "user_offers", "user_offer_history": "results"}


@dataclass
class Windows:
    """Ends of redemption windows as answers showed them, and when user offers were issued (microseconds)."""

    ends: dict[str, int] = field(default_factory=dict)
    issued: dict[str, int] = field(default_factory=dict)

    def learn(self, observed: Observed) -> None:
        """Learn from an answer, before it is judged: what it shows is its own word."""
        call = observed.call
        if outcome_of(call) is not Outcome.ACCEPTED or not isinstance(call.payload, Mapping):
            return
        if call.operation == "issue_offer" and observed.now is not None:
            self.issued |= dict.fromkeys(observed.names.owners, observed.now)
        for record in rows(call.payload.get(_LISTS.get(call.operation, ""))):
            end = _microseconds(record.get("redemption_end_date"))
            if end is not None:
                self.ends[ident(record.get("user_offer_id", record.get("id")))] = end

    def at(self, key: str, held: Held, observed: Observed) -> Held:
        """The user offer as it may stand by the time of a call."""
        now, end = observed.now, self.ends.get(key)
        if now is None or not (held.lasting or end is not None):
            return held
        spread = _BY_DATE if observed.dated else _BY_RECORDER
        if end is None:
            since = self.issued.get(key)
            over = since is not None and now - since + spread >= _SHORTEST
            return replace(held, lasting=False) if over else held
        if now + spread < end:
            return held
        if observed.dated and now >= end + _SURELY:
            gone = (one._replace(state=EXPIRED) if one.state & TAG_MASK == ISSUED else one for one in held.possible)
            return replace(held, lasting=False, possible=frozenset(gone))
        return replace(held, lasting=False)


def _microseconds(value: Any) -> int | None:
    return instant(value) if isinstance(value, str) and moment(value) is not None else None
