"""Points after a load run: each customer's balances against what the acknowledged transactions earn when alone."""

from __future__ import annotations

from decimal import Decimal

from offerproof.contract import Outcome
from offerproof.errors import CannotJudge
from offerproof.findings.model import Audit, Verdict
from offerproof.judgement.histories import Movement, Reading, check_balances
from offerproof.loadtest.audit.answers import answer
from offerproof.loadtest.audit.final_state import Balances, Calibration, FinalState

Rows = list[tuple[int, int, int, int]]
"""Transaction, kind, outcome, basket code; in the order they were recorded."""

_ZERO = Decimal(0)
AFTER = 1 << 60


def forms_of(rows: Rows) -> list[list[tuple[int, int]]]:
    """Return, of each transaction of one customer, the forms that may count, as outcome and basket code.

    A transaction counts as its last acknowledged form; a form without an answer may count instead.
    """
    forms: dict[int, list[tuple[int, int]]] = {}
    for transaction, _, outcome, code in rows:
        if outcome in (Outcome.ACCEPTED, Outcome.UNKNOWN):
            known = forms.setdefault(transaction, [])
            if outcome == Outcome.ACCEPTED:
                known.clear()
            known.append((outcome, code))
    return list(forms.values())


def codes_of(earnings: dict[int, Rows]) -> set[int]:
    """Return the basket codes that a calibration must know to judge these customers."""
    return {code for rows in earnings.values() for known in forms_of(rows) for _, code in known}


def movements_of(rows: Rows, calibration: Calibration) -> dict[str, list[Movement]]:
    """Return what the transactions of one customer move, account by account."""
    moves: dict[str, list[Movement]] = {}
    for known in forms_of(rows):
        possible = [calibration.earned(code) for _, code in known]
        if all(outcome == Outcome.UNKNOWN for outcome, _ in known):
            possible.append({})
        for account in {name for one in possible for name in one}:
            amounts = [one.get(account, _ZERO) for one in possible]
            moves.setdefault(account, []).append(Movement(min(amounts), max(amounts), 0, 1))
    return moves


EARNINGS = (
    "LOAD-9",
    "Does every acknowledged earning stand in the customer's balances, once?",
    "balances are the sum of what each acknowledged transaction earns when it is alone",
)
CONSERVATION = (
    "LOAD-11",
    "Are points conserved?",
    "over all customers, the points of each account are what was earned; totals are the sums of accounts",
)
NOT_COMPARED = "the customers come from a pool, or the target does not earn: what they had before is not known"


def judge_points(
    earnings: dict[int, Rows], found: FinalState, calibration: Calibration | None, vacuous: Verdict
) -> list[Audit]:
    """Answer both questions about points. ``vacuous``: the answer when nobody bought."""
    made = []
    for (clause, question, expected), judge in ((EARNINGS, _earnings), (CONSERVATION, _conservation)):
        if calibration is None:
            made.append(Audit(clause=clause, question=question, verdict=Verdict.SKIP, observed=NOT_COMPARED))
            continue
        try:
            observed, bad, bought, unread = judge(earnings, found, calibration)
        except CannotJudge as problem:
            observed, bad, bought, unread = problem.message, [], 0, 1
        counts = {"checked": bought, "undecided": unread}
        made.append(
            answer(clause, question, expected, observed, bad, **counts, nothing="nobody bought", vacuous=vacuous)
        )
    return made


Judged = tuple[str, list[str], int, int]
"""What was seen in words, what cannot be, customers who bought, customers who could not be read."""


def _earnings(earnings: dict[int, Rows], found: FinalState, calibration: Calibration) -> Judged:
    """Hold each customer's balances against the bounds that the acknowledged transactions allow."""
    readable = {number: rows for number, rows in earnings.items() if number in found.balances}
    unread = len(earnings) - len(readable)
    bad: list[str] = []
    for number, rows in readable.items():
        bad += _breaches(number, rows, found.balances[number], calibration)
    bad += calibration.disagreements
    bought = sum(map(_bought, earnings.values()))
    observed = f"{bought} customers who bought, {len(bad)} balances that cannot be"
    if unread:
        observed += f"; {unread} could not be read" + (f" ({found.failed[0]})" if found.failed else "")
    return observed, bad, bought, unread


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


def _conservation(earnings: dict[int, Rows], found: FinalState, calibration: Calibration) -> Judged:
    """Hold the sum over all customers against the sum of all earnings, and the totals against the accounts."""
    low: Balances = {}
    high: Balances = {}
    held: Balances = {}
    readable = {number: rows for number, rows in earnings.items() if number in found.balances}
    for number, rows in readable.items():
        for account, moves in movements_of(rows, calibration).items():
            low[account] = low.get(account, _ZERO) + sum((move.low for move in moves), _ZERO)
            high[account] = high.get(account, _ZERO) + sum((move.high for move in moves), _ZERO)
        for account, value in found.balances[number].items():
            held[account] = held.get(account, _ZERO) + value - calibration.baseline.get(account, _ZERO)
    bad = list(found.unbalanced)
    for account in sorted(set(low) | set(held)):
        value = held.get(account, _ZERO)
        if not low.get(account, _ZERO) <= value <= high.get(account, _ZERO):
            bad.append(f"{account}: {value} points are held, {_range(low, high, account)} were earned")
    total = sum(held.values(), _ZERO)
    told = f"{len(readable)} customers, {total} points in all accounts together, {len(bad)} sums that cannot be"
    return told, bad, sum(map(_bought, readable.values())), len(earnings) - len(readable)


def _range(low: Balances, high: Balances, account: str) -> str:
    least, most = low.get(account, _ZERO), high.get(account, _ZERO)
    return f"{least}" if least == most else f"{least} to {most}"
