"""A recorded call as it is judged: the exchange for the schemas and as evidence, the call for the oracle."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from offerproof.audit.calls import CallMatch
from offerproof.audit.feeds import Feed
from offerproof.audit.names import Names, names_of
from offerproof.exchange import NOT_JSON, AsTravelled, Exchange, Redactor, parse_json
from offerproof.exchange.echoes import basic_pair
from offerproof.judgement import shapes
from offerproof.judgement.oracle import Call, from_exchange
from offerproof.recording import Fact, Headers, Recorded, Recording, date_of, header
from offerproof.target import Profile

_BASIC: Final = re.compile(rb"\bBasic ((?:[A-Za-z0-9+/]|\\/){4,2000}={0,2})", re.IGNORECASE)
"""The token of a Basic header, in whatever kind of recording; JSON may escape its slashes."""
_AT_ONCE: Final = 1024 * 1024
_LONGEST_TOKEN: Final = 2_010
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BETWEEN: Final = (502, 503, 504)
_TELL_OF_PEOPLE: Final = frozenset(
    {"create_customer", "search_customers", "get_customer", "get_customer_by_external_id", "lookup"}
)
_UNJUDGED: Final = frozenset({401, 403, 405, 406, 407, 408, 411, 413, 414, 415, 429, 431})
"""Refusals of credentials, form and load: no word on what the call is about, and nothing changes."""


class Known(StrEnum):
    """Why an answer is not judged, or not in whole."""

    ANSWERED = "answered"
    UNANSWERED = "no answer, or only a part of one"
    BODY_MISSING = "the answer's body was not recorded"
    BODY_ALTERED = "the answer's body is not as it went over the wire"
    BETWEEN = "answered by something between client and target"
    REDIRECTED = "redirected, or perhaps redirected unseen"
    REQUEST_UNKNOWN = "the request's body was not recorded"


@dataclass(slots=True)
class Observed:
    """One call. ``start`` and ``end`` in microseconds of one clock; ``end`` None: answered, and nobody knows when."""

    exchange: Exchange
    call: Call
    known: Known
    start: int
    end: int | None
    place: str
    source: int
    """Which recording it stands in."""
    request_known: bool
    names: Names
    asked: Names
    """What the request alone names."""
    now: int | None = None
    """The target's time, in microseconds: by the Date of the answer (``dated``), else by the recorder's clock."""
    dated: bool = False

    @property
    def lost(self) -> bool:
        """Whether nobody knows what came of it, so that it may take effect at any time later."""
        return self.known in (Known.UNANSWERED, Known.BETWEEN)

    @property
    def refused_outright(self) -> bool:
        """Whether it was turned down before anybody looked at what it is about."""
        status = self.exchange.status or 0
        return status in _UNJUDGED or (400 <= status < 500 and self.call.status is None)


class Observer:
    """Makes observed calls of recorded exchanges, and knows who usually answers."""

    def __init__(self, redactor: Redactor, profile: Profile | None) -> None:
        self.redactor = redactor
        self.count = 0
        self._servers: dict[str, set[str]] = {}
        self._learned: set[tuple[str, str]] = set()
        """Pairs of credentials that are known, and API keys (beside nothing): most requests bring the same."""
        for service in profile.services.values() if profile is not None else ():
            if service.key is not None and service.secret is not None:
                self._learn_pair(service.key.reveal(), service.secret.reveal())
            if service.api_key is not None:
                self.redactor.api_key(service.api_key.reveal(), "$OFFERPROOF_API_KEY")

    def learn_credentials(self, recording: Recording) -> None:
        """Make known all credentials of a recording: an answer may repeat what only a later request shows."""
        file, rest = recording.source.file, b""
        file.seek(0)
        while data := file.read(_AT_ONCE):
            rest += data
            for token in _BASIC.findall(rest):
                self._learn_pair(*basic_pair("Basic " + token.decode().replace("\\", "")))
            rest = rest[-_LONGEST_TOKEN:]

    def _learn_pair(self, key: str, secret: str) -> None:
        if secret and (key, secret) not in self._learned:
            self._learned.add((key, secret))
            self.redactor.secret("key", key, "$OFFERPROOF_KEY")
            self.redactor.secret("secret", secret, "$OFFERPROOF_SECRET")
            self.redactor.token("other_credentials", key, secret, "$OFFERPROOF_CREDENTIALS")

    def observe(self, recorded: Recorded, match: CallMatch, feed: Feed, place: int) -> Observed:
        """Make one. ``place``: its number in the order, which stands for instants where none are recorded."""
        shift = feed.shift
        self.count += 1
        if match.api_key and (match.api_key, "") not in self._learned:
            self._learned.add((match.api_key, ""))
            self.redactor.api_key(match.api_key, "$OFFERPROOF_API_KEY")
        self._learn_pair(*basic_pair(header(recorded.request_headers, "authorization") or ""))
        timed = recorded.started is not None
        start = recorded.started + shift if recorded.started is not None else place * 2_000_000
        end = recorded.ended + shift if recorded.ended is not None else None if timed else start + 1_000_000
        answer = parse_json(recorded.answer.data) if recorded.answer.readable else NOT_JSON
        known = self._known(recorded, match, answer)
        exchange = self._exchange(recorded, match, start, end, answer, f"{feed.recording.title}, {recorded.place}")
        call = from_exchange(exchange)
        if match.operation in _TELL_OF_PEOPLE:  # what a later answer repeats of them is known by then
            self.redactor.learn(call.request, foreseen=True)
            self.redactor.learn(answer if isinstance(answer, dict) else None, foreseen=True)
        if known not in (Known.ANSWERED, Known.REDIRECTED) and not (
            known is Known.BODY_ALTERED and recorded.answer.readable
        ):
            call = without_answer(call)
        readable = recorded.request.readable
        exchange.documented = readable and shapes.keeps_request(match.operation, call.request, any_form=True)
        asked = names_of(without_answer(call))
        names = asked if call.answer is None else names_of(call)
        date = date_of(recorded)
        now = date if date is not None else start if timed else None
        dated = date is not None
        place_of, number = recorded.place, feed.number
        return Observed(exchange, call, known, start, end, place_of, number, readable, names, asked, now, dated)

    def _known(self, recorded: Recorded, match: CallMatch, answer: object) -> Known:
        if recorded.failure or recorded.status is None:
            return Known.UNANSWERED
        if 300 <= recorded.status < 400 and recorded.status != 304:
            return Known.REDIRECTED
        if self._between(recorded, answer):
            return Known.BETWEEN
        if recorded.answer.fact is Fact.NOT_RECORDED:
            return Known.BODY_MISSING
        if recorded.answer.fact is Fact.ALTERED:
            return Known.BODY_ALTERED
        if recorded.altered and not shapes.claims_success(answer, recorded.status):
            return Known.REDIRECTED
        return Known.ANSWERED if recorded.request.readable else Known.REQUEST_UNKNOWN

    def _between(self, recorded: Recorded, answer: object) -> bool:
        """Whether a gateway answered: it says that it has no answer, or what it says is in nobody's form and name."""
        server = header(recorded.answer_headers, "server") or ""
        host = recorded.url[8:].partition("/")[0]
        usual = self._servers.setdefault(host, set())
        if answer is not NOT_JSON:
            usual.add(server)
            return recorded.status in _BETWEEN
        if recorded.answer.fact is not Fact.KNOWN:
            return recorded.status in _BETWEEN
        kind = header(recorded.answer_headers, "content-type") or ""
        return recorded.status in _BETWEEN or server not in usual or "json" not in kind.lower()

    def _exchange(
        self, recorded: Recorded, match: CallMatch, start: int, end: int | None, answer: object, place: str
    ) -> Exchange:
        return Exchange(
            number=self.count,
            operation=match.operation,
            service=match.service,
            method=recorded.method,
            started=_EPOCH + timedelta(microseconds=start),
            duration_us=max(0, end - start) if end is not None else 0,
            status=recorded.status if not recorded.failure else None,
            failure="closed" if recorded.failure or recorded.status is None else None,
            answer=answer,
            answer_headers=_folded(recorded.answer_headers),
            redactor=self.redactor,
            raw=AsTravelled(
                url=recorded.url if not match.api_key else recorded.url.replace(f"/{match.api_key}/", "/{api_key}/", 1),
                headers=_folded(recorded.request_headers),
                body=recorded.request.data,
                answer=recorded.answer.data,
            ),
            check=place,
        )


def without_answer(call: Call) -> Call:
    """The call without its answer."""
    return Call(call.operation, call.request, None, None, call.started, None, call.number)


def _folded(headers: Headers) -> dict[str, str]:
    """Headers by lower-case name, doubled ones joined."""
    folded: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        folded[key] = f"{folded[key]}, {value}" if key in folded and folded[key] != value else value
    return folded
