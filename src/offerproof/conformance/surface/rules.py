"""What is wrong with the answer to a generated request: judged on the bytes really sent, where all sources agree.

Requests are tolerant by contract: numbers may be texts, most members may be absent, unknown ones are ignored. So a
success is wrong only when the request lacks what no target could do without.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from offerproof.conformance.reading import shows_a_trace
from offerproof.conformance.surface.bridge import SentCase
from offerproof.conformance.surface.ids import ExistingObjects
from offerproof.exchange import NOT_JSON, Exchange
from offerproof.judgement import shapes

_CULTURES: Final = (None, "en", "en-us", "en-US")


@dataclass(frozen=True)
class Wrong:
    """One wrong answer, under the clause it breaks."""

    clause: str
    what: str
    expected: str
    observed: str
    exchange: Exchange


def judge(sent: SentCase, existing: ExistingObjects, timeout_ms: int) -> Iterator[Wrong]:
    """What is wrong with one answer; nothing when it is right, or nobody can say."""
    exchange, name = sent.exchange, sent.operation
    told = f"HTTP {exchange.status}: {exchange.answer_text[:400]}"
    if exchange.failure == "timeout" or exchange.duration_us > timeout_ms * 1000:
        observed = f"{exchange.failure or 'after'}: {exchange.duration_us // 1000} ms"
        yield Wrong("SURF-5", f"time {name} takes to answer", f"at most {timeout_ms} ms", observed, exchange)
    if exchange.failure in ("closed", "too_large"):
        yield Wrong("SURF-1", f"answer of {name}", "an answer", f"none: {exchange.failure}", exchange)
    if exchange.failure:
        return
    if (exchange.status or 0) >= 500:
        yield Wrong("SURF-1", f"HTTP status of {name}", "below 500", told, exchange)
        return
    if not sent.plain_path:
        return
    yield from _envelope(sent, told)
    if _is_honoured(sent):
        lacking = _lacking(sent)
        if lacking:
            yield Wrong("SURF-3", f"refusal of {name} ({lacking})", "a clear refusal", told, exchange)
    elif exchange.status != 401 and _can_be_answered(sent, existing):
        yield Wrong("SURF-4", f"answer of {name} to a request in its documented form", "a success", told, exchange)


def _envelope(sent: SentCase, told: str) -> Iterator[Wrong]:
    """JSON, in the envelope of the service; and a refusal that gives nothing away."""
    exchange, name = sent.exchange, sent.operation
    honoured = shapes.claims_success(exchange.answer, exchange.status)
    for problem in shapes.check(name, exchange.answer, exchange.status):
        if honoured and len(problem.place) > 1:
            continue  # what a payload holds is the matter of other clauses
        kind = "success" if honoured else "refusal"
        what = f"envelope of {name}'s {kind} at {problem.pointer or 'the top'}"
        yield Wrong("SURF-2", what, problem.message, told, exchange)
    if honoured:
        return
    shown = exchange.answer_text
    if shows_a_trace(shown):
        yield Wrong("SURF-8", f"refusal of {name}", "no stack trace", told, exchange)
    if exchange.redactor.leaked(shown):
        yield Wrong("SURF-9", f"refusal of {name}", "repeats no credential", told, exchange)


def _is_honoured(sent: SentCase) -> bool:
    """Whether the target says that it did what was asked, also for each part of it."""
    exchange = sent.exchange
    if not shapes.claims_success(exchange.answer, exchange.status):
        return False
    payload = exchange.answer.get("payload")
    if not isinstance(payload, Mapping):
        return True
    if payload.get("validation_errors"):
        return False
    listed = payload.get("status_list")
    return not isinstance(listed, list) or any(
        isinstance(one, Mapping) and not one.get("fail_reason") for one in listed
    )


# What no target can do without

_Need = tuple[str, Callable[[Any], bool]]


def _id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _list(value: Any) -> bool:
    return isinstance(value, list)


_SALE: Final[tuple[_Need, ...]] = (("transaction_id", _id), ("items", _list))
_NEEDS: Final[Mapping[str, tuple[_Need, ...]]] = {
    "create_customer": (("user", _object),),
    "create_offer": (("offer_type", _text),),
    "fetch_offer": (("offer_id", _text),),
    "issue_offer": (("user_id", _text), ("offer_id", _text)),
    "revoke_offer": (("user_offer_id", _text),),
    "get_user_offers": (("user_id", _text),),
    "user_offer_history": (("user_ids", _list),),
    "lookup": (("request_payload", _object),),
    "lock": (("request_payload", _object), ("request_payload.offer_lookup_code", _text)),
    "redeem": (("request_payload", _object), ("request_payload.offer_lookup_code", _text)),
    "unlock": (("request_payload", _object), ("request_payload.user_offer_id", _text)),
    "reinstate": (("request_payload", _object), ("request_payload.user_offer_id", _text)),
    "send_transaction": (("request_payload", _object), *((f"request_payload.{name}", good) for name, good in _SALE)),
}
_ONE_OF: Final[Mapping[str, tuple[str, ...]]] = {
    "search_customers": ("email", "external_id", "mobile_number"),
    "lookup": ("external_customer_id", "email", "phone", "user_id"),
}


def _lacking(sent: SentCase) -> str | None:
    """What a request surely needs and does not have, in words; None when nobody can say."""
    name, request = sent.operation, sent.request
    if request is NOT_JSON:
        return "the body is not JSON" if sent.surely_no_json else None
    if not isinstance(request, Mapping):
        return "the body is no object"
    if shapes.keeps_request(name, request):
        return None
    for path, good in (*_NEEDS.get(name, ()), *_baskets(name)):
        if not good(_at(request, path)):
            return f"{path} is missing or cannot be read"
    payload = request.get("request_payload", request)
    if name in _ONE_OF and not any(_id(payload.get(one)) for one in _ONE_OF[name]):
        return "no identifier"
    return None


def _baskets(name: str) -> tuple[_Need, ...]:
    if name not in ("lock", "redeem"):
        return ()
    sale = ((f"request_payload.transaction.{member}", good) for member, good in _SALE)
    return ("request_payload.transaction", _object), *sale


def _at(value: Any, path: str) -> Any:
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


# What every target can answer


def _can_be_answered(sent: SentCase, existing: ExistingObjects) -> bool:
    """Whether a request has its documented form, says nothing unusual, and reads something that exists."""
    name, request = sent.operation, sent.request
    if not isinstance(request, Mapping) or not shapes.keeps_request(name, request):
        return False
    if sent.exchange.method != "GET" and sent.exchange.raw.headers.get("Content-Type") != "application/json":
        return False
    read = _READS.get(name)
    return read is not None and set(request) <= {*read[1], *_FLAGS} and read[0](request, existing)


def _page(request: Mapping[str, Any]) -> bool:
    skip, take = request.get("skip", 0), request.get("take", 1)
    numbers = all(isinstance(one, int) and not isinstance(one, bool) for one in (skip, take))
    plain = request.get("rollback_option", 0) == 0 and request.get("culture") in _CULTURES
    return numbers and plain and 0 <= skip <= 100 and 1 <= take <= 10


def _is_ours(user_id: Any, existing: ExistingObjects) -> bool:
    return any(str(user_id).lower() == one.user_id.lower() for one in existing.customers)


def _found_by_one(request: Mapping[str, Any], existing: ExistingObjects) -> bool:
    known = {value for one in existing.customers for value in (one.email, one.external_id, one.phone) if value}
    asked = [request[one] for one in _ONE_OF["search_customers"] if one in request]
    return len(asked) == 1 and asked[0] in known


_FLAGS: Final = ("user[user_profile]", "expand_incentives", "show_identifiers")
_READS: Final[Mapping[str, tuple[Callable[[Mapping[str, Any], ExistingObjects], bool], tuple[str, ...]]]] = {
    "search_customers": (_found_by_one, _ONE_OF["search_customers"]),
    "get_customer": (lambda asked, existing: _is_ours(asked.get("user_id"), existing), ("user_id",)),
    "fetch_offer": (
        lambda asked, existing: (
            asked.get("culture") in _CULTURES and asked["offer_id"] in [one.offer_id for one in existing.offers]
        ),
        ("retailer_id", "offer_id", "culture"),
    ),
    "get_user_offers": (
        lambda asked, existing: _page(asked) and _is_ours(asked["user_id"], existing),
        ("retailer_id", "user_id", "skip", "take", "culture"),
    ),
    "user_offer_history": (
        lambda asked, existing: _page(asked) and all(_is_ours(one, existing) for one in asked["user_ids"]),
        ("retailer_id", "user_ids", "rollback_option", "skip", "take"),
    ),
}
"""How to tell that a read is one that every target answers, and the members it may have."""
