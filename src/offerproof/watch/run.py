"""A proxy in a process of its own, and the judge of what passes through it in this one."""

from __future__ import annotations

import asyncio
import multiprocessing
import queue
import signal
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from offerproof.audit import AuditOptions, FinishedAudit, LiveAudit
from offerproof.audit.calls import CallFinder
from offerproof.contract import OPERATIONS, SERVICES
from offerproof.errors import CannotJudge, Misuse
from offerproof.recording import Recorded
from offerproof.target import Profile, load_profile
from offerproof.watch.proxy import Proxy, Route, Router, Upstream

BACKLOG_MAX: Final = 50_000
"""Exchanges that may wait to be judged; beyond that they pass unjudged, and that is said."""
_START_S: Final = 20.0
_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LOST: Final = "exchanges passed while judging was behind"


@dataclass(frozen=True)
class WatchOptions:
    """What to watch. ``listen``: service → port of the loopback, or ``""`` → one port for all of them."""

    profile: Path
    listen: Mapping[str, int]
    read_only: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None


class _Ready(msgspec.Struct, frozen=True, tag=True):
    ports: dict[str, int]


class _Failed(msgspec.Struct, frozen=True, tag=True):
    message: str
    hint: str | None


class _Ended(msgspec.Struct, frozen=True, tag=True):
    notes: tuple[str, ...]
    whole: bool


class _Passed(msgspec.Struct, frozen=True, tag=True):
    recorded: Recorded


_FromProxy = _Ready | _Failed | _Ended | _Passed
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(_FromProxy)


class Watch:
    """A proxy that runs. A context manager: leaving it stops the proxy."""

    def __init__(self, options: WatchOptions) -> None:
        self.options = options
        profile = load_profile(options.profile, planning=True)
        if profile.environment == "production" and not options.read_only:
            raise Misuse(
                "watch stands before test systems, and this is production",
                hint="--read-only lets reads pass, and answers calls that write with 403",
            )
        spawn = multiprocessing.get_context("spawn")
        self._told, tells = spawn.Pipe(duplex=False)
        stops, self._stop = spawn.Pipe(duplex=False)
        self._process = spawn.Process(target=serve, args=(options, tells, stops), name="offerproof watch")
        self._process.start()
        tells.close()
        stops.close()
        told = self._receive(_START_S)
        if isinstance(told, _Failed):
            self._process.join()
            raise Misuse(told.message, hint=told.hint)
        if not isinstance(told, _Ready):
            self._process.kill()
            raise CannotJudge("the proxy did not start")
        self.ports = told.ports
        self.notes: tuple[str, ...] = ()
        self.ended = False
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Watch:
        self._listen_to_signals()
        return self

    def __exit__(self, *problem: object) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self.stop()
        while not self.ended and self.passed(5.0):
            pass
        self._process.join(5.0)
        if self._process.is_alive():
            self._process.kill()

    def _receive(self, timeout: float) -> _FromProxy | None:
        try:
            return _DECODER.decode(self._told.recv_bytes()) if self._told.poll(timeout) else None
        except (EOFError, OSError):
            return _Ended(("the proxy ended by itself",), False)

    def stop(self) -> None:
        """Ask the proxy to hang up; what passed until then still comes."""
        with suppress(OSError):
            self._stop.send_bytes(b"stop")

    def judge(self, audit: AuditOptions, each: Callable[[LiveAudit, Recorded | None], None]) -> FinishedAudit:
        """Judge what passes until Ctrl-C or another signal to end, then write the run.

        ``each`` is called after every exchange, and every second.
        """
        live = LiveAudit(audit, "watched")
        while not self.ended:
            live.keep()
            recorded = self.passed(1.0)
            if recorded is not None:
                live.take(recorded)
            each(live, recorded)
        return live.close(self.notes)

    def passed(self, timeout: float) -> Recorded | None:
        """The next exchange that passed, within so many seconds; None when there is none, or the proxy ended."""
        told = self._receive(timeout)
        if isinstance(told, _Ended):
            self.notes, self.ended = told.notes, True
        return told.recorded if isinstance(told, _Passed) else None

    def _listen_to_signals(self) -> None:
        """Let the first Ctrl-C stop the proxy, so that no exchange is left half judged; a second one ends us."""

        def stop(number: int, frame: object) -> None:
            self.stop()
            signal.signal(number, signal.default_int_handler)

        if threading.current_thread() is threading.main_thread():
            numbers = [signal.SIGINT, signal.SIGTERM]
            if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # started with nohup
                numbers.append(signal.SIGHUP)
            self._handlers = {number: signal.signal(number, stop) for number in numbers}


