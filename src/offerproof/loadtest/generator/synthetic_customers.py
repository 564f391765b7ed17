"""Made-up people and the offers that are issued to them."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from offerproof.client import bodies
from offerproof.contract import Outcome
from offerproof.errors import CannotJudge
from offerproof.loadtest.client.calls import Calls
from offerproof.loadtest.client.checks import Checked
from offerproof.target import Profile

KINDS = ("fixed_amount_check_discount", "percent_check_discount", "manual_fulfillment")
"""Offer types a run issues in turn, as far as the target can create them."""

TRIES = 3


def needed(what: str, send: Callable[[], Checked]) -> Checked:
    """Send until it works, a few times (a 429 is obeyed by the caller's meter); raises when it does not."""
    for _ in range(TRIES):
        checked = send()
        if checked.ok:
            return checked
        if checked.outcome is Outcome.REFUSED or checked.error not in {"throttled", "connect", "http_5xx"}:
            break
    raise CannotJudge(
        f"provisioning: {what} failed: {checked.error or 'refused'} (HTTP {checked.answer.status})",
        hint="check the profile's [customers] and [offers], the credentials, and that the target is up",
    )


def offers_of(profile: Profile, calls: Calls) -> list[tuple[str, str]]:
    """Return the offers to issue as (type, offer id): the profile's fixed ones, or freshly created ones."""
    if profile.offers.fixed:
        return sorted(profile.offers.fixed.items())
    made: list[tuple[str, str]] = []
    kinds = KINDS if profile.can("discounts") else KINDS[-1:]
    for kind in kinds:
        body = bodies.offer(kind, f"Load test {kind}", datetime.now(UTC), profile.ids.retailer, {})
        checked = calls.offers("create_offer", body)
        if checked.ok:
            made.append((kind, str(checked.payload["offer_id"])))
        elif kind == kinds[-1] and not made:
            needed("create_offer", partial(calls.offers, "create_offer", body))
    return made


def person(rng: random.Random) -> tuple[str, str, str]:
    """Return a made-up external id, e-mail address and phone number that nobody has."""
    unique = UUID(int=rng.getrandbits(128), version=4).hex
    return f"load-{unique}", f"load-{unique}@example.com", f"{rng.randrange(2 * 10**9, 10**10):010d}"
