"""What planted defects are made of: replacing a method, a call, an answer, a refusal, on one ``App`` only."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from offerproof.program.refusal import Reason, Refused
from offerproof.simulator.answers import Answer, Effect, encode

if TYPE_CHECKING:
    from offerproof.program.model import UserOffer
    from offerproof.simulator.app import App, Call
    from offerproof.simulator.planting import Hit
    from offerproof.simulator.routes import Operation

Document = dict[str, Any]
_ABSENT = object()


def replace(app: App, owner: object, name: str, make: Callable[[Any], Any]) -> None:
    """Replace the method ``name`` of one object by ``make(original)``."""
    before = vars(owner).get(name, _ABSENT)
    setattr(owner, name, make(getattr(owner, name)))

    def undo() -> None:
        if before is _ABSENT:
            delattr(owner, name)
        else:
            setattr(owner, name, before)

    app.planting.undo.append(undo)


def around(app: App, operation: str, make: Callable[[Call], Call]) -> None:
    """Replace a call of the API by ``make(original)``; it takes the instant and the decoded request."""
    before = app.calls[operation]
    app.calls[operation] = make(before)
    app.planting.undo.append(lambda: app.calls.__setitem__(operation, before))


def rewrite(
    app: App,
    hit: Hit,
    operation: str,
    change: Callable[[Document], object],
    *,
    when: Callable[[Any], bool] | None = None,
) -> None:
    """Change the successful answers of a call in place; ``when`` looks at the decoded request first."""

    def make(original: Call) -> Call:
        def call(now: int, request: Any) -> Answer:
            answer = original(now, request)
            if when is not None and not when(request):
                return answer
            return rewritten(answer, change, hit)

        return call

    around(app, operation, make)


def rewritten(answer: Answer, change: Callable[[Document], object], hit: Hit) -> Answer:
    """Return an answer with its document changed in place; ``hit`` is told when that made a difference."""
    document = json.loads(answer.body, parse_float=Decimal)
    before = encode(document)
    change(document)
    body = encode(document)
    if body == before:
        return answer
    hit()
    return Answer(answer.status, body, answer.headers, answer.effect)


def instead_of(app: App, hit: Hit, owner: object, name: str, reasons: set[Reason], act: Callable[..., Any]) -> None:
    """Where a method of the program refuses for one of ``reasons``, call ``act(original, *args)`` instead."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(*args: Any, **named: Any) -> Any:
            try:
                return original(*args, **named)
            except Refused as refused:
                if refused.reason not in reasons:
                    raise
                result = act(original, *args, **named)
                hit()
                return result

        return method

    replace(app, owner, name, make)


def refuse_when(
    app: App, hit: Hit, owner: object, name: str, condition: Callable[..., bool], reason: Reason, detail: str
) -> None:
    """Refuse what a method of the program would have done when ``condition(*args)`` holds."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def method(*args: Any, **named: Any) -> Any:
            if condition(*args, **named):
                hit()
                raise Refused(reason, detail)
            return original(*args, **named)

        return method

    replace(app, owner, name, make)


class Flight:
    """What is under way: requests of one call that were done, and whose answers leave ``window`` seconds later."""

    def __init__(self, app: App, operation: str, window: float) -> None:
        self._operation = operation
        self._window = window
        self._number = 0
        self.under_way: dict[object, Any] = {}
        replace(app, app, "perform", self._slowly)
        replace(app, app, "release", self._forgetting)

    @property
    def codes(self) -> set[str]:
        """The user offers that Lock or redeem is under way for."""
        return {request.request_payload.offer_lookup_code.lower() for request in self.under_way.values()}

    def _slowly(self, original: Any) -> Any:
        def perform(operation: Operation, request: Any, body: bytes) -> Answer:
            answer: Answer = original(operation, request, body)
            if operation.name != self._operation or answer.body.startswith(b'{"status":"error"'):
                return answer
            self._number += 1
            token = ("flight", self._operation, self._number)
            self.under_way[token] = request
            return Answer(answer.status, answer.body, answer.headers, Effect(delay=self._window, release=token))

        return perform

    def _forgetting(self, original: Any) -> Any:
        def release(key: object) -> None:
            self.under_way.pop(key, None)
            original(key)

        return release


def passed_to(app: App, method: str) -> set[str]:
    """Ids of the user offers that a method of the program's redemption has dealt with, as the set grows."""
    codes: set[str] = set()

    def make(original: Any) -> Any:
        def call(now: int, user_offer_id: str) -> UserOffer:
            result: UserOffer = original(now, user_offer_id)
            codes.add(result.id)
            return result

        return call

    replace(app, app.program.redemption, method, make)
    return codes


def told(app: App, hit: Hit, operation: str) -> None:
    """Count the calls of an operation that meet the other reading."""

    def make(original: Any) -> Any:
        def call(now: int, request: Any) -> Answer:
            hit()
            answer: Answer = original(now, request)
            return answer

        return call

    around(app, operation, make)


def plays(app: App, hit: Hit, operation: str, section: str, **changes: Any) -> None:
    """Let the program play by another reading than the one it declares."""
    declared = app.program.state.settings
    other = dataclasses.replace(getattr(declared, section), **changes)
    app.program.state.settings = dataclasses.replace(declared, **{section: other})
    app.planting.undo.append(lambda: setattr(app.program.state, "settings", declared))
    told(app, hit, operation)
