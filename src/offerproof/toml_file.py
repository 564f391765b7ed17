"""The one reader of our TOML files: target profiles, program files, load profiles, thresholds, waivers.

Each kind has a JSON Schema in ``schemas/``. What is wrong becomes one sentence that names the file, the key, the
nearest allowed word and the line. Of a schema's keywords, ``default`` is filled in, and our own ``x-hint`` says how a
value that does not match is written.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

import jsonschema

from offerproof import content
from offerproof.errors import Misuse

T = TypeVar("T")

Key = tuple[str | int, ...]
"""Steps from the top of a document to a value: names of tables and indices of lists."""

LARGEST: Final = 1024 * 1024
"""Bytes. A larger file is refused before it is read."""

_ENDLESS_KEY: Final = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')\s*+\.\s*+){200}""")
"""A dotted key of more parts than anybody writes: tomllib takes memory by their square."""


@dataclass(frozen=True)
class Document:
    """A checked TOML file, its defaults filled in; ``wrong`` makes the error for what no schema can say."""

    values: dict[str, Any]
    path: Path
    text: str = ""
    schema: str = ""
    """The name of its schema; empty before it is checked."""

    def wrong(self, key: str | Key, message: str, hint: str | None = None) -> Misuse:
        """Return the error about one key, ``FILE: KEY: MESSAGE (line N)``."""
        steps = steps_of(key) if isinstance(key, str) else key
        dotted = dotted_key(steps)
        line = line_of(self.text, steps)
        told = f"{self.path}: {dotted}: {message}" if dotted else f"{self.path}: {message}"
        return Misuse(f"{told} (line {line})" if line else told, hint=hint or self._hint(steps))

    def _hint(self, steps: Key) -> str | None:
        """How the value at a key is written, as far as the schema says."""
        root = _schema(self.schema) if self.schema else {}
        schema: Mapping[str, Any] = root
        for step in steps:
            inner = schema.get("items" if isinstance(step, int) else "properties", {})
            schema = _resolved(inner if isinstance(step, int) else inner.get(step, {}), root)
        return schema.get("x-hint")

    def checked(self, schema: str) -> Document:
        """Return it with every default filled in.

        Raises:
            Misuse: the first thing that ``schemas/<schema>.json`` does not allow.
        """
        # An unknown key before a missing one: a misspelt key is both, and its own name helps more.
        errors = sorted(
            _validator(schema).iter_errors(self.values),
            key=lambda error: (len(error.absolute_path), error.validator != "additionalProperties", str(error.path)),
        )
        if errors:
            key, message, hint = _explained(errors[0])
            raise self.wrong(key, message, hint)
        root = _schema(schema)
        return replace(self, values=_filled(deepcopy(self.values), root, root), schema=schema)


def read_text(path: Path, what: str, *, hint: str | None = None) -> str:
    """Return a small UTF-8 file's text, without the byte-order mark that some editors put before it.

    Args:
        path: the file.
        what: what it is, for messages: ``"the waivers"``.
        hint: what to do when there is none.

    Raises:
        Misuse: it cannot be read, is larger than 1 MiB, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as problem:
        raise Misuse(f"cannot read {what} {path}: {problem.strerror}", hint=hint) from problem
    if len(data) > LARGEST:
        raise Misuse(f"cannot read {what} {path}: it is larger than 1 MiB", hint="is it the right file?")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Misuse(f"cannot read {what} {path}: not UTF-8", hint="save it as UTF-8") from problem


def load_toml(path: Path, what: str, *, hint: str | None = None) -> Document:
    """Read a TOML file without checking it; :meth:`Document.checked` does. Raises as :func:`read_text`, or no TOML."""
    text = read_text(path, what, hint=hint)
    if _ENDLESS_KEY.search(text):
        raise Misuse(f"{path} is nested too deeply", hint="is it the right file?")
    try:
        return Document(plain(tomllib.loads(text)), path, text)
    except tomllib.TOMLDecodeError as problem:
        raise Misuse(f"{path} is not TOML: {problem}", hint=hint) from problem
    except ValueError as problem:  # more digits than Python turns into a number
        raise Misuse(f"{path} holds a number that is too long", hint="is it the right file?") from problem
    except RecursionError as problem:
        raise Misuse(f"{path} is nested too deeply", hint="is it the right file?") from problem


def read_toml(path: Path, schema: str, what: str, *, hint: str | None = None) -> Document:
    """Read a TOML file, check it against ``schemas/<schema>.json`` and fill in what it leaves out."""
    return load_toml(path, what, hint=hint).checked(schema)


def said_of(document: Document, key: str, make: Callable[[], T]) -> T:
    """Return what ``make`` makes of a key's value; a :class:`Misuse` of it is said as one of the document."""
    try:
        return make()
    except Misuse as problem:
        raise document.wrong(key, problem.message, problem.hint) from None


