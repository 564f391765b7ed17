"""The expectations before they are trusted: take any keyword out of any schema, and one of them must fail."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

BASE = "https://offerproof.example/schemas/"
KEYWORDS = {
    "$ref", "type", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties",
    "minimum", "maximum", "not", "propertyNames", "additionalProperties", "items", "anyOf", "oneOf", "allOf",
    "if", "then", "else",
}  # fmt: skip
MAPS = ("properties", "$defs")

# Weakened, these schemas mean the same: another keyword says it too, or says it first.
NO_LOSS = {
    "envelopes.json/$defs/core_error/properties/errors/properties/code type",  # its "not" refuses all but texts
    "scalars.json/$defs/issued_word type",  # used beside a type
    "operations/search_customers.schema.json/$defs/request type",  # its "oneOf" refuses all but objects
    "tier_details.json/$defs/rule required discriminator",  # a rule without one is taken for every kind at once
    "user.json required id",  # so do the attributes
}


def weakenings(schema: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every keyword that can be taken out, and every name that can be taken out of ``required``."""
    if isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from weakenings(part, (*path, index))
    elif isinstance(schema, dict):
        for key, part in schema.items():
            if key in KEYWORDS:
                yield path, key
            if key == "required":
                yield from ((path, f"required {name}") for name in part)
            elif key in MAPS:
                for name, inner in part.items():
                    yield from weakenings(inner, (*path, key, name))
            else:
                yield from weakenings(part, (*path, key))


def weakened(document: Any, path: tuple[str | int, ...], what: str) -> Any:
    """A copy of the schema file without the keyword, or without the name in ``required``."""
    copied = copy.deepcopy(document)
    target = copied
    for step in path:
        target = target[step]
    key, _, name = what.partition(" ")
    if name:
        target[key].remove(name)
    else:
        del target[key]
    return copied


def users(resources: dict[str, Any], uri: str) -> set[str]:
    """The files whose verdicts a change of ``uri`` can reach, by the names they refer to."""
    reached = {uri}
    texts = {other: json.dumps(document) for other, document in resources.items()}
    for _ in texts:
        names = {each.rsplit("/", 1)[-1] for each in reached}
        reached |= {other for other, text in texts.items() if any(f"{name}" in text for name in names)}
    return {each.removeprefix(BASE) for each in reached}


@pytest.mark.slow
def test_every_keyword_is_held_by_an_expectation(tools):
    resources = tools.resources()
    cases: dict[str, list[tuple[Any, bool]]] = {}
    for each in tools.expectations():
        cases.setdefault(each.reference, []).append((each.document, each.accepted))
    for reference, documents in tools.documented():
        cases.setdefault(reference, []).extend((document, True) for document in documents)

    def noticed(uri: str, changed: Any) -> bool:
        registry = jsonschema_rs.Registry(list({**resources, uri: changed}.items()))
        for reference in ordered[uri]:
            judge = jsonschema_rs.Draft202012Validator({"$ref": BASE + reference}, registry=registry)
            if any(judge.is_valid(document) != accepted for document, accepted in cases[reference]):
                return True
        return False

    ordered = {}
    for uri in resources:
        own = uri.removeprefix(BASE)
        reach = users(resources, uri)
        near = [reference for reference in cases if reference.partition("#")[0] in reach]
        ordered[uri] = sorted(near, key=lambda reference: not reference.startswith(own))
    assert [uri for uri, document in resources.items() if noticed(uri, document)] == []
    tried, unnoticed = 0, set()
    for uri, document in resources.items():
        for path, what in weakenings(document):
            tried += 1
            if not noticed(uri, weakened(document, path, what)):
                unnoticed.add(f"{'/'.join(map(str, (uri.removeprefix(BASE), *path)))} {what}")
    assert tried > 800
    assert unnoticed == NO_LOSS
