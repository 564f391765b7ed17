"""Is there any legal order? Linearizability of user offers under concurrency, and balances by bounds.

Record what each terminal did in a :class:`History` (or build one from :class:`HistoryOperation` objects), then call
:func:`check`.
"""

from offerproof.judgement.histories.balances import Movement, Reading, check_balances
from offerproof.judgement.histories.check import HistoryReport, check
from offerproof.judgement.histories.counterexample import Counterexample
from offerproof.judgement.histories.keys import Legality
from offerproof.judgement.histories.records import (
    History,
    HistoryOperation,
    Kind,
    Seen,
    says,
    seen_in_history,
    seen_in_wallet,
)
from offerproof.judgement.histories.rules import Rules

__all__ = [
    "Counterexample",
    "History",
    "HistoryOperation",
    "HistoryReport",
    "Kind",
    "Legality",
    "Movement",
    "Reading",
    "Rules",
    "Seen",
    "check",
    "check_balances",
    "says",
    "seen_in_history",
    "seen_in_wallet",
]
