"""A pass-through proxy on the loopback: bytes go on at once, and what they were is told when an exchange is over."""

from __future__ import annotations

import asyncio
import heapq
import json
import ssl
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from offerproof.errors import Misuse
from offerproof.recording import Recorded
from offerproof.recording.model import MISSING
from offerproof.watch.messages import PassedMessage, PassingAnswers, PassingRequests, Unreadable, addressed, path_of

CHUNK: Final = 256 * 1024
CONNECT_S: Final = 10.0
_LOOPBACK: Final = "127.0.0.1"


@dataclass(frozen=True)
class Upstream:
    """Where a service is. ``prefix`` is the path below which it is; ``tls`` None: plain HTTP."""

    host: str
    port: int
    prefix: str = ""
    tls: ssl.SSLContext | None = None

    @property
    def authority(self) -> str:
        """Host and port as the Host header says them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme and authority."""
        return f"{'https' if self.tls else 'http'}://{self.authority}"


@dataclass(frozen=True)
class Route:
    """Where a request goes; ``refusal`` is why it does not."""

    service: str
    refusal: str | None = None


Router = Callable[[str, str], Route]
"""Method and path → where it goes."""


@dataclass
class ProxyCounts:
    """What a proxy counts beside the exchanges."""

    refused: Counter[str] = field(default_factory=Counter)
    unread: Counter[str] = field(default_factory=Counter)
    """Connections whose bytes passed unread, by the reason."""
    unreachable: Counter[str] = field(default_factory=Counter)


class _Passing:
    """An exchange under way."""

    def __init__(self, request: PassedMessage, origin: str) -> None:
        self.request = request
        self.origin = origin
        self.started = time.time_ns() // 1000


