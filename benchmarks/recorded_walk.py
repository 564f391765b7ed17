"""The documented workflow played against a simulator in this process, and recorded as a proxy would record it.

For ``benchmarks.audit_recall``, ``benchmarks.audit_size`` and the tests of ``audit``: no socket, no sleep, and instants
that follow from the number of the call.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from offerproof.client import bodies
from offerproof.defects import registry
from offerproof.simulator import program_file
from offerproof.simulator.answers import Answer, Service
from offerproof.simulator.app import App
from offerproof.simulator.clock import SimulatedClock
from offerproof.target import Ids

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
APART = timedelta(milliseconds=20)
TOOK_MS = 4.5
IDS = Ids()


class RecordedSimulator:
    """A simulator and the recording of its traffic; ``entries`` are those of a HAR."""

    def __init__(self, seed: int = 0, defect: str | None = None) -> None:
        self.at = BEGIN
        self.app = App(
            program_file.read(None),
            seed=seed,
            clock=SimulatedClock(round(self.at.timestamp() * 1_000_000), frozen=True),
            defects=registry,
        )
        if defect:
            self.app.planting.plant([defect])
        self.entries: list[dict[str, Any]] = []
        self.seed = seed
        self.count = 0

    @property
    def hits(self) -> int:
        """How often the planted defect did harm."""
        return sum(self.app.planting.hits.values())

    def call(self, service: Service, method: str, path: str, body: Any = None) -> Any:
        """Send one call and record it; returns the parsed answer."""
        sent = b"" if body is None else bodies.encode(body)
        headers = {
            b"authorization": self.app.auth.keys.pair(service).header(),
            b"content-type": b"application/json",
        }
        answer = self.app.handle(method.encode(), path.encode(), headers, sent)
        self._record(method, path, headers, sent, answer)
        self.at += APART
        self.app.clock.set(round(self.at.timestamp() * 1_000_000))
        try:
            return json.loads(answer.body)
        except ValueError:
            return {}

    def _record(self, method: str, path: str, headers: Mapping[bytes, bytes], sent: bytes, answer: Answer) -> None:
        asked: dict[str, Any] = {
            "method": method,
            "url": f"http://127.0.0.1:8080{path}",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": [{"name": name.decode(), "value": value.decode()} for name, value in headers.items()],
            "queryString": [],
            "headersSize": -1,
            "bodySize": len(sent),
        }
        if sent:
            asked["postData"] = {"mimeType": "application/json", "text": sent.decode("utf-8", "replace")}
        told = [line.partition(": ") for line in answer.headers.decode().split("\r\n") if line]
        got = {"server": "offerproof", "content-type": "application/json", "content-length": str(len(answer.body))}
        got |= {name.lower(): value for name, _, value in told}
        self.entries.append(
            {
                "startedDateTime": self.at.isoformat(timespec="microseconds"),
                "time": TOOK_MS,
                "request": asked,
                "response": {
                    "status": answer.status,
                    "statusText": "",
                    "httpVersion": "HTTP/1.1",
                    "cookies": [],
                    "headers": [{"name": name, "value": value} for name, value in got.items()],
                    "content": content(answer.body),
                    "redirectURL": "",
                    "headersSize": -1,
                    "bodySize": len(answer.body),
                },
                "cache": {},
                "timings": {"send": 0.5, "wait": 3.5, "receive": 0.5},
            }
        )

    # Calls in the form of the documents

    def fresh(self, what: str) -> str:
        """An id that this recording has not used."""
        self.count += 1
        return f"{what}{self.seed:04d}{self.count:06d}"

    def offers(self, path: str, **members: Any) -> Any:
        """A call of the offers service."""
        return self.call(
            Service.OFFERS, "POST", f"/api/2.0/offers/{path}", {"retailer_id": self.app.settings.retailer_id, **members}
        )

    def till(self, path: str, payload: Mapping[str, Any], request_id: str | None = None) -> Any:
        """A call of CloudPOS, in its container."""
        container = {"store_id": IDS.store, "client_id": IDS.client, "request_id": request_id or self.fresh("request")}
        return self.call(Service.CLOUDPOS, "POST", f"/api/2.0/{path}", container | {"request_payload": payload})

    def search(self, email: str, *flags: str) -> Any:
        """A customer search."""
        further = "".join(f"&{flag}=true" for flag in flags)
        path = f"/priv/v1/apps/{self.app.auth.keys.api_key}/users/search?email={quote(email)}{further}"
        return self.call(Service.CORE, "GET", path)

    def customer(self) -> tuple[str, str, str]:
        """Create a customer; returns id, external id and e-mail address."""
        name = self.fresh("walk")
        email = f"{name}@example.com"
        user = {"email": email, "external_id": name, "first_name": "First", "last_name": "Last", "opted_in": True}
        made = self.call(Service.CORE, "POST", f"/priv/v1/apps/{self.app.auth.keys.api_key}/users", {"user": user})
        return made["user"]["id"], name, email

    def basket(self, user_id: str, *prices: str, **changes: Any) -> dict[str, Any]:
        """A documented transaction with fresh ids."""
        return bodies.transaction(
            self.fresh("sale"),
            self.fresh("payment"),
            self.at,
            basket=bodies.items(*(prices or ("10.00", "1.00"))),
            user_id=user_id,
            discounts=(),
            changes=changes,
        )

    def offer(self, kind: str = "fixed_amount_check_discount") -> str:
        """Create an offer; returns its id."""
        body = bodies.offer(kind, self.fresh("Offer "), self.at, self.app.settings.retailer_id, {})
        made = self.call(Service.OFFERS, "POST", "/api/2.0/offers/management/create", body)
        return str((made.get("payload") or {}).get("offer_id"))

    def issue(self, user_id: str, offer_id: str) -> str:
        """Issue an offer; returns the user offer's id."""
        made = self.offers("acquisition/issue", user_id=user_id, offer_id=offer_id, quantity=1)
        return str(((made.get("payload") or {}).get("status_list") or [{}])[0].get("user_offer_id"))

    def lock(self, user_offer_id: str, basket: Mapping[str, Any], request_id: str | None = None) -> Any:
        """Lock a user offer; returns the payload."""
        payload = {"offer_lookup_code": user_offer_id, "offer_lookup_type": "userofferid", "transaction": basket}
        return self.till("Lock", payload, request_id).get("payload")

    def history(self, *user_ids: str, take: int = 20) -> Any:
        """The history of customers."""
        return self.offers("user_offer_history", user_ids=list(user_ids), rollback_option=0, skip=0, take=take)


