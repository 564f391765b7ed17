"""The elements of a large JSON file, one after another, without reading the whole: where each stands, and its bytes.

A strict reader refuses a whole file for one bad character, and one that was cut. So only the structure around the
elements is read here; each element is decoded by itself, by whoever asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, Final, NamedTuple

CHUNK: Final = 1 << 22
_LONGEST: Final = 256 * 1024 * 1024
"""Most bytes of one element."""
_DESCENDED: Final = 2
"""Objects are gone into so deep: ``log`` and its members, ``run`` and its."""
_TOKEN: Final = re.compile(rb'[\s,]*+(?:([{}\[\]:])|("[^"\\]*+(?:\\.[^"\\]*+)*+")|([^\s,{}\[\]:"]++))', re.DOTALL)
_INSIDE: Final = re.compile(rb'(?:[^"{}\[\]]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+', re.DOTALL)


class Element(NamedTuple):
    """A value: the names on the way to it, where it begins in the file, and its bytes."""

    path: tuple[str, ...]
    offset: int
    raw: bytes


class Cut(Exception):
    """The file ends inside its structure."""


class _Window:
    """A window that moves over a file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.data = b""
        self.base = 0
        self.at = 0

    def more(self) -> None:
        """Read on, and forget what lies behind. Raises Cut at the end of the file."""
        chunk = self.file.read(CHUNK)
        if not chunk:
            raise Cut
        self.data, self.base, self.at = self.data[self.at :] + chunk, self.base + self.at, 0
        if len(self.data) > _LONGEST:
            raise Cut

    def token(self) -> bytes:
        """The next token."""
        while True:
            found = _TOKEN.match(self.data, self.at)
            if found and (found.end() < len(self.data) or found.group(1)):
                self.at = found.end()
                return found.group(1) or found.group(2) or found.group(3)
            self.more()

    def rest_of_value(self) -> tuple[int, bytes]:
        """Go to the end of the array or object whose first sign was read; return where it began, and its bytes."""
        start, depth = self.at - 1, 1
        self.at = start  # so that reading on keeps all of it
        place = 1
        while depth:
            found = _INSIDE.match(self.data, self.at + place)
            end = found.end() if found else self.at + place
            if end >= len(self.data) or self.data[end] == 0x22:  # the end of the window, or a text that goes on
                place = end - self.at
                self.more()
                continue
            depth += 1 if self.data[end] in b"{[" else -1
            place = end + 1 - self.at
        offset, raw = self.base + self.at, self.data[self.at : self.at + place]
        self.at += place
        return offset, raw


def elements(file: BinaryIO) -> Iterator[Element]:
    """Yield the elements of every array and the other members, down to the second object, in the order of the file.

    Raises:
        Cut: the file ends too early; what was whole has been yielded.
    """
    window = _Window(file)
    if file.read(3) != b"\xef\xbb\xbf":
        file.seek(0)
    else:
        window.base = 3
    yield from _value(window, window.token(), (), ())


def _value(window: _Window, first: bytes, path: tuple[str, ...], arrays: tuple[str, ...]) -> Iterator[Element]:
    if first == b"{" and len(path) < _DESCENDED and not arrays:
        while (name := window.token()) != b"}":
            if window.token() != b":":
                raise Cut
            yield from _value(window, window.token(), (*path, name.strip(b'"').decode("utf-8", "replace")), ())
    elif first == b"[" and not arrays:
        while (token := window.token()) != b"]":
            yield from _value(window, token, path, ("[",))
    elif first in (b"{", b"["):
        yield Element(path, *window.rest_of_value())
    elif first in (b"}", b"]", b":"):
        raise Cut
    else:
        yield Element(path, window.base + window.at - len(first), first)
