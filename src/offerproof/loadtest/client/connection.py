"""A lean keep-alive HTTP/1.1 client for the hot path: one connection, one request at a time, prebuilt bytes out.

It uses the standard library's sockets. Inside Locust those are gevent's (Locust patches them), so the same code is
cooperative there and blocking elsewhere; tests and the audit use it without gevent. Framing is httptools' (llhttp).

A connection never raises for what the network does: every exchange gives an :class:`HttpAnswer`, whose
``failure`` says what went wrong. A write that was sent whole is never sent twice by itself: nobody could tell what that
would do.
"""

from __future__ import annotations

import base64
import os
import select
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic_ns
from urllib.parse import urlsplit

import httptools
import msgspec

from offerproof.contract import says_pending
from offerproof.errors import Misuse
from offerproof.exchange import parse_json
from offerproof.loadtest.client.answer_reader import AnswerReader
from offerproof.target import ascii_host

CHUNK = 16_384

MAX_ANSWER_BYTES = 4 * 1024 * 1024
CONNECT_FAILURES = frozenset({"connect", "connect_timeout", "tls", "proxy"})
"""Failures that happened before a byte of the request left: the target cannot have acted on it."""
UNFINISHED = "unfinished"
"""The failure of an exchange that :meth:`HttpConnection.give_up` ended."""


class HttpAnswer(msgspec.Struct, frozen=True):
    """What came back. Times are ``time.monotonic_ns``; ``failure`` is empty when a whole HTTP answer arrived."""

    status: int
    body: bytes
    failure: str
    started: int
    ended: int
    retry_after: str = ""
    date: str = ""
    """When it was written, by the target's clock, as it says."""

    @property
    def maybe_acted_on(self) -> bool:
        """Whether a request that failed may have reached the target all the same."""
        return bool(self.failure) and self.failure not in CONNECT_FAILURES


