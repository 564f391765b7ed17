#!/usr/bin/env bash
# Two coupon codes in ?codes=A%2CB,C are three for four OpenAPI validators, and a list in a header makes one refuse each request to that call.
# Packages: openapi-core 0.23.1, requests 2.34.2, connexion 3.3.0 from PyPI; express 5.3.0, express-openapi-validator 5.6.2, openapi-backend 5.21.2 from npm
# Expected: a comma that belongs to a value is written %2C, so A%2CB,C is the list of A,B and C in a query (explode false), in a path and nowhere
#   else; a repeated parameter is never split; a header's list has the style simple, the only one there is. %20 in a path is a space.
# Happens: all four decode first and split then; in a path openapi-core splits rightly and does not decode at all. Connexion splits a repeated
#   parameter at commas too. Of a list in a header only openapi-core makes a list; express-openapi-validator, unless the description writes out the
#   style, refuses with 400 also those requests that do not send the header; openapi-backend never makes a list of a path or a header.
# Matters: which coupons a request names depends on the gate it passes, and calls that follow the contract are refused.
# Output seen:
#> ?codes=A%2CB,C | openapi-core ['A', 'B', 'C'] | connexion ['A', 'B', 'C'] | express-openapi-validator ['A', 'B', 'C'] | openapi-backend ['A', 'B', 'C']
#> ?code=A%2CB&code=C | openapi-core ['A,B', 'C'] | connexion ['A', 'B', 'C'] | express-openapi-validator ['A,B', 'C'] | openapi-backend ['A,B', 'C']
#> /lists/A%2CB,C | openapi-core ['A%2CB', 'C'] | connexion ['A', 'B', 'C'] | express-openapi-validator ['A', 'B', 'C'] | openapi-backend refused
#> /offers/A%20B | openapi-core 'A%20B' | connexion 'A B' | express-openapi-validator 'A B' | openapi-backend 'A B'
#> /offers/A%2FB | openapi-core 'A%2FB' | connexion refused | express-openapi-validator 'A/B' | openapi-backend 'A/B'
#> X-Codes: A,B | openapi-core ['A', 'B'] | connexion refused | express-openapi-validator refused | openapi-backend refused
#> no X-Codes | openapi-core None | connexion None | express-openapi-validator refused | openapi-backend None
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check openapi-core==0.23.1 requests==2.34.2 "connexion[flask]==3.3.0"
npm install --silent --no-audit --no-fund --prefix "$work" express@5.3.0 express-openapi-validator@5.6.2 openapi-backend@5.21.2 >/dev/null
cat >"$work/cases.py" <<'PROGRAM'
import json

LIST = {"type": "array", "items": {"type": "string"}}
CASES = [  # what is sent, the path of the description, where, the parameter, its schema, further members
    ("/query?codes=A%2CB,C", "/query", "query", "codes", LIST, {"style": "form", "explode": False}),
    ("/repeated?code=A%2CB&code=C", "/repeated", "query", "code", LIST, {}),
    ("/lists/A%2CB,C", "/lists/{codes}", "path", "codes", LIST, {"required": True}),
    ("/offers/A%20B", "/offers/{id}", "path", "id", {"type": "string"}, {"required": True}),
    ("/offers/A%2FB", "/offers/{id}", "path", "id", {"type": "string"}, {"required": True}),
    ("/header", "/header", "header", "X-Codes", LIST, {}),
    ("/header", "/header", "header", "X-Codes", LIST, {}),
]
HEADERS = [{}] * 5 + [{"X-Codes": "A,B"}, {}]
LABELS = ["?codes=A%2CB,C", "?code=A%2CB&code=C", *(case[0] for case in CASES[2:5]), "X-Codes: A,B", "no X-Codes"]


def description():
    paths = {}
    for _, path, place, name, schema, more in CASES:
        parameter = {"name": name, "in": place, "schema": schema, **more}
        answer = {"200": {"description": "what was read", "content": {"application/json": {"schema": {}}}}}
        paths[path] = {"get": {"operationId": "read" + path.split("/")[1], "parameters": [parameter], "responses": answer}}
    return {"openapi": "3.0.3", "info": {"title": "codes", "version": "1"}, "servers": [{"url": "/"}], "paths": paths}


if __name__ == "__main__":
    with open("openapi.json", "w") as file:
        json.dump(description(), file)
    with open("cases.json", "w") as file:
        json.dump([{"target": case[0], "place": case[2], "name": case[3], "headers": headers} for case, headers in zip(CASES, HEADERS)], file)
PROGRAM
cat >"$work/validators.js" <<'PROGRAM'
const express = require("express");
const validator = require("express-openapi-validator");
const { OpenAPIBackend } = require("openapi-backend");
const cases = require("./cases.json");

const found = (request, { place, name }) => ({ query: request.query, path: request.params, header: request.headers })[place]?.[place === "header" ? name.toLowerCase() : name] ?? null;
(async () => {
  const app = express();
  app.use(validator.middleware({ apiSpec: "openapi.json", validateResponses: false }));
  let current;
  for (const path of ["/query", "/repeated", "/lists/:codes", "/offers/:id", "/header"]) app.get(path, (request, response) => response.json({ read: found(request, current) }));
  app.use((error, request, response, next) => response.status(error.status).json({}));
  const server = app.listen(0, "127.0.0.1");
  await new Promise((ready) => server.on("listening", ready));
  const backend = new OpenAPIBackend({ definition: "openapi.json", coerceTypes: true });
  const read = (context) => found(context.request, current);
  for (const name of ["query", "repeated", "lists", "offers", "header"]) backend.register(`read${name}`, read);
  backend.register("validationFail", () => "refused");
  await backend.init();
  const rows = [];
  for (current of cases) {
    const answer = await fetch(`http://127.0.0.1:${server.address().port}${current.target}`, { headers: current.headers });
    const [path, query] = current.target.split("?");
    rows.push([answer.ok ? (await answer.json()).read : "refused", await backend.handleRequest({ method: "GET", path, query, headers: current.headers })]);
  }
  console.log(JSON.stringify(rows));
  process.exit();
})();
PROGRAM
cat >"$work/validators.py" <<'PROGRAM'
import json

import connexion
import requests
from cases import CASES, HEADERS, LABELS
from connexion.resolver import Resolver
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest

core = OpenAPI.from_file_path("openapi.json")
current = None


def handler(**found):
    place, name = current[2:4]
    read = connexion.request.headers.get(name) if place == "header" else found.get(name)
    return {"read": read}


app = connexion.FlaskApp("codes", specification_dir=".")
app.add_api("openapi.json", resolver=Resolver(lambda operation: handler))
client = app.test_client()
with open("told.json") as file:
    told = json.load(file)
for label, current, headers, others in zip(LABELS, CASES, HEADERS, told, strict=True):
    target, _, place, name = current[:4]
    request = requests.Request("GET", "http://till.example" + target, headers=headers).prepare()
    result = core.unmarshal_request(RequestsOpenAPIRequest(request))
    one = "refused" if result.errors else getattr(result.parameters, place).get(name)
    answer = client.get(target, headers=headers)
    two = answer.json()["read"] if answer.status_code == 200 else "refused"
    names = ("openapi-core", "connexion", "express-openapi-validator", "openapi-backend")
    print(label, *(f"{tool} {read if read == 'refused' else repr(read)}" for tool, read in zip(names, (one, two, *others))), sep=" | ")
PROGRAM
cd "$work"
env/bin/python cases.py
node validators.js >told.json 2>log
env/bin/python -W ignore validators.py >seen 2>>log
if ! diff <(echo "$expected") seen; then
  echo "contract-lists-and-codes: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
