"""The transport: HTTP/1.1 over asyncio (uvloop where there is one) and httptools, around a function of bytes.

It knows connections, limits and time-outs, and nothing of the API. Answers gathered in one turn of the event loop leave
together, after ``commit`` has kept what they acknowledge.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from email.utils import formatdate

from offerproof.errors import Misuse
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.connection import Connection, ConnectionLimits, Handler


class Server:
    """Listens on one or several ports and serves ``app`` until it is stopped."""

    def __init__(
        self,
        app: Handler,
        *,
        limits: ConnectionLimits | None = None,
        commit: Callable[[], Answer | None] | None = None,
        refused: Callable[[Answer], None] | None = None,
        now: Callable[[], int] | None = None,
    ) -> None:
        self.app = app
        self.limits = limits or ConnectionLimits()
        self.connections: set[Connection] = set()
        self.tick = 0
        self.gathers = commit is not None  # answers wait for the end of the turn: a journal is to be written first
        self.refused = refused
        self._now = now
        self._date = (0, b"")
        self._commit = commit
        self._loop: asyncio.AbstractEventLoop
        self._dirty: dict[Connection, None] = {}
        self._listeners: list[asyncio.Server] = []
        self._ticker: asyncio.TimerHandle | None = None

    async def listen(self, host: str, port: int, only: Service | None = None) -> int:
        """Open a port (0: any free one) and return its number; ``only`` limits it to one service."""
        loop = self._loop = asyncio.get_running_loop()
        try:
            listener = await loop.create_server(lambda: Connection(self, loop, only), host, port, backlog=2048)
        except (OSError, UnicodeError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) and problem.strerror else str(problem)
            raise Misuse(f"cannot listen on {host}:{port}: {reason}", hint="choose another --port, or 0") from None
        except OverflowError:
            raise Misuse(f"cannot listen on port {port}", hint="a port is a number from 0 to 65535") from None
        self._listeners.append(listener)
        if self._ticker is None:
            self._ticker = loop.call_later(1.0, self._pass_second)
        return int(listener.sockets[0].getsockname()[1])

    async def close(self, grace: float = 2.0) -> None:
        """Stop listening, let answers that are under way leave for at most ``grace`` seconds, and hang up."""
        for listener in self._listeners:
            listener.close()
        if self._ticker is not None:
            self._ticker.cancel()
        loop = asyncio.get_running_loop()
        deadline = loop.time() + grace
        for connection in tuple(self.connections):
            connection.retire()
        while any(connection.busy for connection in self.connections) and loop.time() < deadline:
            await asyncio.sleep(0.01)
        for connection in tuple(self.connections):
            connection.abort()
        await asyncio.sleep(0)

    def date(self) -> bytes:
        """The Date header of an answer, by the simulator's clock (microseconds); none without one."""
        if self._now is None:
            return b""
        second = self._now() // 1_000_000
        if second != self._date[0]:
            self._date = second, f"date: {formatdate(second, usegmt=True)}\r\n".encode("ascii")
        return self._date[1]

    def gather(self, connection: Connection) -> None:
        """Let the connection's answers leave at the end of this turn."""
        if not self._dirty:
            self._loop.call_soon(self._leave)
        self._dirty[connection] = None

    def _leave(self) -> None:
        dirty, self._dirty = self._dirty, {}
        failure = self._commit() if self._commit is not None else None
        if failure is not None:
            for connection in self.connections - dirty.keys():
                if connection.busy:  # what its answer acknowledges, held back by a scenario, is not certain any more
                    connection.abort()
        for connection in dirty:
            connection.flush(failure)

    def _pass_second(self) -> None:
        self.tick += 1
        for connection in tuple(self.connections):
            connection.check_time(self.tick)
        self._ticker = self._loop.call_later(1.0, self._pass_second)


async def wait_for_stop() -> None:
    """Return when the process is asked to end: SIGTERM, SIGINT, and SIGHUP unless it was started with ``nohup``."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    numbers = [signal.SIGTERM, signal.SIGINT]
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    for number in numbers:
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, ValueError, RuntimeError):  # Windows, or not in the main thread
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    if sys.platform == "win32":  # its loop does not wake up for a signal by itself
        while not stop.is_set():
            await asyncio.sleep(0.2)
    await stop.wait()


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a uvloop event loop, or the standard one where there is no uvloop."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
