"""What each check sends, measured: ``python -m benchmarks.requests_of_checks`` writes ``contracts/requests.json``.

It takes three minutes. ``certify --plan`` reads the file: requests by kind, and how long a run takes at a round trip.
It decides nothing, so it is no part of the content hash; a check that is not in it counts with what its decorator
declares. A full run is observed at a simulator that answers after ``RTT_S`` and whose effects may take ``SETTLE_S``,
once as a stranger is judged (customers created, offers issued, no clock) and once as our simulator is, for what needs
one.

Of a check's requests ``chain`` follow each other; a race or a journey sends others beside them. ``waits`` is for how
many settle times it pauses.
"""

from __future__ import annotations

import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from unittest.mock import patch

from offerproof.client import Api, HttpRequest, HttpResponse, Transport, Wire, transport_for
from offerproof.client.wire import CHECK
from offerproof.conformance import Options, certify, plugin, runner
from offerproof.contract import Level
from offerproof.exchange import Exchange
from offerproof.selfcheck.in_process_simulator import in_process_simulator
from offerproof.target import CustomerSource, OfferSource, Profile

FILE: Final = Path(__file__).resolve().parents[1] / "contracts" / "requests.json"
RTT_S: Final = 0.02
SETTLE_S: Final = 2.0


@dataclass
class Seen:
    """What one check sent: by kind, for itself and to set it up; when each request was under way; when it paused."""

    sends: Counter[str] = field(default_factory=Counter)
    sets_up: Counter[str] = field(default_factory=Counter)
    spans: list[tuple[float, float]] = field(default_factory=list)
    pauses: list[tuple[float, float]] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "chain": _chain(self.spans),
            "waits": round(_covered(self.pauses) / SETTLE_S, 1),
            "sends": dict(sorted(self.sends.items())),
            "sets_up": dict(sorted(self.sets_up.items())),
        }


class Slow:
    """A transport with a round trip."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    def send(self, request: HttpRequest) -> HttpResponse:
        """Send once, later."""
        time.sleep(RTT_S)
        return self._inner.send(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def kind_of(exchange: Exchange, api: Api) -> str:
    """The call; or that it is none, or that credentials were tried which are not ours."""
    if exchange.operation == "raw" or not exchange.documented:
        return "probe"
    own = api.wire._authorization[exchange.service]
    return exchange.operation if exchange.raw.headers.get("Authorization") == own else "wrong credentials"


def _chain(spans: Iterable[tuple[float, float]]) -> int:
    """How many of them follow each other."""
    count, end = 0, float("-inf")
    for begun, ended in sorted(spans, key=lambda span: span[1]):
        if begun >= end:
            count, end = count + 1, ended
    return count


def _covered(spans: Iterable[tuple[float, float]]) -> float:
    """Seconds that lie within any of them."""
    covered, end = 0.0, float("-inf")
    for begun, ended in sorted(spans):
        covered += max(0.0, ended - max(begun, end))
        end = max(end, ended)
    return covered


def measured(profile: Profile, out: Path) -> dict[str, Seen]:
    """One full run, by check."""
    seen: defaultdict[str, Seen] = defaultdict(Seen)
    begin = plugin.RunContext.begin

    def observed(context: plugin.RunContext) -> None:
        def note(exchange: Exchange) -> None:
            one = seen[exchange.check or "the run itself"]
            (one.sets_up if exchange.setup else one.sends)[kind_of(exchange, context.api)] += 1
            begun = exchange.started.timestamp()
            one.spans.append((begun, begun + exchange.duration_us / 1e6))

        context.api.wire.observers.append(note)
        begin(context)

    pause = Wire.pause

    def paused(wire: Wire, seconds: float) -> None:
        seen[CHECK.get() or "the run itself"].pauses.append((time.monotonic(), time.monotonic() + seconds))
        pause(wire, seconds)

    slow = patch.object(runner, "transport_for", lambda profile: Slow(transport_for(profile)))
    with slow, patch.object(plugin.RunContext, "begin", observed), patch.object(Wire, "pause", paused):
        run = certify(Options(profile=profile, level=Level.FULL, out=out)).run
    print(f"{run.outcome.verdict}: {run.footer.requests if run.footer else 0} requests of {len(seen)} checks")
    return dict(seen)


def main() -> None:
    """Measure and write."""
    with in_process_simulator() as simulator, TemporaryDirectory() as out:
        own = simulator.profile
        limits = replace(own.limits, connections=64)
        timing = replace(own.timing, settle_ms=round(SETTLE_S * 1000))
        simulated = replace(own, limits=limits, timing=timing)
        stranger = replace(
            simulated,
            environment="staging",
            control=None,
            customers=CustomerSource("create"),
            offers=OfferSource("issue"),
            capabilities={**own.capabilities, "clock": False},
        )
        simulator.renew(0)
        seen = measured(stranger, Path(out))
        simulator.renew(0)
        seen = {**measured(simulated, Path(out)), **seen}
    checks = {name: one for name, one in sorted(seen.items()) if "::" in name}  # what is shared follows from the plan
    rows = [f"  {json.dumps(name)}: {json.dumps(one.row())}" for name, one in checks.items()]
    FILE.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
