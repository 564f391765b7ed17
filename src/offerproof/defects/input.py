"""Defects of bad input: taken for good, or answered with a server error, or half done before it is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import around, replace, rewritten
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, Service, encode, refusal
from offerproof.simulator.bodies import NotJson
from offerproof.simulator.cloudpos import LookupOut
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import OPERATIONS, Operation
from offerproof.simulator.values import Malformed

if TYPE_CHECKING:
    from offerproof.simulator.app import App, Call

_LONG = 1000
_GUID = 36


class _Stop(Exception):
    """Carries an answer past the rest of the simulator."""

    def __init__(self, answer: Answer) -> None:
        super().__init__()
        self.answer = answer


def _error(service: Service | None) -> Answer:
    return refusal(service, 500, "internal_server_error", "Object reference not set")


def _decoding(app: App, judge: Any) -> None:
    """Let ``judge(operation, body, problem)`` answer a body that cannot be read, or read it after all.

    It returns an ``Answer``, another body to be read in its place, or None. ``problem`` is None for a good body.
    """

    def make(original: Any) -> Any:
        def decode(operation: Operation, match: Any, body: bytes) -> Any:
            try:
                request = original(operation, match, body)
            except (NotJson, Malformed) as problem:
                instead = judge(operation, body, problem)
                if isinstance(instead, bytes):
                    return original(operation, match, instead)
                if instead is None:
                    raise
                raise _Stop(instead) from None
            instead = judge(operation, body, None)
            if isinstance(instead, Answer):
                raise _Stop(instead)
            return request

        return decode

    replace(app, app, "decode", make)
    _caught(app)


def _caught(app: App) -> None:
    def make(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            try:
                answer: Answer = original(*args, **named)
            except _Stop as stop:
                return stop.answer
            return answer

        return handle

    replace(app, app, "handle", make)


def _read(body: bytes) -> Any:
    """A body as Python's own parser reads it; None when it cannot."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


@defect("malformed-json-breaks-it", "robustness", "REFUSE-1", "malformed JSON gets HTTP 500 from the CloudPOS service")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        if not isinstance(problem, NotJson) or not body or operation.service is not Service.CLOUDPOS:
            return None
        hit()
        return _error(operation.service)

    _decoding(app, judge)


@defect("empty-body-is-success", "robustness", "REFUSE-2", "Lookup with an empty body is a success with no customer")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(method: bytes, target: bytes, headers: Any, body: bytes, *args: Any, **named: Any) -> Answer:
            answer: Answer = original(method, target, headers, body, *args, **named)
            if body or answer.status not in (400, 415) or not target.lower().endswith(b"/lookup"):
                return answer
            hit()
            return Answer(200, encode(LookupOut("success", [])))

        return handle

    replace(app, app, "handle", make)


