"""A simulator at the documents' date, in a process of its own, and a plain client that knows nothing but JSON."""

from __future__ import annotations

import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

AT_THE_DOCUMENTS_DATE = ["--control", "--control-token", "token", "--clock", "2018-09-07T16:00:00Z", "--frozen"]
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Server:
    """Where the simulator listens; ``ask`` sends one request and returns the parsed answer."""

    url: str

    def ask(self, path: str, body: object = None, *, pair: str = "", token: str = "") -> Any:
        scheme = f"Bearer {token}" if token else "Basic " + b64encode(pair.encode()).decode()
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": scheme, "Content-Type": "application/json"}
        with urlopen(Request(self.url + path, data, headers), timeout=10) as answer:
            return json.load(answer)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    pairs = ("core=core:simulated", "offers=offers:simulated", "cloudpos=pos:simulated", "api_key=demo")
    options = [part for pair in pairs for part in ("--credential", pair)]
    process = subprocess.Popen(
        [sys.executable, "-m", "offerproof", "simulate", "--port", "0", *options, *AT_THE_DOCUMENTS_DATE],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    try:
        for line in process.stdout:
            if "ready at " in line:
                yield Server(line.split("ready at ")[1].split()[0])
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


@pytest.fixture(scope="session")
def root_of_project() -> Path:
    return ROOT
