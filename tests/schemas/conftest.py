"""The schemas compiled by two engines, the samples' ledger, and the repairs the ledger names."""

from __future__ import annotations

import copy
import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl

import jsonschema
import jsonschema_rs
import pytest
import referencing
from jsonschema import validators
from referencing.jsonschema import DRAFT202012

from offerproof import content

BASE = "https://offerproof.example/schemas/"
SCHEMAS = content.folder("schemas")
DOCUMENTS = Path(__file__).parent / "documents"
OUR_OWN_FORMATS = (
    "run.json",
    "certificate.json",
    "sitting.json",
    "target.json",
    "program.json",
    "load_profile.json",
    "thresholds.json",
    "waivers.json",
)
"""Tested where they are made and read."""


def parse(text: str) -> Any:
    """Parse JSON as the judge does: exact numbers, and nothing that JSON does not know."""

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_float=Decimal, parse_constant=refuse)


def schema_files() -> list[Path]:
    """Every schema of the API: the objects, and one file an operation."""
    found = [*SCHEMAS.glob("*.json"), *SCHEMAS.glob("operations/*.json")]
    return sorted(path for path in found if path.name not in ("openapi.json", *OUR_OWN_FORMATS))


@cache
def resources() -> dict[str, Any]:
    """The schemas by their canonical URI; nothing is ever fetched."""
    read = [json.loads(path.read_text(encoding="utf-8")) for path in schema_files()]
    return {document["$id"]: document for document in read}


def _is_integer(_: object, value: object) -> bool:
    if isinstance(value, Decimal):
        return value == value.to_integral_value()
    return bool(jsonschema.Draft202012Validator.TYPE_CHECKER.is_type(value, "integer"))


EXACT = validators.extend(
    jsonschema.Draft202012Validator,
    type_checker=jsonschema.Draft202012Validator.TYPE_CHECKER.redefine("integer", _is_integer),
)


@cache
def _python_registry() -> referencing.Registry[Any]:
    # Without "$schema": a reference to a whole file would otherwise switch to the stock class and its inexact integers.
    bare = {uri: {k: v for k, v in document.items() if k != "$schema"} for uri, document in resources().items()}
    pairs = [(uri, DRAFT202012.create_resource(document)) for uri, document in bare.items()]
    return referencing.Registry().with_resources(pairs)


@cache
def _rust_registry() -> Any:
    return jsonschema_rs.Registry(list(resources().items()))


class Engine(Protocol):
    """What both engines offer."""

    def is_valid(self, instance: Any) -> bool: ...


@cache
def engines(reference: str) -> tuple[Engine, Engine]:
    """The two validators of ``file.json#/pointer``."""
    schema = {"$ref": BASE + reference}
    python: Engine = EXACT(schema, registry=_python_registry())
    rust: Engine = jsonschema_rs.Draft202012Validator(schema, registry=_rust_registry())
    return python, rust


def accepts(reference: str, instance: Any) -> bool:
    """Rule on ``instance`` with both engines, which must agree."""
    python, rust = engines(reference)
    verdict = python.is_valid(instance)
    assert verdict == rust.is_valid(instance), f"the engines disagree on {reference}: {instance!r}"
    return verdict


def at(document: Any, pointer: str) -> Any:
    """The part of ``document`` that a JSON pointer names."""
    for step in pointer.split("/")[1:]:
        document = document[int(step)] if isinstance(document, list) else document[step.replace("~1", "/")]
    return document


# --- the repairs ---


def _cut(text: str, step: Mapping[str, Any]) -> str:
    first, last = step["lines"]
    lines = text.split("\n")
    return "\n".join(lines[: first - 1] + lines[last:])


def _body_of_curl(text: str, step: Mapping[str, Any]) -> str:
    after = re.split(r"\s-(?:d|-data)[\s\u00a0]+'", text, maxsplit=1)[1].rstrip(" \u00a0\n")
    if not after.endswith("'"):
        raise ValueError("the command's quote is never closed")
    return after[:-1]


def _join_wrapped(text: str, step: Mapping[str, Any]) -> str:
    """Join lines that were wrapped inside a text: one space where the line ended in spaces, nothing otherwise."""
    out: list[str] = []
    inside = escaped = False
    for char in text:
        if inside and char == "\n":
            tail = "".join(out)
            out = [tail.rstrip(" "), " " if tail.endswith(" ") else ""]
            continue
        if char == '"' and not escaped:
            inside = not inside
        escaped = char == "\\" and not escaped
        out.append(char)
    return "".join(out)


