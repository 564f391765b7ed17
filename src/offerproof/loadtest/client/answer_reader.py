"""What a server answers, one answer at a time: framing by httptools (llhttp), unpacked as certify's client does it."""

from __future__ import annotations

import io

import httptools
import urllib3


class AnswerReader:
    """The answer that is being read; ``begin`` forgets the one before. httptools calls what is named ``on_…``."""

    def __init__(self, max_bytes: int) -> None:
        self._most = max_bytes
        self.begin()
        self.connected()

    def connected(self) -> None:
        """Parse what comes over a new connection. Folded headers are obsolete, and some proxies write them."""
        self.parser = httptools.HttpResponseParser(self)
        self.parser.set_dangerous_leniencies(lenient_headers=True)

    def begin(self) -> None:
        """Expect an answer."""
        self.status = 0
        self.retry_after = self.date = ""
        self.begun = False
        """Whether its first byte has arrived."""
        self.complete = False
        self.keep = True
        """Whether the connection may be used again."""
        self._parts: list[bytes] = []
        self._size = 0
        self._encoding = ""
        self._headers_done = self._framed = False

    @property
    def too_large(self) -> bool:
        """Whether the body is beyond the limit."""
        return self._size > self._most

    def body(self) -> bytes | None:
        """Return the whole body, unpacked; empty when it cannot be unpacked, None when it is beyond the limit."""
        parts = self._parts
        body = parts[0] if len(parts) == 1 else b"".join(parts)
        if not self._encoding or not body:
            return body
        packed = urllib3.HTTPResponse(
            io.BytesIO(body), {"Content-Encoding": self._encoding}, preload_content=False, enforce_content_length=False
        )
        try:
            body = packed.read(self._most + 1, decode_content=True)
        except urllib3.exceptions.DecodeError:
            return b""
        return body if len(body) <= self._most else None

    def on_eof(self) -> str:
        """The peer closed. Right only for a body that has no other end; return what failed, or nothing."""
        if self._headers_done and not self._framed:
            self.complete, self.keep = True, False
            return ""
        return "closed"

    def on_message_begin(self) -> None:
        """A second answer to one request is the peer's mistake: take the first, and trust the connection no more."""
        self.begun = True
        if self.complete:
            self.keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Watch for what ends the body, how it is packed, and for a request to come back later."""
        length = len(name)
        if length == 14 or length == 17:
            if name.lower() in {b"content-length", b"transfer-encoding"}:
                self._framed = True
        elif length == 11 and name.lower() == b"retry-after":
            self.retry_after = value.decode("latin-1")
        elif length == 4 and name.lower() == b"date":
            self.date = value.decode("latin-1")
        elif length == 16 and name.lower() == b"content-encoding":
            self._encoding = value.decode("latin-1").lower()

    def on_headers_complete(self) -> None:
        """Take the status; an interim answer (1xx) is not the answer."""
        if self.complete:
            return
        self.status = self.parser.get_status_code()
        self._headers_done = self.status >= 200

    def on_body(self, body: bytes) -> None:
        """Collect up to the limit; what is beyond is counted and dropped."""
        if self.complete:
            return
        self._size += len(body)
        if self._size <= self._most:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """The whole answer is here."""
        if self._headers_done and not self.complete:
            self.complete = True
            self.keep = self.parser.should_keep_alive()
