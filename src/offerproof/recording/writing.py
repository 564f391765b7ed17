"""Writes a recording as a HAR that can be handed on: other values, the same shape, judged the same."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any, Final

from offerproof import __version__
from offerproof.exchange import NOT_JSON, parse_json
from offerproof.files import FULL, cannot_write
from offerproof.recording.anonymiser import Anonymiser
from offerproof.recording.model import Body, Fact, Headers, Recorded, header
from offerproof.recording.source import Recording

KEPT: Final = frozenset({"content-type", "date", "server", "transfer-encoding", "retry-after", "user-agent"})
"""Headers that are written; of Authorization only that it was there."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def write_anonymised(recording: Recording, path: Path) -> int:
    """Write all exchanges with other values in the place of people and secrets; return how many.

    Raises:
        Misuse: the file is there already, or cannot be written.
    """
    anonymiser = Anonymiser()
    for one in recording.exchanges():
        anonymiser.learn_url(one.url)
        anonymiser.learn_credentials(header(one.request_headers, "authorization") or "")
        for body in (one.request, one.answer):
            parsed = parse_json(body.data)
            anonymiser.learn(None if parsed is NOT_JSON else parsed)
    recording.skipped.clear()
    try:
        with path.open("x", encoding="utf-8") as out:
            return _write(recording, anonymiser, out)
    except OSError as problem:
        if problem.errno in FULL:
            path.unlink(missing_ok=True)  # ours, and cut
        raise cannot_write(path, problem, "name a file that is not there yet") from problem


def _write(recording: Recording, anonymiser: Anonymiser, out: IO[str]) -> int:
    creator = {"name": "offerproof", "version": __version__, "comment": "anonymised"}
    begin = {"version": "1.2", "creator": creator, "_recorder": recording.traits.name}
    out.write(json.dumps({"log": begin})[:-2] + ', "entries": [')
    count = 0
    for count, entry in enumerate(_entries(recording, anonymiser), 1):
        out.write((",\n" if count > 1 else "\n") + json.dumps(entry, ensure_ascii=False))
    out.write("\n]}}\n")
    return count


def _entries(recording: Recording, anonymiser: Anonymiser) -> Iterator[dict[str, Any]]:
    for one in recording.exchanges():
        took = (one.ended - one.started) / 1000 if one.ended is not None and one.started is not None else None
        yield {
            "startedDateTime": _instant(one.started, recording.whole_seconds),
            "time": took if took is not None else 0,
            "request": _request(one, anonymiser),
            "response": _response(one, anonymiser),
            "cache": {},
            "timings": {"send": 0, "wait": took if took is not None else -1, "receive": 0},
            **({"_resourceType": one.placed} if one.placed else {}),
        }


def _instant(at: int | None, whole: bool) -> str:
    if at is None:
        return ""
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="seconds" if whole else "microseconds")


def _request(one: Recorded, anonymiser: Anonymiser) -> dict[str, Any]:
    kind = header(one.request_headers, "content-type") or "application/json"
    shown, size = _body(one.request, kind, anonymiser)
    authorised = header(one.request_headers, "authorization")
    headers = _headers(one.request_headers, one.request, size)
    if authorised is not None:
        headers.append({"name": "authorization", "value": f"{authorised.partition(' ')[0]} masked"})
    return {
        "method": one.method,
        "url": anonymiser.url(one.url),
        "httpVersion": "",
        "cookies": [],
        "headers": headers,
        "queryString": [],
        "headersSize": -1,
        "bodySize": size if one.request.fact is not Fact.NOT_RECORDED else -1,
        **({"postData": shown} if shown.get("text") else {}),
    }


def _response(one: Recorded, anonymiser: Anonymiser) -> dict[str, Any]:
    shown, size = _body(one.answer, header(one.answer_headers, "content-type") or "", anonymiser)
    return {
        "status": one.status or 0,
        "statusText": "",
        "httpVersion": "",
        "cookies": [],
        "headers": _headers(one.answer_headers, one.answer, size),
        "content": shown | {"size": size},
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
        **({"_error": one.failure} if one.failure else {}),
    }


def _body(body: Body, kind: str, anonymiser: Anonymiser) -> tuple[dict[str, Any], int]:
    """A body as HAR has it, and its size; what is not as it went over the wire says so."""
    if body.fact is Fact.NOT_RECORDED or not body.data:
        return {"mimeType": kind}, 0
    data = anonymiser.body(body.data)
    shown = {"mimeType": kind, "text": data.decode("utf-8", "replace")}
    if body.fact is Fact.ALTERED:
        shown["_fact"] = "values" if body.values else "altered"
    return shown, len(data)


def _headers(headers: Headers, body: Body, size: int) -> list[dict[str, str]]:
    kept = [{"name": name.lower(), "value": value} for name, value in headers if name.lower() in KEPT]
    length = header(headers, "content-length")
    if length is not None:
        told = length if body.fact is Fact.NOT_RECORDED else str(size)
        kept.append({"name": "content-length", "value": told})
    return kept
