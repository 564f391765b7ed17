"""What a recording tells of a target, for a profile of it: where its services are, how calls are spelled, our ids."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from offerproof.audit.calls import CallFinder
from offerproof.contract import OPERATIONS
from offerproof.exchange import parse_json
from offerproof.recording import open_recordings


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


def told_by(files: Sequence[str], bases: Sequence[str] = ()) -> Told:
    """Read recordings (of every kind that ``audit`` reads); ``bases``: only calls below these addresses.

    Raises:
        Misuse: a file cannot be read.
    """
    finder = CallFinder(bases=tuple(bases))
    services: defaultdict[str, Counter[str]] = defaultdict(Counter)
    spelled: defaultdict[str, Counter[str]] = defaultdict(Counter)
    ids: defaultdict[str, Counter[str]] = defaultdict(Counter)
    accepted: set[str] = set()
    calls = 0
    with open_recordings(files) as opened:
        for recording, _ in opened.recordings:
            for recorded in recording.exchanges():
                match = finder.match(recorded)
                if match is None:
                    continue
                calls += 1
                at = urlsplit(recorded.url)
                services[match.service][f"{at.scheme}://{at.netloc.rpartition('@')[2]}{match.prefix}"] += 1
                spelled[match.operation][match.spelled] += 1
                accepted |= {match.operation} if recorded.status is not None and recorded.status < 300 else set()
                body = parse_json(recorded.request.data) if recorded.request.readable else None
                for name, value in _ids(body):
                    ids[name][value] += 1
    most = {operation: count.most_common(1)[0][0] for operation, count in spelled.items()}
    canonical = {one.id: f"{one.method} {one.path}" for one in OPERATIONS.values()}
    return Told(
        {service: count.most_common(1)[0][0] for service, count in services.items()},
        {operation: line for operation, line in most.items() if line != canonical[operation]},
        {name: count.most_common(1)[0][0] for name, count in ids.items()},
        frozenset(accepted),
        calls,
    )


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
