"""Before anything is judged or loaded: can we reach the target, does it know us, does it know these paths and ids?

What goes wrong here is the profile's or the network's fault far more often than the target's, so it is said in one line
that names the profile's key, and nothing is judged. A target that breaks the contract passes and
fails its clauses.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final
from urllib.parse import urlsplit

from offerproof.client.api import Api
from offerproof.client.diagnosis import HINTS, diagnose
from offerproof.client.wire import Draft
from offerproof.contract import OPERATIONS, SPELLINGS
from offerproof.errors import CannotJudge
from offerproof.exchange import GATEWAY, NO_ANSWER, Exchange, too_plain
from offerproof.target import Profile, TargetService

PROBES: Final = {"core": "search_customers", "offers": "fetch_offer", "cloudpos": "lookup"}
"""One harmless read for each service; each names something that does not exist."""
_ASKED_IN_TIME: Final = 2
"""Other calls that are tried where each may take until its time is over."""
_ADDRESS: Final = "is services.{}.base_url right: http or https, host, port?"
_ROUTE: Final = re.compile(r"\b(call|path|route|endpoint|url|method)s?\b", re.IGNORECASE)
_BAD: Final = "(unknown|no|not|invalid|wrong)"
_WRONG: Final = rf"\b{_BAD} {{0}}\b|\b{{0}}( ?id)?\W+(\S+\W+)?((is|was|does|do)\W+)?{_BAD}\b"


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at: what was seen or, as ``problem``, what keeps us from judging."""

    step: str
    """reachable, credentials, path, ids."""
    about: str
    """The service, the operation or the profile's key."""
    told: str = ""
    problem: CannotJudge | None = None
    tried: bool = True


def plain_credentials(profile: Profile) -> list[str]:
    """What is to be said of secrets that nothing but their place tells from other words, a line each."""
    told = []
    for service in profile.services.values():
        for name, held in ("secret", service.secret), ("api_key", service.api_key):
            if held is not None and (why := too_plain(held.reveal())):
                place = f"services.{service.name}.{name}"
                told.append(f"{place} is {why}: masked only where credentials stand, and no leak can be told")
    return told


def preflight(api: Api) -> None:
    """Send one documented read to each service; where an answer is odd, ask once more to know whose fault it is.

    Raises:
        CannotJudge: a service cannot be reached, does not answer, is down, sends us elsewhere, refuses our credentials,
            or does not know the path or our ids.
    """
    for one in looks(api, may_create=True):
        if one.problem is not None:
            raise one.problem


def looks(api: Api, *, may_create: bool = False) -> Iterator[Look]:
    """The preflight step by step, on behind what is wrong: services, credentials, the paths of three reads, ids.

    Nothing is changed, unless it ``may_create`` an offer where a target answers nothing else (:func:`answers_beside`).
    """
    answers: dict[str, Exchange] = {}
    for name, operation in PROBES.items():
        exchange = api.send(operation, api.example(operation))
        service = api.profile.services[name]
        if exchange.unanswered:
            exchange = api.send(operation, api.example(operation))
        if exchange.unanswered and answers_beside(api, exchange, may_create=may_create):
            yield Look("reachable", name, f"{service.base_url} answers, but not {operation}: that is judged")
            continue
        problem = _unavailable(api, exchange, service)
        secure = "TLS, its certificate is trusted" if service.base_url.startswith("https:") else "plain HTTP, no TLS"
        yield Look("reachable", name, f"{service.base_url} ({secure})", problem)
        if problem is None:
            answers[name] = exchange
    for step, find in (("credentials", _credentials), ("path", _paths), ("ids", _ids)):
        problems = find(api, answers)
        for name, problem in problems.items():
            yield Look(step, PROBES[name] if step == "path" else name, problem=problem)
        answers = {name: exchange for name, exchange in answers.items() if name not in problems}
        yield from (one for one in _right(step, answers) if one.about not in problems)


