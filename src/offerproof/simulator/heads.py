"""Heads of HTTP answers, made once for each status and reason."""

from __future__ import annotations

from http import HTTPStatus

from offerproof.simulator.answers import Answer

CLOSE = b"connection: close\r\n"
KEEP_ALIVE = b"connection: keep-alive\r\n"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def _start(status: int) -> bytes:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    lines = f"HTTP/1.1 {status} {phrase}\r\nserver: offerproof\r\ncontent-type: application/json\r\ncontent-length: "
    return lines.encode("ascii")


_STARTS = {status: _start(status) for status in range(200, 600)}


def head(answer: Answer, ending: bytes) -> bytes:
    """Return status line and headers, up to and with the empty line; ``ending`` says what becomes of the connection."""
    return b"%b%d\r\n%b%b\r\n" % (_STARTS[answer.status], len(answer.body), answer.headers, ending)
