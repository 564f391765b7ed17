"""Before anything is judged: can we reach the target, does it know us, does it know these paths?

What goes wrong here is the profile's or the network's fault far more often than the target's, so it is said in one line
and nothing is judged; a target that breaks the contract passes here and fails its clauses.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from offerproof.client import SILENCE, Api
from offerproof.errors import CannotJudge
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.target import Service

PROBES: Final = ("search_customers", "fetch_offer", "lookup")
"""One harmless read for each service; each names something that does not exist."""


def preflight(api: Api) -> None:
    """Send one documented read to each service.

    Raises:
        CannotJudge: a service cannot be reached, does not answer, is down, sends us elsewhere, refuses our credentials,
            or does not know the path.
    """
    for operation in PROBES:
        exchange = api.send(operation, api.example(operation))
        service = api.profile.services[exchange.service]
        if exchange.failure == "closed" and _hangs_up_on_us(api, operation):
            continue
        if exchange.failure in SILENCE:
            _silent(exchange, service, api.profile.timing.request_timeout_ms)
        status = exchange.status or 0
        if status in (502, 503, 504):
            hint = "run again when it is up" + (f", or look at {service.proxy}" if service.proxy else "")
            raise CannotJudge(f"{service.name} at {service.host} is not available: HTTP {status}", hint=hint)
        if 300 <= status < 400:
            where = urlsplit(exchange.answer_headers.get("location", ""))
            told = f" to {where.scheme}://{where.netloc.rpartition('@')[2]}" if where.netloc else ""
            hint = f"write the address that answers into services.{service.name}.base_url; redirects are not followed"
            raise CannotJudge(f"{service.name} at {service.host} redirects{told}: HTTP {status}", hint=hint)
        # 403 in the service's own envelope may be how it refuses what does not exist: it knows us, or it would say 401
        if status == 401 or (status == 403 and not _is_refusal(exchange)):
            where_from = f"{_named(service.key)} and {_named(service.secret)}" if service.key else "no credentials"
            hint = f"the profile uses {where_from}" + (", and the API key of core" if service.api_key else "")
            raise CannotJudge(f"{service.name} refuses our credentials: HTTP {status}", hint=hint)
        if status in (404, 405) and exchange.answer is NOT_JSON:
            method, path = api.profile.request_line(operation)
            hint = f'spell the call as the target does: [paths] {operation} = "…"'
            raise CannotJudge(f"{service.name} does not know {method} {path}: HTTP {status}", hint=hint)
        if status == 400 and exchange.answer is NOT_JSON and b"https" in exchange.raw_answer[:4_096].lower():
            raise CannotJudge(f"{service.name} at {service.host} wants https", hint=_ADDRESS.format(service.name))


def _hangs_up_on_us(api: Api, operation: str) -> bool:
    """Whether it answers 401 to who has no credentials, and again nothing to us: the address is right, the call is not.

    No profile makes a target do that (wrong credentials are to get a 401), so it is judged.
    """
    stranger, again = (api.send(operation, api.example(operation), credentials=whose) for whose in ("none", "own"))
    return stranger.status == 401 and again.failure == "closed"


def _is_refusal(exchange: Exchange) -> bool:
    answer = exchange.answer
    return isinstance(answer, dict) and bool(answer.get("errors")) and isinstance(answer.get("status"), str)


_ADDRESS: Final = "is services.{}.base_url right: http or https, host, port?"


def _silent(exchange: Exchange, service: Service, timeout_ms: int) -> None:
    where, hint = f"{service.name} at {service.host}", _ADDRESS.format(service.name)
    if exchange.failure == "tls":
        hint = f"a private certificate authority is named by services.{service.name}.ca_file; {hint}"
        raise CannotJudge(f"{where}: its certificate is not trusted, or it speaks no TLS", hint=hint)
    if exchange.failure == "timeout":
        hint = f"timing.request_timeout_ms says how long we wait; {hint}"
        raise CannotJudge(f"{where} does not answer within {timeout_ms / 1000:g} s", hint=hint)
    if exchange.failure == "closed":
        raise CannotJudge(f"{where} closes the connection without an answer", hint=hint)
    hint = f"{hint} Is a proxy needed (services.{service.name}.proxy)?"
    raise CannotJudge(f"{where} cannot be reached", hint=hint)


def _named(secret: object) -> str:
    """Where a credential comes from: its variable, or its file."""
    shell = str(getattr(secret, "shell", "nothing"))
    return f"the file {shell[7:-2]}" if shell.startswith("$(cat '") else shell.removeprefix("$")
