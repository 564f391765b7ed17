"""The control API under ``/_control``: off unless asked for, with its own token, for tests and for people.

======  ======================  ==============================================================================
GET     /_control               version, seed, clock, defects and how often each was triggered, scenarios
POST    /_control/reset         {clock?, frozen?, seed?}: an empty world; the only way for time to go back
GET     /_control/clock         {now, frozen}
POST    /_control/clock         {set? | advance? (seconds), frozen?}: what is due happens
POST    /_control/load          {offers?, customers?, user_offers?}: in bulk; answers their ids
POST    /_control/enrol         {user_id}; also /unenrol
POST    /_control/cash_out      {user_id?}: gift cards for spendable points
POST    /_control/ttl_code      {user_offer_id, code?}: a short-lived code for Lock
GET     /_control/events        ?after=N&take=N: the event log
GET     /_control/defects       all, and which are planted; POST {plant: [names]}; DELETE takes all away
GET     /_control/scenarios     POST {operation, kind, delay?, count?, after?, probability?}; DELETE clears
======  ======================  ==============================================================================

``Authorization: Bearer <token>``. Answers are JSON; a refusal is ``{"status": "error", "errors": {code, message}}``.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from offerproof import __version__
from offerproof.errors import Misuse
from offerproof.program.refusal import Refused
from offerproof.simulator import bodies, routes
from offerproof.simulator.answers import Answer, plain, refusal
from offerproof.simulator.scenarios import KINDS, Scenario
from offerproof.simulator.values import Malformed, number, whole

if TYPE_CHECKING:
    from offerproof.simulator.app import App

_COMMANDS = frozenset({"reset", "load", "enrol", "unenrol", "cash_out", "ttl_code"})
_CHALLENGE = b"www-authenticate: Bearer\r\n"


class ScenarioCommand(msgspec.Struct, forbid_unknown_fields=True):
    """A scenario for one call."""

    operation: str
    kind: str
    delay: Any = 1
    count: Any = None
    after: Any = 0
    probability: Any = 1


_SCENARIO = bodies.Decoder(ScenarioCommand)


class ControlApi:
    """The control API of one ``App``."""

    max_body = 64 * 1024 * 1024

    def __init__(self, app: App, token: str) -> None:
        self._app = app
        self._token = b"Bearer " + token.encode()

    def handle(
        self, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes, *, oversize: bool
    ) -> Answer:
        """Answer one request below ``/_control``."""
        path, _, query = target.partition(b"?")
        name = path.removeprefix(b"/_control").strip(b"/").decode("latin-1")
        verbs = _VERBS.get(name)
        if verbs is None:
            return refusal(None, 404, "not_found", "there is no such control call")
        if method not in verbs:
            allow = b"allow: " + b", ".join(sorted(verbs)) + b"\r\n"
            return refusal(None, 405, "method_not_allowed", "see the Allow header", allow)
        if oversize or len(body) > self.max_body:
            return refusal(None, 413, "request_too_large", f"the body is larger than {self.max_body} bytes")
        if not hmac.compare_digest(headers.get(b"authorization", b""), self._token):
            return refusal(None, 401, "invalid_auth_token", "give the control token: Bearer …", _CHALLENGE)
        if method != b"GET" and self._app.journal.blocked is not None:
            denied = self._app.journal.blocked()
            if denied is not None:
                return denied
        try:
            return plain(self._answer(method, name, query, body))
        except bodies.NotJson as problem:
            return refusal(None, 400, "invalid_json", str(problem))
        except Malformed as problem:
            return refusal(None, 400, "invalid_request", str(problem))
        except Refused as problem:
            return refusal(None, 409, problem.reason.value, problem.detail)
        except Misuse as problem:
            return refusal(None, 400, "misuse", f"{problem.message}; {problem.hint}")

    def _answer(self, method: bytes, name: str, query: bytes, body: bytes) -> object:
        app = self._app
        if name in _COMMANDS:
            return app.world.perform(name, body)
        if name == "clock":
            return app.world.shown_clock(app.clock.now()) if method == b"GET" else app.world.perform("clock", body)
        if name == "events":
            members = routes.parse_query(query) if query else {}
            after = whole(members.get("after", "0"), "after", most=10**15)
            return app.events.page(after, whole(members.get("take", "100"), "take", most=10_000))
        if name == "defects":
            if method == b"GET":
                return self._defects()
            return app.world.perform("plant" if method == b"POST" else "heal", body if method == b"POST" else b"")
        if name == "scenarios":
            return self._scenarios(method, body)
        return {
            "version": __version__,
            "program": app.settings.name,
            "seed": app.ids.seed,
            "clock": app.world.shown_clock(app.clock.now()),
            "planted": {one: app.planting.hits[one] for one in app.planting.planted},
            "scenarios": [one.shown() for one in app.scenarios.values()],
        }

    def _defects(self) -> dict[str, Any]:
        planting = self._app.planting
        return {
            "defects": [
                {
                    "name": one.name,
                    "family": one.family,
                    "clause": one.clause,
                    "kind": one.kind,
                    "summary": one.summary,
                    "planted": one.name in planting.planted,
                    "hits": planting.hits.get(one.name, 0),
                }
                for one in planting.catalogue().values()
            ]
        }

    def _scenarios(self, method: bytes, body: bytes) -> dict[str, Any]:
        app = self._app
        if method == b"POST":
            given: ScenarioCommand = _SCENARIO(body)
            scenario = Scenario(
                given.operation,
                given.kind,
                float(number(given.delay, "$.delay")),
                None if given.count is None else whole(given.count, "$.count"),
                whole(given.after, "$.after"),
                float(number(given.probability, "$.probability")),
                app.ids.seed,
            )
            app.scenarios[scenario.operation] = scenario
        elif method == b"DELETE":
            app.scenarios.clear()
        return {"scenarios": [one.shown() for one in app.scenarios.values()], "kinds": KINDS}


_VERBS: dict[str, frozenset[bytes]] = {
    "": frozenset({b"GET"}),
    "clock": frozenset({b"GET", b"POST"}),
    "events": frozenset({b"GET"}),
    "defects": frozenset({b"GET", b"POST", b"DELETE"}),
    "scenarios": frozenset({b"GET", b"POST", b"DELETE"}),
    **dict.fromkeys(_COMMANDS, frozenset({b"POST"})),
}
