"""Schemathesis generates, we send: a WSGI application that turns its requests into ours.

Schemathesis believes it talks to an application in its own process. So it never sees an address or a credential, can
neither print nor keep one, and every request counts, is paced, redacted and judged like any other of a run.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl

from offerproof.client import Api
from offerproof.client.lines import AHEAD
from offerproof.client.wire import Draft, fill
from offerproof.conformance.checkrun import RUNNING
from offerproof.conformance.surface.ids import IdReplacer
from offerproof.contract import OPERATIONS
from offerproof.exchange import Exchange

_SHAPES: Final = {
    name: re.compile(
        re.sub(r"\\{([a-z_]+)\\}", r"(?P<\1>.*)", re.escape(known.path).replace(r"\{api_key\}", "[^/]*")) + r"\Z",
        re.DOTALL,
    )
    for name, known in OPERATIONS.items()
}
_PLAIN: Final = re.compile(r"[A-Za-z0-9_~@+-][A-Za-z0-9._~@+-]{0,200}")
_A_SEQUENCE: Final = 150.0
"""About how many requests follow each other where each depends on the answers before."""
_ATTEMPTS: Final = 3
"""Times that a generated request is sent that has no answer."""
StartResponse = Callable[[str, list[tuple[str, str]]], object]


@dataclass(frozen=True)
class SentCase:
    """A generated request as it was really sent, and its answer. Of a GET ``request`` is its query and path values."""

    exchange: Exchange
    operation: str
    request: Any
    plain_path: bool = True
    """Whether the values in its path are such that no gateway on the way takes offence."""

    @property
    def surely_no_json(self) -> bool:
        """Whether the body is no JSON to anybody; ``NOT_JSON`` may also be JSON that we do not read."""
        try:
            json.loads(self.exchange.raw.body)
        except RecursionError:
            return False
        except ValueError:
            return True
        return False


@dataclass(frozen=True)
class Asked:
    """A request as it was generated, before our ids are put in."""

    operation: str
    query: Mapping[str, str]
    values: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str]


class Sender:
    """Sends generated requests, with our ids in them."""

    def __init__(self, api: Api, own: IdReplacer) -> None:
        self.sent: list[SentCase] = []
        self._api = api
        self._own = own

    def send(self, asked: Asked) -> Exchange:
        """Send one, again where it had no answer, and take note of what came in the end."""
        operation, body, values, query = asked.operation, asked.body, asked.values, asked.query
        if OPERATIONS[operation].method == "GET":
            query, values = self._own.query(operation, query), self._own.query(operation, values)
            request: Any = query | values
        else:
            body, request = self._own.body(operation, body)
        draft = self._draft(operation, query, values, body, asked.headers)
        lost: list[Exchange] = []
        for attempt in range(_ATTEMPTS):
            exchange = self._api.wire.send(lambda: draft, attempt=attempt)
            if not exchange.unanswered:
                break
            lost.append(exchange)
        check = RUNNING.get()
        if check is not None and not exchange.unanswered:
            check.answered_later(lost)
        self._own.learn(exchange.answer)
        self.sent.append(SentCase(exchange, operation, request, _is_plain(values)))
        return exchange

    def _draft(
        self,
        operation: str,
        query: Mapping[str, str],
        values: Mapping[str, str],
        body: bytes,
        headers: Mapping[str, str],
    ) -> Draft:
        known = OPERATIONS[operation]
        method, template = self._api.profile.request_line(operation)
        path = fill(template, self._api.wire.api_key, values)
        return Draft(operation, known.service, method, path, query, headers, body, "own", _is_plain(values))


class Bridge:
    """The WSGI application that Schemathesis talks to: with a ``sender`` it answers what the target answers, without
    one it only writes down what is asked, and refuses everything.

    ``most`` bounds what it takes; whatever makes going on pointless ends up in ``problem``.
    """

    def __init__(self, *, most: int, sender: Sender | None = None) -> None:
        self.asked: list[Asked] = []
        self.problem: BaseException | None = None
        self.full = False
        self._sender = sender
        self._most = most
        self._guard = threading.Lock()

    def __call__(self, environ: Mapping[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request of Schemathesis."""
        with self._guard:
            asked = None if self.problem is not None or self.full else _asked(environ)
            if self.problem is not None or self.full:
                return _answered(start_response, "503 Service Unavailable", b"{}")
            if asked is None:
                return _answered(start_response, "404 Not Found", b"{}")
            self.asked.append(asked)
            self.full = len(self.asked) >= self._most
            if self._sender is None:
                return _answered(start_response, "400 Bad Request", b"{}")
            AHEAD.set(_A_SEQUENCE)  # in a thread of Schemathesis
            try:
                exchange = self._sender.send(asked)
            except BaseException as problem:  # told by whoever runs the engine, which would swallow it
                self.problem = problem
                return _answered(start_response, "503 Service Unavailable", b"{}")
        if exchange.status is None:
            return _answered(start_response, "404 Not Found", b"{}")
        return _answered(start_response, f"{exchange.status} -", exchange.raw.answer)


def _asked(environ: Mapping[str, Any]) -> Asked | None:
    """What a WSGI request asks of which operation; None when it is none of ours."""
    method = environ["REQUEST_METHOD"]
    path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
    found = _operation_of(method, path)
    if found is None:
        return None
    operation, values = found
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length and method != "GET" else b""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    headers = {"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") and body else {}
    return Asked(operation, query, values, body, headers)


def _is_plain(values: Mapping[str, str]) -> bool:
    return all(_PLAIN.fullmatch(value) for value in values.values())


def _operation_of(method: str, path: str) -> tuple[str, dict[str, str]] | None:
    """The operation a canonical path means, fixed paths before those with values, and its values."""
    found = [
        (name, match.groupdict())
        for name, shape in _SHAPES.items()
        if OPERATIONS[name].method == method and (match := shape.match(path))
    ]
    if not found:
        return None
    name, values = min(found, key=lambda one: len(one[1]))
    return name, values


def _answered(start_response: StartResponse, status: str, body: bytes) -> Iterable[bytes]:
    start_response(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
