"""Traces of clients, written by hand, a request a line: ``@40 send r=7 t=T1 b=a:10 pay=p1:10:U1 closed -> ok``.

``@40`` is at second 40, ``+0.1`` so long after the line before (else a second), ``x11`` eleven times in a row. ``r`` is
the request_id, ``t`` the transaction_id, ``s`` and ``cl`` store and client, ``o`` the user offer, ``b`` the lines as
item:subtotal, ``d=o1`` the discount of the newest Lock answer handed back (``o1:5``: an amount typed in),
``pay`` payment:amount:user[:type], ``c`` what Lookup asks for, ``u`` a user, ``ot`` and ``m`` open_time and
modified_time, ``e`` an employee, ``dur`` seconds until the answer. What came back: ``ok``, ``err`` (200 with errors),
``pending``, ``LOCKED 5`` (``LOCKED 5 success``: with that word), ``[o1,o2!]`` (a wallet, ! is locked), ``total 25``,
a status (``503+30``: with Retry-After),
``none``, ``unseen`` (not recorded).
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from offerproof.client_duties import ClientJudge, ClientRequest, came_of
from offerproof.contract import OPERATIONS
from offerproof.exchange import NOT_JSON, AsTravelled, Exchange, Redactor, parse_json
from offerproof.judgement.oracle import Objection, from_exchange

BEGIN = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OPERATION = {"send": "send_transaction", "search": "search_customers", "history": "user_offer_history"}
CALLED = re.compile(
    r"(?:(?P<at>@[0-9.]+)\s+)?(?:(?P<later>\+[0-9.]+)\s+)?(?:x(?P<times>[0-9]+)\s+)?(?P<rest>.*) -> (?P<came>.*)"
)


class Writing:
    """Turns lines into requests with their answers."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sent: list[ClientRequest] = []
        self.locked: dict[str, dict[str, Any]] = {}
        self.redactor = Redactor()

    def write(self, text: str) -> list[ClientRequest]:
        for line in text.strip().splitlines():
            found = CALLED.fullmatch(line.strip())
            assert found, line
            times = int(found["times"] or 1)
            for number in range(times):
                self.now += 1.0 if not self.sent or number == 0 else 0.1
                if found["at"]:
                    self.now = float(found["at"][1:])
                elif found["later"]:
                    self.now += float(found["later"][1:]) - 1.0
                self.call(found["rest"], found["came"])
        return self.sent

    def call(self, asked: str, came: str) -> None:
        name, *words = asked.split()
        members = dict(word.partition("=")[::2] for word in words if "=" in word)
        operation = OPERATION.get(name, name)
        took = float(members.pop("dur", 0.05))
        status, answer, headers = self.answer(operation, came, members)
        call = OPERATIONS[operation]
        body = None if operation == "search_customers" else self.body(operation, members, set(words))
        query = f"?{members['q']}" if operation == "search_customers" else ""
        pair = members.get("auth", call.service)
        secret = base64.b64encode(f"{pair}:SECRET-of-{pair}".encode()).decode()
        raw = json.dumps(answer).encode() if answer is not None else b""
        exchange = Exchange(
            number=len(self.sent) + 1,
            operation=operation,
            service=call.service,
            method=call.method,
            started=BEGIN + timedelta(seconds=self.now),
            duration_us=round(took * 1_000_000),
            status=status,
            failure=None if status else "timeout",
            answer=parse_json(raw) if answer is not None else NOT_JSON,
            answer_headers=headers,
            redactor=self.redactor,
            raw=AsTravelled(
                url=f"http://127.0.0.1:8080{call.path}{query}",
                headers={"authorization": f"Basic {secret}", "content-type": members.get("ct", "application/json")},
                body=b"" if call.method == "GET" else json.dumps(body).encode(),
                answer=raw,
            ),
        )
        start = round(self.now * 1_000_000)
        plain = from_exchange(exchange)
        self.sent.append(
            ClientRequest(
                exchange=exchange,
                call=plain,
                came=came_of(plain, seen=came != "unseen"),
                start=start,
                end=start + exchange.duration_us,
                till="till 1",
                place=f"line {len(self.sent) + 1}",
            )
        )
        if came.startswith("LOCKED"):
            self.locked[members["o"]] = answer["payload"]

    def answer(self, operation: str, came: str, members: dict[str, str]) -> tuple[int | None, Any, dict[str, str]]:
        if came == "none":
            return None, None, {}
        if came in ("err", "pending"):
            return 200, {"status": "error", "payload": None, "errors": [{"code": came, "message": came}]}, {}
        if came == "unseen":
            return 200, None, {}
        if came[0].isdigit():
            status, _, wait = came.partition("+")
            return int(status), {"status": "error", "errors": []}, {"retry-after": wait} if wait else {}
        payload: Any = None
        if came.startswith("LOCKED"):
            payload = self.discount(members, came.split()[1])
        elif came.startswith("["):
            offers = [one for one in came[1:-1].split(",") if one]
            shown = [
                {"reference_id": one.rstrip("!"), "status": "LOCKED" if one.endswith("!") else "INFO"} for one in offers
            ]
            payload = [{"user_reference_id": members.get("u", "U1"), "offers": shown}]
        if operation == "search_customers":
            return 200, {"status": "ok", "user": {"id": "U1", "external_id": "14"}}, {}
        _, _, word = came.removeprefix("LOCKED ").partition(" ") if came.startswith("LOCKED") else ("", "", "")
        return 200, {"status": word or "OK", "payload": payload, "errors": None}, {}

    @staticmethod
    def discount(members: dict[str, str], amount: str) -> dict[str, Any]:
        return {
            "reference_id": members["o"],
            "reference_id_type": "userofferid",
            "user_id": members.get("u", "U1"),
            "status": "LOCKED",
            "display_name": "Five off",
            "discounted_line_ids": ["1"],
            "discount_source": "sessionm",
            "amount": float(amount) if "." in amount else int(amount),
            "applied_time": "2026-03-02T09:00:00.123456Z",
        }

    def body(self, operation: str, members: dict[str, str], words: set[str]) -> Any:
        if operation == "user_offer_history":
            page = {name: int(members[name]) for name in ("skip", "take")}
            return {"retailer_id": "R", "user_ids": [members["u"]], "rollback_option": 0, **page}
        if operation == "lookup":
            kind, _, value = members["c"].rpartition(":")
            payload: dict[str, Any] = {kind or "external_customer_id": value}
        elif operation == "send_transaction":
            payload = self.transaction(members, words)
        elif operation in ("unlock", "reinstate"):
            payload = {"user_offer_id": members["o"]} | ({"employee_id": members["e"]} if "e" in members else {})
        else:
            payload = {"offer_lookup_code": members["o"], "offer_lookup_type": "userofferid"}
            payload["transaction"] = self.transaction(members, words)
        container = {"store_id": members.get("s", "S1"), "client_id": members.get("cl", "C1")}
        container |= {"culture": members["cu"]} if "cu" in members else {}
        return container | {"request_id": members.get("r", ""), "request_payload": payload}

    def transaction(self, members: dict[str, str], words: set[str]) -> dict[str, Any]:
        lines: list[dict[str, Any]] = []
        ids: dict[str, str] = {}
        for part in members.get("b", "").split(","):
            item, _, price = part.partition(":")
            if item:
                line_id = ids.setdefault(item, str(ord(item) - ord("a") + 1))
                lines.append({"line_id": line_id, "item_id": item, "quantity": 1, "subtotal": parse(price)})
        claims = []
        for part in [one for one in members.get("d", "").split(",") if one]:
            offer, _, amount = part.partition(":")
            base = self.locked.get(offer) or self.discount({"o": offer}, "5")
            claims.append(base | ({"amount": int(amount)} if amount else {}))
        paid = []
        for part in [one for one in members.get("pay", "").split(",") if one]:
            name, amount, who, *kind = part.split(":")
            paid.append(
                {
                    "payment_id": name,
                    "amount": parse(amount),
                    "user_id": who,
                    "user_id_type": (kind or ["SessionM_ID"])[0],
                }
            )
        opened = members.get("ot", "09:00")
        whole: dict[str, Any] = {
            "transaction_id": members["t"],
            "open_time": f"2026-03-02 {opened}:00.000",
            "modified_time": f"2026-03-02 {members.get('m', '09:05')}:00.000",
            "items": lines,
            "discounts": claims,
            "payments": paid,
        }
        whole |= {
            name: parse(members[short])
            for short, name in (("sub", "subtotal"), ("tax", "tax_total"))
            if short in members
        }
        whole |= {"is_closed": True} if "closed" in words else {"is_closed": False} if "open" in words else {}
        return whole


