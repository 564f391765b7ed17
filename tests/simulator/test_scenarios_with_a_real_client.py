"""Each scenario as a till meets it that talks through requests and urllib3 (docs/scenarios.md)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from offerproof.errors import Misuse
from offerproof.simulator import scenarios

PAGE = Path(__file__).parents[2] / "docs" / "scenarios.md"


class Shop:
    """A simulator, one of its customers with an offer, and a session to it."""

    def __init__(self, running: Any, till: Any) -> None:
        self.app = running.app
        self.till = till
        self.user = till.customer()
        self.code = till.issue(self.user, till.offer())
        self.session = requests.Session()
        self.session.auth = ("test-key-pos", "test-secret")
        self._base = f"http://127.0.0.1:{running.port}/api/2.0"

    def expect(self, text: str) -> None:
        """Start a scenario."""
        one = scenarios.parse(text, 1)
        self.app.scenarios[one.operation] = one

    def ask(self, call: str, body: object, *, timeout: float = 10.0) -> requests.Response:
        return self.session.post(f"{self._base}/{call}", json=body, timeout=timeout)

    @property
    def state(self) -> str:
        """The state of the offer, asked past all scenarios."""
        return str(self.till.history(self.user)[self.code])


@pytest.fixture
def shop(listening: Any, make_app: Any, make_till: Any) -> Iterator[Shop]:
    app = make_app()
    one = Shop(listening(app), make_till(app))
    yield one
    one.session.close()


def test_late_is_done_although_the_client_gave_up_and_the_repeat_gets_the_answer(shop):
    shop.expect("lock=late:60s,count=1")
    body = shop.till.lock_body(shop.code)
    with pytest.raises(requests.ReadTimeout):
        shop.ask("lock", body, timeout=0.2)
    assert shop.state == "Locked"
    answer = shop.ask("lock", body)
    assert (answer.status_code, answer.json()["payload"]["reference_id"]) == (200, shop.code)


def test_late_within_the_patience_of_the_client_is_an_answer_like_any_other(shop):
    shop.expect("lock=late:50ms,count=1")
    started = time.monotonic()
    assert shop.ask("lock", shop.till.lock_body(shop.code)).status_code == 200
    assert time.monotonic() - started >= 0.05


def test_pending_refuses_the_repeat_until_the_first_answer_has_left(shop):
    shop.expect("lock=pending:400ms,count=1")
    body = shop.till.lock_body(shop.code)
    first: list[int] = []
    asking = threading.Thread(target=lambda: first.append(shop.ask("lock", body).status_code))
    asking.start()
    seen: list[int] = []
    deadline = time.monotonic() + 10
    with requests.Session() as other:
        other.auth = shop.session.auth
        while not seen or seen[-1] != 200:
            assert time.monotonic() < deadline
            if shop.app.scenarios["lock"].hits:  # the first is there
                seen.append(other.post(f"{shop._base}/lock", json=body, timeout=5).status_code)
    asking.join(10)
    assert (first, seen[0], set(seen)) == ([200], 409, {409, 200})


def test_twice_does_not_shift_the_answers_of_a_client_that_looks(shop):
    shop.expect("lookup=twice")
    for user, status in ((shop.user, 200), ("00000000-0000-4000-8000-00000000dead", 404), (shop.user, 200)):
        assert shop.ask("lookup", shop.till.container({"user_id": user})).status_code == status


@pytest.mark.parametrize(("kind", "state"), [("drop", "Redeemed"), ("refuse", "Issued")])
def test_drop_and_refuse_look_alike_and_the_same_repeat_is_right_for_both(shop, kind, state):
    shop.expect(f"redeem={kind},count=1")
    body = shop.till.lock_body(shop.code)
    with pytest.raises(requests.ConnectionError):
        shop.ask("redeem", body)
    assert shop.state == state
    assert shop.ask("redeem", body).status_code == 200
    assert shop.state == "Redeemed"


def test_unavailable_says_when_to_come_back_and_a_client_that_heeds_it_is_served(shop):
    shop.expect("redeem=unavailable:1s,count=1")
    body = shop.till.lock_body(shop.code)
    answer = shop.ask("redeem", body)
    assert (answer.status_code, answer.headers["Retry-After"], shop.state) == (503, "1", "Issued")
    shop.expect("redeem=unavailable:1s,count=1")
    patient = Retry(total=2, status_forcelist=[503], allowed_methods=None, backoff_factor=0)
    shop.session.mount("http://", HTTPAdapter(max_retries=patient))
    started = time.monotonic()
    assert shop.ask("redeem", body).status_code == 200
    assert time.monotonic() - started >= 1
    assert shop.state == "Redeemed"


def test_a_rival_takes_the_offer_that_was_shown_as_free(shop):
    shop.expect("lookup=rival,count=1")
    shown = shop.ask("lookup", shop.till.container({"user_id": shop.user})).json()
    assert [one["status"] for one in shown["payload"][0]["offers"]] == ["INFO"]
    told = shop.ask("lock", shop.till.lock_body(shop.code)).json()
    assert [one["code"] for one in told["errors"]] == ["locked_by_another"]
    assert shop.state == "Locked"


def test_what_was_shown_expires_while_the_clock_jumps(shop):
    before = shop.app.clock.now()
    shop.expect("lookup=jump:600s,count=1")
    assert shop.ask("lookup", shop.till.container({"user_id": shop.user})).status_code == 200
    assert shop.app.clock.now() - before >= 600_000_000


def test_a_rival_of_another_call_than_lookup_is_refused():
    with pytest.raises(Misuse, match="a rival locks what a lookup shows"):
        scenarios.parse("lock=rival", 0)


def test_the_page_has_every_kind_and_its_examples_are_scenarios():
    text = PAGE.read_text("utf-8")
    assert re.findall(r"^## (\w+)$", text, re.MULTILINE) == list(scenarios.KINDS)
    examples = re.findall(r"--scenario ([a-z_]+=[a-z]+[^` ]*)", text)
    assert [scenarios.parse(example, 0).kind for example in examples] == list(scenarios.KINDS)


@pytest.mark.parametrize("call", ["lookup", "create_customer", "issue_offer"])
def test_what_can_never_strike_is_refused(call):
    with pytest.raises(Misuse, match=f"{call} is never pending: its request_id is not remembered"):
        scenarios.parse(f"{call}=pending", 0)
