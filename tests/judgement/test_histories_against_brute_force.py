"""The search agrees with a checker that tries every order, on small random histories."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from offerproof.contract import Outcome
from offerproof.judgement.histories import History, HistoryOperation, Kind, Legality, Rules, Seen, check

RULES = Rules(lock_lifetime=None, conflicts_excuse_refusals=False, locks_bar_redeem=True)
SEEN = [Seen.ISSUED | Seen.LOCKED, Seen.REDEEMED, Seen.REVOKED, Seen(63) & ~Seen.ISSUED]


State = tuple[str, str | None]


def next_states(state: State, operation: HistoryOperation) -> set[State]:
    """The rules once more, as plain cases: documented effects and tolerated choices."""
    tag, holder = state
    own = operation.transaction
    if operation.kind is Kind.READ:
        return {state} if operation.seen & Seen[tag] else set()
    free, mine = tag == "ISSUED", tag == "LOCKED" and holder == own
    if operation.outcome is Outcome.REFUSED:
        wrong = {
            Kind.LOCK: free or mine,
            Kind.REDEEM: free or mine,
            Kind.SEND: mine,
            Kind.UNLOCK: tag == "LOCKED",
            Kind.REVOKE: free,
            Kind.REINSTATE: tag == "REDEEMED",
        }[operation.kind]
        return set() if wrong else {state}
    if operation.kind is Kind.LOCK:
        return {("LOCKED", own)} if free or mine else set()
    if operation.kind is Kind.REDEEM:
        return {("REDEEMED", own)} if free or mine else set()
    if operation.kind is Kind.SEND:
        return {("REDEEMED", own)} if mine else {state, ("REDEEMED", own)} if free or tag == "LOCKED" else {state}
    if operation.kind is Kind.UNLOCK:
        return {("ISSUED", None)} if tag == "LOCKED" else {state}
    if operation.kind is Kind.REVOKE:
        return {("REVOKED", None)} if tag != "REDEEMED" else {state, ("REVOKED", None)}
    reinstated: dict[str, set[State]] = {"REDEEMED": {("ISSUED", None)}, "LOCKED": {state, ("ISSUED", None)}}
    return reinstated.get(tag, {state})


def legal_order(operations: Sequence[HistoryOperation]) -> bool:
    states: set[State] = {("ISSUED", None)}
    for one in operations:
        states = {after for state in states for after in next_states(state, one)}
    return bool(states)


def respects_time(order: Sequence[HistoryOperation]) -> bool:
    return all(
        later.end is None or later.end >= earlier.start for at, earlier in enumerate(order) for later in order[at + 1 :]
    )


def brute_force(operations: list[HistoryOperation]) -> bool:
    sure = [one for one in operations if one.end is not None]
    unsure = [one for one in operations if one.end is None]
    return any(
        respects_time(order) and legal_order(order)
        for count in range(len(unsure) + 1)
        for happened in combinations(unsure, count)
        for order in permutations(sure + list(happened))
    )


@st.composite
def operation(draw):
    kind = draw(
        st.sampled_from(
            [Kind.LOCK, Kind.LOCK, Kind.UNLOCK, Kind.REDEEM, Kind.SEND, Kind.REVOKE, Kind.REINSTATE, Kind.READ]
        )
    )
    start = draw(st.integers(0, 12))
    lost = kind is not Kind.READ and draw(st.integers(0, 5)) == 0
    return HistoryOperation(
        keys=("U1",),
        kind=kind,
        start=start,
        end=None if lost else start + draw(st.integers(0, 8)),
        outcome=Outcome.UNKNOWN
        if lost
        else Outcome.ACCEPTED
        if kind is Kind.READ
        else draw(st.sampled_from([Outcome.ACCEPTED, Outcome.REFUSED])),
        transaction=draw(st.sampled_from(["t1", "t2"])) if kind in (Kind.LOCK, Kind.REDEEM, Kind.SEND) else None,
        process=draw(st.sampled_from("ABC")),
        seen=draw(st.sampled_from(SEEN)) if kind is Kind.READ else Seen(63),
    )


@pytest.mark.slow
@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(st.lists(operation(), min_size=1, max_size=6))
def test_the_search_agrees_with_trying_every_order(operations):
    expected = Legality.LEGAL if brute_force(operations) else Legality.ILLEGAL
    report = check(History.of(operations), RULES)
    assert report.verdict is expected
    if expected is Legality.ILLEGAL:
        made = report.findings[0].counterexample
        assert made is not None
        assert 0 <= made.failed < len(made.operations)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@given(st.lists(operation(), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_a_legal_history_stays_legal_in_any_order_of_recording(operations, random):
    shuffled = operations[:]
    random.shuffle(shuffled)
    assert check(History.of(shuffled)).verdict is check(History.of(operations)).verdict
