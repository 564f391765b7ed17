"""A transaction over several user offers happens to all of them or to none."""

from __future__ import annotations

from offerproof.judgement.histories import Legality, Rules, check

LOCKS = """
    A lock t1 0-1 ok U1
    A lock t1 2-3 ok U2"""


def test_a_transaction_that_redeems_two_offers_is_legal(written):
    history = written(LOCKS + "\nA send t1 4-5 ok U1 U2\nB redeem t2 6-7 no U1\nB redeem t2 8-9 no U2")
    assert check(history).verdict is Legality.LEGAL


def test_an_answered_transaction_that_redeemed_one_of_two_is_illegal(written):
    history = written(
        LOCKS + "\nA send t1 4-5 ok U1 U2\nB redeem t2 6-7 no U1\nA unlock - 8-9 ok U2\nB lock t3 10-11 ok U2"
    )
    report = check(history)
    assert (report.verdict, [one.key for one in report.findings]) == (Legality.ILLEGAL, ["U2"])


def test_a_transaction_without_an_answer_may_have_happened_or_not(written):
    done = LOCKS + "\nA send t1 4 ? U1 U2\nB lock t2 6-7 no U1\nA redeem t1 8-9 no U1\nA redeem t1 10-11 no U2"
    not_done = LOCKS + "\nA send t1 4 ? U1 U2\nA unlock - 6-7 ok U1\nB redeem t2 8-9 ok U1\nA unlock - 10-11 ok U2"
    assert check(written(done)).verdict is Legality.LEGAL
    assert check(written(not_done)).verdict is Legality.LEGAL


def test_a_transaction_without_an_answer_must_not_happen_in_part(written):
    """U1 shows as redeemed after 10 s; a whole minute later its till still holds the lock of U2."""
    in_part = (
        LOCKS
        + """
        A send t1 4 ? U1 U2
        B redeem t2 50-60 no U1
        A redeem t1 10000000-10000001 no U1
        A lock t1 40900000-40900001 ok U2"""
    )
    report = check(written(in_part))
    assert (report.illegal, report.not_atomic) == (0, 1)
    assert report.findings[0].key == "U1, U2"
    assert "in part" in report.findings[0].reason
    soon_after = in_part.replace("40900000-40900001", "30900000-30900001")
    assert check(written(soon_after)).verdict is Legality.LEGAL


def test_a_transaction_whose_parts_contradict_each_other_is_illegal(written):
    """U1 must have been redeemed; U2 was revoked before the transaction was sent, and a revoked offer stays revoked."""
    history = written("""
        A lock t1 0-1 ok U1
        A send t1 4 ? U1 U2
        B revoke - 2-3 ok U2
        A redeem t1 10-11 no U1""")
    assert check(history).verdict is Legality.LEGAL
    assert check(history, Rules(bad_discounts_refused=True)).not_atomic == 1


def test_a_refused_transaction_has_one_offer_that_gives_the_reason(written):
    history = written("A lock t1 0-1 ok U1\nB lock t2 2-3 ok U2\nA send t1 4-5 no U1 U2\nA send t1 6-7 ok U1")
    assert check(history).verdict is Legality.LEGAL


def test_a_transaction_refused_although_it_holds_every_lock_is_illegal(written):
    report = check(written(LOCKS + "\nA send t1 4-5 no U1 U2"))
    assert (report.verdict, report.not_atomic) == (Legality.ILLEGAL, 1)
    assert "refused although each" in report.findings[0].reason


def test_a_refused_transaction_leaves_every_offer_alone(written):
    history = written("A lock t1 0-1 ok U1\nB lock t2 2-3 ok U2\nA send t1 4-5 no U1 U2\nA redeem t1 6-7 no U1")
    assert check(history).verdict is Legality.ILLEGAL
