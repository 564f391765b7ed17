"""Which call a request target means: every documented spelling, in any case, with or without a service's prefix.

The sources spell the CloudPOS calls in two ways (api.md section 1); both are served, and ``get_user_offers`` on the
path that they share is told apart from Lookup by its body.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote_to_bytes

from offerproof.simulator import bodies
from offerproof.simulator.answers import Service
from offerproof.simulator.values import Malformed


@dataclass(frozen=True, eq=False)
class ApiCall:
    """One call of the API. ``writes``: it may change state; ``counted``: its request_id is remembered as a write's."""

    name: str
    service: Service
    writes: bool
    decode: Callable[[bytes], Any] | None = None
    counted: bool = False


def _offers(name: str, kind: type[Any], *, writes: bool) -> ApiCall:
    return ApiCall(name, Service.OFFERS, writes, bodies.Decoder(kind))


def _cloudpos(name: str, kind: type[Any], *, writes: bool = True) -> ApiCall:
    return ApiCall(name, Service.CLOUDPOS, writes, bodies.Decoder(kind), counted=writes)


OPERATIONS: dict[str, ApiCall] = {
    one.name: one
    for one in (
        ApiCall("search_customers", Service.CORE, writes=False),
        ApiCall("get_customer", Service.CORE, writes=False),
        ApiCall("get_customer_by_external_id", Service.CORE, writes=False),
        ApiCall("create_customer", Service.CORE, writes=True, decode=bodies.Decoder(bodies.CreateCustomer)),
        _offers("create_offer", bodies.CreateOffer, writes=True),
        _offers("fetch_offer", bodies.FetchOffer, writes=False),
        _offers("issue_offer", bodies.IssueOffer, writes=True),
        _offers("revoke_offer", bodies.RevokeOffer, writes=True),
        _offers("get_user_offers", bodies.GetUserOffers, writes=False),
        _offers("user_offer_history", bodies.UserOfferHistory, writes=False),
        _cloudpos("lookup", bodies.Lookup, writes=False),
        _cloudpos("lock", bodies.Lock),
        _cloudpos("unlock", bodies.Unlock),
        _cloudpos("redeem", bodies.Lock),
        _cloudpos("reinstate", bodies.Unlock),
        _cloudpos("send_transaction", bodies.Send),
    )
}


@dataclass(eq=False, slots=True)
class Match:
    """What a target means: an operation for each method; for Core also who stands in the path, and the query."""

    service: Service
    methods: dict[bytes, ApiCall]
    either: bool = False  # get_user_offers or Lookup, as the body says
    api_key: str | None = None
    subject: str = ""
    query: bytes = b""
    allow: bytes = field(init=False)

    def __post_init__(self) -> None:
        self.allow = b"allow: " + b", ".join(sorted(self.methods)) + b"\r\n"


SPELLINGS = {
    "create_offer": ("/api/2.0/offers/management/create",),
    "fetch_offer": ("/api/2.0/offers/fetch_offer",),
    "issue_offer": ("/api/2.0/offers/acquisition/issue",),
    "revoke_offer": ("/api/2.0/offers/acquisition/revoke",),
    "get_user_offers": ("/api/2.0/offers/get_user_offers",),
    "user_offer_history": ("/api/2.0/offers/user_offer_history",),
    "lookup": ("/api/2.0/Lookup", "/api/2.0/lookup"),
    "lock": ("/api/2.0/Lock", "/api/2.0/lock", "/api/2.0/offers/redemption/lock"),
    "unlock": ("/api/2.0/unlock", "/api/2.0/offers/redemption/unlock"),
    "redeem": ("/api/2.0/redeem", "/api/2.0/offers/redemption/redeem"),
    "reinstate": ("/api/2.0/reinstate", "/api/2.0/offers/redemption/reinstate"),
    "send_transaction": ("/api/2.0/send_transaction", "/api/2.0/offers/send_transaction"),
}
_READ_BY_GET = ("search_customers", "get_customer", "get_customer_by_external_id")
_LONGEST_COMPARED = 200
SHARED = b"/api/2.0/offers/get_user_offers"
_PREFIXES = ((b"/core/", Service.CORE), (b"/offers/", Service.OFFERS), (b"/cloudpos/", Service.CLOUDPOS))
APPS = b"/priv/v1/apps/"


def _static() -> dict[bytes, Match]:
    table = {}
    for name, spellings in SPELLINGS.items():
        operation = OPERATIONS[name]
        methods = {b"POST": operation}
        if name == "lock":
            methods[b"PATCH"] = operation
        match = Match(operation.service, methods)
        for spelling in spellings:
            table[spelling.encode()] = match
    table[SHARED] = Match(Service.OFFERS, {b"POST": OPERATIONS["get_user_offers"]}, either=True)
    return table