class Proxy:
    """Listens, and passes what comes to the target. ``sink`` gets each exchange, in the order of their starts."""

    def __init__(self, upstreams: Mapping[str, Upstream], route: Router, sink: Callable[[Recorded], None]) -> None:
        self.upstreams = upstreams
        self.route = route
        self.told = ProxyCounts()
        self._sink = sink
        self._under_way: dict[_Passing, None] = {}
        self._waiting: list[tuple[int, int, Recorded]] = []
        self._numbers = count(1)
        self._listeners: list[asyncio.Server] = []
        self._passages: set[_Passage] = set()
        self.answering: set[asyncio.Task[None]] = set()
        """Kept until they end: a loop holds its tasks only weakly, and a passage may be gone before them."""

    async def listen(self, port: int, service: str | None = None, tls: ssl.SSLContext | None = None) -> int:
        """Open a port of the loopback (0: any free one) and return it. ``service``: all of it goes there."""

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            passage = _Passage(self, reader, writer, service)
            self._passages.add(passage)
            try:
                await passage.run()
            except asyncio.CancelledError:
                pass  # we end; Python 3.11 shows a traceback for a connection that says so
            finally:
                self._passages.discard(passage)

        try:
            listener = await asyncio.start_server(serve, _LOOPBACK, port, ssl=tls, limit=CHUNK)
        except (OSError, OverflowError) as problem:
            reason = getattr(problem, "strerror", None) or str(problem)
            raise Misuse(f"cannot listen on port {port}: {reason}", hint="choose another --listen, or 0") from None
        self._listeners.append(listener)
        return int(listener.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Hang up; what is under way has no answer."""
        for listener in self._listeners:
            listener.close()
        for passage in tuple(self._passages):
            passage.hang_up()
        await asyncio.sleep(0)
        for passing in tuple(self._under_way):
            self.ended(passing, None, "closed")

    def began(self, request: PassedMessage, origin: str) -> _Passing:
        """Note a request whose head has gone on."""
        passing = _Passing(request, origin)
        self._under_way[passing] = None
        return passing

    def ended(
        self, passing: _Passing, answer: PassedMessage | None, failure: str | None, at: int | None = None
    ) -> None:
        """Tell an exchange, and those that waited for it: whoever judges gets them in the order of their starts.

        ``at``: when it was over for the client (microseconds), where that was before now.
        """
        if self._under_way.pop(passing, passing) is passing:
            return
        number = next(self._numbers)
        request = passing.request
        recorded = Recorded(
            place=f"exchange {number}",
            method=request.method,
            url=passing.origin + request.url.decode("latin-1"),
            request_headers=request.kept_headers,
            request=request.body,
            status=answer.status if answer else None,
            answer_headers=answer.kept_headers if answer else (),
            answer=answer.body if answer else MISSING,
            started=passing.started,
            ended=time.time_ns() // 1000 if at is None else at,
            failure=failure,
        )
        heapq.heappush(self._waiting, (passing.started, number, recorded))
        first = min((one.started for one in self._under_way), default=None)
        while self._waiting and (first is None or self._waiting[0][0] <= first):
            self._sink(heapq.heappop(self._waiting)[2])


class _Passage:
    """One connection of a client, and those to the target that belong to it."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, service: str | None
    ) -> None:
        self.proxy = proxy
        self.reader = reader
        self.writer = writer
        self.service = service
        self.targets: dict[Upstream, asyncio.StreamWriter] = {}
        self.current: asyncio.StreamWriter | None = None
        self.unanswered: deque[_Passing] = deque()
        self.refusal: str | None = None
        self.blind = False
        self._answers: set[asyncio.Task[None]] = set()
        self._left: int | None = None
        """When the client hung up, in microseconds."""

    async def run(self) -> None:
        """Pass on what the client sends until one side hangs up."""
        requests = PassingRequests()
        try:
            while data := await self._read():
                await self._pass(requests, data)
            self._left = time.time_ns() // 1000
            if self.unanswered and self.current is not None and self.current.can_write_eof():
                self.current.write_eof()
                if self._answers:
                    await asyncio.wait(self._answers, timeout=CONNECT_S)
        except ConnectionAbortedError:
            pass  # by us
        finally:
            self.hang_up()

    async def _read(self) -> bytes:
        try:
            return await self.reader.read(CHUNK)
        except (ConnectionError, ssl.SSLError, TimeoutError):
            return b""

    async def _send(self, target: asyncio.StreamWriter, data: bytes) -> None:
        """Send to the target; where it hangs up meanwhile, whatever it said still comes to the client."""
        if target.is_closing():
            return
        with suppress(ConnectionError, ssl.SSLError):
            target.write(data)
            await target.drain()

    async def _pass(self, requests: PassingRequests, data: bytes) -> None:
        if not self.blind:
            try:
                for kind, piece, message in requests.feed(data):
                    await self._step(kind, piece, message)
            except Unreadable as problem:
                self.blind = True
                self.proxy.told.unread[str(problem)] += 1
                data = requests.rest
            else:
                return
        if self.refusal is None:
            target = self.current or await self._connected(self._upstream("", ""))
            await self._send(target, data)

    async def _step(self, kind: str, piece: bytes, message: PassedMessage) -> None:
        if kind == "head":
            path = path_of(message.url)
            route = self.proxy.route(message.method, path)
            self.refusal = route.refusal
            if self.refusal is None:
                upstream = self.proxy.upstreams[self.service or route.service]
                self.unanswered.append(self.proxy.began(message, upstream.origin))
                self.current = await self._connected(upstream)
                await self._send(self.current, addressed(piece, upstream.authority, upstream.prefix))
            if message.method == "HEAD":
                self.blind = True  # its answer has a length and no body: nothing that is judged
        elif kind == "body" and self.refusal is None and self.current is not None:
            await self._send(self.current, piece)
        elif kind == "end" and self.refusal is not None:
            self.proxy.told.refused[self.refusal] += 1
            self.writer.write(_refused(self.refusal))
            raise ConnectionAbortedError

    def _upstream(self, method: str, path: str) -> Upstream:
        return self.proxy.upstreams[self.service or self.proxy.route(method, path).service]

    async def _connected(self, upstream: Upstream) -> asyncio.StreamWriter:
        known = self.targets.get(upstream)
        if known is not None and not known.is_closing():
            return known
        try:
            reader, writer = await asyncio.wait_for(
                asyncio.open_connection(
                    upstream.host,
                    upstream.port,
                    ssl=upstream.tls,
                    server_hostname=upstream.host if upstream.tls else None,
                    limit=CHUNK,
                ),
                CONNECT_S,
            )
        except (OSError, TimeoutError) as problem:
            self.proxy.told.unreachable[f"{upstream.origin}: {type(problem).__name__}"] += 1
            raise ConnectionAbortedError from problem
        self.targets[upstream] = writer
        task = asyncio.create_task(self._answer(reader, writer))
        for held in (self._answers, self.proxy.answering):
            held.add(task)
            task.add_done_callback(held.discard)
        return writer

    async def _answer(self, reader: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        """Pass on what the target sends, and hang up when it does."""
        answers = PassingAnswers(self._answered)
        with suppress(ConnectionError, ssl.SSLError):
            while (data := await reader.read(CHUNK)) and not self.writer.is_closing():
                self.writer.write(data)
                answers.feed(data)
                await self.writer.drain()
            last = answers.close()
            if last is not None:
                self._answered(last)
        target.close()
        if target is self.current or not self.unanswered:
            self.hang_up()

    def _answered(self, message: PassedMessage) -> None:
        if self.unanswered:
            self.proxy.ended(self.unanswered.popleft(), message, "timeout" if self._left else None, self._left)

    def hang_up(self) -> None:
        """Close both sides once everything that was written has left."""
        for target in self.targets.values():
            target.close()
        self.writer.close()
        while self.unanswered:
            self.proxy.ended(self.unanswered.popleft(), None, "timeout" if self._left else "closed", self._left)


def _refused(why: str) -> bytes:
    """Our own answer to what may not pass."""
    told = {"status": "error", "errors": [{"code": "offerproof_watch", "message": why}]}
    body = json.dumps(told).encode()
    head = (
        "HTTP/1.1 403 Forbidden\r\nServer: offerproof watch\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body
