"""A purchase may count from when it was opened: what is read later than that and a return period accuses nobody."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from offerproof.conformance import purchases
from offerproof.conformance.purchases import Purchases
from offerproof.contract import utc_now

PERIOD = timedelta(hours=2)


def doubts(monkeypatch: pytest.MonkeyPatch, opened: str | None, declared: str | None) -> list[str]:
    """Why a check doubts what it reads right after it sent a purchase that was opened at an instant."""
    monkeypatch.setattr(purchases, "is_success", lambda exchange: True)
    monkeypatch.setattr(purchases, "loyal_user", lambda *of: {})
    told: list[str] = []
    profile = SimpleNamespace(return_period=PERIOD, behaviour={"return_period.start": declared}.get)
    api = SimpleNamespace(profile=profile, send_transaction=lambda basket: None)
    till = Purchases(*cast("tuple[Any, ...]", (api, SimpleNamespace(doubt=told.append), None, None)))
    till.send({"is_closed": "true", "open_time": opened})
    till.user()
    return told


@pytest.mark.parametrize(
    ("hours", "declared", "doubted"),
    [(1, None, False), (3, None, True), (3, "opened", True), (3, "loaded", False), (-3, "opened", False)],
)
def test_the_period_may_have_begun_when_the_basket_was_opened(monkeypatch, hours, declared, doubted):
    opened = f"{utc_now() - timedelta(hours=hours):%Y-%m-%d %H:%M:%S.000}"
    assert bool(doubts(monkeypatch, opened, declared)) is doubted


def test_without_an_opening_it_begins_when_it_is_sent(monkeypatch):
    assert doubts(monkeypatch, None, None) == []


def test_an_opening_is_read_as_the_documents_print_it(monkeypatch):
    assert doubts(monkeypatch, "2018-06-10 9:20:00.000", None) == ["the return period may have ended inside the check"]
