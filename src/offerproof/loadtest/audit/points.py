"""Points after a load run: each customer's balances against what the acknowledged transactions earn when alone."""

from __future__ import annotations

from decimal import Decimal

from offerproof.contract import Outcome
from offerproof.errors import CannotJudge
from offerproof.findings.model import Audit, Verdict
from offerproof.judgement.histories import Kind, Movement, Reading, check_balances
from offerproof.loadtest.audit.answers import answer
from offerproof.loadtest.audit.final_state import Balances, Calibration, FinalState

Rows = list[tuple[int, int, int, int]]
"""Transaction, kind, outcome, basket code; in the order they were recorded."""

_ZERO = Decimal(0)
AFTER = 1 << 60


def movements_of(rows: Rows, calibration: Calibration) -> dict[str, list[Movement]]:
    """Return what the transactions of one customer move, account by account.

    A transaction counts as its last acknowledged form; a form without an answer may count instead.
    """
    forms: dict[int, list[tuple[int, int]]] = {}
    for transaction, kind, outcome, code in rows:
        if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            known = forms.setdefault(transaction, [])
            if (kind == Kind.SEND and outcome == Outcome.ACCEPTED) or (
                kind == Kind.RETURN and outcome == Outcome.ACCEPTED
            ):
                known.clear()
            known.append((outcome, code))
    moves: dict[str, list[Movement]] = {}
    for known in forms.values():
        possible = [calibration.earned(code) for _, code in known]
        if all(outcome == Outcome.UNKNOWN for outcome, _ in known):
            possible.append({})
        for account in {name for one in possible for name in one}:
            amounts = [one.get(account, _ZERO) for one in possible]
            moves.setdefault(account, []).append(Movement(min(amounts), max(amounts), 0, 1))
    return moves


def judge_earnings(
    clause: str, question: str, earnings: dict[int, Rows], found: FinalState, calibration: Calibration, vacuous: Verdict
) -> Audit:
    """Hold each customer's balances against the bounds that the acknowledged transactions allow.

    ``vacuous``: the answer when nobody bought."""
    bad: list[str] = []
    unread = 0
    try:
        for number, rows in earnings.items():
            balances = found.balances.get(number)
            if balances is None:
                unread += 1
                continue
            bad += _breaches(number, rows, balances, calibration)
    except CannotJudge as problem:
        return answer(clause, question, EXPECTED, problem.message, [], checked=0, nothing="", undecided=1)
    bad += calibration.disagreements
    bought = sum(map(_bought, earnings.values()))
    observed = f"{bought} customers who bought, {len(bad)} balances that cannot be"
    if unread:
        observed += f"; {unread} could not be read" + (f" ({found.failed[0]})" if found.failed else "")
    return answer(
        clause,
        question,
        EXPECTED,
        observed,
        bad,
        checked=bought,
        nothing="nobody bought",
        undecided=unread,
        vacuous=vacuous,
    )


EXPECTED = "balances are the sum of what each acknowledged transaction earns when it is alone"


def _bought(rows: Rows) -> bool:
    """Whether any transaction of a customer was acknowledged, or may have been: there is something to hold against."""
    return any(outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN) for _, _, outcome, _ in rows)


def _breaches(number: int, rows: Rows, balances: Balances, calibration: Calibration) -> list[str]:
    moves = movements_of(rows, calibration)
    bad = []
    for account in sorted(set(moves) | set(balances)):
        initial = calibration.baseline.get(account, _ZERO)
        reading = Reading(balances.get(account, _ZERO), AFTER, AFTER)
        for breach in check_balances(initial, moves.get(account, []), [reading]):
            ids = len({row[0] for row in rows})
            bad.append(f"customer {number}, {account}, after {ids} transactions: {breach.reason}")
    return bad


def judge_conservation(
    clause: str, question: str, earnings: dict[int, Rows], found: FinalState, calibration: Calibration, vacuous: Verdict
) -> Audit:
    """Hold the sum over all customers against the sum of all earnings, and the totals against the accounts."""
    expected = "over all customers, the points of each account are what was earned; totals are the sums of accounts"
    low: Balances = {}
    high: Balances = {}
    held: Balances = {}
    readable = {number: rows for number, rows in earnings.items() if number in found.balances}
    try:
        for number, rows in readable.items():
            for account, moves in movements_of(rows, calibration).items():
                low[account] = low.get(account, _ZERO) + sum((move.low for move in moves), _ZERO)
                high[account] = high.get(account, _ZERO) + sum((move.high for move in moves), _ZERO)
            for account, value in found.balances[number].items():
                held[account] = held.get(account, _ZERO) + value - calibration.baseline.get(account, _ZERO)
    except CannotJudge as problem:
        return answer(clause, question, expected, problem.message, [], checked=0, nothing="", undecided=1)
    bad = list(found.unbalanced)
    for account in sorted(set(low) | set(held)):
        value = held.get(account, _ZERO)
        if not low.get(account, _ZERO) <= value <= high.get(account, _ZERO):
            bad.append(f"{account}: {value} points are held, {_range(low, high, account)} were earned")
    total = sum(held.values(), _ZERO)
    return answer(
        clause,
        question,
        expected,
        f"{len(readable)} customers, {total} points in all accounts together, {len(bad)} sums that cannot be",
        bad,
        checked=sum(map(_bought, readable.values())),
        nothing="nobody bought",
        undecided=len(earnings) - len(readable),
        vacuous=vacuous,
    )


def _range(low: Balances, high: Balances, account: str) -> str:
    least, most = low.get(account, _ZERO), high.get(account, _ZERO)
    return f"{least}" if least == most else f"{least} to {most}"