def plain(value: Any) -> Any:
    """Return a value of TOML as JSON has it: instants, dates and times as their ISO 8601 texts."""
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.isoformat() if isinstance(value, date | datetime | time) else value


def steps_of(dotted: str) -> Key:
    """``"levels[1].rank"`` as ``("levels", 1, "rank")``."""
    steps: list[str | int] = []
    for part in dotted.split(".") if dotted else ():
        name, *indices = part.replace("]", "").split("[")
        steps += [name, *map(int, indices)]
    return tuple(steps)


def dotted_key(steps: Key) -> str:
    """The inverse of :func:`steps_of`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps).lstrip(".")


def line_of(text: str, steps: Key) -> int | None:
    """Return the line (from 1) where the statement stands that gives a key its value, or its table where it has none.

    TOML's own rules decide: the file is read again up to each line, until the key is there.
    """
    while steps:
        before = 0
        lines = text.splitlines()
        for number in range(1, len(lines) + 1):
            try:
                so_far = tomllib.loads("\n".join(lines[:number]))
            except tomllib.TOMLDecodeError:
                continue  # inside a value of several lines
            if _has(so_far, steps):
                return before + 1
            before = number
        steps = steps[:-1]
    return None


def _has(value: Any, steps: Key) -> bool:
    for step in steps:
        if isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                return False
        elif not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return True


def _explained(error: jsonschema.ValidationError) -> tuple[Key, str, str | None]:
    """The key that is wrong, what is wrong with it, and how it is written."""
    deeper = _deeper(error)
    if deeper is not None:
        return _explained(deeper)
    key: Key = tuple(error.absolute_path)
    schema: Any = error.schema
    rule: Any = error.validator_value
    found: Any = error.instance
    hint: str | None = schema.get("x-hint")
    shown = json.dumps(found) if isinstance(found, bool) else repr(found)
    match error.validator:
        case "additionalProperties":
            known = sorted(schema["properties"])
            matching = schema.get("patternProperties", {})
            extra = next(name for name in found if name not in known and not _matches(matching, name))
            near = get_close_matches(extra, known, n=1)
            meant = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            return (*key, extra), f"unknown key; {meant}", hint
        case "required":
            return (*key, next(name for name in rule if name not in found)), "is missing", hint
        case "enum":
            allowed = list(map(str, rule))
            near = get_close_matches(str(found), allowed, n=1)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            return key, f"is {shown}; allowed are {', '.join(allowed)}{meant}", hint
        case "const":
            return key, f"is {shown}; this offerproof reads {rule!r}", hint
        case "type":
            return key, f"is {shown}; {_due([{'type': rule}])} is due", hint
        case "anyOf" if hint is None:
            return key, f"is {shown}; {_due(rule)} is due", hint
        case "pattern" | "anyOf" | "oneOf":
            return key, f"{shown} is not written as it must be", hint
        case "uniqueItems":
            return key, "names something twice", hint
        case "minLength":
            return key, "is empty", hint
        case "minItems":
            return key, f"needs at least {rule}", hint
        case _:
            return key, error.message, hint


def _deeper(error: jsonschema.ValidationError) -> jsonschema.ValidationError | None:
    """Of alternatives, the one that was meant: the table's errors help where a table stands."""
    if error.validator == "anyOf" and isinstance(error.instance, dict):
        return next((one for one in error.context if one.validator not in ("const", "type")), None)
    return None


def _due(alternatives: Sequence[Mapping[str, Any]]) -> str:
    """What may stand there, in TOML's words: ``"unknown" or a table``."""
    words = []
    for one in alternatives:
        kinds = one.get("type", [])
        names = ["table" if kind == "object" else kind for kind in ([kinds] if isinstance(kinds, str) else kinds)]
        words += [json.dumps(one["const"])] if "const" in one else []
        words += [f"{'an' if name[0] in 'aeiou' else 'a'} {name}" for name in names]
    return " or ".join(words)


def _matches(patterns: Mapping[str, Any], name: str) -> bool:
    return any(jsonschema.Draft202012Validator({"pattern": pattern}).is_valid(name) for pattern in patterns)


def _filled(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    schema = _resolved(schema, root)
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            part = _resolved(part, root)
            if name not in value and "default" in part:
                value[name] = deepcopy(part["default"])
            if name in value:
                value[name] = _filled(value[name], part, root)
    elif isinstance(value, list) and "items" in schema:
        return [_filled(one, schema["items"], root) for one in value]
    return value


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        name = schema["$ref"].removeprefix("#/$defs/")
        schema = {**root["$defs"][name], **{key: rule for key, rule in schema.items() if key != "$ref"}}
    return schema


@cache
def _schema(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((content.folder("schemas") / f"{name}.json").read_text("utf-8"))
    return document


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(_schema(name))
