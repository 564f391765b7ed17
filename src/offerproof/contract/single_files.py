"""The contract as one file that other people's tools take: OpenAPI (plain or as it is), JSON Schema, Postman.

``openapi`` is for generators, mocks and converters, many of which know less of JSON Schema than they say: every
reference stands alone (what stood beside one is merged into what it names), every list says what its items are, nothing
refers to itself, and each answer has an example, the documents' own where they print one. What that cannot say is left
out: which members go together. ``openapi-bundle`` and ``jsonschema`` are the schemas word for word.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import PurePosixPath
from typing import Any, Final

from offerproof import content
from offerproof.contract.operations import OPERATIONS, SERVICES

Json = Any
_GROUPS: Final = ("anyOf", "oneOf", "allOf")
_NESTED: Final = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_NAMED: Final = ("properties", "patternProperties", "$defs")
_USER_OFFER: Final = "2e7d2237-2879-482b-b37b-3afc1d3f1ff2"
_USER: Final = "7a5d1ba6-b1e3-11e8-842b-88002c64166c"
_DONE: Final = {"status": "OK", "payload": None, "errors": None}


def _sample(name: str) -> Json:
    return json.loads((content.folder("schemas") / "samples" / f"{name}.json").read_text("utf-8"))


def _user() -> Json:
    return {"status": "ok", "user": _sample("user")}


def _issued() -> Json:
    offer_id = _sample("create-offer-answer")["payload"]["offer_id"]
    issued = {"user_id": _USER, "user_offer_id": _USER_OFFER, "offer_id": offer_id, "root_offer_id": offer_id}
    return {"status": "ok", "payload": {"status_list": [issued | {"fail_reason": None}]}}


def _wallet() -> Json:
    history = _sample("user-offer-history-answer")["payload"]["results"][0]
    held = {name: value for name, value in history.items() if name not in ("user_id", "status_description")}
    return {"status": "ok", "payload": {"user_id": _USER, "user_offers": [held], "total_records": 1}}


ANSWERS: Final[Mapping[str, Callable[[], Json]]] = {
    "search_customers": _user,
    "get_customer": _user,
    "get_customer_by_external_id": _user,
    "create_customer": _user,
    "create_offer": lambda: _sample("create-offer-answer"),
    "fetch_offer": lambda: _sample("fetch-offer-answer"),
    "issue_offer": _issued,
    "revoke_offer": lambda: {"status": "ok", "payload": None},
    "get_user_offers": _wallet,
    "user_offer_history": lambda: _sample("user-offer-history-answer"),
    "lookup": lambda: _sample("lookup-answer"),
    "lock": lambda: _sample("lock-answer"),
    "unlock": lambda: _DONE,
    "redeem": lambda: _DONE,
    "reinstate": lambda: _DONE,
    "send_transaction": lambda: _sample("send-transaction-answer"),
}
"""By operation an answer: the documents' own, or one made of theirs where they print none."""


@cache
def _files() -> dict[str, Json]:
    """The schemas of the API by their path below ``schemas/``; every reference in them is FILE#/POINTER."""
    root = content.folder("schemas")
    held: dict[str, Json] = {}
    waiting = ["openapi.json"]
    while waiting:
        name = waiting.pop()
        if name in held:
            continue
        document = json.loads((root / name).read_text("utf-8"))
        held[name] = _absolute(document, name)
        waiting += [ref.partition("#")[0] for ref in _references(held[name])]
    return held


