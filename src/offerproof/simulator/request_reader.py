"""From bytes to requests: what a connection reads, parsed by httptools and held to the limits of one client."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import NoReturn, Protocol

import httptools
import msgspec

from offerproof.simulator.answers import Answer, refusal

_BAD_HTTP = "the request is not well-formed HTTP/1.1"
_SERVED = ("1.0", "1.1")
_CODES = {
    400: "bad_request",
    405: "method_not_allowed",
    417: "expectation_failed",
    431: "header_too_large",
    501: "not_implemented",
    505: "version_not_supported",
}


class ConnectionState(Enum):
    """Where a connection stands. It may go on to the states in ``follows`` and to no other."""

    IDLE = "between two requests"
    HEAD = "the head of a request arrives"
    BODY = "the body of a request arrives"
    ANSWERING = "nothing is read until answers have left that a scenario holds back or the client does not take"
    CLOSING = "no further request is taken: what was asked is answered, then the connection ends"

    follows: tuple[ConnectionState, ...]


IDLE, HEAD, BODY, ANSWERING, CLOSING = (
    ConnectionState  # looking up a member costs ten times as much as looking up a name
)
IDLE.follows = (HEAD, ANSWERING, CLOSING)
HEAD.follows = (BODY, ANSWERING, CLOSING)
BODY.follows = (IDLE, ANSWERING, CLOSING)
ANSWERING.follows = (IDLE, HEAD, BODY, CLOSING)
CLOSING.follows = ()


class Request(msgspec.Struct):
    """One request as bytes; header names in lower case.

    ``keep``: the connection stays open after it. ``old``: it is HTTP/1.0. ``oversize``: its body is longer than it may
    be and was not read. ``refusal``: what it is answered when it is no request that could be handled.
    """

    method: bytes
    target: bytes
    headers: dict[bytes, bytes]
    body: bytes
    keep: bool
    old: bool = False
    oversize: bool = False
    refusal: Answer | None = None


_NONE = Request(b"", b"", {}, b"", keep=False)


class RequestSink(Protocol):
    """What a reader reads for: a connection."""

    state: ConnectionState

    def move(self, state: ConnectionState) -> None:
        """Go to another state."""

    def ask_for_body(self) -> None:
        """The client waits for word to send the body."""

    def take(self, request: Request) -> None:
        """A request is complete."""


class RequestReader:
    """Feeds the parser of one connection and hands it complete requests, or the one that says why there are no more."""

    def __init__(self, connection: RequestSink, head_limit: int, body_limit: Callable[[bytes], int]) -> None:
        self._connection = connection
        self._head_limit = head_limit
        self._too_large = f"the request's head is larger than {head_limit} bytes"
        self._body_limit = body_limit
        self._parser = httptools.HttpRequestParser(self)
        self._target = b""
        self._headers: dict[bytes, bytes] = {}
        self._head_size = 0
        self._head_read = 0
        self._offer = False  # the head offers to change protocol
        self._request = _NONE
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = 0

    def feed(self, data: bytes) -> None:
        """Parse what one read brought."""
        while data:
            rest = b""
            inside = self._connection.state is HEAD
            try:
                self._parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                if self._connection.state is not CLOSING:
                    rest = self._without_offer() + data[upgrade.args[0] :]
            except httptools.HttpParserCallbackError as failed:
                if not isinstance(failed.__context__, _StopParsing):
                    raise
            except httptools.HttpParserError:
                if self._connection.state is not CLOSING:
                    self._refuse(400, _BAD_HTTP)
            if inside and not rest and self._connection.state is HEAD:
                self._head_read += len(data)  # a header is parsed only when it is complete
                if self._head_read > self._head_limit:
                    self._refuse(431, self._too_large)
            data = rest

    # -- httptools

    def on_message_begin(self) -> None:
        """A request starts."""
        if self._connection.state is not HEAD:  # it is when a head is read again, without its offer
            self._connection.move(HEAD)
        self._target = b""
        self._headers = {}
        self._head_size = self._head_read = 0

    def on_url(self, url: bytes) -> None:
        """A piece of the request target."""
        self._target += url
        self._head_size += len(url)
        if self._head_size > self._head_limit:
            self._end(431, self._too_large)

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; a repeated one is joined by a comma, as HTTP defines it."""
        self._head_size += len(name) + len(value) + 4
        if self._head_size > self._head_limit:
            self._end(431, self._too_large)
        name = name.lower()
        headers = self._headers
        if name in headers:
            if name == b"host":
                self._end(400, "there are two Host headers")
            value = headers[name] + b", " + value
        headers[name] = value

    def on_headers_complete(self) -> None:
        """The head is there: refuse what cannot be served, and say go on to a client that waits for that."""
        headers, parser = self._headers, self._parser
        method = parser.get_method()
        self._offer = parser.should_upgrade()
        if self._offer:
            if method == b"CONNECT":
                self._end(405, "this is not a proxy", b"allow: GET, PATCH, POST\r\n")
            return
        self._connection.move(BODY)
        keep = parser.should_keep_alive()
        version = "1.1"
        if not keep or b"connection" in headers:  # without that header, only HTTP/1.1 keeps a connection open
            version = parser.get_http_version()
            if version not in _SERVED:
                self._end(505, "only HTTP/1.1 and HTTP/1.0 are served")
        old = version == "1.0"
        if b"host" not in headers and not old:
            self._end(400, "HTTP/1.1 needs a Host header")
        self._request = Request(method, self._target, headers, b"", keep, old)
        self._headers = {}  # what follows the body is no header
        self._parts = []
        self._size = 0
        self._limit = self._body_limit(self._target)
        length = headers.get(b"content-length")
        if length is not None:
            if not length.isdigit() or len(length) > 15 or int(length) > self._limit:
                self._refuse_body()
        elif b"transfer-encoding" in headers:
            if old:
                self._end(400, "HTTP/1.0 knows no Transfer-Encoding")
            if headers[b"transfer-encoding"].lower() != b"chunked":
                self._end(501, "the only Transfer-Encoding that is served is chunked")
        if b"expect" in headers and not old:
            if headers[b"expect"].lower() != b"100-continue":
                self._end(417, "only 100-continue is served")
            self._connection.ask_for_body()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._size += len(body)
        if self._size > self._limit:
            self._refuse_body()
        self._parts.append(body)

    def on_message_complete(self) -> None:
        """The request is there."""
        if self._offer:
            return
        self._connection.move(IDLE)
        parts = self._parts
        self._request.body = parts[0] if len(parts) == 1 else b"".join(parts)
        if self._headers and not self._parser.should_keep_alive():  # the parser has read a trailer as a header
            self._request.keep = False
        self._connection.take(self._request)
        if self._connection.state is CLOSING:
            raise _StopParsing

    # -- no requests

    def _refuse_body(self) -> NoReturn:
        """Hand the request over without its body, which is not read, so that it is refused in its service's words."""
        request = self._request
        request.keep, request.oversize = False, True
        self._connection.take(request)
        raise _StopParsing

    def _end(self, status: int, message: str, headers: bytes = b"") -> NoReturn:
        self._refuse(status, message, headers)
        raise _StopParsing

    def _refuse(self, status: int, message: str, headers: bytes = b"") -> None:
        self._connection.take(refused(refusal(None, status, _CODES[status], message, headers)))

    def _without_offer(self) -> bytes:
        """Return the head again without its offer to change protocol, for a new parser.

        RFC 9110 lets a server ignore the offer. The parser takes it as accepted, and leaves the body unparsed.
        """
        version = self._parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (self._parser.get_method(), self._target, version)]
        lines += [b"%b: %b" % (name, value) for name, value in self._headers.items() if name != b"upgrade"]
        self._parser = httptools.HttpRequestParser(self)
        return b"\r\n".join(lines) + b"\r\n\r\n"


class _StopParsing(Exception):
    """Nothing more of this connection is to be parsed."""


def refused(answer: Answer) -> Request:
    """Return what stands in the place of a request that cannot be handled; the connection ends with its answer."""
    return Request(b"", b"", {}, b"", keep=False, refusal=answer)
