"""Hand-written histories whose verdict is known."""

from __future__ import annotations

import pytest

from offerproof.errors import Misuse
from offerproof.judgement.histories import History, Legality, Rules, check, seen_in_history, seen_in_wallet

LEGAL = {
    "a whole life in sequence": """
        A issue - 0-1 ok
        A lock t1 2-3 ok
        A lock t1 4-5 ok
        A unlock - 6-7 ok
        A lock t2 8-9 ok
        A send t2 10-11 ok
        A read - 12-13 ok redeemed
        A reinstate - 14-15 ok
        A revoke - 16-17 ok
        A read - 18-19 ok revoked""",
    "of two racing locks one wins": """
        A lock t1 0-10 ok
        B lock t2 0-10 no""",
    "the later call wins when both are pending": """
        A lock t1 0-10 no
        B lock t2 5-15 ok""",
    "two locks with an unlock that can stand between them": """
        A lock t1 0-10 ok
        C unlock - 5-25 ok
        B lock t2 12-20 ok""",
    "intervals that only touch overlap": """
        A lock t1 0-10 ok
        A unlock - 20-30 ok
        B lock t2 10-20 ok""",
    "a lock without an answer took effect": """
        A lock t1 0 ?
        B lock t2 10-20 no""",
    "a lock without an answer never took effect": """
        A lock t1 0 ?
        B lock t2 10-20 ok""",
    "a redemption without an answer took effect late": """
        A lock t1 0-1 ok
        A send t1 2 ?
        B read - 10-11 ok locked
        B read - 20-21 ok redeemed""",
    "unlock of a free offer is the target's own choice, taken": "A unlock - 0-1 ok",
    "unlock of a free offer is the target's own choice, refused": "A unlock - 0-1 no",
    "a second revoke is the target's own choice": """
        A revoke - 0-1 ok
        A revoke - 2-3 ok
        A revoke - 4-5 no""",
    "revoke of a locked offer refused": """
        A lock t1 0-1 ok
        B revoke - 2-3 no
        A send t1 4-5 ok""",
    "revoke of a locked offer accepted": """
        A lock t1 0-1 ok
        B revoke - 2-3 ok
        A send t1 4-5 no""",
    "a closed transaction sent again": """
        A lock t1 0-1 ok
        A send t1 2-3 ok
        A send t1 4-5 ok
        A read - 6-7 ok redeemed""",
    "a lock held long enough may lapse": """
        A lock t1 0-1 ok
        B lock t2 60000001-60000002 ok""",
    "a refusal that met a call that went through claims nothing": """
        A lock t1 0-1 ok
        A unlock - 10-20 ok
        B redeem t1 15-25 no""",
    "an offer expires within its window": """
        clock expire - 10-20 ok
        A lock t1 12-14 ok
        A unlock - 15-16 ok
        B lock t2 21-22 no""",
    "a busy target has claimed nothing": """
        A lock t1 0-1 busy
        B lock t2 2-3 ok""",
    "a return may or may not bring the offer back": """
        A redeem t1 0-1 ok
        A return t1 2-3 ok
        B lock t2 4-5 ok""",
}

ILLEGAL = {
    "double redemption": """
        A redeem t1 0-10 ok
        B redeem t2 0-10 ok""",
    "double redemption by one transaction": """
        A redeem t1 0-1 ok
        A redeem t1 2-3 ok""",
    "two locks held": """
        A lock t1 0-10 ok
        B lock t2 0-10 ok""",
    "a lost lock": """
        A lock t1 0-1 ok
        A send t1 2-3 no""",
    "a lost lock seen by a rival": """
        A lock t1 0-1 ok
        B lock t2 2-3 ok""",
    "a refused lock took effect": """
        A lock t1 0-1 no
        B lock t2 2-3 no""",
    "a refused redemption took effect": """
        A lock t1 0-1 ok
        A redeem t1 2-3 no
        B read - 4-5 ok redeemed""",
    "nobody wins a free offer": """
        A lock t1 0-10 no
        B lock t2 0-10 no""",
    "a redemption forgotten": """
        A lock t1 0-1 ok
        A send t1 2-3 ok
        B read - 4-5 ok issued""",
    "a revoked offer is locked": """
        A revoke - 0-1 ok
        B lock t2 2-3 ok""",
    "an expired offer is locked": """
        clock expire - 10-20 ok
        A lock t1 21-22 ok""",
    "an issue forgotten": """
        A issue - 0-1 ok
        A read - 2-3 ok absent""",
    "redeemed before it was issued": """
        A issue - 5-6 ok
        B redeem t1 0-1 ok""",
    "reinstate without effect": """
        A redeem t1 0-1 ok
        A reinstate - 2-3 ok
        A lock t1 4-5 no""",
    "unlock that frees a redeemed offer": """
        A redeem t1 0-1 ok
        A unlock - 2-3 ok
        B lock t2 4-5 ok""",
    "a re-lock by the holder is refused": """
        A lock t1 0-1 ok
        A lock t1 2-3 no""",
    "a time-out explains one rival, not two": """
        A lock t1 0 ?
        B lock t2 10-20 no
        C lock t3 30-40 ok
        D lock t4 50-60 ok""",
    "a lock cannot lapse within a second": """
        A lock t1 0-1 ok
        B lock t2 1000000-1000001 ok""",
}


