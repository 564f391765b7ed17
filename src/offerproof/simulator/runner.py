"""Puts a simulator together from its options and runs it until it is asked to stop."""

from __future__ import annotations

import asyncio
import gc
import ipaddress
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from offerproof.errors import Misuse
from offerproof.simulator import profile, program_file
from offerproof.simulator.answers import Service
from offerproof.simulator.app import MAX_BODY, App
from offerproof.simulator.clock import SimulatedClock
from offerproof.simulator.connection import ConnectionLimits
from offerproof.simulator.control import ControlApi
from offerproof.simulator.credentials import Keys, drawn_token, from_texts
from offerproof.simulator.journal import Journal
from offerproof.simulator.planting import Catalogue
from offerproof.simulator.request_log import LogChoice, RequestLog
from offerproof.simulator.server import Server, new_loop, wait_for_stop


class JournalChoice(NamedTuple):
    """Where the journal is, how safely it is written, and whether its damage is left behind."""

    path: Path
    full_sync: bool
    accept_loss: bool


@dataclass(frozen=True)
class ListenOn:
    """Where the services are; ``port`` 0: a free one; ``separate_ports``: it and the next two, one for each."""

    host: str = "127.0.0.1"
    port: int = 8080
    separate_ports: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= 65535 - (2 if self.separate_ports else 0):
            hint = "a port is a number from 0 to 65535; with --separate-ports there are three"
            raise Misuse(f"cannot listen on port {self.port}", hint=hint)
        if not self.host:
            raise Misuse("--host is empty", hint="127.0.0.1 for this machine, 0.0.0.0 for all that can reach it")


@dataclass(frozen=True)
class ServerOptions:
    """What ``offerproof simulate`` was asked for."""

    listen: ListenOn = ListenOn()
    program: Path | None = None
    seed: int = 0
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    journal: JournalChoice | None = None
    control: bool = False
    control_token: str | None = None
    credentials: dict[str, str] = field(default_factory=dict)
    profile_out: Path | None = None
    log: LogChoice | None = None
    defects: Sequence[str] = ()
    scenarios: Sequence[str] = ()
    max_body: int = MAX_BODY
    bounds: Mapping[str, int | None] = field(default_factory=dict)
    limits: ConnectionLimits = field(default_factory=ConnectionLimits)

    def __post_init__(self) -> None:
        if self.max_body < 1024:
            raise Misuse("--max-body is less than 1024 bytes", hint="no request of a till would fit")

    @cached_property
    def draw(self) -> int:
        """What credentials are drawn from: the seed, but a number nobody knows where others can reach the simulator."""
        return self.seed if loopback(self.listen.host) else secrets.randbits(128)


@dataclass(frozen=True)
class Running:
    """A simulator that listens: where, and with which credentials."""

    app: App
    addresses: dict[Service, str]
    keys: Keys
    token: str | None
    replayed: int
    loop_name: str


def build(options: ServerOptions, catalogue: Catalogue) -> App:
    """Make the app that the options describe, without a network and without a journal."""
    keys = from_texts(options.draw, options.credentials)
    file = program_file.read(options.program).with_bounds(**options.bounds)
    app = App(file, seed=options.seed, clock=options.clock, keys=keys, max_body=options.max_body, defects=catalogue)
    for text in options.scenarios:
        app.scenarios.stage(text, options.seed)
    app.planting.plant(options.defects)
    return app


def run(options: ServerOptions, catalogue: Catalogue, ready: Callable[[Running], None]) -> None:
    """Serve until SIGTERM or SIGINT; ``ready`` is told once all ports listen."""
    app = build(options, catalogue)
    token = None
    if options.control:
        token = options.control_token or drawn_token(options.draw)
        app.control = ControlApi(app, token)
    journal = None
    replayed = 0
    if options.journal is not None:
        chosen = options.journal
        journal = Journal(
            chosen.path, app, full_sync=chosen.full_sync, complain=_complain, accept_loss=chosen.accept_loss
        )
        replayed = journal.replay()
        journal.attach()
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    loop = new_loop()
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(_serve(options, app, journal, token, replayed, ready))
    finally:
        asyncio.set_event_loop(None)
        loop.close()
        if journal is not None:
            journal.close()


async def _serve(
    options: ServerOptions,
    app: App,
    journal: Journal | None,
    token: str | None,
    replayed: int,
    ready: Callable[[Running], None],
) -> None:
    log = RequestLog(app, options.log) if options.log is not None else None
    server = Server(
        log or app,
        limits=options.limits,
        commit=journal.commit if journal is not None else None,
        refused=log.refused if log is not None else None,
        now=lambda: app.clock.now(),
    )
    try:
        addresses = await _listen(server, options)
        if options.profile_out is not None:
            place = addresses[Service.CORE]
            declared = app.file.settings  # a planted defect may change what is done, never what is declared
            profile.write(
                options.profile_out,
                declared,
                app.auth.keys,
                addresses,
                token=token,
                control=place,
                http=app.file.http,
            )
        loop_name = type(asyncio.get_running_loop()).__module__.partition(".")[0]
        ready(Running(app, addresses, app.auth.keys, token, replayed, loop_name))
        await wait_for_stop()
    finally:
        await server.close()
        if log is not None:
            log.close()


async def _listen(server: Server, options: ServerOptions) -> dict[Service, str]:
    """Open one port for all services, or one for each; returns where each service is."""
    on = options.listen
    if not on.separate_ports:
        return dict.fromkeys(Service, _url(on.host, await server.listen(on.host, on.port)))
    addresses = {}
    for offset, service in enumerate(Service):
        port = await server.listen(on.host, on.port + offset if on.port else 0, service)
        addresses[service] = _url(on.host, port)
    return addresses


def _url(host: str, port: int) -> str:
    try:
        named = f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    except ValueError:
        named = host
    return f"http://{named}:{port}"


def _complain(message: str) -> None:
    sys.stderr.write(f"offerproof simulate: {message}\n")
    sys.stderr.flush()


def loopback(host: str) -> bool:
    """Whether only this machine can reach a host address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
