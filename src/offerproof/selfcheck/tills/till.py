"""A right till, in small steps that a wrong one does otherwise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import quote

from offerproof.client import bodies
from offerproof.contract import OPERATIONS
from offerproof.selfcheck.tills.line import FaultyLine, Reply
from offerproof.simulator.answers import Service

STORE: Final = "332b6ee0-e981-4f96-8047-d0d358cfb3e0"
CLIENT: Final = "686ed454-ecab-4e86-8abe-c9470e8dd787"
TRIES: Final = 3
PAUSE_S: Final = 5.0


@dataclass
class Member:
    """A customer as the till knows one, and the user offers of the wallet."""

    user_id: str
    external_id: str
    email: str
    phone: str
    offers: list[str] = field(default_factory=list)


@dataclass
class Receipt:
    """A sale at the till."""

    transaction: dict[str, Any]
    discounts: list[Mapping[str, Any]] = field(default_factory=list)
    request_id: str | None = None
    """Of the request that sent it as finished; None: it was not sent yet, or is another request now."""

    @property
    def transaction_id(self) -> str:
        """The id of the sale."""
        return str(self.transaction["transaction_id"])


class RightTill:
    """Serves one customer after another. Public methods are what a cashier does; the others are the till's habits."""

    def __init__(self, line: FaultyLine, name: str) -> None:
        self.line = line
        self.name = name
        self.count = 0
        self.owed: list[Receipt] = []
        """Sales that were not taken yet."""

    # Habits, each of which a wrong till has otherwise

    def fresh(self, what: str) -> str:
        """An id that was never used."""
        self.count += 1
        return f"{self.name}-{what}-{self.count:05d}"

    def request_id(self) -> str:
        """The request_id of a new request."""
        return self.fresh("request")

    def repeated_id(self, operation: str, request_id: str, reply: Reply) -> str:
        """The request_id with which a request that got no decisive answer is repeated."""
        return request_id

    def transaction_id(self) -> str:
        """The id of a new sale."""
        return self.fresh("sale")

    def headers(self, service: Service) -> dict[str, str]:
        """The headers of a request."""
        return {"Authorization": self.line.credentials(service), "Content-Type": "application/json"}

    def container(self, operation: str, request_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """A request of CloudPOS."""
        return {"store_id": STORE, "client_id": CLIENT, "request_id": request_id, "request_payload": payload}

    def query(self, email: str) -> str:
        """The query that searches an e-mail address."""
        return f"email={quote(email, safe='')}"

    def phone(self, phone: str) -> str:
        """A phone number as the cashier typed it, as it is sent."""
        return "".join(digit for digit in phone if digit.isdigit())

    def payer(self, member: Member) -> dict[str, str]:
        """Who pays, as a payment says it."""
        return {"user_id": member.user_id, "user_id_type": "SessionM_ID"}

    def handed_back(self, receipt: Receipt, discount: Mapping[str, Any]) -> Mapping[str, Any]:
        """A discount of Lock as it is sent with the closed transaction."""
        return discount

    def modified(self, receipt: Receipt) -> str:
        """The modified_time of a transaction that is sent once more."""
        return bodies.moment(self.line.now)

    def is_closed(self) -> bool:
        """Whether a finished sale is sent as closed."""
        return True

    def sent_lines(self, receipt: Receipt) -> list[dict[str, Any]]:
        """The lines of a finished sale."""
        return list(receipt.transaction["items"])

    def locks_again(self) -> bool:
        """Whether a basket that changed is locked again."""
        return True

    def redeems_again(self) -> bool:
        """Whether a redeemed basket that changed is reinstated and redeemed again."""
        return True

    def claims_refused(self) -> bool:
        """Whether an offer is taken off the bill although its lock was refused."""
        return False

    def claims_shown(self) -> bool:
        """Whether an offer that the wallet shows is taken off the bill without a lock."""
        return False

    def understands(self, reply: Reply) -> bool:
        """Whether the answer of a lock is taken for a success."""
        return reply.done

    def gives_back(self) -> bool:
        """Whether the lock of an offer that is not used is given back."""
        return True

    def employee(self) -> dict[str, str]:
        """The employee who gives an offer back."""
        return {"employee_id": "1000"}

    def keeps_owed(self) -> bool:
        """Whether a sale that was not taken is kept, to be sent again."""
        return True

    # Requests

    def post(self, operation: str, payload: Mapping[str, Any], request_id: str | None = None) -> Reply:
        """Send a request of CloudPOS, and repeat it while nobody knows what came of it."""
        request_id = request_id or self.request_id()
        reply = Reply(None)
        for attempt in range(TRIES):
            reply = self.line.send(
                operation, self.headers(Service.CLOUDPOS), self.container(operation, request_id, payload)
            )
            if not reply.open or not OPERATIONS[operation].writes:
                break
            if attempt < TRIES - 1:
                self.line.wait(reply.wait or PAUSE_S * 2**attempt)
                request_id = self.repeated_id(operation, request_id, reply)
        return reply

    def look_up(self, member: Member, by: str = "external_customer_id") -> list[Mapping[str, Any]]:
        """Search the customer and read the wallet; returns the offers that are shown."""
        self.line.send("search_customers", self.headers(Service.CORE), None, self.query(member.email))
        asked = {"phone": self.phone(member.phone)} if by == "phone" else {by: member.external_id}
        found = self.post("lookup", asked).payload
        return list(found[0]["offers"]) if isinstance(found, list) and found else []

    # What a cashier does

    def begin(self, member: Member, *prices: str) -> Receipt:
        """Begin a sale."""
        body = bodies.transaction(
            self.transaction_id(),
            self.fresh("payment"),
            self.line.now,
            basket=bodies.items(*prices),
            user_id=member.user_id,
            discounts=(),
            changes={},
        )
        body["payments"][0] |= self.payer(member)
        self.line.wait(20)
        return Receipt(body)

    def add(self, receipt: Receipt, price: str) -> None:
        """Put another line into the basket."""
        lines = receipt.transaction["items"]
        number = str(len(lines) + 1)
        line = dict(bodies.items(price)[0]) | {"line_id": number, "item_id": number}
        receipt.transaction["items"] = [*lines, line]
        self._priced(receipt)

    def _priced(self, receipt: Receipt) -> None:
        total = sum((Decimal(str(line["subtotal"])) for line in receipt.transaction["items"]), Decimal())
        receipt.transaction["subtotal"] = total
        receipt.transaction["payments"][0]["amount"] = total

    def lock(self, receipt: Receipt, offer: str, operation: str = "lock") -> Reply:
        """Lock an offer for a sale, or redeem it at once; what is answered is taken off the bill."""
        code = {"offer_lookup_code": offer, "offer_lookup_type": "userofferid"}
        reply = self.post(operation, code | {"transaction": dict(receipt.transaction)})
        if self.understands(reply) and isinstance(reply.payload, Mapping):
            receipt.discounts = [reply.payload]
        elif self.understands(reply) and operation == "redeem":
            receipt.discounts = []
        return reply

    def unlock(self, offer: str, operation: str = "unlock") -> Reply:
        """Give an offer back."""
        return self.post(operation, {"user_offer_id": offer} | self.employee())

    def close(self, receipt: Receipt) -> Reply:
        """Send a sale as finished; one that is not taken is kept, and sent again later."""
        self.line.wait(10)
        body = receipt.transaction
        body["modified_time"] = bodies.moment(self.line.now)
        body["is_closed"] = self.is_closed()
        body["discounts"] = [self.handed_back(receipt, one) for one in receipt.discounts]
        body["items"] = self.sent_lines(receipt)
        receipt.request_id = self.request_id()
        reply = self.post("send_transaction", body, receipt.request_id)
        if reply.open and self.keeps_owed():
            self.owed.append(receipt)
        self.line.wait(60)
        return reply

    def send_open(self, receipt: Receipt) -> None:
        """Send a sale that goes on."""
        self.post("send_transaction", receipt.transaction | {"is_closed": False})
        self.line.wait(300)

    def take_back(self, receipt: Receipt) -> None:
        """Take the last line back, some time after."""
        self.line.wait(900)
        receipt.transaction["items"] = receipt.transaction["items"][:-1]
        self._priced(receipt)
        receipt.transaction["modified_time"] = self.modified(receipt)
        self.post("send_transaction", receipt.transaction)

    def settle(self) -> None:
        """Send again what was not taken."""
        for receipt in self.owed:
            self.resend(receipt)
        self.owed = []

    def resend(self, receipt: Receipt) -> None:
        """Send a sale again that was not taken."""
        self.post("send_transaction", receipt.transaction, receipt.request_id)
