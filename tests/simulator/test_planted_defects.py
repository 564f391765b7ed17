"""Each planted defect changes what it says, is counted when it does, stays on its own app, and can be taken out."""

from __future__ import annotations

import json
from typing import Any

import pytest

from offerproof import content, defects
from offerproof.errors import Misuse

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"


_MODULES = ("offerproof.defects.documents", "offerproof.defects.behaviours")
IN_ONE_DAY = [name for name, one in defects.registry().items() if one.planter.__module__ in _MODULES]


def _story(till: Any) -> list[tuple[int, bytes]]:
    """A day at the till that gives every defect a chance; returns all answers."""
    answers: list[tuple[int, bytes]] = []

    def call(method: str, path: str, document: object = None, **more: Any) -> Any:
        answer = till.raw(method, path, b"" if document is None else json.dumps(document).encode(), **more)
        if answer.effect is not None and answer.effect.release is not None and not hold:
            till.app.release(answer.effect.release)
        answers.append((answer.status, answer.body))
        return json.loads(answer.body)

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
    return answers


@pytest.fixture(scope="module")
def right_answers():
    return {}


@pytest.mark.parametrize("name", IN_ONE_DAY)
def test_a_defect_shows_itself_and_counts_that(make_app, make_till, right_answers, name):
    if not right_answers:
        right_answers["all"] = _story(make_till(make_app()))
    app = make_app()
    app.planting.plant([name])
    assert _story(make_till(app)) != right_answers["all"]
    assert app.planting.hits[name] > 0


@pytest.mark.parametrize("name", list(defects.registry()))
def test_a_defect_taken_out_leaves_nothing_behind(make_app, make_till, right_answers, name):
    if not right_answers:
        right_answers["all"] = _story(make_till(make_app()))
    app = make_app()
    app.planting.plant([name])
    app.planting.clear()
    till = make_till(app)
    assert _story(till) == right_answers["all"]
    till.control("POST", "reset", {"clock": "2018-09-07T16:00:00Z"})
    till._count = 0
    assert _story(till) == right_answers["all"]


def test_a_defect_survives_a_reset_and_touches_one_app_only(make_app, make_till):
    sick, healthy = make_app(), make_app()
    sick.planting.plant(["custom-data-lost"])
    sick_till = make_till(sick)
    sick_till.control("POST", "reset", {})
    for till, lost in ((sick_till, True), (make_till(healthy), False)):
        offer = till.offer()
        shown = till.ok("POST", "/api/2.0/offers/fetch_offer", {"retailer_id": RETAILER, "offer_id": offer})
        assert (shown["payload"]["offer"]["custom_data"] is None) is lost


def test_every_defect_names_a_clause_that_exists():
    clauses = (content.folder("contracts") / "clauses.toml").read_text("utf-8")
    assert [one.name for one in defects.registry().values() if f'id = "{one.clause}"' not in clauses] == []


def test_there_is_a_defect_in_every_family():
    assert {one.family for one in defects.registry().values()} == set(defects.FAMILIES)


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
