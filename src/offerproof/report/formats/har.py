"""The exchanges of a run as HAR 1.2, for browsers' developer tools and whatever else reads recordings.

Placeholders stand where secrets and personal data stood, as in the run. Of an exchange the run keeps what proves a
finding or a clause; the whole time of each is its time of waiting.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from offerproof.findings import ExchangeRecord, Run
from offerproof.report.formats import Format
from offerproof.report.words import pretty


def render(run: Run) -> str:
    """Every exchange that the run holds, in their order, in ASCII."""
    header = run.header
    entries = [_entry(step) for _, step in sorted(run.exchanges.items())]
    creator = {"name": "offerproof", "version": header.suite_version}
    comment = f"run {header.run_id}"
    # What our own reader of recordings must know: who recorded, and (``_fact``) that placeholders stand in the bodies.
    log = {"version": "1.2", "creator": creator, "_recorder": "offerproof run", "entries": entries, "comment": comment}
    return json.dumps({"log": log}, indent=2).replace("\x7f", "\\u007f") + "\n"


def _entry(step: ExchangeRecord) -> dict[str, Any]:
    took_ms = step.duration_us / 1_000
    return {
        "startedDateTime": step.started,
        "time": took_ms,
        "request": _request(step),
        "response": _response(step),
        "cache": {},
        "timings": {"send": 0, "wait": took_ms, "receive": 0},
        "comment": f"#{step.number} {step.operation}" + (f" of {step.check}" if step.check else ""),
    }


def _request(step: ExchangeRecord) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": step.method,
        "url": step.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(step.request_headers),
        "queryString": [
            {"name": name, "value": value} for name, value in parse_qsl(_query(step.url), keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": -1,
    }
    if step.request_body is not None:
        request["postData"] = {"mimeType": _type(step.request_headers), "text": pretty(step.request_body)}
        request["postData"]["_fact"] = _fact(step.request_body)
    return request


def _response(step: ExchangeRecord) -> dict[str, Any]:
    """The answer; where there was none, status 0, as browsers write it."""
    text = pretty(step.answer_body)
    return {
        "status": step.status or 0,
        "statusText": step.failure or "",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(step.answer_headers),
        "content": {
            "size": len(text.encode()),
            "mimeType": _type(step.answer_headers),
            "text": text,
            "_fact": _fact(step.answer_body),
        },
        "redirectURL": "",
        "headersSize": -1,
        "bodySize": -1,
    }


def _fact(body: object) -> str:
    """What placeholders left of a body: its values, or (of a text that is no JSON) only that there was one."""
    return "altered" if isinstance(body, str) else "values"


def _headers(headers: dict[str, str]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in headers.items()]


def _type(headers: dict[str, str]) -> str:
    return next(
        (value for name, value in headers.items() if name.lower() == "content-type"), "application/octet-stream"
    )


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""


FORMAT: Final = Format(
    name="har",
    suffix="har",
    media_type="application/har+json",
    about="developer tools and other readers of recordings: the exchanges that the run holds",
    run=render,
    whole=True,
)
