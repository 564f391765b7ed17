"""A proxy between a raw client and a raw target, in this process and on free ports of the loopback."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from offerproof.recording import Recorded
from offerproof.simulator.server import new_loop
from offerproof.watch.proxy import Proxy, Route, Upstream

Talk = Callable[["Stage"], Awaitable[None]]
PATIENCE_S = 10.0


class Stage:
    """What a test sees: what reached the target (``got``), what was recorded, and a client's connection."""

    def __init__(self) -> None:
        self.got = bytearray()
        self.recorded: list[Recorded] = []
        self.answers: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.proxy: Proxy
        self.port = 0
        self.authority = ""
        self.reader: asyncio.StreamReader
        self.writer: asyncio.StreamWriter

    async def target(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take everything, and send what the test puts into ``answers``; None hangs up."""

        asked = asyncio.Event()

        async def take() -> None:
            while data := await reader.read(65536):
                self.got += data
                asked.set()

        taking = asyncio.create_task(take())
        while (answer := await self.answers.get()) is not None:
            await asked.wait()
            writer.write(answer)
        taking.cancel()
        writer.close()

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    def answer(self, data: bytes | None) -> None:
        self.answers.put_nowait(data)

    async def read(self, until: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(until), PATIENCE_S)

    async def until(self, condition: Callable[[], Any]) -> None:
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not condition():
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.001)


@pytest.fixture
def staged() -> Callable[..., Stage]:
    """Play a talk: ``staged(talk, prefix="", refuse=None)``; returns the stage afterwards."""

    def staged(talk: Talk, *, prefix: str = "", refuse: str | None = None, dead: bool = False) -> Stage:
        stage = Stage()
        broken: list[dict[str, Any]] = []

        async def play() -> None:
            asyncio.get_running_loop().set_exception_handler(lambda _, told: broken.append(told))
            server = await asyncio.start_server(stage.target, "127.0.0.1", 0)
            port = server.sockets[0].getsockname()[1]
            if dead:
                server.close()
                await server.wait_closed()
            upstream = Upstream("127.0.0.1", port, prefix)
            route = Route("cloudpos", refuse)
            stage.proxy = Proxy({"cloudpos": upstream}, lambda method, path: route, stage.recorded.append)
            stage.port = await stage.proxy.listen(0)
            stage.authority = upstream.authority
            await stage.connect()
            await talk(stage)
            stage.writer.close()
            await stage.proxy.close()
            for _ in range(3):  # one for each connection that is still there
                stage.answer(None)
            server.close()
            await asyncio.sleep(0)
            gc.collect()  # a task that has failed says so when it is forgotten

        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(asyncio.wait_for(play(), 30))
        assert broken == []
        return stage

    return staged