def _members_to_object(text: str, step: Mapping[str, Any]) -> str:
    return "{" + text.strip().removesuffix(",") + "}"


def _close_brackets(text: str, step: Mapping[str, Any]) -> str:
    text = text.strip().removesuffix(",")
    unclosed: list[str] = []
    for char in re.sub(r'"[^"]*"', "", text):
        if char in "{[":
            unclosed.append({"{": "}", "[": "]"}[char])
        elif char in "}]":
            unclosed.pop()
    return text + "".join(reversed(unclosed))


def _query_to_object(text: str, step: Mapping[str, Any]) -> str:
    line = text.strip()
    if " " in line.removeprefix("GET ").strip() or "\n" in line.removeprefix("GET ").strip():
        raise ValueError("a request line has no spaces in its target")
    return json.dumps(dict(parse_qsl(line.split("?", 1)[1], keep_blank_values=True, strict_parsing=True)))


def _replace(text: str, step: Mapping[str, Any]) -> str:
    assert text.count(step["from"]) == 1, f"{step['from']!r} must stand in the text once"
    return text.replace(step["from"], step["to"])


REPAIRS: dict[str, Callable[[str, Mapping[str, Any]], str]] = {
    "page-break": _cut,
    "curl-command": _body_of_curl,
    "missing-quote": lambda text, step: text.rstrip() + "'",
    "typographic-quote": lambda text, step: text.replace("\u2019", "'"),
    "non-breaking-spaces": lambda text, step: text.replace("\u00a0", " "),
    "wrapped-lines": _join_wrapped,
    "wrapped-target": lambda text, step: "GET " + text.strip().removeprefix("GET").replace("\n", "").strip(),
    "stray-spaces": lambda text, step: "GET " + text.strip().removeprefix("GET ").replace(" ", ""),
    "query-string": _query_to_object,
    "ellipsis": lambda text, step: "\n".join(line for line in text.split("\n") if line.strip() != "..."),
    "members-without-object": _members_to_object,
    "unclosed-brackets": _close_brackets,
    "wrong-braces": _replace,
    "misspelled-key": _replace,
    "not-a-guid": _replace,
}
VALUE_REPAIRS = ("misspelled-key", "not-a-guid")  # the others are needed to read the sample at all


def repaired(text: str, steps: list[dict[str, Any]]) -> Any:
    """Apply the repairs in their order and parse what they yield."""
    for step in steps:
        text = REPAIRS[step["repair"]](text, step)
    return parse(text)


# --- the literal expectations ---

# What may hold anything: undocumented content, members of kinds of rules that nobody has described, and what the
# sources do not publish: how CloudPOS fills an error, and what four calls answer.
FREE = re.compile(
    r"/user_profile/favourite|/rules/2/rule/(days|constraints/0/channels(/0)?)$|/offer_media/0/uri|/phone_numbers/0"
    r"|^transaction\.json/custom_data|^operations/lookup\.schema\.json.*/transaction/custom_data"
    r"|cloudpos_success/payload|cloudpos_error/errors(/code|/message)?$"
    r"|^operations/(lookup|lock|redeem|unlock|reinstate|send_transaction)\.schema\.json#/\$defs/answer_error/errors(/code|/message)?$"
    r"|^operations/(redeem|unlock|reinstate|revoke_offer)\.schema\.json#/\$defs/answer_success/payload(/|$)"
)


class Expectation(NamedTuple):
    """A document, and what its schema must say to it."""

    reference: str
    document: Any
    accepted: bool
    label: str


def put(document: Any, pointer: str, value: str) -> Any:
    """A copy with the JSON text ``value`` at the pointer; ``gone`` takes the member away."""
    if not pointer:
        return parse(value)
    copied = copy.deepcopy(document)
    parent, _, name = pointer.rpartition("/")
    target = at(copied, parent)
    key = int(name) if isinstance(target, list) else name
    if value == "gone":
        del target[key]
    else:
        target[key] = parse(value)
    return copied


