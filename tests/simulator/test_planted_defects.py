"""Each planted defect says so when it does harm, stays on its own app, stands odd traffic, and can be taken out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from offerproof import defects
from offerproof.errors import Misuse
from offerproof.simulator.routes import SPELLINGS

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"
KNOWN = defects.registry()
WIRE = [name for name, one in KNOWN.items() if one.rewrite is not None]


def _story(till: Any) -> list[tuple[int, bytes]]:
    """All answers of a day at the till that gives every defect a chance; it ends where a till cannot go on."""
    answers: list[tuple[int, bytes]] = []
    with suppress(AssertionError, KeyError, TypeError):
        _day(till, answers)
    return answers


def _day(till: Any, answers: list[tuple[int, bytes]]) -> None:
    def call(method: str, path: str, document: object = None, **more: Any) -> Any:
        answer = till.raw(method, path, b"" if document is None else json.dumps(document).encode(), **more)
        if answer.effect is not None and answer.effect.release is not None and not hold:
            till.app.release(answer.effect.release)
        answers.append((answer.status, answer.body))
        return json.loads(answer.body) if answer.body.startswith(b"{") else {}

    hold = False
    mine = {"retailer_id": RETAILER}
    user = call("POST", f"{CORE}/users", {"user": {"external_id": "x", "email": "first@example.com"}})["user"]["id"]
    offer = till.offer("percent_check_discount")
    codes = [till.issue(user, offer) for _ in range(26)]
    call("POST", "/api/2.0/offers/fetch_offer", {**mine, "offer_id": offer, "culture": "en-us"})
    for search in (
        "email=first%40example.com",
        "email=first",
        "email=nobody%40example.com",
        "email=first%40example.com&expand_incentives=true",
    ):
        call("GET", f"{CORE}/users/search?{search}")
    call("GET", f"{CORE}/users/search?email=a", headers={b"authorization": b"Basic eDp5"})
    call("POST", "/api/2.0/Lock", {"store_id": 5})
    call("POST", f"{CORE}/users", {"user": {"external_id": "0071", "email": "a.b+shop@example.com"}})
    for name in ("0071", "71"):
        call("GET", f"{CORE}/users/search?external_id={name}")
        call("GET", f"{CORE}/external/users/{name}")
        call("POST", "/api/2.0/Lookup", till.container({"external_customer_id": name}))
    for email in ("a.b%2Bshop", "a.b", "ab%2Bshop"):
        call("GET", f"{CORE}/users/search?email={email}%40example.com")
    call("POST", "/api/2.0/Lookup", till.container({"email": "a.b@example.com"}))
    call("GET", f"{CORE}/users/{user[:-1]}~")
    call("POST", "/api/2.0/Lock", till.lock_body(f"{codes[5][:-1]}~"))
    basket = till.lock_body("x")["request_payload"]["transaction"]
    call("POST", "/api/2.0/Lookup", till.container({"user_id": user, "transaction": basket}))
    first = till.lock_body(codes[0], "t-1")
    discount = call("POST", "/api/2.0/Lock", first).get("payload")
    call("POST", "/api/2.0/Lock", first)
    call("POST", "/api/2.0/Lock", till.lock_body(codes[0], "t-1"))
    call("POST", "/api/2.0/Lock", till.lock_body(codes[0], "t-rival"))
    call("POST", "/api/2.0/send_transaction", till.send_body(user, discount, "t-1", is_closed="false"))
    call("POST", "/api/2.0/offers/user_offer_history", {**mine, "user_ids": [user]})
    newer = {"modified_time": "2018-09-07 16:10:00"}
    sent = till.send_body(user, discount, "t-1", **newer)
    call("POST", "/api/2.0/send_transaction", sent)
    call("GET", f"{CORE}/users/{user}?expand_incentives=true")
    returned = till.send_body(
        user, discount, "t-1", items=sent["request_payload"]["items"][:1], modified_time="2018-09-07 16:20:00"
    )
    call("POST", "/api/2.0/send_transaction", returned)
    call("POST", "/api/2.0/Lock", till.lock_body(codes[0], "t-2"))
    call("POST", "/api/2.0/offers/acquisition/revoke", {**mine, "user_offer_id": codes[1]})
    for page in ({}, {"skip": 0, "take": 10}, {"skip": 20, "take": 10}):
        call("POST", "/api/2.0/offers/get_user_offers", {**mine, "user_id": user, "culture": "en-us", **page})
    hold = True
    for transaction in ("t-3", "t-4"):
        call("POST", "/api/2.0/Lock", till.lock_body(codes[2], transaction))
    for transaction in ("t-3", "t-4"):
        call("POST", "/api/2.0/redeem", till.lock_body(codes[3], transaction))
    again = till.lock_body(codes[4], "t-5")
    for _ in range(2):
        call("POST", "/api/2.0/redeem", again)
    for seconds in (29 * 86400 + 3600, 2 * 86400):
        till.control("POST", "clock", {"advance": seconds})
        call("GET", f"{CORE}/users/{user}?expand_incentives=true")
    call("POST", "/api/2.0/offers/fetch_offer", {**mine, "offer_id": offer})
    call("GET", f"{CORE}/users/{user}?expand_incentives=true")
    call("POST", "/api/2.0/offers/user_offer_history", {**mine, "user_ids": [user]})


@pytest.fixture(scope="module")
def right_answers(make_app, make_till):
    return _story(make_till(make_app()))


@pytest.mark.slow
def test_most_defects_show_themselves_in_one_day_and_none_without_saying_so(make_app, make_till, right_answers):
    shown: list[str] = []
    silent: list[str] = []
    for name in KNOWN:
        app = make_app()
        app.planting.plant([name])
        changed = _story(make_till(app)) != right_answers
        assert app.planting.broken == []
        if changed:
            (shown if app.planting.hits[name] else silent).append(name)
    assert silent == []
    assert len(shown) > len(KNOWN) / 3


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.unmeasured
def test_a_defect_taken_out_leaves_nothing_behind(make_app, make_till, right_answers, name):
    app = make_app()
    app.planting.plant([name])
    app.planting.clear()
    till = make_till(app)
    assert _story(till) == right_answers
    till.control("POST", "reset", {"clock": "2018-09-07T16:00:00Z"})
    till._count = 0
    assert _story(till) == right_answers


def test_a_defect_survives_a_reset_and_touches_one_app_only(make_app, make_till):
    sick, healthy = make_app(), make_app()
    sick.planting.plant(["custom-data-lost"])
    sick_till = make_till(sick)
    sick_till.control("POST", "reset", {})
    for till, lost in ((sick_till, True), (make_till(healthy), False)):
        offer = till.offer()
        shown = till.ok("POST", "/api/2.0/offers/fetch_offer", {"retailer_id": RETAILER, "offer_id": offer})
        assert (shown["payload"]["offer"]["custom_data"] is None) is lost


def test_an_unknown_name_is_misuse_with_near_matches(app):
    with pytest.raises(Misuse) as refused:
        app.planting.plant(["custom-data-lost", "lock-is-stole"])
    assert "lock-is-stolen" in str(refused.value.hint)
    assert app.planting.planted == {}


def test_defects_are_planted_and_taken_out_by_control(till):
    status, answer = till.control("POST", "defects", {"plant": ["custom-data-lost"]})
    assert (status, answer) == (200, {"planted": ["custom-data-lost"]})
    listed = till.control("GET", "defects")[1]["defects"]
    assert [one["name"] for one in listed if one["planted"]] == ["custom-data-lost"]
    till.control("DELETE", "defects")
    assert till.app.planting.planted == {}


# Odd traffic: a rewrite sees it first, and must neither raise nor hang on what the server refuses.

BODIES = (
    *(b"", b"{", b"[]", b"null", b"7", b'"text"', b"{}", b"\xff\xfe", b'{"a": NaN}', b"[" * 2000),
    *(b'{"request_payload": []}', b'{"request_payload": {"transaction": [], "offer_lookup_code": 5}}'),
)
WRONG: tuple[Any, ...] = (None, 7, "x", [], {}, [7])


def _twisted(value: Any) -> Iterator[Any]:
    """Each member, and the first element of each list, in turn of another type or left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: wrong} for wrong in WRONG)
            yield {other: kept for other, kept in value.items() if other != name}
            yield from ({**value, name: twisted} for twisted in _twisted(inner))
    elif isinstance(value, list) and value:
        yield from ([twisted, *value[1:]] for twisted in _twisted(value[0]))


