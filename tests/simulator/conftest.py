"""A simulator in this process, without and with sockets, and short words for a till that talks to it."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from offerproof import defects
from offerproof.simulator import program_file
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import SimulatedClock
from offerproof.simulator.connection import ConnectionLimits
from offerproof.simulator.control import ControlApi
from offerproof.simulator.credentials import Keys, Pair
from offerproof.simulator.server import Server, new_loop
from offerproof.simulator.values import instant

KEYS = Keys(
    Pair("test-key-core", "test-secret"),
    Pair("test-key-offers", "test-secret"),
    Pair("test-key-pos", "test-secret"),
    "test-api-key",
)
START = instant("2018-09-07T16:00:00Z", "start")
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
TOKEN = "test-token"
CORE = "/priv/v1/apps/test-api-key"
BASKET = {
    "transaction_id": "t-1",
    "items": [
        {"line_id": "0", "item_id": "1", "quantity": "1", "unit_price": "10", "subtotal": "10", "tax_included": ".70"},
        {"line_id": "1", "item_id": "2", "quantity": "1", "unit_price": "1", "subtotal": "1", "tax_included": ".07"},
    ],
}
SERVICES = {Service.CORE: "core", Service.OFFERS: "offers", Service.CLOUDPOS: "cloudpos"}


def service_of(path: str) -> Service:
    """The service whose pair a path needs (the shared path: Offers)."""
    if "/priv/" in path:
        return Service.CORE
    lower = path.lower()
    pos = ("lock", "lookup", "redeem", "reinstate", "send_transaction")
    return Service.CLOUDPOS if lower.rsplit("/", 1)[1].split("?")[0].endswith(pos) else Service.OFFERS


class Till:
    """Talks to one ``App`` as bytes, and counts its request ids."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._count = 0

    def raw(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        service: Service | None = None,
        headers: dict[bytes, bytes] | None = None,
    ) -> Answer:
        """One request as bytes, with the right credentials unless ``headers`` says otherwise."""
        sent = {
            b"host": b"test",
            b"content-type": b"application/json",
            b"authorization": KEYS.pair(service or service_of(path)).header(),
            **(headers or {}),
        }
        sent = {name: value for name, value in sent.items() if value}
        return self.app.handle(method.encode(), path.encode(), sent, body)

    def call(self, method: str, path: str, document: object = None, **more: Any) -> tuple[int, Any]:
        """One request and its parsed answer; numbers are Decimal."""
        body = b"" if document is None else json.dumps(document).encode()
        answer = self.raw(method, path, body, **more)
        return answer.status, json.loads(answer.body, parse_float=Decimal)

    def ok(self, method: str, path: str, document: object = None, **more: Any) -> Any:
        """One request that must succeed."""
        status, answer = self.call(method, path, document, **more)
        assert status == 200, answer
        assert answer["status"].lower() in ("ok", "success"), answer
        return answer

    def control(self, method: str, name: str, document: object = None, token: str = TOKEN) -> tuple[int, Any]:
        """One call of the control API."""
        body = b"" if document is None else json.dumps(document).encode()
        headers = {b"authorization": b"Bearer " + token.encode()}
        answer = self.app.handle(method.encode(), f"/_control/{name}".encode(), headers, body)
        return answer.status, json.loads(answer.body)

    def container(self, payload: object, request_id: str | None = None) -> dict[str, Any]:
        """A CloudPOS request with a fresh request id."""
        self._count += 1
        return {
            "store_id": "store-1",
            "client_id": "client-1",
            "request_id": request_id or f"r{self._count}",
            "request_payload": payload,
        }

    def customer(self, name: str = "first") -> str:
        """Create a customer; returns the id."""
        user = {"external_id": f"x-{name}", "email": f"{name}@example.com", "first_name": "First"}
        return str(self.ok("POST", f"{CORE}/users", {"user": user})["user"]["id"])

    def offer(self, kind: str = "fixed_amount_check_discount", **more: Any) -> str:
        """Create a published offer; returns the id."""
        document = {
            "retailer_id": RETAILER,
            "offer_type": kind,
            "publish": "true",
            "text_config": [{"title": "Five off", "description": "D", "terms_and_conditions": "T", "culture": "en"}],
            "common_config": {
                "acquisition_start_date": "2018-03-01 00:00:00.0",
                "acquisition_end_date": "2019-03-31 23:59:00.0",
                "validity_unit": "years",
                "validity_period": 1,
                "custom_data": '{"a":"b"}',
            },
            "discount_config": {"amount": "5"} if "amount" in kind else {"percent": 10} if "percent" in kind else {},
            "offer_config": {"type": kind},
            **more,
        }
        return str(self.ok("POST", "/api/2.0/offers/management/create", document)["payload"]["offer_id"])

    def issue(self, user_id: str, offer_id: str) -> str:
        """Issue an offer; returns the user offer's id."""
        document = {"retailer_id": RETAILER, "user_id": user_id, "offer_id": offer_id}
        answer = self.ok("POST", "/api/2.0/offers/acquisition/issue", document)
        return str(answer["payload"]["status_list"][0]["user_offer_id"])

    def lock_body(self, code: str, transaction_id: str = "t-1", request_id: str | None = None) -> dict[str, Any]:
        """The request of Lock."""
        basket = {**BASKET, "transaction_id": transaction_id}
        payload = {"offer_lookup_code": code, "offer_lookup_type": "userofferid", "transaction": basket}
        return self.container(payload, request_id)

    def lock(self, code: str, transaction_id: str = "t-1") -> tuple[int, Any]:
        """Lock a user offer."""
        return self.call("POST", "/api/2.0/Lock", self.lock_body(code, transaction_id))

    def send_body(self, user_id: str, discount: object, transaction_id: str = "t-1", **more: Any) -> dict[str, Any]:
        """The request of send_transaction: a closed basket that one customer pays."""
        payment = {"payment_id": "p", "amount": "6.77", "user_id": user_id, "user_id_type": "SessionM_ID"}
        basket = {**BASKET, "transaction_id": transaction_id, "is_closed": "true", "payments": [payment], **more}
        return self.container({**basket, "discounts": [discount] if discount else []})

    def history(self, user_id: str) -> dict[str, str]:
        """User offer id to status description."""
        document = {"retailer_id": RETAILER, "user_ids": [user_id], "rollback_option": 0}
        answer = self.ok("POST", "/api/2.0/offers/user_offer_history", document)
        return {one["user_offer_id"]: one["status_description"] for one in answer["payload"]["results"]}


