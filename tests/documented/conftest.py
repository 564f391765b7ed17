"""The simulator that docs/workflow.md starts, in a process of its own, and a plain client that knows only JSON."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests.documented.pages import ROOT, blocks

CONTROL = ["--control", "--control-token", "token"]


@dataclass(frozen=True)
class Server:
    """Where the simulator listens; ``ask`` sends one request and returns the parsed answer."""

    url: str
    profile: Path

    def profile_into(self, path: Path) -> None:
        """Put its target profile there, with the files of its credentials beside it."""
        for file in self.profile.parent.glob("server.*"):
            shutil.copy(file, path.parent)
        shutil.copy(self.profile, path)

    def ask(self, path: str, body: object = None, *, pair: str = "", token: str = "") -> Any:
        scheme = f"Bearer {token}" if token else "Basic " + b64encode(pair.encode()).decode()
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": scheme, "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers), timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    profile = tmp_path_factory.mktemp("server") / "server.toml"
    (line,) = [one.text for one in blocks("docs/workflow.md") if one.text.startswith("offerproof simulate")]
    _, *options, background = shlex.split(line.replace("\\\n", " "))
    options[options.index("--port") + 1] = "0"
    assert (background, "--frozen" in options, "2018-09-07T16:00:00Z" in options) == ("&", True, True)
    process = subprocess.Popen(
        [sys.executable, "-m", "offerproof", *options, *CONTROL, "--profile-out", str(profile)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "ready at " in line:
                yield Server(line.split("ready at ")[1].split()[0], profile)
                break
        else:
            pytest.fail("the simulator ended before it was ready")
    finally:
        process.terminate()
        process.stdout.close()
        assert process.wait(timeout=20) == 0


@pytest.fixture(scope="module")
def world(server: Server) -> Server:
    """The server after the documents' customers, offers and user offers were loaded under their own ids."""
    server.ask(
        "/_control/load", json.loads((ROOT / "examples/documented-world.json").read_text("utf-8")), token="token"
    )
    return server


@pytest.fixture(scope="session")
def printed() -> Any:
    """Returns a printed sample by name, as JSON after its named repairs."""
    return lambda name: json.loads((ROOT / "schemas/samples" / f"{name}.json").read_text("utf-8"))
