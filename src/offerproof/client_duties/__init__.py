"""The other half of the contract: what the documents ask of whoever calls. Judges the requests of clients.

A :class:`ClientJudge` takes requests with what came back, in the order of their starts, and writes into a log which
duties (chapter TILL of the contract) were kept, broken, or could not be decided. Three rules keep it fair. What the
recording does not know accuses nobody: an answer that was not recorded is neither success nor refusal, and two requests
are in an order only if the first was over before the second began. Values are compared, never bytes. That something was
*not* sent is held against a client only where its session is declared complete, or so much later that it no longer can
be; and that an offer was not locked only where the recording showed it free.
"""

from __future__ import annotations

from offerproof.client_duties.forms import Forms
from offerproof.client_duties.model import Came, ClientRequest, DutyLog, came_of
from offerproof.client_duties.repeats import Repeats
from offerproof.client_duties.sales import Sales
from offerproof.client_duties.wallets import ShownWallets

__all__ = ["CHAPTER", "Came", "ClientJudge", "ClientRequest", "came_of"]

CHAPTER = "TILL"


class ClientJudge:
    """Judges one client.

    Args:
        log: where verdicts go.
        complete: its session begins and ends in what is taken.
        whole: nothing that was sent is missing.
        timed: instants are those of the requests, and do not merely stand for their order.
    """

    def __init__(self, log: DutyLog, *, complete: bool, whole: bool = True, timed: bool = True) -> None:
        self.complete = complete and whole
        self._forms = Forms(log)
        self._repeats = Repeats(log, timed=timed)
        self._wallets = ShownWallets(log)
        self._sales = Sales(log, self._wallets, whole=whole, timed=timed)

    @property
    def sales(self) -> int:
        """How many sales were seen closed."""
        return self._sales.closed

    def take(self, sent: ClientRequest) -> None:
        """Judge one request; they come in the order of their starts."""
        self._forms.take(sent)
        self._repeats.take(sent)
        self._sales.take(sent)
        self._wallets.take(sent)

    def finish(self) -> None:
        """Judge what can only be judged at the end."""
        self._forms.finish()
        self._sales.finish(complete=self.complete)
