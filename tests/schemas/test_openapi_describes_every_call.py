"""openapi.json: valid, complete, linked, and usable by a tool that generates from it and judges with it."""

from __future__ import annotations

import copy
import json
import re
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

CALLS = {
    "search_customers": ("core", "GET", "/priv/v1/apps/{api_key}/users/search"),
    "get_customer": ("core", "GET", "/priv/v1/apps/{api_key}/users/{user_id}"),
    "get_customer_by_external_id": ("core", "GET", "/priv/v1/apps/{api_key}/external/users/{external_id}"),
    "create_customer": ("core", "POST", "/priv/v1/apps/{api_key}/users"),
    "create_offer": ("offers", "POST", "/api/2.0/offers/management/create"),
    "fetch_offer": ("offers", "POST", "/api/2.0/offers/fetch_offer"),
    "issue_offer": ("offers", "POST", "/api/2.0/offers/acquisition/issue"),
    "revoke_offer": ("offers", "POST", "/api/2.0/offers/acquisition/revoke"),
    "get_user_offers": ("offers", "POST", "/api/2.0/offers/get_user_offers"),
    "user_offer_history": ("offers", "POST", "/api/2.0/offers/user_offer_history"),
    "lookup": ("cloudpos", "POST", "/api/2.0/Lookup"),
    "lock": ("cloudpos", "POST", "/api/2.0/Lock"),
    "unlock": ("cloudpos", "POST", "/api/2.0/unlock"),
    "redeem": ("cloudpos", "POST", "/api/2.0/redeem"),
    "reinstate": ("cloudpos", "POST", "/api/2.0/reinstate"),
    "send_transaction": ("cloudpos", "POST", "/api/2.0/send_transaction"),
}
THE_WORKFLOW = {
    ("create_customer", "issue_offer"), ("create_offer", "fetch_offer"), ("create_offer", "issue_offer"),
    ("issue_offer", "lookup"), ("issue_offer", "get_user_offers"), ("issue_offer", "lock"), ("lookup", "lock"),
    ("get_user_offers", "lock"), ("lock", "send_transaction"), ("lock", "unlock"), ("redeem", "reinstate"),
}  # fmt: skip
POSTS = sorted(name for name, (_, method, _) in CALLS.items() if method == "POST")


