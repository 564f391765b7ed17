"""The schemas before they judge: every engine agrees, every maximal document passes, every mutant of it is refused."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NamedTuple
from urllib.parse import urljoin

import pytest

OTHER_TYPES: dict[str, list[Any]] = {
    "null": [None],
    "boolean": [True],
    "integer": [7, Decimal("7.0")],
    "number": [Decimal("7.5")],
    "string": ["a text"],
    "array": [[{}]],
    "object": [{"a": {}}],
}
WIDER = {"number": {"number", "integer"}}


class Place(NamedTuple):
    """A value in a document, and every subschema that speaks about it with its file, and the types they let through."""

    path: tuple[str | int, ...]
    value: Any
    schemas: tuple[tuple[dict[str, Any], str], ...]
    types: set[str] | None


def resolve(reference: str, base: str, tools: Any) -> tuple[dict[str, Any], str]:
    """The subschema that ``reference`` names as seen from the file ``base``, and that file."""
    file, _, pointer = urljoin(base, reference).partition("#")
    return tools.at(tools.resources()[file], pointer), file


def kind(value: Any) -> str:
    """The JSON type of a parsed value."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, Decimal):
        return "number"
    return {int: "integer", str: "string", list: "array", dict: "object", type(None): "null"}[type(value)]


class Walker:
    """Walks a document and its schema together, through references, conjunctions and the branches that apply."""

    def __init__(self, tools: Any) -> None:
        self.tools = tools
        self.met: set[tuple[int, str]] = set()  # (identity of the subschema, property)

    def applicable(self, schema: Any, base: str, value: Any) -> Iterator[tuple[dict[str, Any], str]]:
        """Every subschema that must hold here, with the file it stands in."""
        if not isinstance(schema, dict):
            return
        yield schema, base
        if "$ref" in schema:
            target, file = resolve(schema["$ref"], base, self.tools)
            yield from self.applicable(target, file, value)
        for part in schema.get("allOf", []):
            yield from self.applicable(part, base, value)
        if "if" in schema:
            conditions = schema["if"]["properties"]
            applies = all(value.get(name) == wanted["const"] for name, wanted in conditions.items())
            yield from self.applicable(schema.get("then" if applies else "else"), base, value)

    def chosen(self, schema: dict[str, Any], base: str, value: Any) -> Iterator[tuple[dict[str, Any], str]]:
        """Of "this or null": the form that this value has."""
        fitting = [b for b in schema.get("anyOf", []) if kind(value) in (self.types(b, base) or ())]
        if len(fitting) == 1:
            yield from self.applicable(fitting[0], base, value)

    def walk(self, schemas: list[tuple[Any, str]], value: Any, path: tuple[str | int, ...] = ()) -> Iterator[Place]:
        here = [pair for schema, base in schemas for pair in self.applicable(schema, base, value)]
        said = [types for pair in here if (types := self.types(*pair)) is not None]
        here += [pair for schema, base in here for pair in self.chosen(schema, base, value)]
        yield Place(path, value, tuple(here), set.intersection(*said) if said else None)
        if isinstance(value, dict):
            for name, part in value.items():
                inner = [(s["properties"][name], b) for s, b in here if name in s.get("properties", {})]
                self.met |= {(id(s), name) for s, _ in here if name in s.get("properties", {})}
                inner += [(s["additionalProperties"], b) for s, b in here if "additionalProperties" in s]
                yield from self.walk(inner, part, (*path, name))
        elif isinstance(value, list):
            for index, part in enumerate(value):
                inner = [(s["items"], b) for s, b in here if "items" in s]
                yield from self.walk(inner, part, (*path, index))

    def types(self, schema: dict[str, Any], base: str) -> set[str] | None:
        """The types that ``schema`` lets through; None when it does not say."""
        found: list[set[str]] = []
        if "type" in schema:
            names = [schema["type"]] if isinstance(schema["type"], str) else schema["type"]
            found.append(set().union(*(WIDER.get(name, {name}) for name in names)))
        if "$ref" in schema:
            target, file = resolve(schema["$ref"], base, self.tools)
            if (inner := self.types(target, file)) is not None:
                found.append(inner)
        if "anyOf" in schema:
            branches = [self.types(branch, base) for branch in schema["anyOf"]]
            if None not in branches:
                found.append(set().union(*(branch for branch in branches if branch)))
        return set.intersection(*found) if found else None


