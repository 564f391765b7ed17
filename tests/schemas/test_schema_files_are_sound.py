"""The schema files as files: well-formed, self-contained, and written in words that two regex engines read alike."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urldefrag, urljoin

import jsonschema
import jsonschema_rs
import pytest

OPERATIONS = {
    "search_customers", "get_customer", "get_customer_by_external_id", "create_customer", "create_offer", "fetch_offer",
    "issue_offer", "revoke_offer", "get_user_offers", "user_offer_history", "lookup", "lock", "unlock", "redeem",
    "reinstate", "send_transaction",
}  # fmt: skip
OBJECTS = {
    "discount.json", "envelopes.json", "offer.json", "point_account_balances.json", "scalars.json", "tier_details.json",
    "transaction.json", "user.json", "user_offer.json", "wallet_customer.json",
}  # fmt: skip
KEYWORDS = {
    "$schema", "$id", "$ref", "$defs", "title", "description", "type", "properties", "required", "items", "pattern",
    "additionalProperties", "propertyNames", "minLength", "maxLength", "minItems", "maxItems", "minProperties",
    "maxProperties", "minimum", "maximum", "const", "enum", "not", "anyOf", "oneOf", "allOf", "if", "then", "else",
}  # fmt: skip
MAPS = ("properties", "$defs")
ANCHORED = re.compile(r"^\^.*(?:\(\?!\n\)\$|\{12\})\Z", re.DOTALL)


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """Every schema inside a schema."""
    if isinstance(schema, list):
        for part in schema:
            yield from subschemas(part)
    elif isinstance(schema, dict):
        yield schema
        for key, part in schema.items():
            if key in MAPS:
                for inner in part.values():
                    yield from subschemas(inner)
            elif key not in ("const", "enum", "required", "type"):
                yield from subschemas(part)


def test_every_object_and_every_operation_has_its_file(tools):
    names = {str(path.relative_to(tools.schemas)) for path in tools.schema_files()}
    assert names == OBJECTS | {f"operations/{name}.schema.json" for name in OPERATIONS}


def test_a_schema_file_conforms_to_the_metaschema_of_both_engines(schema_file):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(document)
    assert jsonschema_rs.meta.is_valid(document)


def test_a_schema_file_is_named_by_its_place(schema_file, tools):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    assert document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert document["$id"] == f"https://offerproof.example/schemas/{schema_file.relative_to(tools.schemas)}"
    assert document["title"]
    assert document["description"]


def test_only_known_keywords_are_used(schema_file):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    used = {key for schema in subschemas(document) for key in schema}
    assert used - KEYWORDS == set()


def test_every_reference_leads_to_a_schema_of_ours(schema_file, tools):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    for schema in subschemas(document):
        if "$ref" in schema:
            file, pointer = urldefrag(urljoin(document["$id"], schema["$ref"]))
            assert isinstance(tools.at(tools.resources()[file], pointer), dict)


def test_patterns_mean_the_same_to_both_engines(schema_file):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    for schema in subschemas(document):
        pattern = schema.get("pattern", "")
        assert not re.search(r"\\[dDwWsSbBzZAp]", pattern), f"a class whose meaning differs: {pattern}"
        assert not re.search(r"(?<!\(\?!\n\))\$", pattern), f"a bare $ lets a line feed through: {pattern}"


def test_patterns_bind_the_whole_text(schema_file):
    document = json.loads(schema_file.read_text(encoding="utf-8"))
    for schema in subschemas(document):
        if "pattern" in schema and schema["pattern"] != "[^a-z0-9_]":
            assert ANCHORED.match(schema["pattern"]), schema["pattern"]


@pytest.mark.parametrize("instance", ["ok", "ok\n", "\nok", "ok\n\n", "ok\r", "ok\u2028", "Ok", "oK ", "o\u212a"])
def test_both_engines_read_the_ends_of_a_text_alike(instance, tools):
    assert tools.accepts("scalars.json#/$defs/success_word", instance) == (instance in ("ok", "Ok"))


@pytest.mark.parametrize("digit", ["\u0661", "\uff11", "\u00b2"])
def test_digits_of_other_scripts_are_no_digits(digit, tools):
    assert not tools.accepts("scalars.json#/$defs/date_or_null", f"1999-07-0{digit}")
    assert not tools.accepts("scalars.json#/$defs/input_number", digit)
