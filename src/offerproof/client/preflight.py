"""Before anything is judged or loaded: can we reach the target, does it know us, does it know these paths and ids?

What goes wrong here is the profile's or the network's fault far more often than the target's, so it is said in one line
that names the profile's key, and nothing is judged. A target that breaks the contract passes and
fails its clauses.
"""

from __future__ import annotations

import re
from itertools import permutations
from typing import Final
from urllib.parse import urlsplit

from offerproof.client.api import Api
from offerproof.client.diagnosis import HINTS, diagnose
from offerproof.client.wire import SILENCE
from offerproof.errors import CannotJudge
from offerproof.exchange import Exchange
from offerproof.target import Service

PROBES: Final = {"core": "search_customers", "offers": "fetch_offer", "cloudpos": "lookup"}
"""One harmless read for each service; each names something that does not exist."""
_ADDRESS: Final = "is services.{}.base_url right: http or https, host, port?"
_ROUTE: Final = re.compile(r"\b(call|path|route|endpoint|url|method)s?\b", re.IGNORECASE)
_BAD: Final = "(unknown|no|not|invalid|wrong)"
_WRONG: Final = rf"\b{_BAD} {{0}}\b|\b{{0}}( ?id)?\W+(\S+\W+)?((is|was|does|do)\W+)?{_BAD}\b"


def preflight(api: Api) -> None:
    """Send one documented read to each service; where an answer is odd, ask once more to know whose fault it is.

    Raises:
        CannotJudge: a service cannot be reached, does not answer, is down, sends us elsewhere, refuses our credentials,
            or does not know the path or our ids.
    """
    answers: dict[str, Exchange] = {}
    for name, operation in PROBES.items():
        exchange = api.send(operation, api.example(operation))
        if exchange.failure == "closed" and _hangs_up_on_us(api, operation):
            continue
        service = api.profile.services[name]
        if exchange.failure in SILENCE:
            raise _silent(exchange, service, api.profile.timing.request_timeout_ms)
        _available(exchange, service)
        answers[name] = exchange
    _credentials(api, answers)
    _paths(api, answers)
    _ids(api, answers)


def _available(exchange: Exchange, service: Service) -> None:
    """Raise where a service is down, sends us elsewhere, or wants https."""
    status, where = exchange.status or 0, f"{service.name} at {service.host}"
    if status in (502, 503, 504):
        hint = "run again when it is up" + (f", or look at {service.proxy}" if service.proxy else "")
        raise CannotJudge(f"{where} is not available: HTTP {status}", hint=hint)
    if 300 <= status < 400:
        to = urlsplit(exchange.answer_headers.get("location", ""))
        told = f" to {to.scheme}://{to.netloc.rpartition('@')[2]}" if to.netloc else ""
        hint = f"write the address that answers into services.{service.name}.base_url; redirects are not followed"
        raise CannotJudge(f"{where} redirects{told}: HTTP {status}", hint=hint)
    if status == 400 and not exchange.answer and b"https" in exchange.raw_answer[:4_096].lower():
        raise CannotJudge(f"{where} wants https", hint=HINTS["tls wanted"][1].format(service.name))


def _credentials(api: Api, answers: dict[str, Exchange]) -> None:
    """Raise where a service refuses our credentials, and say when it takes those of another."""
    # 403 in the service's own envelope may be how it refuses what does not exist: it knows us, or it would say 401
    refused = {
        name: exchange
        for name, exchange in answers.items()
        if exchange.status == 401 or (exchange.status == 403 and not _is_refusal(exchange))
    }
    if len(refused) > 1 and api.profile.can("wrong_credentials"):
        taken = [(name, other) for name, other in permutations(refused, 2) if _takes(api, name, other)]
        if taken:
            told = ", ".join(f"{name} takes the pair of {other}" for name, other in taken)
            both = " and ".join(f"services.{name}" for name, _ in taken)
            hint = f"swap key and secret, or base_url, of {both}"
            raise CannotJudge(f"services are swapped: {told}, and none its own", hint=hint)
    for name, exchange in refused.items():
        service = api.profile.services[name]
        where_from = f"{_named(service.key)} and {_named(service.secret)}" if service.key else "no credentials"
        hint = f"the profile uses {where_from}" + (", and the API key of core" if service.api_key else "")
        if len(refused) > 1:
            hint += f"; {' and '.join(refused)} refuse us: are their keys, or base_urls, swapped?"
        raise CannotJudge(f"{name} refuses our credentials: HTTP {exchange.status}", hint=hint)


