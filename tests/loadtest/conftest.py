"""Servers that behave as a test says, and load runs as subprocesses."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

Script = Callable[[socket.socket, int], None]


@dataclass
class Peer:
    """A server on loopback that runs a script for every connection; remembers what it was sent."""

    port: int
    connections: list[bytearray] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def read_request(conn: socket.socket, into: bytearray) -> bytes:
    """Read one request (head and content-length body); empty when the client closed."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = conn.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    while len(body) < length:
        body += conn.recv(65536)
    into += data[: len(head) + 4] + body
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[..., Peer]]:
    """Start servers that run a script for each connection; all are closed at the end."""
    listeners: list[socket.socket] = []
    accepted: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def start(script: Script, *, tls: ssl.SSLContext | None = None) -> Peer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        peer = Peer(listener.getsockname()[1])

        def one(conn: socket.socket, number: int) -> None:
            with suppress(OSError), conn:
                if tls is None:
                    script(conn, number)
                else:
                    with tls.wrap_socket(conn, server_side=True) as secured:
                        script(secured, number)

        def accept() -> None:
            while True:
                try:
                    conn, _ = listener.accept()
                except OSError:
                    return
                accepted.append(conn)
                peer.connections.append(bytearray())
                thread = threading.Thread(target=one, args=(conn, len(peer.connections) - 1), daemon=True)
                threads.append(thread)
                thread.start()

        thread = threading.Thread(target=accept, daemon=True)
        threads.append(thread)
        thread.start()
        return peer

    yield start
    for sock in [*listeners, *accepted]:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()
    for thread in threads:
        thread.join(2)


@pytest.fixture
def answering(serve: Callable[..., Peer]) -> Callable[..., Peer]:
    """Start a server that gives each request of a connection the next of these raw answers, then closes."""

    def start(*answers: bytes, tls: ssl.SSLContext | None = None) -> Peer:
        peers: list[Peer] = []
        known = threading.Event()

        def script(conn: socket.socket, number: int) -> None:
            known.wait(5)
            for answer in answers:
                if not read_request(conn, peers[0].connections[number]):
                    return
                conn.sendall(answer)

        peers.append(serve(script, tls=tls))
        known.set()
        return peers[0]

    return start


@pytest.fixture
def request_reader() -> Callable[[socket.socket, bytearray], bytes]:
    """Read one request from a connection."""
    return read_request


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for 127.0.0.1, with its key, in one file."""
    tool = shutil.which("openssl")
    if tool is None:
        pytest.skip("needs the openssl program to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    subprocess.run(
        [
            *(
                tool,
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ),
            *("-keyout", str(key), "-out", str(cert), "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@dataclass
class Simulator:
    """A simulator that is running, and its target profile."""

    profile: Path
    process: subprocess.Popen[bytes]


@contextmanager
def _simulator(folder: Path, *arguments: str) -> Iterator[Simulator]:
    profile, log = folder / "target.toml", folder / "simulator.log"
    command = [
        sys.executable,
        "-m",
        "offerproof",
        "simulate",
        "--port",
        "0",
        "--control",
        "--profile-out",
        str(profile),
    ]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, *arguments], stdout=output, stderr=subprocess.STDOUT)
    try:
        limit = time.monotonic() + 30
        while b"ready at" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.02)
        yield Simulator(profile, process)
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Start a simulator with further options; returns its target profile."""
    running: list[Any] = []

    def start(*arguments: str) -> Path:
        folder = tmp_path / f"simulator-{len(running)}"
        folder.mkdir()
        context = _simulator(folder, *arguments)
        running.append(context)
        return context.__enter__().profile

    yield start
    for context in running:
        context.__exit__(None, None, None)


@dataclass
class Loaded:
    """A load run that is over."""

    code: int
    text: str
    folder: Path | None

    @property
    def records(self) -> list[dict[str, Any]]:
        assert self.folder is not None, self.text
        return [json.loads(line) for line in (self.folder / "run.jsonl").read_text("utf-8").splitlines()]

    def of(self, kind: str, **members: Any) -> list[dict[str, Any]]:
        return [
            one
            for one in self.records
            if one["record"] == kind and all(one.get(key) == value for key, value in members.items())
        ]

    @property
    def failed(self) -> set[str]:
        return {one["clause"] for one in self.of("finding", verdict="fail")}


def load_environment() -> dict[str, str]:
    """The environment for a subprocess: no colours, no terminal."""
    return {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "200"}


@pytest.fixture
def load(tmp_path: Path) -> Callable[..., Loaded]:
    """Run ``offerproof load`` to its end; with ``tries`` again, when this machine was too busy for it to judge."""

    def run(*arguments: str, timeout: float = 90, tries: int = 1) -> Loaded:
        for _ in range(tries - 1):
            loaded = once(*arguments, timeout=timeout)
            if loaded.code != 3 or "not judged: " not in loaded.text:
                return loaded
        return once(*arguments, timeout=timeout)

    def once(*arguments: str, timeout: float) -> Loaded:
        out = tmp_path / "runs"
        command = [sys.executable, "-m", "offerproof", "load", "--out", str(out), *arguments]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, check=False, env=load_environment()
        )
        folders = sorted(path for path in out.glob("*") if path.is_dir())
        return Loaded(done.returncode, done.stdout + done.stderr, folders[-1] if folders else None)

    return run


@pytest.fixture
def load_command(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start ``offerproof load`` and leave it running."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "offerproof", "load", "--out", str(tmp_path / "runs"), *arguments]
        started.append(
            subprocess.Popen(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=load_environment()
            )
        )
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=10)


@pytest.fixture
def canned_server(tmp_path: Path) -> Iterator[Callable[..., Path]]:
    """Start the benchmarks' canned server; returns its target profile."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*arguments: str) -> Path:
        profile, log = tmp_path / "canned.toml", tmp_path / "canned.log"
        script = Path(__file__).parents[2] / "benchmarks" / "load_canned_server.py"
        with log.open("wb") as output:
            command = [sys.executable, str(script), "--profile", str(profile), *arguments]
            running.append(subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT))
        limit = time.monotonic() + 30
        while b"ready at" not in log.read_bytes():
            assert running[-1].poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.02)
        return profile

    yield start
    for process in running:
        process.terminate()
        process.wait(10)


@pytest.fixture
def children_of() -> Callable[[int], list[int]]:
    """Return the processes that a process started (Linux and macOS)."""

    def find(parent: int) -> list[int]:
        listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
        return [child for child, above in pairs if above == parent]

    return find
