"""Is there any legal order? Linearizability of user offers under concurrency, and balances by bounds.

Record what each terminal did in a :class:`History` (or build one from :class:`Operation` objects), then call
:func:`check`.
"""

from offerproof.judgement.histories.balances import BalanceBreach, Movement, Reading, check_balances
from offerproof.judgement.histories.check import Report, check
from offerproof.judgement.histories.counterexample import Counterexample, minimise
from offerproof.judgement.histories.keys import KeyVerdict, Legality
from offerproof.judgement.histories.records import History, Kind, Operation, Seen, says, seen_in_history, seen_in_wallet
from offerproof.judgement.histories.rules import Rules

__all__ = [
    "BalanceBreach",
    "Counterexample",
    "History",
    "KeyVerdict",
    "Kind",
    "Legality",
    "Movement",
    "Operation",
    "Reading",
    "Report",
    "Rules",
    "Seen",
    "check",
    "check_balances",
    "minimise",
    "says",
    "seen_in_history",
    "seen_in_wallet",
]
