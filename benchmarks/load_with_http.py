"""The checkout scenario over Locust's HttpUser (requests): same visits, same bodies, same checks, another client."""

from __future__ import annotations

import time
from typing import Any

from locust.clients import HttpSession

from offerproof.load import Checkout, LoyaltyUser, Mix
from offerproof.loadtest.client.calls import Channel
from offerproof.loadtest.client.connection import Endpoint, HttpAnswer
from offerproof.loadtest.generator.locust_plugin import locust_plugin


class RequestsWire:
    """Carries a prepared request over an HttpSession."""

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
        """Close the session."""
        self._session.close()


class HttpLoyaltyUser(LoyaltyUser):
    """A user whose requests go over HttpUser's client, which reports to Locust by itself."""

    mix = Mix((Checkout(), 1))

    def connect(self, endpoint: Endpoint, *, timeout: float) -> Channel:
        """Return Locust's standard client."""
        worker = locust_plugin().worker
        assert worker is not None
        worker.shown.show = lambda new: None
        base = f"{endpoint.scheme}://{endpoint.host}:{endpoint.port}"
        session = HttpSession(base_url=base, request_event=self.environment.events.request, user=self)
        session.trust_env = False
        session.verify = endpoint.ca_file or True
        return RequestsWire(session)
