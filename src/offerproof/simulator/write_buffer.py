"""From answers to bytes: what of a connection's answers has not been written yet."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from offerproof.simulator.answers import Answer

CLOSE: Final = b"connection: close\r\n"
KEEP_ALIVE: Final = b"connection: keep-alive\r\n"
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"


def _start(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    lines = f"HTTP/1.1 {status} {phrase}\r\nserver: offerproof\r\ncontent-type: application/json\r\ncontent-length: "
    return lines.encode("ascii")


_STARTS = {status: _start(status) for status in range(200, 600)}


class WriteBuffer:
    """Bytes that wait to be written. ``full``: no further answer should be made before these have left."""

    def __init__(self, limit: int) -> None:
        self.size = 0
        self.full = False
        self._limit = limit
        self._parts: list[bytes] = []

    def put(self, data: bytes) -> None:
        """Add bytes."""
        self._parts.append(data)
        self.size += len(data)
        if self.size > self._limit:
            self.full = True

    def put_answer(self, answer: Answer, ending: bytes, *, bare: bool = False) -> None:
        """Add an answer; ``ending`` says what becomes of the connection, ``bare`` leaves the body out."""
        body = answer.body
        sent = b"" if bare else body
        self.put(b"%b%d\r\n%b%b\r\n%b" % (_STARTS[answer.status], len(body), answer.headers, ending, sent))

    def take(self) -> bytes:
        """Return all of it, and be empty."""
        data = b"".join(self._parts)
        self._parts.clear()
        self.size = 0
        self.full = False
        return data
