"""The checkout scenario over Locust's FastHttpUser: same visits, same bodies, same checks, another client."""

from __future__ import annotations

import time
from typing import Any

from locust.contrib.fasthttp import FastHttpSession

from offerproof.load import Checkout, LoyaltyUser, Mix
from offerproof.loadtest.client.calls import Channel
from offerproof.loadtest.client.connection import Endpoint, HttpAnswer
from offerproof.loadtest.generator.locust_plugin import locust_plugin


class FastWire:
    """Carries a prepared request over a FastHttpSession."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def exchange(self, request: bytes, *, repeatable: bool = False) -> HttpAnswer:
        """Take the request apart and let Locust's client send it."""
        head, _, body = request.partition(b"\r\n\r\n")
        line, *headers = head.decode("latin-1").split("\r\n")
        method, path, _ = line.split(" ")
        named = dict(header.split(": ", 1) for header in headers)
        named.pop("Host", None)
        named.pop("Content-Length", None)
        started = time.monotonic_ns()
        answer = self._session.request(method, path, data=body, headers=named)
        return HttpAnswer(
            answer.status_code,
            answer.content or b"",
            "" if answer.status_code else "connect",
            started,
            time.monotonic_ns(),
        )

    def give_up(self) -> None:
        """A comparison has no last words."""

    def close(self) -> None:
        """Nothing to do: the session's pool closes with the process."""


class FastHttpLoyaltyUser(LoyaltyUser):
    """A user whose requests go over FastHttpUser's client, which reports to Locust by itself."""

    mix = Mix((Checkout(), 1))

    def connect(self, endpoint: Endpoint, *, timeout: float) -> Channel:
        """Return Locust's fast client."""
        worker = locust_plugin().worker
        assert worker is not None
        worker.shown.show = lambda new: None
        base = f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}"
        session = FastHttpSession(
            base,
            self.environment.events.request,
            self,
            network_timeout=timeout,
            connection_timeout=timeout,
            max_retries=0,
            max_redirects=0,
        )
        return FastWire(session)
