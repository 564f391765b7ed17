"""The whole API as a function of bytes: ``App.handle(method, target, headers, body) -> Answer``.

Order of refusals: no such path, no such method, too large, credentials, content type, JSON, shape, state. The hot path
is a chain of dictionary look-ups; every step is a method or a table of this object, so that a planted defect can
replace it.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from offerproof.program import Program, Refused, Settings
from offerproof.simulator import bodies, planting, routes
from offerproof.simulator.answers import Answer, Effect, Service, encode, refusal
from offerproof.simulator.clock import SimulatedClock
from offerproof.simulator.cloudpos import CloudposCalls
from offerproof.simulator.core import CoreCalls, CoreQuery
from offerproof.simulator.credentials import Authenticator, Keys, drawn
from offerproof.simulator.events import EventLog
from offerproof.simulator.idempotency import Ring
from offerproof.simulator.ids import IdSource
from offerproof.simulator.offers import OffersCalls
from offerproof.simulator.planting import Catalogue, Planting
from offerproof.simulator.program_file import ProgramFile
from offerproof.simulator.refusals import PENDING, REPEATED, malformed, refused, unknown_retailer
from offerproof.simulator.routes import FAST, OPERATIONS, ApiCall, Match
from offerproof.simulator.scenarios import Scenario, StagedScenarios, rival_locks
from offerproof.simulator.values import Malformed
from offerproof.simulator.world import JournalHooks, World

MAX_BODY = 1024 * 1024
CONTROL = b"/_control"
_CHALLENGE = b'www-authenticate: Basic realm="offerproof", charset="UTF-8"\r\n'
_EITHER = bodies.Decoder(bodies.Either)
_JSON = b"application/json"
_GUID = 36
Call = Callable[[int, Any], Answer]


class ControlHandler(Protocol):
    """What answers the control API."""

    max_body: int

    def handle(
        self, method: bytes, target: bytes, headers: Mapping[bytes, bytes], body: bytes, *, oversize: bool
    ) -> Answer:
        """Answer one request below its path."""


class App:
    """The simulator without a network. One instance is one world: program, credentials, clock, ids, request ids."""

    def __init__(
        self,
        file: ProgramFile,
        *,
        seed: int = 0,
        clock: SimulatedClock | None = None,
        keys: Keys | None = None,
        max_body: int = MAX_BODY,
        defects: Catalogue = planting.none,
    ) -> None:
        self.file = file
        self.clock = clock or SimulatedClock()
        self.auth = Authenticator(keys or drawn(seed))
        self.ids = IdSource(seed)
        self.events = EventLog()
        self.max_body = max_body
        self.journal = JournalHooks()
        self.control: ControlHandler | None = None
        self.scenarios = StagedScenarios()
        self.planting = Planting(self, defects)
        self.world = World(self)
        self.build()

    @property
    def settings(self) -> Settings:
        """The settings of the program."""
        return self.file.settings

    def build(self) -> None:
        """Make a fresh, empty world under the same settings, with the defects that are planted."""
        self.planting.take_out()
        self.ids.reset()
        self.events.clear()
        self.program = Program(self.settings, self.ids.new, self.events.add)
        self.requests = Ring(self.settings.requests.kept)
        self.core = CoreCalls(self.program, self.settings)
        offers = OffersCalls(self.program, self.settings, self.retailer)
        owners = {Service.CORE: self.core, Service.OFFERS: offers, Service.CLOUDPOS: CloudposCalls(self.program)}
        self.calls: dict[str, Call] = {
            name: getattr(owners[operation.service], name) for name, operation in OPERATIONS.items()
        }
        self.planting.put_back()

    def reseed(self, seed: int) -> None:
        """Draw ids from another seed from the next ``build`` on; credentials stay."""
        self.ids = IdSource(seed)

    # -- from bytes to a request

    def handle(
        self,
        method: bytes,
        target: bytes,
        headers: Mapping[bytes, bytes],
        body: bytes,
        only: Service | None = None,
        *,
        oversize: bool = False,
    ) -> Answer:
        """Answer one request. ``headers``: names in lower case; ``only``: the one service of this port;
        ``oversize``: the transport stopped reading a body beyond ``max_body``."""
        match = FAST[only].get(target)
        if match is None:
            if self.control is not None and target.startswith(CONTROL):
                return self.control.handle(method, target, headers, body, oversize=oversize)
            match = routes.find(target, only)
            if match is None:
                service = routes.service_of(target, only)
                return refusal(service, 404, "not_found", routes.no_such_call(target, only))
        operation = match.methods.get(method)
        if operation is None:
            message = "this call does not take that method; see the Allow header"
            return refusal(match.service, 405, "method_not_allowed", message, match.allow)
        if oversize or len(body) > self.max_body:
            message = f"the body is larger than {self.max_body} bytes"
            return refusal(match.service, 413, "request_too_large", message)
        denied = self.check_credentials(match, operation, headers)
        if denied is not None:
            return denied
        if operation.decode is not None and (headers.get(b"content-type") != _JSON or b"content-encoding" in headers):
            denied = self.check_type(match, headers)
            if denied is not None:
                return denied
        try:
            if match.either:
                operation, denied = self._which(match, headers, body)
                if denied is not None:
                    return denied
            request = self.decode(operation, match, body)
        except bodies.NotJson as problem:
            return refusal(operation.service, 400, "invalid_json", str(problem))
        except Malformed as problem:
            return malformed(operation.service, self.file.http, str(problem))
        return self.perform(operation, request, body)

    def check_credentials(self, match: Match, operation: ApiCall, headers: Mapping[bytes, bytes]) -> Answer | None:
        """Return the refusal of wrong credentials, or None. The shared path takes either pair at first."""
        opened = self.auth.opens(headers.get(b"authorization"))
        if opened is not operation.service and not (match.either and opened is Service.CLOUDPOS):
            message = "the Authorization header does not carry this service's key and secret (Basic)"
            return refusal(match.service, 401, "invalid_auth_token", message, _CHALLENGE)
        if match.api_key is not None and match.api_key != self.auth.keys.api_key:
            return refusal(match.service, 401, "invalid_api_key", "the API key in the path is not valid", _CHALLENGE)
        return None

    def check_type(self, match: Match, headers: Mapping[bytes, bytes]) -> Answer | None:
        """Return the refusal of a content type other than JSON in UTF-8, or None."""
        value = headers.get(b"content-type", b"")
        kind, *parameters = (part.strip().lower() for part in value.split(b";"))
        charsets = [one[8:].strip(b'"') for one in parameters if one.startswith(b"charset=")]
        encoding = headers.get(b"content-encoding", b"identity").strip().lower()
        if kind == _JSON and all(one == b"utf-8" for one in charsets) and encoding == b"identity":
            return None
        message = "the body must be application/json in UTF-8, not encoded further"
        return refusal(match.service, 415, "unsupported_media_type", message)

    def _which(self, match: Match, headers: Mapping[bytes, bytes], body: bytes) -> tuple[ApiCall, Answer | None]:
        """On the shared path, tell Lookup from get_user_offers by the container, and check the pair again."""
        peek: bodies.Either = _EITHER(body)
        operation = OPERATIONS["lookup" if peek.container else "get_user_offers"]
        alone = Match(operation.service, match.methods)
        return operation, self.check_credentials(alone, operation, headers)

    def decode(self, operation: ApiCall, match: Match, body: bytes) -> Any:
        """Return the typed request, or raise ``NotJson`` or ``Malformed``."""
        if operation.decode is not None:
            return operation.decode(body)
        return CoreQuery(match.subject, routes.parse_query(match.query) if match.query else {})

    # -- from a request to an answer

    def perform(self, operation: ApiCall, request: Any, body: bytes) -> Answer:
        """Carry out a request that is well-formed: repeat, scenario, rules, journal."""
        if self.journal.blocked is not None:
            denied = self.journal.blocked()
            if denied is not None:
                return denied
        now = self.clock.now()
        scenario = self.scenarios.get(operation.name) if self.scenarios else None
        if scenario is not None and scenario.strikes():
            return self.scenarios.spelled(operation.name, self._stage(scenario, operation, request, body, now))
        return self.scenarios.spelled(operation.name, self.run(now, operation, request, body))

    def run(self, now: int, operation: ApiCall, request: Any, body: bytes) -> Answer:
        """Carry out a request at an instant: the part that a replay of the journal repeats."""
        self.program.advance(now)
        key = None
        if operation.service is Service.CLOUDPOS:
            key = self.request_key(operation, request)
            if key is not None:
                known = self.requests.get(key)
                if known is not None:
                    return self.repeat(key, known, body)
        elif operation.service is Service.OFFERS and not self.knows_retailer(request.retailer_id):
            return unknown_retailer(self.file.http)
        code = ""
        try:
            answer = self.calls[operation.name](now, request)
        except Refused as problem:
            code = problem.reason.value
            answer = refused(operation.service, self.file.http, problem)
            if not self.settings.requests.refusals_stored:
                key = None
        except Malformed as problem:  # found by the call, before anything was changed
            return malformed(operation.service, self.file.http, str(problem))
        except Exception as problem:
            answer = _broken(operation, problem)
            key = None
        if key is not None:
            self.requests.put(key, body, answer)
        if self.journal.keep is not None and operation.writes:
            self.journal.keep(now, operation.name, body)
        self.events.add(now, operation.name, "", code or "done")
        return answer

    def request_key(self, operation: ApiCall, request: Any) -> str | None:
        """Return what a request id is remembered under, or None where it is not counted."""
        settings = self.settings.requests
        if not settings.enabled or not (operation.counted or settings.reads_counted):
            return None
        scope = settings.scope
        store = request.store_id.lower() if "store" in scope else ""
        client = request.client_id.lower() if "client" in scope else ""
        name = operation.name if "operation" in scope else ""
        return f"{store}\0{client}\0{name}\0{request.request_id}"

    def repeat(self, key: str, known: tuple[int, Answer], body: bytes) -> Answer:
        """Answer a request whose id is known."""
        if key in self.requests.pending:
            message = "the request with this request_id is still being processed; ask again"
            return refusal(Service.CLOUDPOS, self.file.http.status(PENDING, 409), PENDING, message)
        digest, answer = known
        if digest != hash(body) and self.settings.requests.other_body_refused:
            message = "this request_id was used before, with another body"
            return refusal(Service.CLOUDPOS, self.file.http.status(REPEATED, 409), REPEATED, message)
        return answer

    def replay(self, now: int, name: str, body: bytes) -> None:
        """Do again what a journal has kept."""
        if name.startswith("control."):
            self.world.replay(now, name.removeprefix("control."), body)
            return
        operation = OPERATIONS[name]
        assert operation.decode is not None, "only calls with a body change anything"
        self.run(now, operation, operation.decode(body), body)

    def limit(self, target: bytes) -> int:
        """Return the largest body that a request for this target may have."""
        return self.control.max_body if self.control is not None and target.startswith(CONTROL) else self.max_body

    def release(self, key: object) -> None:
        """The answer of a pending request has left."""
        self.requests.pending.discard(key)

    def knows_retailer(self, given: str) -> bool:
        """Whether the Offers service serves this retailer."""
        return given.lower() == self.settings.retailer_id or self.file.http.any_retailer

    def retailer(self, given: str) -> str:
        """Return the retailer id to print: the caller's own, in lower case, when it is a GUID."""
        return given.lower() if len(given) == _GUID else self.settings.retailer_id

    def _stage(self, scenario: Scenario, operation: ApiCall, request: Any, body: bytes, now: int) -> Answer:
        if scenario.kind == "unavailable":
            return refusal(operation.service, 503, "not_available", "a scenario: try later", scenario.retry_after)
        if not scenario.executes:
            return Answer(503, b"", effect=Effect(drop=True))
        key = self.request_key(operation, request) if operation.service is Service.CLOUDPOS else None
        fresh = key is not None and self.requests.get(key) is None
        answer = self.run(now, operation, request, body)
        if scenario.kind == "rival":
            for lock in rival_locks(answer.body):
                self.replay(self.clock.now(), "lock", lock)
        elif scenario.kind == "jump":
            self.world.perform("clock", encode({"advance": scenario.delay}))
        elif scenario.kind == "pending":
            if not fresh:
                scenario.hits -= 1
                return answer
            self.requests.pending.add(key)
        return Answer(answer.status, answer.body, answer.headers, scenario.effect(key))


def _broken(operation: ApiCall, problem: Exception) -> Answer:
    """Our own error: say so, on standard error with the place and without any value."""
    place = traceback.extract_tb(problem.__traceback__)[-1]
    sys.stderr.write(
        f"offerproof simulate: internal error in {operation.name}: {type(problem).__name__}"
        f" at {place.filename}:{place.lineno}\n"
    )
    return refusal(operation.service, 500, "internal_server_error", "the simulator has an error of its own")