def _references(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for inner in node.values():
            yield from _references(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _references(inner)


def _mapped(node: Json, refer: Callable[[str], str]) -> Json:
    """A copy with every reference replaced."""
    if isinstance(node, dict):
        return {
            name: refer(inner) if name == "$ref" and isinstance(inner, str) else _mapped(inner, refer)
            for name, inner in node.items()
        }
    return [_mapped(inner, refer) for inner in node] if isinstance(node, list) else node


def _absolute(document: Json, name: str) -> Json:
    def refer(ref: str) -> str:
        file, _, pointer = ref.partition("#")
        parts: list[str] = list(PurePosixPath(name).parent.parts) if file else []
        for step in PurePosixPath(file or name).parts:
            if step == "..":
                parts.pop()
            else:
                parts.append(step)
        return f"{'/'.join(parts)}#{pointer}"

    return _mapped(document, refer)


def _key(file: str) -> str:
    """A file's name in one document: ``lookup`` for ``operations/lookup.schema.json``."""
    return file.rpartition("/")[2].partition(".")[0] + ("_call" if file.startswith("operations/") else "")


def _within(place: str) -> Callable[[str], str]:
    """How a reference is written in one document whose ``place`` holds all files."""

    def refer(ref: str) -> str:
        file, _, pointer = ref.partition("#")
        return f"#{pointer}" if file == "openapi.json" else f"#/{place}/{_key(file)}{pointer}"

    return refer


def _gathered(place: str) -> dict[str, Json]:
    return {
        _key(file): _mapped({name: one for name, one in document.items() if name[0] != "$" or name == "$defs"}, refer)
        for refer in [_within(place)]
        for file, document in sorted(_files().items())
        if file != "openapi.json"
    }


def json_schema() -> Json:
    """All schemas of the API as one JSON Schema: ``#/$defs/lookup_call/$defs/request`` and the like."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://offerproof.example/schemas/contract.json",
        "title": "The loyalty-offer API",
        "description": "NAME_call has $defs request, answer_success, answer_error and answer of each call.",
        "$defs": _gathered("$defs"),
    }


def openapi_bundle() -> Json:
    """The OpenAPI description and the schemas it refers to, word for word, in one file."""
    described = _mapped(_files()["openapi.json"], _within("components/schemas"))
    described["components"]["schemas"] = _gathered("components/schemas")
    return described


def openapi() -> Json:
    """The OpenAPI description in a form that common tools read alike."""
    plain = _PlainSchemas()
    described = json.loads(json.dumps(_files()["openapi.json"]))
    for parameter in described["components"]["parameters"].values():
        parameter["schema"] = plain.inlined(parameter["schema"])
    for service, response in zip(SERVICES, described["components"]["responses"].values(), strict=True):
        body = response["content"]["application/json"]
        body["schema"] = plain.named(body["schema"]["$ref"], f"{_camel(service)}Refusal")
    for call in _calls(described):
        operation = call["operationId"]
        name = _camel(operation)
        call["parameters"] = [_inner(one) for one in call.get("parameters", [])]
        file = f"operations/{operation}.schema.json"
        if "requestBody" in call:
            body = call["requestBody"]["content"]["application/json"]
            body["schema"] = plain.named(f"{file}#/$defs/request", f"{name}Request")
        answer = call["responses"]["200"]["content"]["application/json"]
        refusal = f"{_camel(OPERATIONS[operation].service)}Refusal"
        answer["schema"] = {
            "oneOf": [plain.named(f"{file}#/$defs/answer_success", f"{name}Answer"), _component(refusal)]
        }
        answer["example"] = ANSWERS[operation]()
        call["responses"]["200"].pop("links", None)
        call["responses"] = {status: _inner(one) for status, one in call["responses"].items()}
    described["components"]["schemas"] = dict(sorted(plain.schemas.items()))
    return described


def _calls(described: Json) -> Iterator[Json]:
    for path in described["paths"].values():
        yield from (call for call in path.values() if "operationId" in call)


def _inner(node: Json) -> Json:
    return {"$ref": node["$ref"].removeprefix("openapi.json")} if "$ref" in node else node


def _component(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.replace("-", "_").split("_"))


class _PlainSchemas:
    """Schemas without keywords beside references; objects become components, the rest stands where it is used."""

    def __init__(self) -> None:
        self.schemas: dict[str, Json] = {}

    def named(self, ref: str, name: str) -> Json:
        """A reference to a component of this name, which is made at its first use."""
        if name not in self.schemas:
            self.schemas[name] = {}  # somebody may refer to it while it is made
            self.schemas[name] = self.inlined({"$ref": ref})
        return _component(name)

    def inlined(self, node: Json) -> Json:
        """A schema in plain form."""
        if not isinstance(node, dict):
            return node
        merged = _merged(node)
        for name in _GROUPS:
            if name in merged:
                kept = merged.pop(name)
                if "properties" not in merged:  # else it only says which members go together
                    merged[name] = [self._used(one) for one in kept]
        for name in _NESTED:
            if name in merged:
                merged[name] = self._used(merged[name])
        for name in _NAMED:
            if name in merged:
                merged[name] = {member: self._used(one) for member, one in merged[name].items()}
        merged.pop("$defs", None)
        types = merged.get("type", ())
        if "array" in types:  # in the word, or in the list of words
            merged.setdefault("items", {})
        if "object" in types and not merged.get("properties"):
            merged.setdefault("additionalProperties", True)
        return merged

    def _used(self, node: Json) -> Json:
        """A schema where it is used: an object that has a name of its own becomes a component."""
        if isinstance(node, dict) and "$ref" in node and not set(node) - {"$ref", "description", "title"}:
            target = _merged(node)
            if target.get("type") == "object" and target.get("properties"):
                file, _, pointer = node["$ref"].partition("#")
                return self.named(node["$ref"], _camel(_key(file)) + _camel(pointer.rpartition("/")[2]))
        return self.inlined(node)


def _target(ref: str) -> Json:
    file, _, pointer = ref.partition("#")
    node = _files()[file]
    for step in pointer.split("/")[1:]:
        node = node[step]
    return node


def _merged(node: Json) -> Json:
    """A schema with what it refers to, and all of ``allOf``, merged into it; ``$id`` and the like are left behind."""
    own = {name: one for name, one in node.items() if name not in ("$ref", "allOf", "$schema", "$id", "$defs")}
    whole: Json = {}
    for part in ([_target(node["$ref"])] if "$ref" in node else []) + node.get("allOf", []):
        whole = _both(whole, _merged(part))
    return _both(whole, own)


def _both(one: Json, other: Json) -> Json:
    """Two schemas that hold at once."""
    both = dict(one)
    for name, value in other.items():
        held = both.get(name)
        if name == "required" and held:
            both[name] = list(dict.fromkeys([*held, *value]))
        elif held is None or held == value or name not in (*_GROUPS, *_NESTED, *_NAMED):
            both[name] = value  # what stands beside a reference narrows it
        elif name == "properties":
            both[name] = held | {
                member: _both(_merged(held[member]), _merged(inner)) if member in held else inner
                for member, inner in value.items()
            }
        else:
            both.setdefault("allOf", []).append({name: value})
    return both


def postman() -> Json:
    """A Postman collection, version 2.1: a folder for each service, a request with its example for each call."""
    described = openapi()
    folders = []
    for service in SERVICES:
        basic = [{"key": part, "value": f"{{{{{service}_{name}}}}}", "type": "string"} for part, name in _PAIR]
        calls = [
            _postman_request(path, method, call, service)
            for path, methods in described["paths"].items()
            for method, call in methods.items()
            if call.get("tags") == [service]
        ]
        folders.append({"name": service, "auth": {"type": "basic", "basic": basic}, "item": calls})
    variables = {f"{service}_{name}": "" for service in SERVICES for name in ("url", "key", "secret")} | {"api_key": ""}
    return {
        "info": {
            "name": described["info"]["title"],
            "description": described["info"]["description"],
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json",
        },
        "item": folders,
        "variable": [{"key": name, "value": value} for name, value in variables.items()],
    }


_PAIR: Final = (("username", "key"), ("password", "secret"))


def _postman_request(path: str, method: str, call: Json, service: str) -> Json:
    components = openapi()["components"]["parameters"]
    parameters = [components[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in call["parameters"]]
    query = [
        {"key": one["name"], "value": str(one.get("example", "true")), "disabled": place > 0}
        for place, one in enumerate(one for one in parameters if one["in"] == "query")
    ]
    steps = [
        "{{api_key}}" if step == "{api_key}" else f":{step[1:-1]}" if step.startswith("{") else step
        for step in path.strip("/").split("/")
    ]
    values = [
        {"key": one["name"], "value": str(one.get("example", ""))}
        for one in parameters
        if one["in"] == "path" and one["name"] != "api_key"
    ]
    host = f"{{{{{service}_url}}}}"
    address: Json = {"raw": f"{host}/{'/'.join(steps)}", "host": [host], "path": steps}
    address |= {"query": query} if query else {}
    address |= {"variable": values} if values else {}
    request: Json = {"method": method.upper(), "header": [], "url": address, "description": call.get("description", "")}
    if "requestBody" in call:
        example = call["requestBody"]["content"]["application/json"].get("example", {})
        request["header"] = [{"key": "Content-Type", "value": "application/json"}]
        kind = {"raw": {"language": "json"}}
        request["body"] = {"mode": "raw", "raw": json.dumps(example, indent=2), "options": kind}
    answer = call["responses"]["200"]["content"]["application/json"]["example"]
    shown = {
        "name": "success",
        "originalRequest": request,
        "status": "OK",
        "code": 200,
        "header": [{"key": "Content-Type", "value": "application/json"}],
        "body": json.dumps(answer, indent=2),
    }
    return {"name": call["summary"], "request": request, "response": [shown]}


FORMATS: Final[Mapping[str, tuple[str, Callable[[], Json]]]] = {
    "openapi": ("for generators, mocks and converters", openapi),
    "openapi-bundle": ("the contract's own schemas, for tools that know all of JSON Schema 2020-12", openapi_bundle),
    "postman": ("a collection, version 2.1", postman),
    "jsonschema": ("the schemas alone", json_schema),
}
"""By name: what it is for, and what makes it."""