@defect("array-breaks-it", "robustness", "REFUSE-3", "a body that is an array gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        if not body.startswith(b"[") or _read(body) is None:
            return None
        hit()
        return _error(operation.service)

    _decoding(app, judge)


@defect("odd-take-ignored", "robustness", "REFUSE-4", "a take that is an object is ignored, and the history answered")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if isinstance(request.take, dict):
                hit()
                request.take = None
            return original(now, request)

        return call

    around(app, "user_offer_history", make)


@defect("odd-payments-ignored", "robustness", "REFUSE-5", "payments that are a text are ignored")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> bytes | None:
        if problem is None or operation.name != "send_transaction":
            return None
        document = _read(body)
        payload = document.get("request_payload") if isinstance(document, dict) else None
        if not isinstance(payload, dict) or not isinstance(payload.get("payments"), str):
            return None
        hit()
        del payload["payments"]
        return json.dumps(document).encode()

    _decoding(app, judge)


@defect("payload-not-required", "robustness", "REFUSE-6", "a Lookup without a request_payload finds nobody")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        document = _read(body) if problem is not None and operation.name == "lookup" else None
        if not isinstance(document, dict) or document.get("request_payload") is not None or "client_id" not in document:
            return None
        hit()
        return Answer(200, encode(LookupOut("success", [])))

    _decoding(app, judge)


def _refusals(app: App, hit: Hit, service: Service, change: Any) -> None:
    """Change the refusals of one service that the program or the shape of the request caused."""

    def make(original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            answer: Answer = original(operation, request, body)
            if operation.service is not service or answer.status < 400 or answer.effect is not None:
                return answer
            return rewritten(answer, change, hit)

        return perform

    replace(app, app, "perform", make)


@defect("core-says-nothing", "robustness", "REFUSE-8", "a refusal of the core service has an empty message")
def _(app: App, hit: Hit) -> None:
    _refusals(app, hit, Service.CORE, lambda document: document["errors"].update(message=" "))


@defect("offers-refusal-has-payload", "robustness", "REFUSE-9", "a refusal of the offers service carries a payload")
def _(app: App, hit: Hit) -> None:
    _refusals(app, hit, Service.OFFERS, lambda document: document.update(payload={"offer": None}))


@defect("till-refusal-has-payload", "robustness", "REFUSE-10", "a refusal of the CloudPOS service carries a payload")
def _(app: App, hit: Hit) -> None:
    _refusals(app, hit, Service.CLOUDPOS, lambda document: document.update(payload={"discount": None}))


@defect("method-not-implemented", "robustness", "REFUSE-13", "a method the call does not have gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(*args: Any, **named: Any) -> Answer:
            answer: Answer = original(*args, **named)
            if answer.status != 405:
                return answer
            hit()
            return Answer(500, answer.body)

        return handle

    replace(app, app, "handle", make)


def _break_when(app: App, hit: Hit, operation: str, odd: Any) -> None:
    """Answer HTTP 500 when ``odd(request)`` holds."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if odd(request):
                hit()
                return _error(OPERATIONS[operation].service)
            return original(now, request)

        return call

    around(app, operation, make)


@defect("skip-overflows", "robustness", "REFUSE-15", "a negative skip reaches the database and gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    _break_when(app, hit, "user_offer_history", lambda request: isinstance(request.skip, int) and request.skip < 0)


@defect("long-id-breaks-it", "robustness", "REFUSE-16", "an identifier longer than the column gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        document = _read(body) if operation.name == "lookup" else None
        payload = document.get("request_payload") if isinstance(document, dict) else None
        if not isinstance(payload, dict) or not any(len(one) > _LONG for one in payload.values() if type(one) is str):
            return None
        hit()
        return _error(operation.service)

    _decoding(app, judge)


@defect("wildcards-match", "robustness", "REFUSE-17", "an external id of % or * finds the newest customer")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Refused as refused:
                given = str(request.request_payload.external_customer_id or "")
                known = list(app.program.state.by_external_id)
                if refused.reason is not Reason.UNKNOWN_CUSTOMER or given.strip("%*_") or not given or not known:
                    raise
                hit()
                request.request_payload.external_customer_id = known[-1]
                return original(now, request)

        return call

    around(app, "lookup", make)


@defect("no-guid-breaks-it", "robustness", "REFUSE-18", "a user id that is no GUID gets HTTP 500 from the history")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        document = _read(body) if problem is not None and operation.name == "user_offer_history" else None
        ids = document.get("user_ids") if isinstance(document, dict) else None
        if not isinstance(ids, list) or not any(isinstance(one, str) and len(one) != _GUID for one in ids):
            return None
        hit()
        return _error(operation.service)

    _decoding(app, judge)


@defect("depth-breaks-it", "robustness", "REFUSE-19", "deeply nested JSON gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        if b"[" * _LONG not in body:
            return None
        hit()
        return _error(operation.service)

    _decoding(app, judge)


@defect("other-type-breaks-it", "robustness", "REFUSE-20", "a body that is not called JSON gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def check(match: Any, headers: Any) -> Answer | None:
            denied: Answer | None = original(match, headers)
            if denied is None or b"content-type" not in headers:
                return denied
            hit()
            return _error(match.service)

        return check

    replace(app, app, "check_type", make)


@defect("bytes-break-it", "robustness", "REFUSE-21", "a body that is not UTF-8 gets HTTP 500")
def _(app: App, hit: Hit) -> None:
    def judge(operation: Operation, body: bytes, problem: Exception | None) -> Answer | None:
        try:
            body.decode("utf-8")
        except UnicodeDecodeError:
            hit()
            return _error(operation.service)
        return None

    _decoding(app, judge)


@defect("locked-before-checked", "robustness", "REFUSE-22", "a Lock is done before its basket is looked at and refused")
def _(app: App, hit: Hit) -> None:
    from offerproof.program.model import Pricing

    def judge(operation: Operation, body: bytes, problem: Exception | None) -> None:
        document = _read(body) if isinstance(problem, Malformed) and operation.name == "lock" else None
        payload = document.get("request_payload") if isinstance(document, dict) else None
        basket = payload.get("transaction") if isinstance(payload, dict) else None
        code = payload.get("offer_lookup_code") if isinstance(payload, dict) else None
        there = app.program.state.user_offers.get(code) if isinstance(code, str) else None
        if there is not None and isinstance(basket, dict) and isinstance(basket.get("items"), str):
            hit()
            nothing = Pricing(app.settings.offers.money_step * 0, (), ())
            app.program.life_cycle.remember_lock(app.clock.now(), there, str(basket["transaction_id"]), nothing)

    _decoding(app, judge)


@defect("no-number-is-zero", "robustness", "REFUSE-23", "an amount that is no number is taken for 0 in a transaction")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            try:
                return original(now, request)
            except Malformed as problem:
                if "a number" not in str(problem):
                    raise
                hit()
                return Answer(200, b'{"status":"OK","payload":null,"errors":null}')

        return call

    around(app, "send_transaction", make)


@defect("quantity-never-missing", "robustness", "REFUSE-26", "an issue without a quantity is a server error")
def _(app: App, hit: Hit) -> None:
    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            if request.quantity is not None:
                return original(now, request)
            hit()
            return refusal(Service.OFFERS, 500, "internal_server_error", "something went wrong")

        return call

    around(app, "issue_offer", make)