def spellings(api: Api, lost: Container[str] = ()) -> Iterator[Look]:
    """How every other call that the profile declares is spelled, changing nothing: reads of what does not exist, and
    writing calls with an empty body, which must be refused; these only where writes are allowed. ``lost``: services
    that are not asked."""
    for operation, known in OPERATIONS.items():
        method, path = api.profile.request_line(operation)
        declared = known.capability is None or api.profile.capabilities.get(known.capability, False)
        if operation in PROBES.values() or known.service in lost or not declared:
            continue
        barred = api.profile.barred(operation)
        if barred is not None:
            yield Look("path", operation, f"not tried: {barred.scope}", tried=False)
            continue
        exchange = api.send(operation, {} if known.writes else api.example(operation))
        if exchange.failure in NO_ANSWER:
            yield Look("path", operation, f"not known: no answer ({exchange.failure})", tried=False)
        elif exchange.status in (404, 405) and "{user_id}" not in path and "{external_id}" not in path:
            unknown = _no_word_of_its_own(exchange) if known.writes else _lost(api, operation, exchange)
            problem = _unknown_path(api, operation, exchange) if unknown else None
            yield Look("path", operation, f"{method} {path}", problem)
        elif exchange.status in (404, 405) and not _is_refusal(exchange):
            told = f"{method} {path}: not known, for a customer who does not exist has the same answer as a wrong path"
            yield Look("path", operation, told, tried=False)
        else:
            took = known.writes and 200 <= (exchange.status or 0) < 300 and not _is_refusal(exchange)
            yield Look("path", operation, f"{method} {path}" + ", which takes an empty body" * took)


def _right(step: str, answers: Iterable[str]) -> Iterator[Look]:
    """What is right, where nothing was found to be wrong."""
    ids = {"offers": ("ids.retailer",), "cloudpos": ("ids.store", "ids.client")}
    for name in answers:
        match step:
            case "credentials":
                yield Look(step, name, "accepted")
            case "path":
                yield Look(step, PROBES[name], "known")
            case _:
                yield from (Look(step, key, "not refused") for key in ids.get(name, ()))


def _unavailable(api: Api, exchange: Exchange, service: TargetService) -> CannotJudge | None:
    """Why a service is not there: silent, down, somewhere else, or it wants https."""
    if exchange.failure in NO_ANSWER:
        return _silent(exchange, service, api.profile.timing.request_timeout_ms)
    status, where = exchange.status or 0, f"{service.name} at {service.host}"
    if status in GATEWAY:
        hint = "run again when it is up" + (f", or look at {service.proxy}" if service.proxy else "")
        return CannotJudge(f"{where} is not available: HTTP {status}", hint=hint)
    if 300 <= status < 400:
        to = urlsplit(exchange.answer_headers.get("location", ""))
        told = f" to {to.scheme}://{to.netloc.rpartition('@')[2]}" if to.netloc else ""
        hint = f"write the address that answers into services.{service.name}.base_url; redirects are not followed"
        return CannotJudge(f"{where} redirects{told}: HTTP {status}", hint=hint)
    if status == 400 and not exchange.answer and b"https" in exchange.raw.answer[:4_096].lower():
        return CannotJudge(f"{where} wants https", hint=HINTS["tls wanted"][1].format(service.name))
    return None


def _credentials(api: Api, answers: Mapping[str, Exchange]) -> dict[str, CannotJudge]:
    """By service that refuses our credentials, why; it says when a service takes those of another."""
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
            return dict.fromkeys(refused, CannotJudge(f"services are swapped: {told}, and none its own", hint=hint))
    problems = {}
    for name, exchange in refused.items():
        service = api.profile.services[name]
        where_from = f"{_named(service.key)} and {_named(service.secret)}" if service.key else "no credentials"
        hint = f"the profile uses {where_from}" + (", and the API key of core" if service.api_key else "")
        if len(refused) > 1:
            hint += f"; {' and '.join(refused)} refuse us: are their keys, or base_urls, swapped?"
        problems[name] = CannotJudge(f"{name} refuses our credentials: HTTP {exchange.status}", hint=hint)
    return problems


def _takes(api: Api, name: str, other: str) -> bool:
    operation = PROBES[name]
    return api.send(operation, api.example(operation), credentials=other).status not in (None, 401, 403)


def _paths(api: Api, answers: Mapping[str, Exchange]) -> dict[str, CannotJudge]:
    """By service that does not know the path of its read, why."""
    lost = {name: exchange for name, exchange in answers.items() if _lost(api, PROBES[name], exchange)}
    return {name: _unknown_path(api, PROBES[name], exchange, tuple(lost)) for name, exchange in lost.items()}


def _lost(api: Api, operation: str, exchange: Exchange) -> bool:
    """Whether a service does not know a path: it answers 404 or 405, whatever is asked there.

    A page of HTML where an offer is not found proves nothing: some gateways put their own in place of every error.
    Who knows the path finds fault with an empty request, and says so with another status.
    """
    if exchange.status not in (404, 405) or not _no_word_of_its_own(exchange):
        return False
    return api.send(operation, {}).status in (404, 405)


def _no_word_of_its_own(exchange: Exchange) -> bool:
    """Whether a refusal is not the API's own, or speaks of the path and not of what was asked for."""
    return not _is_refusal(exchange) or _ROUTE.search(_errors(exchange)) is not None


