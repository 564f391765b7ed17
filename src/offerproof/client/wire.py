"""The lower half of the client: addresses, credentials, headers, limits; from any request to one ``Exchange``."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from offerproof import __version__
from offerproof.client.lines import Lines
from offerproof.client.minter import Minter
from offerproof.client.pace import Budget, Pace, asked_to_wait
from offerproof.client.silence import SILENT_MAX, Silence
from offerproof.client.transport import HttpRequest, HttpResponse, Transport, TransportFailed
from offerproof.contract import OPERATIONS, SERVICES, says_pending, utc_now
from offerproof.errors import CannotJudge
from offerproof.exchange import NO_ANSWER, NOT_JSON, AsTravelled, Exchange, Redactor, parse_json
from offerproof.target import Profile

WAIT_MAX_S: Final = 60.0
"""Longest wait that a target may ask for with Retry-After, in sum for one request."""
ATTEMPTS: Final = 5
"""Most attempts of one request that was turned away with 429."""
TURNED_AWAY_MAX: Final = 3
"""Requests in a row that were turned away to the last; after them nothing more is sent."""
WRONG_SECRETS: Final[Mapping[str, Callable[[str], str]]] = {
    "wrong": lambda secret: "not-the-secret",
    "cut": lambda secret: secret[:-1],
    "longer": lambda secret: f"{secret}x",
    "empty": lambda secret: "",
    "other_letter": lambda secret: secret[:-1] + ("x" if secret[-1:] != "x" else "y"),
    "other_case": lambda secret: secret.swapcase() if secret.swapcase() != secret else f"{secret}X",
    "blank_after": lambda secret: f"{secret} ",
}
"""Credentials that are not right, by the word a check asks for them with: what each makes of the right secret."""
LONG_SECRET: Final = 8
"""Characters from which on a wrong secret is looked for in answers; shorter ones are words of any text."""


CHECK: Final[ContextVar[str | None]] = ContextVar("check", default=None)
"""The check that sends; its threads run in a copy of its context."""
SETUP: Final[ContextVar[bool]] = ContextVar("setup", default=False)
"""Whether what is sent only prepares a check."""
TOO_MANY: Final = 429
_LOOKS: Final = 4
"""How often what was answered as pending is asked for again, at most: each time half of the time left has passed."""
T = TypeVar("T")

CHECKS_AT_ONCE: Final = 32
CONNECTIONS: Final = 8
"""Connections at once to a target whose profile does not say; our own simulator takes as many as a race wants."""


def connections_of(profile: Profile) -> int:
    """Return how many requests may be under way to a target at once."""
    return profile.limits.connections or (64 if profile.environment == "simulator" else CONNECTIONS)


class RunStopped(CannotJudge):
    """The run was interrupted: nothing more is sent."""

    def __init__(self) -> None:
        super().__init__("the run was interrupted")


class TurnedAway(CannotJudge):
    """The target answered 429 again and again: nothing can be said of the request itself."""


class TargetLost(CannotJudge):
    """The target stopped answering: what was not exercised yet stays unknown, and nobody waits for every check."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A request before credentials and tracing are put on."""

    operation: str
    service: str
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    credentials: str
    documented: bool
    aimed_at: str | None = None
    """Of a raw request: the operation whose path it goes to."""
    wrong_key: bool = False
    """Whether the path holds another API key than ours."""


@dataclass
class _SoFar:
    """What all requests of a run have in common: how the target has answered the last ones."""

    repeats: _Repeats
    turned_away: int = 0
    """Requests in a row that were answered 429 to the last."""
    held_until: float = 0.0
    """No request leaves before (``time.monotonic``): what one was asked to wait, all wait."""
    number: int = 0
    """Exchanges that have ended."""
    stopped: threading.Event = field(default_factory=threading.Event)
    guard: threading.RLock = field(default_factory=threading.RLock)


@dataclass(frozen=True, slots=True)
class _Returned:
    """A request that was sent, and what came back."""

    request: HttpRequest
    response: HttpResponse | None
    failure: str | None
    sent: bool
    """Whether all of it may have left."""
    started: datetime
    took_us: int


