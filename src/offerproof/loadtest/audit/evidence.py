"""The evidence of a run: what was recorded in its folder, replayed, and what the target is to be asked about it.

Beyond a stated number of customers the audit goes on over a sample of customers, each with all user offers and all
operations, and says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

from offerproof.findings.model import Verdict
from offerproof.judgement.histories import Seen, seen_in_history
from offerproof.loadtest.audit.final_state import FinalState, Reader
from offerproof.loadtest.generator.ledger import RunLedger
from offerproof.loadtest.generator.recycling import read_back
from offerproof.loadtest.generator.supply import HeldOffer, Shopper, read_register
from offerproof.target import Profile
from offerproof.traffic.timeline import Certain, Timeline, load_timeline, walk


class Evidence:
    """What one run left behind, replayed: customers of the sample, their user offers, all their operations."""

    def __init__(self, folder: Path, ledger: RunLedger, profile: Profile, *, max_customers: int = 20_000) -> None:
        self.folder = folder
        self.ledger = ledger
        self.profile = profile
        self.every = max(ledger.every, 1)
        while ledger.customers / self.every > max_customers:
            self.every *= 2
        self.customers = self._sampled()
        self.offers: dict[int, tuple[Shopper, HeldOffer]] = {
            offer.number: (customer, offer) for customer in self.customers for offer in customer.offers
        }
        sent = "send_transaction" in {*ledger.totals, *ledger.warm_up}
        self.idle = Verdict.UNKNOWN if self.offers else Verdict.SKIP
        """The answer where nothing was done with user offers: that is right only for a run that has none."""
        self.nobody_bought = Verdict.UNKNOWN if self.offers or sent else Verdict.SKIP
        lost = [numbers for worker in ledger.lost.values() for numbers in worker.lost_customers]
        gone = {number for first, past in lost for number in range(first, past)}
        shared = ledger.shared if ledger.lost else 0
        self.gone = gone | {customer.number for customer in self.customers[:shared]}
        """Customers some of whose operations were lost with a worker."""
        self.notes: list[str] = []
        """What a reader of the audit should know."""
        if self.every > 1:
            self.notes.append(f"the audit covers every {self.every}th customer, with all of their operations")
        if self.gone:
            self.notes.append(f"{len(self.gone)} customers of lost workers: some of their operations are unknown")
        self.timeline = self._load()
        self.certain: dict[int, Certain] = {
            key: walk(self.timeline.history, rows) for key, rows in self.timeline.rows_by_key()
        }

    def _sampled(self) -> list[Shopper]:
        """Return the customers of the sample, each with all user offers, also of those who came again and again."""
        found: dict[int, Shopper] = {}
        for customer in read_register(self.folder / "supply.jsonl"):
            if customer.number % self.every == 0:
                known = found.setdefault(customer.number, customer)
                if known is not customer:
                    known.offers += customer.offers
        return list(found.values())

    def _load(self) -> Timeline:
        logs = []
        for worker in self.ledger.workers.values():
            if worker.log:
                # the workers were told their own clock's instant of the beginning, so starts fit already
                bound = worker.clock.bound if worker.clock else 0
                logs.append((self.folder / worker.log, 0, -(-bound // 1000)))
        names = {number: offer.user_offer_id for number, (_, offer) in self.offers.items()}
        return load_timeline(self.ledger.plan.nonce, logs, names, every=self.every)

    def still_locked(self) -> list[tuple[Shopper, HeldOffer, int]]:
        """Return the user offers that the run left locked, as far as was seen, with the transaction."""
        return [
            (*self.offers[key], certain.held_at_end)
            for key, certain in self.certain.items()
            if certain.held_at_end and not certain.redeemed_by and key in self.offers
        ]

    def read(self, reader: Reader) -> FinalState:
        """Read final states, again within the settle time where something is still missing; balances after it.

        A history shows what it lacks; a balance does not, so it is not asked for before it must be right."""
        found = FinalState()
        for key, words in read_back(self.folder):
            if key:
                found.states[key] = (seen_in_history(words), words)
            else:
                found.failed.append(f"user_offer_history, during the run: {words}")
        limit = time.monotonic() + self.profile.settle_s
        reader.histories(self.customers, found)
        while missing := self._missing(found):
            if time.monotonic() > limit:
                break
            time.sleep(min(0.25, max(self.profile.settle_s / 4, 0.05)))
            reader.histories(missing, found)
        seen = [customer for customer in self.customers if customer.number in self.timeline.earnings]
        if seen:
            reader.rest(limit)
        reader.balances(seen, found)
        found.calls = reader.meter.sent
        return found

    def _missing(self, found: FinalState) -> list[Shopper]:
        """Return customers with an acknowledged redemption that history does not show yet."""
        late: dict[int, Shopper] = {}
        for key, certain in self.certain.items():
            if certain.redeemed_by and not certain.reversed and key in self.offers:
                customer, offer = self.offers[key]
                if not found.state(offer) & Seen.REDEEMED:
                    late[customer.number] = customer
        return list(late.values())

    def earnings(self) -> dict[int, list[tuple[int, int, int, int]]]:
        """Return what the customers sent that may earn, but for those some of whose operations were lost."""
        return {number: rows for number, rows in self.timeline.earnings.items() if number not in self.gone}

    def is_gone(self, key: int) -> bool:
        """Whether some operations on a user offer were lost with a worker."""
        return key in self.offers and self.offers[key][0].number in self.gone

    def name(self, key: int) -> str:
        """Return the id of a user offer."""
        return self.timeline.history.key_names[key]

    def transactions(self, numbers: Iterable[int]) -> str:
        """Return the ids of transactions, each once."""
        names = self.timeline.history.transaction_names
        return " and ".join(dict.fromkeys(names[number] for number in numbers))