_STATIC = _static()
_LOWER = {path.lower(): match for path, match in _STATIC.items()}
_SHARED_ALONE = {
    Service.OFFERS: Match(Service.OFFERS, {b"POST": OPERATIONS["get_user_offers"]}),
    Service.CLOUDPOS: Match(Service.CLOUDPOS, {b"POST": OPERATIONS["lookup"]}),
}
FAST: dict[Service | None, dict[bytes, Match]] = {
    None: _STATIC,
    **{
        service: {path: match for path, match in _STATIC.items() if match.service is service and not match.either}
        for service in Service
    },
}
"""Request targets as the documents spell them, for a port of all services and for a port of one."""


def find(target: bytes, only: Service | None = None) -> Match | None:
    """Return what a request target means, or None; ``only`` limits it to one service (its port or its prefix)."""
    path, _, query = _origin_form(target).partition(b"?")
    for prefix, service in _PREFIXES:
        if path[: len(prefix)].lower() == prefix and only in (None, service):
            only = service
            path = path[len(prefix) - 1 :]
            break
    lower = path.lower()
    if lower == SHARED and only is not None:
        return _SHARED_ALONE.get(only)
    match = _core(path, query) if lower.startswith(APPS) else _LOWER.get(lower)
    if match is None or (only is not None and match.service is not only):
        return None
    return match


def service_of(target: bytes, only: Service | None = None) -> Service | None:
    """Return whose envelope a refusal of this target has, as far as it can be told."""
    if only is not None:
        return only
    lower = _origin_form(target).lower()
    for prefix, service in _PREFIXES:
        if lower.startswith(prefix):
            return service
    if lower.startswith(b"/api/2.0/offers/"):
        return Service.OFFERS
    if lower.startswith(b"/api/"):
        return Service.CLOUDPOS
    return Service.CORE


_CORE_SPELLINGS = {
    "search_customers": "/priv/v1/apps/{api_key}/users/search",
    "create_customer": "/priv/v1/apps/{api_key}/users",
    "get_customer": "/priv/v1/apps/{api_key}/users/{user_id}",
    "get_customer_by_external_id": "/priv/v1/apps/{api_key}/external/users/{external_id}",
}


def no_such_call(target: bytes, only: Service | None = None) -> str:
    """Return the sentence that refuses a target that means nothing: with the nearest one that does."""
    path = _origin_form(target).partition(b"?")[0][:_LONGEST_COMPARED].decode("latin-1")
    near = _nearest(path, only)
    return (
        f"there is no such call; the nearest is {near}" if near else "there is no such call; see the documented paths"
    )


@lru_cache(1024)
def _nearest(path: str, only: Service | None) -> str:
    """Return method and path of the documented spelling nearest to a path, or nothing. The key in it is not shown."""
    if path.lower().startswith("/priv/v1/apps/"):
        _, slash, rest = path[14:].partition("/")
        path = f"/priv/v1/apps/{{api_key}}{slash}{rest}"
    known = {
        spelling: operation
        for operation, spellings in (
            *SPELLINGS.items(),
            *((name, (spelling,)) for name, spelling in _CORE_SPELLINGS.items()),
        )
        for spelling in spellings
        if only in (None, OPERATIONS[operation].service)
    }
    near = get_close_matches(path, known, n=1, cutoff=0.6)
    if not near:
        return ""
    return f"{'GET' if known[near[0]] in _READ_BY_GET else 'POST'} {near[0]}"


def _origin_form(target: bytes) -> bytes:
    scheme, mark, place = target.partition(b"://")
    if mark and scheme.lower() in (b"http", b"https"):
        _, slash, rest = place.partition(b"/")
        return slash + rest
    return target


def _core(path: bytes, query: bytes) -> Match | None:
    """Match ``/priv/v1/apps/{api_key}/users…``."""
    key, *rest = path[len(APPS) :].split(b"/")
    words = [word.lower() for word in rest]
    subject = b""
    if words == [b"users", b"search"]:
        methods = {b"GET": OPERATIONS["search_customers"]}
    elif words == [b"users"]:
        methods = {b"POST": OPERATIONS["create_customer"]}
    elif len(words) == 2 and words[0] == b"users" and words[1]:
        methods, subject = {b"GET": OPERATIONS["get_customer"]}, rest[1]
    elif len(words) == 3 and words[:2] == [b"external", b"users"] and words[2]:
        methods, subject = {b"GET": OPERATIONS["get_customer_by_external_id"]}, rest[2]
    else:
        return None
    return Match(
        Service.CORE,
        methods,
        api_key=_plain(key),
        subject=_plain(subject),
        query=query,
    )


def _plain(segment: bytes) -> str:
    return unquote_to_bytes(segment).decode("utf-8", "replace")


def parse_query(query: bytes) -> dict[str, str]:
    """Return the members of a query string; one that stands twice is refused."""
    try:
        pairs = parse_qsl(
            query.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=64
        )
    except (UnicodeDecodeError, ValueError):
        raise Malformed("query", "a query string in percent-encoded UTF-8") from None
    members = dict(pairs)
    if len(members) < len(pairs):
        raise Malformed("query", "each member once")
    return members