class _Repeats:
    """Sends what may be the repeat of a request. While the first one is pending an error is right: the repeat is asked
    for again, byte for byte, until the settle time after the first one is over."""

    def __init__(self, profile: Profile, pause: Callable[[float], None]) -> None:
        self._counted = profile.can("idempotency")
        self._settle_s, self._pause = profile.settle_s, pause
        self._over: dict[str, float] = {}
        """By request_id: when the first one was over (``time.monotonic``); while it lasts, when it began."""
        self._guard = threading.Lock()

    def send(self, draft: Draft, once: Callable[..., Exchange | None]) -> Exchange | None:
        """Send with ``once``, and again where it says so (None) or where a repeat is pending."""
        request_id = self._request_id(draft)
        if request_id is None:
            return once(draft) or once(draft, again=True)
        with self._guard:
            first = request_id not in self._over
            self._over.setdefault(request_id, time.monotonic())
        exchange = once(draft)
        if first:
            self._over[request_id] = time.monotonic()
        if first and exchange is not None:
            return exchange
        exchange = exchange or once(draft, again=True)
        for look in range(_LOOKS, 0, -1):
            left = self._over[request_id] + self._settle_s - time.monotonic()
            if exchange is None or left <= 0 or not says_pending(exchange.answer):
                break
            self._pause(left / 2 if look > 1 else left)
            exchange = once(draft, again=True)
        return exchange

    def _request_id(self, draft: Draft) -> str | None:
        """The request_id of a call of CloudPOS, where the target is said to process one only once."""
        body = parse_json(draft.body) if self._counted and draft.service == "cloudpos" else None
        request_id = body.get("request_id") if isinstance(body, Mapping) else None
        return request_id if isinstance(request_id, str) else None


