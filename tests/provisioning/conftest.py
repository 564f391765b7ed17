"""A simulator that counts what it is asked, and profiles of it that declare this and not that."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from offerproof.client import HttpRequest, HttpResponse
from offerproof.client.bodies import OFFER_KINDS
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator

NEEDS = {
    "create_customer": "create_customer",
    "get_customer": "get_customer",
    "get_customer_by_external_id": "get_customer_by_external_id",
    "create_offer": "create_offer",
    "issue_offer": "issue",
    "revoke_offer": "revoke",
    "get_user_offers": "get_user_offers",
    "unlock": "unlock",
    "redeem": "redeem",
    "reinstate": "reinstate",
    "/_control/clock": "clock",
    "/_control/reset": "reset",
    "/_control/ttl_code": "ttl_code",
}
"""Calls that not every target has, and what a profile declares when it has them."""
PATHS = {
    "/management/create": "create_offer",
    "/acquisition/issue": "issue_offer",
    "/acquisition/revoke": "revoke_offer",
    "/get_user_offers": "get_user_offers",
    "/unlock": "unlock",
    "/redeem": "redeem",
    "/reinstate": "reinstate",
    "/users/search": "search_customers",
    "/users": "create_customer",
}
CUSTOMERS, EACH = 60, 3


def called(method: str, path: str, body: bytes) -> str:
    """Which call a request is, by any spelling of its path; the path itself where it is none of those in question."""
    path = path.partition("?")[0].lower()
    if path.startswith("/_control"):
        return f"{method} {path}" if method == "GET" else path
    if re.search("/apps/[^/]+/external/users/[^/]+$", path):
        return "get_customer_by_external_id"
    name = next((name for end, name in PATHS.items() if path.endswith(end)), path)
    if name == path and re.search("/apps/[^/]+/users/[^/]+$", path):
        return "get_customer"
    if name == "get_user_offers" and b'"request_payload"' in body:  # told apart by the container
        return "lookup"
    return name


class Counted:
    """One fresh simulator, at an address that stays; it is also a transport of certify, without HTTP."""

    def __init__(self, address: InProcessSimulator, *defects: str) -> None:
        self.asked: Counter[str] = Counter()
        self.folder = address.folder
        self._text = (address.folder / "simulator.toml").read_text("utf-8")
        self._app = address.renew(0)
        self._app.planting.plant(list(defects))
        self._handle = self._app.handle
        self._app.handle = self.handle  # type: ignore[method-assign]

    def handle(self, method: bytes, target: bytes, headers: Any, body: bytes, *more: Any, **named: Any) -> Any:
        self.asked[called(method.decode(), target.decode(), body)] += 1
        return self._handle(method, target, headers, body, *more, **named)

    def send(self, request: HttpRequest) -> HttpResponse:
        parts = urlsplit(request.url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {name.lower().encode(): value.encode("latin-1") for name, value in request.headers.items()}
        came = self._app.handle(request.method.encode(), path.encode(), headers, request.body)
        return HttpResponse(came.status, {"content-type": "application/json"}, came.body)

    def close(self) -> None:
        """There is nothing to hang up on."""

    def profile(self, declared: Mapping[str, bool], tables: Mapping[str, str | None]) -> Path:
        """Write a profile of this simulator that declares so much, and has these tables (None: no such table)."""
        text = self._text
        for capability, has in declared.items():
            text, count = re.subn(
                rf"^{capability} = \w+$", f"{capability} = {str(has).lower()}", text, flags=re.MULTILINE
            )
            assert count == 1, capability
        for table, lines in tables.items():
            whole = "" if lines is None else f"[{table}]\n{lines}\n\n"
            text, count = re.subn(rf"^\[{table}\]\n[^\[]*", lambda _, whole=whole: whole, text, flags=re.MULTILINE)  # type: ignore[misc]
            assert count == 1, table
        file = self.folder / "drawn.toml"
        file.write_text(text, "utf-8")
        return file

    def fill_pools(self) -> None:
        """Put customers and user offers there that nobody but the pools of the profile knows of."""
        numbers = iter(range(1, 10_000))
        offers = {kind: str(UUID(int=next(numbers), version=4)) for kind in OFFER_KINDS}
        people = [str(UUID(int=next(numbers), version=4)) for _ in range(2 * CUSTOMERS)]
        drafts = [
            {"offer_type": kind, "id": offer, "publish": True, "text_config": [{"title": kind, "culture": "en"}]}
            | {"discount_config": OFFER_KINDS[kind], "common_config": {"validity_unit": "years", "validity_period": 1}}
            for kind, offer in offers.items()
        ]
        held = [
            {"user_id": user, "id": str(UUID(int=next(numbers), version=4)), "offer_id": offers[kind], "type": kind}
            for place, user in enumerate(people[CUSTOMERS:])
            for kind in [[*OFFER_KINDS][(place + more) % len(OFFER_KINDS)] for more in range(EACH)]
        ]
        customers = [{"id": user, "email": f"pooled-{place}@example.com"} for place, user in enumerate(people)]
        loaded = [{name: one[name] for name in ("user_id", "id", "offer_id")} for one in held]
        self._app.world.perform(
            "load", json.dumps({"offers": drafts, "customers": customers, "user_offers": loaded}).encode()
        )
        rows: list[dict[str, str]] = [{"user_id": one["id"], "email": one["email"]} for one in customers[:CUSTOMERS]]
        self._pool("customers", rows)
        self._pool("user-offers", [{"user_offer_id": one.pop("id"), **one} for one in held])

    def _pool(self, name: str, rows: list[dict[str, str]]) -> None:
        text = "".join(json.dumps(row) + "\n" for row in rows)
        (self.folder / f"{name}.jsonl").write_text(text, "utf-8")


@pytest.fixture(scope="module")
def address() -> Iterator[InProcessSimulator]:
    with in_process_simulator() as made:
        yield made


@pytest.fixture(scope="module")
def counted(address: InProcessSimulator) -> Callable[..., Counted]:
    """Make a simulator anew, with these planted defects, at an address that stays."""
    return lambda *defects: Counted(address, *defects)


@pytest.fixture
def undeclared() -> Callable[[Mapping[str, bool], Mapping[str, int]], dict[str, int]]:
    """Of what was asked, what a profile with these capabilities does not declare."""
    return lambda declared, asked: {
        name: count for name, count in asked.items() if name in NEEDS and not declared[NEEDS[name]]
    }
