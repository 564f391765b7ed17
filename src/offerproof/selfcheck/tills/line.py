"""The line between a till and a simulator in this process: no socket, a clock of its own, faults on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import quote

from offerproof.client import bodies
from offerproof.client_duties import ClientRequest, came_of
from offerproof.contract import OPERATIONS
from offerproof.defects import registry
from offerproof.exchange import AsTravelled, Exchange, Redactor, parse_json
from offerproof.judgement.oracle import from_exchange
from offerproof.simulator import program_file
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import SimulatedClock

BEGIN: Final = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
TOOK_S: Final = 0.05
GIVES_UP_S: Final = 10.0
RETRY_AFTER_S: Final = 30


@dataclass(frozen=True)
class Reply:
    """What a till gets: ``status`` None is no answer. ``body`` is parsed JSON, None where it is none."""

    status: int | None
    body: Any = None
    wait: int = 0
    """Seconds of Retry-After."""

    @property
    def done(self) -> bool:
        """Whether it says that what was asked was done."""
        told = self.body.get("status", "") if isinstance(self.body, Mapping) else ""
        return self.status == 200 and str(told).lower() in ("ok", "success")

    @property
    def pending(self) -> bool:
        """Whether it says that the request is still under way."""
        return isinstance(self.body, Mapping) and "pending" in str(self.body.get("errors"))

    @property
    def open(self) -> bool:
        """Whether nobody knows what came of it."""
        return self.status is None or self.status >= 500 or self.pending

    @property
    def payload(self) -> Any:
        """The payload; None when there is none."""
        return self.body.get("payload") if isinstance(self.body, Mapping) else None


class FaultyLine:
    """A simulator and what a till sent to it, as requests that can be judged.

    ``faults`` holds, by operation, what happens to the next requests: ``before`` (lost on its way), ``after`` (done,
    and the answer lost), ``busy`` (503 with Retry-After), ``pending``, None (nothing).
    """

    def __init__(self, seed: int) -> None:
        self.now = BEGIN
        self.app = App(
            program_file.read(None), seed=seed, clock=SimulatedClock(self._us(), frozen=True), defects=registry
        )
        self.sent: list[ClientRequest] = []
        self.faults: dict[str, deque[str | None]] = {}
        self._redactor = Redactor()

    def _us(self) -> int:
        return round(self.now.timestamp() * 1_000_000)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)
        self.app.clock.set(self._us())

    def will(self, operation: str, *faults: str | None) -> None:
        """Say what happens to the next requests of an operation."""
        self.faults[operation] = deque(faults)

    def credentials(self, service: Service) -> str:
        """The Authorization header of a service."""
        return self.app.auth.keys.pair(service).header().decode()

    def unseen(self, service: Service, method: str, path: str, body: Any = None) -> Any:
        """Call the simulator aside from the till: what others do. Returns the parsed answer."""
        raw = b"" if body is None else bodies.encode(body)
        headers = {
            b"authorization": self.app.auth.keys.pair(service).header(),
            b"content-type": b"application/json",
        }
        answer = self.app.handle(method.encode(), path.encode(), headers, raw)
        self.wait(TOOK_S)
        return parse_json(answer.body)

    def send(self, operation: str, headers: Mapping[str, str], body: Any, query: str = "", user: str = "") -> Reply:
        """Send a till's request, and keep it with what came back."""
        call = OPERATIONS[operation]
        key = quote(self.app.auth.keys.api_key, safe="")
        path = call.path.replace("{api_key}", key).replace("{user_id}", user) + (f"?{query}" if query else "")
        raw = b"" if body is None else bodies.encode(body)
        waiting = self.faults.get(operation)
        fault = waiting.popleft() if waiting else None
        answer = None if fault == "before" else self._faulty(fault)
        began = self.now
        if answer is None and fault != "before":
            told = {name.lower().encode(): value.encode("latin-1") for name, value in headers.items()}
            answer = self.app.handle(call.method.encode(), path.encode(), told, raw)
        lost = fault in ("before", "after")
        self.wait(GIVES_UP_S if lost else TOOK_S)
        return self._kept(operation, path, headers, raw, None if lost else answer, began)

    @staticmethod
    def _faulty(fault: str | None) -> Answer | None:
        if fault == "busy":
            told = b'{"status":"error","payload":null,"errors":[{"code":"unavailable","message":"try later"}]}'
            return Answer(503, told, f"Retry-After: {RETRY_AFTER_S}\r\n".encode())
        if fault == "pending":
            told = b'{"status":"error","payload":null,"errors":[{"code":"pending","message":"the request is pending"}]}'
            return Answer(200, told, b"")
        return None

    def _kept(
        self, operation: str, path: str, headers: Mapping[str, str], raw: bytes, answer: Answer | None, began: datetime
    ) -> Reply:
        call = OPERATIONS[operation]
        parsed = parse_json(answer.body) if answer else None
        told = dict(line.split(": ", 1) for line in answer.headers.decode().split("\r\n") if line) if answer else {}
        exchange = Exchange(
            number=len(self.sent) + 1,
            operation=operation,
            service=call.service,
            method=call.method,
            started=began,
            duration_us=round((self.now - began).total_seconds() * 1_000_000),
            status=answer.status if answer else None,
            failure=None if answer else "timeout",
            answer=parsed,
            answer_headers={name.lower(): value for name, value in told.items()},
            redactor=self._redactor,
            raw=AsTravelled(
                url=f"http://127.0.0.1:8080{path}",
                headers={name.lower(): value for name, value in headers.items()},
                body=raw,
                answer=answer.body if answer else b"",
            ),
        )
        plain = from_exchange(exchange)
        start = round(began.timestamp() * 1_000_000)
        self.sent.append(
            ClientRequest(
                exchange=exchange,
                call=plain,
                came=came_of(plain, seen=True),
                start=start,
                end=start + exchange.duration_us,
                till="till 1",
                place=f"request {exchange.number}",
            )
        )
        if answer is None:
            return Reply(None)
        wait = int(exchange.answer_headers.get("retry-after", "0"))
        return Reply(answer.status, parsed if isinstance(parsed, Mapping) else None, wait)
