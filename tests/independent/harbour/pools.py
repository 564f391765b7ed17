"""Customers and user offers made beforehand, as a middleware team hands them over: two JSON Lines files."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

from .house import House
from .members import Member
from .offers import FIXED, TYPES, read_offer


def fill(house: House, folder: Path) -> None:
    """Put customers into the house, some with user offers, and write down who they are and what they hold."""
    people = [_enrolled(house) for _ in range(160)]
    holders = [_enrolled(house) for _ in range(160)]
    offers = {kind: house.add_offer(read_offer(_plain(kind))) for kind in TYPES}
    lines = []
    for place, holder in enumerate(holders):
        kinds = [FIXED[0]] if place % 2 else [TYPES[place // 2 % 5]]
        for kind in kinds if place < 110 else [*TYPES, FIXED[0]]:
            given = house.give(holder, offers[kind])
            ids = {"user_id": holder.id, "user_offer_id": given.id.upper(), "offer_id": given.offer.id}
            lines.append(json.dumps({**ids, "type": kind}))
    (folder / "user-offers.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    known = [
        json.dumps({"user_id": one.id, "external_id": one.external_id, "email": one.email, "phone": one.phone})
        for one in (*people, *holders)
    ]
    (folder / "customers.jsonl").write_text("\n".join(known) + "\n", encoding="utf-8")


def _enrolled(house: House) -> Member:
    name = uuid.uuid4().hex[:12]
    phone = str(uuid.uuid4().int)[:12]
    return house.register.enrol({"email": f"{name}@example.com", "external_id": f"card-{name}", "mobile_number": phone})


def _plain(kind: str) -> dict[str, object]:
    return {
        "offer_type": kind,
        "publish": True,
        "text_config": [{"title": f"Pooled {kind}", "description": "from the pool", "culture": "en"}],
        "common_config": {
            "acquisition_start_date": "2020-01-01T00:00:00Z",
            "acquisition_end_date": "2090-01-01T00:00:00Z",
            "validity_unit": "months",
            "validity_period": 9,
        },
        "discount_config": {"off_cash": 5, "off_percent": 10},
    }