def new_app(seed: int = 1, **more: Any) -> App:
    """A simulator with a frozen clock at the documents' date and test credentials."""
    app = App(
        program_file.read(more.pop("program", None)),
        seed=seed,
        clock=SimulatedClock(START, frozen=True),
        keys=KEYS,
        defects=defects.registry,
        **more,
    )
    app.control = ControlApi(app, TOKEN)
    return app


@pytest.fixture(scope="session")
def make_app() -> Callable[..., App]:
    return new_app


@pytest.fixture
def app() -> App:
    return new_app()


@pytest.fixture
def till(app: App) -> Till:
    return Till(app)


@pytest.fixture(scope="session")
def make_till() -> Callable[[App], Till]:
    return Till


@pytest.fixture
def wallet(till: Till) -> tuple[str, str]:
    """A customer with one issued $5 check discount: (user id, user offer id)."""
    user = till.customer()
    return user, till.issue(user, till.offer())


@pytest.fixture
def program_with(tmp_path: Path) -> Callable[..., Path]:
    """Write the default program file with some text replaced and some added."""

    def write(*changes: tuple[str, str], added: str = "") -> Path:
        text = program_file.DEFAULT.read_text("utf-8")
        for before, after in changes:
            assert before in text, before
            text = text.replace(before, after)
        path = tmp_path / "program.toml"
        path.write_text(text + added, "utf-8")
        return path

    return write


