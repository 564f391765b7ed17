"""Bad days for a till under development: answers that come late, twice, never; 503; a request still pending; what an
answer shows is no longer so when it arrives.

``lock=late:2s`` as start option or the same as JSON over the control API. A scenario takes effect on chosen requests of
one call: ``after`` so many, at most ``count`` times, with a ``probability`` drawn from the seed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from offerproof.errors import Misuse
from offerproof.simulator.answers import Answer, Effect, encode
from offerproof.simulator.routes import OPERATIONS
from offerproof.simulator.spelling import Spellings

VARY = "vary"
"""Among start options: no scenario of a call, every answer in turn in another spelling."""
KINDS = {
    "late": "done at once, answered after the delay (beyond the client's time-out: done, though it was never told)",
    "pending": "done at once, answered after the delay; until then a repeat of its request_id is refused as pending",
    "twice": "answered twice on the same connection",
    "drop": "done, and the connection is dropped without an answer",
    "refuse": "not done, and the connection is dropped without an answer",
    "unavailable": "not done; 503 with Retry-After (the delay in whole seconds)",
    "rival": "of lookup: done, and another till locks the offers that are shown before the answer leaves",
    "jump": "done, and the simulator's clock goes on by the delay before the answer leaves",
}
_TEXT = re.compile(r"([a-z_]+)=([a-z]+)(?::([0-9]+(?:\.[0-9]+)?)(ms|s)?)?((?:,(?:count|after|probability)=[0-9.]+)*)")
_HINT = "write call=kind[:delay][,count=N][,after=N][,probability=P], such as lock=late:2s,count=1"
_LONGEST = 600.0


@dataclass
class Scenario:
    """One scenario. ``delay`` is in seconds."""

    operation: str
    kind: str
    delay: float = 1.0
    count: int | None = None
    after: int = 0
    probability: float = 1.0
    seed: int = 0
    seen: int = 0
    hits: int = 0
    _random: Random = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.operation not in OPERATIONS:
            raise Misuse(f"there is no call {self.operation!r} for a scenario", hint=f"calls: {', '.join(OPERATIONS)}")
        if self.kind not in KINDS:
            raise Misuse(f"there is no scenario {self.kind!r}", hint=f"scenarios: {', '.join(KINDS)}")
        if self.kind == "rival" and self.operation != "lookup":
            raise Misuse("a rival locks what a lookup shows", hint="write lookup=rival,count=1")
        if self.kind == "pending" and not OPERATIONS[self.operation].counted:
            counted = ", ".join(name for name, call in OPERATIONS.items() if call.counted)
            raise Misuse(f"{self.operation} is never pending: its request_id is not remembered", hint=f"use {counted}")
        if not 0 <= self.delay <= _LONGEST:
            raise Misuse("a scenario's delay is from 0 to 600 seconds", hint=_HINT)
        if not 0 <= self.probability <= 1:
            raise Misuse("a scenario's probability is from 0 to 1", hint=_HINT)
        self._random = Random(f"{self.seed} {self.operation} {self.kind}")

    def strikes(self) -> bool:
        """Whether this request is hit; counts it."""
        self.seen += 1
        if self.seen <= self.after or (self.count is not None and self.hits >= self.count):
            return False
        if self.probability < 1 and self._random.random() >= self.probability:
            return False
        self.hits += 1
        return True

    @property
    def executes(self) -> bool:
        """Whether the request is carried out."""
        return self.kind not in ("refuse", "unavailable")

    @property
    def retry_after(self) -> bytes:
        """The header that says when to come back, in whole seconds."""
        return b"retry-after: %d\r\n" % max(1, round(self.delay))

    def effect(self, key: object | None) -> Effect | None:
        """Return how the answer leaves; ``key`` is pending until then."""
        if self.kind == "late":
            return Effect(delay=self.delay)
        if self.kind == "pending":
            return Effect(delay=self.delay, release=key)
        if self.kind == "twice":
            return Effect(twice=True)
        if self.kind in ("drop", "refuse"):
            return Effect(drop=True)
        return None

    def shown(self) -> dict[str, Any]:
        """Return it as the control API shows it."""
        return {
            "operation": self.operation,
            "kind": self.kind,
            "delay": self.delay,
            "count": self.count,
            "after": self.after,
            "probability": self.probability,
            "seen": self.seen,
            "hits": self.hits,
        }


def parse(text: str, seed: int) -> Scenario:
    """Return the scenario a start option describes."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise Misuse(f"{text!r} is not a scenario", hint=_HINT)
    operation, kind, delay, unit, rest = found.groups()
    more = dict(part.split("=") for part in rest.split(",") if part)
    try:
        return Scenario(
            operation,
            kind,
            1.0 if delay is None else float(delay) / (1000 if unit == "ms" else 1),
            int(more["count"]) if "count" in more else None,
            int(more.get("after", "0")),
            float(more.get("probability", "1")),
            seed,
        )
    except ValueError:
        raise Misuse(f"{text!r} is not a scenario", hint=_HINT) from None


class StagedScenarios(dict[str, Scenario]):
    """What is staged: a scenario by its call, and the other spellings of answers, which a reset leaves in place."""

    spellings: Spellings | None = None

    def stage(self, text: str, seed: int) -> None:
        """Take a start option."""
        if text == VARY:
            self.spellings = Spellings()
            return
        scenario = parse(text, seed)
        self[scenario.operation] = scenario

    def spelled(self, operation: str, answer: Answer) -> Answer:
        """Return an answer in the spelling whose turn it is."""
        return answer if self.spellings is None else self.spellings.spell(operation, answer)


def rival_locks(shown: bytes) -> Iterator[bytes]:
    """Bodies of Lock, as a till of another store sends them for the offers that the answer of a lookup shows."""
    line = {"line_id": "1", "item_id": "1", "quantity": 1, "subtotal": 100}
    for customer in msgspec.json.decode(shown).get("payload") or ():
        for offer in customer["offers"]:
            code = offer["reference_id"]
            sale = {"transaction_id": f"another-{code}", "items": [line]}
            payload = {"offer_lookup_code": code, "offer_lookup_type": "userofferid", "transaction": sale}
            ids = {"store_id": "another-store", "client_id": "another-till", "request_id": f"another-{code}"}
            yield encode(ids | {"request_payload": payload})
