"""Plays situations one after the other, judges each by itself, and the whole as the session of one client."""

from __future__ import annotations

import http.client
import ssl
import time
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from offerproof.audit import AuditOptions, ClientOptions, FinishedAudit, LiveAudit
from offerproof.audit.clients import LEAST_SALES
from offerproof.client_duties import ClientJudge, ClientRequest
from offerproof.client_duties.model import claimed, payments
from offerproof.contract import RUNS, SERVICES, Clause, Strength, load_contract, now
from offerproof.exchange import Exchange
from offerproof.findings import Fault, Situation, Verdict, Waiver, in_force, most_urgent
from offerproof.guided.prepared_simulator import Card, PreparedSimulator
from offerproof.guided.script import Look
from offerproof.guided.situations import SITUATIONS, SituationPlan
from offerproof.guided.telling import HARM, told, total
from offerproof.judgement.oracle import Objection
from offerproof.recording import Recorded
from offerproof.target import Profile
from offerproof.watch import Watch

Drive = Callable[[Card, Look], str | None]
"""Plays the till in one situation; returns what was wrong with it beside its requests, None when nothing was."""

_OVER: Final = "/offerproof/situation-over/"
_SETTLED_S: Final = 30.0
_STATES: Final = {"issued": "free"}


@dataclass(frozen=True)
class SessionOptions:
    """Who is judged, and how. ``names``: the situations to play."""

    client: str = "till"
    names: tuple[str, ...] = tuple(SITUATIONS)
    till_timeout_s: float = 10.0
    till_by: str = "store_id"
    out: Path = RUNS
    waivers: tuple[Waiver, ...] = ()
    nonce: str = "guided session"
    """Who the customers are: in a fresh simulator the same ones every time."""

    @property
    def situations(self) -> list[SituationPlan]:
        """The situations to play, in their order."""
        return [one for name, one in SITUATIONS.items() if name in self.names]

    @property
    def least_sales(self) -> int:
        """So many closed sales these situations give at least."""
        return max(1, min(LEAST_SALES, sum(one.sells for one in self.situations)))


