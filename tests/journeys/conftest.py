"""A simulated target in this process, and journeys and races against it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from offerproof.client import Api, HttpRequest, HttpResponse, Minter, Wire
from offerproof.conformance.journeys.travel import JourneyPlan, Travelled, travel
from offerproof.defects import registry
from offerproof.exchange import Exchange
from offerproof.provisioning import CannotProvide
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.control import ControlApi
from offerproof.simulator.profile import write
from offerproof.simulator.program_file import read
from offerproof.target import load_profile

Rewrite = Callable[[int, Any], tuple[int, Any]]
"""Status and parsed answer in; status and answer out."""


class Inward:
    """A transport that hands requests to the simulator's ``App``, one at a time; ``rewrite`` changes answers."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.rewrite: Rewrite | None = None
        self.sent: list[bytes] = []
        self._guard = threading.Lock()

    def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
        with self._guard:
            self.sent.append(f"{request.method} {target} ".encode() + request.body)
            answer = self.app.handle(request.method.encode(), target.encode(), headers, request.body)
            status, body = answer.status, answer.body
            if self.rewrite is not None:
                status, document = self.rewrite(status, json.loads(body))
                body = json.dumps(document).encode()
        os.sched_yield()  # let other terminals in, or a fast target serves one thread after the other
        return HttpResponse(status, {"content-type": "application/json"}, body)


class NoSupply:
    """There is nothing but what the journeys make."""

    def customer(self) -> Any:
        raise CannotProvide("no pool")

    def user_offer(self, customer: Any) -> Any:
        raise CannotProvide("no pool")


class Target:
    """A fresh simulated target, with defects if wanted."""

    def __init__(self, folder: Path) -> None:
        self.app = App(read(None), seed=7, defects=registry)
        self.app.control = ControlApi(self.app, "test-token")
        addresses = dict.fromkeys(Service, "http://127.0.0.1:1")
        keys = self.app.auth.keys
        write(folder / "t.toml", self.app.settings, keys, addresses, token="test-token", control="http://127.0.0.1:1")
        self.profile = load_profile(folder / "t.toml")
        self.transport = Inward(self.app)
        self.seen: list[Exchange] = []

    def api(self, seed: int, *defects: str, rewrite: Rewrite | None = None) -> Api:
        """A client of a world that has just begun."""
        self.app.planting.clear()
        self.app.build()
        self.app.planting.plant(defects)
        self.transport.rewrite = rewrite
        self.transport.sent.clear()
        api = Api(Wire(self.profile, self.transport, minter=Minter(seed, "test"), sleep=lambda _: None))
        self.seen.clear()
        api.wire.observers.append(self.seen.append)
        return api

    def journeys(
        self, seed: int, *defects: str, plan: JourneyPlan, rewrite: Rewrite | None = None, **reports: Any
    ) -> Travelled:
        """Travel through a fresh world."""
        return travel(self.api(seed, *defects, rewrite=rewrite), NoSupply(), plan, **reports)


@pytest.fixture
def target(tmp_path: Path) -> Target:
    return Target(tmp_path)
