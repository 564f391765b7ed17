"""Kinds of recordings, told by their content: those that are read, and those that another command can convert."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NamedTuple

from offerproof.files import read_json
from offerproof.recording.elements import Cut, elements
from offerproof.recording.formats.har import open_har
from offerproof.recording.formats.json_lines import names, open_log
from offerproof.recording.formats.newman import EXECUTIONS, open_newman
from offerproof.recording.formats.own_runs import open_run
from offerproof.recording.formats.vcrpy import INTERACTIONS, open_cassette
from offerproof.recording.formats.wiremock import REQUESTS, open_journal
from offerproof.recording.source import RecordedFile, Recording

_LOOKED_AT: Final = 64 * 1024
_PROXY: Final = "record it again with `mitmdump --mode reverse:https://TARGET@8080 --set hardump=OUT.har`"


class Head(NamedTuple):
    """The beginning of a file, and the names on the way to the first elements of its JSON (none: it is no JSON)."""

    data: bytes
    paths: frozenset[tuple[str, ...]]
    first: bytes
    """The first element of an array."""


class RecordedFormat(NamedTuple):
    """A kind of recording: how its beginning tells it, and how it is opened."""

    name: str
    sees: Callable[[Head], bool]
    open: Callable[[RecordedFile], Recording]


class Foreign(NamedTuple):
    """A kind that is not read: what it is, why not, and what to do instead."""

    name: str
    sees: Callable[[Head], bool]
    instead: str


FORMATS: Final = (
    RecordedFormat("offerproof run", lambda head: head.data.startswith(b'{"record":"header"'), open_run),
    RecordedFormat("HAR", lambda head: re.match(rb'\{\s*"log"\s*:', head.data) is not None, open_har),
    RecordedFormat("newman report", lambda head: EXECUTIONS in head.paths, open_newman),
    RecordedFormat(
        "WireMock journal", lambda head: REQUESTS in head.paths and b'"loggedDate"' in head.first, open_journal
    ),
    RecordedFormat(
        "vcrpy cassette",
        lambda head: (INTERACTIONS in head.paths and b'"uri"' in head.first) or _yaml(head, b"interactions:"),
        open_cassette,
    ),
    RecordedFormat("gateway log", lambda head: _a_line_of_a_log(head), open_log),
)
FOREIGN: Final = (
    Foreign(
        "a mitmproxy flow file",
        lambda head: re.match(rb"[0-9]{1,9}:[0-9]+:", head.data) is not None,
        "convert it with `mitmdump -nr FILE --set hardump=OUT.har`",
    ),
    Foreign(
        "a packet capture",
        lambda head: (
            head.data[:4] in (b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xc3\xd4", b"\x0a\x0d\x0d\x0a", b"\x4d\x3c\xb2\xa1")
        ),
        _PROXY,
    ),
    Foreign("tshark's JSON", lambda head: b'"_source"' in head.data and b'"layers"' in head.data, _PROXY),
    Foreign("a Bruno report", lambda head: b'"iterationIndex"' in head.data[:400], _PROXY),
    Foreign("OpenTelemetry spans, which hold no bodies", lambda head: b'"trace_id"' in head.data[:4_000], _PROXY),
    Foreign(
        "WireMock mappings, which keep one answer for each request and no order",
        lambda head: bool({("mappings",), ("request", "url"), ("request", "urlPath")} & head.paths),
        "take the journal: `curl http://WIREMOCK/__admin/requests > journal.json`",
    ),
    Foreign(
        "a Schemathesis cassette",
        lambda head: _yaml(head, b"recorded_with: 'Schemathesis"),
        "let Schemathesis write a HAR: `st run … --report har`",
    ),
    Foreign(
        "a Betamax cassette, which keeps one call for each address",
        lambda head: ("http_interactions",) in head.paths or _yaml(head, b"http_interactions:"),
        _PROXY,
    ),
    Foreign("a file of the responses library, without requests", lambda head: _yaml(head, b"responses:"), _PROXY),
    Foreign("compressed", lambda head: head.data[:3] in (b"\x1f\x8b\x08", b"BZh", b"\x28\xb5\x2f"), "unpack it first"),
)


def head_of(source: RecordedFile) -> Head:
    """Read the beginning of a file."""
    source.file.seek(0)
    data = source.file.read(_LOOKED_AT).removeprefix(b"\xef\xbb\xbf").lstrip()
    if data[:1] not in (b"{", b"["):
        return Head(data, frozenset(), b"")
    source.file.seek(0)
    paths: set[tuple[str, ...]] = set()
    first = b""
    try:
        for element in elements(source.file):
            paths.add(element.path)
            if element.raw[:1] == b"{" and element.path[-1:] in (("entries",), ("executions",), REQUESTS, INTERACTIONS):
                first = element.raw
                break
            if element.offset > _LOOKED_AT and not element.path:
                break
    except (Cut, RecursionError):
        pass
    return Head(data, frozenset(paths), first)


def _yaml(head: Head, begins: bytes) -> bool:
    return not head.paths and re.search(rb"^" + re.escape(begins), head.data, re.MULTILINE) is not None


def _a_line_of_a_log(head: Head) -> bool:
    line = head.data.partition(b"\n")[0]
    try:
        found = read_json(line)
    except ValueError:
        return False
    return isinstance(found, dict) and names(found)
