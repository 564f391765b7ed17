"""A recycling of customers: they use up their user offers, are read back, and come again with fresh ones.

So a run of any length needs no more than so many customers, and a target that forgets what is long over can be audited
all the same: what a customer's history said is written down each time, before the customer comes again. The file
``read-back.jsonl`` of the run's folder has a line ``[user offer id, status description]`` for each, and one with an
empty id where reading failed.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import msgspec

from offerproof.contract import Outcome
from offerproof.findings.load_records import THROTTLED
from offerproof.loadtest.client.calls import Calls, repeated
from offerproof.loadtest.client.checks import Checked
from offerproof.loadtest.client.wait_budget import GIVEN_UP
from offerproof.loadtest.generator.supply import Shopper
from offerproof.traffic.operations import private_file

FILE = "read-back.jsonl"
USERS_A_CALL = 20
PAGE = 100
MOST_PAGES = 1_000
"""Pages of one reading, at most: 5,000 records for each of the customers read together."""
ENDLESS = "its pages do not end"


class Recycling:
    """The customers who are back from their visits: those still to be read back, and those who may come again."""

    def __init__(self, path: Path | None, settle_s: float) -> None:
        self._back: deque[tuple[float, Shopper]] = deque()
        self._settle_s = settle_s
        self._file = private_file(path) if path else None
        self.free: deque[Shopper] = deque()

    def back(self, customers: list[Shopper], every: int) -> None:
        """Customers are back; those who are not in the sample of the audit need no reading."""
        now = time.monotonic()
        for customer in customers:
            if self._file is None or customer.number % every:
                self.free.append(customer)
            else:
                self._back.append((now + self._settle_s, customer))

    def read_some(self, calls: Calls) -> bool:
        """Read back the customers who are due, a call's worth; false when there were none."""
        now = time.monotonic()
        group: list[Shopper] = []
        while self._back and self._back[0][0] <= now and len(group) < USERS_A_CALL:
            group.append(self._back.popleft()[1])
        if not group:
            return False
        wanted = {offer.user_offer_id.lower() for customer in group for offer in customer.offers}
        read = partial(read_history, calls, group, wanted)
        found, failed = repeated(read, lambda done: not done[1])
        if self._file is not None:
            rows = [(key, words) for key, words in found.items() if key in wanted]
            rows += [("", failed)] if failed else []
            self._file.write(b"".join(msgspec.json.encode(row) + b"\n" for row in rows))
            self._file.flush()
        self.free.extend(group)
        return True

    def close(self) -> None:
        """Finish the file."""
        if self._file is not None:
            self._file.close()


def read_history(calls: Calls, customers: list[Shopper], wanted: set[str] | None = None) -> tuple[dict[str, str], str]:
    """Read user_offer_history of a few customers: user offer id (lower case) → status description; what went wrong.

    All pages, or until all that is ``wanted`` was seen; not for ever, whatever ``total_records`` claims."""
    found: dict[str, str] = {}
    skip = 0
    for _ in range(MOST_PAGES):
        body: dict[str, object] = {
            "user_ids": [customer.user_id for customer in customers],
            "rollback_option": 0,
            "skip": skip,
            "take": PAGE,
        }
        checked = until_answered(calls, partial(calls.call, "user_offer_history", body))
        if not checked.ok:
            return found, checked.error or "refused"
        rows, known = checked.payload["results"], len(found)
        for row in rows:
            found[str(row["user_offer_id"]).lower()] = str(row.get("status_description") or "")
        skip += len(rows)
        if not rows or skip >= int(checked.payload["total_records"]) or (wanted is not None and wanted <= found.keys()):
            return found, ""
        if len(found) == known:  # a page that was there before: so will the next ones be
            break
    return found, ENDLESS


def until_answered(calls: Calls, read: Callable[[], Checked]) -> Checked:
    """Read, and again when no answer of the contract came: what the run did to the target may still hold it up.

    Who is asked to come later comes later, as often as the allowance for all such waits permits."""

    def is_enough(checked: Checked) -> bool:
        return checked.outcome in (Outcome.ACCEPTED, Outcome.REFUSED) or checked.answer.failure == GIVEN_UP

    def once() -> Checked:
        checked = read()
        while checked.error == THROTTLED and checked.answer.failure != GIVEN_UP and calls.meter.budget is not None:
            calls.pause(0.1)
            checked = read()
        return checked

    return repeated(once, is_enough, (0.1, 0.3, 1.0), calls.pause)


def read_back(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield what was read back during a run: user offer id and status description, or nothing and what went wrong."""
    path = folder / FILE
    if path.exists():
        decoder = msgspec.json.Decoder(tuple[str, str])
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield decoder.decode(line)