@pytest.fixture(scope="session")
def described(tools: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((tools.schemas / "openapi.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def operations(described: dict[str, Any]) -> dict[str, Any]:
    return {op["operationId"]: op for item in described["paths"].values() for op in item.values()}


@pytest.fixture(scope="session")
def loaded(tools: Any) -> Any:
    return schemathesis.openapi.from_path(tools.schemas / "openapi.json")


def test_it_is_valid_openapi(described):
    assert described["openapi"] == "3.1.1"
    assert [error.message for error in OPENAPI_31_VALIDATOR.iter_errors(described)] == []


def test_a_broken_description_would_be_noticed(described):
    broken = copy.deepcopy(described)
    del broken["paths"]["/api/2.0/Lock"]["post"]["responses"]["200"]["description"]
    assert not OPENAPI_31_VALIDATOR.is_valid(broken)


def test_every_call_stands_there_once_under_its_canonical_path(described):
    found = {
        op["operationId"]: (op["security"], method.upper(), path)
        for path, item in described["paths"].items()
        for method, op in item.items()
    }
    assert found == {name: ([{service: []}], method, path) for name, (service, method, path) in CALLS.items()}


def test_every_service_has_its_own_basic_credentials(described):
    schemes = described["components"]["securitySchemes"]
    assert {(name, s["type"], s["scheme"]) for name, s in schemes.items()} == {
        (service, "http", "basic") for service in ("core", "offers", "cloudpos")
    }


def test_every_reference_into_a_schema_file_leads_somewhere(described, tools):
    references = set(re.findall(r'"\$ref": "([^"#]+#[^"]*)"', json.dumps(described)))
    assert len(references) == 33
    for reference in references:
        file, _, pointer = urljoin("https://offerproof.example/schemas/", reference).partition("#")
        assert isinstance(tools.at(tools.resources()[file], pointer), dict)


def test_every_call_answers_with_its_own_schemas(operations, described):
    for name, operation in operations.items():
        service = CALLS[name][0]
        ok = operation["responses"]["200"]["content"]["application/json"]["schema"]
        refusal = described["components"]["responses"][f"{service}Refusal"]["content"]["application/json"]["schema"]
        assert ok == {"$ref": f"operations/{name}.schema.json#/$defs/answer"}
        assert operation["responses"]["4XX"] == {"$ref": f"#/components/responses/{service}Refusal"}
        assert refusal == {"$ref": f"envelopes.json#/$defs/{service}_error"}


@pytest.mark.parametrize("name", POSTS)
def test_the_example_of_a_request_is_valid(name, operations, tools):
    body = operations[name]["requestBody"]["content"]["application/json"]
    assert body["schema"] == {"$ref": f"operations/{name}.schema.json#/$defs/request"}
    assert tools.accepts(f"operations/{name}.schema.json#/$defs/request", body["example"])


def test_the_calls_are_linked_along_the_workflow(operations):
    links = {
        (name, link["operationId"])
        for name, operation in operations.items()
        for link in operation["responses"]["200"].get("links", {}).values()
    }
    assert links >= THE_WORKFLOW
    assert {target for _, target in links} <= set(CALLS)


def expressions(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [found for part in value.values() for found in expressions(part)]
    if isinstance(value, list):
        return [found for part in value for found in expressions(part)]
    return [value] if isinstance(value, str) and value.startswith("$") else []


def test_a_link_takes_its_values_from_where_the_answer_has_them(operations, every_document, tools):
    documents = {reference: found[0] for reference, found in every_document}
    seen = 0
    for name, operation in operations.items():
        for link in operation["responses"]["200"].get("links", {}).values():
            for expression in expressions([link.get("requestBody"), link.get("parameters")]):
                source, _, pointer = expression.partition("#")
                form = {"$response.body": "answer_success", "$request.body": "request"}.get(source)
                if form is None:
                    assert expression == "$request.path.api_key"
                    continue
                document = documents[f"operations/{name}.schema.json#/$defs/{form}"]
                assert tools.at(document, pointer) is not None
                seen += 1
    assert seen > 40


def test_the_body_of_a_workflow_link_names_only_members_of_the_next_request(operations, tools):
    for operation in operations.values():
        for link in operation["responses"]["200"].get("links", {}).values():
            schema = tools.resources()[
                f"https://offerproof.example/schemas/operations/{link['operationId']}.schema.json"
            ]
            request = schema["$defs"]["request"]
            known = set(request["properties"]) | {"store_id", "client_id", "request_id"}
            assert set(link.get("requestBody", {})) <= known


def test_schemathesis_loads_every_call(loaded):
    assert {result.ok().definition.raw["operationId"] for result in loaded.get_all_operations()} == set(CALLS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["create_offer", "issue_offer", "lock", "send_transaction"])
def test_what_schemathesis_generates_as_valid_is_valid(name, loaded, tools):
    operation = loaded.find_operation_by_id(name)

    @given(case=operation.as_strategy())
    @settings(max_examples=5, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def generate(case: Any) -> None:
        assert tools.accepts(f"operations/{name}.schema.json#/$defs/request", tools.parse(json.dumps(case.body)))

    generate()


def answer(body: Any, status: int) -> schemathesis.Response:
    request = requests.Request("POST", "http://127.0.0.1/").prepare()
    headers = {"content-type": ["application/json"]}
    return schemathesis.Response(status, headers, json.dumps(body).encode(), request, elapsed=0.1, verify=True)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_schemathesis_judges_with_the_same_schemas(name, loaded, tools):
    documents = json.loads((tools.documents / "operations" / f"{name}.schema.json").read_text(encoding="utf-8"))
    operation = loaded.find_operation_by_id(name)
    right, refused = documents["#/$defs/answer_success"][0], documents["#/$defs/answer_error"][0]
    assert operation.is_valid_response(answer(right, 200))
    assert operation.is_valid_response(answer(refused, 200))
    assert operation.is_valid_response(answer(refused, 404))
    assert not operation.is_valid_response(answer(right, 404))
    assert not operation.is_valid_response(answer({**right, "status": 1}, 200))
    assert not operation.is_valid_response(answer({**refused, "errors": None}, 200))


def test_schemathesis_follows_the_references_to_the_last_member(loaded, tools):
    right = json.loads((tools.documents / "operations" / "lookup.schema.json").read_text())["#/$defs/answer_success"][0]
    wrong = copy.deepcopy(right)
    wrong["payload"][0]["accounts"][0]["PointAccountID"] = "not a GUID"
    operation = loaded.find_operation_by_id("lookup")
    assert operation.is_valid_response(answer(right, 200))
    assert not operation.is_valid_response(answer(wrong, 200))
