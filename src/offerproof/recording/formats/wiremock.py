"""WireMock's journal (``GET /__admin/requests``): newest first, the bytes of bodies in base64."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from offerproof.recording.bodies import absent_body, absent_request, text_body
from offerproof.recording.creators import WIREMOCK
from offerproof.recording.elements import Cut, elements
from offerproof.recording.model import EMPTY, Body, Headers, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording

REQUESTS = ("requests",)


def open_journal(source: RecordedFile) -> Recording:
    """Index a journal."""
    recording = Recording(source, "WireMock journal", WIREMOCK, _served)
    source.file.seek(0)
    try:
        for element in elements(source.file):
            if element.path == REQUESTS:
                value = recording.value(element.raw, "journal")
                logged = (value.get("request") or {}).get("loggedDate") if isinstance(value, dict) else None
                at = logged * 1000 if isinstance(logged, int) else None
                # newest first: of two that came in one millisecond, the later in the file came first
                recording.add(at, element.offset, len(element.raw), -float(len(recording.spans)))
    except Cut:
        recording.cut = True
    return recording.finish()


def _served(value: Mapping[str, Any], place: str) -> Recorded | Skipped:
    asked, told = value.get("request"), value.get("response")
    if not isinstance(asked, Mapping) or not isinstance(told, Mapping):
        return Skipped(place, "no request or no response")
    sent, got = _headers(asked.get("headers")), _headers(told.get("headers"))
    method, status = str(asked.get("method") or "").upper(), told.get("status")
    failed = not isinstance(status, int) or status in WIREMOCK.own_answers
    logged = asked.get("loggedDate")
    started = logged * 1000 if isinstance(logged, int) else None
    took = (value.get("timing") or {}).get("totalTime")
    return Recorded(
        place=place,
        method=method,
        url=str(asked.get("absoluteUrl") or asked.get("url") or ""),
        request_headers=sent,
        request=_body(asked) or absent_request(sent, method, None),
        status=None if failed else status,
        answer_headers=got,
        answer=EMPTY if failed else _body(told, got) or absent_body(got, status, method),
        started=started,
        ended=None if failed or started is None or not isinstance(took, int) else started + took * 1000,
        failure="closed" if failed else None,
    )


def _body(part: Mapping[str, Any], headers: Headers = ()) -> Body | None:
    packed, text = part.get("bodyAsBase64"), part.get("body")
    if isinstance(packed, str) and packed:
        return text_body(packed, headers, "base64")
    return text_body(text, headers) if isinstance(text, str) and text else None


def _headers(value: Any) -> Headers:
    listed = value.items() if isinstance(value, Mapping) else ()
    return tuple((str(name), str(one)) for name, told in listed for one in (told if isinstance(told, list) else [told]))