def _takes(api: Api, name: str, other: str) -> bool:
    operation = PROBES[name]
    return api.send(operation, api.example(operation), credentials=other).status not in (None, 401, 403)


def _paths(api: Api, answers: dict[str, Exchange]) -> None:
    """Raise where a service does not know a path: it answers 404 or 405, whatever is asked there.

    A page of HTML where an offer is not found proves nothing: some gateways put their own in place of every error.
    Who knows the path finds fault with an empty request, and says so with another status.
    """
    lost = {}
    for name, exchange in answers.items():
        if exchange.status in (404, 405) and (not _is_refusal(exchange) or _ROUTE.search(_errors(exchange))):
            again = api.send(PROBES[name], {})
            if again.status in (404, 405):
                lost[name] = exchange
    for name, exchange in lost.items():
        operation, service = PROBES[name], api.profile.services[name]
        method, path = api.profile.request_line(operation)
        prefix = urlsplit(service.base_url).path
        hint = f'spell the call as the target does: [paths] {operation} = "…"'
        at = f"look at the path {prefix} in" if prefix else "add the path that stands before all its calls to"
        hint += f", or {at} services.{name}.base_url"
        if len(lost) > 1:
            hint += f"; {' and '.join(lost)} know none of theirs: are their base_urls swapped?"
        raise CannotJudge(f"{name} does not know {method} {prefix}{path}: {exchange.described}", hint=hint)


def _ids(api: Api, answers: dict[str, Exchange]) -> None:
    """Raise where a service says that it does not know the retailer, the store or the client we name."""
    if _says_wrong("retailer", answers.get("offers")):
        history = api.send("user_offer_history", api.example("user_offer_history"))
        if _says_wrong("retailer", history):
            raise CannotJudge(f"offers does not know our retailer: {history.described}", hint="is ids.retailer right?")
    for noun in ("store", "client"):
        lookup = answers.get("cloudpos")
        if lookup is not None and _says_wrong(noun, lookup):
            raise CannotJudge(f"cloudpos does not know our {noun}: {lookup.described}", hint=f"is ids.{noun} right?")


def _says_wrong(noun: str, exchange: Exchange | None) -> bool:
    if exchange is None or not _is_refusal(exchange):
        return False
    return re.search(_WRONG.format(noun), _errors(exchange).replace("_", " "), re.IGNORECASE) is not None


def _hangs_up_on_us(api: Api, operation: str) -> bool:
    """Whether it answers 401 to who has no credentials, and again nothing to us: the address is right, the call is not.

    No profile makes a target do that (wrong credentials are to get a 401), so it is judged.
    """
    if not api.profile.can("wrong_credentials"):
        return False
    stranger, again = (api.send(operation, api.example(operation), credentials=whose) for whose in ("none", "own"))
    return stranger.status == 401 and again.failure == "closed"


def _is_refusal(exchange: Exchange) -> bool:
    answer = exchange.answer
    return isinstance(answer, dict) and bool(answer.get("errors")) and isinstance(answer.get("status"), str)


def _errors(exchange: Exchange) -> str:
    return str(exchange.answer.get("errors")) if isinstance(exchange.answer, dict) else ""


def _silent(exchange: Exchange, service: Service, timeout_ms: int) -> CannotJudge:
    """Why a service gave no answer, found out by a connection of its own: one sentence, and the key to look at."""
    where = f"{service.name} at {service.host}"
    kind = diagnose(service, timeout_ms / 1000)
    if kind in HINTS:
        told, hint = HINTS[kind]
        return CannotJudge(f"{where}: {told}", hint=hint.format(service.name))
    hint = _ADDRESS.format(service.name)
    if exchange.failure == "tls":
        return CannotJudge(f"{where}: no secure connection can be made", hint=hint)
    if exchange.failure == "timeout":
        hint = f"timing.request_timeout_ms says how long we wait; {hint}"
        return CannotJudge(f"{where} does not answer within {timeout_ms / 1000:g} s", hint=hint)
    if exchange.failure == "closed":
        return CannotJudge(f"{where} closes the connection without an answer", hint=hint)
    hint = f"{hint} Is a proxy needed (services.{service.name}.proxy)?"
    return CannotJudge(f"{where} cannot be reached", hint=hint)


def _named(secret: object) -> str:
    """Where a credential comes from: its variable, or its file."""
    shell = str(getattr(secret, "shell", "nothing"))
    return f"the file {shell[7:-2]}" if shell.startswith("$(cat '") else shell.removeprefix("$")
