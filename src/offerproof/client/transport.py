"""How a request travels: one method, so that tests and other transports need nothing of ``requests``.

The transport for real targets keeps connections alive, bounds time and size, follows no redirect, retries nothing, and
takes nothing from the environment: no ``.netrc``, no proxy variables, no CA bundles. What a target needs of that stands
in its profile.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final, Protocol, cast
from urllib.parse import urlsplit

import requests
import urllib3
import urllib3.connection
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from offerproof.client.lines import LINE

BODY_MAX: Final = 4 * 1024 * 1024
"""Most bytes of an answer that are read; a longer one is the transport failure ``too_large``."""

IDLE_MAX_S: Final = 1.0
"""A connection idle for longer is not used again: the target may be closing it at that very moment."""


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """What goes out: a whole address, headers, and the bytes of the body."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes
    service: str


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """What came back, whatever it is. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportFailed(Exception):
    """No answer came. ``kind``: timeout, closed, unreachable, tls or too_large; never holds an address.

    ``sent``: whether a byte of the request may have left.
    """

    def __init__(self, kind: str, *, sent: bool = True) -> None:
        super().__init__(kind)
        self.kind = kind
        self.sent = sent


class Transport(Protocol):
    """Sends one request and returns its answer; raises only ``TransportFailed``."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send once. Never retries, follows no redirect."""


http.client._MAXHEADERS = 1_000  # type: ignore[attr-defined]  # gateways add some; 100 is the standard library's limit