def parse(text: str) -> int | float:
    return float(text) if "." in text else int(text)


class Notes:
    """A tally that a test reads: clause → what was broken (a doubtful breach with a question mark), or kept."""

    def __init__(self) -> None:
        self.breaches: list[str] = []
        self.words: list[str] = []
        self.kept: set[str] = set()
        self.open: set[str] = set()

    def hold(self, clauses: Iterable[str], exchange: Exchange) -> None:
        self.kept |= set(clauses)

    def undecided(self, clause: str, reason: str) -> None:
        self.open.add(clause)

    def broken(
        self, found: Objection, exchanges: Sequence[Exchange], *, place: str, doubtful: str | None = None
    ) -> None:
        self.breaches.append(found.clause + ("?" if doubtful else ""))
        self.words.append(f"{found.clause}: {found.what}: {found.expected}, not {found.observed}")


@pytest.fixture
def judged() -> Callable[..., Notes]:
    """Judge a trace: ``judged(text, complete=True, whole=True, change=…)``; ``change`` may alter the requests."""

    def judged(
        text: str,
        *,
        complete: bool = True,
        whole: bool = True,
        change: Callable[[list[ClientRequest]], list[ClientRequest]] = lambda sent: sent,
    ) -> Notes:
        notes = Notes()
        judge = ClientJudge(notes, complete=complete, whole=whole)
        for one in change(Writing().write(text)):
            judge.take(one)
        judge.finish()
        return notes

    return judged
