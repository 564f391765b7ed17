"""A transport that answers as told, and a loopback server that behaves as told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from offerproof.client import Api, Budget, HttpRequest, HttpResponse, Minter, Pace, TransportFailed, Wire
from offerproof.contract import OPERATIONS
from offerproof.target import OfferSource, Profile, Secret, TargetService


@dataclass
class FakeTransport:
    """Answers with what is queued (the last one again and again) and keeps what was sent."""

    answers: list[HttpResponse | str | TransportFailed] = field(default_factory=list)
    sent: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpResponse:
        self.sent.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, str | TransportFailed):
            raise TransportFailed(answer) if isinstance(answer, str) else answer
        return answer


def profile_for(environment: str = "sandbox", *, writes: bool = True, **changes: object) -> Profile:
    services = {
        name: TargetService(
            name,
            f"http://127.0.0.1:1/{name}",
            Secret(f"{name}-test-key", f"${name.upper()}_KEY"),
            Secret(f"{name}-test-secret", f"${name.upper()}_SECRET"),
            Secret("test-api-key", "$API_KEY") if name == "core" else None,
        )
        for name in ("core", "offers", "cloudpos")
    }
    declared = {one.capability: True for one in OPERATIONS.values() if one.capability}
    values: dict[str, object] = {"offers": OfferSource("issue"), "capabilities": declared}
    return Profile("unit", environment, services, allow_writes=writes, **(values | changes))  # type: ignore[arg-type]


@dataclass
class Bench:
    """An ``Api`` over a fake transport, with everything around it at hand."""

    api: Api
    transport: FakeTransport
    slept: list[float]


@pytest.fixture
def make_bench() -> Callable[..., Bench]:
    def make(
        *answers: HttpResponse | str | TransportFailed,
        profile: Profile | None = None,
        budget: int = 100,
        rate: float | None = None,
    ) -> Bench:
        transport, slept = FakeTransport(list(answers) or [HttpResponse(200, {}, b'{"status":"ok"}')]), []
        now = [0.0]

        def sleep(seconds: float) -> None:
            slept.append(seconds)
            now[0] += seconds

        wire = Wire(
            profile or profile_for(),
            transport,
            minter=Minter(1, "unit"),
            budget=Budget(budget),
            pace=Pace(rate, clock=lambda: now[0], sleep=sleep),
            run_id="run-1",
            sleep=sleep,
        )
        return Bench(Api(wire), transport, slept)

    return make


@pytest.fixture
def make_profile() -> Callable[..., Profile]:
    return profile_for


@pytest.fixture
def serve() -> Iterator[Callable[[Callable[[socket.socket], None]], str]]:
    """Serve each connection with a function of the socket; returns the address."""
    listeners: list[socket.socket] = []

    def start(handle: Callable[[socket.socket], None]) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def work() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_served, args=(connection, handle), daemon=True).start()

        threading.Thread(target=work, daemon=True).start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}"

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def _served(connection: socket.socket, handle: Callable[[socket.socket], None]) -> None:
    with connection:
        try:
            handle(connection)
        except OSError:
            return
