#!/usr/bin/env bash
# From an OpenAPI example to a request by Newman, +01:00 of an instant becomes a space, an id loses one, and a stored request half of its list.
# Packages: openapi-to-postmanv2 6.3.3, newman 6.2.2 from npm
# Expected: the examples of the description arrive at the service as they are: a plus in a query is written %2B, and tags=A&tags=B has two tags.
# Happens: the converter leaves a plus as it is and Newman encodes spaces and & only, so since=2026-02-03T10:00:00+01:00 is read with a space. The
#   integer 9007199254740993 arrives as ...992. The request that is stored beside each example answer has the last tag only. Lists with commas or
#   pipes, deepObject, null, false, 0 and "" are right.
# Matters: a collection that is made from the contract is refused for a broken instant by a service that follows the contract.
# Output seen:
#> tags: A B
#> codes: A,B
#> user[age]: 3
#> since: 2026-02-03T10:00:00 01:00
#> note: a b & c
#> body: {"id": 9007199254740992, "amount": 19.9, "shop": null, "closed": false}
#> stored beside the answer: tags=B
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm install --silent --no-audit --no-fund --prefix "$work" openapi-to-postmanv2@6.3.3 newman@6.2.2 >/dev/null
cd "$work"
cat >openapi.json <<'JSON'
{"openapi": "3.0.3", "info": {"title": "offers", "version": "1"}, "servers": [{"url": "http://till.example"}], "paths": {"/offers": {"post": {
  "parameters": [
    {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}, "example": ["A", "B"]},
    {"name": "codes", "in": "query", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}, "example": ["A", "B"]},
    {"name": "user", "in": "query", "style": "deepObject", "explode": true, "schema": {"type": "object", "properties": {"age": {"type": "integer"}}},
     "example": {"age": 3}},
    {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}, "example": "2026-02-03T10:00:00+01:00"},
    {"name": "note", "in": "query", "schema": {"type": "string"}, "example": "a+b & c"}],
  "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {"id": {"type": "integer"},
    "amount": {"type": "number"}, "shop": {"type": "string", "nullable": true}, "closed": {"type": "boolean"}}},
    "example": {"id": 9007199254740993, "amount": 19.90, "shop": null, "closed": false}}}},
  "responses": {"200": {"description": "found", "content": {"application/json": {"schema": {"type": "object"}, "example": {}}}}}}}}}
JSON
node_modules/.bin/openapi2postmanv2 -s openapi.json -o collection.json \
  -O parametersResolution=Example,requestParametersResolution=Example,exampleParametersResolution=Example >/dev/null 2>&1
cat >program.py <<'PROGRAM'
import json
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        for name, values in parse_qs(urlsplit(self.path).query).items():
            print(f"{name}:", *values)
        print("body:", json.dumps(json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def requests(items):
    return [one for item in items for one in (requests(item["item"]) if "item" in item else [item])]


service = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=service.serve_forever, daemon=True).start()
url = f"http://127.0.0.1:{service.server_port}"
command = ["node_modules/.bin/newman", "run", "collection.json", "--env-var", f"baseUrl={url}"]
subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=60)
with open("collection.json") as file:
    (request,) = requests(json.load(file)["item"])
stored = request["response"][0]["originalRequest"]["url"]["query"]
print("stored beside the answer:", "&".join(f"{one['key']}={one['value']}" for one in stored if one["key"] == "tags"))
PROGRAM
python3 program.py >seen
if ! diff <(echo "$expected") seen; then
  echo "client-postman-plus: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat seen
