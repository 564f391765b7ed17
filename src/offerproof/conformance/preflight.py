"""Before anything is judged: can we reach the target, does it know us, does it know these paths?

What goes wrong here is the profile's or the network's fault far more often than the target's, so it is said in one line
and nothing is judged; a target that breaks the contract passes here and fails its clauses.
"""

from __future__ import annotations

from typing import Final

from offerproof.client import Api
from offerproof.errors import CannotJudge
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.target import Service

PROBES: Final = ("search_customers", "fetch_offer", "lookup")
"""One harmless read for each service; each names something that does not exist."""


def preflight(api: Api) -> None:
    """Send one documented read to each service.

    Raises:
        CannotJudge: a service cannot be reached, refuses our credentials, or does not know the path.
    """
    for operation in PROBES:
        exchange = api.send(operation, api.example(operation))
        service = api.profile.services[exchange.service]
        if exchange.failure in ("unreachable", "tls"):
            _unreachable(exchange, service)
        if exchange.status in (401, 403):
            where = f"{_named(service.key)} and {_named(service.secret)}" if service.key else "no credentials"
            hint = f"the profile uses {where}" + (", and the API key of core" if service.api_key else "")
            raise CannotJudge(f"{service.name} refuses our credentials: HTTP {exchange.status}", hint=hint)
        if exchange.status in (404, 405) and exchange.answer is NOT_JSON:
            method, path = api.profile.request_line(operation)
            hint = f'spell the call as the target does: [paths] {operation} = "…"'
            raise CannotJudge(f"{service.name} does not know {method} {path}: HTTP {exchange.status}", hint=hint)


def _unreachable(exchange: Exchange, service: Service) -> None:
    if exchange.failure == "tls":
        hint = f"a private certificate authority is named by services.{service.name}.ca_file"
        raise CannotJudge(f"{service.name} at {service.host}: its certificate is not trusted", hint=hint)
    hint = f"is services.{service.name}.base_url right, and is a proxy needed (services.{service.name}.proxy)?"
    raise CannotJudge(f"{service.name} at {service.host} cannot be reached", hint=hint)


def _named(secret: object) -> str:
    return str(getattr(secret, "shell", "nothing")).removeprefix("$")
