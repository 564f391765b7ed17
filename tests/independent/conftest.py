"""The Harbour Club in a process of its own: a server written from the documents alone, and the profile that tells of
it.

It shares nothing with the package: no import, no schema, no helper. It differs from our simulator wherever the
documents leave a choice: program, ids, envelopes, pages, locks, what arrives later, how HTTP is spoken.
"""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from offerproof.defects.asked import Message
from offerproof.defects.wire import Flow, Memory, Rewrite
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.credentials import Keys, Pair
from offerproof.target import Profile, load_profile
from tests.dialects.proxy import Answer as Answered
from tests.dialects.proxy import Call, Forward, Proxy

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "CORE_KEY": "core-key",
    "CORE_SECRET": "core-secret",
    "CORE_API_KEY": "harbour-app",
    "OFFERS_KEY": "offers-key",
    "OFFERS_SECRET": "offers-secret",
    "POS_KEY": "till-key",
    "POS_SECRET": "till-secret",
}
_KEYS = Keys(
    Pair(KEYS["CORE_KEY"], KEYS["CORE_SECRET"]),
    Pair(KEYS["OFFERS_KEY"], KEYS["OFFERS_SECRET"]),
    Pair(KEYS["POS_KEY"], KEYS["POS_SECRET"]),
    KEYS["CORE_API_KEY"],
)
JSON = ("Content-Type", "application/json")


@pytest.fixture
def harbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Profile]]:
    """Start the server with these options; return the profile of what was started."""
    for name, value in KEYS.items():
        monkeypatch.setenv(f"HARBOUR_{name}", value)
    with ExitStack() as stack:

        def start(*options: str) -> Profile:
            command = [sys.executable, "-m", "tests.independent.harbour", *options]
            pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
            process = stack.enter_context(subprocess.Popen(command, cwd=ROOT, text=True, **pipes))  # type: ignore[call-overload]
            stack.callback(process.stdin.close)
            addresses = json.loads(process.stdout.readline())
            text = (ROOT / "tests" / "independent" / "harbour.toml").read_text(encoding="utf-8")
            for place, service in enumerate(("core", "offers", "cloudpos"), 1):
                text = text.replace(f'"http://127.0.0.1:{place}"', f'"{addresses[service]}"')
            file = tmp_path / "harbour.toml"
            file.write_text(text, encoding="utf-8")
            return load_profile(file)

        yield start


class Before:
    """A wire rewrite before the server: one proxy a service, which share what the rewrite remembers."""

    def __init__(self, profile: Profile, rewrite: Rewrite) -> None:
        self.hits = 0
        self._rewrite, self._memory, self._guard = rewrite, Memory(_KEYS), threading.Lock()
        self._forward: dict[Service, Forward] = {}
        self.proxies = {
            service: Proxy(profile.services[service.value].base_url, [partial(self._layer, service)])
            for service in Service
        }
        services = {
            service.value: replace(profile.services[service.value], base_url=proxy.address)
            for service, proxy in self.proxies.items()
        }
        self.profile = replace(profile, services=services)

    def close(self) -> None:
        """Stop listening; what a rewrite raised is raised now."""
        for proxy in self.proxies.values():
            proxy.close()
        for proxy in self.proxies.values():
            for problem in proxy.broken:
                raise problem

    def _layer(self, service: Service, forward: Forward) -> Forward:
        self._forward[service] = forward

        def send(message: Message) -> Answer:
            headers = {name.decode(): value.decode("latin-1") for name, value in message.headers.items()}
            call = Call(message.method.decode(), message.target.decode("latin-1"), headers, message.body, None)
            came = self._forward[message.service or service](call)
            kept = "".join(f"{name}: {value}\r\n" for name, value in came.headers)
            return Answer(came.status, came.body, kept.encode("latin-1"))

        def answer(call: Call) -> Answered:
            headers = {name.lower().encode(): value.encode("latin-1") for name, value in call.headers.items()}
            asked = Message(call.method.encode(), call.path.encode("latin-1"), headers, call.body)
            with self._guard:  # one after the other: a rewrite does not care for threads
                told = self._rewrite(Flow(asked, service, send, self._memory, self._hit))
            if told.effect is not None:
                time.sleep(told.effect.delay)
                self._memory.under_way.pop(told.effect.release, None)
            lines = [line.partition(": ") for line in told.headers.decode("latin-1").splitlines()]
            kept = {name.lower(): (name, value) for name, _, value in lines}
            return Answered(told.status, told.body, tuple({"content-type": JSON, **kept}.values()))

        return answer

    def _hit(self) -> None:
        self.hits += 1


@pytest.fixture
def before() -> Iterator[Callable[[Profile, Rewrite], Before]]:
    """Put a wire rewrite before a server; ``profile`` of what it returns leads to the proxy."""
    with ExitStack() as stack:

        def put(profile: Profile, rewrite: Rewrite) -> Before:
            made = Before(profile, rewrite)
            stack.callback(made.close)
            return made

        yield put
