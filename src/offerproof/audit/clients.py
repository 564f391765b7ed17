"""The client's half of an audit: the same calls, judged as requests, with a certificate of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from offerproof.audit.observed import Known, Observed
from offerproof.audit.tally import Tally
from offerproof.client_duties import ClientJudge, ClientRequest, came_of
from offerproof.contract import RUN_FILE, Contract
from offerproof.errors import Misuse
from offerproof.exchange import Exchange, Redactor
from offerproof.findings import (
    AnyRecord,
    Coverage,
    Header,
    Interrupted,
    Needs,
    Run,
    RunPlan,
    RunWriter,
    TargetSummary,
    Waiver,
    write_draft,
)
from offerproof.judgement.oracle import Objection
from offerproof.recording import Order, Traits
from offerproof.traffic.keeper import FindingsKeeper

FOLDER: Final = "client"
"""Where in the folder of the audit the client's certificate is."""
LEAST_SALES: Final = 10
"""So many closed sales must be seen before a client can conform."""
_SEEN: Final = frozenset({Known.ANSWERED, Known.UNANSWERED, Known.BETWEEN, Known.BODY_ALTERED, Known.REQUEST_UNKNOWN})
_CERTIFY: Final = "offerproof/"
_LOAD: Final = "(load)"
_ASSUMED: Final = "the order is assumed"


@dataclass(frozen=True)
class ClientOptions:
    """Whose requests they are.

    ``complete``: the session begins and ends in the recording. ``till_by``: what tells tills apart, a member of the
    container or of the transaction (``store_id``), or ``header:NAME``. ``each``: gets every request when it is judged.
    """

    name: str
    complete: bool = False
    till_by: str = "store_id"
    least_sales: int = LEAST_SALES
    each: Callable[[ClientRequest], None] | None = None


class _ClientTally(Tally):
    """A tally whose readings of open questions are kept as observations. ``doubt`` makes every breach a warning."""

    doubt: str | None = None

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        """Record a breach; of an info clause it is a reading."""
        if found.clause in self.clauses:
            super().broken(found, exchanges, place=place, doubtful=doubtful or self.doubt)
        else:
            self.keeper.observe(found.what, str(found.observed), found.clause, exchanges[-1])


class ClientAudit:
    """One client's certificate being made. ``named``: duties that must be judged."""

    def __init__(
        self, options: ClientOptions, contract: Contract, named: frozenset[str], redactor: Redactor, findings_max: int
    ) -> None:
        self.options = options
        self.contract = contract
        self.named = named
        self.records: list[AnyRecord] = []
        self.keeper = FindingsKeeper(
            self.records.append, redactor, tell=lambda _: None, replay=lambda _: None, findings_max=findings_max
        )
        self.tally = _ClientTally(contract, self.keeper)
        self.judge: ClientJudge | None = None
        self.sales = 0
        self.taken = 0
        self.own = 0
        """Requests of certify, which is no client."""
        self._tills: Counter[str] = Counter()

    def begin(self, traits: Traits, *, complete: bool) -> None:
        """Begin with recordings of one kind. ``complete``: somebody says that they hold every call."""
        self.tally.doubt = _ASSUMED if traits.order is Order.ASSUMED else None
        whole = traits.complete or complete
        self.judge = ClientJudge(
            self.tally, complete=self.options.complete, whole=whole, timed=traits.order is Order.TIMED
        )

    def take(self, observed: Observed) -> None:
        """Judge one call as a request."""
        agent = observed.exchange.raw.headers.get("user-agent", "")
        if agent.startswith(_CERTIFY) and _LOAD not in agent:
            self.own += 1
            return
        if self.judge is None:
            return
        self.taken += 1
        self.tally.exchanged(observed.exchange)
        seen = observed.known in _SEEN and (
            observed.known is not Known.BODY_ALTERED or observed.call.answer is not None
        )
        till = self._till(observed)
        self._tills[till] += 1
        request = ClientRequest(
            exchange=observed.exchange,
            call=observed.call,
            came=came_of(observed.call, seen=seen),
            start=observed.start,
            end=observed.end,
            till=till,
            place=observed.place,
            request_known=observed.request_known,
        )
        self.judge.take(request)
        if self.options.each is not None:
            self.options.each(request)

    def end(self) -> None:
        """Judge what is left of these recordings."""
        if self.judge is not None:
            self.judge.finish()
            self.sales += self.judge.sales
            self.judge = None

    def _till(self, observed: Observed) -> str:
        by = self.options.till_by
        if by.startswith("header:"):
            return observed.exchange.raw.headers.get(by.removeprefix("header:").lower(), "")
        transaction = observed.call.asked.get("transaction", observed.call.asked)
        for place in (observed.call.request, transaction if isinstance(transaction, Mapping) else {}):
            if place.get(by) not in (None, ""):
                return str(place[by])
        return ""

    def refuse_our_own(self) -> None:
        """Refuse to judge a recording of certify.

        Raises:
            Misuse: everything that was recorded was sent by certify.
        """
        if self.own and not self.taken:
            raise Misuse(
                f"all {self.own} requests are certify's own, and certify is no client",
                hint="record a till at work, or leave out --client",
            )

    def write(
        self, folder: Path, header: Header, waivers: Sequence[Waiver], notes: Sequence[str], cut: str | None
    ) -> Run:
        """Write the certificate into a folder."""
        self.records += self.tally.conclude(self.named)
        self.keeper.close()
        with RunWriter(folder / RUN_FILE, self._header(header)) as writer:
            writer.plan(self._plan(waivers, notes))
            for record in self.records:
                writer.add(record)
            least = self.options.least_sales
            writer.add(Coverage(operation="sales", outcome="exercised", count=self.sales, floor=least))
            writer.add(Coverage(operation="must-clauses", outcome="exercised", count=self.tally.judged_musts, floor=1))
            if cut:
                writer.add(Interrupted(reason=cut, at=header.started))
            return writer.finish(requests=0)

    def draft(self, folder: Path, header: Header, waivers: Sequence[Waiver]) -> None:
        """Write what is known so far in the place of the certificate."""
        records = [*self.records, *self.tally.so_far()]
        write_draft(folder / RUN_FILE, self._header(header), self._plan(waivers, ()), records)

    def _plan(self, waivers: Sequence[Waiver], notes: Sequence[str]) -> RunPlan:
        return RunPlan(
            chapters=dict(self.contract.chapters),
            clauses=self.tally.plan(self.contract, self.named),
            needs=Needs(),
            budget_requests=0,
            waivers=tuple(one for one in waivers if one.clause.upper() in self.contract.clauses),
            notes=(*self._notes(), *notes),
        )

    def _header(self, header: Header) -> Header:
        target = TargetSummary(name=self.options.name, environment="unknown", services={})
        return msgspec.structs.replace(header, kind="client", target=target, profile=None)

    def _notes(self) -> list[str]:
        session = (
            "complete: what was not sent is held against it" if self.options.complete else "cut: nothing absent is"
        )
        notes = [
            f"client {self.options.name}: {self.taken:,} requests, {self.sales:,} sales closed",
            f"session {session}",
            f"tills told apart by {self.options.till_by}: {len(set(self._tills) - {''})}",
        ]
        if self.own:
            notes.append(f"{self.own:,} requests of certify left out: it is no client")
        reasons = {
            (clause, reason): count for clause, all_of in self.tally.open.items() for reason, count in all_of.items()
        }
        notes += [f"not decided: {clause}: {reason} ({count})" for (clause, reason), count in sorted(reasons.items())]
        return notes