@dataclass(frozen=True)
class Endpoint:
    """Where one service listens: scheme, host, port and the path in front of every call; how to get there."""

    scheme: str
    host: str
    port: int
    prefix: str = ""
    ca_file: str | None = None
    proxy: tuple[str, int, str] | None = None
    """Proxy host, port and its own ``Proxy-Authorization`` value ("" for none)."""

    @classmethod
    def from_url(cls, url: str, *, ca_file: str | None = None, proxy: str | None = None) -> Endpoint:
        """Take an ``http`` or ``https`` base URL apart; raises :class:`Misuse` when it is something else."""
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise Misuse(f"not a base URL: {url!r}", hint="write it like https://host:port/prefix")
        port = parts.port or (443 if parts.scheme == "https" else 80)
        through = _proxy(proxy) if proxy else None
        return cls(parts.scheme, ascii_host(parts.hostname), port, parts.path.rstrip("/"), ca_file, through)

    @property
    def authority(self) -> str:
        """The ``Host`` header: without the port when it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"

    def head(self, method: str, path: str, headers: dict[str, str]) -> bytes:
        """Return the request line and headers, without the empty line at the end, ready to be sent many times."""
        absolute = self.proxy is not None and self.scheme == "http"
        target = f"http://{self.authority}{self.prefix}{path}" if absolute else f"{self.prefix}{path}"
        if absolute and self.proxy is not None and self.proxy[2]:
            headers = {**headers, "Proxy-Authorization": self.proxy[2]}
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.authority}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if any("\r" in line or "\n" in line for line in lines):
            raise Misuse("a header, a path or a base URL holds a line break")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n"


def _proxy(url: str) -> tuple[str, int, str]:
    parts = urlsplit(url)
    if parts.scheme != "http" or not parts.hostname:
        raise Misuse("only plain http:// proxies are supported for load", hint="write it like http://proxy:3128")
    authorization = ""
    if parts.username:
        pair = f"{parts.username}:{parts.password or ''}".encode()
        authorization = "Basic " + base64.b64encode(pair).decode()
    return parts.hostname, parts.port or 3128, authorization


class HttpConnection:
    """One keep-alive connection to one endpoint. Not for two users at a time.

    ``timeout`` (seconds) bounds a whole exchange, connecting and answering; ``max_bytes`` bounds one body.
    """

    _poll = staticmethod(select.poll)

    def __init__(self, endpoint: Endpoint, *, timeout: float = 10.0, max_bytes: int = MAX_ANSWER_BYTES) -> None:
        self.endpoint = endpoint
        self.timeout = timeout
        self.connects = 0
        self._sock: socket.socket | None = None
        self._reader = AnswerReader(max_bytes)
        self._arrivals = self._poll()
        """Tells whether something arrived that nobody asked for."""
        self._short = self._given_up = self._sent = False

    def exchange(self, request: bytes, *, repeatable: bool = False) -> HttpAnswer:
        """Send one whole request and wait for its whole answer.

        Where a connection that was used before ends without a byte of an answer, the request is sent again on a new
        one, if it is ``repeatable`` or was not sent whole. Where that one is pending, the first one had no answer."""
        started = monotonic_ns()
        reader = self._reader
        if self._sock is not None and self._arrivals.poll(0) and self._went_away(self._sock):
            self.close()
        used = self._sock is not None
        failure, first = self._once(request, started), ""
        if used and failure in ("closed", "reset") and (repeatable or not self._sent) and not reader.begun:
            first, failure = failure, self._once(request, started)
        body = None if failure else reader.body()
        if first and body and says_pending(parse_json(body)):
            failure = first
        ended = monotonic_ns()
        if failure or body is None:
            self.close()
            return HttpAnswer(reader.status, b"", failure or "too_large", started, ended)
        if not reader.keep:
            self.close()
        return HttpAnswer(reader.status, body, "", started, ended, reader.retry_after, reader.date)

    def _once(self, request: bytes, started: int) -> str:
        """Connect if need be, send and receive; return what failed, or nothing."""
        self._reader.begin()
        if self._sock is None and (failure := self._open()):
            return failure
        assert self._sock is not None
        self._sent = False
        failure = self._talk(self._sock, request, started)
        if failure or self._given_up:
            self.close()
        return UNFINISHED if self._given_up else failure

    def close(self) -> None:
        """Close the socket; the next exchange connects again."""
        sock, self._sock = self._sock, None
        if sock is not None:
            self._arrivals.unregister(sock.fileno())
            sock.close()

    def give_up(self) -> None:
        """End the exchange that somebody else waits in, if there is one, for good: nobody waits any longer."""
        sock = self._sock
        if sock is not None and not self._reader.complete:
            self._given_up = True
            with suppress(OSError), socket.socket(fileno=os.dup(sock.fileno())) as twin:  # below any TLS
                twin.shutdown(socket.SHUT_RDWR)

    def _talk(self, sock: socket.socket, request: bytes, started: int) -> str:
        """Send and receive; return what failed, or nothing."""
        reader = self._reader
        if self._short:
            sock.settimeout(self.timeout)
            self._short = False
        deadline = started + int(self.timeout * 1e9)
        try:
            sent = sock.send(request)
            if sent < len(request):
                sock.sendall(request[sent:])
            self._sent = True
            while not reader.complete:
                data = sock.recv(CHUNK)
                if not data:
                    return reader.on_eof()
                reader.parser.feed_data(data)
                if reader.too_large:
                    return "too_large"
                if not self._rearm(sock, deadline):
                    return "timeout"
        except TimeoutError:
            return "timeout"
        except httptools.HttpParserError:
            return "protocol"
        except OSError:
            return "reset"
        return ""

    def _rearm(self, sock: socket.socket, deadline: int) -> bool:
        """Shorten the socket's time-out to what is left of the exchange, so that a drip-feeding server ends too."""
        if self._reader.complete:
            return True
        left = (deadline - monotonic_ns()) / 1e9
        if left <= 0:
            return False
        sock.settimeout(left)
        self._short = True
        return True

    def _open(self) -> str:
        """Connect (through the proxy, with TLS); return what failed, or nothing."""
        end = self.endpoint
        where = (end.proxy[0], end.proxy[1]) if end.proxy else (end.host, end.port)
        sock: socket.socket | None = None
        stage = "connect"
        try:
            sock = socket.create_connection(where, timeout=self.timeout)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if end.scheme == "https":
                stage = "proxy"
                if end.proxy:
                    self._tunnel(sock)
                stage = "tls"
                sock = tls_context(end.ca_file).wrap_socket(sock, server_hostname=end.host)
        except TimeoutError:
            failure = "connect_timeout"
        except (OSError, ValueError):
            failure = stage
        else:
            self._sock = sock
            self._reader.connected()
            self._arrivals.register(sock.fileno(), select.POLLIN)
            self.connects += 1
            return ""
        if sock is not None:
            sock.close()
        return failure

    def _tunnel(self, sock: socket.socket) -> None:
        """Ask the proxy for a tunnel to the target; raises :class:`ConnectionError` when it refuses."""
        end = self.endpoint
        assert end.proxy is not None
        extra = f"Proxy-Authorization: {end.proxy[2]}\r\n" if end.proxy[2] else ""
        sock.sendall(f"CONNECT {end.host}:{end.port} HTTP/1.1\r\nHost: {end.host}:{end.port}\r\n{extra}\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = sock.recv(4096)
            if not data or len(answer) > CHUNK:
                raise ConnectionError("the proxy closed or said too much")
            answer += data
        if answer.split(b" ", 2)[1:2] != [b"200"]:
            raise ConnectionError("the proxy refused")

    def _went_away(self, sock: socket.socket) -> bool:
        """Whether a connection on which something arrived unasked was closed, or speaks out of turn."""
        self._short = True
        try:
            sock.setblocking(False)
            sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError, TimeoutError):
            return False
        except OSError:
            return True
        return True


_CONTEXTS: dict[str | None, ssl.SSLContext] = {}


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Return the (shared) context that verifies the peer, with a private CA added when one is named."""
    context = _CONTEXTS.get(ca_file)
    if context is None:
        if ca_file is not None and not Path(ca_file).is_file():
            raise Misuse(f"the CA file {ca_file!r} does not exist", hint="correct ca_file in the target profile")
        context = ssl.create_default_context(cafile=ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        _CONTEXTS[ca_file] = context
    return context