def content(body: bytes) -> dict[str, Any]:
    """The content of an answer as mitmproxy writes it: text, or base64."""
    try:
        return {"size": len(body), "mimeType": "application/json", "text": body.decode()}
    except UnicodeDecodeError:
        packed = base64.b64encode(body).decode()
        return {"size": len(body), "mimeType": "application/json", "text": packed, "encoding": "base64"}


def har(entries: Sequence[Mapping[str, Any]], creator: str = "mitmproxy") -> bytes:
    """A HAR of entries."""
    log = {"version": "1.2", "creator": {"name": creator, "version": "1"}, "pages": [], "entries": list(entries)}
    return json.dumps({"log": log}, ensure_ascii=False).encode("utf-8", "surrogatepass")


def short_walk(simulator: RecordedSimulator) -> str:
    """The documented workflow, once: customer, offer, wallet, lock, sale, history. Returns the customer's id."""
    user_id, external_id, email = simulator.customer()
    simulator.search(email, "expand_incentives", "show_identifiers")
    offer_id = simulator.offer()
    simulator.offers("fetch_offer", offer_id=offer_id, culture="en-us")
    held = simulator.issue(user_id, offer_id)
    simulator.till("Lookup", {"external_customer_id": external_id})
    basket = simulator.basket(user_id)
    discount = simulator.lock(held, basket)
    simulator.till("send_transaction", basket | {"is_closed": "true", "discounts": [discount] if discount else []})
    simulator.history(user_id)
    return user_id


