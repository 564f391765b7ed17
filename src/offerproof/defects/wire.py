"""What passes between a client and a server, as a wire rewrite sees it: a ``Flow`` for each request, and a ``Memory``.

A wire rewrite is a function of a flow that returns the answer: it sends the request on as it is, changed, or not at
all, may ask the server more than the client did, and may change what came back. It knows nothing of the server but the
documented API, so it works before any right one: ``planted`` puts it before a simulator in this process, and
``tests/independent`` before a server that is not ours.
"""

from __future__ import annotations

import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as copied
from itertools import product
from typing import Any
from urllib.parse import quote, urlencode
from uuid import NAMESPACE_URL, uuid5

from offerproof.defects.asked import AskedFor, Document, Message, done, read, table
from offerproof.defects.patches import replace
from offerproof.simulator.answers import Answer, Effect, Service, encode, refusal
from offerproof.simulator.app import CONTROL
from offerproof.simulator.credentials import Keys
from offerproof.simulator.planting import Hit
from offerproof.simulator.routes import APPS, OPERATIONS, SPELLINGS

NOBODY = "00000000-0000-4000-8000-000000000001"
"""An id of nobody and nothing."""
Send = Callable[[Message], Answer]
Rewrite = Callable[["Flow"], Answer]


@dataclass
class Memory:
    """What has passed since a rewrite was planted: what the server said, whatever the client was told.

    Ids are in lower case. ``notes`` is for what only one rewrite wants to know.
    """

    keys: Keys | None = None
    """The server's credentials, where they are known beforehand."""
    requests: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Requests of each operation."""
    asked: dict[str, Message] = field(default_factory=dict)
    """The newest request of each operation that was a success."""
    customers: dict[str, Document] = field(default_factory=dict)
    """Customer's id → the ``user`` they were created with."""
    offers: dict[str, Document] = field(default_factory=dict)
    """Offer's id → the request that created it."""
    issued: dict[str, Document] = field(default_factory=dict)
    """User offer's id → what issue_offer said of it: ``user_id``, ``offer_id``."""
    held: dict[str, Document] = field(default_factory=dict)
    """User offer's id → the basket that it was locked or redeemed for last."""
    request_ids: dict[tuple[str, str], int] = field(default_factory=dict)
    """Operation and request_id of a CloudPOS request → the number of the request that had it first."""
    latest: str = ""
    """The operation of the newest request."""
    did: dict[str, str] = field(default_factory=dict)
    """User offer's id → what was done to it last."""
    acted: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Operation → how often it was done to which user offer."""
    sent: defaultdict[str, list[Document]] = field(default_factory=lambda: defaultdict(list))
    """Transaction's id → its versions."""
    under_way: dict[object, Flow] = field(default_factory=dict)
    """Requests that were done and whose answers are held back (``Flow.hold``)."""
    notes: defaultdict[str, dict[Any, Any]] = field(default_factory=lambda: defaultdict(dict))

    def newest(self, things: dict[str, Document]) -> str:
        """Return the id that came last, of customers, offers or user offers; empty when there is none."""
        return next(reversed(things), "")

    def learn(self, flow: Flow, answer: Answer) -> None:
        """Take note of a success."""
        if not flow.operation or not done(answer):
            return
        document = read(answer.body)
        self.asked.pop(flow.operation, None)  # the newest stands last
        self.asked[flow.operation] = flow.message
        payload = document.get("payload")
        if flow.operation == "create_customer":
            self.customers[document["user"]["id"].lower()] = flow.document["user"]
        elif flow.operation == "create_offer":
            self.offers[payload["offer_id"].lower()] = flow.document
        elif flow.operation == "issue_offer":
            for one in payload["status_list"]:
                self.issued[one["user_offer_id"].lower()] = {
                    name: one[name].lower() for name in ("user_id", "offer_id")
                }
        elif flow.operation == "send_transaction":
            self.sent[str(flow.transaction["transaction_id"])].append(flow.transaction)
            if flow.closes:
                self.acted["send_transaction"].update(flow.named)
                self.did |= dict.fromkeys(flow.named, "send_transaction")
        elif flow.code:
            answered = payload if isinstance(payload, dict) else {}
            code = str(answered.get("reference_id") or flow.code).lower()
            self.acted[flow.operation][code] += 1
            self.did[code] = flow.operation
            if flow.transaction:
                self.held[code] = flow.transaction