class Wire:
    """A raw client of a listening simulator."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.file = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> tuple[int, dict[str, str], bytes]:
        """Read one answer: status, headers, body."""
        start = self.file.readline()
        assert start.startswith(b"HTTP/1.1 "), start
        headers = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            headers[name.lower()] = value.strip()
        body = self.file.read(int(headers.get("content-length", "0")))
        return int(start.split()[1]), headers, body

    def at_end(self) -> bool:
        """Whether the server has closed the connection."""
        try:
            return self.file.read(1) == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.file.close()
        self.socket.close()


class Listening:
    """A simulator that listens in a thread of this process."""

    def __init__(
        self,
        app: App,
        limits: ConnectionLimits,
        commit: Callable[[], Answer | None] | None,
        loop: asyncio.AbstractEventLoop | None,
    ) -> None:
        self.app = app
        self._loop = loop or new_loop()
        self.server = Server(app, limits=limits, commit=commit)
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self.port = self._do(self.server.listen("127.0.0.1", 0))
        self._wires: list[Wire] = []

    def _do(self, coroutine: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(10)

    def wire(self) -> Wire:
        wire = Wire(self.port)
        self._wires.append(wire)
        return wire

    def tick(self, seconds: int) -> None:
        """Let the server believe that so many seconds have passed."""

        def pass_seconds() -> None:
            for _ in range(seconds):
                self.server.tick += 1
                for connection in tuple(self.server.connections):
                    connection.check_time(self.server.tick)

        async def run() -> None:
            pass_seconds()

        self._do(run())

    def stop(self) -> None:
        for wire in self._wires:
            wire.close()
        self._do(self.server.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@pytest.fixture
def listening() -> Iterator[Callable[..., Listening]]:
    """Start simulators that listen on free ports; all are stopped at the end."""
    running: list[Listening] = []

    def start(
        app: App | None = None,
        commit: Callable[[], Answer | None] | None = None,
        loop: asyncio.AbstractEventLoop | None = None,
        **limits: Any,
    ) -> Listening:
        running.append(Listening(app or new_app(), ConnectionLimits(**limits), commit, loop))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def request_bytes() -> Callable[..., bytes]:
    """Build a request as it travels."""

    def build(
        path: str, document: object = None, *, method: str = "POST", extra: str = "", body: bytes | None = None
    ) -> bytes:
        data = body if body is not None else json.dumps(document).encode() if document is not None else b""
        pair = KEYS.pair(service_of(path))
        token = base64.b64encode(f"{pair.key}:{pair.secret}".encode()).decode()
        head = f"{method} {path} HTTP/1.1\r\nHost: test\r\nAuthorization: Basic {token}\r\n"
        head += f"Content-Type: application/json\r\n{extra}"
        if "transfer-encoding" not in extra.lower() and "content-length" not in extra.lower():
            head += f"Content-Length: {len(data)}\r\n"
        return head.encode() + b"\r\n" + data

    return build


class Subprocess(Till):
    """A simulator in a process of its own, started by its command, with its profile and credential files."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._count = 0
        self._profile = folder / "simulator.toml"
        keys = [f"{name}={KEYS.pair(service).key}:test-secret" for service, name in SERVICES.items()]
        command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--clock", "2018-09-07T16:00:00Z"]
        command += [part for key in (*keys, "api_key=test-api-key") for part in ("--credential", key)]
        command += ["--profile-out", str(self._profile), *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:([0-9]+)", self.ready)
        assert found, (self.ready, self.process.communicate())
        self.port = int(found.group(1))

    def raw(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        service: Service | None = None,
        headers: dict[bytes, bytes] | None = None,
    ) -> Answer:
        """One request over a connection of its own."""
        sent = {
            "Authorization": KEYS.pair(service or service_of(path)).header().decode(),
            "Content-Type": "application/json",
        }
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())

    def stop(self) -> int:
        """Ask it to stop; returns its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=10)
        return self.process.returncode


@pytest.fixture
def start_simulator(tmp_path: Path) -> Iterator[Callable[..., Subprocess]]:
    """Start ``offerproof simulate`` in processes that end with the test."""
    running: list[Subprocess] = []

    def start(*options: str) -> Subprocess:
        running.append(Subprocess(tmp_path, *options))
        return running[-1]

    yield start
    for one in running:
        one.stop()
