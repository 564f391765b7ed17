"""Documented bodies as one target wants them: its ids, its spelling, values that were never used before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from offerproof.client import bodies
from offerproof.client.minter import Minter
from offerproof.target import Profile


class Bodies:
    """Documented bodies for one target, with fresh ids. ``now`` gives the instant that they carry."""

    LEFT_OUT: Final = bodies.LEFT_OUT

    def __init__(self, profile: Profile, minter: Minter, now: Callable[[], datetime]) -> None:
        self.profile = profile
        self.minter = minter
        self.now = now

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
        named = {"external_id": external_id, "email": email, "first_name": "First", "last_name": "Last"}
        return named | self.number(phone) | {"opted_in": True} | changes

    def number(self, phone: str) -> dict[str, Any]:
        """The member that gives a customer a phone number, as this target wants it."""
        as_list = self.profile.behaviour("create_customer.phone_member") == "phone_numbers"
        return {"phone_numbers": [{"phone_number": phone}]} if as_list else {"mobile_number": phone}

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
                return self.flat(offer_id=fresh(), culture="en-us")
            case "issue_offer":
                return self.flat(user_id=fresh(), offer_id=fresh(), quantity=1)
            case "revoke_offer":
                return self.flat(user_offer_id=fresh(), reason="test")
            case "get_user_offers":
                return self.flat(user_id=fresh(), skip=0, take=1)
            case "user_offer_history":
                return self.flat(user_ids=[fresh()], rollback_option=0, skip=0, take=1)
            case "lookup":
                return self.container({"user_id": fresh()})
            case "lock" | "redeem":
                payload = {"offer_lookup_code": fresh(), "offer_lookup_type": "userofferid"}
                return self.container(payload | {"transaction": self.transaction()})
            case "unlock" | "reinstate":
                return self.container(self._by_employee(fresh()))
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

    def flat(self, **members: Any) -> dict[str, Any]:
        """The body of the offers service around these members; those that are None are left out."""
        body = {"retailer_id": self.profile.ids.retailer, **members}
        return {name: value for name, value in body.items() if value is not None}

    def _by_employee(self, user_offer_id: str) -> dict[str, Any]:
        return {"user_offer_id": user_offer_id, "employee_id": self.profile.ids.employee}
