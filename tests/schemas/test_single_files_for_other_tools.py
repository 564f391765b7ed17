"""``offerproof contract``: one file each that other people's tools take, and that says what our schemas say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from offerproof import content
from offerproof.cli import main
from offerproof.contract import OPERATIONS
from offerproof.contract.single_files import ANSWERS, FORMATS
from offerproof.judgement import shapes

PLAIN = FORMATS["openapi"][1]()


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from nodes(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from nodes(inner)


@pytest.fixture(scope="module")
def calls() -> dict[str, Any]:
    return {call["operationId"]: call for methods in PLAIN["paths"].values() for call in methods.values()}


def test_the_plain_description_has_nothing_that_common_tools_stumble_over(calls):
    assert set(calls) == set(OPERATIONS)
    for schema in nodes(PLAIN["components"]["schemas"]):
        if "$ref" in schema:
            assert set(schema) == {"$ref"}, "keywords beside a reference are lost in Prism"
            name = schema["$ref"].removeprefix("#/components/schemas/")
            assert name in PLAIN["components"]["schemas"], "a reference into another file, or to itself"
        types = schema.get("type", ())
        if "array" in types and isinstance(types, str | list):
            assert "items" in schema, "a list without items gives a client that cannot be imported"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_call_has_an_example_answer_that_keeps_our_schemas_and_the_plain_ones(operation, calls):
    body = calls[operation]["responses"]["200"]["content"]["application/json"]
    answer = json.loads(json.dumps(body["example"]), parse_float=Decimal)
    assert shapes.claims_success(answer, 200)
    assert shapes.check(operation, answer, 200) == []
    whole = {**body["schema"], "components": PLAIN["components"]}
    assert jsonschema_rs.Draft202012Validator(whole).is_valid(body["example"])
    asked = calls[operation].get("requestBody", {}).get("content", {}).get("application/json")
    if asked:
        assert jsonschema_rs.Draft202012Validator({**asked["schema"], "components": PLAIN["components"]}).is_valid(
            asked["example"]
        )


def test_the_documents_own_answers_are_the_examples_where_they_print_one():
    printed = {file.name for file in (content.folder("schemas") / "samples").glob("*-answer.json")}
    shown = {json.dumps(make()) for make in ANSWERS.values()}
    for name in printed:
        assert json.dumps(json.loads((content.folder("schemas") / "samples" / name).read_text())) in shown, name


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_word_for_word_files_judge_as_our_schemas_do(operation):
    alone, bundle = FORMATS["jsonschema"][1](), FORMATS["openapi-bundle"][1]()
    answer = ANSWERS[operation]()
    wrong = {**answer, "status": 7}
    for place, whole in ("$defs", alone), ("components/schemas", bundle):
        call = {"$ref": f"#/{place}/{operation}_call/$defs/answer"}
        judge = jsonschema_rs.Draft202012Validator(
            {**{k: whole[k] for k in ("$defs", "components") if k in whole}, **call}
        )
        assert judge.is_valid(answer)
        assert not judge.is_valid(wrong)


@pytest.mark.parametrize("form", ["openapi", "openapi-bundle"])
def test_a_tool_that_knows_openapi_finds_every_call(form, tmp_path):
    file = tmp_path / "api.json"
    assert main(["contract", "--format", form, "--out", str(file)]) == 0
    found = schemathesis.openapi.from_path(file)
    described = found.raw_schema["paths"].values()
    assert len(list(found.get_all_operations())) == len(OPERATIONS)
    assert {call["operationId"] for methods in described for call in methods.values()} == set(OPERATIONS)


def test_the_collection_has_a_request_with_its_answer_for_every_call(capsys):
    assert main(["contract", "--format", "postman"]) == 0
    collection = json.loads(capsys.readouterr().out)
    requests = [one for folder in collection["item"] for one in folder["item"]]
    assert len(requests) == len(OPERATIONS)
    held = {one["key"] for one in collection["variable"]}
    for one in requests:
        used = one["request"]["url"]
        assert used["host"][0].strip("{}") in held
        assert used["path"][0] in ("priv", "api")
        assert json.loads(one["response"][0]["body"])["status"] in ("ok", "OK", "success")
        if one["request"]["method"] != "GET":
            assert json.loads(one["request"]["body"]["raw"])
