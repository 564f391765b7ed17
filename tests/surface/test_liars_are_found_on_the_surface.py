"""Generated requests find what they are for, each liar under its own clause, and nothing on a right target."""

from __future__ import annotations

import importlib
import json
import sys
import threading
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from hypothesis import Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.internal.conjecture import providers

from offerproof.client import BudgetExhausted, HttpRequest, HttpResponse
from offerproof.client.lines import AHEAD
from offerproof.client.transport import TransportFailed
from offerproof.conformance.checkrun import RUNNING, CheckRun
from offerproof.conformance.hypothesis_seed import without_source_literals
from offerproof.conformance.marks import Consumption
from offerproof.exchange import NOT_JSON
from offerproof.judgement import shapes
from offerproof.target import NotAllowed

Survey = Callable[..., Any]


def body_of(request: HttpRequest) -> Any:
    try:
        return json.loads(request.body)
    except ValueError:
        return None


def saying(response: HttpResponse, document: Any, status: int = 200) -> HttpResponse:
    return replace(response, status=status, body=json.dumps(document).encode())


def breaks_on_letters_beyond_ascii(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    broken = {"status": "error", "payload": None, "errors": {"code": "internal", "message": "sorry"}}
    asked = body_of(request)
    culture = str(asked.get("culture", "")) if isinstance(asked, dict) else ""
    return response if culture.isascii() else saying(response, broken, 500)


def hangs_up_on_arrays(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if isinstance(body_of(request), list):
        raise TransportFailed("closed")
    return response


def page_of_the_web_server(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    return response if response.status < 400 else replace(response, body=b"<html><h1>Bad HttpRequest</h1></html>")


def bare_error_text(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    return response if response.status < 400 else saying(response, {"error": "bad request"}, 400)


def success_without_an_offer_id(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    asked = body_of(request)
    if isinstance(asked, dict) and "offer_id" not in asked:
        return saying(response, {"status": "ok", "payload": {"offer": {}}})
    return response


def success_for_anything_but_objects(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if not isinstance(body_of(request), dict):
        return saying(response, {"status": "ok", "payload": {"offer": {}}})
    return response


def success_without_items(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    asked = body_of(request)
    payload = asked.get("request_payload") if isinstance(asked, dict) else None
    if isinstance(payload, dict) and not isinstance(payload.get("items"), list):
        return saying(response, {"status": "OK", "payload": None, "errors": None})
    return response


def refuses_pages(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    asked = body_of(request)
    if isinstance(asked, dict) and "take" in asked:
        refused = {"status": "error", "payload": None, "errors": {"code": "no", "type": "no", "message": "no"}}
        return saying(response, refused, 400)
    return response


def takes_too_long(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if "expand_incentives=true" in request.url:
        raise TransportFailed("timeout")
    return response


def shows_where_it_broke(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.status < 400:
        return response
    text = "invalid: at com.example.offers.FetchOffer.handle(FetchOffer.java:42)"
    refused = {"status": "error", "payload": None, "errors": {"code": "invalid", "type": "x", "message": text}}
    return saying(response, refused, response.status)


def fills_the_stack_trace(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.status < 400:
        return response
    document = json.loads(response.body)
    document["errors"]["stack_trace"] = ["offers/fetch.rb"]
    return saying(response, document, response.status)


def repeats_the_credentials(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    if response.status < 400:
        return response
    told = f"refused for {request.headers['Authorization']}"
    refused = {"status": "error", "payload": None, "errors": {"code": "invalid", "type": "x", "message": told}}
    return saying(response, refused, response.status)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lie", "clauses", "part", "operation"),
    [
        (breaks_on_letters_beyond_ascii, {"SURF-1"}, "offers", "get_user_offers"),
        (hangs_up_on_arrays, {"SURF-1"}, "offers", "fetch_offer"),
        (page_of_the_web_server, {"SURF-2"}, "offers", "fetch_offer"),
        (bare_error_text, {"SURF-2"}, "offers", "fetch_offer"),
        (success_without_an_offer_id, {"SURF-3"}, "offers", "fetch_offer"),
        (success_for_anything_but_objects, {"SURF-3"}, "offers", "fetch_offer"),
        (success_without_items, {"SURF-3"}, "cloudpos", "send_transaction"),
        (refuses_pages, {"SURF-4"}, "offers", "user_offer_history"),
        (takes_too_long, {"SURF-5"}, "core", "search_customers"),
        (shows_where_it_broke, {"SURF-8"}, "offers", "fetch_offer"),
        (fills_the_stack_trace, {"SURF-2", "SURF-8"}, "offers", "fetch_offer"),
        (repeats_the_credentials, {"SURF-9"}, "offers", "fetch_offer"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_a_liar_is_found_under_its_own_clause(
    lie: Any, clauses: set[str], part: str, operation: str, survey: Survey
) -> None:
    seen = survey(part, operation, lie=lie)
    assert seen.clauses == clauses
    assert {one.exchange.operation for one in seen.wrong} == {operation}


@pytest.mark.slow
@pytest.mark.parametrize(("part", "seed"), [("core", 1), ("offers", 2), ("cloudpos", 3), ("links", 4), ("links", 5)])
def test_a_right_target_is_not_accused(part: str, seed: int, survey: Survey) -> None:
    seen = survey(part, seed=seed, most=300)
    assert seen.told() == []
    assert len(seen.sent) > 50


@pytest.mark.slow
def test_the_same_seed_sends_the_same_requests(survey: Survey) -> None:
    def sent(seed: int) -> list[tuple[str, bytes]]:
        return [(one.url, one.body) for one in survey("offers", "fetch_offer", seed=seed).asked]

    assert sent(3) == sent(3)
    assert sent(3) != sent(4)


def test_good_and_bad_requests_are_sent_and_reach_what_exists(survey: Survey) -> None:
    sent = survey("offers", "fetch_offer", "get_user_offers").sent
    good = [one for one in sent if isinstance(one.request, dict) and shapes.keeps_request(one.operation, one.request)]
    assert len(good) > 20
    assert len(sent) - len(good) > 20
    assert sum(shapes.claims_success(one.exchange.answer, one.exchange.status) for one in good) > 10


@pytest.mark.slow
def test_sequences_follow_the_links_from_creating_to_sending(survey: Survey) -> None:
    done = {one.operation for one in survey("links").sent if shapes.claims_success(one.exchange.answer)}
    assert {"create_customer", "issue_offer", "lookup", "lock", "send_transaction"} <= done


@pytest.mark.slow
def test_what_it_creates_is_marked_and_only_our_own_ids_are_named(survey: Survey) -> None:
    sent = survey("core", "create_customer").sent
    made = [one.request["user"] for one in sent if shapes.claims_success(one.exchange.answer)]
    emails = {user["email"] for user in made if "email" in user}
    assert len(emails) > 1
    assert all(email.startswith("offerproof-") and email.endswith("@example.com") for email in emails)


@pytest.mark.slow
def test_no_more_is_sent_than_is_allowed(survey: Survey) -> None:
    assert len(survey("cloudpos", most=40).asked) == 40


def test_a_budget_that_is_used_up_ends_it(survey: Survey, profile: Any) -> None:
    with pytest.raises(BudgetExhausted):
        survey("offers", changes={"limits": replace(profile.limits, requests=30)})


def test_production_gets_nothing_generated(survey: Survey, monkeypatch: pytest.MonkeyPatch) -> None:
    from offerproof.conformance.surface import explore as surface

    def send_nothing(*arguments: Any) -> None:
        raise AssertionError("generated requests were sent to production")

    monkeypatch.setattr(surface, "_drive", send_nothing)
    with pytest.raises(NotAllowed):
        survey("offers", changes={"environment": "production"})


@pytest.mark.slow
def test_no_file_is_left_behind(survey: Survey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    survey("offers", "fetch_offer")
    survey("links", most=30)
    assert list(here.iterdir()) == []


@pytest.mark.slow
def test_what_the_description_allows_the_simulator_takes(survey: Survey) -> None:
    """Refused for their form are only numbers and dates beyond the simulator's stated bounds, and foreign lists."""
    bounds = ("number", "`int` <= ", "`int` >= ", "an instant", "phone_numbers[", "media_config")
    for part in ("core", "offers", "cloudpos"):
        for one in survey(part, most=1000).sent:
            if one.request is NOT_JSON or not isinstance(one.request, dict):
                continue
            if not shapes.keeps_request(one.operation, one.request) or one.exchange.status != 400:
                continue
            errors = one.exchange.answer["errors"]
            error = errors[0] if isinstance(errors, list) else errors
            if error["message"].startswith("$."):
                assert any(bound in error["message"] for bound in bounds), (one.operation, error["message"])


@pytest.mark.slow
def test_what_is_generated_depends_on_the_seed_and_not_on_what_else_is_imported(survey, tmp_path, monkeypatch):
    def sent(seed: int) -> list[tuple[str, bytes]]:
        seen = survey("offers", "create_offer", "fetch_offer", seed=seed, most=150)
        return [(one.operation, one.exchange.raw.body) for one in seen.sent]

    first = sent(3)
    literals = ", ".join(f'"literal-of-a-module-{number}", {number}.5, {100_000 + number}' for number in range(200))
    (tmp_path / "imported_in_between.py").write_text(f"LITERALS = [{literals}]\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "imported_in_between", importlib.import_module("imported_in_between"))
    assert len(first) > 100
    assert sent(3) == first
    assert sent(4) != first


def test_nothing_is_generated_of_the_literals_in_our_own_source(survey, monkeypatch):
    """Schemathesis reads the source of the application it is given, unless it is installed: a wheel would differ."""
    context = importlib.import_module("schemathesis.engine.context")
    pools = []

    def watched(schema: Any) -> Any:
        pools.append(build(schema))
        return pools[-1]

    build = context.build_constants_pool
    monkeypatch.setattr(context, "build_constants_pool", watched)
    survey("offers", "fetch_offer", most=20)
    assert [pool.is_empty() for pool in pools] == [True]


def test_literals_that_were_drawn_before_are_not_drawn_again():
    """Hypothesis keeps for each kind of value which literals of imported modules it may be."""

    def drawn() -> set[str]:
        seen = set()

        @seed(1)
        @settings(max_examples=500, database=None, deadline=None, phases=[Phase.generate])
        @given(st.text())
        def collect(text: str) -> None:
            seen.add(text)

        collect()
        return seen

    of_nobody = set(providers.GLOBAL_CONSTANTS.strings)
    literals = {text for text in providers._get_local_constants().strings if len(text) > 4} - of_nobody
    assert drawn() & literals != set()
    with without_source_literals():
        assert drawn() & literals == set()


def test_of_two_who_draw_one_waits_for_the_other():
    order: list[str] = []

    def draws() -> None:
        with without_source_literals():
            order.append("other")

    other = threading.Thread(target=draws)
    with without_source_literals():
        other.start()
        other.join(0.2)
        order.append("first")
    other.join(10)
    assert order == ["first", "other"]


def test_the_longest_lane_of_generated_requests_goes_first(survey):
    ahead: dict[str, list[float]] = defaultdict(list)

    def watched(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        ahead[request.url].append(AHEAD.get())
        return response

    survey("offers", "fetch_offer", "revoke_offer", lie=watched)
    assert len(ahead) == 2
    for lane in ahead.values():
        assert lane == list(range(len(lane), 0, -1))


def test_a_generated_request_that_is_answered_when_sent_again_is_not_lost_to_the_check(survey: Survey) -> None:
    turns, lost = count(1), []

    def loses_every_tenth(request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if next(turns) % 10 == 0:
            lost.append(request)
            raise TransportFailed("closed")
        return response

    check = CheckRun("the surface", ("SURF-1",), Consumption(), Mock())
    before = RUNNING.set(check)
    try:
        seen = survey("offers", "fetch_offer", lie=loses_every_tenth)
    finally:
        RUNNING.reset(before)
    assert lost
    assert not check.lost
    assert not seen.wrong
