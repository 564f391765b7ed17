#!/usr/bin/env bash
# A client made by openapi-python-client takes a refusal for an acceptance: the discriminator of a oneOf is not used.
# Packages: openapi-python-client 0.29.1, httpx 0.28.1 from PyPI
# Expected: with discriminator status and mapping error -> Refused, the answer {"status": "error", "errors": …} becomes a Refused.
# Happens: the models are tried in the order of oneOf, and the first that raises nothing wins. Accepted needs only status, so the refusal is
#   an Accepted with its errors among additional_properties. An accepted answer whose time cannot be read falls through to Refused and
#   ends in KeyError 'errors', far from its cause. A call without its optional body still sends Content-Type: application/json.
# Matters: code that tells success by the type books a discount that the service refused.
# Output seen:
#> {'status': 'ok', 'points': 5} is read as Accepted with more: {}
#> {'status': 'error', 'errors': {'code': 'offer_locked'}} is read as Accepted with more: {'errors': {'code': 'offer_locked'}}
#> {'status': 'ok', 'at': '2018-06-10 9:20:00.000'} raises KeyError 'errors'
#> sent without a body: {'Content-Type': 'application/json'}
set -euo pipefail
expected=$(sed -n 's/^#> \{0,1\}//p' "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/contract.json" <<'JSON'
{"openapi": "3.0.3", "info": {"title": "till", "version": "1"}, "paths": {"/lock": {"post": {"operationId": "lock",
  "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
  "responses": {"200": {"description": "either", "content": {"application/json": {"schema": {
    "oneOf": [{"$ref": "#/components/schemas/Accepted"}, {"$ref": "#/components/schemas/Refused"}],
    "discriminator": {"propertyName": "status", "mapping": {"ok": "#/components/schemas/Accepted", "error": "#/components/schemas/Refused"}}}}}}}}}},
  "components": {"schemas": {
    "Accepted": {"type": "object", "required": ["status"],
      "properties": {"status": {"type": "string"}, "points": {"type": "number"}, "at": {"type": "string", "format": "date-time"}}},
    "Refused": {"type": "object", "required": ["status", "errors"],
      "properties": {"status": {"type": "string"}, "errors": {"type": "object"}}}}}}
JSON
python3 -m venv "$work/env"
"$work/env/bin/pip" install --quiet --disable-pip-version-check openapi-python-client==0.29.1 httpx==0.28.1
cd "$work"
env/bin/openapi-python-client generate --path contract.json --output-path client --meta none >log 2>&1
env/bin/python - >seen <<'PROGRAM'
import sys

sys.path.insert(0, ".")
import httpx
from client import Client
from client.api.default import lock

client = Client(base_url="http://till.example")
for answer in (
    {"status": "ok", "points": 5},
    {"status": "error", "errors": {"code": "offer_locked"}},
    {"status": "ok", "at": "2018-06-10 9:20:00.000"},
):
    try:
        read = lock._parse_response(client=client, response=httpx.Response(200, json=answer))
        print(answer, "is read as", type(read).__name__, "with more:", read.additional_properties)
    except Exception as error:
        print(answer, "raises", type(error).__name__, error)
print("sent without a body:", lock._get_kwargs()["headers"])
PROGRAM
if ! diff <(echo "$expected") "$work/seen"; then
  echo "client-python-discriminator: the output is no longer the one stated in the header" >&2
  exit 1
fi
cat "$work/seen"
