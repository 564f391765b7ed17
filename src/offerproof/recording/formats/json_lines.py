"""A gateway's log as JSON Lines, one request a line, with the bodies of requests (nginx: ``log_format … escape=json``).

Whoever sets up such a log chooses the names, so the usual ones are known by what they mean. Bodies of answers are
seldom in it: then requests are known, and answers only by their status.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from offerproof.recording.bodies import absent_body, absent_request, text_body
from offerproof.recording.creators import GATEWAY
from offerproof.recording.model import MISSING, SECOND, Body, Headers, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording, instant

_METHOD: Final = ("method", "request_method", "verb", "http_method")
_ADDRESS: Final = ("url", "uri", "request_uri", "path", "request_path")
_HOST: Final = ("host", "http_host", "authority", "server_name")
_SENT: Final = ("body", "request_body", "req_body")
_GOT: Final = ("response_body", "resp_body", "answer_body")
_STATUS: Final = ("status", "status_code", "response_code", "code")
_TOOK: Final = ("took", "request_time", "duration", "duration_s")
_ENDED: Final = ("msec", "time_msec")
_AT: Final = ("time", "time_iso8601", "timestamp", "ts", "@timestamp", "start_time")
_NAMED: Final = {
    "authorization": ("auth", "authorization", "http_authorization"),
    "content-type": ("type", "content_type"),
}
_GAVE_UP: Final = 499


def names(line: Mapping[str, Any]) -> bool:
    """Whether a line has what every such log has."""
    return all(_of(line, known) is not None for known in (_METHOD, _ADDRESS, _STATUS))


def open_log(source: RecordedFile) -> Recording:
    """Index a log. A line that cannot be read is skipped and counted."""
    recording = Recording(source, "gateway log", GATEWAY, _line)
    source.file.seek(0)
    offset = 0
    for raw in source.file:
        value = recording.value(raw, f"line {len(recording.spans) + 1}") if raw.strip() else None
        if isinstance(value, dict) and names(value):
            recording.add(_interval(value)[0], offset, len(raw))
        elif raw.strip():
            recording.skipped["a line that is no request"] += 1
        offset += len(raw)
    return recording.finish()


def _interval(line: Mapping[str, Any]) -> tuple[int | None, int | None]:
    took = _number(_of(line, _TOOK))
    ended = _number(_of(line, _ENDED))
    told = _of(line, _AT)
    end = round(ended * SECOND) if ended is not None else instant(told) if isinstance(told, str) else None
    if end is None:
        return None, None
    return (end if took is None else end - round(took * SECOND)), (None if took is None else end)


def _line(line: Mapping[str, Any], place: str) -> Recorded | Skipped:
    method, status = str(_of(line, _METHOD)).upper(), _number(_of(line, _STATUS))
    started, ended = _interval(line)
    sent = tuple((name, str(found)) for name, known in _NAMED.items() if (found := _of(line, known)))
    given_up = status in (None, 0, _GAVE_UP)
    whole = int(status or 0)
    answered: Body = MISSING if given_up else _text(_of(line, _GOT)) or absent_body((), whole, method)
    return Recorded(
        place=place,
        method=method,
        url=_url(line),
        request_headers=sent,
        request=_text(_of(line, _SENT)) or absent_request((), method, None),
        status=None if given_up else whole,
        answer_headers=(),
        answer=answered,
        started=started,
        ended=None if given_up else ended,
        failure="closed" if given_up else None,
    )


def _text(value: Any) -> Body | None:
    headers: Headers = ()
    return text_body(value, headers) if isinstance(value, str) and value not in ("", "-") else None


def _url(line: Mapping[str, Any]) -> str:
    address = str(_of(line, _ADDRESS))
    host = _of(line, _HOST)
    return address if "://" in address or not host else f"http://{host}{address}"


def _of(line: Mapping[str, Any], known: tuple[str, ...]) -> Any:
    return next((line[name] for name in known if line.get(name) is not None), None)


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