def _unknown_path(api: Api, operation: str, exchange: Exchange, several: Sequence[str] = ()) -> CannotJudge:
    service = api.profile.services[exchange.service]
    method, path = api.profile.request_line(operation)
    prefix = urlsplit(service.base_url).path
    hint = f'spell the call as the target does: [paths] {operation} = "…"'
    documented = (OPERATIONS[operation].path, *SPELLINGS.get(operation, ()))
    if also := [f'"{one}"' for one in documented if one not in (path, f"{method} {path}")]:
        hint += f" (documented as well: {', '.join(also)})"
    at = f"look at the path {prefix} in" if prefix else "add the path that stands before all its calls to"
    hint += f", or {at} services.{service.name}.base_url"
    if len(several) > 1:
        hint += f"; {' and '.join(several)} know none of theirs: are their base_urls swapped?"
    return CannotJudge(f"{service.name} does not know {method} {prefix}{path}: {exchange.described}", hint=hint)


def _ids(api: Api, answers: Mapping[str, Exchange]) -> dict[str, CannotJudge]:
    """By key of the profile, why: a service says that it does not know our retailer, store or client."""
    problems = {}
    if _says_wrong("retailer", answers.get("offers")):
        history = api.send("user_offer_history", api.example("user_offer_history"))
        if _says_wrong("retailer", history):
            told = f"offers does not know our retailer: {history.described}"
            problems["ids.retailer"] = CannotJudge(told, hint="is ids.retailer right?")
    for noun in ("store", "client"):
        lookup = answers.get("cloudpos")
        if lookup is not None and _says_wrong(noun, lookup):
            told = f"cloudpos does not know our {noun}: {lookup.described}"
            problems[f"ids.{noun}"] = CannotJudge(told, hint=f"is ids.{noun} right?")
    return problems


def _says_wrong(noun: str, exchange: Exchange | None) -> bool:
    if exchange is None or not _is_refusal(exchange):
        return False
    return re.search(_WRONG.format(noun), _errors(exchange).replace("_", " "), re.IGNORECASE) is not None


def _is_refusal(exchange: Exchange) -> bool:
    answer = exchange.answer
    return isinstance(answer, dict) and bool(answer.get("errors")) and isinstance(answer.get("status"), str)


def _errors(exchange: Exchange) -> str:
    return str(exchange.answer.get("errors")) if isinstance(exchange.answer, dict) else ""


def _silent(exchange: Exchange, service: TargetService, timeout_ms: int) -> CannotJudge:
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


def answers_beside(api: Api, exchange: Exchange, *, may_create: bool = True) -> bool:
    """Whether the service that gave no answer to this one gives one to other calls of it. Who cannot be reached gives
    none; a gateway's page, or its own 401, is no answer of who stands behind it.

    Who hangs up on all of them is asked for a new offer at last, where that is allowed and it ``may_create`` one: a
    target that hangs up instead of refusing takes what is right."""
    if exchange.failure in ("unreachable", "tls"):
        return False
    beside = list(_beside(api, exchange, may_create))
    if exchange.failure == "timeout":
        beside = beside[:_ASKED_IN_TIME]
    return any(_is_sign_of_life(one, exchange) for one in map(api.wire.ask, beside))


def _is_sign_of_life(one: Exchange, lost: Exchange) -> bool:
    """Whether this shows that somebody is there who answers documented calls; 401 does where who hangs up knows us."""
    spoke = one.failure not in NO_ANSWER and one.status not in GATEWAY and isinstance(one.answer, dict)
    return spoke and (one.status != 401 or lost.failure == "closed")


def _beside(api: Api, lost: Exchange, may_create: bool) -> Iterator[Draft]:
    """Other calls of a service: first those that change nothing, or have to be refused."""
    profile = api.profile
    for name, known in OPERATIONS.items():
        if known.service == lost.service and name != lost.operation and _may_ask(profile, name):
            yield api.draft(name, {} if known.writes else api.example(name))
    if lost.failure != "closed":  # by a time-out, or a page, a gateway that asks for credentials itself may speak
        return
    probe = PROBES[lost.service]
    if profile.can("wrong_credentials"):
        yield api.draft(probe, api.example(probe), credentials="none")
    same = profile.services["offers"].base_url == profile.services[lost.service].base_url
    if may_create and same and _may_ask(profile, "create_offer"):
        yield api.draft("create_offer", api.offer())


def _may_ask(profile: Profile, operation: str) -> bool:
    known = OPERATIONS[operation]
    declared = known.capability is None or profile.capabilities.get(known.capability, False)
    return declared and profile.barred(operation) is None
