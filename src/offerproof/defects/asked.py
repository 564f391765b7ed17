"""One request as a wire rewrite sees it, before any server, by the documented API alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.bodies import NotJson
from offerproof.simulator.routes import FAST, OPERATIONS, ApiCall, find
from offerproof.simulator.values import Malformed

Document = dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One request as bytes; ``headers``: names in lower case."""

    method: bytes
    target: bytes
    headers: Mapping[bytes, bytes]
    body: bytes = b""
    service: Service | None = None
    """Whose it is, of a request that a rewrite makes; None: whoever was asked."""


_EXACTLY = json.JSONDecoder(parse_float=Decimal)  # made once: json.loads would make one for every body


def read(body: bytes) -> Any:
    """Return a body as JSON, numbers exactly; None when it is none."""
    try:
        return _EXACTLY.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
    except (ValueError, RecursionError, InvalidOperation):
        return None


def table(value: Any) -> Document:
    """Return a value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[Document]:
    """Return the objects of a list; none of what is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def done(answer: Answer) -> bool:
    """Whether an answer says that what was asked for has been done."""
    return answer.status == 200 and str(table(read(answer.body)).get("status")).lower() in ("ok", "success")


def closed(version: Document) -> bool:
    """Whether a version of a transaction is closed."""
    return str(version.get("is_closed")).lower() == "true"


def pair_of(header: bytes) -> tuple[str, str] | None:
    """Return key and secret of an Authorization header; None when it is no Basic pair."""
    scheme, _, token = header.partition(b" ")
    try:
        key, colon, secret = base64.b64decode(token, validate=True).decode().partition(":")
    except ValueError:
        return None
    return (key, secret) if scheme == b"Basic" and colon else None


class AskedFor:
    """What a request asks for. Nothing here raises, however odd a request is: what is not there is empty."""

    def __init__(self, message: Message, only: Service | None) -> None:
        self.message = message
        self._match = FAST[only].get(message.target) or find(message.target, only)

    @cached_property
    def _called(self) -> ApiCall | None:
        found = self._match.methods.get(self.message.method) if self._match is not None else None
        if found is not None and self._match is not None and self._match.either and "request_payload" in self.document:
            return OPERATIONS["lookup"]
        return found

    @property
    def operation(self) -> str:
        """The operation's id; empty when there is no such call."""
        return self._called.name if self._called is not None else ""

    @property
    def service(self) -> Service | None:
        """Whose call it is, as far as the path tells."""
        return self._called.service if self._called is not None else self._match.service if self._match else None

    @cached_property
    def document(self) -> Document:
        """The body as JSON object; empty when it is none."""
        return table(read(self.message.body))

    @property
    def payload(self) -> Document:
        """What a CloudPOS container holds; empty without one."""
        return table(self.document.get("request_payload"))

    @property
    def transaction(self) -> Document:
        """The basket of Lookup, Lock, redeem and send_transaction; empty without one."""
        return self.payload if self.operation == "send_transaction" else table(self.payload.get("transaction"))

    @property
    def closes(self) -> bool:
        """Whether a transaction that is sent is closed."""
        return closed(self.payload)

    @property
    def voids(self) -> bool:
        """Whether a transaction is sent to be voided."""
        return str(self.payload.get("is_voided")).lower() == "true"

    @property
    def named(self) -> list[str]:
        """The user offers that a transaction hands back."""
        return [str(one.get("reference_id")).lower() for one in objects(self.transaction.get("discounts"))]

    @property
    def items(self) -> list[Document]:
        """The lines of the basket."""
        return objects(self.transaction.get("items"))

    @property
    def transaction_id(self) -> str:
        """The basket's own id; empty without a basket."""
        return str(self.transaction.get("transaction_id", ""))

    @property
    def code(self) -> str:
        """The user offer that Lock, unlock, redeem, reinstate or revoke is about, in lower case."""
        found = self.payload.get("offer_lookup_code") or self.payload.get("user_offer_id")
        return str(found or self.document.get("user_offer_id") or "").lower()

    @property
    def header(self) -> bytes:
        """The Authorization header."""
        return self.message.headers.get(b"authorization", b"")

    @property
    def subject(self) -> str:
        """Who stands in the path of a call of Core."""
        return self._match.subject if self._match is not None else ""

    @cached_property
    def query(self) -> dict[str, str]:
        """The query string's members, as they are spelled last."""
        text = self.message.target.partition(b"?")[2].decode("latin-1")
        return dict(parse_qsl(text, keep_blank_values=True))

    @cached_property
    def problem(self) -> NotJson | Malformed | None:
        """What keeps the body from being a request of this call; None when it is one."""
        if self._called is None or self._called.decode is None:
            return None
        try:
            self._called.decode(self.message.body)
        except (NotJson, Malformed) as problem:
            return problem
        return None

    def flag(self, name: str) -> bool:
        """Whether the query asks for something."""
        return self.query.get(name, "").lower() == "true"
