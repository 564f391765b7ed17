"""Requests that come again: under which request_id, while what is open, how soon and how often."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from offerproof.client_duties.forms import masked_credentials
from offerproof.client_duties.model import SECOND, Came, ClientRequest, DutyLog, Remembered, breach

_HARMLESS: Final = frozenset({"lock", "send_transaction"})
"""Under a new request_id they do the same once more: transaction_id and modified_time are their keys."""
_HAMMER: Final = 3
_HAMMER_US: Final = 2 * SECOND
_DENIED: Final = 3
_DENIED_REST_US: Final = 30 * SECOND
_POLLS: Final = 10
_POLL_US: Final = 10 * SECOND
_SETTLING_US: Final = 30 * SECOND
"""So long after a change, reads that wait for it are free."""
_GRACE_US: Final = SECOND // 2
_READS: Final = frozenset({"search_customers", "lookup", "get_user_offers", "user_offer_history"})


class Repeats:
    """Judges requests beside those that were sent before. ``timed``: whether their instants were recorded."""

    def __init__(self, log: DutyLog, *, timed: bool) -> None:
        self.log = log
        self.timed = timed
        self._by_id: Remembered[tuple[Hashable, ...], ClientRequest] = Remembered()
        self._kinds: Remembered[tuple[Hashable, ...], str] = Remembered()
        self._changes: Remembered[tuple[Hashable, ...], ClientRequest] = Remembered()
        self._held: Remembered[str, set[tuple[Hashable, ...]]] = Remembered()
        """Keys of the locks and redeems of an offer."""
        self._equal: Remembered[tuple[Hashable, ...], deque[ClientRequest]] = Remembered()
        self._denied: Remembered[tuple[str, str], list[ClientRequest]] = Remembered()
        self._looked: Remembered[str, int] = Remembered()
        self._read: Remembered[tuple[Hashable, ...], deque[ClientRequest]] = Remembered()
        self._changed = -(10**18)

    def take(self, sent: ClientRequest) -> None:
        """Judge one request."""
        if self.timed:
            self._after_denial(sent)
        if not sent.request_known:
            return
        if sent.of_till and sent.request_id:
            self._identity(sent)
            if sent.writes:
                self._change(sent)
        if not sent.writes and sent.came is Came.TAKEN:
            self._looked[sent.till] = sent.start
        if self.timed:
            self._pace(sent)
            self._polling(sent)

    def _identity(self, sent: ClientRequest) -> None:
        kind = (sent.sender, sent.operation)
        key = (*kind, sent.request_id)
        first = self._by_id.get(key)
        if first is not None and first.value != sent.value:
            told = f"{sent.request_id} for two requests" if len(sent.request_id) <= 40 else "used for two requests"
            breach(self.log, "TILL-2", f"request_id of {sent.operation}", "one for each request", told, first, sent)
        elif first is not None or self._kinds.get(kind, sent.request_id) != sent.request_id:
            self.log.hold(["TILL-2"], sent.exchange)
        self._kinds[kind] = sent.request_id
        self._by_id[key] = first or sent

    def _change(self, sent: ClientRequest) -> None:
        if sent.operation in ("unlock", "reinstate"):  # what was open about this offer is settled
            for key in self._held.pop(sent.offer, ()):
                self._changes.pop(key, None)
        key = _subject(sent)
        before = self._changes.get(key)
        if before is not None:
            self._repeated(before, sent)
        self._changes[key] = sent
        if sent.operation in ("lock", "redeem"):
            self._held[sent.offer] = {*self._held.get(sent.offer, ()), key}

    def _repeated(self, before: ClientRequest, sent: ClientRequest) -> None:
        same = before.request_id == sent.request_id
        what = f"{sent.operation} that got no decisive answer"
        if not before.over_before(sent):
            if not same and before.end is not None:
                breach(
                    self.log, "TILL-19", f"the same {sent.operation}", "once at a time", "twice at once", before, sent
                )
            return
        self.log.hold(["TILL-19"], sent.exchange)
        if before.came is Came.PENDING:
            if same:
                self.log.hold(["TILL-16"], sent.exchange)
            else:
                told = f"{sent.operation} that is pending"
                breach(self.log, "TILL-16", told, "the same request_id again", "a new request_id", before, sent)
        elif before.came is Came.UNDECIDED:
            if same:
                self.log.hold(["TILL-3"], sent.exchange)
                return
            doubt = "it does the same once more" if sent.operation in _HARMLESS else None
            if doubt is None and before.start < self._looked.get(sent.till, before.start) < sent.start:
                doubt = "the client looked what became of it"
            breach(
                self.log, "TILL-3", what, "the same request_id again", "a new request_id", before, sent, doubtful=doubt
            )

    def _pace(self, sent: ClientRequest) -> None:
        key = (sent.till, sent.operation, sent.value)
        recent = self._equal.setdefault(key, deque(maxlen=_HAMMER))
        before = recent[-1] if recent else None
        if before is not None and before.end is not None and before.over_before(sent) and before.failed:
            wait = _retry_after(before)
            if wait is not None:
                if sent.start < before.end + wait * SECOND - _GRACE_US:
                    early = f"after {(sent.start - before.end) / SECOND:.1f} s"
                    breach(self.log, "TILL-24", "repeat of a request", f"after {wait} s", early, before, sent)
                else:
                    self.log.hold(["TILL-24"], sent.exchange)
            often = len(recent) == _HAMMER and sent.start - recent[0].start <= _HAMMER_US
            if often and all(one.failed for one in recent):
                breach(self.log, "TILL-25", "repeats that fail", "a pause that grows", "4 in 2 s", *recent, sent)
            else:
                self.log.hold(["TILL-25"], sent.exchange)
        recent.append(sent)
        self._equal[key] = recent

    def _after_denial(self, sent: ClientRequest) -> None:
        told = sent.exchange.raw.headers.get("authorization", "")
        if told and masked_credentials(told):
            return  # all pairs look alike
        key = (sent.till, told)
        denied = self._denied.get(key, [])
        if denied and denied[-1].over_before(sent):
            soon = sent.start - denied[-1].start < _DENIED_REST_US
            if len(denied) >= _DENIED and soon:
                breach(self.log, "TILL-23", "credentials after 401", "a rest of 30 s", "again", *denied[-3:], sent)
            else:
                self.log.hold(["TILL-23"], sent.exchange)
        if sent.exchange.status == 401:
            self._denied[key] = [*denied[-_DENIED:], sent]
        elif denied:
            del self._denied[key]

    def _polling(self, sent: ClientRequest) -> None:
        if sent.writes:
            self._changed = max(self._changed, sent.end or sent.start)
            self._read.clear()
            return
        if sent.operation not in _READS or sent.came is not Came.TAKEN or sent.start < self._changed + _SETTLING_US:
            return
        key = (sent.till, sent.operation, sent.value)
        asked = self._read.setdefault(key, deque(maxlen=_POLLS + 1))
        asked.append(sent)
        if len(asked) > _POLLS and sent.start - asked[0].start <= _POLL_US:
            breach(
                self.log, "TILL-39", f"equal {sent.operation}", "when something may have changed", "11 in 10 s", sent
            )
            asked.clear()
        elif len(asked) > 1:
            self.log.hold(["TILL-39"], sent.exchange)


def _subject(sent: ClientRequest) -> tuple[Hashable, ...]:
    """What a change is about: equal for a repeat, another for another change."""
    if sent.operation in ("unlock", "reinstate"):
        return (sent.sender, sent.operation, sent.offer)
    if sent.operation == "redeem":
        return (sent.sender, sent.operation, sent.offer, sent.transaction_id)
    return (sent.sender, sent.operation, sent.value)


def _retry_after(sent: ClientRequest) -> int | None:
    """Seconds to wait after an answer that asks for it (429 or 503); None when it does not."""
    told = sent.exchange.answer_headers.get("retry-after", "").strip()
    if sent.exchange.status not in (429, 503) or not told:
        return None
    if told.isdigit():
        return int(told)
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return None
    date = sent.exchange.answer_headers.get("date")
    try:  # the target's clock, which is the one that the date was written by
        now = parsedate_to_datetime(date) if date else datetime.fromtimestamp((sent.end or 0) / SECOND, UTC)
        return max(0, round((until - now).total_seconds()))
    except (ValueError, TypeError):
        return None
