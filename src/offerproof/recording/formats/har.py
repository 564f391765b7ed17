"""HTTP Archive 1.2, as browsers, proxies and test tools write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from offerproof.recording.bodies import (
    absent_body,
    absent_request,
    byte_body,
    from_parameters,
    text_body,
)
from offerproof.recording.creators import UNKNOWN, Traits, traits_of_har
from offerproof.recording.elements import Cut, elements
from offerproof.recording.model import EMPTY, MISSING, Body, Fact, Headers, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording, instant, pairs

ENTRIES = ("log", "entries")
_CREATOR = ("log", "creator")
_RECORDER = ("log", "_recorder")
_MARKS = ("_error", "_failureText")


class _Start(msgspec.Struct):
    """The part of an entry that tells its place in time."""

    startedDateTime: str = ""  # noqa: N815  (the format's own name)
    monotonic: float | None = msgspec.field(default=None, name="_monotonicTime")
    requested: float | None = msgspec.field(default=None, name="_requestTime")


_STARTS = msgspec.json.Decoder(_Start)


def open_har(source: RecordedFile) -> Recording:
    """Index a HAR."""
    reader = _EntryReader(source)
    recording = Recording(source, "HAR", UNKNOWN, reader.entry)
    creator = ""
    source.file.seek(0)
    try:
        for element in elements(source.file):
            if element.path == ENTRIES:
                start = _start(recording, element.raw)
                recording.add(start[0], element.offset, len(element.raw), start[1])
            elif element.path == _CREATOR:
                told = recording.value(element.raw, "creator")
                creator = creator or (str(told.get("name") or "") if isinstance(told, dict) else "")
            elif element.path == _RECORDER:  # of a recording that we have anonymised
                creator = element.raw.strip(b'"').decode("utf-8", "replace")
    except Cut:
        recording.cut = True
    recording.traits = reader.traits = traits_of_har(creator)
    return recording.finish()


def _start(recording: Recording, raw: bytes) -> tuple[str | None, float]:
    try:
        found = _STARTS.decode(raw)
    except (ValueError, RecursionError):
        value = recording.value(raw, f"entry {len(recording.spans) + 1}")
        told = value.get("startedDateTime") if isinstance(value, dict) else None
        return (told if isinstance(told, str) else None), 0.0
    return found.startedDateTime or None, found.monotonic or found.requested or 0.0


class _EntryReader:
    """Makes exchanges of entries."""

    def __init__(self, source: RecordedFile) -> None:
        self.source = source
        self.traits: Traits = UNKNOWN

    def entry(self, entry: Mapping[str, Any], place: str) -> Recorded | Skipped:
        """One entry. Members that the standard requires may be missing: every tool leaves some out."""
        asked, told = entry.get("request"), entry.get("response")
        if not isinstance(asked, Mapping) or not isinstance(told, Mapping):
            return Skipped(place, "no request or no response")
        if not asked.get("url") or not asked.get("method"):
            return Skipped(place, "a request without method or address")
        sent, got = pairs(asked.get("headers") or ()), pairs(told.get("headers") or ())
        method = str(asked["method"]).upper()
        status = told.get("status")
        status = status if isinstance(status, int) and status > 0 else None
        marked = any(one.get(mark) for one in (entry, told) for mark in _MARKS)
        answer = self._answer(told.get("content") or {}, got, status, method)
        failure = "closed" if status is None or marked or status in self.traits.own_answers else None
        started = instant(str(entry.get("startedDateTime", "")))
        return Recorded(
            place=place,
            method=method,
            url=str(asked["url"]),
            request_headers=sent,
            request=self._request(asked, sent, method),
            status=None if failure else status,
            answer_headers=got,
            answer=EMPTY if failure else answer,
            started=started,
            ended=None if failure else _end(entry, started),
            failure=failure,
            altered="the recorder hides redirects" if self.traits.hides_redirects else None,
            placed="preflight" if entry.get("_resourceType") == "preflight" else None,
        )

    def _request(self, asked: Mapping[str, Any], headers: Headers, method: str) -> Body:
        posted = asked.get("postData")
        if not isinstance(posted, Mapping):
            return absent_request(headers, method, asked.get("bodySize"))
        if posted.get("_file"):
            return self._attached(str(posted["_file"]), headers)
        text, listed = posted.get("text"), posted.get("params")
        if isinstance(text, str) and text:
            return told_of(posted, text_body(text, (), posted.get("encoding")))
        if isinstance(listed, list) and listed:
            return from_parameters(listed)
        return absent_request(headers, method, asked.get("bodySize"))

    def _answer(self, content: Mapping[str, Any], headers: Headers, status: int | None, method: str) -> Body:
        if content.get("_file"):
            return self._attached(str(content["_file"]), headers)
        text = content.get("text")
        if isinstance(text, str) and text:
            return told_of(content, text_body(text, headers, content.get("encoding")))
        return absent_body(headers, status, method)

    def _attached(self, name: str, headers: Headers) -> Body:
        data = self.source.attached(name)
        return MISSING if data is None else byte_body(data, headers)


def told_of(part: Mapping[str, Any], body: Body) -> Body:
    """The body with what a recording that we have anonymised says of it."""
    fact = part.get("_fact")
    return body if fact is None else Body(body.data, Fact.ALTERED, values=fact == "values")


def _end(entry: Mapping[str, Any], started: int | None) -> int | None:
    """Start and ``time``, where waiting for the answer is in it."""
    took, timings = entry.get("time"), entry.get("timings")
    wait = timings.get("wait") if isinstance(timings, Mapping) else None
    if (
        started is None
        or not isinstance(took, int | float)
        or not isinstance(wait, int | float)
        or wait < 0
        or took < 0
    ):
        return None
    return started + round(took * 1000)