@pytest.mark.parametrize("name", LEGAL)
def test_a_legal_history_is_accepted(written, name):
    report = check(written(LEGAL[name]))
    assert (report.verdict, report.findings) == (Legality.LEGAL, [])


@pytest.mark.parametrize("name", ILLEGAL)
def test_an_illegal_history_is_rejected(written, name):
    report = check(written(ILLEGAL[name]))
    assert (report.verdict, report.illegal) == (Legality.ILLEGAL, 1)
    assert report.findings[0].key == "U1"
    assert "in every legal order the user offer was then" in report.findings[0].reason


def test_an_effect_may_follow_the_answer_within_the_settle_time(written):
    history = written("""
        A lock t1 0-1 ok
        A send t1 2-3 ok
        B read - 100-101 ok issued locked
        B read - 200-201 ok redeemed""")
    assert check(history, Rules(settle=500)).verdict is Legality.LEGAL
    assert check(history, Rules(settle=50)).verdict is Legality.ILLEGAL


def test_a_target_busy_with_a_transaction_may_refuse_even_the_till_that_sent_it(written):
    history = written("""
        A lock t1 0-1 ok
        A send t1 2-3 ok
        A unlock - 10-11 no
        A read - 20-21 ok issued locked
        A read - 200-201 ok redeemed""")
    assert check(history, Rules(settle=50)).verdict is Legality.LEGAL
    assert check(history, Rules()).verdict is Legality.ILLEGAL


def test_a_lock_never_lapses_where_the_target_says_so(written):
    history = written("""
        A lock t1 0-1 ok
        B lock t2 999000000-999000001 ok""")
    assert check(history, Rules()).verdict is Legality.LEGAL
    assert check(history, Rules(lock_lifetime=None)).verdict is Legality.ILLEGAL


def test_a_foreign_discount_may_pass_unless_the_target_says_that_it_refuses(written):
    history = written("""
        A lock t1 0-1 ok
        B send t2 2-3 ok
        A send t1 4-5 ok""")
    assert check(history, Rules()).verdict is Legality.LEGAL
    assert check(history, Rules(bad_discounts_refused=True)).verdict is Legality.ILLEGAL


def test_a_lock_bars_redemption_by_another_transaction_where_that_is_asked_for(written):
    history = written("""
        A lock t1 0-1 ok
        B redeem t2 2-3 ok""")
    assert check(history, Rules()).verdict is Legality.LEGAL
    assert check(history, Rules(locks_bar_redeem=True)).verdict is Legality.ILLEGAL


def test_a_strict_check_excuses_no_refusal(written):
    history = written("""
        A lock t1 0-1 ok
        A unlock - 10-20 ok
        B redeem t1 15-25 no""")
    assert check(history, Rules(conflicts_excuse_refusals=False)).verdict is Legality.ILLEGAL


def test_a_refusal_is_not_excused_by_the_till_that_made_it(written):
    history = written("""
        A unlock - 0-10 ok
        A lock t1 5-15 no""")
    assert check(history).verdict is Legality.ILLEGAL


@pytest.mark.slow
def test_the_bound_makes_the_verdict_unknown_and_is_named(written):
    lines = [f"T{number} lock t{number} 0 ?" for number in range(14)]
    lines += [f"U{number} unlock - 0 ?" for number in range(14)]
    lines += ["A read - 5-6 ok revoked"]
    report = check(written("\n".join(lines)), Rules(configurations=100))
    assert report.verdict is Legality.UNKNOWN
    assert "more than 100 configurations" in report.findings[0].reason


def test_a_verdict_is_given_for_each_user_offer(written):
    report = check(
        written("""
        A lock t1 0-1 ok U1
        B lock t2 2-3 ok U2
        C lock t3 2-3 ok U1""")
    )
    assert [(one.key, one.verdict) for one in report.findings] == [("U1", Legality.ILLEGAL)]
    assert report.keys == 2


def test_findings_are_bounded_and_counted_whole(written):
    lines = [f"A redeem t1 0-1 ok U{number}\nB redeem t2 2-3 ok U{number}" for number in range(30)]
    report = check(written("\n".join(lines)), kept=5)
    assert (report.illegal, len(report.findings)) == (30, 5)


def test_an_operation_that_ends_before_it_starts_is_misuse():
    with pytest.raises(Misuse, match="ends"):
        History().add("U1", 0, 5, 4, 0)


def test_a_wallet_that_does_not_show_a_locked_offer_is_right():
    assert seen_in_wallet(False) & 4
    assert not seen_in_wallet(False) & 2
    assert seen_in_wallet(True, "INFO") == 6
    assert seen_in_wallet(True, "locked") == 4


@pytest.mark.parametrize(
    ("word", "seen"),
    [
        *(("Issued", 6), ("Redeemed", 8), ("Offer redeemed", 8), ("Used", 8), ("REVOKED", 32), ("Expired", 16)),
        *(("Neu", 62), ("Unused", 62), ("Redeemable", 62), ("Unlocked", 62), ("Blocked", 62), ("Not redeemed", 62)),
    ],
)
def test_a_history_description_tells_the_state(word, seen):
    assert seen_in_history(word) == seen
