"""What a run against production sends, counted by the server: ``python -m benchmarks.production_requests``.

A simulator with customers that have points, tiers and offers counts each request by kind, and by who it says it is; its
profile says ``environment = "production"`` and names the customers as standing ones. ``certify`` judges it at level
gate and at level full. Nothing may write, nothing may carry credentials that are missing or wrong, and nothing may be
no documented call. Prints the table; exit code 1 when one of these was sent, or nothing was judged.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from offerproof.client import Api, Minter, Wire, transport_for
from offerproof.conformance import Options, certify
from offerproof.contract import Level
from offerproof.findings import Run
from offerproof.selfcheck.in_process_simulator import InProcessSimulator, in_process_simulator
from offerproof.simulator import routes
from offerproof.simulator.answers import Answer, Service
from offerproof.target import CustomerSource, OfferSource, Profile

DAY: Final = 86_400 * 1_000_000
SPENT: Final = ("0", "2500.00", "12000.00", "50.00", "0", "2600.00", "13000.00", "60.00", "0")
NEVER: Final = ("writes", "credentials missing or wrong", "no documented call")
"""What production must not be sent, as it stands in the table."""


def people(simulator: InProcessSimulator) -> list[dict[str, str]]:
    """Customers with points in and out of escrow, of several tiers, each with a redeemed and an issued offer."""
    profile = simulator.profile
    api = Api(Wire(profile, transport_for(profile), minter=Minter(0, "history")))
    offer = api.create_offer(api.offer("fixed_amount_check_discount")).answer["payload"]["offer_id"]
    made = []
    for place, spent in enumerate(SPENT):
        wanted = api.new_customer()
        user_id = api.create_customer(wanted).answer["user"]["id"]
        if spent != "0":
            api.send_transaction(api.transaction(items=api.items(spent), user_id=user_id, is_closed="true"))
        used, _ = (api.issue_offer(user_id, offer).answer["payload"]["status_list"][0] for _ in range(2))
        basket = api.transaction(user_id=user_id)
        discount = api.lock(used["user_offer_id"], basket).answer["payload"]
        api.send_transaction({**basket, "is_closed": True, "discounts": [discount]})
        one = ({"email": wanted["email"]}, {"external_id": wanted["external_id"]}, {"user_id": user_id})[place % 3]
        made.append(one)
    simulator.app.clock.set(simulator.app.clock.now() + 40 * DAY)
    return made


def of_standing(simulator: InProcessSimulator, file: Path, environment: str) -> Profile:
    """The simulator's profile, as of a target of whom only standing customers are known, and without a clock."""
    simulator.renew(0)
    file.write_text("".join(json.dumps(one) + "\n" for one in people(simulator)), encoding="utf-8")
    profile = simulator.profile
    return replace(
        profile,
        environment=environment,
        allow_writes=False,
        control=None,
        customers=CustomerSource("create", standing=file),
        offers=OfferSource("issue"),
        capabilities={**profile.capabilities, "clock": False, "reset": False, "ttl_code": False},
    )


@contextmanager
def counted(simulator: InProcessSimulator) -> Iterator[Counter[str]]:
    """Count what reaches a simulator: documented calls by name, and what is in ``NEVER``."""
    app, seen = simulator.app, Counter[str]()
    handle = app.handle

    def counting(method: bytes, target: bytes, headers: Mapping[bytes, bytes], *rest: Any, **more: Any) -> Answer:
        match = routes.find(target)
        call = match.methods.get(method) if match else None
        if match is None or call is None:
            seen["no documented call"] += 1
        else:
            opened = app.auth.opens(headers.get(b"authorization"))
            shared = match.either and opened in (Service.CLOUDPOS, Service.OFFERS)
            right = (shared or opened is match.service) and match.api_key in (None, app.auth.keys.api_key)
            seen[call.name] += 1
            seen["writes"] += call.writes
            seen["credentials missing or wrong"] += not right
        return handle(method, target, headers, *rest, **more)

    app.handle = counting  # type: ignore[method-assign]
    try:
        yield seen
    finally:
        app.handle = handle  # type: ignore[method-assign]


def judged(simulator: InProcessSimulator, folder: Path, level: Level) -> tuple[Run, Counter[str]]:
    """Certify a production target at a level; returns the run and what it sent."""
    profile = of_standing(simulator, folder / "standing.jsonl", "production")
    with counted(simulator) as seen:
        run = certify(Options(profile=profile, level=level, out=folder / "runs")).run
    return run, seen


def main() -> int:
    """Count, and print the table."""
    with TemporaryDirectory() as name, in_process_simulator() as simulator:
        found = {level: judged(simulator, Path(name), level) for level in (Level.GATE, Level.FULL)}
    calls = sorted({one for _, seen in found.values() for one in seen} - set(NEVER))
    print(f"| what reached the server | {' | '.join(found)} |\n| --- |{' ---: |' * len(found)}")
    for what in (*calls, *NEVER):
        print(f"| {what} | {' | '.join(f'{seen[what]:,}' for _, seen in found.values())} |")
    for level, (run, _) in found.items():
        passed = sum(one.verdict == "pass" for one in run.standings.values())
        print(f"level {level}: {passed} clauses passed, verdict {run.outcome.verdict}")
    wrong = any(seen[what] for _, seen in found.values() for what in NEVER)
    return 1 if wrong or not calls else 0


if __name__ == "__main__":
    sys.exit(main())
