"""Harmless habits of clients, and what a recording does not know, break no duty; the hard cases beside them do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from offerproof.client_duties import Came, came_of
from offerproof.judgement.oracle import Call

SALE = """
lookup r=1 c=14 -> [o1]
lock r=2 t=T1 o=o1 b=a:10,b:2 -> LOCKED 5
send r=3 t=T1 m=09:05 b=a:10,b:2 d=o1 pay=p1:7:U1 closed -> ok
lookup r=4 c=14 -> [o2]
lock r=5 t=T2 o=o2 b=c:8 -> LOCKED 5
unlock r=6 o=o2 e=1000 -> ok
send r=7 t=T2 ot=09:10 m=09:12 b=c:8 pay=p2:8:U1 closed -> none
@60 send r=7 t=T2 ot=09:10 m=09:12 b=c:8 pay=p2:8:U1 closed -> ok
"""

FAIR = {
    "two equal coffees are two sales": """
        send r=1 t=T1 b=a:3 pay=p1:3:U1 closed -> none
        @40 send r=2 t=T2 ot=09:01 b=a:3 pay=p2:3:U1 closed -> ok
        @50 send r=1 t=T1 b=a:3 pay=p1:3:U1 closed -> ok
    """,
    "the documents' samples use request_id 1 for every call": """
        lookup r=1 c=14 -> [o1]
        lock r=1 t=T1 o=o1 b=a:10 -> LOCKED 5
        send r=1 t=T1 b=a:10 d=o1 pay=p1:5:U1 closed -> ok
    """,
    "a bag of no value is no change of the basket": """
        lock r=1 t=T1 o=o1 b=a:10 -> LOCKED 5
        send r=2 t=T1 b=a:10,b:0 d=o1 pay=p1:5:U1 closed -> ok
    """,
    "the rounding of cash is no change of the basket": """
        lock r=1 t=T1 o=o1 b=a:10.02 -> LOCKED 5
        send r=2 t=T1 b=a:10.02,b:-0.02 d=o1 pay=p1:5:U1 closed -> ok
    """,
    "a tip is no wrong payment": """
        send r=1 t=T1 b=a:10 pay=p1:12:U1 closed -> ok
    """,
    "an offer that was refused, and locked by a second try, is claimed": """
        lock r=1 t=T1 o=o1 b=a:10 -> err
        lock r=2 t=T1 o=o1 b=a:20 -> LOCKED 5
        send r=3 t=T1 b=a:20 d=o1 pay=p1:15:U1 closed -> ok
    """,
    "a lock answered after the client gave it up may have been done": """
        lookup r=1 c=14 -> [o1]
        lock r=2 t=T1 o=o1 b=a:10 -> none
        send r=3 t=T1 b=a:10 pay=p1:10:U1 closed -> ok
        unlock r=4 o=o1 e=1000 -> ok
    """,
    "a return sends the discount again without a lock": """
        lookup r=1 c=14 -> [o1]
        lock r=2 t=T1 o=o1 b=a:10,b:5 -> LOCKED 5
        send r=3 t=T1 m=09:05 b=a:10,b:5 d=o1 pay=p1:10:U1 closed -> ok
        @900 send r=4 t=T1 m=09:20 b=a:10 d=o1 pay=p1:5:U1 closed -> ok
    """,
    "two tills fight for one offer": """
        lookup r=1 c=14 -> [o1]
        lock r=2 t=T1 o=o1 b=a:10 dur=2 -> LOCKED 5
        +0.1 lock r=3 t=T2 o=o1 b=b:4 dur=2 -> err
        @9 send r=4 t=T1 b=a:10 d=o1 pay=p1:5:U1 closed -> ok
        send r=5 t=T2 ot=09:01 b=b:4 pay=p2:4:U2 closed -> ok
    """,
    "bottles that come back without an earlier sale are no return": """
        send r=1 t=T1 b=a:-1 pay=p1:-1:U1 closed -> ok
    """,
    "the answer was not recorded": """
        lookup r=1 c=14 -> [o1]
        lock r=2 t=T1 o=o1 b=a:10 -> unseen
        send r=3 t=T1 b=a:10 d=o1:5 pay=p1:5:U1 closed -> unseen
    """,
}


@pytest.mark.parametrize("habit", FAIR)
def test_a_harmless_habit_breaks_no_duty(habit, judged):
    assert judged(FAIR[habit]).words == []


def test_a_recording_cut_anywhere_in_sales_accuses_nobody(judged):
    length = len(SALE.strip().splitlines())
    for cut in range(1, length):
        for part in (slice(cut, None), slice(None, cut)):
            notes = judged(SALE, complete=False, change=lambda sent, part=part: sent[part])
            assert notes.words == [], (cut, part)


def test_what_a_recorder_may_have_lost_is_not_missing(judged):
    for lost in range(len(SALE.strip().splitlines())):
        notes = judged(SALE, whole=False, change=lambda sent, lost=lost: sent[:lost] + sent[lost + 1 :])
        assert [one for one in notes.breaches if one in ("TILL-4", "TILL-11", "TILL-12", "TILL-13")] == [], lost


def retold(sent):
    """The same transactions as another client would spell them: numbers as text, null members, one member dropped."""
    for one in sent:
        sold = one.exchange.sent.get("request_payload", {}) if one.exchange.raw.body else {}
        for discount in sold.get("discounts", ()):
            discount.pop("display_name", None)
            discount["amount"] = str(discount["amount"]) + ".00"
            discount["reference_id"] = discount["reference_id"].upper()
            discount["image_url"] = None
        if sold.get("discounts"):
            one.call = replace(one.call, request={**one.call.request, "request_payload": sold})
    return sent


def test_a_discount_spelled_otherwise_is_the_same_discount(judged):
    notes = judged(SALE, change=retold)
    assert notes.words == []
    assert "TILL-5" in notes.kept


HARD = {
    "a changed transaction with an older time": (
        """
        send r=1 t=T1 m=09:05 b=a:10 pay=p0:0:U1 open -> ok
        send r=2 t=T1 m=09:04 b=a:10,b:5 pay=p1:15:U1 closed -> ok
        """,
        "TILL-10",
    ),
    "a sale counted twice, by the offer it claims": (
        """
        lock r=1 t=T1 o=o1 b=a:10 -> LOCKED 5
        send r=2 t=T1 b=a:10 d=o1 pay=p1:5:U1 closed -> none
        @40 send r=3 t=T2 b=a:10 d=o1 pay=p9:5:U1 closed -> ok
        """,
        "TILL-1",
    ),
    "an unlock tried again as another request": ("unlock r=1 o=o1 e=7 -> none\n@9 unlock r=2 o=o1 e=7 -> ok", "TILL-3"),
    "a reinstate tried again as another request": (
        "reinstate r=1 o=o1 e=7 -> 500\n@9 reinstate r=2 o=o1 e=7 -> ok",
        "TILL-3",
    ),
    "an offer given back, and claimed": (
        """
        lock r=1 t=T1 o=o1 b=a:10 -> LOCKED 5
        unlock r=2 o=o1 e=1000 -> ok
        send r=3 t=T1 b=a:10 d=o1 pay=p1:5:U1 closed -> ok
        """,
        "TILL-4",
    ),
}


@pytest.mark.parametrize("case", HARD)
def test_a_breach_beside_them_is_told(case, judged):
    text, clause = HARD[case]
    assert clause in judged(text).breaches


@pytest.mark.parametrize("operation", ["lock", "send"])
def test_a_lock_or_a_sale_tried_again_as_another_request_is_a_warning(operation, judged):
    line = {"lock": "lock r={} t=T1 o=o1 b=a:10", "send": "send r={} t=T1 b=a:10 pay=p1:10:U1 closed"}[operation]
    notes = judged(f"{line.format(1)} -> none\n@9 {line.format(2)} -> ok", complete=False)
    assert notes.breaches == ["TILL-3?"]


@pytest.mark.parametrize("mask", ["[Filtered]", "Basic ********", "<redacted>", "***"])
def test_masked_credentials_say_nothing(mask, judged):
    def masked(sent):
        for number, one in enumerate(sent):
            one.exchange.raw.headers = {**one.exchange.raw.headers, "authorization": mask} if number else {}
        return sent

    notes = judged("search q=external_id=14 -> 401\n" * 5, change=masked)
    assert [one for one in notes.breaches if one in ("TILL-22", "TILL-23")] == []
    assert "TILL-22" in notes.open


def test_other_credentials_than_basic_ones_are_told(judged):
    def bearer(sent):
        for one in sent:
            one.exchange.raw.headers = {**one.exchange.raw.headers, "authorization": "Bearer abc.def"}
        return sent

    assert "TILL-22" in judged("search q=external_id=14 -> ok", change=bearer).breaches


def test_of_a_body_that_is_no_json_nothing_else_is_said(judged):
    def broken(sent):
        sent[0].exchange.raw.body = b"{"
        sent[0].call = replace(sent[0].call, request={})
        return sent

    assert judged("lookup r=1 c=14 -> 400", change=broken).breaches == ["TILL-27"]


def test_a_sale_that_was_owed_for_long_is_still_the_same_sale(judged):
    others = "\n".join(f"send r={n} t=S{n} b=a:3 pay=q{n}:3:U1 closed -> ok" for n in range(100, 2200))
    text = f"send r=1 t=T1 b=a:3 pay=p1:3:U1 closed -> none\n{others}\nsend r=1 t=T1 b=a:3 pay=p1:3:U1 closed -> ok"
    notes = judged(text)
    assert notes.words == []
    assert "TILL-13" in notes.kept


@pytest.mark.parametrize(
    ("code", "came"),
    [("pending", Came.PENDING), ("request_pending", Came.PENDING), ("no_pending_offers", Came.REFUSED)],
)
def test_pending_may_be_told_by_a_code(code, came):
    answer = {"status": "error", "payload": None, "errors": [{"code": code, "message": "later"}]}
    assert came_of(Call("lock", {}, answer, 409), seen=True) is came