class _Deadlined(io.RawIOBase):
    """The bytes of one answer until a deadline: a drip of single bytes cannot outlast it, in the head neither."""

    def __init__(self, raw: io.RawIOBase, connection: socket.socket) -> None:
        self._raw = raw
        self._connection = connection
        self._whole_s = connection.gettimeout()
        self._deadline = time.monotonic() + (self._whole_s or 0.0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._whole_s is not None:
            left = self._deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError("the whole answer took too long")
            self._connection.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _Answer(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Deadlined(self.fp.detach(), sock))

    def _read_status(self) -> tuple[str, int, str]:
        """Skip interim answers, such as 103 Early Hints: the standard library knows 100 Continue only."""
        line: tuple[str, int, str] = super()._read_status()  # type: ignore[misc]
        while 100 < line[1] < 200 and line[1] != http.client.SWITCHING_PROTOCOLS:
            http.client.parse_headers(self.fp)
            line = super()._read_status()  # type: ignore[misc]
        return line


class _Plain(urllib3.connection.HTTPConnection):
    response_class = _Answer


class _Secure(urllib3.connection.HTTPSConnection):
    response_class = _Answer


class _PlainPool(urllib3.HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(urllib3.HTTPSConnectionPool):
    ConnectionCls = _Secure


class _Adapter(HTTPAdapter):
    """Connections whose answers have a deadline, directly and through proxies."""

    _POOLS: ClassVar = {"http": _PlainPool, "https": _SecurePool}

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = self._POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> urllib3.ProxyManager:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._POOLS
        return cast(urllib3.ProxyManager, manager)


@dataclass
class _Kept:
    """The connection that a line keeps alive: to which host and how, and when it was used last."""

    adapter: _Adapter
    host: tuple[str, str, str | None, str | None]
    used: float


class RequestsTransport:
    """Connections of ``requests``, one for each line (``lines``) and kept alive; one thread at a time uses a line.

    Args:
        timeout_s: bound on connecting, on each wait for bytes, and on the whole answer.
        ca_files: by service, a file of certificate authorities instead of the public ones.
        proxies: by service, the address of a proxy.
    """

    def __init__(
        self,
        *,
        timeout_s: float,
        ca_files: Mapping[str, Path] | None = None,
        proxies: Mapping[str, str] | None = None,
        body_max: int = BODY_MAX,
    ) -> None:
        self._timeout_s = timeout_s
        self._verify = {service: str(path) for service, path in (ca_files or {}).items()}
        self._proxies = {service: {"http": proxy, "https": proxy} for service, proxy in (proxies or {}).items()}
        self._body_max = body_max
        self._kept: dict[int | None, _Kept] = {}
        """By line, what it keeps alive."""

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send once and read the whole answer, within the bounds of time and size."""
        started = time.monotonic()
        try:
            response = self._adapter(request, started).send(
                _prepared(request),
                stream=True,
                timeout=self._timeout_s,
                verify=self._verify.get(request.service, True),
                proxies=self._proxies.get(request.service),
            )
            body = self._read(response.raw, started + self._timeout_s)
        except TransportFailed:
            raise
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as problem:
            kind = _kind(problem)
            sent = kind != "unreachable"  # nobody took the connection
            if kind == "closed" and self._gone(request):
                kind = "unreachable"
            raise TransportFailed(kind, sent=sent) from None  # the message of a foreign exception holds the address
        finally:
            self._kept[LINE.get()].used = time.monotonic()
        headers = {name.lower(): value for name, value in response.headers.items()}
        return HttpResponse(response.status_code, headers, body)

    def close(self) -> None:
        """Close every connection."""
        for kept in list(self._kept.values()):
            kept.adapter.close()
        self._kept.clear()

    def _gone(self, request: HttpRequest) -> bool:
        """Whether nobody listens there any more: a target that was stopped did not answer by closing."""
        if request.service in self._proxies:
            return False
        where = urlsplit(request.url)
        try:
            port = where.port or {"https": 443}.get(where.scheme, 80)
            socket.create_connection((where.hostname or "", port), timeout=min(self._timeout_s, 1.0)).close()
        except (OSError, ValueError):
            return True
        return False

    def _adapter(self, request: HttpRequest, now: float) -> _Adapter:
        """What this line sends with: one connection at most, closed before another host is asked or when idle long."""
        where = urlsplit(request.url)
        trusted, proxies = self._verify.get(request.service), self._proxies.get(request.service, {})
        host = (where.scheme, where.netloc, trusted, proxies.get(where.scheme))  # services of one host share it
        kept = self._kept.get(LINE.get())
        if kept is None:
            kept = self._kept[LINE.get()] = _Kept(
                _Adapter(pool_connections=1, pool_maxsize=1, max_retries=0), host, now
            )
        elif kept.host != host or now - kept.used > IDLE_MAX_S:
            kept.adapter.close()  # its pools, those of proxies too; it stays usable
            kept.host = host
        return kept.adapter

    def _read(self, raw: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size, problem = 0, None
        try:
            # read1 gives what is there, so that a drip of bytes cannot outlast the bound
            while problem is None and (chunk := raw.read1(65_536, decode_content=True)):
                chunks.append(chunk)
                size += len(chunk)
                if size > self._body_max:
                    problem = "too_large"
                elif time.monotonic() > deadline:
                    problem = "timeout"
        except urllib3.exceptions.DecodeError:  # an answer all the same: one that nobody can read
            raw.close()
            return b""
        except BaseException:
            raw.close()
            raise
        if problem:
            raw.close()
            raise TransportFailed(problem)
        raw.release_conn()
        return b"".join(chunks)


def _prepared(request: HttpRequest) -> requests.PreparedRequest:
    """A request as it is, byte for byte: ``requests`` is not asked to tidy it up."""
    prepared = requests.PreparedRequest()
    prepared.method = request.method
    prepared.url = request.url
    prepared.headers = CaseInsensitiveDict(request.headers)
    if request.body or request.method not in ("GET", "HEAD", "DELETE", "OPTIONS"):
        prepared.headers["Content-Length"] = str(len(request.body))
    prepared.body = request.body or None
    return prepared


def _kind(problem: BaseException) -> str:
    """One word for a foreign exception; ``requests`` wraps what ``urllib3`` wraps, so the whole chain is looked at."""
    seen: list[BaseException] = []
    pending: list[object] = [problem]
    while pending:
        inner = pending.pop()
        if isinstance(inner, BaseException) and inner not in seen:
            seen.append(inner)
            pending += [*inner.args, inner.__cause__, inner.__context__, getattr(inner, "reason", None)]

    def any_of(*types: type[BaseException]) -> bool:
        return any(isinstance(inner, types) for inner in seen)

    if any_of(requests.exceptions.SSLError, urllib3.exceptions.SSLError):
        return "tls"
    if any_of(requests.exceptions.ConnectTimeout, urllib3.exceptions.NewConnectionError, ConnectionRefusedError):
        return "unreachable"
    if any_of(requests.exceptions.ProxyError, urllib3.exceptions.NameResolutionError):
        return "unreachable"
    if any_of(requests.exceptions.Timeout, urllib3.exceptions.TimeoutError, TimeoutError):
        return "timeout"
    return "closed"