class GuidedSession:
    """A guided session before a simulator (``profile``), of which everything passes through ``watch``.

    Raises (each method):
        CannotJudge: the simulator does not answer.
    """

    def __init__(self, profile: Profile, watch: Watch, options: SessionOptions) -> None:
        self.options = options
        self.lived: list[Situation] = []
        self._watch = watch
        self._sent: list[ClientRequest] = []
        self._heard: set[str] = set()
        self._waived = in_force(options.waivers, now())
        client = ClientOptions(
            options.client,
            complete=True,
            till_by=options.till_by,
            least_sales=options.least_sales,
            each=self._sent.append,
        )
        audit = AuditOptions(files=(), profile=profile, out=options.out, waivers=options.waivers, client=client)
        self._live = LiveAudit(audit, "guided session")
        scheme = "https" if watch.options.tls_cert else "http"
        ports = {name: watch.ports.get(name) or watch.ports[""] for name in SERVICES}
        urls = {name: f"{scheme}://127.0.0.1:{port}" for name, port in ports.items()}
        self.simulator = PreparedSimulator(profile, urls, options.till_timeout_s, options.nonce)

    def look(self, timeout: float) -> Sequence[ClientRequest] | None:
        """Take what passes, for so many seconds at most; returns the requests of the till, None when it is over."""
        before = len(self._sent)
        recorded = self._watch.passed(timeout)
        while recorded is not None:
            self._take(recorded)
            recorded = self._watch.passed(0)
        return None if self._watch.ended else self._sent[before:]

    def _take(self, recorded: Recorded) -> None:
        _, mark, name = recorded.url.partition(_OVER)
        if mark:
            self._heard.add(name)
        else:
            self._live.take(recorded)

    def play(self, situation: SituationPlan, drive: Drive) -> Situation | None:
        """Lay a situation down, let the till play it, and judge it; None when the session was stopped meanwhile."""
        card = self.simulator.lay(situation)
        began = len(self._sent)
        problem = drive(card, self.look)
        if self._watch.ended or not self._settled(f"{len(self.lived)}-{situation.name}"):
            return None
        states = self.simulator.states(card)
        self.simulator.clear()
        lived = self._judged(card, self._sent[began:], states, problem)
        self.lived.append(lived)
        return lived

    def _settled(self, name: str) -> bool:
        """Wait until everything has passed that was sent before now: what is sent behind it has."""
        port = next(iter(self._watch.ports.values()))
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=_SETTLED_S)
        if self._watch.options.tls_cert:
            ours = ssl.create_default_context()
            ours.check_hostname, ours.verify_mode = False, ssl.CERT_NONE
            line = http.client.HTTPSConnection("127.0.0.1", port, timeout=_SETTLED_S, context=ours)
        with suppress(OSError, http.client.HTTPException):
            line.request("GET", f"{_OVER}{name}")
            line.getresponse().read()
        line.close()
        deadline = time.monotonic() + _SETTLED_S
        while name not in self._heard and time.monotonic() < deadline:
            if self.look(0.1) is None:
                return False
        return True

    def _judged(
        self, card: Card, sent: Sequence[ClientRequest], states: Mapping[str, str], problem: str | None
    ) -> Situation:
        situation = card.situation
        tally = _SituationTally(self._waived)
        judge = ClientJudge(tally, complete=True)
        for request in sent:
            judge.take(request)
        judge.finish()
        self._left_locked(situation, sent, states, tally)
        missed = situation.missed(sent)
        verdict = most_urgent(fault.verdict for fault in tally.faults)
        if verdict is not Verdict.FAIL and (missed or problem):
            verdict = Verdict.UNKNOWN
        began = sent[0].start if sent else 0
        reasons = [one for one in (problem, missed) if one]
        return Situation(
            name=situation.name,
            title=situation.title,
            verdict=verdict,
            told="; ".join(reasons) or _ending(sent, states),
            did=tuple(told(request, began) for request in sent),
            right=tuple(tally.clauses[name].sentence for name in situation.duties if name in tally.kept),
            wrong=tuple(tally.faults),
        )

    def _left_locked(
        self, situation: SituationPlan, sent: Sequence[ClientRequest], states: Mapping[str, str], tally: _SituationTally
    ) -> None:
        """Hold a lock against the till that it left behind without having been told of it: we know that it is one."""
        locks = [one for one in sent if one.operation == "lock"]
        left = situation.name != "rival" and "locked" in states.values()
        told_of = any(one.clause == "TILL-12" and one.verdict is not Verdict.WARN for one in tally.faults)
        if not left or not locks or told_of:
            return
        assert self._live.client is not None, "a client is judged"
        found = Objection("TILL-12", "the offer after the sale", "used or unlocked", "locked")
        for one in (tally, self._live.client.tally):
            one.broken(found, [locks[-1].exchange], place=f"situation {situation.name}")

    def close(self) -> FinishedAudit:
        """Write the run of the client."""
        client = self._live.client
        assert client is not None, "a client is judged"
        wanted = self.options.situations
        client.records += self.lived
        stopped = len(self.lived) < len(wanted)
        cut = f"the session was stopped after {len(self.lived)} of {len(wanted)} situations" if stopped else ""
        note = f"guided session: {len(wanted)} of {len(SITUATIONS)} situations; the till waits "
        return self._live.close_client(cut, [f"{note}{self.options.till_timeout_s:g} s for an answer"])


class _SituationTally:
    """The tally of one situation; a failure of a clause that is ``waived`` counts as waived."""

    def __init__(self, waived: Container[str]) -> None:
        self._waived = waived
        self.clauses: Mapping[str, Clause] = load_contract().clauses
        self.kept: set[str] = set()
        self.faults: list[Fault] = []

    def hold(self, clauses: Iterable[str], exchange: Exchange) -> None:
        self.kept.update(clauses)

    def undecided(self, clause: str, reason: str) -> None:
        pass

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        strength = self.clauses[found.clause].strength
        if strength is Strength.INFO:
            return
        failed = Verdict.WAIVED if found.clause in self._waived else Verdict.FAIL
        verdict = failed if strength is Strength.MUST and not doubtful else Verdict.WARN
        words = exchanges[-1].redactor.text(f"{found.what}: expected {found.expected}, seen {found.observed}")
        fault = Fault(clause=found.clause, verdict=verdict, told=words, harm=HARM[found.clause])
        if fault not in self.faults:
            self.faults.append(fault)


def _ending(sent: Sequence[ClientRequest], states: Mapping[str, str]) -> str:
    """How it ended in the shop."""
    closing = [one.transaction for one in sent if one.closes]
    words = "nothing was sold"
    if closing:
        paid = dict.fromkeys(f"{total(payments(one), 'amount')}" for one in closing)
        words = f"{', then '.join(paid)} paid, {total(list(claimed(closing[-1]).values()), 'amount')} off"
    offers = ", ".join(f"the offer is {_STATES.get(state, state)}" for state in states.values())
    return f"{words}; {offers}" if offers else words
