"""``simulate --fold N``: what is over is folded, also after a kill -9, and naming it again is refused clearly."""

from __future__ import annotations

import signal
from typing import Any

import pytest

from offerproof.cli import main
from offerproof.errors import Misuse
from offerproof.program.model import CustomerTexts
from offerproof.simulator import program_file
from offerproof.simulator.bodies import UserIn
from offerproof.simulator.core import profile
from offerproof.simulator.journal import Journal

CORE = "/priv/v1/apps/test-api-key"
RETAILER = "2d5b5a08-becd-4837-a69a-2ab967c7773a"


def visit(till: Any, user: str, offer: str, number: int) -> str:
    """Issue, lock and redeem; returns the user offer."""
    code = str(till.issue(user, offer))
    discount = till.lock(code, f"t-{number}")[1]["payload"]
    till.ok("POST", "/api/2.0/send_transaction", till.send_body(user, discount, f"t-{number}"))
    return code


def points(till: Any, user: str) -> dict[str, Any]:
    """Account name to balance."""
    found = till.ok("GET", f"{CORE}/users/{user}?expand_incentives=true")["user"]["tier_details"]
    return {one["account_name"]: one["available_balance"] for one in found["point_account_balances"]["details"]}


def code_of(answer: Any) -> str:
    """The code of a refusal: CloudPOS has a list of errors, the others have one."""
    errors = answer["errors"]
    return str((errors[0] if isinstance(errors, list) else errors)["code"])


@pytest.fixture
def folding(make_app, monkeypatch):
    """An app that keeps two of everything that is over."""

    def make(**more: Any) -> Any:
        read = program_file.read
        monkeypatch.setattr(program_file, "read", lambda path=None: read(path).with_bounds(fold=2))
        try:
            return make_app(**more)
        finally:
            monkeypatch.undo()

    return make


def test_what_is_folded_is_refused_with_a_reason_and_its_points_stay(folding, make_till):
    till = make_till(folding())
    user, offer = till.customer(), till.offer()
    codes = [visit(till, user, offer, number) for number in range(4)]
    assert list(till.history(user)) == [codes[3], codes[2]]
    assert points(till, user)["ACME Spendable Escrow Account"] == 24
    status, answer = till.call("POST", "/api/2.0/send_transaction", till.send_body(user, None, "t-0", items=[]))
    assert (status, code_of(answer)) == (409, "transaction_folded")
    assert "folded away" in answer["errors"][0]["message"]
    status, answer = till.call("POST", "/api/2.0/reinstate", till.container({"user_offer_id": codes[0]}))
    assert (status, code_of(answer)) == (409, "user_offer_folded")
    assert till.lock(codes[1], "t-9")[1]["errors"][0]["code"] == "user_offer_folded"
    revoke = {"retailer_id": RETAILER, "user_offer_id": codes[1]}
    status, answer = till.call("POST", "/api/2.0/offers/acquisition/revoke", revoke)
    assert (status, code_of(answer)) == (409, "user_offer_folded")
    status, answer = till.control(
        "POST", "load", {"user_offers": [{"id": codes[0], "user_id": user, "offer_id": offer}]}
    )
    assert (status, code_of(answer)) == (409, "identifier_taken")
    assert points(till, user)["ACME Spendable Escrow Account"] == 24


def test_history_pages_hold_what_is_kept_and_count_no_more(folding, make_till):
    till = make_till(folding())
    user, offer = till.customer(), till.offer()
    codes = [visit(till, user, offer, number) for number in range(5)]
    waiting = till.issue(user, offer)
    seen = []
    for skip in range(4):
        document = {"retailer_id": RETAILER, "user_ids": [user], "rollback_option": 0, "skip": skip, "take": 1}
        page = till.ok("POST", "/api/2.0/offers/user_offer_history", document)["payload"]
        assert page["total_records"] == 3
        seen += [one["user_offer_id"] for one in page["results"]]
    assert seen == [waiting, codes[4], codes[3]]


def test_the_same_seed_gives_the_same_answers_with_folding(folding, make_till):
    def story() -> list[Any]:
        till = make_till(folding(seed=7))
        user, offer = till.customer(), till.offer()
        codes = [visit(till, user, offer, number) for number in range(6)]
        return [codes, till.history(user), points(till, user), till.control("GET", "events?take=1000")]

    assert story() == story()


def test_a_replay_folds_the_same_and_only_under_the_same_option(folding, make_app, make_till, tmp_path):
    path = tmp_path / "journal.db"

    def opened(app: Any) -> Journal:
        journal = Journal(path, app, full_sync=False, complain=lambda message: None)
        journal.replay()
        journal.attach()
        return journal

    till = make_till(folding())
    journal = opened(till.app)
    user, offer = till.customer(), till.offer()
    for number in range(5):
        visit(till, user, offer, number)
    before = [till.history(user), points(till, user)]
    journal.close()
    again = make_till(folding())
    opened(again.app).close()
    assert [again.history(user), points(again, user)] == before
    assert again.call("POST", "/api/2.0/send_transaction", till.send_body(user, None, "t-1"))[0] == 409
    with pytest.raises(Misuse, match="another option fold: '2', not None"):
        opened(make_app())


@pytest.mark.slow
def test_a_journal_without_folding_is_refused_by_one_with_it(folding, make_app, tmp_path):
    Journal(tmp_path / "journal.db", make_app(), full_sync=False, complain=lambda message: None).close()
    with pytest.raises(Misuse, match="another option fold: None, not '2'"):
        Journal(tmp_path / "journal.db", folding(), full_sync=False, complain=lambda message: None)


@pytest.mark.slow
def test_after_kill_9_the_folded_state_is_the_same(start_simulator, tmp_path):
    options = ["--journal", str(tmp_path / "journal.db"), "--seed", "3", "--fold", "2", "--request-ids", "3"]
    first = start_simulator(*options)
    user, offer = first.customer(), first.offer()
    for number in range(5):
        visit(first, user, offer, number)
    before = [first.history(user), points(first, user)]
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    second = start_simulator(*options)
    assert [second.history(user), points(second, user)] == before
    assert len(before[0]) == 2
    status, answer = second.call("POST", "/api/2.0/send_transaction", second.send_body(user, None, "t-0"))
    assert (status, code_of(answer)) == (409, "transaction_folded")


def test_only_so_many_request_ids_are_remembered(start_simulator):
    till = start_simulator("--request-ids", "2")
    user, offer = till.customer(), till.offer()
    code = till.issue(user, offer)
    body = till.lock_body(code, "t-1", "first")
    other = {**body, "request_payload": {**body["request_payload"], "offer_lookup_type": "USEROFFERID"}}
    assert till.call("POST", "/api/2.0/Lock", body)[0] == 200
    assert till.call("POST", "/api/2.0/Lock", other)[1]["errors"][0]["code"] == "request_id_reused"
    for number in range(2):
        assert till.call("POST", "/api/2.0/Lock", till.lock_body(code, "t-1", f"later{number}"))[0] == 200
    assert till.call("POST", "/api/2.0/Lock", other)[0] == 200, "the first is forgotten"


def test_a_fold_that_keeps_nothing_is_misuse(capsys):
    assert main(["simulate", "--fold", "0"]) == 2
    assert "--fold" in capsys.readouterr().err


def test_customers_who_gave_no_texts_share_them():
    one, other = (profile(UserIn(external_id=name)) for name in ("a", "b"))
    assert one.texts is other.texts
    assert profile(UserIn(external_id="c", first_name="First")).texts == CustomerTexts(first_name="First")
