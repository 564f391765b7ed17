"""newman's JSON report: calls one after another, without instants, bodies of answers as lists of bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from offerproof.recording.bodies import absent_body, absent_request, byte_body, byte_list, text_body
from offerproof.recording.creators import NEWMAN
from offerproof.recording.elements import Cut, elements
from offerproof.recording.model import EMPTY, Body, Headers, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording, pairs

EXECUTIONS = ("run", "executions")


def open_newman(source: RecordedFile) -> Recording:
    """Index a report."""
    recording = Recording(source, "newman report", NEWMAN, _execution)
    source.file.seek(0)
    try:
        for element in elements(source.file):
            if element.path == EXECUTIONS:
                recording.add(None, element.offset, len(element.raw))
    except Cut:
        recording.cut = True
    return recording.finish()


def _execution(value: Mapping[str, Any], place: str) -> Recorded | Skipped:
    asked, told = value.get("request"), value.get("response")
    if not isinstance(asked, Mapping):
        return Skipped(place, "no request")
    failed = not isinstance(told, Mapping)
    answer: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    sent, got = pairs(asked.get("header") or (), "key"), pairs(answer.get("header") or (), "key")
    method = str(asked.get("method") or "GET").upper()
    data = byte_list(answer.get("stream"))
    status = answer.get("code")
    return Recorded(
        place=place,
        method=method,
        url=_address(asked.get("url")),
        request_headers=sent,
        request=_request(asked.get("body"), sent, method),
        status=status if isinstance(status, int) else None,
        answer_headers=got,
        answer=EMPTY if failed else byte_body(data, got) if data else absent_body(got, status, method),
        started=None,
        ended=None,
        failure="closed" if failed or not isinstance(status, int) else None,
        altered="the recorder hides redirects",
    )


def _request(body: Any, headers: Headers, method: str) -> Body:
    text = body.get("raw") if isinstance(body, Mapping) and body.get("mode") == "raw" else None
    return text_body(text, ()) if isinstance(text, str) and text else absent_request(headers, method, None)


def _address(url: Any) -> str:
    if not isinstance(url, Mapping):
        return str(url or "")
    host, path, port = url.get("host") or [], url.get("path") or [], url.get("port")
    named = ".".join(map(str, host)) if isinstance(host, list) else str(host)
    way = "/".join(map(str, path)) if isinstance(path, list) else str(path).lstrip("/")
    query = "&".join(
        f"{_spelled(one.get('key'))}={_spelled(one.get('value'))}"
        for one in url.get("query") or ()
        if not one.get("disabled")
    )
    return f"{url.get('protocol') or 'http'}://{named}{f':{port}' if port else ''}/{way}{'?' + query if query else ''}"


def _spelled(value: Any) -> str:
    return quote(str("" if value is None else value), safe="%+[]@:,/")