class Wire:
    """Sends drafts to one target and makes an ``Exchange`` of each; counts, paces, obeys 429, tells its observers."""

    def __init__(
        self,
        profile: Profile,
        transport: Transport,
        *,
        minter: Minter,
        redactor: Redactor | None = None,
        budget: Budget | None = None,
        pace: Pace | None = None,
        run_id: str = "none",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.profile = profile
        self.minter = minter
        self.redactor = redactor or Redactor()
        self.budget = budget or Budget(profile.limits.requests or 1_000_000)
        self.observers: list[Callable[[Exchange], None]] = []
        self.silence = Silence()
        self.on_wait: Callable[[str, float], None] = lambda reason, seconds: None
        self.lines = Lines(connections_of(profile))
        self._transport = transport
        self._pace = pace or Pace(profile.limits.rate)
        self._run_id = run_id
        self._sleep = sleep
        self._so_far = _SoFar(_Repeats(profile, self.pause))
        self._authorization: dict[str, str | None] = {}
        """The Authorization header of each service, and of those whose key differs in its last letter."""
        for name in SERVICES:
            self._authorization[name] = self._known_pair(name)
        api_key = profile.services["core"].api_key
        self.api_key = api_key.reveal() if api_key else ""
        if api_key:
            paths = [profile.request_line(name)[1] for name, known in OPERATIONS.items() if known.service == "core"]
            self.redactor.api_key(api_key.reveal(), api_key.shell, paths)

    @property
    def stopped(self) -> threading.Event:
        """Once set, nothing more is sent: who tries is told :class:`RunStopped`."""
        return self._so_far.stopped

    @property
    def at_once(self) -> int:
        """How many checks, or parts of one, may be under way at once: they wait more than they send."""
        return 1 if self.profile.one_at_a_time else CHECKS_AT_ONCE

    def side_by_side(self, jobs: Sequence[Callable[[], T]]) -> list[T]:
        """Run parts of a check at once, where the target takes that; return what they return, in order.

        Each runs in a copy of this context, so that what it sends is the check's. Raises what the first one that failed
        raised, when all have ended.
        """
        if self.at_once == 1:
            return [job() for job in jobs]
        with ThreadPoolExecutor(len(jobs) or 1) as pool:  # who has to wait, waits for a line
            futures = [pool.submit(copy_context().run, job) for job in jobs]
        return [future.result() for future in futures]

    def pause(self, seconds: float) -> None:
        """Wait; raises :class:`RunStopped` as soon as the run is interrupted."""
        if self.stopped.wait(seconds):
            raise RunStopped

    def send(self, draft: Callable[[], Draft], *, attempt: int | None = None) -> Exchange:
        """Send what ``draft()`` builds; a request turned away with 429 is built afresh and sent again, within bounds.

        ``attempt``: the caller itself asks again, from 0, where no answer comes. Then it is sent once, and no answer to
        a later attempt counts for a target that is lost: it may be about this request.

        Raises:
            NotAllowed: the profile forbids it. BudgetExhausted: the run's requests are used up.
            TurnedAway: 429 to the last. TargetLost: no answer for a long time.
        """
        waited = 0.0
        for turn in range(ATTEMPTS if self._so_far.turned_away < TURNED_AWAY_MAX else 0):
            asked = draft()
            if attempt is None:
                exchange = self._so_far.repeats.send(asked, self._once)
            else:
                exchange = self._once(asked, again=True, repeated=attempt > 0)
            assert exchange is not None
            pause = _pause(exchange)
            if pause is None:
                self._so_far.turned_away = 0
                return exchange
            waited += pause
            if waited > WAIT_MAX_S or turn == ATTEMPTS - 1:
                break
            self.on_wait(f"{exchange.operation}: the target asked us to slow down", pause)
            self._so_far.held_until = max(self._so_far.held_until, time.monotonic() + pause)
            self._sleep(pause)
        self._so_far.turned_away += 1
        raise TurnedAway(
            "the target keeps answering 429",
            hint="lower limits.rate in the profile; we wait at most a minute for one request",
        )

    def _once(self, draft: Draft, *, again: bool = False, repeated: bool = False) -> Exchange | None:
        """Send once; None where what had no answer may be sent ``again``, which only ``on_no_answer`` is told of."""
        _permit(draft, self.profile)
        if draft.documented and draft.credentials == "own" and self.silence.given_up(draft.operation):
            raise CannotJudge(f"{draft.operation} has never been answered, and others are: it is sent no more")
        with self.lines.take(self.profile.services[draft.service].base_url):
            if self.silence.in_a_row >= SILENT_MAX and self.silence.all_is_lost():  # asked when its turn has come
                raise TargetLost(f"the target has not answered the last {SILENT_MAX} requests", hint="is it still up?")
            passed = self._pass(draft)
            if draft.operation != "raw":  # what is no HTTP at all may be answered by closing the connection
                with self._so_far.guard:  # before the line is free: who waits for it may not have to ask
                    silent = passed.failure in NO_ANSWER
                    self.silence.in_a_row = self.silence.in_a_row + (not repeated) if silent else 0
        with self._so_far.guard:
            exchange = self._exchange(draft, passed)
            if exchange.unanswered and not again and (_safe_to_repeat(draft, self.profile) or not passed.sent):
                self.silence.on_no_answer(exchange)
                return None
            if exchange.status != TOO_MANY:
                for observer in self.observers:
                    observer(exchange)
        return exchange

    def ask(self, draft: Draft) -> Exchange:
        """Send once, over the line that this thread has, whether the target is lost or not; nobody is told of it."""
        _permit(draft, self.profile)
        passed = self._pass(draft)
        with self._so_far.guard:
            return self._exchange(draft, passed)

    def _pass(self, draft: Draft) -> _Returned:
        """Send as soon as one more request may leave, and wait for what comes back."""
        self._leave()
        request = HttpRequest(draft.method, self._address(draft), self._headers(draft), draft.body, draft.service)
        self.redactor.learn(parse_json(request.body) if request.body else dict(draft.query))
        started, clock = utc_now(), time.perf_counter_ns()
        response, failure, sent = None, None, True
        try:
            response = self._transport.send(request)
        except TransportFailed as problem:
            failure, sent = problem.kind, problem.sent
        return _Returned(request, response, failure, sent, started, (time.perf_counter_ns() - clock) // 1000)

    def _leave(self) -> None:
        """Return when one more request may leave; raises where none may."""
        if self.stopped.is_set():
            raise RunStopped
        self.budget.take()
        while (held := self._so_far.held_until - time.monotonic()) > 0:
            self.pause(held)
        self._pace.wait()

    def _exchange(self, draft: Draft, passed: _Returned) -> Exchange:
        """What passed, as the next exchange of the run."""
        request, response = passed.request, passed.response
        answer = parse_json(response.body) if response else NOT_JSON
        self.redactor.learn(answer)
        self._so_far.number += 1
        exchange = Exchange(
            number=self._so_far.number,
            operation=draft.operation,
            service=draft.service,
            method=draft.method,
            started=passed.started,
            duration_us=passed.took_us,
            status=response.status if response else None,
            failure=passed.failure,
            answer=answer,
            answer_headers=response.headers if response else {},
            redactor=self.redactor,
            raw=AsTravelled(
                url=request.url,
                headers=request.headers,
                body=request.body,
                answer=response.body if response else b"",
            ),
            check=CHECK.get(),
            setup=SETUP.get(),
            documented=draft.documented,
        )
        self.silence.note(exchange)
        return exchange

    def _address(self, draft: Draft) -> str:
        query = f"?{urlencode(draft.query)}" if draft.query else ""
        return f"{self.profile.services[draft.service].base_url}{draft.path}{query}"

    def _headers(self, draft: Draft) -> dict[str, str]:
        headers = {
            "User-Agent": f"offerproof/{__version__}",
            "Accept": "application/json",
            "X-Offerproof-Run": self._run_id,
            "traceparent": self.minter.trace(),
        }
        if draft.body:
            headers["Content-Type"] = "application/json"
        authorization = self._credentials(draft)
        if authorization:
            headers["Authorization"] = authorization
        if draft.headers:  # given ones replace ours, in whatever case; an empty value takes one away
            given = {name.lower() for name in draft.headers}
            headers = {name: value for name, value in headers.items() if name.lower() not in given}
            headers |= {name: value for name, value in draft.headers.items() if value}
        return headers

    def _credentials(self, draft: Draft) -> str | None:
        match draft.credentials:
            case "own":
                return self._authorization[draft.service]
            case "none":
                return None
            case wrong if wrong in WRONG_SECRETS:
                pair = self.profile.services[draft.service]
                key, secret = (part.reveal() if part else "nobody" for part in (pair.key, pair.secret))
                return _basic(key, WRONG_SECRETS[wrong](secret))
            case "other_key":
                return self._authorization.get(f"{draft.service}, other key", _basic("nobody", "nobody"))
            case "other_scheme":
                return (self._authorization[draft.service] or "Basic bm9ib2R5Og==").replace("Basic", "Bearer", 1)
            case "odd_sign":  # at the end, so that what stands before it is masked as the token that it is
                return f"{self._authorization[draft.service] or 'Basic bm9ib2R5Og=='}!"
            case other if other in SERVICES:
                return self._authorization[other]
        known = ", ".join((*WRONG_SECRETS, "other_key", "other_scheme", "odd_sign", *SERVICES))
        raise ValueError(f"credentials are own, none, {known}, not {draft.credentials!r}")

    def _known_pair(self, name: str) -> str | None:
        service = self.profile.services[name]
        if service.key is None or service.secret is None:
            return None
        key, secret = service.key.reveal(), service.secret.reveal()
        self.redactor.credentials(name, key, secret, (service.key.shell, service.secret.shell))
        for wrong, make in WRONG_SECRETS.items():
            self.redactor.token(f"{name}_{wrong}_credentials", key, make(secret), wrong)
            made = make(secret).strip()
            own = made.lower() == secret.lower()  # masked already, in any case
            if len(made) >= LONG_SECRET and not own:  # who echoes most of a secret has told it
                self.redactor.secret(f"{name}_{wrong}_secret", made, wrong)
        other = key[:-1] + ("x" if key[-1:] != "x" else "y")
        self._authorization[f"{name}, other key"] = _basic(other, secret)
        self.redactor.token(f"{name}_other_key_credentials", other, secret, "other_key")
        return _basic(key, secret)


def fill(path: str, api_key: str, values: Mapping[str, Any]) -> str:
    """Put percent-encoded values into the ``{…}`` of a path template."""
    filled = path.replace("{api_key}", quote(str(values.get("api_key", api_key)), safe=""))
    for name, value in values.items():
        filled = filled.replace("{" + name + "}", quote(str(value), safe=""))
    return filled


def _basic(key: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()


def _pause(exchange: Exchange) -> float | None:
    """Seconds to wait before another attempt, or None when the answer stands."""
    if exchange.status != TOO_MANY:
        return None
    return asked_to_wait(exchange.answer_headers.get("retry-after", ""), exchange.answer_headers.get("date", ""))


def _permit(draft: Draft, profile: Profile) -> None:
    operation = draft.aimed_at if draft.operation == "raw" else draft.operation
    if operation is not None and (barred := profile.barred(operation)):
        raise barred
    others = draft.wrong_key or any(name.lower() == "authorization" for name in draft.headers)
    if (draft.credentials != "own" or others) and (barred := profile.barred_credentials()):
        raise barred
    probes = draft.operation == "raw" or draft.method != profile.request_line(draft.operation)[0]
    if probes and (barred := profile.barred_probe()):
        raise barred


def _safe_to_repeat(draft: Draft, profile: Profile) -> bool:
    """Whether what had no answer may be sent once more, byte for byte: reads, and what is processed once."""
    known = OPERATIONS.get(draft.operation)
    if known is None or not known.writes:
        return known is not None
    once = known.service == "cloudpos" and profile.can("idempotency") and b'"request_id"' in draft.body
    return once and draft.documented and draft.credentials == "own"
