"""Where the load goes: the target profile turned into prepared request heads, one for each call.

A head holds everything of a request that never changes (request line, Host, credentials, who we are); what changes is
added behind it: trace context, length, body.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from offerproof import __version__
from offerproof.contract import OPERATIONS
from offerproof.loadtest.client.connection import Endpoint
from offerproof.target import Ids, NotAllowed, Profile


@dataclass(frozen=True)
class ServiceEndpoint:
    """One of the three services: where it is and what its pair says in ``Authorization``."""

    endpoint: Endpoint
    authorization: str = field(repr=False)

    @classmethod
    def of(cls, endpoint: Endpoint, key: str, secret: str) -> ServiceEndpoint:
        """Build the Basic credentials from a pair."""
        return cls(endpoint, "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode())


CONNECTIONS = 8
"""Where the profile does not say."""


@dataclass
class Endpoints:
    """A target as the hot path needs it."""

    services: Mapping[str, ServiceEndpoint]
    ids: Ids
    api_key: str = field(repr=False)
    lines: Mapping[str, tuple[str, str]] = field(repr=False)
    """Operation → method and path template, in this target's spelling."""
    run_id: str = "run"
    timeout: float = 10.0
    barred: Callable[[str], NotAllowed | None] = field(default=lambda operation: None, repr=False)
    """Why an operation is never sent to this target; None when it may be."""

    connections: int = CONNECTIONS
    """So many requests may be on their way at once before and after the load."""
    idempotent: bool = False
    """Whether the target does a point-of-sale call once, however often it gets it with the same ``request_id``."""

    def repeatable(self, operation: str) -> bool:
        """Whether a request may be sent again, byte for byte, although it may have been done."""
        known = OPERATIONS[operation]
        return not known.writes or (self.idempotent and known.service == "cloudpos")

    @property
    def trace(self) -> str:
        """The run's half of every trace id: 16 hexadecimal digits."""
        return hashlib.sha256(self.run_id.encode()).hexdigest()[:16]

    def head(self, operation: str) -> tuple[Endpoint, bytes]:
        """Return the endpoint and the prepared head of an operation (of GETs: up to the query).

        Raises:
            NotAllowed: the profile does not declare or allow it.
        """
        if barred := self.barred(operation):
            raise barred
        method, path = self.lines[operation]
        path = path.replace("{api_key}", quote(self.api_key, safe="")).partition("{")[0]
        service = self.services[OPERATIONS[operation].service]
        headers = {
            **({"Authorization": service.authorization} if service.authorization else {}),
            "User-Agent": f"offerproof/{__version__} (load)",
            "X-Offerproof-Run": self.run_id,
            "Accept": "application/json",
            "Connection": "keep-alive",
            **({"Content-Type": "application/json"} if method != "GET" else {}),
        }
        return service.endpoint, service.endpoint.head(method, path, headers)


def endpoints_of(profile: Profile, *, run_id: str) -> Endpoints:
    """Prepare a target profile for the hot path."""
    services: dict[str, ServiceEndpoint] = {}
    for name, service in profile.services.items():
        ca_file = str(service.ca_file) if service.ca_file else None
        endpoint = Endpoint.from_url(service.base_url, ca_file=ca_file, proxy=service.proxy)
        if service.key is None or service.secret is None:
            services[name] = ServiceEndpoint(endpoint, "")
        else:
            services[name] = ServiceEndpoint.of(endpoint, service.key.reveal(), service.secret.reveal())
    api_key = profile.services["core"].api_key
    return Endpoints(
        services=services,
        ids=profile.ids,
        api_key=api_key.reveal() if api_key else "",
        lines={operation: profile.request_line(operation) for operation in OPERATIONS},
        run_id=run_id,
        timeout=profile.timing.request_timeout_ms / 1000,
        barred=profile.barred,
        connections=profile.limits.connections or CONNECTIONS,
        idempotent=profile.can("idempotency"),
    )