def _requests(till: Any) -> dict[str, Any]:
    """A good request of each call that has a body."""
    user = till.customer()
    offer = till.offer()
    code = till.issue(user, offer)
    lock = till.lock_body(code, "t")
    own = {"retailer_id": RETAILER}
    window = {"skip": 0, "take": 5}
    common = {"validity_unit": "months", "validity_period": 3, "acquisition_end_date": "2019-01-01 00:00:00"}
    words = {"text_config": [{"title": "A title", "culture": "en"}], "common_config": common}
    discount = {"reference_id": code, "reference_id_type": "userofferid", "amount": "5"}
    held = till.container({"user_offer_id": code})
    return {
        "create_customer": {"user": {"email": "a@example.com", "external_id": "e", "mobile_number": "0123456789"}},
        "create_offer": {**own, **words, "offer_type": "percent_item_discount", "discount_config": {"percent": 10}},
        "fetch_offer": {**own, "offer_id": offer, "culture": "en"},
        "issue_offer": {**own, "user_id": user, "offer_id": offer, "quantity": 2},
        "get_user_offers": {**own, "user_id": user, **window},
        "user_offer_history": {**own, "user_ids": [user], **window},
        "lookup": till.container({"user_id": user, "transaction": lock["request_payload"]["transaction"]}),
        "lock": lock,
        "unlock": held,
        "redeem": lock,
        "reinstate": held,
        "send_transaction": till.send_body(user, discount, "t"),
        "revoke_offer": {**own, "user_offer_id": code},
    }


