"""How fast the loyalty rules are without HTTP, and what a record weighs.

    .venv/bin/python benchmarks/program_hot_path.py [CUSTOMERS] [USER_OFFERS_EACH]

Prints the median microseconds per lookup, lock, send_transaction and reinstate over one whole till cycle, and bytes per
customer, user offer and transaction (growth of the resident set).
"""

from __future__ import annotations

import gc
import random
import sys
from array import array
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from statistics import median
from time import perf_counter

from offerproof.program import Program
from offerproof.program.model import (
    CustomerAttributes,
    Discount,
    Key,
    Line,
    Payment,
    Transaction,
    UserOfferDraft,
)
from offerproof.simulator import program_file

NOW = 1_536_336_000_000_000
OFFER = "0f5d0ffe-0000-4000-8000-000000000200"
ROUNDS = 20_000


def guids(seed: int) -> Callable[[], str]:
    draw = random.Random(seed).getrandbits

    def guid() -> str:
        digits = f"{draw(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    return guid


def resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def main() -> None:
    customers = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    each = int(sys.argv[2]) if len(sys.argv) > 2 else 10
    new_id = guids(1)
    program = Program(program_file.read().settings, new_id)
    gc.disable()
    before, began = resident(), perf_counter()
    profiles = (
        (None, CustomerAttributes(external_id=f"ext-{n}", email=f"c{n}@example.com", mobile_number=f"1555{n:07}"))
        for n in range(customers)
    )
    program.customers.load(NOW, profiles)
    middle, loaded = resident(), perf_counter()
    took = (loaded - began) / customers * 1e6
    print(f"customers     {(middle - before) / customers:8.0f} bytes  {took:6.2f} us to load")
    ids = list(program.state.customers)
    middle, began = resident(), perf_counter()
    program.wallets.load(NOW, (UserOfferDraft(new_id(), user, OFFER) for user in ids for _ in range(each)))
    after, loaded = resident(), perf_counter()
    count = customers * each
    print(f"user offers   {(after - middle) / count:8.0f} bytes  {(loaded - began) / count * 1e6:6.2f} us to load")
    till(program, ids, new_id)
    print(f"resident in all: {resident() / 2**20:.0f} MiB")


def till(program: Program, ids: list[str], new_id: Callable[[], str]) -> None:
    """The cycle: lookup by external id, lock, send_transaction, then reinstate so that it does not run dry."""
    order = random.Random(2)
    work = []
    for _ in range(ROUNDS):
        user = order.choice(ids)
        user_offer = next(iter(program.state.customers[user].wallet or {}))
        work.append((program.state.customers[user].profile.external_id or "", user, user_offer, new_id()))
    items = [Line("1", "2", Decimal(1), Decimal("2.50"), Decimal("2.50")), Line("2", "3", Decimal(2), Decimal(4))]
    steps = ("advance", "lookup", "lookup priced", "lock", "send", "reinstate")
    spent = {step: array("d", bytes(8 * ROUNDS)) for step in steps}  # made beforehand: it is not state
    before = resident()
    now = NOW
    for turn, (external_id, user, user_offer, transaction_id) in enumerate(work):
        now += 50
        basket = Transaction(transaction_id, items, payments=[Payment(Decimal("10.50"), user, "SessionM_ID")])
        times = [perf_counter()]
        program.advance(now)
        times.append(perf_counter())
        program.redemption.lookup(now, Key.EXTERNAL_ID, external_id)
        times.append(perf_counter())
        program.redemption.lookup(now, Key.EXTERNAL_ID, external_id, basket)
        times.append(perf_counter())
        program.redemption.lock(now, user_offer, "userofferid", basket)
        times.append(perf_counter())
        basket.is_closed = True
        basket.discounts = [Discount(user_offer, Decimal(5), "userofferid", user)]
        again = perf_counter()
        program.transactions.send(now, basket)
        done = perf_counter()
        program.redemption.reinstate(now, user_offer)
        times += [times[-1] + done - again, times[-1] + done - again + perf_counter() - done]
        for name, start, end in zip(spent, times, times[1:], strict=False):
            spent[name][turn] = end - start
    print(f"transactions  {(resident() - before) / ROUNDS:8.0f} bytes")
    for name, seconds in spent.items():
        print(f"{name:14}{median(seconds) * 1e6:8.2f} us")


if __name__ == "__main__":
    main()
