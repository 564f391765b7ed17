#!/usr/bin/env bash
# Schemathesis spells every second bounded integer as a float (64.0) under OpenAPI 3.1, and none under 3.0 or without bounds.
# Packages: schemathesis 4.32.5, hypothesis 6.170.15, msgspec 0.23.0 from PyPI
# Expected: a positive value of {"type": "integer", "minimum": 1, "maximum": 99} is a JSON integer, or the spelling 64.0 comes with every integer.
# Happens: more than a quarter of the bodies hold 64.0 and the like when the contract says 3.1 and the integer has bounds or a format. JSON Schema
#   calls that an integer; a decoder that goes by spelling does not: msgspec refuses all of them. Query parameters are always integers.
# Matters: the step from 3.0 to 3.1 alone turns a service with a typed decoder from passing to "rejects valid data".
# Output seen:
#> 3.0.3 {"type": "integer"} floats in more than a quarter of the bodies: False, none to refuse: True | in the query: 0
#> 3.0.3 {"type": "integer", "minimum": 1, "maximum": 99} floats in more than a quarter of the bodies: False, none to refuse: True | in the query: 0
#> 3.0.3 {"type": "integer", "format": "int32"} floats in more than a quarter of the bodies: False, none to refuse: True | in the query: 0
#> 3.1.0 {"type": "integer"} floats in more than a quarter of the bodies: False, none to refuse: True | in the query: 0
#> 3.1.0 {"type": "integer", "minimum": 1, "maximum": 99} floats in more than a quarter of the bodies: True, all refused by msgspec: True | in the query: 0
#> 3.1.0 {"type": "integer", "format": "int32"} floats in more than a quarter of the bodies: True, all refused by msgspec: True | in the query: 0
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check schemathesis==4.32.5 hypothesis==6.170.15 msgspec==0.23.0
"$work/env/bin/python" - >"$work/seen" <<'PROGRAM'
import collections
import json

import msgspec
import schemathesis
from hypothesis import HealthCheck, given, seed, settings


def sent(version, number):
    schema = {"type": "object", "additionalProperties": False, "required": ["quantity"], "properties": {"quantity": number}}
    operation = {
        "parameters": [{"name": "skip", "in": "query", "required": True, "schema": number}],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": "ok"}},
    }
    contract = {"openapi": version, "info": {"title": "till", "version": "1"}, "paths": {"/lines": {"post": operation}}}
    seen = collections.Counter()

    @seed(1)
    @settings(max_examples=200, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=schemathesis.openapi.from_dict(contract)["/lines"]["POST"].as_strategy())
    def look(case):
        value = case.body["quantity"]
        seen["query floats"] += isinstance(case.query["skip"], float)
        if isinstance(value, float):
            seen["floats"] += 1
            try:
                msgspec.json.decode(json.dumps(value), type=int)
            except msgspec.ValidationError:
                seen["refused"] += 1

    look()
    return seen


for version in ("3.0.3", "3.1.0"):
    for number in ({"type": "integer"}, {"type": "integer", "minimum": 1, "maximum": 99}, {"type": "integer", "format": "int32"}):
        seen = sent(version, number)
        print(version, json.dumps(number), "floats in more than a quarter of the bodies:", seen["floats"] > 50, end=", ")
        print("all refused by msgspec:" if seen["floats"] else "none to refuse:", seen["refused"] == seen["floats"], "| in the query:", seen["query floats"])
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "fuzz-integers-as-floats: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
