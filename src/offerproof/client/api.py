"""One method for each call of the API. Each returns an ``Exchange`` and has no opinion about the answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from offerproof.client.bodies import encode
from offerproof.client.documented import Bodies
from offerproof.client.wire import Draft, Wire, fill
from offerproof.contract import OPERATIONS, utc_now
from offerproof.exchange import Exchange

_FLAGS: Final = {
    "user_profile": "user[user_profile]",
    "expand_incentives": "expand_incentives",
    "show_identifiers": "show_identifiers",
}


class Api(Bodies):
    """The API of one target. ``now`` gives the instant that documented bodies carry (the target's, where it is set)."""

    def __init__(self, wire: Wire, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(wire.profile, wire.minter, now)
        self.wire = wire

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
        return self.send("fetch_offer", self.flat(offer_id=offer_id, culture=culture))

    def issue_offer(self, user_id: str, offer_id: str, *, quantity: int = 1, **changes: Any) -> Exchange:
        """Issue an offer to a customer."""
        body = self.flat(user_id=user_id, offer_id=offer_id, quantity=quantity, issue_exact_version=False)
        return self.send("issue_offer", body | changes)

    def revoke_offer(self, user_offer_id: str, *, reason: str | None = "test") -> Exchange:
        """Take a user offer back."""
        return self.send("revoke_offer", self.flat(user_offer_id=user_offer_id, reason=reason))

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
        more = {"include_pending_extended_data": include_pending_extended_data}
        return self.send("get_user_offers", self.flat(user_id=user_id, skip=skip, take=take, culture=culture, **more))

    def user_offer_history(
        self, user_ids: Sequence[str], *, skip: int | None = 0, take: int | None = 100, rollback_option: int | None = 0
    ) -> Exchange:
        """List every offer issued, revoked, redeemed or expired for the users (Offer Management, Step 4)."""
        body = self.flat(user_ids=list(user_ids), rollback_option=rollback_option, skip=skip, take=take)
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
        return self._till("unlock", self._by_employee(user_offer_id), request_id, culture)

    def reinstate(self, user_offer_id: str, *, request_id: str | None = None, culture: str | None = None) -> Exchange:
        """Undo a redemption."""
        return self._till("reinstate", self._by_employee(user_offer_id), request_id, culture)

    def send_transaction(
        self, transaction: Mapping[str, Any], *, request_id: str | None = None, culture: str | None = None
    ) -> Exchange:
        """Send a transaction; a closed one redeems the locked offers among its discounts (Step 6)."""
        return self._till("send_transaction", transaction, request_id, culture)

    # Any operation

    def call(self, operation: str, members: Mapping[str, Any]) -> Exchange:
        """Send an operation's documented request around these members: flat, a user, or a container's payload."""
        match OPERATIONS[operation].service:
            case "cloudpos":
                return self._till(operation, members, None, None)
            case "offers":
                return self.send(operation, {"retailer_id": self.profile.ids.retailer, **members})
            case _:
                return self.send(operation, {"user": dict(members)})

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

    def draft(self, operation: str, body: Any = None, *, credentials: str = "own") -> Draft:
        """The request that ``send`` would send."""
        return self._draft(operation, body, {}, credentials, {}, {}, None)

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
        path = fill(path, self.wire.api_key, {})
        return self.wire.send(lambda: Draft("raw", service, method, path, {}, headers or {}, body, credentials, False))

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
            body=b"" if body is None else encode(body),
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


def _flags(user_profile: bool, expand_incentives: bool, show_identifiers: bool) -> dict[str, str]:
    wanted = {
        "user_profile": user_profile,
        "expand_incentives": expand_incentives,
        "show_identifiers": show_identifiers,
    }
    return {_FLAGS[name]: "true" for name, value in wanted.items() if value}