@pytest.fixture(scope="module")
def odd(make_app: Any, make_till: Any) -> list[tuple[str, str, bytes, dict[bytes, bytes]]]:
    """Method, target, body and headers of odd requests, among good ones."""
    requests: list[tuple[str, str, bytes, dict[bytes, bytes]]] = []
    for operation, document in _requests(make_till(make_app())).items():
        path = SPELLINGS[operation][0] if operation in SPELLINGS else f"{CORE}/users"
        twisted = [json.dumps(one).encode() for one in (document, *_twisted(document))]
        requests += [("POST", path, body, {}) for body in (*BODIES, *twisted)]
    for query in ("", "email", "email=a&email=b", "mobile_number=%FF", "user[user_profile]=maybe&email=a@example.com"):
        requests.append(("GET", f"{CORE}/users/search?{query}", b"", {}))
    places = (("GET", "/"), ("DELETE", f"{CORE}/users"), ("GET", f"{CORE}/users/x%FF"), ("POST", "/none"))
    for authorization in (b"", b"Basic !!", b"Basic eDp5", b"Bearer x"):
        requests += [(method, path, b"{}", {b"authorization": authorization}) for method, path in places]
    return requests


@pytest.mark.parametrize("name", WIRE)
@pytest.mark.unmeasured
def test_a_wire_rewrite_stands_odd_requests(make_app, make_till, odd, name):
    app = make_app()
    till = make_till(app)
    _requests(till)
    app.planting.plant([name])
    for method, path, body, headers in odd:
        answer = till.raw(method, path, body, headers=headers)
        if answer.effect is not None and answer.effect.release is not None:
            app.release(answer.effect.release)
        assert app.planting.broken == [], (method, path, body)
