"""The values journeys are made of: plain ones, and those that find bugs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from offerproof.client import Api
from offerproof.conformance.reading import send_bytes
from offerproof.exchange import Exchange
from offerproof.provisioning import UserOffer
from offerproof.target import Profile

TEXTS = (
    "Free coffee",
    "Gratis Kaffee für Zoë & Søren",
    "コーヒー無料",
    "قهوة مجانية",
    "☕️ 50% off",
    "quote ' and \" and \\ and <b>",
    "a",
    "x" * 200,
    "line\nbreak",
    " padded ",
    "",
    "y" * 5_000,
    "Fish & chips <i>now</i>",
    "zero\u200bwidth",
    "Cafe\u0301",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
)
NAMES = ("First", "Zoë", "Łukasz", "李", "O'Neil", "Ñandú", "a", "z" * 60)
CULTURES = ("en-us", "en", "EN-GB", "de-DE", "zz", "", None)
DATES = (
    {"acquisition_start_date": "2024-02-29 00:00:00.0"},
    {"acquisition_start_date": "2023-12-31 23:59:59.0"},
    {"acquisition_end_date": "2096-02-29 23:59:59.0"},
    {"acquisition_end_date": "2099-12-31 23:59:59.0"},
    {"acquisition_end_date": "1999-12-31 23:59:59.0"},
    {"acquisition_start_date": "2024-01-31T00:00:00Z", "acquisition_end_date": "2097-02-28T23:59:59.999Z"},
)
VALIDITY = (
    {"validity_unit": "years", "validity_period": 1},
    {"validity_unit": "years", "validity_period": "100"},
    {"validity_unit": "months", "validity_period": 13},
    {"validity_unit": "weeks", "validity_period": 52},
    {"validity_unit": "days", "validity_period": "30"},
    {"validity_unit": "days", "validity_period": 0},
    {"validity_unit": "years", "validity_period": -1},
    {"validity_unit": "fortnights", "validity_period": 2},
)
CUSTOM_DATA = ("", "{}", '{"a":{"b":[1,2.50,null]}}', '{"ü":"☕"}', "not json")
PRICES: tuple[tuple[str, ...], ...] = (
    ("10.00", "1.00"),
    ("20.00",),
    ("0.01",),
    ("99999.99", "0.01"),
    ("3.33", "3.33", "3.34"),
    ("0.00",),
    ("-5.00",),
    ("1.005",),
    tuple(["0.10"] * 30),
)
ODD_MEMBERS: tuple[dict[str, Any], ...] = (
    {},
    {"channel": "ONLINE"},
    {"tax_total": ".77"},
    {"transaction_id": "ü☕"},
    {"transaction_id": "t" * 300},
    {"guest_count": -1},
    {"open_time": "2018-06-10 9:20:00.000"},
    {"modified_time": "2018-09-07T16:29:11.2995051Z"},
    {"subtotal": "1000000000000000000000.00"},
)


def basket(api: Api, number: int) -> dict[str, Any]:
    """Items and subtotal of a basket, by its place among the prices; every second one is written in texts."""
    prices = PRICES[number % len(PRICES)]
    items = api.items(*prices)
    total = sum(line["subtotal"] for line in items)
    plain = {"items": items, "subtotal": total}
    return spelled(plain, "text") if number % 2 else plain


def spelled(body: Mapping[str, Any], how: str) -> dict[str, Any]:
    """Return the body with its amounts and flags as JSON values or as texts: both are documented."""
    return dict(body) if how == "json" else {name: _text(name, value) for name, value in body.items()}


_AMOUNTS = frozenset({"quantity", "unit_price", "subtotal", "tax_total", "amount", "guest_count"})


def _text(name: str, value: Any) -> Any:
    if isinstance(value, list):
        if name == "discounts":
            return value
        return [
            {inner: _text(inner, one) for inner, one in entry.items()} if isinstance(entry, Mapping) else entry
            for entry in value
        ]
    if name == "is_closed" and isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if name in _AMOUNTS and value is not None else value


# Requests that cannot be honoured. Each takes the client and a user offer of ours, and sends one.

Send = Callable[[Api, UserOffer], Exchange]


def _lock_body(api: Api, held: UserOffer, **changes: Any) -> dict[str, Any]:
    payload: dict[str, Any] = {"offer_lookup_code": held.user_offer_id, "offer_lookup_type": "userofferid"}
    payload["transaction"] = api.transaction(user_id=held.customer.user_id)
    return api.container(payload | changes)


def _closed(api: Api, held: UserOffer, **changes: Any) -> dict[str, Any]:
    discount = {"reference_id": held.user_offer_id, "reference_id_type": "userofferid", "amount": 5}
    owner = held.customer.user_id
    return api.transaction(user_id=owner, is_closed=True, discounts=[discount]) | changes


def _priceless(api: Api) -> list[dict[str, Any]]:
    """A line whose prices are no numbers; a subtotal beside good lines is nothing that a target must look at."""
    return [line | {"unit_price": "many", "subtotal": "many"} for line in api.items("10.00")]


INVALID: Mapping[str, Send] = {
    "no lookup code": lambda api, one: api.send("lock", _lock_body(api, one, offer_lookup_code=api.LEFT_OUT)),
    "an unknown lookup type": lambda api, one: api.send("lock", _lock_body(api, one, offer_lookup_type="nonsense")),
    "a lookup code that is a number": lambda api, one: api.send("lock", _lock_body(api, one, offer_lookup_code=7)),
    "no request_payload": lambda api, one: api.send("lock", api.container(api.LEFT_OUT)),
    "a user offer id that is an array": lambda api, one: api.send(
        "unlock", api.container({"user_offer_id": [one.user_offer_id], "employee_id": "1"})
    ),
    "malformed JSON": lambda api, one: send_bytes(
        api, api.profile, "lock", b'{"request_payload": {"offer_lookup_code": "' + one.user_offer_id.encode()
    ),
    "wrong credentials, to lock": lambda api, one: api.send("lock", _lock_body(api, one), credentials="wrong"),
    "no credentials, to redeem by transaction": lambda api, one: api.send(
        "send_transaction", api.container(_closed(api, one)), credentials="none"
    ),
    "an amount that is no number": lambda api, one: api.send(
        "send_transaction", api.container(_closed(api, one, items=_priceless(api)))
    ),
    "items that are no array": lambda api, one: api.send(
        "send_transaction", api.container(_closed(api, one, items="none"))
    ),
    "a negative take": lambda api, one: api.user_offer_history([one.customer.user_id], take=-1),
    "a huge skip": lambda api, one: api.user_offer_history([one.customer.user_id], skip=2**31),
    "no identifier to look up": lambda api, one: api.lookup(),
    "no identifier to search by": lambda api, one: api.search_customers(),
    "part of an identifier": lambda api, one: api.lookup(user_id=one.customer.user_id[:8]),
}
INVALID_CALLS: Mapping[str, str] = {"a user offer id that is an array": "unlock"}
"""The call of those that not every target has."""
REFUSED_BY_FORM: Mapping[str, str] = {
    "no request_payload": "REFUSE-6",
    "a user offer id that is an array": "REFUSE-5",
    "malformed JSON": "REFUSE-1",
    "wrong credentials, to lock": "AUTH-2",
    "no credentials, to redeem by transaction": "AUTH-1",
    "an amount that is no number": "REFUSE-23",
    "items that are no array": "REFUSE-5",
}
"""Those that every target refuses for their form, with the clause that says so."""
STRANGERS = (
    *("search_customers", "fetch_offer", "issue_offer", "revoke_offer", "user_offer_history", "lookup", "lock"),
    *("redeem", "unlock", "reinstate"),
)
"""Calls that can be about something that does not exist."""


def may_be_sent(kind: str, profile: Profile) -> bool:
    """Whether the target has the call of an invalid request, and wrong credentials may be tried where it has them."""
    with_wrong_ones = REFUSED_BY_FORM.get(kind, "").startswith("AUTH-")
    return profile.declares(INVALID_CALLS.get(kind, "lock")) and (
        not with_wrong_ones or profile.can("wrong_credentials")
    )
