"""A million recorded operations, audited on one core: how long, how much memory.

Makes the folder of a run by hand (user offers that are looked up, locked, sometimes given back, redeemed; some with
users in each other's way), then audits it without a target: final states are what a right target would say.

    python benchmarks/load_audit_million.py [--operations 1000000]
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from pathlib import Path

from offerproof.contract import Outcome
from offerproof.judgement.histories import Kind, Seen
from offerproof.loadtest.audit.evidence import Evidence
from offerproof.loadtest.audit.final_state import FinalState
from offerproof.loadtest.audit.questions import judge
from offerproof.loadtest.generator.ledger import RunLedger, WorkerEntry
from offerproof.loadtest.generator.supply import HeldOffer, Register, Shopper
from offerproof.loadtest.generator.workflows import Checkout, Mix
from offerproof.loadtest.plan.load_plan import LoadPlan
from offerproof.target import Profile
from offerproof.traffic.operations import LogFile, OperationLog

WALLET = int(Seen.ISSUED | Seen.LOCKED)


def make(folder: Path, operations: int) -> tuple[RunLedger, FinalState]:
    """Write the supply and the operations of a run, and what the target says afterwards."""
    rng = random.Random(1)
    log, found, register = OperationLog(), FinalState(), Register(folder / "supply.jsonl")
    file = LogFile(folder / "operations-0.bin")
    made = offers = 0
    now = 0
    while made < operations:
        customer = Shopper(
            0, f"user-{offers}", offers=[HeldOffer(0, f"offer-{offers + k}", "o", "any") for k in (0, 1)]
        )
        register.add([customer])
        for offer in customer.offers:
            now += 50
            made += visits(log, rng, customer.number, offer.number, now)
            offers += 1
            found.states[offer.user_offer_id] = (Seen.REDEEMED, "Redeemed")
        if made % 1000 < 12:
            file.write(log.take())
    file.write(log.take())
    file.close()
    register.close()
    plan = LoadPlan(scenario="checkout", facts=Mix((Checkout(), 1)).facts, run_id="bench", nonce="bench")
    worker = WorkerEntry(log="operations-0.bin", requests=file.count)
    ledger = RunLedger(plan=plan, duration=1.0, workers={"w": worker}, operations=file.count)
    ledger.customers, ledger.user_offers = register.customers, register.offers
    return ledger, found


def visits(log: OperationLog, rng: random.Random, customer: int, offer: int, now: int) -> int:
    """Write what happened to one user offer; every tenth is fought for. Returns how many operations."""
    before = 3
    log.record(Kind.READ, Outcome.ACCEPTED, WALLET, offer, customer, 1, 0, now, 400)
    log.record(Kind.LOCK, Outcome.ACCEPTED, 0, offer, customer, 1, offer * 8 + 1, now + 500, 300)
    if offer % 10 == 0:
        for rival in range(2, 6):
            start = now + 500 + rng.randrange(900)
            log.record(Kind.LOCK, Outcome.REFUSED, 0, offer, customer, rival, offer * 8 + rival, start, 300)
            before += 1
    log.record(Kind.SEND, Outcome.ACCEPTED, 0, offer, customer, 1, offer * 8 + 1, now + 2000, 500)
    return before


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        ledger, found = make(Path(name), options.operations)
        before, cpu = time.perf_counter(), time.process_time()
        evidence = Evidence(Path(name), ledger, Profile("bench", "simulator", {}), max_customers=10**9)
        audited = judge(evidence, found, None)
        wall, cpu = time.perf_counter() - before, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{audited.scope.operations:,} operations on {audited.scope.user_offers:,} user offers")
    print(f"audited in {wall:.1f} s ({cpu:.1f} s of one core), {peak:,.0f} MiB at most (making them included)")
    for one in audited.answers:
        print(f"  {one.clause:<8} {one.verdict.value:<8} {one.observed[:100]}")


if __name__ == "__main__":
    main()