# In the proxy's process


def serve(options: WatchOptions, tells: Connection, stops: Connection) -> None:
    """Be the proxy until the other side says stop, or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to both; the judge says when to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        import uvloop

        run: Callable[..., None] = uvloop.run
    except ImportError:
        run = asyncio.run
    run(_serve(options, tells, stops))


async def _serve(options: WatchOptions, tells: Connection, stops: Connection) -> None:
    told: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
    lost: Counter[str] = Counter()

    def sink(recorded: Recorded) -> None:
        if told.qsize() < BACKLOG_MAX:
            told.put(_ENCODER.encode(_Passed(recorded)))
        else:
            lost[_LOST] += 1

    try:
        profile = load_profile(options.profile, planning=True)
        proxy = Proxy(upstreams_of(profile), router(profile, read_only=options.read_only), sink)
        tls = _towards_the_till(options)
        ports = {name: await proxy.listen(port, name or None, tls) for name, port in options.listen.items()}
    except Misuse as problem:
        tells.send_bytes(_ENCODER.encode(_Failed(problem.message, problem.hint)))
        return
    with suppress(BrokenPipeError):  # who asked is gone already: then the other pipe says stop at once
        tells.send_bytes(_ENCODER.encode(_Ready(ports)))
    writer = threading.Thread(target=_write, args=(told, tells), daemon=True)
    writer.start()
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_reader(stops.fileno(), stopped.set)  # libuv makes it non-blocking: so it is a pipe of its own
    await stopped.wait()
    loop.remove_reader(stops.fileno())
    await proxy.close()
    counted = proxy.told
    notes = [f"refused, for it may write: {what} ({count})" for what, count in counted.refused.items()]
    notes += [f"passed unread: {why} ({count})" for why, count in counted.unread.items()]
    notes += [f"could not be reached: {where} ({count})" for where, count in counted.unreachable.items()]
    notes += [f"{count:,} {what}" for what, count in lost.items()]
    told.put(_ENCODER.encode(_Ended(tuple(notes), not lost and not counted.unread)))
    told.put(None)
    writer.join(60.0)


def _write(told: queue.SimpleQueue[bytes | None], pipe: Connection) -> None:
    with suppress(OSError):
        while (message := told.get()) is not None:
            pipe.send_bytes(message)


def _towards_the_till(options: WatchOptions) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(options.tls_cert, options.tls_key)
    except (OSError, ssl.SSLError) as problem:
        raise Misuse(
            f"{options.tls_cert} is no certificate with its key: {problem.strerror}",
            hint="--tls-cert takes PEM; a key in a file of its own is --tls-key",
        ) from None
    return context


def upstreams_of(profile: Profile) -> dict[str, Upstream]:
    """Where each service of a target is."""
    found = {}
    for name, service in profile.services.items():
        parts = urlsplit(service.base_url)
        tls = None
        if parts.scheme == "https":
            tls = ssl.create_default_context(cafile=str(service.ca_file) if service.ca_file else None)
        port = parts.port or (443 if tls else 80)
        found[name] = Upstream(parts.hostname or "", port, parts.path.rstrip("/"), tls)
    return found


def router(profile: Profile, *, read_only: bool) -> Router:
    """Say by method and path which service a request is for, and whether it may pass."""
    finder = CallFinder(profile)

    def route(method: str, path: str) -> Route:
        operation = finder.named(method, path)
        service = OPERATIONS[operation].service if operation else "core" if "/priv/" in path.lower() else SERVICES[-1]
        writes = OPERATIONS[operation].writes if operation else method not in _READS
        return Route(service, f"{operation or method} ({profile.name})" if read_only and writes else None)

    return route
