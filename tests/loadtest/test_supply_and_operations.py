"""Customers are handed out once; operations are kept whole or, by whole customers, not at all."""

from __future__ import annotations

import stat

import pytest

from offerproof.errors import CannotJudge
from offerproof.loadtest.generator.supply import (
    HeldOffer,
    Register,
    Shopper,
    Stock,
    read_register,
)
from offerproof.traffic.operations import NO_END, NOBODY, LogFile, OperationLog, read_log


def customers_with(count: int, offers: int = 2) -> list[Shopper]:
    return [
        Shopper(
            0,
            f"user-{n}",
            offers=[HeldOffer(0, f"offer-{n}-{k}", "o", "manual_fulfillment") for k in range(offers)],
        )
        for n in range(count)
    ]


def test_every_customer_goes_to_one_worker_only():
    register = Register(None)
    register.add(customers_with(10))
    given = {worker: register.give(worker, 4) for worker in ("a", "b", "c", "d")}
    assert {worker: [one.number for one in rows] for worker, rows in given.items()} == {
        "a": [0, 1, 2, 3],
        "b": [4, 5, 6, 7],
        "c": [8, 9],
        "d": [],
    }
    assert register.offers_waiting == 0
    offers = [offer.number for rows in given.values() for one in rows for offer in one.offers]
    assert offers == list(range(20))


def test_the_register_is_written_down_for_its_owner_only(tmp_path):
    path = tmp_path / "supply.jsonl"
    register = Register(path)
    register.add(customers_with(3))
    register.close()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.write_bytes(path.read_bytes() + b'[3,"half')
    assert [one.user_id for one in read_register(path)] == ["user-0", "user-1", "user-2"]


def test_a_user_offer_is_taken_once_and_a_customer_is_at_one_till_at_a_time():
    stock = Stock()
    register = Register(None)
    register.add(customers_with(2))
    stock.add(register.give("w", 2))
    first, second = stock.take_with_offer(), stock.take_with_offer()
    assert first is not None
    assert second is not None
    assert {first[0].number, second[0].number} == {0, 1}
    assert stock.take_with_offer() is None
    stock.give_back(first[0])
    again = stock.take_with_offer()
    assert again is not None
    assert again[0] is first[0]
    assert again[1].number != first[1].number
    stock.give_back(again[0])
    assert stock.take_with_offer() is None  # both offers are used; the second customer is still at its till
    assert (stock.offers, stock.used) == (1, 3)


def test_an_offer_that_was_given_back_can_be_taken_again():
    stock = Stock()
    stock.add(customers_with(1, offers=1))
    taken = stock.take_with_offer()
    assert taken is not None
    stock.give_back(taken[0], taken[1])
    assert stock.take_with_offer() == taken


def test_any_customer_will_do_for_who_needs_no_offer():
    stock = Stock()
    stock.add(customers_with(1, offers=2))
    customer = stock.take()
    assert customer is not None
    assert stock.offers == 0
    stock.put_back(customer)
    assert stock.offers == 2


def test_what_was_redeemed_is_remembered_while_the_customer_may_come_back():
    stock = Stock()
    customer = customers_with(1, offers=2)[0]
    stock.add([customer])
    for expected in (1, 0):
        taken = stock.take_with_offer()
        assert taken is not None
        stock.note_used(*taken)
        assert len(stock.used_of(customer)) == expected
        stock.give_back(customer)


def log_of(*rows: tuple[int, int]) -> OperationLog:
    log = OperationLog()
    for key, customer in rows:
        log.record(3, 0, 0, key, customer, 1, 7, 1_000_000, 250)
    return log


def test_records_come_back_as_they_were(tmp_path):
    log = OperationLog()
    log.record(0, 0, 0, 5, 6, 7, 2**40 + 3, 123_456_789_012, 250, 9)
    log.record(3, 2, 0, NOBODY, 6, 7, 1, -5, 2**40, 0x10C | 3 << 10)
    file = LogFile(tmp_path / "operations-0.bin")
    file.write(log.take())
    file.close()
    first, second = read_log(tmp_path / "operations-0.bin")
    assert first[:11] == (0, 0, 0, 0, 5, 6, 7, 2**40 + 3, 123_456_789_012, 250, 9)
    assert first.end == 123_456_789_262
    assert (second.key, second.duration, second.end, second.basket) == (NOBODY, NO_END, None, 0x10C | 3 << 10)
    assert file.count == 2


def test_a_record_cut_off_by_a_kill_is_left_out(tmp_path):
    file = LogFile(tmp_path / "x.bin")
    file.write(log_of((1, 1), (2, 2)).take()[:-7])
    file.close()
    assert [done.key for done in read_log(tmp_path / "x.bin")] == [1]


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "x.bin").write_bytes(b"something else altogether")
    with pytest.raises(CannotJudge, match="not an operation log"):
        list(read_log(tmp_path / "x.bin"))


def test_thinning_out_leaves_whole_customers(tmp_path):
    log = log_of((0, 0), (1, 1))
    log.every = 2
    for key, customer in ((2, 2), (3, 3), (4, 2), (5, 3)):
        log.record(3, 0, 0, key, customer, 1, 7, 0, 1)
    file = LogFile(tmp_path / "x.bin")
    file.write(log.take())
    file.close()
    assert [done.key for done in read_log(tmp_path / "x.bin", every=2)] == [0, 2, 4]
