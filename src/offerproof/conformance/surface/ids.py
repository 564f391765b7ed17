"""Puts the run's own things into generated requests, so that they reach depth, are marked, and touch nobody else's.

Only well-formed values are replaced: what was generated wrong on purpose stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from offerproof.client import Api
from offerproof.client.bodies import encode
from offerproof.exchange import NOT_JSON, parse_json
from offerproof.provisioning import Customer, Offer, UserOffer

_GUID: Final = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\Z")
_IDENTIFIERS: Final = {
    "email": "email",
    "phone": "phone",
    "mobile_number": "phone",
    "external_id": "external_id",
    "external_customer_id": "external_id",
}


@dataclass(frozen=True)
class ExistingObjects:
    """What generated requests are about."""

    customers: Sequence[Customer]
    user_offers: Sequence[UserOffer]
    offers: Sequence[Offer]


_SEEN_MAX: Final = 50_000


class IdReplacer:
    """Replaces ids and identifiers; two of three well-formed ones name something that exists, the others nothing."""

    def __init__(self, api: Api, existing: ExistingObjects) -> None:
        self._api = api
        self._existing = existing
        self._count = 0
        self._seen: set[str] = set()
        self._given: dict[tuple[str, str], str] = {}

    def learn(self, answer: Any) -> None:
        """Take note of the ids of an answer: a link hands them on to the next request, and there they stay."""
        pending = [answer]
        while pending and len(self._seen) < _SEEN_MAX:
            value = pending.pop()
            if isinstance(value, dict | list):
                pending.extend(value.values() if isinstance(value, dict) else value)
            elif isinstance(value, str) and _GUID.match(value):
                self._seen.add(value.lower())

    def query(self, operation: str, query: Mapping[str, str]) -> dict[str, str]:
        """A query, or the values of a path."""
        asked = self._one_identifier(query) if operation == "search_customers" else query
        return {name: str(self._member(operation, name, value)) for name, value in asked.items()}

    def body(self, operation: str, body: bytes) -> tuple[bytes, Any]:
        """The bytes to send, and what they say; ``NOT_JSON`` when they are none."""
        value = parse_json(body)
        if value is NOT_JSON:
            return body, NOT_JSON
        asked = value
        if operation == "lookup" and isinstance(value, dict) and isinstance(value.get("request_payload"), dict):
            asked = value | {"request_payload": self._one_identifier(value["request_payload"])}
        replaced = self._value(operation, "", asked)
        return (body, value) if replaced == value else (encode(replaced), replaced)

    def _one_identifier(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """Of several identifiers one stays: a search takes one."""
        named = [name for name in asked if name in (*_IDENTIFIERS, "user_id") and asked[name] not in (None, "")]
        self._count += len(named) > 1
        kept = named[self._count % len(named)] if named else None
        return {name: value for name, value in asked.items() if name not in named or name == kept}

    def _value(self, operation: str, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._value(operation, key, inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._value(operation, name, inner) for inner in value]
        return self._member(operation, name, value)

    def _member(self, operation: str, name: str, value: Any) -> Any:
        ids, mint = self._api.profile.ids, self._api.minter
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return value
        match name:
            case "store_id" | "client_id" if isinstance(value, str):
                return ids.store if name == "store_id" else ids.client
            case "request_id":
                return mint.uuid("request")
            case "transaction_id" if isinstance(value, str):
                return self._given.setdefault((name, value), mint.uuid("transaction"))
            case "title" if isinstance(value, str):
                return f"{mint.word('offer')} {value}"[: max(len(value), 40)]
        if not isinstance(value, str):
            return value
        if name in _IDENTIFIERS:
            return self._identifier(operation, _IDENTIFIERS[name], value)
        return self._guid(name, value) if _GUID.match(value) and value.lower() not in self._seen else value

    def _identifier(self, operation: str, kind: str, value: str) -> str:
        """Of a customer that is made: a fresh one; else of a customer of ours, or as it was generated."""
        if operation == "create_customer":
            return self._given.setdefault((kind, value), self._fresh(kind))
        if (kind, value) in self._given:  # a link from the customer that was made with it
            return self._given[kind, value]
        known = [getattr(one, kind) for one in self._existing.customers if getattr(one, kind)]
        return self._chosen(known) or self._fresh(kind)

    def _fresh(self, kind: str) -> str:
        mint = self._api.minter
        match kind:
            case "email":
                return mint.email()
            case "phone":
                return mint.digits()
        return mint.word("customer")

    def _guid(self, name: str, value: str) -> str:
        existing = self._existing
        held = [one.user_offer_id for one in existing.user_offers]
        match name:
            case "retailer_id":
                return self._api.profile.ids.retailer
            case "user_id" | "user_ids":
                return self._chosen([one.user_id for one in existing.customers]) or self._api.fresh_id()
            case "offer_id":
                return self._chosen([one.offer_id for one in existing.offers if one.offer_id]) or self._api.fresh_id()
            case "user_offer_id" | "offer_lookup_code" | "reference_id":
                return self._chosen(held) or self._api.fresh_id()
        return value

    def _chosen(self, known: Sequence[str]) -> str | None:
        """Two of three times something that exists."""
        self._count += 1
        return known[self._count // 3 % len(known)] if known and self._count % 3 else None