def places(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a document with its pointer."""
    yield pointer, value
    for name, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, f"{pointer}/{name}")


@cache
def expectations() -> tuple[Expectation, ...]:
    """Everything that was written down by hand about what the schemas accept and refuse."""
    table = tomllib.loads((DOCUMENTS.parent / "expectations.toml").read_text(encoding="utf-8"))
    maximal = {reference: documents[0] for reference, documents in documented()}
    found = [
        Expectation(reference, put(maximal[reference], pointer, value), accepted, f"{reference} {pointer} {value[:40]}")
        for accepted, rows in ((True, table["accepted"]), (False, table["refused"]))
        for reference, pointer, value in rows
    ]
    for reference, pointer, names in table["required"]:
        for name in at(maximal[reference], pointer):
            spoilt = put(maximal[reference], f"{pointer}/{name}", "gone")
            needed = name in names.split()
            found.append(Expectation(reference, spoilt, not needed, f"{reference} {pointer} without {name}"))
    for reference, names in table["nullable"].items():
        for pointer, value in places(maximal[reference]):
            if value is not None and not FREE.search(reference + pointer):
                spoilt = put(maximal[reference], pointer, "null")
                found.append(Expectation(reference, spoilt, pointer in names.split(), f"{reference} {pointer} null"))
    for reference, documents in documented():
        operation, _, form = reference.partition("#/$defs/")
        if form in ("answer_success", "answer_error"):  # an answer is one of the two, never both, never neither
            other = {"answer_success": "answer_error", "answer_error": "answer_success"}[form]
            found += [Expectation(f"{operation}#/$defs/answer", each, True, reference) for each in documents]
            found += [Expectation(f"{operation}#/$defs/{other}", each, False, reference) for each in documents]
            found.append(Expectation(f"{operation}#/$defs/answer", {"status": None}, False, "no status"))
    for reference, document in maximal.items():
        for pointer, value in places(document):
            if not FREE.search(reference + pointer):
                other = '"a text"' if isinstance(value, dict | list) else '{"a": {}}'
                found.append(
                    Expectation(reference, put(document, pointer, other), False, f"{reference} {pointer} {other}")
                )
    return tuple(found)


@dataclass(frozen=True)
class Toolbox:
    """The helpers above, for test modules: in importlib mode they cannot import a neighbour."""

    schemas: Path = SCHEMAS
    documents: Path = DOCUMENTS
    value_repairs: tuple[str, ...] = VALUE_REPAIRS
    parse = staticmethod(parse)
    accepts = staticmethod(accepts)
    at = staticmethod(at)
    repaired = staticmethod(repaired)
    resources = staticmethod(resources)
    schema_files = staticmethod(schema_files)
    expectations = staticmethod(expectations)
    documented = staticmethod(lambda: documented())


@pytest.fixture(scope="session")
def tools() -> Toolbox:
    return Toolbox()


def ledger() -> dict[str, Any]:
    """The accounts of every printed sample."""
    return tomllib.loads((SCHEMAS / "samples" / "ledger.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session", name="ledger")
def ledger_fixture() -> dict[str, Any]:
    return ledger()


def documented() -> list[tuple[str, list[Any]]]:
    """Each schema with its valid documents, the maximal one first."""
    return [(ref, docs) for path in sorted(DOCUMENTS.rglob("*.json")) for ref, docs in _documents(path).items()]


@pytest.fixture(scope="session")
def every_document() -> list[tuple[str, list[Any]]]:
    return documented()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give tests one case a sample, a defect or a schema file when they ask for it by name."""
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", entries := ledger()["sample"], ids=[entry["name"] for entry in entries])
    if "defect" in metafunc.fixturenames:
        metafunc.parametrize("defect", entries := ledger()["defect"], ids=[entry["id"] for entry in entries])
    if "schema_file" in metafunc.fixturenames:
        files = schema_files()
        metafunc.parametrize("schema_file", files, ids=[str(path.relative_to(SCHEMAS)) for path in files])
    if "expected_of" in metafunc.fixturenames:
        metafunc.parametrize("expected_of", sorted({each.reference for each in expectations()}))
    if "documented" in metafunc.fixturenames:
        cases = documented()
        metafunc.parametrize("documented", cases, ids=[ref for ref, _ in cases])


def _documents(path: Path) -> dict[str, list[Any]]:
    """Valid documents by schema: ``documents/x.json`` maps pointers into ``x.json`` to lists of documents."""
    found = parse(path.read_text(encoding="utf-8"))
    return {f"{path.relative_to(DOCUMENTS)}{pointer}": documents for pointer, documents in found.items()}
