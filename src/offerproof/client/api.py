"""One method for each call of the API. Each returns an ``Exchange`` and has no opinion about the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from offerproof.client import bodies
from offerproof.client.minter import Minter
from offerproof.client.wire import Draft, Wire, fill
from offerproof.contract import OPERATIONS
from offerproof.exchange import Exchange
from offerproof.target import Profile

_FLAGS: Final = {
    "user_profile": "user[user_profile]",
    "expand_incentives": "expand_incentives",
    "show_identifiers": "show_identifiers",
}


class Api:
    """The API of one target. ``now`` gives the instant that documented bodies carry (the target's, where it is set)."""

    LEFT_OUT: Final = bodies.LEFT_OUT

    def __init__(self, wire: Wire, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.wire = wire
        self.now = now

    @property
    def profile(self) -> Profile:
        return self.wire.profile

    @property
    def minter(self) -> Minter:
        return self.wire.minter

    # Core

    def search_customers(
        self,
        *,
        email: str | None = None,
        external_id: str | None = None,
        mobile_number: str | None = None,
        user_profile: bool = False,
        expand_incentives: bool = False,
        show_identifiers: bool = False,
    ) -> Exchange:
        """Search a customer by an identifier; the flags add members to the answer (Core Loyalty Data, Step 1)."""
        query = {"email": email, "external_id": external_id, "mobile_number": mobile_number}
        flags = _flags(user_profile, expand_incentives, show_identifiers)
        return self.send("search_customers", query={name: value for name, value in query.items() if value} | flags)

    def get_customer(
        self,
        user_id: str,
        *,
        user_profile: bool = False,
        expand_incentives: bool = False,
        show_identifiers: bool = False,
    ) -> Exchange:
        """Fetch a customer by the target's own id."""
        flags = _flags(user_profile, expand_incentives, show_identifiers)
        return self.send("get_customer", query=flags, path_values={"user_id": user_id})

    def get_customer_by_external_id(
        self,
        external_id: str,
        *,
        user_profile: bool = False,
        expand_incentives: bool = False,
        show_identifiers: bool = False,
    ) -> Exchange:
        """Fetch a customer by the retailer's id."""
        flags = _flags(user_profile, expand_incentives, show_identifiers)
        return self.send("get_customer_by_external_id", query=flags, path_values={"external_id": external_id})

    def create_customer(self, user: Mapping[str, Any]) -> Exchange:
        """Create a customer from the members of ``user``."""
        return self.send("create_customer", {"user": dict(user)})

    # Offers

    def create_offer(self, body: Mapping[str, Any]) -> Exchange:
        """Create an offer; ``api.offer(kind)`` builds a documented body (Offer Management, Step 1)."""
        return self.send("create_offer", body)

    def fetch_offer(self, offer_id: str, *, culture: str | None = "en-us") -> Exchange:
        """Fetch an offer's details (Offer Management, Step 2)."""
        return self.send("fetch_offer", self._flat(offer_id=offer_id, culture=culture))

    def issue_offer(self, user_id: str, offer_id: str, *, quantity: int = 1, **changes: Any) -> Exchange:
        """Issue an offer to a customer."""
        body = self._flat(user_id=user_id, offer_id=offer_id, quantity=quantity, issue_exact_version=False)
        return self.send("issue_offer", body | changes)

    def revoke_offer(self, user_offer_id: str, *, reason: str | None = "test") -> Exchange:
        """Take a user offer back."""
        return self.send("revoke_offer", self._flat(user_offer_id=user_offer_id, reason=reason))

    def get_user_offers(
        self,
        user_id: str,
        *,
        skip: int | None = 0,
        take: int | None = 100,
        culture: str | None = "en-us",
        include_pending_extended_data: bool | None = None,
    ) -> Exchange:
        """List the issued user offers of a customer."""
        body = self._flat(user_id=user_id, skip=skip, take=take, culture=culture)
        if include_pending_extended_data is not None:
            body["include_pending_extended_data"] = include_pending_extended_data
        return self.send("get_user_offers", body)

    def user_offer_history(
        self, user_ids: Sequence[str], *, skip: int | None = 0, take: int | None = 100, rollback_option: int | None = 0
    ) -> Exchange:
        """List every offer issued, revoked, redeemed or expired for the users (Offer Management, Step 4)."""
        body = self._flat(user_ids=list(user_ids), rollback_option=rollback_option, skip=skip, take=take)
        return self.send("user_offer_history", body)

    # CloudPOS

    def lookup(
        self,
        *,
        external_customer_id: str | None = None,
        email: str | None = None,
        phone: str | None = None,
        user_id: str | None = None,
        transaction: Mapping[str, Any] | None = None,
        request_id: str | None = None,
        culture: str | None = None,
    ) -> Exchange:
        """Look a customer's wallet up; with a transaction, the discounts of its eligible offers."""
        wanted = {
            "external_customer_id": external_customer_id,
            "email": email,
            "phone": phone,
            "user_id": user_id,
            "transaction": transaction,
        }
        payload = {name: value for name, value in wanted.items() if value is not None}
        return self._till("lookup", payload, request_id, culture)

    def lock(
        self,
        code: str,
        transaction: Mapping[str, Any],
        *,
        lookup_type: str = "userofferid",
        method: str | None = None,
        request_id: str | None = None,
        culture: str | None = None,
    ) -> Exchange:
        """Lock a user offer for a transaction (Offer Management, Step 5); ``method``: POST or PATCH."""
        payload = {"offer_lookup_code": code, "offer_lookup_type": lookup_type, "transaction": transaction}
        return self._till("lock", payload, request_id, culture, method)

    def redeem(
        self,
        code: str,
        transaction: Mapping[str, Any],
        *,
        lookup_type: str = "userofferid",
        request_id: str | None = None,
        culture: str | None = None,
    ) -> Exchange:
        """Redeem a user offer at once."""
        payload = {"offer_lookup_code": code, "offer_lookup_type": lookup_type, "transaction": transaction}
        return self._till("redeem", payload, request_id, culture)

    def unlock(self, user_offer_id: str, *, request_id: str | None = None, culture: str | None = None) -> Exchange:
        """Put a locked user offer back into the wallet."""
        return self._till("unlock", self._clerk(user_offer_id), request_id, culture)

    def reinstate(self, user_offer_id: str, *, request_id: str | None = None, culture: str | None = None) -> Exchange:
        """Undo a redemption."""
        return self._till("reinstate", self._clerk(user_offer_id), request_id, culture)

    def send_transaction(
        self, transaction: Mapping[str, Any], *, request_id: str | None = None, culture: str | None = None
    ) -> Exchange:
        """Send a transaction; a closed one redeems the locked offers among its discounts (Step 6)."""
        return self._till("send_transaction", transaction, request_id, culture)

    # Anything else, for refusals

    def send(
        self,
        operation: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        credentials: str = "own",
        headers: Mapping[str, str] | None = None,
        path_values: Mapping[str, Any] | None = None,
        method: str | None = None,
    ) -> Exchange:
        """Send any JSON value as the body of a known operation (of a GET: a mapping, as its query).

        ``credentials``: own, none, wrong, or the name of another service. The answer is judged against the operation's
        schema whatever the body was: a documented call answers in its documented envelope.
        """
        return self.wire.send(
            lambda: self._draft(operation, body, query or {}, credentials, headers or {}, path_values or {}, method)
        )

    def raw(
        self,
        service: str,
        method: str,
        path: str,
        *,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        credentials: str = "own",
    ) -> Exchange:
        """Send any bytes to any path of a service (``{api_key}`` in it is filled); judged against no schema."""
        filled = fill(path, self.wire.api_key, {})
        draft = Draft("raw", service, method, filled, {}, headers or {}, body, credentials, False)
        return self.wire.send(lambda: draft)

    # Bodies

    def transaction(
        self,
        *,
        items: Sequence[Mapping[str, Any]] | None = None,
        discounts: Sequence[Mapping[str, Any]] = (),
        user_id: str | None = None,
        **changes: Any,
    ) -> dict[str, Any]:
        """A documented basket with fresh ids (two items, 10.00 and 1.00, unless given); ``changes`` replace members."""
        mint = self.minter.uuid
        return bodies.transaction(
            mint("transaction"),
            mint("payment"),
            self.now(),
            basket=bodies.items("10.00", "1.00") if items is None else items,
            user_id=user_id,
            discounts=discounts,
            changes=changes,
        )

    def items(self, *prices: str) -> list[dict[str, Any]]:
        """Basket lines, one unit each, at these prices (``"10.00"``)."""
        return bodies.items(*prices)

    def moment(self, instant: datetime) -> str:
        """An instant as CloudPOS writes it."""
        return bodies.moment(instant)

    def offer(
        self, kind: str = "fixed_amount_check_discount", *, title: str | None = None, **changes: Any
    ) -> dict[str, Any]:
        """A documented, published offer with a fresh title; ``changes`` replace or (configs) merge members."""
        asked = {key: self.profile.behaviour(f"discount_config.{key}_key") for key in ("amount", "percent")}
        keys = {key: spelled for key, spelled in asked.items() if spelled}
        title = title or self.minter.word("offer")
        return bodies.offer(kind, title, self.now(), self.profile.ids.retailer, changes, keys)

    def new_customer(self, phone: str | None = None, **changes: Any) -> dict[str, Any]:
        """A customer nobody has, with all there is to give: which members a target requires is open."""
        email, external_id, phone = self.fresh_email(), self.fresh_id(), phone or self.fresh_phone()
        as_list = self.profile.behaviour("create_customer.phone_member") == "phone_numbers"
        number: dict[str, Any] = {"phone_numbers": [{"phone_number": phone}]} if as_list else {"mobile_number": phone}
        named = {"external_id": external_id, "email": email, "first_name": "First", "last_name": "Last"}
        return named | number | {"opted_in": True} | changes

    def container(self, payload: Any, **changes: Any) -> dict[str, Any]:
        """The CloudPOS container around a payload, with a fresh request_id."""
        ids = self.profile.ids
        body = {
            "store_id": ids.store,
            "client_id": ids.client,
            "request_id": self.minter.uuid("request"),
            "request_payload": payload,
        }
        return body | changes

    def example(self, operation: str) -> dict[str, Any]:
        """A documented body (of a GET: query) of an operation that names only things that do not exist."""
        fresh = self.fresh_id
        match operation:
            case "search_customers" | "get_customer" | "get_customer_by_external_id":
                return {"email": self.fresh_email()} if operation == "search_customers" else {}
            case "create_customer":
                return {"user": {"email": self.fresh_email()}}
            case "create_offer":
                return self.offer()
            case "fetch_offer":
                return self._flat(offer_id=fresh(), culture="en-us")
            case "issue_offer":
                return self._flat(user_id=fresh(), offer_id=fresh(), quantity=1)
            case "revoke_offer":
                return self._flat(user_offer_id=fresh(), reason="test")
            case "get_user_offers":
                return self._flat(user_id=fresh(), skip=0, take=1)
            case "user_offer_history":
                return self._flat(user_ids=[fresh()], rollback_option=0, skip=0, take=1)
            case "lookup":
                return self.container({"user_id": fresh()})
            case "lock" | "redeem":
                payload = {"offer_lookup_code": fresh(), "offer_lookup_type": "userofferid"}
                return self.container(payload | {"transaction": self.transaction()})
            case "unlock" | "reinstate":
                return self.container(self._clerk(fresh()))
            case "send_transaction":
                return self.container(self.transaction())
        raise ValueError(f"there is no operation {operation!r}")

    def fresh_id(self) -> str:
        """A UUID that was never used before."""
        return self.minter.uuid("id")

    def fresh_email(self) -> str:
        """An e-mail address that was never used before."""
        return self.minter.email()

    def fresh_phone(self) -> str:
        """Ten digits that were never used before."""
        return self.minter.digits()

    # Within

    def _draft(
        self,
        operation: str,
        body: Any,
        query: Mapping[str, str],
        credentials: str,
        headers: Mapping[str, str],
        path_values: Mapping[str, Any],
        method: str | None,
    ) -> Draft:
        known_method, path = self.profile.request_line(operation)
        chosen = method or known_method
        if chosen == "GET" and body is not None:
            query, body = {**body, **query}, None
        open_ids = (name for name in ("user_id", "external_id") if "{" + name + "}" in path and name not in path_values)
        values = {name: self.fresh_id() for name in open_ids} | dict(path_values)
        return Draft(
            operation=operation,
            service=OPERATIONS[operation].service,
            method=chosen,
            path=fill(path, self.wire.api_key, values),
            query=query,
            headers=headers,
            body=b"" if body is None else bodies.encode(body),
            credentials=credentials,
            documented=True,
            wrong_key="api_key" in path_values,
        )

    def _till(
        self, operation: str, payload: Any, request_id: str | None, culture: str | None, method: str | None = None
    ) -> Exchange:
        def draft() -> Draft:  # built anew for each attempt: a request_id is never used twice unless it was given
            body = self.container(payload)
            if request_id is not None:
                body["request_id"] = request_id
            if culture is not None:
                body["culture"] = culture
            return self._draft(operation, body, {}, "own", {}, {}, method)

        return self.wire.send(draft)

    def _flat(self, **members: Any) -> dict[str, Any]:
        body = {"retailer_id": self.profile.ids.retailer, **members}
        return {name: value for name, value in body.items() if value is not None}

    def _clerk(self, user_offer_id: str) -> dict[str, Any]:
        return {"user_offer_id": user_offer_id, "employee_id": self.profile.ids.employee}


def _flags(user_profile: bool, expand_incentives: bool, show_identifiers: bool) -> dict[str, str]:
    wanted = {
        "user_profile": user_profile,
        "expand_incentives": expand_incentives,
        "show_identifiers": show_identifiers,
    }
    return {_FLAGS[name]: "true" for name, value in wanted.items() if value}
