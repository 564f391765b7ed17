"""Dialects of an answer: everything in it that may vary and still be right, a named small function each."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from tests.dialects.proxy import Answer

DIALECTS: dict[str, Dialect] = {}

GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2})(?:[.]([0-9]{1,7}))?(Z?)")
OPEN_MAPS = {"profile_fields", "user_profile", "point_accounts", "validation_errors", "errors"}
"""Members whose keys mean something, so that a further key would say something."""
OWN_TEXTS = {"external_id", "custom_data", "title", "name", "display_name", "description", "terms", "message"}
OPTIONAL = {
    *("gender", "dob", "address", "address2", "city", "zip", "dma", "state", "country", "current_zip", "current_dma"),
    *("current_state", "current_country", "locale", "referrer_code", "verification_method", "profile_photo_url"),
    *("first_name", "last_name", "email", "phone", "external_id", "phone_numbers", "proxy_ids", "tier_resets_at"),
    *("next_tier_points", "tier_ends_value", "validation_errors"),
    *("tier_progress", "profile_fields", "image_url", "pos_discount_id", "discounted_line_id_quantities"),
    *("media_uri", "media_culture", "offer_media", "parent_offer_ids", "custom_data", "description", "terms"),
    *("acquisition_end_date", "end_date", "redemption_start_date", "redemption_end_date", "fail_reason"),
    *("user_point_account_id", "grouping_label", "UserPointAccountID", "GroupingLabel"),
}
"""Attributes that may be absent or null when they are empty."""


@dataclass(frozen=True)
class Dialect:
    """One way to be right: a layer of the proxy, what the profile says of it, and changes of the program file."""

    layer: Any = None
    """What the proxy does; None: nothing."""
    behaviour: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, str] = field(default_factory=dict)
    capabilities: Mapping[str, bool] = field(default_factory=dict)
    program: Mapping[str, str] = field(default_factory=dict)
    """``section.key`` to its value as TOML."""
    settle_ms: int = 0
    group: str = ""
    """Of two dialects with the same group one combination speaks only one."""
    silent: bool = False
    """Whether the profile says nothing of the questions that every source leaves open."""


def dialect(**options: Any) -> Callable[[Any], Any]:
    """Name a layer a dialect."""

    def named(layer: Any) -> Any:
        DIALECTS[layer.__name__] = Dialect(layer, **options)
        return layer

    return named


def rewrites(**options: Any) -> Callable[[Any], Any]:
    """Name a function a dialect: it gets the operation and the parsed answer, and changes it in place."""

    def named(change: Any) -> Any:
        def layer(forward: Any) -> Any:
            def answer(call: Any) -> Any:
                came = forward(call)
                document = came.document()
                if not isinstance(document, dict) or call.path.startswith("/_control"):
                    return came
                change(call.operation, document)
                return came.saying(document)

            return answer

        DIALECTS[change.__name__] = Dialect(layer, **options)
        return change

    return named


def is_success(document: Any) -> bool:
    return str(document.get("status")).lower() in ("ok", "success")


def each_object(value: Any, change: Callable[[dict[str, Any]], None]) -> None:
    """Call ``change`` with every object of an answer, maps whose keys have a meaning excepted."""
    for name, inner in list(value.items()) if isinstance(value, dict) else enumerate(value):
        if isinstance(inner, dict | list) and name not in OPEN_MAPS:
            each_object(inner, change)
    if isinstance(value, dict):
        change(value)


def each_value(value: Any, change: Callable[[str, Any], Any], name: str = "") -> Any:
    """The same value with every leaf replaced by what ``change`` returns for its member's name and itself."""
    if isinstance(value, dict):
        return {key: each_value(inner, change, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [each_value(inner, change, name) for inner in value]
    return change(name, value)


def in_place(document: dict[str, Any], changed: dict[str, Any]) -> None:
    document.clear()
    document.update(changed)


# How things are spelled


def _capitals(document: Any) -> None:
    def upper(name: str, value: Any) -> Any:
        known = isinstance(value, str) and GUID.fullmatch(value) and name not in OWN_TEXTS
        return value.upper() if known else value

    in_place(document, each_value(document, upper))

    def keys(one: dict[str, Any]) -> None:
        if isinstance(one.get("point_accounts"), dict):
            one["point_accounts"] = {key.upper(): name for key, name in one["point_accounts"].items()}

    each_object(document, keys)


@rewrites(group="guids")
def guids_in_capitals(operation: str, document: Any) -> None:
    _capitals(document)


@rewrites(group="guids")
def guids_of_the_till_in_capitals(operation: str, document: Any) -> None:
    if operation in ("lookup", "lock", "unlock", "redeem", "reinstate", "issue_offer"):
        _capitals(document)


def _respell_numbers(document: Any, tail: str) -> None:
    def respelled(name: str, value: Any) -> Any:
        whole = isinstance(value, Decimal) and value == value.to_integral_value() and value.as_tuple().exponent == 0
        return Decimal(f"{value}{tail}") if whole else value

    in_place(document, each_value(document, respelled))


@rewrites(group="numbers")
def numbers_with_one_decimal(operation: str, document: Any) -> None:
    _respell_numbers(document, ".0")


@rewrites(group="numbers")
def numbers_with_two_decimals(operation: str, document: Any) -> None:
    _respell_numbers(document, ".00")


@rewrites()
def keys_in_reverse_order(operation: str, document: Any) -> None:
    def reverse(one: dict[str, Any]) -> None:
        in_place(one, dict(reversed(list(one.items()))))

    each_object(document, reverse)


@rewrites()
def unknown_extra_keys(operation: str, document: Any) -> None:
    each_object(document, lambda one: one.update(x_extra={"note": [Decimal(1), None, "é"]}, stamp=""))


def _respell_times(document: Any, digits: Callable[[str], str]) -> None:
    def respelled(name: str, value: Any) -> Any:
        found = TIME.fullmatch(value) if isinstance(value, str) and name not in OWN_TEXTS else None
        if not found:
            return value
        fraction = digits(found[2] or "")
        return found[1] + ("." + fraction if fraction else "") + found[3]

    in_place(document, each_value(document, respelled))


@rewrites(group="times")
def times_of_whole_seconds(operation: str, document: Any) -> None:
    _respell_times(document, lambda fraction: "")


@rewrites(group="times")
def times_of_milliseconds(operation: str, document: Any) -> None:
    _respell_times(document, lambda fraction: fraction.ljust(3, "0")[:3])


@rewrites(group="times")
def times_of_seven_digits(operation: str, document: Any) -> None:
    _respell_times(document, lambda fraction: fraction.ljust(7, "0"))


@rewrites(group="times")
def times_without_trailing_zeros(operation: str, document: Any) -> None:
    _respell_times(document, lambda fraction: fraction.rstrip("0"))


# What is there


@rewrites(group="empty", behaviour=dict.fromkeys(("answers.members", "answers.values"), "unknown"))
def absent_optionals(operation: str, document: Any) -> None:
    def drop(one: dict[str, Any]) -> None:
        for name in OPTIONAL & set(one):
            if one[name] in (None, "", [], {}):
                del one[name]

    if is_success(document):
        each_object(document, drop)


@rewrites(group="empty")
def null_optionals(operation: str, document: Any) -> None:
    def empty(one: dict[str, Any]) -> None:
        for name in OPTIONAL & set(one):
            if one[name] in ("", [], {}):
                one[name] = None
        if "available_points" in one:
            one.update({name: one.get(name) for name in ("locale", "dob", "referrer_code", "tier_starts_value")})

    if is_success(document):
        each_object(document, empty)


@rewrites(
    behaviour=dict.fromkeys(
        ("user_offers_members.members", "answers.members", "answers.values", "create_offer.media"), "unknown"
    )
)
def bare_wallet_entries(operation: str, document: Any) -> None:
    if operation == "get_user_offers" and is_success(document):
        entries = document["payload"]["user_offers"]
        entries[:] = [{"user_offer_id": entry["user_offer_id"]} for entry in entries]


@rewrites(behaviour={"create_offer.media": "unknown"})
def pictures(operation: str, document: Any) -> None:
    def picture(one: dict[str, Any]) -> None:
        if "image_url" in one:
            one["image_url"] = "https://cdn.example.com/picture.png"

    each_object(document, picture)


@rewrites()
def empty_stack_traces(operation: str, document: Any) -> None:
    if not is_success(document):
        document["stack_trace"] = None
        if isinstance(document.get("errors"), dict):
            document["errors"].update(stack_trace="", stackTrace=None)


@rewrites(group="errors")
def errors_absent(operation: str, document: Any) -> None:
    if is_success(document):
        document.pop("errors", None)


@rewrites(group="errors")
def errors_null(operation: str, document: Any) -> None:
    if is_success(document):
        document["errors"] = None


@rewrites(group="errors")
def errors_empty(operation: str, document: Any) -> None:
    if is_success(document):
        document["errors"] = {}


@rewrites(group="errors")
def errors_empty_list(operation: str, document: Any) -> None:
    if is_success(document):
        document["errors"] = []


# Words and numbers of states


@rewrites(group="words")
def status_words_in_other_case(operation: str, document: Any) -> None:
    document["status"] = document["status"].swapcase()


@rewrites(group="words")
def other_success_words(operation: str, document: Any) -> None:
    other = {"ok": "success", "OK": "ok", "success": "OK"}
    document["status"] = other.get(document["status"], document["status"])


@rewrites()
def discount_status_in_other_case(operation: str, document: Any) -> None:
    def change(one: dict[str, Any]) -> None:
        if one.get("status") in ("LOCKED", "INFO"):
            one["status"] = one["status"].capitalize()

    each_object(document, change)


@rewrites()
def other_numbers_of_states(operation: str, document: Any) -> None:
    def change(one: dict[str, Any]) -> None:
        if "status_description" in one and one["status"] != 1:
            one["status"] = Decimal(90) - one["status"]

    each_object(document, change)


@rewrites()
def descriptions_of_states_in_capitals(operation: str, document: Any) -> None:
    def change(one: dict[str, Any]) -> None:
        if "status_description" in one:
            one["status_description"] = one["status_description"].upper()

    each_object(document, change)


# HTTP

OTHER_STATUS = {"refusals.answers": "unknown"}


def _other_status(forward: Any, choose: Callable[[int, Any], int]) -> Any:
    def answer(call: Any) -> Any:
        came = forward(call)
        if came.status < 400 or came.status == 401 or call.path.startswith("/_control"):
            return came
        return replace(came, status=choose(came.status, call))

    return answer


@dialect(group="http", behaviour=OTHER_STATUS)
def http_200_with_error(forward: Any) -> Any:
    return _other_status(forward, lambda status, call: 200)


@dialect(group="http", behaviour=OTHER_STATUS)
def http_422_for_every_refusal(forward: Any) -> Any:
    return _other_status(forward, lambda status, call: 422)


@dialect(group="http", behaviour=OTHER_STATUS)
def other_4xx_for_every_refusal(forward: Any) -> Any:
    other = {400: 422, 404: 400, 405: 404, 409: 403, 413: 400, 415: 400, 422: 409}
    return _other_status(forward, lambda status, call: other.get(status, 400))


@dialect(group="http", behaviour=OTHER_STATUS)
def any_4xx_or_200_for_a_refusal(forward: Any) -> Any:
    codes = (200, 400, 402, 403, 404, 406, 409, 410, 412, 422)

    def choose(status: int, call: Any) -> int:
        return codes[hashlib.sha256(call.body + call.path.encode()).digest()[0] % len(codes)]

    return _other_status(forward, choose)


@dialect()
def turned_away_now_and_then(forward: Any) -> Any:
    """Too many requests, says every fortieth answer; come again at once."""
    asked = itertools.count(1)

    def answer(call: Any) -> Any:
        if call.path.startswith("/_control") or next(asked) % 40:
            return forward(call)
        busy = b'{"status": "error", "errors": {"code": "busy", "message": "busy", "type": "busy"}}'
        return Answer(429, busy, (("Content-Type", "application/json"), ("Retry-After", "0")))

    return answer


@dialect()
def extra_headers(forward: Any) -> Any:
    def answer(call: Any) -> Any:
        came = forward(call)
        more = (("X-Request-Id", "r-1"), ("Set-Cookie", "session=none; Path=/"), ("Cache-Control", "no-store"))
        return replace(came, headers=(*came.headers, *more, ("Vary", "Accept"), ("X-RateLimit-Remaining", "17")))

    return answer
