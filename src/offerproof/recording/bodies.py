"""Bodies by their content: what bytes went over the wire, as far as a recording tells."""

from __future__ import annotations

import base64
import binascii
import gzip
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import msgspec

from offerproof.exchange import NOT_JSON, parse_json
from offerproof.recording.model import EMPTY, MISSING, Body, Fact, Headers, header

UNPACKED_MAX: Final = 64 * 1024 * 1024
"""Most bytes that one body may have when it is unpacked."""
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_REPLACED: Final = "\ufffd".encode()
_BODILESS: Final = (204, 205, 304)


def text_body(text: str, headers: Headers, encoding: str | None = None) -> Body:
    """A body that stands as text, or as base64 text; what begins like gzip is unpacked, whatever a header says."""
    if encoding == "base64":
        try:
            return byte_body(base64.b64decode(text, validate=False), headers)
        except binascii.Error:
            return MISSING
    try:
        data = text.encode()
    except UnicodeEncodeError:  # half a surrogate stands for a byte that was no UTF-8
        return Body(text.encode("utf-8", "surrogatepass"), Fact.ALTERED, values=False)
    known = _content_length(headers)
    if known is not None and not text.isascii():
        narrow = _latin(text)
        if narrow is not None and len(narrow) == known:
            data = narrow
    return byte_body(data, headers)


def byte_body(data: bytes, headers: Headers) -> Body:
    """A body whose bytes are recorded: unpacked where it begins like gzip; one that was cut short is not recorded."""
    if data.startswith(_GZIP):
        unpacked = _unpacked(data)
        if unpacked is None:
            return MISSING
        return Body(unpacked)
    data = data.removeprefix(_BOM)  # most recorders drop it: what only some of them know is held against nobody
    length = _content_length(headers)
    if parse_json(data) is NOT_JSON:
        if length is not None and not header(headers, "content-encoding") and len(data) < length - 3:
            return MISSING
        if _REPLACED in data:
            return Body(data, Fact.ALTERED, values=False)
    return Body(data)


def absent_body(headers: Headers, status: int | None, method: str) -> Body:
    """What an empty or missing text means: an empty body only where nothing else can be; else it was not recorded."""
    if method == "HEAD" or status in _BODILESS or _content_length(headers) == 0:
        return EMPTY
    return MISSING


def absent_request(headers: Headers, method: str, size: object) -> Body:
    """What a request without a recorded body had: none where nothing speaks of one."""
    length = _content_length(headers)
    told = length if length is not None else size if isinstance(size, int) else None
    if method in ("GET", "HEAD", "OPTIONS", "DELETE") or told == 0:
        return EMPTY if not told or told <= 0 or method == "GET" else MISSING
    return MISSING


_LISTS: Final = frozenset({"user_ids"})
"""Members of requests that are arrays: one of a single value looks like that value."""


def from_parameters(pairs: list[Mapping[str, Any]]) -> Body:
    """The JSON object that a recorder took apart into name and value, several of one name for an array."""
    listed: dict[str, list[Any]] = {}
    for one in pairs:
        listed.setdefault(str(one.get("name")), []).append(_read(one.get("value")))
    whole = {
        name: values if len(values) > 1 or (name in _LISTS and not isinstance(values[0], list)) else values[0]
        for name, values in listed.items()
    }
    return Body(msgspec.json.encode(whole), Fact.ALTERED, values=bool(whole))


def byte_list(value: object) -> bytes | None:
    """The bytes of ``{"type": "Buffer", "data": [...]}``; None for anything else."""
    listed = value.get("data") if isinstance(value, Mapping) else None
    if not isinstance(listed, list):
        return None
    try:
        return bytes(listed)
    except (TypeError, ValueError):
        return None


def _read(value: Any) -> Any:
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    found = parse_json(value.encode("utf-8", "replace"))
    return value if found is NOT_JSON else found


def _content_length(headers: Headers) -> int | None:
    told = header(headers, "content-length")
    return int(told) if told is not None and told.strip().isdigit() else None


def _latin(text: str) -> bytes | None:
    """The bytes of UTF-8 that was read as Latin-1; None when that cannot have been."""
    try:
        narrow = text.encode("latin-1")
        narrow.decode()
    except UnicodeError:
        return None
    return narrow


def _unpacked(data: bytes) -> bytes | None:
    try:
        with gzip.GzipFile(fileobj=BytesIO(data)) as packed:
            unpacked = packed.read(UNPACKED_MAX + 1)
    except (OSError, EOFError, zlib.error):
        return None
    return unpacked if len(unpacked) <= UNPACKED_MAX else None
