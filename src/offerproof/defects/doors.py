"""Defects of credentials: who gets in, and what those who do not get are told."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from offerproof.defects import defect
from offerproof.defects._tools import around, replace, rewritten
from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, Service, encode, refusal
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import Operation

if TYPE_CHECKING:
    from offerproof.simulator.app import App


def _let_in(app: App, hit: Hit, wrongly: Any) -> None:
    """Let a request in that would be turned away when ``wrongly(operation, header)`` says so."""

    def make(original: Any) -> Any:
        def check(match: Any, operation: Operation, headers: Any) -> Answer | None:
            denied: Answer | None = original(match, operation, headers)
            if denied is not None and wrongly(operation, headers.get(b"authorization", b"")):
                hit()
                return None
            return denied

        return check

    replace(app, app, "check_credentials", make)


def _turned_away(app: App, hit: Hit, told: Any) -> None:
    """Replace what is told to whom is turned away; ``told(operation, header, denied)`` may return None."""

    def make(original: Any) -> Any:
        def check(match: Any, operation: Operation, headers: Any) -> Answer | None:
            denied: Answer | None = original(match, operation, headers)
            if denied is None:
                return None
            instead: Answer | None = told(operation, headers.get(b"authorization", b""), denied)
            if instead is None:
                return denied
            hit()
            return instead

        return check

    replace(app, app, "check_credentials", make)


@defect("lookup-answers-403", "robustness", "SMOKE-6", "Lookup without credentials is answered with 403, not 401")
def _(app: App, hit: Hit) -> None:
    def told(operation: Operation, header: bytes, denied: Answer) -> Answer | None:
        if operation.name != "lookup" or header:
            return None
        return refusal(Service.CLOUDPOS, 403, "forbidden", "access is denied")

    _turned_away(app, hit, told)


@defect("transactions-need-no-key", "robustness", "AUTH-1", "send_transaction is open to whoever sends no credentials")
def _(app: App, hit: Hit) -> None:
    _let_in(app, hit, lambda operation, header: operation.name == "send_transaction" and not header)


@defect("unlock-needs-no-key", "robustness", "AUTH-1", "unlock and reinstate are open to whoever sends no credentials")
def _(app: App, hit: Hit) -> None:
    _let_in(app, hit, lambda operation, header: operation.name in ("unlock", "reinstate") and not header)


@defect("issue-checks-no-secret", "robustness", "AUTH-2", "issue_offer looks at the key and not at the secret")
def _(app: App, hit: Hit) -> None:
    _let_in(app, hit, lambda operation, header: operation.name == "issue_offer" and header.startswith(b"Basic "))


@defect("cache-before-the-door", "robustness", "AUTH-1", "a search answered once is answered again without credentials")
def _(app: App, hit: Hit) -> None:
    answered: dict[bytes, Answer] = {}

    def make(original: Any) -> Any:
        def handle(method: bytes, target: bytes, *args: Any, **named: Any) -> Answer:
            answer: Answer = original(method, target, *args, **named)
            if method != b"GET":
                return answer
            if answer.status == 200:
                answered[target] = answer
            elif answer.status == 401 and target in answered:
                hit()
                return answered[target]
            return answer

        return handle

    replace(app, app, "handle", make)


@defect("secret-cut-at-eight", "robustness", "AUTH-2", "of a secret only the first eight characters count")
def _(app: App, hit: Hit) -> None:
    pairs = {pair.key: pair.secret for pair in (app.door.keys.core, app.door.keys.offers, app.door.keys.cloudpos)}

    def wrongly(operation: Operation, header: bytes) -> bool:
        try:
            key, _, secret = base64.b64decode(header.removeprefix(b"Basic "), validate=True).decode().partition(":")
        except ValueError:
            return False
        return len(secret) >= 8 and pairs.get(key, "").startswith(secret[:8])

    _let_in(app, hit, wrongly)


@defect("unknown-key-is-403", "robustness", "AUTH-3", "a key nobody has is answered with 403 instead of 401")
def _(app: App, hit: Hit) -> None:
    keys = {pair.key.encode() for pair in (app.door.keys.core, app.door.keys.offers, app.door.keys.cloudpos)}

    def told(operation: Operation, header: bytes, denied: Answer) -> Answer | None:
        scheme, _, token = header.partition(b" ")
        if scheme != b"Basic" or len(token) % 4:
            return None
        try:
            key, colon, _ = base64.b64decode(token, validate=True).partition(b":")
        except ValueError:
            return None
        if not colon or key in keys:
            return None
        return refusal(operation.service, 403, "forbidden", "this key is not known")

    _turned_away(app, hit, told)


@defect("one-pair-opens-all", "robustness", "AUTH-4", "the pair of any service opens the other services too")
def _(app: App, hit: Hit) -> None:
    _let_in(app, hit, lambda operation, header: app.door.opens(header) is not None)


@defect("bearer-opens-all", "robustness", "AUTH-5", "a Bearer token is let in without being looked at")
def _(app: App, hit: Hit) -> None:
    _let_in(app, hit, lambda operation, header: header.startswith(b"Bearer "))


@defect("any-api-key", "robustness", "AUTH-6", "the API key in the path of the core service is not looked at")
def _(app: App, hit: Hit) -> None:
    def wrongly(operation: Operation, header: bytes) -> bool:
        return operation.service is Service.CORE and app.door.opens(header) is Service.CORE

    _let_in(app, hit, wrongly)


@defect("401-says-nothing", "robustness", "AUTH-7", "a refusal of credentials has an envelope with empty errors")
def _(app: App, hit: Hit) -> None:
    def told(operation: Operation, header: bytes, denied: Answer) -> Answer | None:
        if operation.service is not Service.OFFERS:
            return None
        return Answer(401, encode({"status": "error", "payload": None, "errors": {}}), denied.headers)

    _turned_away(app, hit, told)


@defect("done-before-checked", "robustness", "AUTH-8", "a Lock with wrong credentials is done, then refused")
def _(app: App, hit: Hit) -> None:
    def make(original: Any) -> Any:
        def handle(method: bytes, target: bytes, headers: Any, body: bytes, only: Any = None, **named: Any) -> Answer:
            answer: Answer = original(method, target, headers, body, only, **named)
            if answer.status != 401 or not target.lower().endswith(b"/lock") or b"authorization" not in headers:
                return answer
            right = {**headers, b"authorization": app.door.keys.cloudpos.header()}
            done: Answer = original(method, target, right, body, only, **named)
            if done.status == 200:
                hit()
            return answer

        return handle

    replace(app, app, "handle", make)


@defect("first-lock-fails", "lock", "SMOKE-4", "the first Lock after the start is refused")
def _(app: App, hit: Hit) -> None:
    seen: list[bool] = []

    def make(original: Any) -> Any:
        def lock(now: int, request: Any) -> Answer:
            if seen:
                result: Answer = original(now, request)
                return result
            seen.append(True)
            hit()
            raise Refused(Reason.INVALID, "the service is still starting")

        return lock

    around(app, "lock", make)


@defect("401-names-the-key", "robustness", "AUTH-10", "a refusal of credentials repeats the key that was sent")
def _(app: App, hit: Hit) -> None:
    def told(operation: Operation, header: bytes, denied: Answer) -> Answer | None:
        if not header.startswith(b"Basic "):
            return None
        text = header[6:].decode("latin-1")
        return rewritten(denied, lambda document: document.update(received=text), hit)

    _turned_away(app, lambda: None, told)
