"""Run files of ours: the exchanges that prove what was found, with placeholders in the place of personal data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from offerproof.recording.creators import OWN_RUN
from offerproof.recording.model import EMPTY, MISSING, Body, Fact, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording, instant

_EXCHANGE = b'"record":"exchange"'
_CUT = " bytes in all)"


def open_run(source: RecordedFile) -> Recording:
    """Index the exchanges of a run file."""
    recording = Recording(source, "offerproof run", OWN_RUN, _exchange)
    source.file.seek(0)
    offset = 0
    for raw in source.file:
        if _EXCHANGE in raw[:40]:
            value = recording.value(raw, "run")
            recording.add(value.get("started") if isinstance(value, dict) else None, offset, len(raw))
        offset += len(raw)
        recording.cut = not raw.endswith(b"\n")
    return recording.finish()


def _exchange(value: Mapping[str, Any], place: str) -> Recorded | Skipped:
    started, took = instant(value["started"]), value["duration_us"]
    status = value["status"]
    return Recorded(
        place=f"exchange {value['number']}",
        method=value["method"],
        url=value["url"],
        request_headers=tuple(value["request_headers"].items()),
        request=_body(value["request_body"]),
        status=status,
        answer_headers=tuple(value["answer_headers"].items()),
        answer=_body(value["answer_body"]),
        started=started,
        ended=None if status is None or started is None else started + took,
        failure=value["failure"],
    )


def _body(value: Any) -> Body:
    if value is None:
        return EMPTY
    if isinstance(value, str):
        return MISSING if value.endswith(_CUT) else Body(value.encode(), Fact.ALTERED, values=False)
    return Body(msgspec.json.encode(value), Fact.ALTERED, values=True)
