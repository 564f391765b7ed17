"""A simulator that listens at one address for the life of a process, and can be made anew between two runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from offerproof.defects import Defect, registry
from offerproof.errors import CannotJudge
from offerproof.simulator import profile, program_file
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.control import ControlApi
from offerproof.simulator.credentials import drawn, drawn_token
from offerproof.simulator.server import Server, new_loop
from offerproof.target import Profile, load_profile

_READY_S = 20.0
Catalogue = Callable[[], Mapping[str, Defect]]


class InProcessSimulator:
    """One server in a thread of this process; ``profile`` is what the judge gets to know of it."""

    def __init__(self, folder: Path, catalogue: Catalogue = registry) -> None:
        self.folder = folder
        self._catalogue = catalogue
        self._file = program_file.read(None)
        self._keys, self._token = drawn(0), drawn_token(0)
        self.app = self._made(0)
        self._server = Server(self.app, now=lambda: self.app.clock.now())
        self._loop = new_loop()
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="selfcheck-simulator", daemon=True)
        self._thread.start()
        if not self._ready.wait(_READY_S):
            raise CannotJudge(f"the simulator was not ready within {_READY_S:.0f} s")
        self.profile: Profile = load_profile(folder / "simulator.toml")

    def renew(self, seed: int, defect: str | None = None) -> App:
        """Put a fresh simulator behind the address; runs that begin from now on meet no other.

        Connections stay with the simulator they were opened to; a run of the suite opens its own.
        """
        self.app = self._made(seed)
        if defect is not None:
            self.app.planting.plant([defect])
        self._server.app = self.app
        return self.app

    def close(self) -> None:
        """Stop listening, and end the thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_READY_S)

    def _made(self, seed: int) -> App:
        app = App(self._file, seed=seed, keys=self._keys, defects=self._catalogue)
        app.control = ControlApi(app, self._token)
        return app

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _serve(self) -> None:
        port = await self._server.listen("127.0.0.1", 0)
        address = f"http://127.0.0.1:{port}"
        where = dict.fromkeys(Service, address)
        path = self.folder / "simulator.toml"
        profile.write(
            path, self.app.settings, self._keys, where, token=self._token, control=address, http=self.app.file.http
        )
        self._ready.set()
        await self._stop.wait()
        await self._server.close(grace=0.0)


FOLDERS: Final = "offerproof-selfcheck-"


@contextmanager
def in_process_simulator(catalogue: Catalogue = registry, within: Path | None = None) -> Iterator[InProcessSimulator]:
    """A simulator in a folder of its own, gone at the end; ``catalogue``: the defects it can have."""
    with TemporaryDirectory(prefix=FOLDERS, dir=within) as folder:
        made = InProcessSimulator(Path(folder), catalogue)
        try:
            yield made
        finally:
            made.close()
