"""What a recording tells of a target, for a profile of it: where its services are, how calls are spelled, our ids."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from offerproof.audit.calls import CallFinder
from offerproof.contract import OPERATIONS
from offerproof.exchange import parse_json
from offerproof.recording import Recorded, open_recordings


@dataclass(frozen=True)
class Told:
    """What was seen most often of each thing; what was not seen is not there."""

    base_urls: Mapping[str, str]
    """By service."""
    paths: Mapping[str, str]
    """By operation that is spelled otherwise than its canonical request: method and path."""
    ids: Mapping[str, str]
    """retailer, store, client, employee."""
    accepted: frozenset[str]
    """Operations that were called and not refused."""
    calls: int
    guessed: frozenset[str] = frozenset()
    """Operations that no document spells as they were called: known by what was asked."""


def told_by(files: Sequence[str], bases: Sequence[str] = ()) -> Told:
    """Read recordings (of every kind that ``audit`` reads); ``bases``: only calls below these addresses.

    Raises:
        Misuse: a file cannot be read.
    """
    finder, seen = CallFinder(bases=tuple(bases)), _SeenTraffic()
    with open_recordings(files) as opened:
        for recording, _ in opened.recordings:
            for recorded in recording.exchanges():
                match = finder.match(recorded)
                if match is not None:
                    seen.take(recorded, match.operation, match.prefix, match.spelled)
                elif finder.wanted(recorded.url) and (found := guessed(recorded)) is not None:
                    seen.guess(recorded, *found)
    return seen.told()


class _SeenTraffic:
    """Counts what was seen of a target."""

    def __init__(self) -> None:
        self.services: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.elsewhere: defaultdict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
        """Calls that no document spells so: host, method and path."""
        self.ids: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self.accepted: set[str] = set()
        self.calls = 0

    def take(self, recorded: Recorded, operation: str, prefix: str, spelled: str) -> None:
        """Count a call in a documented spelling."""
        self.services[OPERATIONS[operation].service][_host(recorded) + prefix] += 1
        self.spelled[operation][spelled] += 1
        self._count(recorded, operation)

    def guess(self, recorded: Recorded, operation: str, path: str) -> None:
        """Count a call that is known by what it asks."""
        self.elsewhere[operation][_host(recorded), recorded.method, path] += 1
        self._count(recorded, operation)

    def _count(self, recorded: Recorded, operation: str) -> None:
        self.calls += 1
        if recorded.status is not None and recorded.status < 300:
            self.accepted.add(operation)
        for name, value in _ids(parse_json(recorded.request.data) if recorded.request.readable else None):
            self.ids[name][value] += 1

    def told(self) -> Told:
        """What was seen most often."""
        guesses = set()
        for operation, count in self.elsewhere.items():
            host, method, path = count.most_common(1)[0][0]
            known = self.services[OPERATIONS[operation].service]
            base = known.most_common(1)[0][0] if known else host
            if operation not in self.spelled and f"{host}{path}".startswith(f"{base}/"):
                known[base] += 1
                self.spelled[operation][f"{method} {(host + path).removeprefix(base)}"] += 1
                guesses.add(operation)
        most = {operation: count.most_common(1)[0][0] for operation, count in self.spelled.items()}
        canonical = {one.id: f"{one.method} {one.path}" for one in OPERATIONS.values()}
        return Told(
            {service: count.most_common(1)[0][0] for service, count in self.services.items() if count},
            {operation: line for operation, line in most.items() if line != canonical[operation]},
            {name: count.most_common(1)[0][0] for name, count in self.ids.items()},
            frozenset(self.accepted),
            self.calls,
            frozenset(guesses),
        )


def _host(recorded: Recorded) -> str:
    at = urlsplit(recorded.url)
    return f"{at.scheme}://{at.netloc.rpartition('@')[2]}"


def _ids(body: Any) -> Iterator[tuple[str, str]]:
    """What a request says of who we are."""
    if not isinstance(body, dict):
        return
    payload = body.get("request_payload")
    inner = payload if isinstance(payload, dict) else {}
    employee = inner.get("employee_id", inner.get("pos_employee_id"))
    told = {"retailer": body.get("retailer_id"), "store": body.get("store_id"), "client": body.get("client_id")}
    for name, value in (told | {"employee": employee}).items():
        if isinstance(value, str) and value:
            yield name, value


# Which call of the API a request is whose path no document spells: by what it asks

_CRITERIA: Final = frozenset({"external_customer_id", "email", "phone", "user_id"})
_SEARCHED: Final = frozenset({"email", "external_id", "mobile_number"})
_API_KEY: Final = re.compile(r"(?<=/apps/)[^/]+")
_OF_OFFERS: Final = (
    ("create_offer", {"offer_type"}),
    ("user_offer_history", {"user_ids"}),
    ("revoke_offer", {"user_offer_id"}),
    ("issue_offer", {"offer_id", "user_id"}),
    ("fetch_offer", {"offer_id"}),
    ("get_user_offers", {"user_id"}),
)
"""By the members that a request of the offers service has; the first that fits."""


def guessed(recorded: Recorded) -> tuple[str, str] | None:
    """The operation, and the path as a profile spells it; None where what was asked tells no call.

    Refused requests tell nothing: they may be no calls at all.
    """
    if recorded.placed or recorded.status is None or recorded.status >= 300 or not recorded.request.readable:
        return None
    try:
        parts = urlsplit(recorded.url)
    except ValueError:
        return None
    operation = _asked(recorded, parts.path, {name for name, _ in parse_qsl(parts.query)})
    if operation is None:
        return None
    path = _API_KEY.sub("{api_key}", parts.path, count=1) if OPERATIONS[operation].service == "core" else parts.path
    return (operation, path) if ("{api_key}" in path) == (OPERATIONS[operation].service == "core") else None


def _asked(recorded: Recorded, path: str, query: set[str]) -> str | None:
    if recorded.method == "GET":
        return "search_customers" if query & _SEARCHED and _shows(recorded, "user") else None
    body = parse_json(recorded.request.data)
    if not isinstance(body, Mapping):
        return None
    payload = body.get("request_payload")
    if isinstance(payload, Mapping) and "store_id" in body:
        return _of_till(payload, path.rstrip("/").rpartition("/")[2].lower())
    if "retailer_id" in body:
        return next((name for name, members in _OF_OFFERS if members <= body.keys()), None)
    return "create_customer" if isinstance(body.get("user"), Mapping) and _shows(recorded, "user") else None


def _of_till(payload: Mapping[str, Any], word: str) -> str | None:
    """A call in the container. What two calls ask alike, the last word of the path tells, or nothing does."""
    if "offer_lookup_code" in payload:
        return "redeem" if "redeem" in word else "lock" if "lock" in word else None
    if "user_offer_id" in payload:
        return next((name for name in ("unlock", "reinstate") if name in word), None)
    if "items" in payload and "transaction_id" in payload:
        return "send_transaction"
    return "lookup" if _CRITERIA & payload.keys() else None


def _shows(recorded: Recorded, member: str) -> bool:
    answer = parse_json(recorded.answer.data) if recorded.answer.readable else None
    return isinstance(answer, Mapping) and member in answer
