"""The oracle: is an observed answer legal? ``step(world, call)`` rules on it and returns what is possible afterwards.

It never predicts a body. For each user offer it keeps every state that what was seen so far allows (effects that may
still come, calls without an answer, choices that the sources leave open) and holds an answer against the target only
when none of them explains it. It works on plain calls (:class:`Call`), so a trace can be judged without a target.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from offerproof.contract import Outcome, says_pending
from offerproof.judgement.oracle import customers, lives, offers, transactions, wallets
from offerproof.judgement.oracle.calls import CLOUDPOS, CORE, Call, from_exchange
from offerproof.judgement.oracle.members import judge_members
from offerproof.judgement.oracle.ruling import Cell, Judgement, Objection, Ruling
from offerproof.judgement.oracle.wallets import disagreement
from offerproof.judgement.oracle.world import Choices, WorldModel
from offerproof.judgement.shapes import claims_success

__all__ = [
    "Call",
    "Cell",
    "Choices",
    "Objection",
    "Ruling",
    "WorldModel",
    "customers",
    "disagreement",
    "envelope",
    "from_exchange",
    "lives",
    "members",
    "offers",
    "step",
    "transactions",
    "wallets",
]

_RULES: Mapping[str, Callable[[Judgement], None]] = {
    "search_customers": customers.search,
    "get_customer": customers.search,
    "get_customer_by_external_id": customers.search,
    "create_customer": customers.create,
    "create_offer": offers.create,
    "fetch_offer": offers.fetch,
    "issue_offer": lives.issue,
    "revoke_offer": lives.change,
    "get_user_offers": wallets.user_offers,
    "user_offer_history": wallets.history,
    "lookup": wallets.lookup,
    "lock": lives.change,
    "unlock": lives.change,
    "redeem": lives.change,
    "reinstate": lives.change,
    "send_transaction": transactions.send,
}
_SEEN_LIVE = {
    "create_customer": "CUST-24",
    "issue_offer": "ISSUE-15",
    "revoke_offer": "ISSUE-15",
    "get_user_offers": "WALLET-29",
}
"""Calls that no document describes, and the clause of their shape, which is good advice."""
_STORED = frozenset({"lock", "unlock", "redeem", "reinstate", "send_transaction"})


def step(world: WorldModel, call: Call) -> Ruling:
    """Rule on one call. ``world`` is left as it was; the ruling holds the world after it. Calls come one after another.

    A call of an operation that has no rules, or one that was turned away (429), changes nothing and is legal.
    """
    case = Judgement.of(world, call)
    _envelope(case)
    if case.outcome is not Outcome.TURNED_AWAY and not _repeat(case):
        rule = _RULES.get(call.operation)
        if rule is not None:
            rule(case)
    cells = case.cells or {("-", call.operation, case.outcome.word)}
    return Ruling(case.world, tuple(case.objections), frozenset(cells), frozenset(case.held))


def envelope(world: WorldModel, call: Call) -> Ruling:
    """Rule on the form of one answer alone: where it is not known what the call was about."""
    case = Judgement.of(world, call)
    _envelope(case)
    cells = frozenset({("-", call.operation, case.outcome.word)})
    return Ruling(world, tuple(case.objections), cells, frozenset(case.held))


def members(world: WorldModel, call: Call) -> Ruling:
    """Rule on single members of a success, beside its request and the offers that ``world`` knows; changes nothing."""
    case = Judgement.of(world, call)
    judge_members(case)
    return Ruling(world, tuple(case.objections), frozenset(), frozenset(case.held))


def _envelope(case: Judgement) -> None:
    """An answer is never a server error, never something else than JSON, and a refusal says what is wrong."""
    call = case.call
    status = call.status or 0
    answered = case.outcome is not Outcome.UNKNOWN
    if answered and case.check(status < 500, "SURF-1", f"HTTP status of {call.operation}", "no server error", status):
        sense = case.outcome is not Outcome.BROKEN
        case.check(sense, "SURF-2", f"answer of {call.operation}", "a success or a refusal", "neither")
    if case.refused:
        clause = "REFUSE-8" if call.operation in CORE else "REFUSE-10" if call.operation in CLOUDPOS else "REFUSE-9"
        clause, told = _SEEN_LIVE.get(call.operation, clause), call.answer.get("errors")
        case.check(bool(told), clause, f"errors of a refusal of {call.operation}", "what is wrong", told)


def _repeat(case: Judgement) -> bool:
    """Judge a repeated request_id; True when nothing else is to be judged."""
    call = case.call
    request_id = call.request.get("request_id")
    if call.operation not in CLOUDPOS or not isinstance(request_id, str):
        return False
    choices = case.world.choices
    counts = choices.idempotency and call.operation in _STORED
    key = (call.operation, request_id if call.operation in _STORED else "")  # of reads the latest is enough
    body = json.dumps(call.request, sort_keys=True, default=str)
    first = case.world.stored.get(key)
    if first is not None and case.refused and says_pending(call.answer):
        known, _, ended = first
        if known == body and (ended is None or call.started <= ended + choices.pending):
            return True  # the first one is still being processed: nothing is told yet
    if first is None or not counts:
        answer = call.answer if counts and not case.unanswered else None
        case.world.stored[key] = (body, answer, None if case.unanswered else call.ended)
        return False
    known, answer, ended = first
    if known != body:
        if case.accepted:
            case.outcome = Outcome.UNKNOWN  # the stored answer, or a new one: whether it was processed is open
        return case.refused
    if not claims_success(answer) or not case.accepted:
        if claims_success(answer) and case.refused:
            case.wrong("IDEM-1", "answer to a repeated request", "the stored success", "a refusal")
            return True
        if case.accepted:
            case.world.stored[key] = (body, call.answer, call.ended if ended is None else ended)
        return False  # a refusal need not be stored: the repeat may be processed
    same = answer.get("payload") == call.payload
    case.check(same, "IDEM-1", "payload of a repeated request", "the stored answer", "another one")
    return True
