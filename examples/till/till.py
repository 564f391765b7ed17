"""A small till, as an example: what a client of the loyalty-offer API owes it, in the order in which a sale needs it.

Beside Python it needs ``requests``. ``Till`` is the till; ``play`` is how it lives through the situations of

    offerproof till --script examples/till/session.json
"""

from __future__ import annotations

import os
import sys
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests

TRIES = 6
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Refused(Exception):
    """The service says no. It was decided: the same request is not sent again."""


class NoDecision(Exception):
    """Nobody knows whether it was done, and asking again did not help."""


class Till:
    """One till. ``settings`` are the variables that ``offerproof till`` sets (TILL_…)."""

    def __init__(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self.timeout_s = float(settings["TILL_TIMEOUT_S"])
        self.first_pause_s = FIRST_PAUSE_S
        self.session = requests.Session()
        self.owed: list[tuple[dict[str, Any], str]] = []  # sales that were not taken yet, with their request_id

    # -- requests

    def credentials(self, service: str) -> tuple[str, str]:
        """Each service has a pair of its own."""
        return self.settings[f"TILL_{service}_KEY"], self.settings[f"TILL_{service}_SECRET"]

    def new_id(self) -> str:
        """An id that nobody has used and nobody will use."""
        return str(uuid.uuid4())

    def search(self, **criteria: str) -> dict[str, Any] | None:
        """Search a customer. ``params`` are percent-encoded: a plus sign in an e-mail address stays one."""
        url = f"{self.settings['TILL_CORE_URL']}/priv/v1/apps/{self.settings['TILL_API_KEY']}/users/search"
        told = self.session.get(url, params=criteria, auth=self.credentials("CORE"), timeout=self.timeout_s)
        return told.json().get("user") if told.status_code == 200 else None

    def container(self, call: str, request_id: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Every call of CloudPOS says from where it comes."""
        ids = {"store_id": self.settings["TILL_STORE_ID"], "client_id": self.settings["TILL_CLIENT_ID"]}
        return {**ids, "request_id": request_id, "request_payload": payload}

    def ask(self, call: str, payload: dict[str, Any], request_id: str | None = None) -> Any:
        """Send a request of CloudPOS, and repeat *the same one* while nobody knows what came of it.

        No answer, a server error, "later" (429, 503) and "pending" leave it open: the same request_id and body again,
        not before Retry-After, with pauses that grow. All else is decided.
        """
        request_id = request_id or self.new_id()
        for attempt in range(TRIES):
            answer, wait = self.send(call, self.container(call, request_id, payload))
            if answer is not None:
                return answer
            if attempt < TRIES - 1:
                time.sleep(max(wait, min(self.first_pause_s * 2**attempt, LONGEST_PAUSE_S)))
                request_id = self.repeated(call, request_id)
        raise NoDecision(call)

    def repeated(self, call: str, request_id: str) -> str:
        """The request_id of a repeat: the one it had."""
        return request_id

    def send(self, call: str, body: dict[str, Any]) -> tuple[Any, float]:
        """Send once. Returns the payload; or None and how long to wait at least, if it is open; raises Refused."""
        url = f"{self.settings['TILL_CLOUDPOS_URL']}/api/2.0/{call}"
        try:
            told = self.session.post(
                url, json=body, auth=self.credentials("CLOUDPOS"), timeout=self.timeout_s, allow_redirects=False
            )
            answer = told.json()
        except (requests.RequestException, ValueError):
            return None, 0.0
        if told.status_code in (408, 429) or told.status_code >= 500 or "pending" in str(answer.get("errors")):
            after = told.headers.get("Retry-After", "")
            return None, float(after) if after.isdigit() else 0.0
        if str(answer.get("status")).lower() not in ("ok", "success") or answer.get("errors"):
            raise Refused(str(answer.get("errors")))
        return answer.get("payload") or {}, 0.0

    # -- what a cashier does

    def wallet(self, **criterion: str) -> list[dict[str, Any]]:
        """Look a customer up and read the offers that are free. A phone number is sent as digits."""
        if "phone" in criterion:
            criterion["phone"] = self.digits(criterion["phone"])
        found = self.ask("Lookup", dict(criterion))
        return [offer for customer in found for offer in customer["offers"] if offer["status"] == "INFO"]

    def digits(self, phone: str) -> str:
        """A phone number as it is sent."""
        return "".join(sign for sign in phone if sign.isdigit())

    def begin(self, payer: str, *prices: str) -> dict[str, Any]:
        """Begin a sale. Its transaction_id is for ever the id of this sale."""
        sale: dict[str, Any] = {
            "transaction_id": self.new_id(),
            "is_closed": False,
            "pos_employee_id": self.settings["TILL_EMPLOYEE_ID"],
            "channel": "STORE",
            "open_time": now(),
            "modified_time": now(),
            "tax_total": "0.00",
            "items": [],
            "payments": [{"payment_id": self.new_id(), "type": "CREDIT", "payment_time": now(), **self.payer(payer)}],
            "discounts": [],
        }
        for price in prices:
            self.add(sale, price)
        return sale

    def payer(self, user_id: str) -> dict[str, str]:
        """Who pays, and which kind of id that is."""
        return {"user_id": user_id, "user_id_type": "SessionM_ID"}

    def add(self, sale: dict[str, Any], price: str) -> None:
        """Put an item into the basket. Amounts are decimals, written as text."""
        number = str(len(sale["items"]) + 1)
        line = {"line_id": number, "item_id": f"item-{number}", "quantity": 1, "unit_price": price, "subtotal": price}
        sale["items"].append(line)
        self.total(sale)

    def total(self, sale: dict[str, Any]) -> None:
        """What is to be paid: the items less what Lock took off. The first payment pays what the others do not."""
        whole = sum((Decimal(line["subtotal"]) for line in sale["items"]), Decimal("0.00"))
        off = sum((Decimal(str(one["amount"])) for one in sale["discounts"]), Decimal("0.00"))
        others = sum((Decimal(one["amount"]) for one in sale["payments"][1:]), Decimal("0.00"))
        sale["subtotal"] = str(whole)
        sale["payments"][0]["amount"] = str(whole - off - others)

    def lock(self, sale: dict[str, Any], offer: dict[str, Any]) -> bool:
        """Lock an offer for this very basket, right before the payment. Only what Lock answers comes off the bill."""
        code = {"offer_lookup_code": offer["reference_id"], "offer_lookup_type": "userofferid"}
        basket = {**sale, "discounts": []}
        try:
            sale["discounts"] = [self.ask("Lock", {**code, "transaction": basket})]
        except Refused:
            sale["discounts"] = []  # the customer pays the price without it
        except NoDecision:
            sale["discounts"] = []
            self.unlock(offer)  # perhaps it is locked
        self.total(sale)
        return bool(sale["discounts"])

    def change(self, sale: dict[str, Any], offer: dict[str, Any], price: str) -> None:
        """Add an item after the lock: lock again, for the new basket, under the same transaction_id."""
        self.add(sale, price)
        self.lock(sale, offer)

    def unlock(self, offer: dict[str, Any]) -> None:
        """Give an offer back that is not used after all."""
        self.ask("unlock", {"user_offer_id": offer["reference_id"], "employee_id": self.settings["TILL_EMPLOYEE_ID"]})

    def cancel(self, sale: dict[str, Any], offer: dict[str, Any]) -> None:
        """Cancel a sale: what was locked for it is free again."""
        if sale["discounts"]:
            self.unlock(offer)

    def close(self, sale: dict[str, Any]) -> None:
        """Send a sale as finished, with the discount as Lock answered it. One that is not taken is owed."""
        sale.update(is_closed=True, modified_time=later(sale["modified_time"]))
        self.deliver(sale, self.new_id())

    def deliver(self, sale: dict[str, Any], request_id: str) -> None:
        """Send a sale until it is taken, now or later."""
        try:
            self.ask("send_transaction", sale, request_id)
        except NoDecision:
            self.owed.append((sale, request_id))

    def settle(self) -> None:
        """Send what is owed: under the same ids, so that nothing counts twice."""
        owed, self.owed = self.owed, []
        for sale, request_id in owed:
            self.deliver(sale, request_id)

    def take_back(self, sale: dict[str, Any], lines: int) -> None:
        """Take the last lines back: the same transaction again, newer, without them."""
        sale["items"] = sale["items"][: len(sale["items"]) - lines]
        sale["modified_time"] = later(sale["modified_time"])
        self.total(sale)
        self.deliver(sale, self.new_id())


def now() -> str:
    """An instant as CloudPOS writes it, in UTC."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"[:-3]


def later(before: str) -> str:
    """The present instant, and newer than another one: of two equal ones nobody knows which change is the last."""
    while (instant := now()) <= before:
        time.sleep(0.001)
    return instant


def play(till: Till) -> None:
    """Do what a situation asks the cashier to do (TILL_SITUATION; ``offerproof till --list``)."""
    settings, situation = till.settings, till.settings["TILL_SITUATION"]
    customer, first = settings["TILL_CUSTOMER_ID"], settings["TILL_ITEMS"].split()
    till.search(email=settings["TILL_CUSTOMER_EMAIL"])
    if situation == "shared-phone":
        try:
            free = till.wallet(phone=settings["TILL_CUSTOMER_PHONE"])
        except Refused:  # two have it
            free = till.wallet(external_customer_id=settings["TILL_CUSTOMER_EXTERNAL_ID"])
    else:
        free = till.wallet(external_customer_id=settings["TILL_CUSTOMER_EXTERNAL_ID"])
    sale = till.begin(customer, *first)
    if situation == "two-payers":
        other = {"payment_id": till.new_id(), "type": "CREDIT", "payment_time": now(), "amount": first[1]}
        sale["payments"].append({**other, **till.payer(settings["TILL_SECOND_ID"])})
        till.total(sale)
    if free:
        till.lock(sale, free[0])
    if situation == "changed-basket":
        till.change(sale, free[0], settings["TILL_ADDED_ITEM"])
    if situation == "cancelled":
        till.cancel(sale, free[0])
        return
    till.close(sale)
    if situation == "returned":
        till.take_back(sale, 1)
        till.take_back(sale, 1)
    till.settle()


if __name__ == "__main__":
    play(Till(dict(os.environ)))
    sys.exit(0)