def changed(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    """A copy of ``document`` with another value at ``path``."""
    if not path:
        return value
    copied = copy.deepcopy(document)
    target = copied
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    return copied


def without(document: Any, path: tuple[str | int, ...], name: str) -> Any:
    """A copy of ``document`` in which the object at ``path`` lacks ``name``."""
    copied = copy.deepcopy(document)
    target = copied
    for step in path:
        target = target[step]
    del target[name]
    return copied


def mutants(reference: str, document: Any, walker: Walker) -> Iterator[tuple[str, Any]]:
    """Every document that lacks one required member, has one value of another type, or one spoilt text."""
    file, _, pointer = reference.partition("#")
    base = f"https://offerproof.example/schemas/{file}"
    root = walker.tools.at(walker.tools.resources()[base], pointer)
    for place in walker.walk([(root, base)], document):
        for name in {name for schema, _ in place.schemas for name in schema.get("required", [])}:
            yield f"{place.path} without {name}", without(document, place.path, name)
        for other in OTHER_TYPES.keys() - (OTHER_TYPES.keys() if place.types is None else place.types):
            for value in OTHER_TYPES[other]:
                yield f"{place.path} as {other}", changed(document, place.path, value)
        if isinstance(place.value, str) and any("pattern" in s for s, _ in place.schemas):
            yield f"{place.path} with a line feed", changed(document, place.path, place.value + "\n")
            yield f"{place.path} with a sign before", changed(document, place.path, "@" + place.value)


def test_every_documented_form_is_accepted_by_both_engines(documented, tools):
    reference, documents = documented
    assert documents
    for document in documents:
        assert tools.accepts(reference, document), f"refused by {reference}: {document}"


@pytest.mark.slow
def test_every_mutant_of_a_maximal_document_is_refused(documented, tools):
    reference, documents = documented
    walker = Walker(tools)
    survivors, count = [], 0
    for label, mutant in mutants(reference, documents[0], walker):
        count += 1
        if tools.accepts(reference, mutant):
            survivors.append(label)
    assert survivors == []
    assert count >= 5, "a schema that refuses next to nothing judges nothing"


def test_every_mutant_of_a_lesser_document_is_refused(documented, tools):
    reference, documents = documented
    walker = Walker(tools)
    survivors = [
        label
        for document in documents[1:]
        for label, mutant in mutants(reference, document, walker)
        if tools.accepts(reference, mutant)
    ]
    assert survivors == []


def properties(schema: Any, where: str) -> Iterator[tuple[tuple[int, str], str]]:
    """Every property that a schema file speaks about, conditions left out."""
    if isinstance(schema, dict):
        for name in schema.get("properties", {}):
            yield (id(schema), name), f"{where}/properties/{name}"
        for key, part in schema.items():
            if key not in ("if", "anyOf", "examples"):  # conditions and choices: tested by hand
                yield from properties(part, f"{where}/{key}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from properties(part, f"{where}/{index}")


def test_the_maximal_documents_leave_no_property_of_any_schema_unused(every_document, tools):
    walker = Walker(tools)
    for reference, documents in every_document:
        file, _, pointer = reference.partition("#")
        base = f"https://offerproof.example/schemas/{file}"
        for document in documents:
            list(walker.walk([(tools.at(tools.resources()[base], pointer), base)], document))
    unused = [
        where
        for uri, schema in tools.resources().items()
        for site, where in properties(schema, uri.removeprefix("https://offerproof.example/schemas/"))
        if site not in walker.met
    ]
    assert unused == []
