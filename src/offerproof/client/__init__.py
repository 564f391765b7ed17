"""The client: one method for each call of the API over a transport; returns an ``Exchange``, never an opinion.

``connect(profile, minter)`` gives an ``Api`` over real connections; tests give ``Wire`` a ``Transport`` of their own.
"""

from __future__ import annotations

from offerproof.client.api import Api
from offerproof.client.bodies import LEFT_OUT
from offerproof.client.minter import Minter
from offerproof.client.pace import Budget, BudgetExhausted, Pace
from offerproof.client.preflight import Look, looks, plain_credentials, preflight, spellings
from offerproof.client.transport import HttpRequest, HttpResponse, RequestsTransport, Transport, TransportFailed
from offerproof.client.wire import Draft, TargetLost, TurnedAway, Wire
from offerproof.target import Profile

__all__ = [
    "LEFT_OUT",
    "Api",
    "Budget",
    "BudgetExhausted",
    "Draft",
    "HttpRequest",
    "HttpResponse",
    "Look",
    "Minter",
    "Pace",
    "RequestsTransport",
    "TargetLost",
    "Transport",
    "TransportFailed",
    "TurnedAway",
    "Wire",
    "connect",
    "looks",
    "plain_credentials",
    "preflight",
    "spellings",
    "transport_for",
]


def transport_for(profile: Profile) -> RequestsTransport:
    """Connections as the profile wants them: time-out, certificate authorities, proxies."""
    services = profile.services.values()
    return RequestsTransport(
        timeout_s=profile.timing.request_timeout_ms / 1000,
        ca_files={service.name: service.ca_file for service in services if service.ca_file},
        proxies={service.name: service.proxy for service in services if service.proxy},
    )


def connect(profile: Profile, minter: Minter, *, run_id: str = "none", budget: Budget | None = None) -> Api:
    """The API of a target over real connections."""
    return Api(Wire(profile, transport_for(profile), minter=minter, run_id=run_id, budget=budget))
