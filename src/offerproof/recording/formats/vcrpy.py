"""vcrpy's cassettes, in YAML and JSON: no instants, failed and parallel calls are not in them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import msgspec
import yaml

from offerproof.errors import Misuse
from offerproof.recording.bodies import absent_body, absent_request, byte_body, text_body
from offerproof.recording.creators import VCRPY
from offerproof.recording.elements import Cut, elements
from offerproof.recording.model import Body, Headers, Recorded, Skipped
from offerproof.recording.source import RecordedFile, Recording

INTERACTIONS: Final = ("interactions",)
YAML_MAX: Final = 32 * 1024 * 1024
"""Most bytes of YAML that are read: the format has no other way than as a whole."""
EXPANDED_MAX: Final = 2 * YAML_MAX
"""Most characters that its aliases may make of it; a value counts as eight beside its own."""
DEEPEST: Final = 200
_BYTES: Final = "base64 of bytes"


def open_cassette(source: RecordedFile) -> Recording:
    """Index a cassette."""
    source.file.seek(0)
    json = source.file.read(64).lstrip().startswith(b"{")
    file = source.file if json else _from_yaml(source)
    recording = Recording(RecordedFile(source.title, file), "vcrpy cassette", VCRPY, _interaction)
    file.seek(0)
    try:
        for element in elements(file):
            if element.path == INTERACTIONS:
                recording.add(None, element.offset, len(element.raw))
    except Cut:
        recording.cut = True
    return recording.finish()


def _from_yaml(source: RecordedFile) -> BytesIO:
    """The same cassette as JSON, in memory."""
    source.file.seek(0)
    text = source.file.read(YAML_MAX + 1)
    if len(text) > YAML_MAX:
        raise Misuse(
            f"{source.title}: a YAML cassette of more than {YAML_MAX >> 20} MB is not read",
            hint="record it with vcrpy's JSON serializer: VCR(serializer='json')",
        )
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        _refuse_depth(text, loader)
        document = yaml.load(text, Loader=loader)  # noqa: S506  (the safe loader)
        found = document.get("interactions") if isinstance(document, dict) else None
        marked = _marked(found or [], [EXPANDED_MAX])
    except (yaml.YAMLError, RecursionError, ValueError) as problem:
        place = getattr(problem, "problem_mark", None)
        line = f" at line {place.line + 1}" if place is not None else ""
        raise Misuse(f"{source.title}: not YAML{line}", hint="is the file whole?") from problem
    return BytesIO(msgspec.json.Encoder(enc_hook=str).encode({"interactions": marked}))


def _refuse_depth(text: bytes, loader: Any) -> None:
    """Raise :class:`RecursionError` before libyaml's loader would overflow the stack, which ends the process."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise RecursionError


def _marked(value: Any, left: list[int]) -> Any:
    """Bytes marked as such, for JSON has none.

    Raises:
        ValueError: aliases make more of it than ``left`` (one number, which it counts down).
        RecursionError: it holds itself.
    """
    left[0] -= 8 + (len(value) if isinstance(value, str | bytes) else 0)
    if left[0] < 0:
        raise ValueError("its aliases stand for too much")
    if isinstance(value, bytes):
        return {_BYTES: base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {str(name): _marked(inner, left) for name, inner in value.items()}
    return [_marked(inner, left) for inner in value] if isinstance(value, list) else value


def _interaction(value: Mapping[str, Any], place: str) -> Recorded | Skipped:
    asked, told = value.get("request"), value.get("response")
    if not isinstance(asked, Mapping) or not isinstance(told, Mapping):
        return Skipped(place, "no request or no response")
    sent, got = _headers(asked.get("headers")), _headers(told.get("headers"))
    method, code = str(asked.get("method") or "").upper(), told.get("status")
    status = code.get("code") if isinstance(code, Mapping) else code
    return Recorded(
        place=place,
        method=method,
        url=str(asked.get("uri") or ""),
        request_headers=sent,
        request=_body(asked.get("body"), ()) or absent_request(sent, method, None),
        status=status if isinstance(status, int) else None,
        answer_headers=got,
        answer=_body(told.get("body"), got) or absent_body(got, status, method),
        started=None,
        ended=None,
        failure=None if isinstance(status, int) else "closed",
    )


def _body(value: Any, headers: Headers) -> Body | None:
    if isinstance(value, Mapping) and _BYTES not in value:
        packed = value.get("base64_string")
        if isinstance(packed, str):
            return text_body(packed, headers, "base64")
        value = value.get("string")
    if isinstance(value, Mapping):
        return byte_body(base64.b64decode(value[_BYTES]), headers)
    return text_body(value, headers) if isinstance(value, str) and value else None


def _headers(value: Any) -> Headers:
    listed = value.items() if isinstance(value, Mapping) else ()
    return tuple((str(name), str(one)) for name, told in listed for one in (told if isinstance(told, list) else [told]))
