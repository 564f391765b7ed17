#!/usr/bin/env bash
# swagger-parser calls an OpenAPI description valid with one operationId for two calls and a path's parameter undeclared, and no validator finds all.
# Packages: @apidevtools/swagger-parser 13.0.0, @readme/openapi-parser 9.0.0, @redocly/cli 2.77.0, @stoplight/spectral-cli 6.16.3 from npm;
#   openapi-spec-validator 0.8.5 from PyPI
# Expected: what the specification says must be or must not be is found by each validator: unique operationIds, each parameter of a path declared, no
#   two paths that differ in a parameter's name only, an array with items (3.0), exclusiveMinimum as a number (3.1), declared variables.
# Happens: for OpenAPI 3 swagger-parser asks the JSON schema of the specification alone, which says none of that. Two like paths are found by Redocly
#   and Spectral only, a missing items by openapi-parser and Spectral only, a default of a wrong type by Spectral and Python only. The rules asked are Redocly's "spec" and
#   Spectral's "oas" with its errors.
# Matters: a contract that a build calls valid makes a mock or a client that mixes two calls up, and the next tool refuses it.
# Output seen:
#> nothing wrong | -
#> one operationId twice | openapi-spec-validator, openapi-parser, Redocly, Spectral
#> a parameter of the path is not declared | openapi-spec-validator, openapi-parser, Redocly, Spectral
#> a parameter is declared that the path has not | openapi-spec-validator, openapi-parser, Redocly, Spectral
#> two paths that differ in the parameter's name | Redocly, Spectral
#> an array without items (3.0) | openapi-parser, Spectral
#> exclusiveMinimum is true (3.1) | openapi-spec-validator, Redocly, Spectral
#> a default of another type | openapi-spec-validator, Spectral
#> an example of another type | Spectral
#> a server variable is not declared | Redocly, Spectral
#> a field that is none | openapi-spec-validator, swagger-parser, openapi-parser, Redocly, Spectral
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check openapi-spec-validator==0.8.5
npm install --silent --no-audit --no-fund --prefix "$work" @apidevtools/swagger-parser@13.0.0 @readme/openapi-parser@9.0.0 \
  @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 >/dev/null
cd "$work"
echo '{"extends": ["spectral:oas"]}' >ruleset.json
cat >parsers.mjs <<'PROGRAM'
import SwaggerParser from "@apidevtools/swagger-parser";
import * as readme from "@readme/openapi-parser";
import { readFileSync } from "node:fs";

const description = () => JSON.parse(readFileSync(process.argv[2]));
const found = [];
await SwaggerParser.validate(description()).catch(() => found.push("swagger-parser"));
if (!(await readme.validate(description())).valid) found.push("openapi-parser");
console.log(JSON.stringify(found));
PROGRAM
cat >program.py <<'PROGRAM'
import copy
import json
import os
import subprocess

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError

READ = {"type": "object", "properties": {"points": {"type": "number"}}}
CALL = {
    "operationId": "read", "description": "reads", "tags": ["cards"],
    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
    "responses": {"200": {"description": "read", "content": {"application/json": {"schema": READ}}}},
}
INFO = {"title": "cards", "version": "1", "description": "cards", "contact": {"name": "till"}}
DESCRIPTION = {
    "openapi": "3.0.3", "info": INFO, "servers": [{"url": "https://till.example"}], "tags": [{"name": "cards"}], "security": [],
    "paths": {"/cards/{id}": {"get": CALL}},
}


def twice(whole, call, points):
    whole["paths"]["/shops"] = {"get": {**copy.deepcopy(call), "parameters": []}}


def alike(whole, call, points):
    other = {**copy.deepcopy(call), "operationId": "other"}
    other["parameters"][0]["name"] = "number"
    whole["paths"]["/cards/{number}"] = {"get": other}


def asked(**schema):
    return {"name": "shop", "in": "query", "schema": schema}


def new(whole, call, points):
    whole["openapi"] = "3.1.0"
    points.update(minimum=1, exclusiveMinimum=True)


FAULTS = {
    "nothing wrong": lambda whole, call, points: None,
    "one operationId twice": twice,
    "a parameter of the path is not declared": lambda whole, call, points: call.update(parameters=[]),
    "a parameter is declared that the path has not": lambda whole, call, points: call["parameters"].append(
        {"name": "shop", "in": "path", "required": True, "schema": {"type": "string"}}
    ),
    "two paths that differ in the parameter's name": alike,
    "an array without items (3.0)": lambda whole, call, points: call["parameters"].append(asked(type="array")),
    "exclusiveMinimum is true (3.1)": new,
    "a default of another type": lambda whole, call, points: call["parameters"].append(asked(type="integer", default="x")),
    "an example of another type": lambda whole, call, points: points.update(example="many"),
    "a server variable is not declared": lambda whole, call, points: whole.update(servers=[{"url": "https://{shop}.till.example"}]),
    "a field that is none": lambda whole, call, points: call.update(sumary="reads"),
}


def run(*command):
    environment = {**os.environ, "CI": "1", "REDOCLY_TELEMETRY": "off"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    return done.returncode, done.stdout


for label, fault in FAULTS.items():
    whole = copy.deepcopy(DESCRIPTION)
    call = whole["paths"]["/cards/{id}"]["get"]
    fault(whole, call, call["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["points"])
    with open("openapi.json", "w") as file:
        json.dump(whole, file)
    found = []
    try:
        validate(whole)
    except OpenAPIValidationError:
        found.append("openapi-spec-validator")
    found += json.loads(run("node", "parsers.mjs", "openapi.json")[1])
    if run("node_modules/.bin/redocly", "lint", "--extends", "spec", "openapi.json")[0]:
        found.append("Redocly")
    if run("node_modules/.bin/spectral", "lint", "--ruleset", "ruleset.json", "openapi.json")[0]:
        found.append("Spectral")
    print(label, ", ".join(found) or "-", sep=" | ")
PROGRAM
env/bin/python -W ignore program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "contract-description-validity: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
