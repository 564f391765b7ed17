"""A small target on the loopback that answers as told, and small suites to run against it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from offerproof.conformance import Finished, Options, certify
from offerproof.contract import SuiteFolders
from offerproof.findings import Event
from offerproof.target import Control, CustomerSource, Limits, OfferSource, Profile, Secret, TargetService, Timing

Answer = tuple[int, Any]


@dataclass
class FakeTarget:
    """Answers by path; what it was asked is kept. ``answers`` maps the end of a path to what to answer.

    On ``hangs_up`` paths it closes the connection on who has credentials, and answers 401 to who has none."""

    address: str = ""
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    authorized: list[str | None] = field(default_factory=list)
    """The Authorization header of each request."""
    answers: dict[str, Answer | Callable[[Any], Answer]] = field(default_factory=dict)
    hangs_up: tuple[str, ...] = ()
    pairs: dict[str, str] = field(default_factory=dict)
    """By the end of a path, the service whose pair alone is taken there."""

    def answer(self, path: str, body: Any) -> Answer:
        for end, answer in self.answers.items():
            if path.partition("?")[0].endswith(end):
                return answer(body) if callable(answer) else answer
        refused = {"status": "error", "errors": {"code": "not_found", "message": "not found"}}
        return 404, refused if "/priv/" in path else {**refused, "payload": None}


class Handler(BaseHTTPRequestHandler):
    """One request of the fake target."""

    protocol_version = "HTTP/1.1"
    target: FakeTarget

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parsed = json.loads(body) if body else None
        self.target.asked.append((self.command, self.path, parsed))
        self.target.authorized.append(self.headers["Authorization"])
        status, answer = self.target.answer(self.path, parsed)
        if self.path.partition("?")[0].endswith(self.target.hangs_up or ("nowhere",)):
            if self.headers["Authorization"]:
                self.close_connection = True
                return
            status = 401
        for end, service in self.target.pairs.items():
            pair = b64encode(f"{service}-test-key:{service}-test-secret".encode()).decode()
            if self.path.partition("?")[0].endswith(end) and self.headers["Authorization"] != f"Basic {pair}":
                status = 401
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET  # noqa: N815  (the name http.server looks for)

    def log_message(self, format: str, *args: object) -> None:
        return


@pytest.fixture
def target() -> Iterator[FakeTarget]:
    fake = FakeTarget()
    handler = type("TargetHandler", (Handler,), {"target": fake, "disable_nagle_algorithm": True})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    fake.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield fake
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def make_profile(target: FakeTarget) -> Callable[..., Profile]:
    def make(environment: str = "sandbox", **changes: Any) -> Profile:
        services = {
            name: TargetService(
                name,
                target.address,
                Secret(f"{name}-test-key", f"${name.upper()}_KEY"),
                Secret(f"{name}-test-secret", f"${name.upper()}_SECRET"),
                Secret("test-api-key", "$API_KEY") if name == "core" else None,
            )
            for name in ("core", "offers", "cloudpos")
        }
        values: dict[str, Any] = {
            "services": services,
            "allow_writes": True,
            "capabilities": dict.fromkeys(("create_customer", "create_offer", "issue"), True),
            "timing": Timing(settle_ms=50, request_timeout_ms=30_000),
            "customers": CustomerSource("create"),
            "offers": OfferSource("issue"),
            "limits": Limits(),
        }
        return Profile("unit", environment, **(values | changes))

    return make


@pytest.fixture
def control(target: FakeTarget) -> Control:
    return Control(target.address, Secret("test-token", "$TOKEN"))


CLAUSE = """
[[clauses]]
id = "{id}"
sentence = "The sentence of {id}."
source = "Offer Management"
section = "Step 5"
strength = "{strength}"
"""


@dataclass
class Bench:
    """Writes a suite, runs it against the fake target, and keeps what was told on the way."""

    folder: Path
    make_profile: Callable[..., Profile]
    events: list[Event] = field(default_factory=list)

    def notice(self, event: Event) -> None:
        self.events.append(event)

    def suite(self, checks: str, *, strength: str = "must", ids: tuple[str, ...] = ("LOCK-1",), more: str = "") -> Path:
        folder = self.folder / "contracts"
        folder.mkdir(exist_ok=True)
        clauses = "".join(CLAUSE.format(id=one, strength=strength) for one in ids)
        (folder / "clauses.toml").write_text(f'[chapters.LOCK]\ntitle = "Lock"\n{clauses}{more}')
        head = "import pytest\nfrom offerproof.conformance import clause\n"
        (folder / "test_50_unit.py").write_text(head + dedent(checks))
        return folder

    def run(self, checks: str, profile: Profile | None = None, **options: Any) -> Finished:
        suite = {name: options.pop(name) for name in ("strength", "ids", "more") if name in options}
        contracts = self.suite(checks, **suite)
        return certify(
            Options(
                profile=profile or self.make_profile(),
                suite=SuiteFolders(contracts),
                out=self.folder / "runs",
                listeners=(self, *options.pop("listeners_more", ())),
                **options,
            )
        )


@pytest.fixture
def bench(tmp_path: Path, make_profile: Callable[..., Profile]) -> Bench:
    return Bench(tmp_path, make_profile)


@contextmanager
def simulator(folder: Path, *options: str) -> Iterator[Path]:
    profile = folder / "target.toml"
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--profile-out", str(profile), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert "ready" in process.stdout.readline()
        yield profile
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture
def simulate(tmp_path: Path) -> Callable[..., AbstractContextManager[Path]]:
    """Start our simulator as a process of its own, with these options; gives the file of its profile."""

    def start(*options: str) -> AbstractContextManager[Path]:
        return simulator(tmp_path, *options)

    return start
