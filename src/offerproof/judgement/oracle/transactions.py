"""Rules on send_transaction: a closed one redeems, an open one leaves alone, a re-send replaces."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind
from offerproof.judgement.histories.rules import LOCKED, REDEEMED, TAG_BITS, TAG_MASK
from offerproof.judgement.oracle.baskets import ordinary_transaction
from offerproof.judgement.oracle.calls import ident, moment, number, rows, truth
from offerproof.judgement.oracle.customers import transaction_sent
from offerproof.judgement.oracle.ruling import Judgement
from offerproof.judgement.oracle.world import Held, PendingEffect, Possibility, SentTransaction


def send(case: Judgement) -> None:
    """Judge the answer, then what is possible after it for each user offer that the discounts name."""
    asked = case.call.asked
    transaction_id = asked.get("transaction_id")
    if not isinstance(transaction_id, str) or not transaction_id:
        return
    number = case.world.transaction(transaction_id)
    before = case.world.sent.get(transaction_id.lower())
    named = [ident(one.get("reference_id")) for one in rows(asked.get("discounts"))]
    closed = truth(asked.get("is_closed"))
    good = _good(case, named, number)
    plain = ordinary_transaction(asked) and closed is not None and before is None
    if case.accepted:
        payload = case.call.payload
        case.check(payload is None, "REDEEM-1", "payload of send_transaction", "null", type(payload).__name__)
    sees = before is None or _newer(asked, before)  # what is older than the last sending may be ignored as a whole
    if good is False and closed and sees and case.world.choices.bad_discounts_refused:
        case.must_refuse("REDEEM-11", "a transaction with a discount that is not its own")
    if plain and good and not _disowned(case, asked, named):
        case.must_accept("REDEEM-1" if named else "REDEEM-6", "a plain transaction whose discounts it has locked")
    if case.outcome in (Outcome.TURNED_AWAY, Outcome.REFUSED):
        _note_states(case, named)
        return
    content = json.dumps(asked, sort_keys=True, default=str)
    if before is not None and before.sure and content == before.content and case.accepted:
        _note_states(case, named)
        return  # the very same once more changes nothing
    _effects(case, asked, before, named, number)
    _remember(case, asked, before, named)
    transaction_sent(case, asked, before)


def _note_states(case: Judgement, named: list[str]) -> None:
    for key in named:
        case.now(key)


def _good(case: Judgement, named: list[str], number: int) -> bool | None:
    """Tell whether every discount carries a user offer this transaction holds (False: surely not; None: open)."""
    sure, possible = True, True
    for key in named:
        held = case.now(key)
        if held is None:
            sure = False
            possible = possible and key in case.world.held
            continue
        own = [_own(state, number) for state in held.states]
        sure, possible = sure and all(own), possible and any(own)
    return sure if sure == possible and len(named) == len(set(named)) else None if possible else False


def _own(state: int, number: int) -> bool:
    return state & TAG_MASK in (LOCKED, REDEEMED) and state >> TAG_BITS == number


def _disowned(case: Judgement, asked: Mapping[str, Any], named: list[str]) -> bool:
    """Tell whether the discounts differ from what the locks can have answered: another customer, odd amounts."""
    for one in rows(asked.get("discounts")):
        held = case.world.held.get(ident(one.get("reference_id")))
        owner = one.get("user_id")
        if held is None or (owner is not None and held.owner not in (None, ident(owner))):
            return True
    return False


def _effects(
    case: Judgement, asked: Mapping[str, Any], before: SentTransaction | None, named: list[str], number: int
) -> None:
    closed, voided = truth(asked.get("is_closed")), truth(asked.get("is_voided"))
    stale = before is not None and (not before.sure or not _newer(asked, before))
    reopened = before is not None and before.closed and not closed
    open_question = closed is None or bool(voided) or stale or reopened or not ordinary_transaction(asked)
    for key in dict.fromkeys(named):
        held = case.now(key)
        if held is None:
            continue
        if closed is False and not reopened:
            case.keep(key, held, held.possible, Kind.SEND)  # an open transaction redeems nothing
            continue
        _redeemed(case, key, held, number, sure=not open_question and case.accepted)
    if before is None:
        return
    for key in before.discounts - (set() if reopened else set(named)):
        held = case.now(key)
        if held is not None:
            _returned(case, key, held, number)


def _newer(asked: Mapping[str, Any], before: SentTransaction) -> bool:
    """Tell whether a sending is surely newer than the one before it."""
    now = moment(asked.get("modified_time"))
    return now is not None and before.modified is not None and now > before.modified


def _redeemed(case: Judgement, key: str, held: Held, number: int, *, sure: bool) -> None:
    settle = case.world.choices.settle
    end = case.call.ended if case.call.ended is not None else case.call.started
    if not sure:
        effect = PendingEffect(Kind.SEND, number, None)
        possible = held.possible | {one._replace(pending=(*one.pending, effect)) for one in held.possible}
        case.keep(key, held, possible, Kind.SEND)
        return
    after = case.moved(held, Kind.SEND, Outcome.ACCEPTED, number)
    if settle:
        effect = PendingEffect(Kind.SEND, number, end + settle)
        after = frozenset(one._replace(pending=(*one.pending, effect)) for one in held.possible)
    case.keep(key, held, after or held.possible, Kind.SEND)


def _returned(case: Judgement, key: str, held: Held, number: int) -> None:
    effect = PendingEffect(Kind.RETURN, number, None)
    possible: set[Possibility] = set(held.possible)
    possible |= {one._replace(pending=(*one.pending, effect)) for one in held.possible}
    case.keep(key, held, possible, held.last)


def _remember(case: Judgement, asked: Mapping[str, Any], before: SentTransaction | None, named: list[str]) -> None:
    key = str(asked["transaction_id"]).lower()
    named_payers = frozenset(str(one.get("user_id")) for one in rows(asked.get("payments")))
    named_payers |= before.payers if before is not None else frozenset()
    if before is not None and not _newer(asked, before):
        case.world.sent[key] = replace(before, sure=False, payers=named_payers)
        return
    payers = {ident(one.get("user_id")) for one in rows(asked.get("payments"))} - {""}
    case.world.sent[key] = SentTransaction(
        transaction_id=str(asked["transaction_id"]),
        owner=next(iter(payers)) if len(payers) == 1 else None,
        payers=named_payers,
        closed=truth(asked.get("is_closed")) is not False,
        modified=moment(asked.get("modified_time")),
        discounts=frozenset(named),
        content=json.dumps(asked, sort_keys=True, default=str),
        empty=not rows(asked.get("items"))
        and not any(number(one.get("amount")) for one in rows(asked.get("payments"))),
        sure=case.accepted and (before is None or before.sure),
        substance=json.dumps(
            {name: value for name, value in asked.items() if name != "modified_time"}, sort_keys=True, default=str
        ),
    )
