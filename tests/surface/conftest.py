"""A simulated target in this process whose answers a liar may spoil, and the surface explored on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from offerproof.client import Api, HttpRequest, HttpResponse, Minter, Wire
from offerproof.conformance.checkrun import RUNNING
from offerproof.conformance.surface.bridge import SentCase
from offerproof.conformance.surface.explore import explore
from offerproof.conformance.surface.ids import ExistingObjects
from offerproof.conformance.surface.rules import Wrong, judge
from offerproof.provisioning import Customer, Offer, UserOffer
from offerproof.simulator.answers import Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import SimulatedClock
from offerproof.simulator.profile import write as write_profile
from offerproof.simulator.program_file import read as read_program
from offerproof.target import Profile, load_profile

START = 1_767_225_600_000_000
"""2026-01-01T00:00:00Z, in microseconds."""
Lie = Callable[[HttpRequest, HttpResponse], HttpResponse]


@dataclass
class Target:
    """The simulator as a transport. Once ``lie`` is set, it may change any answer, or raise."""

    app: App
    lie: Lie | None = None
    asked: list[HttpRequest] = field(default_factory=list)

    def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
        answer = self.app.handle(request.method.encode(), path.encode(), headers, request.body)
        response = HttpResponse(answer.status, {"content-type": "application/json"}, answer.body)
        return self.lie(request, response) if self.lie else response


@dataclass
class Seen:
    """What exploring a part came to."""

    sent: Sequence[SentCase]
    wrong: list[Wrong]
    asked: list[HttpRequest]

    @property
    def clauses(self) -> set[str]:
        return {one.clause for one in self.wrong}

    def told(self) -> list[str]:
        return [f"{one.clause}: {one.what}: {one.observed} for {one.exchange.raw.body[:200]!r}" for one in self.wrong]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    app = _app(0)
    file = tmp_path / "target.toml"
    write_profile(
        file,
        app.settings,
        app.auth.keys,
        dict.fromkeys(Service, "http://127.0.0.1:1"),
        token=None,
        control=None,
    )
    return load_profile(file)


def _app(seed: int) -> App:
    return App(read_program(), seed=seed, clock=SimulatedClock(START, frozen=True))


@pytest.fixture
def survey(profile: Profile) -> Callable[..., Seen]:
    """Explore some operations of a part on a fresh target that may lie, and judge the answers."""

    def run(
        part: str,
        *operations: str,
        lie: Lie | None = None,
        seed: int = 1,
        most: int = 400,
        changes: dict[str, Any] | None = None,
    ) -> Seen:
        target = Target(_app(0))
        wanted = replace(profile, **(changes or {}))
        wire = Wire(wanted, target, minter=Minter(seed, "survey"), sleep=lambda _: None)
        check = RUNNING.get()
        if check is not None:
            wire.observers.append(check.add)
        api = Api(wire, lambda: datetime.fromtimestamp(START / 1_000_000, UTC))
        existing = _existing(api)
        target.asked.clear()
        target.lie = lie
        sent = explore(api, lambda: existing, part, most=most, operations=operations or None).sent
        wrong = [one for each in sent for one in judge(each, existing, wanted.timing.request_timeout_ms)]
        return Seen(sent, wrong, target.asked)

    return run


def _existing(api: Api) -> ExistingObjects:
    offer_id = api.create_offer(api.offer()).answer["payload"]["offer_id"]
    customers, held = [], []
    for number in range(3):
        email, name = f"customer-{number}@example.com", f"customer-{number}"
        made = api.create_customer({"email": email, "external_id": name, "opted_in": True})
        customers.append(Customer(made.answer["user"]["id"], name, email))
        issued = api.issue_offer(customers[-1].user_id, offer_id).answer["payload"]["status_list"][0]
        held.append(UserOffer(issued["user_offer_id"], offer_id, "fixed_amount_check_discount", customers[-1]))
    return ExistingObjects(customers, held, [Offer(offer_id, "fixed_amount_check_discount")])
