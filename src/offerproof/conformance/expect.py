"""Literal expectations. One that does not hold ends the check (or the block of its clause) and becomes a finding."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from offerproof.conformance.comparing import same_id, ticks
from offerproof.conformance.outcome import UNSEEN, ExpectationFailed, Inconclusive
from offerproof.conformance.payload_view import see
from offerproof.contract import is_success_word
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.judgement.oracle.calls import number
from offerproof.provisioning import CannotProvide

if TYPE_CHECKING:
    from offerproof.conformance.checkrun import CheckRun

_PAYLOAD = {"core": "user"}
_KINDS: Mapping[Any, str] = {dict: "an object", list: "an array", str: "a text"}


class Expect:
    """The expectations of one check; every one that holds is counted for the clause it stands under."""

    def __init__(self, check: CheckRun) -> None:
        self._check = check

    # Whole answers

    def success(self, exchange: Exchange, *, kind: type | None = dict) -> Any:
        """Expect success; return what the call is about (``user`` of core, else ``payload``).

        ``kind``: ``dict`` or ``list``, what it must be; None: anything, also null.
        """
        answer = self._answer(exchange, "a success")
        if exchange.status is None or not 200 <= exchange.status < 300:
            self._fail(f"HTTP status of {exchange.operation}", "2xx", exchange.described, exchange)
        word = answer.get("status")
        if not is_success_word(word):
            self._fail(
                f"status word of {exchange.operation}", "ok or success, in any case", exchange.described, exchange
            )
        if answer.get("errors"):
            self._fail(f"errors of {exchange.operation}'s success", "absent, null or empty", answer["errors"], exchange)
        member = _PAYLOAD.get(exchange.service, "payload")
        payload = answer.get(member)
        if kind is not None and not isinstance(payload, kind):
            self._fail(f"{member} of {exchange.operation}", _KINDS.get(kind, kind.__name__), payload, exchange)
        self._held(exchange)
        return see(payload, member, self._missing(exchange))

    def refusal(self, exchange: Exchange, *, status: int | None = None, why: str = "") -> Any:
        """Expect a clear refusal: 4xx with the service's error envelope, or 200 with a non-success status and errors.

        ``status``: the HTTP status where the source fixes it. ``why``: what is wrong with the request, for the report.
        """
        because = f" ({why})" if why else ""
        what = f"refusal of {exchange.operation}{because}"
        answer = self._answer(exchange, f"a clear refusal{because}")
        code = exchange.status or 0
        if status is not None and code != status:
            self._fail(f"HTTP status of the {what}", status, exchange.described, exchange)
        if code != 200 and not 400 <= code < 500:
            self._fail(what, "HTTP 4xx, or 200 with errors", exchange.described, exchange)
        word = answer.get("status")
        if is_success_word(word):
            self._fail(what, "a status that is not success", exchange.described, exchange)
        if not answer.get("errors"):
            self._fail(what, "errors that say what is wrong", exchange.described, exchange)
        self._held(exchange)
        return see(answer["errors"], "errors", self._missing(exchange))

    def at(self, exchange: Exchange, path: str) -> Any:
        """The value at a path of the answer (``payload.offers.0.amount``); a finding when it does not exist."""
        value: Any = self._answer(exchange, "an answer")
        missing = self._missing(exchange)
        walked = []
        for step in path.split("."):
            walked.append(step)
            if isinstance(value, dict) and step in value:
                value = value[step]
            elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
                value = value[int(step)]
            else:
                missing(".".join(walked), "absent")
        self._held(exchange)
        return see(value, path, missing)

    # Values

    def equal(self, observed: Any, expected: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect exactly this value (numbers by value: 5 equals 5.0; a boolean is no number)."""
        same = observed == expected and isinstance(observed, bool) == isinstance(expected, bool)
        self.that(same, what=what, expected=expected, observed=observed, on=on)

    def same_id(self, observed: Any, expected: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect the same id, GUIDs in any case."""
        self.that(same_id(observed, expected), what=what, expected=expected, observed=observed, on=on)

    def same_number(self, observed: Any, expected: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect the same number, as a JSON number or as its text."""
        same = number(observed) is not None and number(observed) == number(expected)
        self.that(same, what=what, expected=expected, observed=observed, on=on)

    def same_instant(self, observed: Any, expected: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect the same instant in any documented spelling; without a zone it is UTC."""
        same = ticks(observed) is not None and ticks(observed) == ticks(expected)
        self.that(same, what=what, expected=expected, observed=observed, on=on)

    def one_of(self, observed: Any, allowed: Collection[Any], *, what: str, on: Exchange | None = None) -> None:
        """Expect one of these values."""
        self.that(observed in allowed, what=what, expected=f"one of {list(allowed)}", observed=observed, on=on)

    def contains(self, collection: Collection[Any], member: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect a member among others."""
        self.that(member in collection, what=what, expected=f"contains {member}", observed=collection, on=on)

    def excludes(self, collection: Collection[Any], member: Any, *, what: str, on: Exchange | None = None) -> None:
        """Expect that something is not among others."""
        self.that(member not in collection, what=what, expected=f"without {member}", observed=collection, on=on)

    def present(self, mapping: Mapping[str, Any], key: str, *, on: Exchange | None = None) -> None:
        """Expect a member to be there, whatever its value."""
        self.that(key in mapping, what=f"member {key}", expected="present", observed=sorted(mapping), on=on)

    def absent(self, mapping: Mapping[str, Any], key: str, *, on: Exchange | None = None) -> None:
        """Expect a member not to be there."""
        self.that(key not in mapping, what=f"member {key}", expected="absent", observed="present", on=on)

    def that(
        self,
        condition: object,
        *,
        what: str,
        expected: Any = "that this holds",
        observed: Any = UNSEEN,
        on: Exchange | None = None,
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Expect any condition; ``what`` names it in the report, without values.

        ``observed``: left out, the report shows the answer that decided; ``what`` is then a sentence that should hold.
        ``detail``: plain data for a drawing in the report (``history``: a concurrent history's operations).
        """
        if not condition:
            on = on or self._check.latest
            _reached(on)
            raise ExpectationFailed(what, expected=expected, observed=observed, on=on, detail=detail)
        self._held(on or self._check.latest)

    # Everything else

    @contextmanager
    def clause(self, name: str) -> Iterator[None]:
        """Judge the expectations of the block under another clause of the decorator; a failure ends the block only."""
        before = self._check.enter(name)
        try:
            yield
        except (ExpectationFailed, Inconclusive, CannotProvide) as problem:
            self._check.conclude(problem)
        # Whatever else is raised ends the check under this clause, not under the one before.
        self._check.current = before

    def observe(self, question: str, reading: Any, *, on: Exchange | None = None) -> None:
        """State which reading of an open question the target follows: information, no judgement."""
        self._check.observe(question, str(reading), on or self._check.latest)
        self._held(on or self._check.latest)

    def forget(self, keep: Collection[int] = ()) -> None:
        """Leave out of the transcript what was sent so far, except the exchanges of these numbers.

        For a failure that less shows as well: what follows, or what is kept.
        """
        self._check.exchanges[:] = [exchange for exchange in self._check.exchanges if exchange.number in keep]

    def doubt(self, reason: str) -> None:
        """From now on the target may rightly answer otherwise: what does not hold is unknown, and no breach."""
        self._check.doubt = reason

    def unknown(self, reason: str) -> NoReturn:
        """End the check (or block): its clause could not be observed."""
        raise Inconclusive(reason)

    def _answer(self, exchange: Exchange, wanted: str) -> dict[str, Any]:
        if exchange.failure:
            self._fail(f"answer of {exchange.operation}", wanted, f"none: {exchange.failure}", exchange)
        if (exchange.status or 0) >= 500:
            self._fail(f"HTTP status of {exchange.operation}", wanted, exchange.described, exchange)
        if exchange.answer is NOT_JSON or not isinstance(exchange.answer, dict):
            self._fail(f"body of {exchange.operation}", f"{wanted}, as a JSON object", exchange.described, exchange)
        return exchange.answer

    def _missing(self, exchange: Exchange) -> Callable[[str, Any], NoReturn]:
        def missing(path: str, instead: Any) -> NoReturn:
            self._fail(f"member {path} of {exchange.operation}'s answer", "present", instead, exchange)

        return missing

    def _held(self, on: Exchange | None) -> None:
        self._check.held(on)

    def _fail(self, what: str, expected: Any, observed: Any, on: Exchange | None) -> NoReturn:
        _reached(on)
        raise ExpectationFailed(what, expected=expected, observed=observed, on=on)


def _reached(on: Exchange | None) -> None:
    """Whatever was expected of an exchange, it cannot fail where nobody was there to answer."""
    if on is not None and on.failure in ("unreachable", "tls"):
        raise Inconclusive(f"the target could not be reached ({on.failure})")