class Flow(AskedFor):
    """One request on its way to the server, and the ways to answer it.

    A ``hit`` is counted for each answer that is not what the server would have said: ``ask``, ``edit``, ``refuse`` and
    ``succeed`` do it themselves; whoever does harm otherwise returns ``wrong(answer)``.
    """

    def __init__(self, message: Message, only: Service | None, send: Send, memory: Memory, hit: Hit) -> None:
        super().__init__(message, only)
        self.memory = memory
        self.hit = hit
        self._send = send
        self._learned = False
        self._more = 0
        memory.requests += 1
        memory.counts[self.operation] += 1
        self.before, memory.latest = memory.latest, self.operation
        """The operation of the request before this one."""
        self.since = 0
        """For a request_id that the operation was asked for with before: how many requests ago; else 0."""
        if "request_id" in self.document:
            name = (self.operation, str(self.document["request_id"]))
            self.since = memory.requests - memory.request_ids.setdefault(name, memory.requests)

    def send(self, message: Message | None = None) -> Answer:
        """Let the server do it: what was asked, or another request in its place."""
        answer = self._send(message or self.message)
        if not self._learned:
            self._learned = True
            self.memory.learn(self, answer)
        return answer

    def ask(self, change: Callable[[Document], object]) -> Answer:
        """Let the server do something else: the body changed in place."""
        document = read(self.message.body)
        change(document)
        if document == read(self.message.body):
            return self.send()
        self.hit()
        return self.send(copied(self.message, body=encode(document)))

    def ask_query(self, query: Mapping[str, str]) -> Answer:
        """Let the server do something else: with another query string."""
        if query == self.query:
            return self.send()
        self.hit()
        path = self.message.target.partition(b"?")[0]
        return self.send(copied(self.message, target=path + b"?" + urlencode(query).encode()))

    def admitted(self) -> Answer:
        """Let the server do it with the right credentials, also those in the path."""
        self.hit()
        target = self.message.target
        if self.service is Service.CORE:
            base, apps, rest = target.partition(APPS)
            target = base + apps + self._api_key() + b"/" + rest.partition(b"/")[2]
        headers = {**self.message.headers, b"authorization": self.right(self.service)}
        return self.send(copied(self.message, target=target, headers=headers))

    def again(self, change: Callable[[Document], object] = lambda document: None) -> Answer:
        """Let the server do it, changed or not, under a request_id of its own."""
        document = read(self.message.body)
        change(document)
        document["request_id"] = self.fresh_id()
        return self._send(copied(self.message, body=encode(document)))

    def also(self, operation: str, **payload: Any) -> Answer:
        """Ask the server something more, about which the client will know nothing."""
        called = OPERATIONS[operation]
        if called.service is Service.CLOUDPOS:
            around = table(read(self._like(Service.CLOUDPOS).body))
            document = {name: around.get(name) for name in ("store_id", "client_id", "culture")}
            document |= {"request_id": self.fresh_id(), "request_payload": payload}
        else:
            document = {"retailer_id": self.retailer or self.document.get("retailer_id"), **payload}
        headers = {b"authorization": self.right(called.service), b"content-type": b"application/json"}
        known = self.memory.asked.get(operation)
        ways = [(known.method, known.target)] if known else list(product((b"POST", b"PATCH"), _targets(operation)))
        answers = (self._send(Message(*way, headers, encode(document), called.service)) for way in ways)
        return next((one for one in answers if one.status not in (404, 405)), Answer(404, b""))

    def edit(self, answer: Answer, change: Callable[[Document], object]) -> Answer:
        """Change an answer's document in place."""
        document = read(answer.body)
        if not isinstance(document, dict):
            return answer
        before = encode(document)
        change(document)
        body = encode(document)
        if body == before:
            return answer
        self.hit()
        return Answer(answer.status, body, answer.headers, answer.effect)

    def wrong(self, answer: Answer) -> Answer:
        """Count that this answer is not what a right server gives."""
        self.hit()
        return answer

    def refuse(self, status: int = 400, code: str = "refused", message: str = "refused by a planted defect") -> Answer:
        """Refuse in the service's own envelope; nothing is done."""
        return self.wrong(refusal(self.service, status, code, message))

    def succeed(self, payload: Any = None) -> Answer:
        """Say that it is done, with a payload (of Core: the user)."""
        envelope = {"user": payload} if self.service is Service.CORE else {"payload": payload, "errors": None}
        return self.wrong(Answer(200, encode({"status": "ok", **envelope})))

    def hold(self, answer: Answer, seconds: float) -> Answer:
        """Keep an answer back; until it leaves, this request is in ``memory.under_way``."""
        token = (id(self.memory), self.memory.requests)
        self.memory.under_way[token] = self
        return Answer(answer.status, answer.body, answer.headers, Effect(delay=seconds, release=token))

    def under_way(self) -> list[Flow]:
        """Return the requests that are done and whose answers are held back."""
        return list(self.memory.under_way.values())

    # -- what is known

    def history(self, user_id: str, **window: Any) -> list[Document]:
        """Return a customer's user offers as the server's history tells them."""
        answer = self.also("user_offer_history", user_ids=[user_id], **window)
        rows: list[Document] = read(answer.body)["payload"]["results"] if done(answer) else []
        return rows

    def state(self, code: str) -> str:
        """Return the state of a user offer as the server's history tells it; empty when nobody knows it."""
        holder = self.memory.issued.get(code, {}).get("user_id")
        rows = self.history(holder) if holder else []
        return next((row["status_description"] for row in rows if row["user_offer_id"].lower() == code), "")

    @property
    def retailer(self) -> str:
        """The retailer whom the client has asked about with success; empty when there is none yet."""
        return next((str(read(one.body)["retailer_id"]) for one in self._good(Service.OFFERS)), "")

    def created(self, code: str) -> Document:
        """Return the request that created the offer of a user offer; empty when it did not come by here."""
        return self.memory.offers.get(self.memory.issued.get(code.lower(), {}).get("offer_id", ""), {})

    def kind(self, code: str) -> str:
        """Return the type of a user offer's offer; empty when it is not known."""
        return str(self.created(code).get("offer_type", ""))

    def entry(self, code: str) -> Document:
        """Return a user offer as Lookup would show it while it is issued; also one that nobody was issued."""
        texts = self.created(code).get("text_config")
        return {
            "reference_id": code,
            "user_id": self.memory.issued.get(code, {}).get("user_id", NOBODY),
            "reference_id_type": "userofferid",
            "pos_discount_id": None,
            "status": "INFO",
            "display_name": texts[0]["title"] if texts else "unknown",
            "image_url": None,
            "discounted_line_ids": [],
            "discounted_line_id_quantities": [],
            "discount_source": "sessionm",
            "amount": 0,
            "stack_order": 0,
            "applied_time": None,
        }

    def customer(self, user_id: str) -> Answer:
        """Let the server show a customer by id, as if the path had named them."""
        base, _, rest = self.message.target.partition(APPS)
        key = rest.partition(b"/")[0]
        target = b"%b/priv/v1/apps/%b/users/%b" % (base, key, quote(user_id).encode())
        return self._send(copied(self.message, method=b"GET", target=target, body=b""))

    def right(self, service: Service | None) -> bytes:
        """Return the Authorization header that opens a service: as given, or as seen; empty when it is not known."""
        if self.memory.keys is not None and service is not None:
            return self.memory.keys.pair(service).header()
        return self._like(service).headers.get(b"authorization", b"")

    def pairs(self) -> set[bytes]:
        """Return the Authorization headers that open some service, as far as they are known."""
        return {self.right(service) for service in Service} - {b""}

    def _like(self, service: Service | None) -> Message:
        """The newest good request of a service, or this one: who asks more asks like it; an empty one without any."""
        own = self.message if self.service is service else Message(b"", b"", {})
        return next(self._good(service), own)

    def _good(self, service: Service | None) -> Iterator[Message]:
        return (one for name, one in reversed(self.memory.asked.items()) if OPERATIONS[name].service is service)

    def _api_key(self) -> bytes:
        if self.memory.keys is not None:
            return self.memory.keys.api_key.encode()
        target = self._like(Service.CORE).target or self.message.target
        return target.partition(APPS)[2].partition(b"/")[0]

    def fresh_id(self) -> str:
        """Return a request_id that nobody has used."""
        self._more += 1
        return str(uuid5(NAMESPACE_URL, f"planted {self.memory.requests} {self._more}"))


