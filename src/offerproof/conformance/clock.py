"""The target's clock, where the profile declares that it can be set: a simulator's control interface."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

from offerproof.client import HttpRequest, Transport, TransportFailed
from offerproof.client.bodies import encode
from offerproof.client.lines import line
from offerproof.conformance.outcome import Inconclusive
from offerproof.contract import utc_now
from offerproof.exchange import Exchange
from offerproof.target import Profile


class ControlPanel:
    """Speaks to ``/_control``. Its requests are no calls of the API: they are not judged, counted or recorded."""

    def __init__(self, profile: Profile, transport: Transport) -> None:
        self._profile = profile
        self._transport = transport
        self._guard = threading.Lock()

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One request; returns the parsed answer.

        Raises:
            Inconclusive: the control interface is not there or refuses.
        """
        control = self._profile.control
        if control is None:
            raise Inconclusive("the profile has no [control]")
        headers = {"Content-Type": "application/json"}
        if control.token:
            headers["Authorization"] = f"Bearer {control.token.reveal()}"
        content = encode(body) if body is not None else b""
        try:
            base = control.base_url.removesuffix("/_control")
            with self._guard, line(None):
                answer = self._transport.send(HttpRequest(method, f"{base}{path}", headers, content, "core"))
        except TransportFailed as problem:
            raise Inconclusive(f"the control interface does not answer ({problem.kind})") from None
        if answer.status != 200:
            raise Inconclusive(f"the control interface refuses {path}: HTTP {answer.status}")
        try:
            return json.loads(answer.body)
        except ValueError:
            raise Inconclusive(f"the control interface answers no JSON to {path}") from None


class Clock:
    """Reads and moves the target's time. Without the capability ``clock``, reading gives our own time."""

    def __init__(self, profile: Profile, panel: ControlPanel) -> None:
        self._panel = panel
        self.settable = profile.can("clock")
        self._ahead = timedelta()
        self._apart: timedelta | None = None
        self._frozen: datetime | None = None
        self._asked = not self.settable
        self._guard = threading.Lock()
        self.stuck: list[str] = []
        """What came of it where it was set twice and did not go, though it could be read."""

    def now(self) -> datetime:
        """The target's present instant, aware UTC."""
        with self._guard:
            if not self._asked:  # only when it is needed: whether anybody is there is found out before
                self._learn(self._panel.ask("GET", "/_control/clock"))
        return self._frozen or utc_now() + self._ahead

    def target_now(self) -> datetime:
        """The target's present instant: where its clock cannot be set, by the Date header of its first answer.

        Nobody needs to trust our clock to know when a period ends there.
        """
        return self.now() + (self._apart or timedelta())

    def hear(self, exchange: Exchange) -> None:
        """Learn from an answer's Date header how far the target's clock is from ours."""
        if self._apart is not None or self.settable:
            return
        try:
            shown = parsedate_to_datetime(exchange.answer_headers.get("date", ""))
        except ValueError:
            return
        shown = shown if shown.tzinfo else shown.replace(tzinfo=UTC)
        apart = shown + timedelta(seconds=0.5) - exchange.started - timedelta(microseconds=exchange.duration_us / 2)
        # Whole seconds are all a header tells: below two nobody knows whose clock is right.
        self._apart = apart if abs(apart) > timedelta(seconds=2) else timedelta()

    def set(self, instant: datetime) -> None:
        """Move the target's time to an instant; time cannot go back."""
        self._move({"set": instant.astimezone(UTC).isoformat().replace("+00:00", "Z")})

    def advance(self, *, days: float = 0, seconds: float = 0) -> None:
        """Let time pass on the target."""
        self._move({"advance": round(days * 86_400 + seconds, 6)})

    def _move(self, body: Mapping[str, Any]) -> None:
        if not self.settable:
            raise Inconclusive("the target's clock cannot be set")
        before = self.now()
        try:
            self._learn(self._panel.ask("POST", "/_control/clock", body))
        except Inconclusive as problem:
            self._look_again(body, before, problem)

    def _look_again(self, body: Mapping[str, Any], before: datetime, problem: Inconclusive) -> None:
        """Where it was not said that the clock went: see whether it did, and if not, set it once more."""
        span = timedelta(seconds=body.get("advance", 0))
        wanted = datetime.fromisoformat(body["set"]) if "set" in body else before + span
        if wanted <= before:
            raise problem
        self._learn(self._panel.ask("GET", "/_control/clock"))
        if self.now() >= wanted:
            return
        try:
            self._learn(self._panel.ask("POST", "/_control/clock", body))
        except Inconclusive as again:
            self._learn(self._panel.ask("GET", "/_control/clock"))  # who cannot be read either is down
            if self.now() < wanted:
                self.stuck.append(again.message)
            raise

    def _learn(self, answer: Any) -> None:
        self._asked = True
        now = datetime.fromisoformat(str(answer["now"]))
        self._ahead = now - utc_now()
        self._frozen = now if answer.get("frozen") else None
