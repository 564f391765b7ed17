"""Values as people read them: instants, durations, exchanges, settings. Nothing is escaped or cut here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec

from offerproof.exchange.parsing import encode_exactly
from offerproof.findings import ExchangeRecord


def plain(value: Any) -> str:
    """Any JSON value on one line; a string as it is, ``12.0`` as ``12``: a run that was read again holds Decimals."""
    if isinstance(value, float | Decimal):
        return f"{float(value):.10g}"
    return value if isinstance(value, str) else msgspec.json.format(encode_exactly(value), indent=0)


def pretty(body: Any) -> str:
    """A recorded body as people read it: JSON indented, its numbers as they were, text as it is, nothing as nothing."""
    if body is None:
        return ""
    return body if isinstance(body, str) else msgspec.json.format(encode_exactly(body), indent=2)


def moment(instant: str) -> str:
    """An ISO instant of a run, for people: ``2018-09-07 16:29:11 UTC``."""
    return f"{instant[:10]} {instant[11:19]} UTC" if instant.endswith("Z") else instant


def duration(microseconds: int) -> str:
    """A duration with the unit that fits it: ``850 µs``, ``12 ms``, ``3.4 s``, ``2 min 05 s``."""
    if microseconds < 1_000:
        return f"{microseconds} µs"
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:.0f} ms"
    seconds = microseconds / 1_000_000
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60):02d} s"


def exchange_line(step: ExchangeRecord) -> str:
    """An exchange in one line, without its host: that is among the facts. ``#12 POST /api/2.0/Lock → 200 (3 ms)``."""
    came = str(step.status) if step.status is not None else (step.failure or "no answer")
    _, _, place = step.url.partition("://")
    path = f"/{place.partition('/')[2]}" if place else step.url
    return f"#{step.number} {step.method} {path} → {came} ({duration(step.duration_us)})"


def took_us(started: str, finished: str) -> int:
    """Microseconds between two ISO instants; 0 when they are the wrong way round."""
    took = datetime.fromisoformat(finished) - datetime.fromisoformat(started)
    return max(round(took.total_seconds() * 1_000_000), 0)


def label(name: str) -> str:
    """A setting's name for people: ``duration_s`` is "Duration (s)"."""
    words, unit = (name[:-2], " (s)") if name.endswith("_s") else (name, "")
    return words.replace("_", " ").capitalize() + unit


def setting(value: Any) -> str:
    """A setting's value on one line; the phases of a workload and lists of texts as a sentence."""
    if isinstance(value, list | tuple):
        return "; ".join(_phase(entry) if isinstance(entry, Mapping) else plain(entry) for entry in value) or "none"
    return plain(value)


def _phase(phase: Mapping[str, Any]) -> str:
    start, end = plain(phase["start"]), plain(phase["end"])
    rate = f"at {start}" if start == end else f"from {start} to {end}"
    return f"{plain(phase['seconds'])} s {rate}{' (warm-up)' if phase.get('warm_up') else ''}"