def long_walk(simulator: RecordedSimulator) -> None:
    """Every documented call, and what the documents say happens after it: unlock, redeem, reinstate, revoke, return."""
    user_id, external_id, email = simulator.customer()
    other_id, other_external, other_email = simulator.customer()
    for flags in ((), ("user[user_profile]",), ("expand_incentives",), ("show_identifiers",)):
        simulator.search(email, *flags)
    simulator.search(other_email, "expand_incentives")
    core = f"/priv/v1/apps/{simulator.app.auth.keys.api_key}"
    simulator.call(Service.CORE, "GET", f"{core}/users/{user_id}")
    simulator.call(Service.CORE, "GET", f"{core}/external/users/{external_id}")
    kinds = (
        "fixed_amount_check_discount",
        "percent_check_discount",
        "manual_fulfillment",
        "fixed_amount_item_discount",
    )
    offers = [simulator.offer(kind) for kind in kinds]
    for offer_id in offers:
        simulator.offers("fetch_offer", offer_id=offer_id, culture="en-us")
    held = [simulator.issue(user_id, offer_id) for offer_id in offers]
    simulator.issue(other_id, offers[0])
    _look(simulator, user_id, external_id, email)
    _look(simulator, other_id, other_external, other_email)
    _sales(simulator, user_id, held)
    _look(simulator, user_id, external_id, email)
    simulator.offers("acquisition/revoke", user_offer_id=held[2], reason="test")
    _look(simulator, user_id, external_id, email)
    _look(simulator, other_id, other_external, other_email)


def _look(simulator: RecordedSimulator, user_id: str, external_id: str, email: str) -> None:
    simulator.till("Lookup", {"external_customer_id": external_id})
    simulator.till("Lookup", {"user_id": user_id})
    simulator.offers("get_user_offers", user_id=user_id, skip=0, take=20)
    simulator.history(user_id)
    simulator.search(email, "expand_incentives")


def _sales(simulator: RecordedSimulator, user_id: str, held: Sequence[str]) -> None:
    """A sale with a discount, a lock that is given back, a lock by two, redeem and reinstate, a return."""
    simulator.till("Lookup", {"user_id": user_id, "transaction": simulator.basket(user_id)})
    basket = simulator.basket(user_id)
    request_id = simulator.fresh("request")
    discount = simulator.lock(held[0], basket, request_id)
    simulator.lock(held[0], basket, request_id)
    simulator.till("send_transaction", basket | {"is_closed": "true", "discounts": [discount] if discount else []})
    simulator.history(user_id)
    simulator.lock(held[0], simulator.basket(user_id))
    second, rival = simulator.basket(user_id), simulator.basket(user_id)
    simulator.lock(held[1], second)
    simulator.history(user_id)
    simulator.lock(held[1], rival)
    simulator.till("unlock", {"user_offer_id": held[1], "employee_id": "1000"})
    simulator.till("Lookup", {"user_id": user_id})
    simulator.history(user_id)
    simulator.lock(held[1], rival)
    simulator.till("unlock", {"user_offer_id": held[1], "employee_id": "1000"})
    payload = {
        "offer_lookup_code": held[3],
        "offer_lookup_type": "userofferid",
        "transaction": simulator.basket(user_id),
    }
    simulator.till("redeem", payload)
    simulator.history(user_id)
    simulator.till("redeem", payload)
    simulator.till("reinstate", {"user_offer_id": held[3], "employee_id": "1000"})
    simulator.till("Lookup", {"user_id": user_id})
    simulator.history(user_id)
    later = bodies.moment(simulator.at + timedelta(minutes=1))
    back = {"items": [], "subtotal": 0, "payments": [basket["payments"][0] | {"amount": 0}], "modified_time": later}
    simulator.till("send_transaction", basket | {"is_closed": "true", "discounts": []} | back)
