"""Whatever comes, it is answered: no exception, no 5xx, always JSON in an envelope."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from offerproof.simulator.answers import Answer, Service

RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
PATHS = [
    "/priv/v1/apps/test-api-key/users",
    "/api/2.0/offers/management/create",
    "/api/2.0/offers/fetch_offer",
    "/api/2.0/offers/acquisition/issue",
    "/api/2.0/offers/acquisition/revoke",
    "/api/2.0/offers/get_user_offers",
    "/api/2.0/offers/user_offer_history",
    "/api/2.0/Lookup",
    "/api/2.0/Lock",
    "/api/2.0/unlock",
    "/api/2.0/redeem",
    "/api/2.0/reinstate",
    "/api/2.0/send_transaction",
]
_quick = settings(
    max_examples=150, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_odd = _json | st.sampled_from(
    ["", " ", "0", "-1", "1e5", "NaN", "true", "9" * 40, -1, 10**30, [], {}, [[]], "\x00", "é", "'--"]
)


def _fine(answer: Answer) -> None:
    assert 200 <= answer.status < 500, answer
    assert json.loads(answer.body)["status"]
    answer.body.decode()


@pytest.mark.slow
@_quick
@given(
    method=st.sampled_from([b"GET", b"POST", b"PATCH", b"PUT", b"DELETE", b"HEAD", b"OPTIONS"]) | st.binary(max_size=8),
    target=st.sampled_from([path.encode() for path in PATHS])
    | st.binary(max_size=60).map(lambda tail: b"/" + tail)
    | st.binary(max_size=40).map(lambda tail: b"/priv/v1/apps/test-api-key/users/search?" + tail)
    | st.binary(max_size=40).map(lambda tail: b"/priv/v1/apps/test-api-key/users/" + tail)
    | st.binary(max_size=40).map(lambda tail: b"/_control/" + tail),
    headers=st.dictionaries(
        st.sampled_from([b"authorization", b"content-type", b"x"]), st.binary(max_size=40), max_size=3
    ),
    service=st.sampled_from([None, *Service]),
    body=st.binary(max_size=200),
)
def test_any_bytes(make_app, method, target, headers, service, body):
    app = make_app()
    if service is not None:
        headers[b"authorization"] = app.auth.keys.pair(service).header()
        headers[b"content-type"] = b"application/json"
    _fine(app.handle(method, target, headers, body))


def _documents(till: Any) -> list[Any]:
    """A right body for each path."""
    user = till.customer()
    offer = till.offer()
    code = till.issue(user, offer)
    mine = {"retailer_id": RETAILER}
    lock = till.lock_body(code)
    common = {"acquisition_start_date": "2018-03-01 00:00:00.0", "validity_unit": "days", "validity_period": 1}
    create = {**mine, "offer_type": "fixed_amount_check_discount", "publish": True, "common_config": common}
    create |= {"text_config": [{"title": "T", "culture": "en"}], "discount_config": {"amount": 5}, "media_config": []}
    discount = {"reference_id": code, "reference_id_type": "userofferid", "amount": 5, "applied_time": None}
    one = {"user_offer_id": code}
    return [
        {
            "user": {
                "email": "new@example.com",
                "phone_numbers": ["1234567"],
                "user_profile": {"a": 1},
                "dob": "1999-07-01",
            }
        },
        create,
        {**mine, "offer_id": offer, "culture": "en-us"},
        {**mine, "offer_id": offer, "user_id": user, "quantity": 1, "issue_exact_version": False},
        {**mine, **one, "reason": "x"},
        {**mine, "user_id": user, "skip": 0, "take": 1, "culture": "en"},
        {**mine, "user_ids": [user], "rollback_option": 0, "skip": 0, "take": 1},
        till.container({"user_id": user, "transaction": lock["request_payload"]["transaction"]}),
        lock,
        till.container(one),
        till.lock_body(code, "t-2"),
        till.container(one),
        till.send_body(user, discount, "t-1", modified_time="2018-09-01 10:20:00.000", from_transaction_id=""),
    ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from _places(one, (*path, key))


def _with(value: Any, path: tuple[Any, ...], new: object) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(value[path[0]], path[1:], new)
    return copy


@pytest.mark.parametrize("index", range(len(PATHS)), ids=[path.rsplit("/", 1)[1] for path in PATHS])
def test_any_member_may_be_anything(make_app, make_till, index):
    till = make_till(make_app())
    document = _documents(till)[index]
    places = list(_places(document))

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(place=st.sampled_from(places), value=_odd)
    def check(place: tuple[Any, ...], value: object) -> None:
        _fine(till.raw("POST", PATHS[index], json.dumps(_with(document, place, value)).encode()))

    check()
    _fine(till.raw("POST", PATHS[index], json.dumps(document).encode()))
