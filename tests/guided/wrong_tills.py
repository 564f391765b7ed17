"""The example till with one mistake each: where it shows, and which planted mistake of ``selfcheck --tills`` it is."""

from __future__ import annotations

from typing import Any, Final

from tests.guided.conftest import example


class TypedIn(example.Till):  # type: ignore[misc]  # loaded from examples/
    def close(self, sale: dict[str, Any]) -> None:
        sale["discounts"] = [one | {"amount": 1} for one in sale["discounts"]]
        super().close(sale)


class NotLockedAgain(example.Till):  # type: ignore[misc]
    def change(self, sale: dict[str, Any], offer: dict[str, Any], price: str) -> None:
        self.add(sale, price)


class LeftBehind(example.Till):  # type: ignore[misc]
    def cancel(self, sale: dict[str, Any], offer: dict[str, Any]) -> None:
        pass


class ClaimsRefused(example.Till):  # type: ignore[misc]
    def lock(self, sale: dict[str, Any], offer: dict[str, Any]) -> bool:
        if super().lock(sale, offer):
            return True
        sale["discounts"] = [offer | {"amount": "1.00", "status": "LOCKED"}]
        self.total(sale)
        return True


class GivesUp(example.Till):  # type: ignore[misc]
    """What is not answered at once is not done, as far as it is concerned."""

    def ask(self, call: str, payload: dict[str, Any], request_id: str | None = None) -> Any:
        answer, _ = self.send(call, self.container(call, request_id or self.new_id(), payload))
        if answer is None and call == "Lock":
            raise example.Refused(call)
        return answer


class SecondId(example.Till):  # type: ignore[misc]
    def send(self, call: str, body: dict[str, Any]) -> Any:
        answer = super().send(call, body)
        if answer[0] is None and call == "send_transaction":
            body["request_payload"]["transaction_id"] = self.new_id()
        return answer

    def repeated(self, call: str, request_id: str) -> str:
        return self.new_id() if call == "send_transaction" else request_id


class NotAwaited(example.Till):  # type: ignore[misc]
    """It repeats once as it should; what is pending then is sent as a new request."""

    repeats = 0

    def repeated(self, call: str, request_id: str) -> str:
        self.repeats += 1
        return request_id if self.repeats == 1 else self.new_id()


class OlderClock(example.Till):  # type: ignore[misc]
    def take_back(self, sale: dict[str, Any], lines: int) -> None:
        sale["items"] = sale["items"][: len(sale["items"]) - lines]
        sale["modified_time"] = "2020-01-01 00:00:00.000"
        self.deliver(sale, self.new_id())


class WrongKind(example.Till):  # type: ignore[misc]
    def payer(self, user_id: str) -> dict[str, str]:
        return {"user_id": user_id, "user_id_type": "External_ID"}


class AsTyped(example.Till):  # type: ignore[misc]
    def digits(self, phone: str) -> str:
        return phone


WRONG: Final = {
    "sale": ("discount-typed-in", TypedIn),
    "changed-basket": ("basket-changed-after-lock", NotLockedAgain),
    "cancelled": ("locks-left-behind", LeftBehind),
    "rival": ("refused-offer-claimed", ClaimsRefused),
    "expired": ("refused-offer-claimed", ClaimsRefused),
    "slow-lock": ("locks-left-behind", GivesUp),
    "lost-answer": ("sale-under-a-second-id", SecondId),
    "busy": ("sales-forgotten", GivesUp),
    "pending": ("pending-not-awaited", NotAwaited),
    "returned": ("clock-that-goes-back", OlderClock),
    "two-payers": ("wrong-kind-of-payer", WrongKind),
    "shared-phone": ("phone-as-typed", AsTyped),
}
"""By situation: the mistake's name in ``selfcheck.tills``, and the till that makes it."""
