"""What a connection makes of the bytes it reads: a request, or a reason to read no further."""

from __future__ import annotations


class Request:
    """A parsed request: its bytes, and whether the connection stays open after it."""

    __slots__ = ("body", "headers", "keep", "method", "old", "oversize", "target")

    def __init__(
        self,
        method: bytes,
        target: bytes,
        headers: dict[bytes, bytes],
        body: bytes,
        *,
        keep: bool,
        old: bool,
        oversize: bool,
    ) -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.body = body
        self.keep = keep
        self.old = old
        self.oversize = oversize


def too_long(length: bytes, limit: int) -> bool:
    """Whether a Content-Length announces more than ``limit`` bytes, or no number at all."""
    return not length.isdigit() or len(length) > 15 or int(length) > limit


class HeadTooLarge(Exception):
    """The request's head is larger than the limit."""


class Stop(Exception):
    """Nothing more of this connection is to be parsed."""
