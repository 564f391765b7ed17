"""An HTTP proxy whose layers change requests and answers on their way to a target and back.

A *layer* gets the next one (``Forward``) and returns its own: it may change what is asked, what is answered, and when.
"""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from offerproof.contract import OPERATIONS
from tests.dialects.other_ways import SPELLINGS


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

    def says(self) -> tuple[int, str, tuple[tuple[str, str], ...]]:
        """The answer as far as a reader of JSON can tell: the white space of the body left out."""
        return self.status, render(self.document()), self.headers

    def saying(self, document: Any) -> Answer:
        """The same answer with another body."""
        return replace(self, body=render(document).encode())


Forward = Callable[[Call], Answer]
Layer = Callable[[Forward], Forward]


def layered(forward: Forward, layers: Iterable[Layer]) -> Forward:
    """Put layers before a target, the first one nearest to it."""
    for layer in layers:
        forward = layer(forward)
    return forward


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
    spelled = (name for name, line in SPELLINGS.items() if line.endswith(plain.lower()) and plain)
    return found or next(spelled, None)


class Proxy:
    """Listens on a free port of the loopback and passes every request through its layers to ``upstream``."""

    def __init__(self, upstream: str, layers: Iterable[Layer]) -> None:
        self.changed = 0
        """How many answers left otherwise than they came."""
        self.broken: list[BaseException] = []
        self._upstream = urlsplit(upstream).netloc
        self._local = threading.local()
        self._kept = threading.Lock()
        """Held to keep a connection or to hang up: a layer may forward from a thread of its own when all is over."""
        self._closed = False
        self._idle: list[http.client.HTTPConnection] = []
        self._forward = layered(self._send, layers)
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
        self.changed += came is None or came.says() != answer.says()
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


_HOP = {"content-length", "transfer-encoding", "connection", "date", "server", "keep-alive"}
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
