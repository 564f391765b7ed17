"""Planted mistakes of tills: a till each that does one thing wrongly, and the clause that must tell it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from offerproof.client import bodies
from offerproof.selfcheck.tills.line import Reply
from offerproof.selfcheck.tills.till import Member, Receipt, RightTill
from offerproof.simulator.answers import Service


@dataclass(frozen=True)
class Mistake:
    """One planted mistake: its name, the clause that tells it, what is wrong, and the till that does it."""

    name: str
    clause: str
    summary: str
    till: type[RightTill]


MISTAKES: dict[str, Mistake] = {}
"""By name, in the order of the clauses."""


def mistake(name: str, clause: str, summary: str) -> Callable[[type[RightTill]], type[RightTill]]:
    """Register a wrong till."""

    def register(till: type[RightTill]) -> type[RightTill]:
        MISTAKES[name] = Mistake(name, clause, summary, till)
        return till

    return register


@mistake("sale-under-a-second-id", "TILL-1", "a sale that was not taken is sent again as a new transaction")
class _SecondId(RightTill):
    def resend(self, receipt: Receipt) -> None:
        receipt.transaction["transaction_id"] = self.transaction_id()
        receipt.request_id = None
        super().resend(receipt)


@mistake("request-ids-that-begin-anew", "TILL-2", "request_ids count from 1 to 3, over and over")
class _FewIds(RightTill):
    def request_id(self) -> str:
        self.count += 1
        return str(self.count % 3 + 1)


@mistake("new-request-id-for-a-repeat", "TILL-3", "an unlock or redeem without an answer is repeated as a new request")
class _NewIds(RightTill):
    def repeated_id(self, operation: str, request_id: str, reply: Reply) -> str:
        return request_id if reply.pending else self.request_id()


@mistake("discount-without-a-lock", "TILL-4", "what the wallet shows is taken off the bill without a lock")
class _NoLock(RightTill):
    def claims_shown(self) -> bool:
        return True


@mistake("discount-typed-in", "TILL-5", "the amount that is handed back is the till's own")
class _TypedIn(RightTill):
    def handed_back(self, receipt: Receipt, discount: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**discount, "amount": 1}


@mistake("basket-changed-after-lock", "TILL-6", "lines are added after the lock, and it is not locked again")
class _NotAgain(RightTill):
    def locks_again(self) -> bool:
        return False


@mistake("refused-offer-claimed", "TILL-7", "an offer whose lock was refused is taken off the bill all the same")
class _Refused(RightTill):
    def claims_refused(self) -> bool:
        return True


@mistake("sale-numbers-that-begin-anew", "TILL-8", "the number of a sale is that of an earlier one")
class _FewSales(RightTill):
    sales = 0

    def transaction_id(self) -> str:
        self.sales += 1
        return f"{self.name}-{self.sales % 4}"

    def begin(self, member: Member, *prices: str) -> Receipt:
        receipt = super().begin(member, *prices)
        for line in receipt.transaction["items"]:
            line["item_id"] = f"{self.sales}-{line['item_id']}"
        return receipt


@mistake("clock-that-goes-back", "TILL-10", "a changed transaction is sent with an older modified_time")
class _Older(RightTill):
    def modified(self, receipt: Receipt) -> str:
        return bodies.moment(self.line.now - timedelta(hours=3))


@mistake("never-closed", "TILL-11", "finished sales are sent without is_closed true")
class _NeverClosed(RightTill):
    def is_closed(self) -> bool:
        return False


@mistake("locks-left-behind", "TILL-12", "an offer that is not used after all stays locked")
class _LeftBehind(RightTill):
    def gives_back(self) -> bool:
        return False


@mistake("sales-forgotten", "TILL-13", "a sale that was not taken is dropped")
class _Forgotten(RightTill):
    def keeps_owed(self) -> bool:
        return False


@mistake("redeemed-basket-changed", "TILL-14", "lines are added after redeem, without reinstate")
class _RedeemedOnce(RightTill):
    def redeems_again(self) -> bool:
        return False


@mistake("wrong-kind-of-payer", "TILL-15", "the customer's own id is sent as an external one")
class _WrongKind(RightTill):
    def payer(self, member: Member) -> dict[str, str]:
        return {"user_id": member.user_id, "user_id_type": "External_ID"}


@mistake("pending-not-awaited", "TILL-16", "what is pending is sent as a new request")
class _NotAwaited(RightTill):
    def repeated_id(self, operation: str, request_id: str, reply: Reply) -> str:
        return self.request_id() if reply.pending else request_id


@mistake("another-store", "TILL-18", "the sale is sent for another store than its lock")
class _OtherStore(RightTill):
    def container(self, operation: str, request_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        whole = super().container(operation, request_id, payload)
        return whole | {"client_id": whole["client_id"][::-1]} if operation == "send_transaction" else whole


@mistake("nobody-gives-back", "TILL-21", "unlock and reinstate name no employee")
class _Nobody(RightTill):
    def employee(self) -> dict[str, str]:
        return {}


@mistake("wrong-credentials", "TILL-22", "Lookup carries the credentials of another service")
class _WrongPair(RightTill):
    def headers(self, service: Service) -> dict[str, str]:
        told = super().headers(service)
        self.count += 1
        wrong = service is Service.CLOUDPOS and self.count % 7 == 0
        return told | {"Authorization": self.line.credentials(Service.CORE)} if wrong else told


@mistake("container-without-client", "TILL-26", "the container names no client")
class _NoClient(RightTill):
    def container(self, operation: str, request_id: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        return super().container(operation, request_id, payload) | {"client_id": ""}


@mistake("body-as-text", "TILL-27", "bodies are sent as text/plain")
class _AsText(RightTill):
    def headers(self, service: Service) -> dict[str, str]:
        return super().headers(service) | {"Content-Type": "text/plain"}


@mistake("phone-as-typed", "TILL-28", "a phone number is sent with its plus sign and dashes")
class _AsTyped(RightTill):
    def phone(self, phone: str) -> str:
        return phone


@mistake("plus-not-encoded", "TILL-29", "the plus sign of an e-mail address stands bare in the query")
class _BarePlus(RightTill):
    def query(self, email: str) -> str:
        return f"email={email}"


@mistake("lines-numbered-anew", "TILL-30", "all lines of a finished sale have the same line_id")
class _OneLine(RightTill):
    def sent_lines(self, receipt: Receipt) -> list[dict[str, Any]]:
        return [{**line, "line_id": "1"} for line in super().sent_lines(receipt)]


@mistake("secret-in-the-query", "TILL-41", "the secret stands in the query of the search")
class _InTheQuery(RightTill):
    def query(self, email: str) -> str:
        secret = self.line.app.auth.keys.pair(Service.CORE).secret
        return f"{super().query(email)}&secret={secret}"


@mistake("one-success-word", "TILL-43", "only a lock that is answered by OK is taken for one")
class _OneWord(RightTill):
    def understands(self, reply: Reply) -> bool:
        return reply.done and reply.body["status"] == "OK"
