"""A correct simulator, an HTTP proxy before it whose layers change requests and answers, and the suite run through it.

A *layer* gets the next one (``Forward``) and returns its own: it may change what is asked, what is answered, and when.
"""

from __future__ import annotations

import http.client
import importlib.util
import json
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import pytest

from offerproof.conformance import Finished, Options, certify, load_contract
from offerproof.findings import Level
from offerproof.target import OPERATIONS, Profile, load_profile

HERE = Path(__file__).parent
ACME = Path(__file__).resolve().parents[2] / "src" / "offerproof" / "simulator" / "acme.toml"


def parse(body: bytes) -> Any:
    """Read JSON; a number is a Decimal and keeps its spelling. None when it is no JSON."""
    try:
        return json.loads(body, parse_int=Decimal, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def render(value: Any) -> str:
    """Write JSON, numbers as they are spelled."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(name)}: {render(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(render, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


@dataclass(frozen=True)
class Call:
    """One request. ``operation`` is None when its path is none of the API's."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    operation: str | None

    def asked(self) -> Any:
        """The body as JSON; None when it is none."""
        return parse(self.body)

    def asking(self, document: Any) -> Call:
        """The same call with another body."""
        return replace(self, body=render(document).encode())


@dataclass(frozen=True)
class Answer:
    """One answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()

    def document(self) -> Any:
        """The body as JSON; None when it is none."""
        return parse(self.body)

    def saying(self, document: Any) -> Answer:
        """The same answer with another body."""
        return replace(self, body=render(document).encode())


Forward = Callable[[Call], Answer]
Layer = Callable[[Forward], Forward]

_SHAPES = [
    (one.id, one.method, re.compile(re.sub(r"\\{[a-z_]+\\}", "[^/]+", re.escape(one.path)) + "/?", re.IGNORECASE))
    for one in OPERATIONS.values()
]


def operation_of(method: str, path: str, body: bytes) -> str | None:
    """Which call a request means, by any spelling that the dialects use."""
    plain = path.partition("?")[0].rstrip("/")
    verb = "POST" if method == "PATCH" else method
    found = next((name for name, needed, shape in _SHAPES if needed == verb and shape.fullmatch(plain)), None)
    if found == "get_user_offers" and b'"request_payload"' in body:
        return "lookup"
    spelled = (name for name, line in _other_ways.SPELLINGS.items() if line.endswith(plain.lower()) and plain)
    return found or next(spelled, None)


def _sibling(name: str) -> Any:
    """A module beside this one; import mode importlib has no other way to it."""
    spec = importlib.util.spec_from_file_location(f"dialects_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_rewriting, _other_ways = _sibling("rewriting"), _sibling("other_ways")
DIALECTS: dict[str, Dialect] = {**_other_ways.ways(_rewriting.Dialect), **_rewriting.DIALECTS}
"""Behaviour first: it is nearest to the simulator, and sees answers as the simulator gives them."""
READINGS: dict[str, Dialect] = {
    name: _rewriting.Dialect(program=changes, group="paging" if "page" in name or "take" in name else "")
    for name, changes in _other_ways.READINGS.items()
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``dialect`` or ``reading`` is run with each."""
    for asked, known in (("dialect", DIALECTS), ("reading", READINGS)):
        if asked in metafunc.fixturenames:
            metafunc.parametrize(asked, known.values(), ids=known.keys())


def combination(seed: int) -> list[Dialect]:
    """Some dialects and readings at once, never two of a kind that exclude each other."""
    drawn = random.Random(seed)
    chosen: list[Dialect] = []
    taken: set[str] = set()
    settings: set[str] = set()
    known = [*DIALECTS.values(), *READINGS.values()]
    for one in drawn.sample(known, len(known)):
        if drawn.random() < 0.6 and not (one.group and one.group in taken) and not settings & set(one.program):
            chosen.append(one)
            taken.add(one.group)
            settings |= set(one.program)
    return sorted(chosen, key=known.index)


class Proxy:
    """Listens on a free port of the loopback and passes every request through its layers to ``upstream``."""

    def __init__(self, upstream: str, layers: tuple[Layer, ...]) -> None:
        self.changed = 0
        """How many answers left otherwise than they came."""
        self.broken: list[BaseException] = []
        self._upstream = urlsplit(upstream).netloc
        self._local = threading.local()
        self._kept = threading.Lock()
        """Held to keep a connection or to hang up: a layer may forward from a thread of its own when all is over."""
        self._closed = False
        self._idle: list[http.client.HTTPConnection] = []
        self._forward: Forward = self._send
        for layer in layers:
            self._forward = layer(self._forward)
        handler = type("ProxyHandler", (_Handler,), {"proxy": self, "disable_nagle_algorithm": True})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()

    def answer(self, call: Call) -> Answer:
        """Pass one request through the layers."""
        self._local.came = None
        try:
            answer = self._forward(call)
        except BaseException as problem:
            self.broken.append(problem)
            raise
        came = self._local.came
        self.changed += came is None or (came.status, came.body, came.headers) != (
            answer.status,
            answer.body,
            answer.headers,
        )
        return answer

    def close(self) -> None:
        """Stop listening, and hang up on the simulator."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
        with self._kept:
            self._closed = True
            for connection in self._idle:
                connection.close()

    def _send(self, call: Call) -> Answer:
        while True:  # a kept connection may have been closed meanwhile
            with suppress(OSError, http.client.HTTPException):
                try:
                    kept = self._idle.pop()
                except IndexError:
                    break
                return self._exchange(kept, call)
        return self._exchange(http.client.HTTPConnection(self._upstream, timeout=20), call)

    def _exchange(self, connection: http.client.HTTPConnection, call: Call) -> Answer:
        try:
            connection.putrequest(call.method, call.path, skip_host=True, skip_accept_encoding=True)
            for name, value in call.headers.items():
                if name.lower() not in ("content-length", "connection"):
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(call.body)))
            connection.endheaders(call.body)
            came = connection.getresponse()
            body = came.read()
        except BaseException:
            connection.close()
            raise
        with self._kept:
            if came.will_close or self._closed:
                connection.close()
            else:
                self._idle.append(connection)
        kept = tuple((name, value) for name, value in came.getheaders() if name.lower() not in _HOP)
        answer = self._local.came = Answer(came.status, body, kept)
        return answer


_HOP = {"content-length", "connection", "date", "server", "keep-alive"}
"""Headers that belong to a connection, and so to the proxy."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: what broke is in ``broken``."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        call = Call(self.command, self.path, dict(self.headers), body, operation_of(self.command, self.path, body))
        answer = self.proxy.answer(call)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_GET = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_OPTIONS = do_POST  # noqa: N815  (http.server's names)

    def log_message(self, format: str, *args: object) -> None:
        return


class Dialect(Protocol):
    """One way to be right: a layer of the proxy, what the profile says of it, and changes of the program file."""

    layer: Layer | None
    behaviour: Mapping[str, str]
    paths: Mapping[str, str]
    program: Mapping[str, str]
    """``section.key`` to its value as TOML."""
    settle_ms: int
    group: str
    """Of two with the same group a combination has only one."""


def spoken(profile: Profile, dialects: Sequence[Dialect], address: str) -> Profile:
    """The profile of a target at the proxy's address that speaks these dialects."""
    behaviours, paths = dict(profile.behaviours), dict(profile.paths)
    for one in dialects:
        behaviours.update(one.behaviour)
        paths.update(one.paths)
    settle_ms = max(one.settle_ms for one in dialects)
    return replace(
        profile,
        services={name: replace(one, base_url=address) for name, one in profile.services.items()},
        behaviours=behaviours,
        paths=paths,
        timing=replace(profile.timing, settle_ms=settle_ms),
        control=replace(profile.control, base_url=address) if profile.control else None,
    )


def program_text(changes: Mapping[str, str]) -> str:
    """The ACME program with some settings changed."""
    lines, section, done = [], "", set()
    for line in ACME.read_text(encoding="utf-8").splitlines():
        header = re.match(r"\[+([a-z_.]+)\]+", line)
        section = header[1] if header else section
        setting = re.match(r"(# )?([a-z_]+) *= ", line)
        name = f"{section}.{setting[2]}" if setting else ""
        if setting and name in changes:
            line = f"{setting[2]} = {changes[name]}"
            done.add(name)
        lines.append(line)
    assert done == set(changes), f"the program file has no {set(changes) - done}"
    return "\n".join(lines) + "\n"


class Simulators:
    """Simulators in processes of their own, one for each program; all are stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._stack = ExitStack()
        self._running: dict[str, Profile] = {}

    def profile(self, changes: Mapping[str, str]) -> Profile:
        """The profile of the simulator that plays this program."""
        text = program_text(changes)
        if text not in self._running:
            folder = self._folder / str(len(self._running))
            folder.mkdir()
            self._running[text] = self._stack.enter_context(_simulator(folder, text))
        return self._running[text]

    def stop(self) -> None:
        """Stop them all."""
        self._stack.close()


@contextmanager
def _simulator(folder: Path, program: str) -> Iterator[Profile]:
    (folder / "program.toml").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "offerproof", "simulate", "--port", "0", "--control"]
    command += ["--program", str(folder / "program.toml"), "--profile-out", str(folder / "simulator.toml")]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
    try:
        deadline = time.monotonic() + 30
        while b": ready at " not in (told := (folder / "log").read_bytes()):
            assert process.poll() is None, told
            assert time.monotonic() < deadline, told
            time.sleep(0.01)
        yield load_profile(folder / "simulator.toml")
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="module")
def simulators(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Simulators]:
    running = Simulators(tmp_path_factory.mktemp("simulators"))
    yield running
    running.stop()


@dataclass
class Heard:
    """What a run through the proxy came to."""

    exit_code: int
    red: list[str]
    """Everything that is neither pass nor skip, a line each."""
    changed: int
    finished: Finished


@pytest.fixture
def judge(simulators: Simulators, tmp_path: Path) -> Callable[..., Heard]:
    """Run the suite against a correct simulator that speaks a dialect."""

    def run(*dialects: Dialect, level: str = "gate", seed: int = 0, without: Sequence[str] = ()) -> Heard:
        profile = simulators.profile({name: value for one in dialects for name, value in one.program.items()})
        layers = tuple(one.layer for one in dialects if one.layer)
        proxy = Proxy(profile.services["core"].base_url, layers)
        try:
            target = spoken(profile, dialects, proxy.address)
            only = tuple(name for name in load_contract().chapters if name not in without) if without else ()
            finished = certify(Options(profile=target, level=Level(level), seed=seed, only=only, out=tmp_path / "runs"))
        finally:
            proxy.close()
        assert proxy.broken == []
        return Heard(int(finished.run.outcome.exit_code), red_of(finished), proxy.changed, finished)

    return run


@pytest.fixture
def combine() -> Callable[[int], list[Dialect]]:
    """Draw a combination of dialects and readings."""
    return combination


def red_of(finished: Finished) -> list[str]:
    """Findings that are neither pass nor skip."""
    return [
        f"{one.clause} {one.verdict} in {one.check}: {one.summary}: expected {one.expected}, observed {one.observed}"
        for one in finished.run.findings
        if one.verdict not in ("pass", "skip")
    ]
