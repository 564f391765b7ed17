"""HTTP messages as they pass by: what is in them, and where they end. Nothing that passes is changed but Host."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import urlsplit

import httptools

from offerproof.recording import Body, Headers
from offerproof.recording.bodies import byte_body
from offerproof.recording.model import MISSING

HEAD_MAX: Final = 64 * 1024
BODY_MAX: Final = 16 * 1024 * 1024
"""A longer body passes, and is not kept."""
_HOST: Final = re.compile(rb"(?im)^host:[^\r\n]*")
_TARGET: Final = re.compile(rb"^([A-Za-z]+) (\S+)")


class Unreadable(Exception):
    """What passes is no HTTP that we understand; it passes all the same."""


class PassedMessage:
    """One request or answer while it passes."""

    def __init__(self) -> None:
        self.url = b""
        self.headers: list[tuple[str, str]] = []
        self.data: bytearray | None = bytearray()
        self.status = 0
        self.method = ""
        self.head_seen = False

    @property
    def kept_headers(self) -> Headers:
        """Its headers, as often as they are there."""
        return tuple(self.headers)

    @property
    def body(self) -> Body:
        """Its body, unpacked where it is packed."""
        return MISSING if self.data is None else byte_body(bytes(self.data), self.kept_headers)

    @property
    def bounded(self) -> bool:
        """Whether it says where it ends; an answer that does not ends with the connection."""
        names = {name.lower() for name, _ in self.headers}
        return bool(names & {"content-length", "transfer-encoding"}) or self.status in (204, 304)


class _PassingReader:
    """What both directions share: the callbacks of httptools."""

    def __init__(self) -> None:
        self.message = PassedMessage()
        self.finished: list[PassedMessage] = []
        self._unended = 0

    def read(self, parser: httptools.HttpRequestParser | httptools.HttpResponseParser, data: bytes) -> None:
        """Feed the parser. Raises what httptools does, and :class:`Unreadable`: headers or trailers do not end."""
        self._unended += len(data)
        parser.feed_data(data)
        if self._unended > HEAD_MAX:
            self.message = PassedMessage()
            raise Unreadable("a head of more than 64 KiB")

    def on_message_begin(self) -> None:
        self.message = PassedMessage()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.message.headers.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        self.message.head_seen = True
        self._unended = 0

    def on_body(self, data: bytes) -> None:
        self._unended = 0
        kept = self.message.data
        if kept is not None and len(kept) + len(data) <= BODY_MAX:
            kept += data
        else:
            self.message.data = None

    def on_message_complete(self) -> None:
        self.finished.append(self.message)
        self._unended = 0


class PassingRequests(_PassingReader):
    """Cuts what a client sends into heads and bodies. ``feed`` yields them in order, as they are to be sent on."""

    def __init__(self) -> None:
        super().__init__()
        self._parser = httptools.HttpRequestParser(self)
        self._head = bytearray()
        self._in_body = False

    def on_url(self, url: bytes) -> None:
        self.message.url += url

    def feed(self, data: bytes) -> Iterator[tuple[str, bytes, PassedMessage]]:
        """Yield ``head`` (the bytes of a whole head), ``body`` (a piece) and ``end``, each with its message.

        Raises:
            Unreadable: it is no HTTP/1.1 of a client; what was not yielded yet is in ``rest``.
        """
        self.rest = data
        while self.rest:
            if self._in_body:
                piece, self.rest = self.rest, b""
                self._parse(piece, piece)
                yield "body", piece, self.message
            else:
                self._head += self.rest
                end = self._head.find(b"\r\n\r\n") + 4
                if end < 4:
                    if len(self._head) > HEAD_MAX:
                        self.rest = bytes(self._head)
                        raise Unreadable("a head of more than 64 KiB")
                    self.rest = b""
                    return
                head, self.rest = bytes(self._head[:end]), bytes(self._head[end:])
                self._head.clear()
                self._parse(head, head + self.rest)
                self.message.method = self._parser.get_method().decode("latin-1")
                self._in_body = True
                yield "head", head, self.message
            if self.finished:
                done = self.finished.pop()
                self._in_body = False
                yield "end", b"", done

    def _parse(self, data: bytes, otherwise: bytes) -> None:
        try:
            self.read(self._parser, data)
        except Unreadable:
            self.rest = otherwise
            raise
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as problem:
            self.rest = otherwise
            raise Unreadable(type(problem).__name__) from problem
        if len(self.finished) > 1 or (self.finished and self.message is not self.finished[0]):
            self.rest = otherwise
            raise Unreadable("requests that do not wait for their answers")


class PassingAnswers(_PassingReader):
    """Reads what a target sends, beside its way to the client. ``done`` is told of each whole answer."""

    def __init__(self, done: Callable[[PassedMessage], None]) -> None:
        super().__init__()
        self._parser = httptools.HttpResponseParser(self)
        self._done = done
        self.broken = False

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        self.message.status = self._parser.get_status_code()

    def feed(self, data: bytes) -> None:
        """Read on; what cannot be read is left alone from then on."""
        if self.broken:
            return
        try:
            self.read(self._parser, data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, Unreadable):
            self.broken = True
        for message in self.finished:
            if message.status >= 200:  # 100 Continue and its like come before the answer
                self._done(message)
        self.finished.clear()

    def close(self) -> PassedMessage | None:
        """The answer that ends with the connection; None when it was cut, or there is none."""
        message, self.message = self.message, PassedMessage()
        return message if message.head_seen and not message.bounded and not self.broken else None


def addressed(head: bytes, host: str, prefix: str) -> bytes:
    """The head of a request with another Host; ``prefix`` stands before its path where the target is below one."""
    head = _HOST.sub(b"Host: " + host.encode("ascii"), head, count=1)
    if not prefix:
        return head
    found = _TARGET.match(head)
    if found is None or found.group(2).startswith(prefix.encode()):
        return head
    return head[: found.start(2)] + prefix.encode() + head[found.start(2) :]


def path_of(url: bytes) -> str:
    """The path of a request line, without its query."""
    return urlsplit(url.decode("latin-1")).path