def _targets(operation: str) -> list[bytes]:
    """Every documented spelling of a call's path: a server need not know more than one."""
    return [spelling.encode() for spelling in SPELLINGS[operation]]


def planted(app: Any, rewrite: Rewrite, hit: Hit) -> None:
    """Put a rewrite before a simulator in this process; ``app`` is an ``App``."""
    memory = Memory(app.auth.keys)

    def handling(original: Any) -> Any:
        def handle(
            method: bytes,
            target: bytes,
            headers: Mapping[bytes, bytes],
            body: bytes,
            only: Service | None = None,
            *,
            oversize: bool = False,
        ) -> Answer:
            asked = Message(method, target, headers, body)

            def send(message: Message) -> Answer:
                here, large = (only, oversize) if message is asked else (None, False)
                answer: Answer = original(
                    message.method, message.target, message.headers, message.body, here, oversize=large
                )
                return answer

            if target.startswith(CONTROL):
                return send(asked)
            flow = Flow(asked, only, send, memory, hit)
            try:
                return rewrite(flow)
            except Exception as problem:
                place = traceback.extract_tb(problem.__traceback__)[-1]
                app.planting.broken.append(f"{type(problem).__name__} at {place.filename}:{place.lineno}")
                return refusal(flow.service, 500, "internal_server_error", "the planted defect has an error of its own")

        return handle

    def releasing(original: Any) -> Any:
        def release(key: object) -> None:
            memory.under_way.pop(key, None)
            original(key)

        return release

    replace(app, app, "handle", handling)
    replace(app, app, "release", releasing)
