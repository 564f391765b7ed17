"""The whole surface: requests generated from ``openapi.json``, good and bad ones, and every spelling of a path."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.conformance import Expect, Given, clause
from offerproof.conformance.reading import is_success
from offerproof.conformance.surface.explore import PARTS, explore
from offerproof.conformance.surface.ids import ExistingObjects
from offerproof.conformance.surface.rules import judge
from offerproof.exchange import Exchange
from offerproof.target import Profile

GENERATED = ("SURF-1", "SURF-2", "SURF-3", "SURF-4", "SURF-5", "SURF-8", "SURF-9")
SPELLINGS = {
    "lookup": ("/api/2.0/Lookup", "/api/2.0/lookup", "/api/2.0/offers/get_user_offers"),
    "lock": ("/api/2.0/Lock", "/api/2.0/lock", "/api/2.0/offers/redemption/lock"),
    "send_transaction": ("/api/2.0/send_transaction", "/api/2.0/offers/send_transaction"),
}
"""Every spelling that the documents use."""


@pytest.mark.parametrize("part", PARTS)
@clause(*GENERATED, customers=2, offers={"any": 3}, requests=1000, level="full")
def test_generated_requests_are_answered_rightly(
    part: str, api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    existing = cache(lambda: _existing(given, profile))
    sent = explore(api, existing, part).sent
    if not sent:
        expect.unknown(f"none of the calls of {part} is offered here")
    wrong = [one for each in sent for one in judge(each, existing(), profile.timing.request_timeout_ms)]
    wrong.sort(key=lambda one: len(one.exchange.raw.body) + len(one.exchange.raw.url))  # the smallest example first
    for name in ("SURF-1", "SURF-2", "SURF-3", "SURF-4", "SURF-5", "SURF-8", "SURF-9"):
        with expect.clause(name):
            expect.that(True, what="answers to generated requests", on=sent[-1].exchange)
        for one in wrong:
            if one.clause == name:
                with expect.clause(name):
                    expect.that(False, what=one.what, expected=one.expected, observed=one.observed, on=one.exchange)
    with expect.clause("SURF-9"):
        if api.wire.redactor.untold:
            expect.unknown(api.wire.redactor.untold)


def _existing(given: Given, profile: Profile) -> ExistingObjects:
    held = [given.user_offer("any") for _ in range(3)]
    customers = [*(one.customer for one in held), given.customer(), given.customer()]
    return ExistingObjects(customers, held, [given.shared_offer(held[0].kind)] if profile.can("create_offer") else [])


def _asks(api: Api, given: Given) -> dict[str, Callable[[], Any]]:
    """For each call with several spellings, a body that does what it did before when it is sent again."""
    locked = given.locked()
    user_id = locked.user_offer.customer.user_id
    lock = {"offer_lookup_code": locked.user_offer.user_offer_id, "offer_lookup_type": "userofferid"}
    return {
        "lookup": lambda: api.container({"user_id": user_id}),
        "lock": lambda: api.container({**lock, "transaction": locked.transaction}),
        "send_transaction": lambda: api.container(api.transaction(user_id=user_id)),
    }


def _answers(api: Api, path: str, body: Any, method: str = "POST") -> Exchange:
    return api.raw("cloudpos", method, path, body=encode(body))


def _form(exchange: Exchange) -> Any:
    """What two answers to the same request have in common: whether they succeed, and the members they show."""
    payload = exchange.answer.get("payload") if isinstance(exchange.answer, dict) else None
    shown = payload[0] if isinstance(payload, list) and payload else payload
    return is_success(exchange), sorted(shown) if isinstance(shown, dict) else shown


@clause("SURF-6", offers=["any"], requests=12)
def test_spellings_with_and_without_capitals_answer_alike(
    api: Api, given: Given, expect: Expect, profile: Profile
) -> None:
    for operation, ask in _asks(api, given).items():
        method, declared = profile.request_line(operation)
        usual = _answers(api, declared, ask(), method)
        if not is_success(usual):
            expect.unknown(f"{operation} could not be sent in its declared spelling")
        other = _answers(api, declared.lower() if declared != declared.lower() else declared.upper(), ask(), method)
        if not is_success(other):
            continue  # not offered, which is the target's choice
        expect.equal(_form(other), _form(usual), what=f"{operation} under its path in other case", on=other)
    expect.that(True, what="spellings in other case were tried")


@clause("SURF-7", offers=["any"], requests=14)
def test_which_spellings_and_methods_are_offered(api: Api, given: Given, expect: Expect) -> None:
    asks = _asks(api, given)
    for operation, paths in SPELLINGS.items():
        tried = [("POST", path) for path in paths]
        tried += [("PATCH", path) for path in paths] if operation == "lock" else []
        offered = [f"{method} {path}" for method, path in tried if _offered(api, method, path, asks[operation]())]
        expect.observe(f"spellings of {operation}", ", ".join(offered) or "none of the documented ones")


def _offered(api: Api, method: str, path: str, body: Any) -> bool:
    return is_success(_answers(api, path, body, method))
