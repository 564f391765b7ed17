"""The rules are pure, repeatable and as fast for many as for few; what is due comes in order."""

import ast
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import offerproof.program
from offerproof.program.agenda import Agenda
from offerproof.program.model import CustomerAttributes, Key, UserOfferDraft

SOURCES = sorted(Path(offerproof.program.__file__).parent.glob("*.py"))
ALLOWED = {
    *("__future__", "calendar", "collections.abc", "dataclasses", "datetime", "decimal", "enum", "heapq", "itertools"),
    *("re", "typing", "offerproof.errors", "array", "bisect", "hashlib"),
}


def imported(tree: ast.AST) -> Iterator[str | None]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_no_module_of_the_program_reaches_outside(source):
    tree = ast.parse(source.read_text(encoding="utf-8"))
    assert {name for name in imported(tree) if not str(name).startswith("offerproof.program")} <= ALLOWED
    for node in ast.walk(tree):
        assert not isinstance(node, ast.Global | ast.Nonlocal)
        if isinstance(node, ast.Attribute):
            assert node.attr not in ("now", "today", "utcnow") or isinstance(node.value, ast.Name), "no clock"
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), "no binary fractions"
        if isinstance(node, ast.Name):
            assert node.id not in ("open", "print", "input", "float", "hash")


def story(world: Any) -> Any:
    """A bit of everything; gives what was told of it."""
    member, other = world.customer(), world.customer()
    offer_id = world.offer(validity_unit="days", validity_period=20)
    user_offer = world.issued(member, offer_id)
    world.issued(other, offer_id)
    basket = world.basket("tx", "250", payments=[world.pays(member, "200"), world.pays(other, "50")])
    world.lock(user_offer, basket)
    basket.is_closed, basket.discounts = True, [world.discount(user_offer)]
    world.send(basket)
    world.days(45)
    world.spend(other, "2500", "tx2")
    world.days(900)
    world.program.points.cash_out(world.now)
    return world.events


def test_the_same_story_is_told_twice_the_same_way(make_world):
    first, second = make_world(), make_world()
    assert story(first) == story(second)
    assert len({event[1] for event in first.events}) >= 10
    assert story(make_world()) == first.events, "programs share nothing"


def test_what_happens_is_told_in_the_order_of_its_instants(make_world):
    instants = [event[0] for event in story(make_world())]
    assert instants == sorted(instants)


def calls_of(act: Callable[[], object]) -> int:
    """How many functions, Python's and C's, an action calls."""
    count = 0

    def note(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        act()
    finally:
        sys.setprofile(before)
    return count


def test_the_till_costs_the_same_among_many_customers_as_among_few(make_world):
    counts = []
    for others in (1, 3000):
        world = make_world()
        program, now = world.program, world.now
        program.customers.load(now, [(None, CustomerAttributes(external_id=f"other-{n}")) for n in range(others)])
        ids = [program.customers.find(Key.EXTERNAL_ID, f"other-{n}").id for n in range(others)]
        offer_id = world.offer(validity_unit="days", validity_period=30)
        program.wallets.load(now, [UserOfferDraft(world.new_id(), user_id, offer_id) for user_id in ids])
        member = world.customer(external_id="me")
        user_offer = world.issued(member, offer_id)
        basket = world.basket("tx", payments=[world.pays(member, "15")])

        def till(world=world, program=program, user_offer=user_offer, basket=basket):
            program.advance(world.now)
            program.redemption.lookup(world.now, Key.EXTERNAL_ID, "me", basket)
            program.redemption.lock(world.now, user_offer.id, "userofferid", basket)
            basket.is_closed, basket.discounts = True, [world.discount(user_offer)]
            program.transactions.send(world.now, basket)
            program.redemption.reinstate(world.now, user_offer.id)
            program.wallets.history([user_offer.customer.id])

        counts.append(calls_of(till))
    assert counts[0] == counts[1]


def test_an_agenda_gives_what_is_due_in_order_and_nothing_else():
    agenda: Agenda[str] = Agenda()
    for at, entry in ((30, "d"), (10, "a"), (20, "c"), (10, "b"), (40, "later"), (10, "b2")):
        agenda.add(at, entry)
    told = [(agenda.next, list(agenda.take_due(now))) for now in (9, 30, 40, 50)]
    assert told == [
        (10, []),
        (10, [(10, "a"), (10, "b"), (10, "b2"), (20, "c"), (30, "d")]),
        (40, [(40, "later")]),
        (None, []),
    ]


def test_what_is_added_while_time_passes_takes_its_turn():
    agenda: Any = Agenda()
    agenda.add(10, "first")
    agenda.add(30, "last")
    seen = []
    for at, entry in agenda.take_due(30):
        seen.append((at, entry))
        if entry == "first":
            agenda.add(20, "between")
            agenda.add(10, "same instant")
    assert seen == [(10, "first"), (10, "same instant"), (20, "between"), (30, "last")]


def test_nothing_is_due_before_its_time(world):
    assert world.program.next_due is None
    world.spend(world.customer(), "10")
    assert world.program.next_due == world.now + 30 * 86_400_000_000
