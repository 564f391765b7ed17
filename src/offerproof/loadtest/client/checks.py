"""Is this answer right? At full speed: status word, schema (compiled once), and whether success was to be expected.

Every answer falls into one :class:`~offerproof.contract.Outcome`; what makes it an error of the run is one
*kind*: what a connection failed of (:mod:`offerproof.loadtest.client.connection`), ``http_5xx``, ``gateway_502``
(503, 504: a gateway's page), ``unauthorized``,
``not_json``, ``status_word`` (neither a success nor an error envelope), ``schema``, ``refused`` (although it was to
succeed), ``wrong`` (a success that contradicts what was sent), ``throttled`` (429, which is no error).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec

from offerproof.contract import Outcome, is_success_word
from offerproof.exchange import GATEWAY, NOT_JSON, parse_json
from offerproof.findings.load_records import THROTTLED
from offerproof.judgement.shapes import accepts
from offerproof.loadtest.client.connection import HttpAnswer

CONTRACT_ERRORS = ("schema", "not_json", "status_word", "wrong", "protocol", "http_5xx")
"""Kinds of errors that no answer of the contract may be, however heavy the load."""
NO_ANSWERS = {
    **{"connect": "unreachable", "proxy": "unreachable", "tls": "tls"},
    **{"timeout": "timeout", "unfinished": "timeout", "reset": "closed", "closed": "closed"},
    **{f"gateway_{status}": f"a gateway's {status}" for status in sorted(GATEWAY)},
}
"""Kinds of errors of calls that the target itself gave no answer to → what certify calls them."""
SLOW = ("timeout", "connect", "unfinished")
"""Kinds of errors that a generator may have caused that was too busy itself."""


# An enum's members as plain names: looking one up in its class costs more than the rest of such a line.
ACCEPTED, REFUSED, UNKNOWN, TURNED_AWAY = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.UNKNOWN, Outcome.TURNED_AWAY


class Checked(msgspec.Struct):
    """A judged answer: its outcome, the error's kind or nothing, and the decoded document."""

    outcome: Outcome
    error: str
    document: dict[str, Any]
    answer: HttpAnswer

    @property
    def ok(self) -> bool:
        """Whether it was accepted and is right so far."""
        return self.outcome is ACCEPTED and not self.error

    @property
    def payload(self) -> Any:
        """The envelope's payload; of the core service, the user."""
        document = self.document
        return document["payload"] if "payload" in document else document.get("user")


_DECODE = msgspec.json.Decoder(float_hook=Decimal).decode
_NOTHING: dict[str, Any] = {}
_FAILED = {"connect_timeout": "connect"}


class Checker:
    """Judges the answers of one operation."""

    def __init__(self, operation: str) -> None:
        self._is_success = accepts(operation, "answer_success")
        self._is_error = accepts(operation, "answer_error")

    def check(self, answer: HttpAnswer) -> Checked:
        """Judge one answer; whether a refusal was to be expected is the scenario's affair."""
        if answer.failure:
            kind = _FAILED.get(answer.failure, answer.failure)
            outcome = UNKNOWN if answer.maybe_acted_on else TURNED_AWAY
            return Checked(outcome, kind, _NOTHING, answer)
        status = answer.status
        if status != 200:
            if status == 429:
                return Checked(TURNED_AWAY, THROTTLED, _NOTHING, answer)
            if status >= 500:
                gateway = status in GATEWAY and parse_json(answer.body) is NOT_JSON
                return Checked(UNKNOWN, f"gateway_{status}" if gateway else "http_5xx", _NOTHING, answer)
            if status == 401:
                return Checked(TURNED_AWAY, "unauthorized", _NOTHING, answer)
        try:
            document = _DECODE(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, InvalidOperation):  # too deep, or no Decimal
            return Checked(UNKNOWN, "not_json", _NOTHING, answer)
        if type(document) is not dict:
            return Checked(UNKNOWN, "status_word", _NOTHING, answer)
        word = document.get("status")
        if 200 <= status < 300 and is_success_word(word):
            return Checked(ACCEPTED, "" if self._is_success(document) else "schema", document, answer)
        if not isinstance(word, str) or not document.get("errors"):
            return Checked(UNKNOWN, "status_word", document, answer)
        return Checked(REFUSED, "" if self._is_error(document) else "schema", document, answer)
