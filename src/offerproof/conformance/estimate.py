"""What a run will send, by kind, and how long that takes at a round trip: from what each check was measured to send.

``contracts/requests.json`` has the measurements (``benchmarks/requests_of_checks.py``); a check that is not in it, such
as one of a team's own, counts with what its decorator declares.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby
from typing import Final

import msgspec

from offerproof import content
from offerproof.client.wire import connections_of
from offerproof.conformance.allotment import carriers_for
from offerproof.conformance.clause_plan import FoundCheck
from offerproof.conformance.marks import TURNS
from offerproof.target import Profile

OWN_S: Final = 0.0015
"""Seconds of processor time that one request takes here: with a near target, it is what a run waits for."""
BEFORE: Final = 4
"""Round trips before the first check: the preflight, and a first look at a simulator."""
_DECLARED: Final = "by checks that were not measured"


class SentByCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one check was seen to send: so many requests follow each other, and so many settle times it waits."""

    chain: int
    waits: float
    sends: dict[str, int]
    sets_up: dict[str, int]


@dataclass(frozen=True)
class Estimate:
    """Requests by kind, the most frequent first, and the seconds that they take at ``rtt_s`` seconds a round trip."""

    kinds: Mapping[str, int]
    seconds: float
    rtt_s: float

    @property
    def requests(self) -> int:
        """All of them."""
        return sum(self.kinds.values())


def estimate(checks: Iterable[FoundCheck], profile: Profile, rtt_s: float) -> Estimate:
    """Estimate a run of these checks against the target of a profile."""
    kinds, seconds = Counter[str](), BEFORE * rtt_s
    found = list(checks)
    kinds.update(_shared(found, profile))
    ordered = sorted(found, key=lambda check: TURNS.index(check.turn_at(profile)))
    for turn, block in groupby(ordered, key=lambda check: check.turn_at(profile)):
        known = [_measured(check) for check in block]
        sent = sum((_kinds(one, profile) for one in known), Counter[str]())
        kinds += sent
        each = [one.chain * rtt_s + one.waits * profile.settle_s for one in known]
        trips = sent.total() * max(rtt_s / connections_of(profile), OWN_S)
        serial = turn == "alone" or profile.one_at_a_time
        if serial:
            seconds += sent.total() * max(rtt_s, OWN_S) + sum(one.waits for one in known) * profile.settle_s
        else:
            rest = (1 - 1 / connections_of(profile)) * max(each, default=0.0)  # Graham's bound for a list of jobs
            seconds += trips + rest
    if not profile.can("clock"):
        seconds += max((profile.period_s(one.period) or 0 for one in ordered if one.period), default=0)
    if profile.limits.rate:
        seconds = max(seconds, kinds.total() / profile.limits.rate)
    return Estimate(dict(kinds.most_common()), seconds, rtt_s)


def _measured(check: FoundCheck) -> SentByCheck:
    known = measurements().get(check.name)
    if known is None:
        declared = check.consumes.requests
        return SentByCheck(declared, float(check.settles), {_DECLARED: declared}, {})
    return known


def _kinds(one: SentByCheck, profile: Profile) -> Counter[str]:
    """What it sends to this target: what comes from a pool or the control interface is made by no call."""
    free = set() if profile.customers.kind == "create" else {"create_customer"}
    free |= set() if profile.offers.kind == "issue" else {"create_offer", "issue_offer"}
    return Counter(one.sends) + Counter({name: count for name, count in one.sets_up.items() if name not in free})


def _shared(checks: Sequence[FoundCheck], profile: Profile) -> Counter[str]:
    """What was measured of no check: the preflight, owners of user offers that checks share, an offer of each type."""
    carriers = [one for each in carriers_for(checks, replace(profile, environment="sandbox")).values() for one in each]
    owners = len(carriers) if profile.environment == "simulator" else len(set(carriers))
    offers = {kind for check in checks for kind in check.consumes.user_offers}
    made = {
        "create_customer": owners * (profile.customers.kind == "create"),
        "create_offer": len(offers) * (profile.offers.kind == "issue"),
    }
    return Counter({"search_customers": 1, "fetch_offer": 1, "lookup": 1}) + Counter(made)


@cache
def measurements() -> Mapping[str, SentByCheck]:
    """What was measured, by check."""
    file = content.folder("contracts") / "requests.json"
    return msgspec.json.decode(file.read_bytes(), type=dict[str, SentByCheck])
